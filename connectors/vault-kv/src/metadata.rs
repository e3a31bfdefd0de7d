//! Custom metadata: what is known about a connection besides its values.
//!
//! The keys of the connector begin with `connhub-`; all others are labels, whoever wrote them.

use std::collections::BTreeMap;

use connhub_sdk::{Draft, Label, Patch, TextChange};
use serde::Deserialize;
use serde_json::Value;

/// The canonical type. A secret without it was written by somebody else.
pub(crate) const TYPE: &str = "connhub-type";
/// What people call it.
const DISPLAY_NAME: &str = "connhub-display-name";
/// What it is for.
const DESCRIPTION: &str = "description";
/// Whose it is. It is a label as well.
const OWNER: &str = "owner";

/// The beginning of keys that only the connector writes.
pub(crate) const OWN: &str = "connhub-";

/// The type of a secret that has none.
pub(crate) const UNKNOWN: &str = "unknown";

/// Custom metadata as the server keeps it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub(crate) struct Custom(BTreeMap<String, String>);

impl Custom {
    /// That of a new connection.
    pub(crate) fn of(draft: &Draft) -> Self {
        let mut custom = Self::default();
        custom.apply(draft);
        custom
    }

    /// Puts a draft in the place of what it is about. Labels that the draft does not name stay.
    pub(crate) fn apply(&mut self, draft: &Draft) {
        self.set(TYPE, Some(&draft.type_));
        self.set(DISPLAY_NAME, draft.display_name.as_deref());
        self.set(DESCRIPTION, draft.description.as_deref());
        draft.labels.iter().for_each(|label| self.set(&label.key, Some(&label.value)));
    }

    pub(crate) fn change(&mut self, patch: &Patch) {
        self.change_text(DISPLAY_NAME, &patch.display_name);
        self.change_text(DESCRIPTION, &patch.description);
        patch.remove_labels.iter().for_each(|key| self.set(key, None));
        patch.labels.iter().for_each(|label| self.set(&label.key, Some(&label.value)));
    }

    pub(crate) fn type_(&self) -> &str {
        self.get(TYPE).unwrap_or(UNKNOWN)
    }

    pub(crate) fn display_name(&self) -> Option<String> {
        self.get(DISPLAY_NAME).map(str::to_owned)
    }

    pub(crate) fn description(&self) -> Option<String> {
        self.get(DESCRIPTION).map(str::to_owned)
    }

    pub(crate) fn owner(&self) -> Option<String> {
        self.get(OWNER).map(str::to_owned)
    }

    pub(crate) fn labels(&self) -> Vec<Label> {
        let labels = self.0.iter().filter(|(key, _)| is_label(key));
        labels.map(|(key, value)| Label::new(key, value)).collect()
    }

    /// Every key and value, for the limits of the server.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(crate) fn to_json(&self) -> Value {
        self.0.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect()
    }

    /// What a merge patch has to hold to make this of `old`.
    pub(crate) fn changes_from(&self, old: &Self) -> Value {
        let gone = old.0.keys().filter(|key| !self.0.contains_key(*key));
        let removed = gone.map(|key| (key.clone(), Value::Null));
        let set = self.0.iter().filter(|(key, value)| old.0.get(*key) != Some(value));
        set.map(|(key, value)| (key.clone(), Value::from(value.as_str()))).chain(removed).collect()
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn set(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => drop(self.0.insert(key.to_owned(), value.to_owned())),
            None => drop(self.0.remove(key)),
        }
    }

    fn change_text(&mut self, key: &str, change: &TextChange) {
        match change {
            TextChange::Keep => {}
            TextChange::Clear => self.set(key, None),
            TextChange::Set(text) => self.set(key, Some(text)),
        }
    }
}

/// Whether a key is one that users choose.
pub(crate) fn is_label(key: &str) -> bool {
    !key.starts_with(OWN) && key != DESCRIPTION
}
