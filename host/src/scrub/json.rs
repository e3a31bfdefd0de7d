//! Scrubs JSON so that it stays JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Care, MASK, Scrubber};

/// The deepest nesting that is taken apart.
const MAX_DEPTH: usize = 128;

/// A body that should be JSON is not, or is nested too deep.
#[derive(Debug, thiserror::Error)]
pub enum NotJson {
    /// It cannot be parsed. The cause names line and column, never content.
    #[error("the text is not JSON")]
    Syntax(#[from] serde_json::Error),
    /// It is nested deeper than `MAX_DEPTH`.
    #[error("the JSON is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Scrubber {
    /// The JSON text without the secrets. Borrowed if it held none.
    ///
    /// A secret that is an ordinary word is not replaced in names of members and within longer words, so that a program can still read
    /// the document.
    ///
    /// # Errors
    /// The text holds a secret and is not JSON.
    pub fn json<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, NotJson> {
        if self.find(text.as_bytes(), Care::Text).is_empty() {
            return Ok(Cow::Borrowed(text));
        }
        let mut clean = String::with_capacity(text.len());
        self.rewrite(serde_json::from_str(text)?, 0, &mut clean)?;
        Ok(Cow::Owned(clean))
    }

    fn rewrite(&self, value: &RawValue, depth: usize, clean: &mut String) -> Result<(), NotJson> {
        if depth == MAX_DEPTH {
            return Err(NotJson::TooDeep);
        }
        let text = value.get();
        match text.as_bytes().first() {
            Some(b'"') => {
                let Text(string) = serde_json::from_str(text)?;
                push_string(clean, &self.scrub(&string, Care::Value));
            }
            Some(b'{') => self.rewrite_object(text, depth, clean)?,
            Some(b'[') => self.rewrite_array(text, depth, clean)?,
            _ if self.find(text.as_bytes(), Care::Number).is_empty() => clean.push_str(text),
            _ => push_string(clean, MASK),
        }
        Ok(())
    }

    fn rewrite_object(&self, text: &str, depth: usize, clean: &mut String) -> Result<(), NotJson> {
        let Members(members) = serde_json::from_str(text)?;
        clean.push('{');
        for (index, (name, value)) in members.into_iter().enumerate() {
            if index > 0 {
                clean.push(',');
            }
            push_string(clean, &self.scrub(&name.0, Care::Name));
            clean.push(':');
            self.rewrite(value, depth + 1, clean)?;
        }
        clean.push('}');
        Ok(())
    }

    fn rewrite_array(&self, text: &str, depth: usize, clean: &mut String) -> Result<(), NotJson> {
        let elements: Vec<&RawValue> = serde_json::from_str(text)?;
        clean.push('[');
        for (index, value) in elements.into_iter().enumerate() {
            if index > 0 {
                clean.push(',');
            }
            self.rewrite(value, depth + 1, clean)?;
        }
        clean.push(']');
        Ok(())
    }
}

/// Appends a JSON string.
fn push_string(clean: &mut String, text: &str) {
    clean.push_str(&serde_json::Value::from(text).to_string());
}

/// A string that is borrowed where it has no escapes.
struct Text<'t>(Cow<'t, str>);

impl<'t> Deserialize<'t> for Text<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'t> Visitor<'t> for TextVisitor {
    type Value = Cow<'t, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// The members of an object in their order, doubles included.
struct Members<'t>(Vec<(Text<'t>, &'t RawValue)>);

impl<'t> Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}

struct MembersVisitor;

impl<'t> Visitor<'t> for MembersVisitor {
    type Value = Vec<(Text<'t>, &'t RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
