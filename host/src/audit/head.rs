//! How the chain ends, and where it begins: what a log alone cannot say about itself. Pure.

use serde::{Deserialize, Serialize};

use super::chain::{self, Key};

/// The size of the file. It is written in one piece, within one sector.
pub const SIZE: usize = 512;

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of the form.
    pub v: u32,
    /// The number of the last line.
    pub seq: u64,
    /// Its SHA-256.
    pub hash: String,
    /// The size of the current file with it.
    pub size: u64,
    /// The newest line that was removed because the log was long enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruned: Option<Pruned>,
}

/// A line up to which everything may be gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pruned {
    /// Its number.
    pub seq: u64,
    /// Its SHA-256.
    pub hash: String,
}

impl Head {
    /// The head of a chain without a line.
    pub fn new() -> Self {
        Self { v: 1, seq: 0, hash: chain::genesis(), size: 0, pruned: None }
    }

    /// One more line, which takes so many bytes with its end.
    pub fn advance(&mut self, hash: String, bytes: usize) {
        self.seq += 1;
        self.hash = hash;
        self.size += bytes as u64;
    }

    /// The bytes of the file.
    pub fn encode(&self, key: &Key) -> [u8; SIZE] {
        // A head has nothing in it that JSON cannot say.
        let body = serde_json::to_string(self).unwrap_or_default();
        let text = format!("{}\n{body}\n", key.sum(body.as_bytes()));
        let mut bytes = [b' '; SIZE];
        let length = text.len().min(SIZE);
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        bytes[SIZE - 1] = b'\n';
        bytes
    }

    /// Reads the file; nothing if nobody with the key has written it.
    pub fn decode(bytes: &[u8], key: &Key) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (sum, rest) = text.split_once('\n')?;
        let (body, rest) = rest.split_once('\n')?;
        let is_whole = rest.trim_matches([' ', '\n']).is_empty() && bytes.len() == SIZE;
        (is_whole && key.fits(body.as_bytes(), sum)).then(|| serde_json::from_str(body).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_fits_into_its_file_and_opens_with_its_key_only() {
        let key = Key::new(&[1; chain::KEY_LEN]);
        let mut head = Head::new();
        head.seq = u64::MAX;
        head.size = u64::MAX;
        head.pruned = Some(Pruned { seq: u64::MAX, hash: chain::hash(b"x") });
        let bytes = head.encode(&key);
        assert_eq!(Head::decode(&bytes, &key), Some(head));
        assert_eq!(Head::decode(&bytes, &Key::new(&[2; chain::KEY_LEN])), None);
        for position in 0..SIZE {
            let mut bad = bytes;
            bad[position] ^= 1;
            assert_eq!(Head::decode(&bad, &key), None, "byte {position}");
        }
        assert_eq!(Head::decode(&bytes[..SIZE - 1], &key), None);
        assert_eq!(Head::decode(b"", &key), None);
    }
}
