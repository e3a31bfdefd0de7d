//! JSON in which a key stands once.
//!
//! The parser lets the last of two equal keys win, so that what a reviewer saw may not be what is stored. YAML and TOML refuse them by themselves.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// What the error says of such a key. Its name is not in it: a name may be a value that went astray.
pub(super) const TWICE: &str = "a key is given twice";

/// Any JSON value without a key that is given twice.
///
/// # Errors
/// The text is not JSON, or a key is given twice.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).map(|Unambiguous(value)| value)
}

/// Such a value, for where it stands in others.
pub(super) struct Unambiguous(Value);

impl From<Unambiguous> for Value {
    fn from(Unambiguous(value): Unambiguous) -> Self {
        value
    }
}

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(truth.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unambiguous(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Unambiguous(value))) = entries.next_entry::<String, _>()? {
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_what_the_parser_makes_of_it() {
        let text =
            r#"{"a": [null, true, -1, 18446744073709551615, 1.5e3, "x\u00e9"], "b": {"a": {}}}"#;
        assert_eq!(parse(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_key_stands_once_at_every_depth() {
        for text in [r#"{"a": 1, "a": 1}"#, "{\"b\": [{\"a\": 1,\n \"\\u0061\": 2}]}"] {
            let error = parse(text).unwrap_err();
            assert!(error.is_data() && error.to_string().starts_with(TWICE), "{error}");
        }
        assert!(parse(r#"{"a": 1} x"#).unwrap_err().is_syntax());
    }
}
