//! From the text of a file to the connections that it describes, one after the other.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::document::{Document, Origin, not_json};
use super::foreign::with_paths;
use super::given::Given;
use super::locate::Syntax;
use super::manifest::{Manifest, at};
use super::sources::Literals;
use super::stream::{self, LISTS, Stop};
use crate::model::Error;
use crate::model::formats::{self, Foreign, Role};

/// What one document is.
pub(super) enum Found {
    /// A connection in our form.
    Ours(Manifest),
    /// A connection in the form of a backend, and where it is.
    Whole(String, Foreign),
    /// What connections in the form of a backend take up.
    Part(String, Foreign),
}

/// Takes what is found.
pub(super) type Take<'t> = &'t mut dyn FnMut(Found) -> Result<(), Error>;

/// Reads one file. Of what it describes no more than one connection is held, whatever the form of the file, but for TOML.
pub(super) struct Walk<'w> {
    /// How messages call the file.
    pub(super) name: &'w str,
    pub(super) origin: Origin<'w>,
    pub(super) literals: Literals,
    pub(super) take: Take<'w>,
}

impl Walk<'_> {
    /// Takes everything that the text describes, in its order.
    ///
    /// # Errors
    /// Something has the wrong form, holds a secret where that was not allowed, or is not taken.
    pub(super) fn read(&mut self, text: &str, syntax: Syntax) -> Result<(), Error> {
        match syntax {
            Syntax::Json => self.read_json(text),
            Syntax::Yaml => self.read_yaml(text),
            Syntax::Toml => self.read_document(self.name, text, syntax, || 0),
        }
    }

    /// Document by document, and item by item of a list.
    fn read_json(&mut self, text: &str) -> Result<(), Error> {
        for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            let document = document.map_err(|error| at(self.name, not_json(&error).behind(0)))?;
            let before = document.get().as_ptr().addr() - text.as_ptr().addr();
            let lines = || text[..before].matches('\n').count();
            self.read_document(self.name, document.get(), Syntax::Json, lines)?;
        }
        Ok(())
    }

    fn read_yaml(&mut self, text: &str) -> Result<(), Error> {
        for (line, document) in yaml_documents(text) {
            let place = format!("{}:{}", self.name, line + 1);
            self.read_document(&place, document, Syntax::Yaml, || line)?;
        }
        Ok(())
    }

    /// A document, before which there are so many lines.
    fn read_document(
        &mut self,
        place: &str,
        text: &str,
        syntax: Syntax,
        lines: impl Fn() -> usize,
    ) -> Result<(), Error> {
        let name = self.name;
        let read = stream::read(text, syntax, &mut |index, tree| match index {
            Some(index) => self.add(&item(place, index), tree),
            None => self.add(place, tree),
        });
        read.map_err(|stop| match stop {
            Stop::Fault(fault) => at(name, fault.behind(lines() as u64)),
            Stop::Error(error) => error,
        })
    }

    /// Takes a document, or those that it lists.
    fn add(&mut self, place: &str, tree: Value) -> Result<(), Error> {
        match tree {
            Value::Null => Ok(()),
            Value::Array(items) => self.add_list(place, items),
            Value::Object(mut map) => {
                match LISTS.iter().find(|key| map.get(**key).is_some_and(Value::is_array)) {
                    Some(key) => match map.remove(*key) {
                        Some(Value::Array(items)) => self.add_list(place, items),
                        _ => Ok(()),
                    },
                    None => {
                        let found = self.one(place, map).map_err(|error| at(place, error))?;
                        (self.take)(found)
                    }
                }
            }
            _ => Err(at(place, Error::invalid("it is no mapping"))),
        }
    }

    fn add_list(&mut self, place: &str, items: Vec<Value>) -> Result<(), Error> {
        for (index, one) in items.into_iter().enumerate() {
            self.add(&item(place, index), one)?;
        }
        Ok(())
    }

    fn one(&self, place: &str, map: Map<String, Value>) -> Result<Found, Error> {
        let place = place.to_owned();
        if is_ours(&map) {
            let document = Document::of_tree(Value::Object(map), self.origin);
            let mut document = document.map_err(|fault| fault.behind(0))?;
            if self.literals == Literals::Refused {
                document.check_literals().map_err(|fault| fault.behind(0))?;
            }
            let (backend, scope) = (document.backend.take(), document.scope.take());
            let given = Given::of_document(document)?;
            return Ok(Found::Ours(Manifest { place, backend, scope, given }));
        }
        let foreign = match formats::read(&Value::Object(map)) {
            None => return Err(unknown_form()),
            Some(Err(what)) => return Err(Error::invalid(what)),
            Some(Ok(foreign)) => with_paths(foreign, self.origin),
        };
        Ok(match foreign.role {
            Role::Part => Found::Part(place, foreign),
            Role::Connection => Found::Whole(place, foreign),
        })
    }
}

fn item(place: &str, index: usize) -> String {
    format!("{place}, item {}", index + 1)
}

/// Ours say so, or say nothing and have the keys of ours.
fn is_ours(map: &Map<String, Value>) -> bool {
    match map.get("apiVersion").and_then(Value::as_str) {
        Some(version) => version.starts_with("connhub/"),
        None => !map.contains_key("version") && !map.contains_key("kind"),
    }
}

fn unknown_form() -> Error {
    let titles = formats::titles().join(", ");
    Error::invalid("it is no manifest that can be read")
        .hint(format!("what can be read are documents of `apiVersion: connhub/v1` and: {titles}"))
        .hint("docs/manifests.md describes them")
}

/// The documents of a YAML stream, each with the number of lines before it. Nowhere in YAML can a line begin with `---` but between
/// documents.
fn yaml_documents(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(text);
    let mut line = 0;
    std::iter::from_fn(move || {
        let text = rest?;
        let start = line;
        let mut end = 0;
        for (index, one) in text.split_inclusive('\n').enumerate() {
            if index > 0 && is_marker(one) {
                rest = Some(&text[end..]);
                line += index;
                return Some((start, &text[..end]));
            }
            end += one.len();
        }
        rest = None;
        Some((start, text))
    })
}

fn is_marker(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with([' ', '\t']))
}
