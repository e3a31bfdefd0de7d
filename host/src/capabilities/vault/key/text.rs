//! The text form of a master key: `connhub-key-1`, a blank, and base64 of the key and a checksum.
//!
//! The checksum tells a key that was cut off or altered from a whole one that is of another store.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::model::Secret;

use super::super::crypto::{KEY_BYTES, RawKey};
use super::super::error::VaultError;

const PREFIX: &str = "connhub-key-1";
const CHECKSUM_BYTES: usize = 8;
const DECODED_BYTES: usize = KEY_BYTES + CHECKSUM_BYTES;
/// The bytes of a line, rounded up.
const MAX_LINE: usize = 80;

/// A new random key in its text form, with a line end: what a key file holds, and what a key
/// command should print.
pub fn new_key_text() -> Result<Secret, VaultError> {
    Ok(Secret::new(encode(&RawKey::random()?).to_vec()))
}

/// The text form of several keys, a line each, in their order.
pub(super) fn encode_all(keys: &[RawKey]) -> Zeroizing<Vec<u8>> {
    // The full size from the start leaves no copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(keys.len() * MAX_LINE));
    keys.iter().for_each(|key| text.extend_from_slice(&encode(key)));
    text
}

/// The keys of a text with a key on each line; otherwise what is wrong with it.
pub(super) fn decode_all(text: &[u8]) -> Result<Vec<RawKey>, &'static str> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|byte| *byte == b'\n').map(decode).collect()
}

/// The text form, with a line end.
pub(super) fn encode(key: &RawKey) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new([0; DECODED_BYTES]);
    bytes[..KEY_BYTES].copy_from_slice(key.0.as_slice());
    bytes[KEY_BYTES..].copy_from_slice(&checksum(key));
    let encoded = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
    Zeroizing::new(format!("{PREFIX} {}\n", encoded.as_str()).into_bytes())
}

/// Whether the text is meant to be a key, whole or not.
pub(super) fn is_key(text: &[u8]) -> bool {
    text.starts_with(PREFIX.as_bytes())
}

/// The key; otherwise what is wrong with the text.
pub(super) fn decode(text: &[u8]) -> Result<RawKey, &'static str> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let encoded = text
        .strip_prefix(PREFIX.as_bytes())
        .and_then(|rest| rest.strip_prefix(b" "))
        .ok_or("it does not start with `connhub-key-1 `")?;
    let mut bytes = Zeroizing::new([0; DECODED_BYTES + 2]);
    // The cause is left out: it would quote a piece of the key.
    let decoded = STANDARD.decode_slice(encoded, bytes.as_mut_slice()).ok();
    let length = decoded.ok_or("it is not whole")?;
    let (key, sum) = bytes[..length].split_at_checked(KEY_BYTES).ok_or("it is not whole")?;
    let key = RawKey::from_slice(key).ok_or("it is not whole")?;
    if checksum(&key) != sum {
        return Err("its checksum is wrong");
    }
    Ok(key)
}

fn checksum(key: &RawKey) -> [u8; CHECKSUM_BYTES] {
    let content = Zeroizing::new([PREFIX.as_bytes(), key.0.as_slice()].concat());
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&digest(&SHA256, &content).as_ref()[..CHECKSUM_BYTES]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> RawKey {
        RawKey(Zeroizing::new([0xa5; KEY_BYTES]))
    }

    #[test]
    fn a_key_survives_its_text_form_with_any_line_end() {
        let text = encode(&key());
        assert!(text.starts_with(b"connhub-key-1 ") && text.ends_with(b"\n"));
        let bare = &text[..text.len() - 1];
        for text in [text.as_slice(), bare, &[bare, b"\r\n"].concat()] {
            assert!(decode(text).expect("whole") == key());
        }
    }

    #[test]
    fn no_shortened_or_altered_text_is_a_key() {
        let text = encode(&key());
        let bare = &text[..text.len() - 1];
        for length in 0..bare.len() {
            assert!(decode(&bare[..length]).is_err(), "{length} bytes");
        }
        for index in 0..bare.len() {
            let mut altered = bare.to_vec();
            altered[index] ^= 1;
            assert!(decode(&altered).is_err(), "byte {index}");
        }
        assert!(decode(&[bare, b"AAAA"].concat()).is_err());
    }

    #[test]
    fn several_keys_keep_their_order() {
        let other = RawKey(Zeroizing::new([3; KEY_BYTES]));
        let text = encode_all(&[key(), other.clone()]);
        assert!(text.len() <= 2 * MAX_LINE);
        assert!(decode_all(&text).expect("whole") == [key(), other]);
        assert!(decode_all(&text[..text.len() - 2]).is_err());
        assert!(decode_all(b"").is_err());
        assert!(decode_all(&[text.as_slice(), b"\n"].concat()).is_err());
    }

    #[test]
    fn new_keys_differ() {
        let (one, other) = (new_key_text().expect("random"), new_key_text().expect("random"));
        assert_ne!(one.expose(), other.expose());
        assert!(decode(one.expose()).is_ok());
    }
}
