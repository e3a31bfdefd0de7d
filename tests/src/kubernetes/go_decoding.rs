//! The words in which Go's standard library complains about JSON and base64. Clients show them, so
//! the stand-in says them too.

use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose};

/// Go takes texts whose unused last bits are not zero.
const LENIENT: GeneralPurposeConfig = general_purpose::PAD.with_decode_allow_trailing_bits(true);

/// Go's `base64.StdEncoding`.
pub(super) const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// Go's `base64.RawURLEncoding`.
pub(super) const RAW_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    general_purpose::NO_PAD.with_decode_allow_trailing_bits(true),
);

/// Why Go's `encoding/json` refuses a text, `None` if it is JSON.
pub(super) fn syntax_error(text: &[u8]) -> Option<String> {
    let mut scanner = Scanner { text, at: 0 };
    let result = scanner.value("looking for beginning of value").and_then(|()| {
        scanner.skip_space();
        match scanner.peek() {
            None => Ok(()),
            Some(_) => scanner.refuse("after top-level value"),
        }
    });
    result.err()
}

/// The offset that Go's `base64` names for a text that it refuses.
pub(super) fn illegal_base64_at(text: &[u8]) -> usize {
    let is_legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_\r\n".contains(byte);
    text.iter().position(|byte| !is_legal(byte)).unwrap_or(text.len())
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

type Scan = Result<(), String>;

impl Scanner<'_> {
    fn value(&mut self, place: &str) -> Scan {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => self.string(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.refuse(place),
        }
    }

    fn object(&mut self) -> Scan {
        self.at += 1;
        self.skip_space();
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return self.refuse("looking for beginning of object key string");
            }
            self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return self.refuse("after object key");
            }
            self.value("looking for beginning of value")?;
            self.skip_space();
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return self.refuse("after object key:value pair");
            }
        }
    }

    fn array(&mut self) -> Scan {
        self.at += 1;
        self.skip_space();
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.value("looking for beginning of value")?;
            self.skip_space();
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return self.refuse("after array element");
            }
        }
    }

    fn string(&mut self) -> Scan {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.at += 2,
                Some(byte) if byte >= 0x20 => self.at += 1,
                _ => return self.refuse("in string literal"),
            }
        }
    }

    fn literal(&mut self, word: &str) -> Scan {
        for (index, letter) in word.char_indices() {
            if !self.take(letter as u8) {
                debug_assert!(index > 0, "the first letter chose the word");
                return self.refuse(&format!("in literal {word} (expecting {letter:?})"));
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Scan {
        self.take(b'-');
        if !self.digits() {
            return self.refuse("in numeric literal");
        }
        if self.take(b'.') && !self.digits() {
            return self.refuse("after decimal point in numeric literal");
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            if !self.digits() {
                return self.refuse("in exponent of numeric literal");
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at > start
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn refuse(&self, place: &str) -> Scan {
        Err(match self.peek() {
            Some(byte) => format!("invalid character {} {place}", quoted(byte)),
            None => String::from("unexpected end of JSON input"),
        })
    }
}

/// Go shows a byte as the character of that number, escaped if it does not print.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => String::from(r"'\''"),
        b'"' => String::from("'\"'"),
        b'\\' => String::from(r"'\\'"),
        b'\n' => String::from(r"'\n'"),
        b'\r' => String::from(r"'\r'"),
        b'\t' => String::from(r"'\t'"),
        0..0x20 | 0x7f => format!(r"'\x{byte:02x}'"),
        0x80..0xa1 | 0xad => format!(r"'\u{byte:04x}'"),
        printable => format!("'{}'", char::from(printable)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors() {
        let check = |text: &[u8], expected: &str| {
            let error = syntax_error(text);
            assert_eq!(error.as_deref().unwrap_or("none"), expected, "{text:?}");
        };
        check(br#"{"a":[1,-2.5e3,"x\"y",true,null],"b":{}}"#, "none");
        check(b"", "unexpected end of JSON input");
        check(b"{", "unexpected end of JSON input");
        check(b"{not", "invalid character 'n' looking for beginning of object key string");
        check(b"\x81", r"invalid character '\u0081' looking for beginning of value");
        check(b"<html>", "invalid character '<' looking for beginning of value");
        check(b"{\"a\" 1}", "invalid character '1' after object key");
        check(b"{\"a\":1 2}", "invalid character '2' after object key:value pair");
        check(b"[1 2]", "invalid character '2' after array element");
        check(b"{} x", "invalid character 'x' after top-level value");
        check(b"nil", "invalid character 'i' in literal null (expecting 'u')");
        check(b"\"a\nb\"", r"invalid character '\n' in string literal");
    }

    #[test]
    fn it_agrees_with_serde_about_what_is_json() {
        for text in ["1", "-", "1.", "1e", "[", "[]", "[1,]", "{\"a\":}", "\"\\\"\"", "tru", " 0 "]
        {
            let ours = syntax_error(text.as_bytes()).is_none();
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(ours, theirs, "{text}");
        }
    }
}
