//! Takes secrets out of JSON answers while they stream by, before a connector sees them.
//!
//! No document is built. What no pattern reaches is copied as it is; where a pattern may apply, members are read one by one.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use super::message::MaskedValues;
use crate::model::Secret;
use crate::policy::{MaskEncoding, Place, PointerSet, Visible, push_step};
use crate::scrub::MASK;

/// What becomes of a value of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    /// It is replaced by `***`.
    Mask,
    /// It is cut out, with its name.
    Omit,
}

/// What to do with the answers of one request.
pub struct Masking<'m> {
    /// Where values are masked or cut out.
    pub pointers: &'m PointerSet<Treatment>,
    /// Which masked values stay visible if they are no object and no array.
    pub visible: &'m Visible,
    /// How masked values are encoded.
    pub encoding: MaskEncoding,
    /// Whether masked values are wanted.
    pub values: MaskedValues,
}

/// A masked answer.
#[derive(Debug, Default)]
pub struct Masked {
    /// The JSON text. Other places of it may still repeat a masked value.
    pub text: String,
    /// Every masked text, for the scrubber.
    pub hidden: Vec<Secret>,
    /// The masked values with the pointers to them in `text`, if they are wanted.
    pub handles: Vec<(String, Secret)>,
}

/// Why an answer cannot be masked. No variant holds a part of the answer.
#[derive(Debug, thiserror::Error)]
pub enum Unmaskable {
    /// It is not one JSON text, is nested too deep, or names a member twice where it matters.
    #[error("the answer is not the JSON that its masks need")]
    Json(#[from] serde_json::Error),
    /// A wanted value is not encoded as the grant says.
    #[error("the value at `{0}` is not encoded as the `mask-encoding` of the grant says")]
    Encoding(String),
}

impl Masking<'_> {
    /// Masks one JSON text.
    ///
    /// # Errors
    /// The text is not one that can be masked without doubt. Nothing of it may be passed on then.
    pub fn apply(&self, text: &str) -> Result<Masked, Unmaskable> {
        let mut masker = Masker {
            masking: self,
            masked: Masked { text: String::with_capacity(text.len()), ..Masked::default() },
            pointer: String::new(),
            misencoded: None,
        };
        let mut deserializer = serde_json::Deserializer::from_str(text);
        Node { place: Some(self.pointers.root()), masker: &mut masker }
            .deserialize(&mut deserializer)?;
        deserializer.end()?;
        match masker.misencoded {
            Some(pointer) => Err(Unmaskable::Encoding(pointer)),
            None => Ok(masker.masked),
        }
    }
}

struct Masker<'m> {
    masking: &'m Masking<'m>,
    masked: Masked,
    /// The place in the masked text.
    pointer: String,
    misencoded: Option<String>,
}

impl Masker<'_> {
    fn copy(&mut self, value: &RawValue) {
        self.masked.text.push_str(value.get());
    }

    fn write_string(&mut self, text: &str) {
        self.masked.text.push_str(&serde_json::Value::from(text).to_string());
    }

    fn write_mask(&mut self) {
        self.masked.text.push('"');
        self.masked.text.push_str(MASK);
        self.masked.text.push('"');
    }

    /// Replaces the value at a masked pointer whose last step is `name`.
    fn mask(&mut self, name: &str, value: &RawValue) -> Result<(), serde_json::Error> {
        let text = value.get();
        let is_composite = text.starts_with(['{', '[']);
        if !is_composite && self.masking.visible.shows(&self.pointer, name) {
            self.copy(value);
            return Ok(());
        }
        self.write_mask();
        match serde_json::from_str::<serde_json::Value>(text)? {
            serde_json::Value::String(text) => self.hide_string(text),
            value => self.hide_all(value),
        }
        Ok(())
    }

    fn hide_string(&mut self, text: String) {
        let decoded = match self.masking.encoding {
            MaskEncoding::Text => Some(Secret::from(text.clone())),
            MaskEncoding::Base64 => decode(&text),
        };
        if self.masking.values == MaskedValues::Handles {
            match &decoded {
                Some(secret) => self.masked.handles.push((self.pointer.clone(), secret.clone())),
                None => self.misencoded = Some(self.pointer.clone()),
            }
        }
        self.masked.hidden.push(decoded.unwrap_or_else(|| Secret::from(text)));
    }

    /// Notes every text of a value that is masked although it is no string.
    fn hide_all(&mut self, value: serde_json::Value) {
        match value {
            serde_json::Value::Null | serde_json::Value::Bool(_) => {}
            serde_json::Value::Number(number) => {
                self.masked.hidden.push(Secret::from(number.to_string()));
            }
            serde_json::Value::String(text) => self.masked.hidden.push(Secret::from(text)),
            serde_json::Value::Array(values) => values.into_iter().for_each(|v| self.hide_all(v)),
            serde_json::Value::Object(members) => {
                members.into_iter().for_each(|(_, value)| self.hide_all(value));
            }
        }
    }
}

