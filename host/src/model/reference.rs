//! Names of connections in full: `connhub://backend/scope/name#field`.

use std::fmt;
use std::str::FromStr;

/// What such a name begins with.
pub const SCHEME: &str = "connhub://";

/// A connection, and perhaps one of its fields, in some backend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The backend; none is the default.
    pub backend: Option<String>,
    /// The scope; none is the backend's default.
    pub scope: Option<String>,
    /// The name of the connection.
    pub name: String,
    /// The field.
    pub field: Option<String>,
}

impl FromStr for Reference {
    type Err = String;

    /// Reads `connhub://backend/scope/name#field`. The scope, the field and the name of the backend may be left out;
    /// characters that would be read as something else are percent-encoded.
    fn from_str(text: &str) -> Result<Self, String> {
        let rest =
            text.strip_prefix(SCHEME).ok_or_else(|| format!("must begin with `{SCHEME}`"))?;
        let (path, field) = match rest.split_once('#') {
            Some((path, field)) => (path, Some(part(field, "field")?)),
            None => (rest, None),
        };
        let (backend, path) = path.split_once('/').ok_or(FORM)?;
        let (scope, name) = match path.split_once('/') {
            Some((_, name)) if name.contains('/') => return Err(FORM.to_owned()),
            Some((scope, name)) => (Some(part(scope, "scope")?), name),
            None => (None, path),
        };
        let backend = if backend.is_empty() { None } else { Some(part(backend, "backend")?) };
        Ok(Self { backend, scope, name: part(name, "name")?, field })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = |text: &Option<String>| text.as_deref().map(encode).unwrap_or_default();
        write!(f, "{SCHEME}{}/", encoded(&self.backend))?;
        if let Some(scope) = &self.scope {
            write!(f, "{}/", encode(scope))?;
        }
        f.write_str(&encode(&self.name))?;
        self.field.iter().try_for_each(|field| write!(f, "#{}", encode(field)))
    }
}

const FORM: &str = "must be `connhub://BACKEND/NAME#FIELD` or `connhub://BACKEND/SCOPE/NAME#FIELD`";

fn part(text: &str, what: &str) -> Result<String, String> {
    let decoded = decode(text).ok_or_else(|| format!("has a {what} with a broken `%`"))?;
    match decoded {
        empty if empty.is_empty() => Err(format!("has an empty {what}")),
        odd if odd.contains(char::is_control) => {
            Err(format!("has a {what} with an invisible character"))
        }
        decoded => Ok(decoded),
    }
}

fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            u8::try_from(digit()? * 16 + digit()?).ok()?
        } else {
            byte
        };
        decoded.push(byte);
    }
    String::from_utf8(decoded).ok()
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(backend: &str, scope: &str, name: &str, field: &str) -> Reference {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Reference {
            backend: given(backend),
            scope: given(scope),
            name: name.to_owned(),
            field: given(field),
        }
    }

    #[test]
    fn references_are_read_and_written() {
        let check = |text: &str, expected: Reference| {
            let read: Reference = text.parse().unwrap();
            assert_eq!(read, expected, "{text}");
            assert_eq!(read.to_string(), text);
        };
        check("connhub://local/lake#password", reference("local", "", "lake", "password"));
        check("connhub://prod/fraud/lake", reference("prod", "fraud", "lake", ""));
        check("connhub:///lake", reference("", "", "lake", ""));
        check("connhub://a%2Fb/c%23d/e%25f#g%20h", reference("a/b", "c#d", "e%f", "g h"));
        check("connhub://local/gr%C3%B6%C3%9Fe", reference("local", "", "größe", ""));
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in [
            "lake",
            "connhub://",
            "connhub://local",
            "connhub://local/",
            "connhub://local//lake",
            "connhub://local/a/b/c",
            "connhub://local/lake#",
            "connhub://local/la%ke",
            "connhub://local/la%2",
            "connhub://local/%ff",
            "connhub://local/%0a",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
