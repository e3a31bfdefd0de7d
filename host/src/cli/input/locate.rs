//! In which line of a document a key is.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Toml,
    Yaml,
}

/// Line and column of a fault in TOML, which names bytes.
pub(super) fn toml_place(text: &str, error: &toml::de::Error) -> (u64, u64) {
    let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() as u64 + 1, column as u64)
}

/// The line of the key to which the keys lead. The tree knows no lines, so the text is read again, and each parser says where it was when
/// it is told that the key is wrong.
pub(super) fn line_of(keys: &[String], text: &str, syntax: Syntax) -> Option<u64> {
    if keys.is_empty() {
        return None;
    }
    let search = Search(keys);
    match syntax {
        Syntax::Json => {
            let found = search.deserialize(&mut serde_json::Deserializer::from_str(text));
            Some(found.err()?.line() as u64)
        }
        Syntax::Toml => {
            let found = search.deserialize(toml::Deserializer::parse(text).ok()?);
            Some(toml_place(text, &found.err()?).0)
        }
        Syntax::Yaml => {
            let found =
                serde_saphyr::with_deserializer_from_str(text, |source| search.deserialize(source));
            Some(found.err()?.location()?.line())
        }
    }
}

/// Reads mappings and fails at the key to which the keys lead.
struct Search<'k>(&'k [String]);

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(found) = map.next_key_seed(KeyOf(self.0))? {
            match (found, self.0) {
                (true, [_, rest @ ..]) => map.next_value_seed(Search(rest))?,
                _ => map.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        Ok(())
    }
}

/// Reads a key and says whether it is the next one; fails if it is the last.
struct KeyOf<'k>(&'k [String]);

impl<'de> DeserializeSeed<'de> for KeyOf<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<bool, D::Error> {
        source.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<bool, E> {
        match self.0 {
            [last] if last == key => Err(E::custom("it is here")),
            [next, ..] => Ok(next == key),
            [] => Ok(false),
        }
    }
}