fn decode(text: &str) -> Option<Secret> {
    let decoded = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text));
    decoded.ok().map(Secret::new)
}

/// A value that is read and written.
struct Node<'n, 'm> {
    /// Where patterns lead on from; none if no pattern reaches the value.
    place: Option<Place>,
    masker: &'n mut Masker<'m>,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.place {
            Some(place) => deserializer.deserialize_any(Open { place, masker: self.masker }),
            None => {
                self.masker.copy(<&RawValue>::deserialize(deserializer)?);
                Ok(())
            }
        }
    }
}

/// Reads a value that patterns may reach into.
struct Open<'n, 'm> {
    place: Place,
    masker: &'n mut Masker<'m>,
}

impl Open<'_, '_> {
    /// Writes the child of the given name unless it is to be cut out.
    fn child<E>(
        &mut self,
        name: &str,
        place: Option<Place>,
        read: impl FnOnce(Child<'_, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let length = self.masker.pointer.len();
        push_step(&mut self.masker.pointer, name);
        let result = read(Child { name, place, masker: self.masker });
        self.masker.pointer.truncate(length);
        result
    }

    fn treatment(&self, place: Option<Place>) -> Option<Treatment> {
        place.and_then(|place| self.masker.masking.pointers.action(place))
    }

    fn write_scalar(self, text: impl fmt::Display) {
        self.masker.masked.text.push_str(&text.to_string());
    }

    /// A string where an object with masked members belongs is masked too: what else could it be?
    fn write_text(self, text: &str) {
        if self.masker.masking.pointers.is_above(self.place, Treatment::Mask) {
            self.masker.write_mask();
            self.masker.hide_all(serde_json::Value::from(text));
        } else {
            self.masker.write_string(text);
        }
    }
}

impl<'de> Visitor<'de> for Open<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut names = Names::default();
        let mut separator = '{';
        while let Some(Name(name)) = map.next_key()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a name occurs twice in one object"));
            }
            let place = self.masker.masking.pointers.member(self.place, &name);
            if self.treatment(place) == Some(Treatment::Omit) {
                map.next_value::<de::IgnoredAny>()?;
                continue;
            }
            self.masker.masked.text.push(separator);
            separator = ',';
            self.masker.write_string(&name);
            self.masker.masked.text.push(':');
            self.child(&name, place, |child| map.next_value_seed(child))?;
        }
        self.masker.masked.text.push_str(if separator == '{' { "{}" } else { "}" });
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        let mut written = 0;
        for index in 0.. {
            let place = self.masker.masking.pointers.element(self.place, index);
            let is_omitted = self.treatment(place) == Some(Treatment::Omit);
            let length = self.masker.masked.text.len();
            self.masker.masked.text.push(if written == 0 { '[' } else { ',' });
            let name = written.to_string();
            let read = if is_omitted {
                elements.next_element::<de::IgnoredAny>()?.map(drop)
            } else {
                let mut read = None;
                self.child(&name, place, |child| {
                    read = elements.next_element_seed(child)?;
                    Ok::<_, A::Error>(())
                })?;
                read
            };
            match read {
                Some(()) if !is_omitted => written += 1,
                Some(()) => self.masker.masked.text.truncate(length),
                None => {
                    self.masker.masked.text.truncate(length);
                    break;
                }
            }
        }
        self.masker.masked.text.push_str(if written == 0 { "[]" } else { "]" });
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.write_text(text);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.write_scalar(value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.write_scalar(value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.write_scalar(value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.write_scalar(serde_json::Value::from(value));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.write_scalar("null");
        Ok(())
    }
}

/// A member or element that is not cut out.
struct Child<'n, 'm> {
    name: &'n str,
    place: Option<Place>,
    masker: &'n mut Masker<'m>,
}

impl<'de> DeserializeSeed<'de> for Child<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let action = self.place.and_then(|place| self.masker.masking.pointers.action(place));
        if action != Some(Treatment::Mask) {
            return Node { place: self.place, masker: self.masker }.deserialize(deserializer);
        }
        let value = <&RawValue>::deserialize(deserializer)?;
        self.masker.mask(self.name, value).map_err(|_| D::Error::custom("a masked value is broken"))
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name<'t>(Cow<'t, str>);

impl<'t> Deserialize<'t> for Name<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'t> Visitor<'t> for NameVisitor {
    type Value = Name<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'t str) -> Result<Name<'t>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'t>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

/// The names of one object, to find doubles: parsers disagree about which of them counts.
#[derive(Default)]
struct Names<'t> {
    few: Vec<Cow<'t, str>>,
    many: HashSet<Cow<'t, str>>,
}

impl<'t> Names<'t> {
    /// The number of names up to which comparing is faster than hashing.
    const FEW: usize = 16;

    /// Says whether the name is new.
    fn insert(&mut self, name: Cow<'t, str>) -> bool {
        if self.few.contains(&name) || self.many.contains(&name) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(name);
        } else {
            self.many.insert(name);
        }
        true
    }
}

#[cfg(test)]
mod tests;
