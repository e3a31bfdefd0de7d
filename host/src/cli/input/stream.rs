//! A document, item by item if it is a list: the tree of all of it takes ten times the memory of its text.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::document::{Fault, generous, not_json, not_toml, not_yaml};
use super::json::{TWICE, Unambiguous};
use super::locate::Syntax;
use crate::model::Error;

/// The keys under which documents hold further documents.
pub(super) const LISTS: [&str; 2] = ["items", "connections"];

/// Why reading ended early.
pub(super) enum Stop {
    /// The text is wrong.
    Fault(Fault),
    /// What was read was not taken.
    Error(Error),
}

/// Takes a document, or an item of it by its index.
type Take<'t> = &'t mut dyn FnMut(Option<usize>, Value) -> Result<(), Error>;

/// Hands over one document: as a whole, or item by item if it is a list or holds one under a key of `LISTS`.
///
/// # Errors
/// The text is wrong, of which items before the fault were handed over; or what was handed over was not taken.
pub(super) fn read(text: &str, syntax: Syntax, take: Take<'_>) -> Result<(), Stop> {
    let mut sink = Sink { take, refused: None };
    let read = match syntax {
        Syntax::Json => {
            let mut source = serde_json::Deserializer::from_str(text);
            let read = Node::<Unambiguous>::document(&mut sink).deserialize(&mut source);
            let read = read.and_then(|rest| source.end().map(|()| rest));
            read.map_err(|error| not_json(&error))
        }
        Syntax::Yaml => {
            let node = Node::<Value>::document(&mut sink);
            let (options, read) =
                (generous(), |source: serde_saphyr::Deserializer<'_, '_>| node.deserialize(source));
            let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, read);
            read.map_err(|error| not_yaml(&error))
        }
        // Its parser has a tree of its own, since a table may go on further down.
        Syntax::Toml => {
            let node = Node::<Value>::document(&mut sink);
            let read = toml::Deserializer::parse(text).and_then(|source| node.deserialize(source));
            read.map_err(|error| not_toml(text, &error))
        }
    };
    match (sink.refused, read) {
        (Some(error), _) => Err(Stop::Error(error)),
        (None, Err(fault)) => Err(Stop::Fault(fault)),
        (None, Ok(None)) => Ok(()),
        (None, Ok(Some(whole))) => (sink.take)(None, whole).map_err(Stop::Error),
    }
}

/// Where items go, until one is not taken: parsers carry no error of ours.
struct Sink<'t> {
    take: Take<'t>,
    refused: Option<Error>,
}

/// Reads a value. A list is handed over and leaves nothing. `V` is how values inside it are read.
struct Node<'n, 't, V> {
    is_document: bool,
    sink: &'n mut Sink<'t>,
    value: PhantomData<V>,
}

impl<'n, 't, V> Node<'n, 't, V> {
    fn document(sink: &'n mut Sink<'t>) -> Self {
        Self { is_document: true, sink, value: PhantomData }
    }

    /// For the value of a key of the document.
    fn of_key(&mut self) -> Node<'_, 't, V> {
        Node { is_document: false, sink: self.sink, value: PhantomData }
    }
}

impl<'de, V: Deserialize<'de> + Into<Value>> DeserializeSeed<'de> for Node<'_, '_, V> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Option<Value>, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de, V: Deserialize<'de> + Into<Value>> Visitor<'de> for Node<'_, '_, V> {
    type Value = Option<Value>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a document")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Value>, A::Error> {
        let mut index = 0;
        while let Some(item) = items.next_element::<V>()? {
            if let Err(error) = (self.sink.take)(Some(index), item.into()) {
                self.sink.refused = Some(error);
                return Err(de::Error::custom("it is not taken"));
            }
            index += 1;
        }
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Option<Value>, A::Error> {
        if !self.is_document {
            return V::deserialize(MapAccessDeserializer::new(entries)).map(|map| Some(map.into()));
        }
        let mut map = Map::new();
        let mut holds_list = false;
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(TWICE));
            }
            let value = match LISTS.contains(&key.as_str()) {
                true => entries.next_value_seed(self.of_key())?,
                false => Some(entries.next_value::<V>()?.into()),
            };
            holds_list |= value.is_none();
            map.insert(key, value.unwrap_or_default());
        }
        Ok((!holds_list).then_some(Value::Object(map)))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<Value>, E> {
        Ok(Some(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Option<Value>, E> {
        Ok(Some(Value::Null))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Option<Value>, E> {
        Ok(Some(truth.into()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<Value>, E> {
        Ok(Some(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<Value>, E> {
        Ok(Some(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Option<Value>, E> {
        Ok(Some(number.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<Value>, E> {
        Ok(Some(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str, syntax: Syntax) -> (Vec<(Option<usize>, Value)>, bool) {
        let mut taken = Vec::new();
        let read = read(text, syntax, &mut |index, tree| {
            taken.push((index, tree));
            Ok(())
        });
        (taken, read.is_ok())
    }

    /// Were a list read as a whole, nothing of a list with a fault at its end could be taken.
    #[test]
    fn an_item_is_taken_before_the_next_is_read() {
        let item = || vec![(Some(0), serde_json::json!({"a": [1, null, "x"]}))];
        let json = "{\"a\": [1, null, \"x\"]}";
        for list in [format!("[{json}, ?"), format!("{{\"items\": [{json}, ?")] {
            assert_eq!(taken(&list, Syntax::Json), (item(), false), "{list}");
        }
        for list in ["- a: [1, null, x]\n- [", "kind: List\nconnections:\n- a: [1, ~, x]\n- ["] {
            assert_eq!(taken(list, Syntax::Yaml), (item(), false), "{list}");
        }
    }

    #[test]
    fn what_is_no_list_is_taken_as_a_whole() {
        let check = |text: &str, expected: Value| {
            for syntax in [Syntax::Json, Syntax::Yaml] {
                assert_eq!(taken(text, syntax), (vec![(None, expected.clone())], true), "{text}");
            }
        };
        for value in ["{\"a\": {\"items\": [1]}}", "{\"items\": {\"a\": [true]}}", "{}"] {
            check(value, serde_json::from_str(value).unwrap());
        }
        for value in ["null", "true", "-1", "1", "1.5", "\"x\""] {
            check(value, serde_json::from_str(value).unwrap());
        }
        assert_eq!(taken("# nothing\n", Syntax::Yaml), (vec![(None, Value::Null)], true));
    }
}
