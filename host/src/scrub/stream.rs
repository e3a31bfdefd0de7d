//! Takes secret values out of output that comes in pieces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::encodings::{self, Forms};
use super::{Care, MASK, MIN_SUBSTRING, Scrubber, merge};
use crate::model::Secret;

/// The secrets that streams are searched for.
#[derive(Default)]
pub struct StreamScrubber {
    scrubber: Scrubber,
    /// What a secret can begin with in the output.
    forms: Vec<Zeroizing<Vec<u8>>>,
}

/// One stream. What may be the beginning of a secret is held back until it is known what follows.
pub struct Stream<'s> {
    secrets: &'s StreamScrubber,
    held: Zeroizing<Vec<u8>>,
}

impl StreamScrubber {
    /// Makes a value known.
    pub fn add(&mut self, secret: &Secret) {
        self.scrubber.add(secret);
        let value = secret.expose();
        if value.len() < MIN_SUBSTRING {
            self.hold(value);
            return;
        }
        encodings::of(value, Forms::All, |pattern| self.hold(pattern.bytes));
        // Each piece of a long value is a form of its own; the whole and its escapes are longer than a piece.
        self.hold(value);
        self.hold(STANDARD_NO_PAD.encode(value).as_bytes());
        if let Ok(text) = std::str::from_utf8(value) {
            let json = serde_json::Value::from(text).to_string();
            self.hold(json.trim_matches('"').as_bytes());
        }
        self.hold(&percent(value));
        self.hold(&percent(value).to_ascii_lowercase());
    }

    /// A stream from its beginning.
    pub fn stream(&self) -> Stream<'_> {
        Stream { secrets: self, held: Zeroizing::default() }
    }

    fn hold(&mut self, form: &[u8]) {
        if !form.is_empty() && !self.forms.iter().any(|known| known.as_slice() == form) {
            self.forms.push(Zeroizing::new(form.to_vec()));
        }
    }

    /// The length of the end of the text that may be the beginning of a secret.
    fn unfinished(&self, text: &[u8]) -> usize {
        let longest = |form: &Zeroizing<Vec<u8>>| {
            let most = text.len().min(form.len().saturating_sub(1));
            (1..=most)
                .rev()
                .find(|length| form.starts_with(&text[text.len() - length..]))
                .unwrap_or(0)
        };
        self.forms.iter().map(longest).max().unwrap_or(0)
    }
}

impl Stream<'_> {
    /// Takes the next piece, and returns what can be shown of all that came so far.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let found = merge(self.secrets.scrubber.find(&self.held, Care::Text));
        let mut end = self.held.len() - self.secrets.unfinished(&self.held);
        // A secret that was found is not cut.
        if let Some(cut) = found.iter().find(|range| range.start < end && end < range.end) {
            end = cut.start;
        }
        self.release(end)
    }

    /// The rest.
    pub fn finish(mut self) -> Vec<u8> {
        self.release(self.held.len())
    }

    fn release(&mut self, end: usize) -> Vec<u8> {
        let mut clean = Vec::with_capacity(end);
        let mut from = 0;
        for range in merge(self.secrets.scrubber.find(&self.held, Care::Text)) {
            if range.end > end {
                break;
            }
            clean.extend_from_slice(&self.held[from..range.start]);
            clean.extend_from_slice(MASK.as_bytes());
            from = range.end;
        }
        clean.extend_from_slice(&self.held[from..end]);
        self.held.drain(..end);
        clean
    }
}

/// Every byte that is no letter or digit as `%XX`, which is the longest form.
fn percent(value: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(3 * value.len());
    for byte in value {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            true => encoded.push(*byte),
            false => encoded.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr\"t/KEY+with=chars";

    fn scrubber(values: &[&str]) -> StreamScrubber {
        let mut scrubber = StreamScrubber::default();
        values.iter().for_each(|value| scrubber.add(&Secret::from(value.to_string())));
        scrubber
    }

    fn in_pieces(secrets: &StreamScrubber, text: &[u8], size: usize) -> String {
        let mut stream = secrets.stream();
        let mut out: Vec<u8> = text.chunks(size).flat_map(|piece| stream.push(piece)).collect();
        out.extend(stream.finish());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_secret_is_found_however_it_is_split() {
        let secrets = scrubber(&[SECRET]);
        let json = serde_json::Value::from(SECRET).to_string();
        let base64 = base64::engine::general_purpose::STANDARD.encode(format!("user:{SECRET}"));
        let encoded = String::from_utf8(percent(SECRET.as_bytes())).unwrap();
        let hexadecimal: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        for form in [SECRET, &json, &base64, &encoded, &hexadecimal] {
            let text = format!("before {form} between {form}\nafter\n");
            for size in 1..text.len() {
                let clean = in_pieces(&secrets, text.as_bytes(), size);
                assert!(!clean.contains(&form[form.len() - 6..]), "{size}: {clean}");
                assert!(
                    clean.starts_with("before ") && clean.ends_with("\nafter\n"),
                    "{size}: {clean}"
                );
                assert_eq!(clean.matches(MASK).count(), 2, "{size}: {clean}");
            }
        }
    }

    #[test]
    fn what_is_no_secret_is_not_held_back() {
        let secrets = scrubber(&[SECRET]);
        let mut stream = secrets.stream();
        assert_eq!(stream.push(b"Password: "), b"Password: ");
        assert_eq!(stream.push(b"s3cr"), b"");
        assert_eq!(stream.push(b"eam\n"), b"s3cream\n");
        assert_eq!(stream.push(format!("{SECRET}: ").as_bytes()), format!("{MASK}: ").as_bytes());
        assert_eq!(stream.finish(), b"");
    }

    #[test]
    fn long_secrets_of_many_lines_are_found() {
        let line = |n: u8| format!("line{n}+{}", "abcdefgh".repeat(7));
        let pem = format!("-----BEGIN KEY-----\n{}\n{}\n-----END KEY-----\n", line(1), line(2));
        let secrets = scrubber(&[&pem]);
        for size in [1, 7, 50, 1000] {
            let clean = in_pieces(&secrets, format!("x {pem} y").as_bytes(), size);
            assert!(!clean.contains("abcdefgh"), "{size}: {clean}");
        }
    }

    #[test]
    fn bytes_pass_as_they_are() {
        let secrets = scrubber(&[SECRET]);
        let mut stream = secrets.stream();
        assert_eq!(stream.push(b"\xff\x00\x1b[31m"), b"\xff\x00\x1b[31m");
    }
}
