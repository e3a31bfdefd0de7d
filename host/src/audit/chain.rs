//! How one line follows from the other. Pure: bytes in, bytes out.
//!
//! A line ends with `,"mac":"…"}`. The keyed sum (HMAC-SHA-256) covers all bytes before that, among them `seq` and `prev`, the SHA-256 of
//! the whole line before. Without the key nobody can write a line that fits, and with the hashes alone anybody can see that a copy of the
//! log is whole in itself.

use ring::hmac;

use super::record::Record;

/// The bytes of the key.
pub const KEY_LEN: usize = 32;
/// What stands between the covered bytes and the sum.
const MAC: &str = ",\"mac\":\"";
/// A SHA-256 and a sum in hexadecimal.
const HEX_LEN: usize = 64;

/// The key of the keyed sums.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// A key of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The sum over some bytes, in hexadecimal.
    pub fn sum(&self, bytes: &[u8]) -> String {
        hexadecimal(hmac::sign(&self.0, bytes).as_ref())
    }

    /// Whether the sum is that of the bytes.
    pub fn fits(&self, bytes: &[u8], sum: &str) -> bool {
        of_hexadecimal(sum).is_some_and(|sum| hmac::verify(&self.0, bytes, &sum).is_ok())
    }
}

/// A line that could be read.
#[derive(Debug)]
pub struct Line {
    /// What it says.
    pub record: Record,
    /// The SHA-256 of its bytes.
    pub hash: String,
    /// Whether its sum fits the key.
    pub is_authentic: bool,
}

/// The line of a record, without a line end.
pub fn seal(record: &Record, key: &Key) -> String {
    let bare = Record { mac: None, ..record.clone() };
    // A record has nothing in it that JSON cannot say.
    let mut line = serde_json::to_string(&bare).unwrap_or_default();
    line.pop();
    let sum = key.sum(line.as_bytes());
    line.push_str(MAC);
    line.push_str(&sum);
    line.push_str("\"}");
    line
}

/// Reads a line; nothing if it is none.
pub fn open(line: &[u8], key: Option<&Key>) -> Option<Line> {
    let text = std::str::from_utf8(line).ok()?;
    let record: Record = serde_json::from_str(text).ok()?;
    let covered = text.len().checked_sub(MAC.len() + HEX_LEN + 2)?;
    let (covered, rest) = text.split_at_checked(covered)?;
    let sum = rest.strip_prefix(MAC)?.strip_suffix("\"}")?;
    let is_authentic = key.is_some_and(|key| key.fits(covered.as_bytes(), sum));
    Some(Line { hash: hash(line), record, is_authentic })
}

/// The SHA-256 of a line, in hexadecimal.
pub fn hash(line: &[u8]) -> String {
    hexadecimal(ring::digest::digest(&ring::digest::SHA256, line).as_ref())
}

/// What the first line follows from.
pub fn genesis() -> String {
    hash(b"connhub audit 1")
}

/// Bytes in hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.iter().flat_map(digits).map(char::from).collect()
}

fn of_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    let pair = |pair: &[u8]| Some((digit(&pair[0])? << 4 | digit(pair.get(1)?)?) as u8);
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_and_nothing_else_does() {
        let key = Key::new(&[7; KEY_LEN]);
        let record = Record { seq: 5, prev: genesis(), ..Record::of("create") };
        let line = seal(&record, &key);
        let opened = open(line.as_bytes(), Some(&key)).unwrap();
        assert!(opened.is_authentic);
        assert_eq!(opened.record.seq, 5);
        assert!(!open(line.as_bytes(), Some(&Key::new(&[8; KEY_LEN]))).unwrap().is_authentic);
        for position in 0..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[position] ^= 1;
            let opened = open(&bytes, Some(&key));
            assert!(opened.is_none_or(|line| !line.is_authentic), "byte {position}");
        }
        for longer in [format!("{line} "), format!(" {line}"), line.replacen('{', "{\"w\":1,", 1)] {
            let opened = open(longer.as_bytes(), Some(&key));
            assert!(opened.is_none_or(|line| !line.is_authentic), "{longer}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_no_record() {
        let key = Key::new(&[7; KEY_LEN]);
        let line = seal(&Record::of("x"), &key).replacen("\"seq\":0", "\"seq\":0,\"seq\":1", 1);
        assert!(open(line.as_bytes(), Some(&key)).is_none());
    }

    #[test]
    fn hexadecimal_goes_there_and_back() {
        assert_eq!(hexadecimal(&[0, 0xab, 0xff]), "00abff");
        assert_eq!(of_hexadecimal("00abff"), Some(vec![0, 0xab, 0xff]));
        for wrong in ["0", "0g", "AB", "ä"] {
            assert_eq!(of_hexadecimal(wrong), None, "{wrong}");
        }
    }
}
