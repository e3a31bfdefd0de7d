//! Values written so that the program that reads them gets back every byte.

use serde::Deserialize;

use super::values::Value;
use crate::model::Secret;

/// A language in which values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// A string of Python.
    Python,
    /// A string of JSON.
    Json,
    /// A string of YAML, in double quotes.
    Yaml,
    /// A string of HCL.
    Hcl,
    /// A string of SQL.
    Sql,
    /// A word of a shell.
    Sh,
    /// A value of a Java properties file.
    Properties,
    /// The rest of a line, as it is.
    Line,
}

impl Language {
    /// The value as the language writes it; none if it cannot.
    pub fn quote(self, value: Value) -> Option<Value> {
        if self == Self::Sh {
            return Some(value.map(|bytes| Secret::new(sh(bytes))));
        }
        let text = std::str::from_utf8(value.bytes()).ok()?;
        let quoted = match self {
            // What JSON writes is the same in these languages.
            Self::Python | Self::Json | Self::Yaml => json(text),
            Self::Hcl => json(text).replace("${", "$${").replace("%{", "%%{"),
            Self::Sql => format!("'{}'", text.replace('\'', "''")),
            Self::Properties => {
                text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
            }
            Self::Line if text.contains(['\n', '\r']) || text.trim() != text => return None,
            Self::Line | Self::Sh => text.to_owned(),
        };
        Some(value.map(|_| Secret::from(quoted)))
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// For a part of a URI: everything but letters, digits and `-._~` as `%XX`.
pub fn percent(bytes: &[u8]) -> Secret {
    let mut encoded = Vec::with_capacity(3 * bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(*byte);
        } else {
            let digit = |half: u8| b"0123456789ABCDEF"[usize::from(half & 15)];
            encoded.extend([b'%', digit(byte >> 4), digit(*byte)]);
        }
    }
    Secret::new(encoded)
}

/// For `sh`, `bash` and `zsh`: single quotes, and those of the value between others.
pub fn sh(bytes: &[u8]) -> Vec<u8> {
    quoted(bytes, |byte, out| match byte {
        b'\'' => out.extend_from_slice(b"'\\''"),
        _ => out.push(byte),
    })
}

/// For `fish`: within single quotes a backslash stands before `'` and `\`.
pub fn fish(bytes: &[u8]) -> Vec<u8> {
    quoted(bytes, |byte, out| {
        if matches!(byte, b'\'' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    })
}

/// For PowerShell: within single quotes every kind of single quote that it knows is doubled.
pub fn powershell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// For readers of `.env` files: single quotes, and a backslash before `'`, and before `\` where it would be read as one of those. A value
/// that ends with a backslash goes without quotes, since a reader could take the closing one for a part of it.
pub fn dotenv(bytes: &[u8]) -> Vec<u8> {
    let is_simple = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/:@%+,=".contains(byte);
    let is_simple = !bytes.is_empty() && bytes.iter().all(is_simple);
    if is_simple || (bytes.ends_with(b"\\") && is_whole_without_quotes(bytes)) {
        return bytes.to_vec();
    }
    let mut out = vec![b'\''];
    for (at, byte) in bytes.iter().enumerate() {
        let is_read_with_next = matches!(bytes.get(at + 1), None | Some(b'\'' | b'\\'));
        if *byte == b'\'' || (*byte == b'\\' && is_read_with_next) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'\'');
    out
}

/// Whether readers of `.env` files take the value as it is when it stands without quotes.
pub fn is_whole_without_quotes(bytes: &[u8]) -> bool {
    let is_blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    !bytes.contains(&b'\n')
        && !bytes.contains(&b'\r')
        && !is_blank(bytes.first())
        && !matches!(bytes.first(), None | Some(b'\'' | b'"' | b'`' | b'#'))
        && !bytes.windows(2).any(|pair| pair[0].is_ascii_whitespace() && pair[1] == b'#')
}

fn quoted(bytes: &[u8], push: impl Fn(u8, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    out.push(b'\'');
    bytes.iter().for_each(|byte| push(*byte, &mut out));
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(quote: impl Fn(&[u8]) -> Vec<u8>, value: &str, expected: &str) {
        assert_eq!(String::from_utf8(quote(value.as_bytes())).unwrap(), expected, "{value}");
    }

    #[test]
    fn quotes_of_the_value_stay_inside() {
        check(sh, "it's", r"'it'\''s'");
        check(sh, "$HOME `id` \\", r"'$HOME `id` \'");
        check(fish, r"it's a \", r"'it\'s a \\'");
        assert_eq!(powershell("it's ’quoted‘"), "'it''s ’’quoted‘‘'");
        check(dotenv, "plain-1", "plain-1");
        check(dotenv, "", "''");
        check(dotenv, "a b", "'a b'");
        check(dotenv, r"it's", r"'it\'s'");
        check(dotenv, r"C:\dir", r"'C:\dir'");
        check(dotenv, r"a\\'b", r"'a\\\\\'b'");
        check(dotenv, r"a b\", r"a b\");
        check(dotenv, r" a\", r"' a\\'");
        assert_eq!(percent(b"a/\xff~").expose(), b"a%2F%FF~");
    }
}
