//! Keys and values of one thing in a source.

use std::collections::{BTreeMap, HashMap};

use zeroize::Zeroizing;

use super::Text;
use crate::model::{Error, Secret};

/// Keys and values, as they stand in a source. Whether a value is a secret is not known yet, so all are treated as one.
#[derive(Debug)]
pub(super) struct Record {
    /// What the source calls it.
    pub name: String,
    /// Where it stands: `FILE:LINE`.
    pub place: String,
    /// What people say about it.
    pub description: Option<String>,
    values: BTreeMap<String, Secret>,
}

impl Record {
    pub(super) fn new(name: &str, place: String) -> Self {
        Self { name: name.to_owned(), place, description: None, values: BTreeMap::new() }
    }

    /// Sets a value; the last one counts.
    pub(super) fn set(&mut self, key: &str, value: Secret) {
        self.values.insert(key.to_owned(), value);
    }

    /// The value of a key, if it has one and is not empty.
    pub(super) fn get(&self, key: &str) -> Option<&Secret> {
        self.values.get(key).filter(|value| !value.is_empty())
    }

    /// The value as text, for what decides and is no secret.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|value| std::str::from_utf8(value.expose()).ok())
    }

    /// Takes a value out.
    pub(super) fn take(&mut self, key: &str) -> Option<Secret> {
        self.values.remove(key).filter(|value| !value.is_empty())
    }

    /// The keys with a value, in the order of their names.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter(|(_, value)| !value.is_empty()).map(|(key, _)| key.as_str())
    }
}

/// A value that was read as a tree, as text: what is no text and no list of texts is JSON.
pub(super) fn value_of(value: serde_json::Value) -> Option<Secret> {
    use serde_json::Value;
    match value {
        Value::Null => None,
        Value::String(text) => Some(Secret::from(text)),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let items = items.iter().filter_map(Value::as_str);
            Some(Secret::from(items.collect::<Vec<_>>().join(",")))
        }
        other => {
            let text = Zeroizing::new(other.to_string());
            Some(Secret::new(text.as_bytes().to_vec()))
        }
    }
}

/// A text of YAML as a tree.
///
/// # Errors
/// It is not YAML, or larger than what anybody writes by hand.
pub(super) fn yaml(text: Text<'_>) -> Result<serde_json::Value, Error> {
    let read = serde_saphyr::from_str_with_options(text.plain(), serde_saphyr::options! {});
    read.map_err(|error| {
        let line = error.location().map_or(1, |place| place.line() as usize);
        text.fault(line.max(1), "it is not YAML")
    })
}

/// The lines of a text of JSON or YAML by the word that each begins with.
pub(super) struct Lines<'t>(HashMap<&'t str, Vec<usize>>);

impl<'t> Lines<'t> {
    pub(super) fn of(text: Text<'t>) -> Self {
        let mut lines: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, line) in text.plain().lines().enumerate() {
            let line = line.trim_start().trim_start_matches(['{', ' ']);
            let quote = line.chars().next().filter(|c| matches!(c, '"' | '\''));
            let word = match quote {
                Some(quote) => line[1..].split(quote).next(),
                None => line.split(':').next(),
            };
            lines.entry(word.unwrap_or_default()).or_default().push(at + 1);
        }
        Self(lines)
    }

    /// The line of the last of nested keys, counted from 1: that of the last one that is found.
    pub(super) fn of_keys(&self, keys: &[&str]) -> usize {
        let mut found = 0;
        for key in keys {
            let next = self.0.get(key).and_then(|lines| lines.iter().find(|line| **line > found));
            match next {
                Some(line) => found = *line,
                None => break,
            }
        }
        found.max(1)
    }
}
