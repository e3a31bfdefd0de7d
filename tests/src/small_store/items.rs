//! The items and the rules for changing them.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

/// The longest name, in bytes.
const MAX_NAME: usize = 253;

/// The most items of a page.
const MAX_PAGE: usize = 1_000;

/// One connection, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Unique.
    pub name: String,
    /// What it is a connection to.
    #[serde(rename = "type")]
    pub kind: String,
    /// What everybody who may read it sees.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// What nobody should see who has no need to.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// 1 at first, and one more with each change. The store counts, whatever a client says.
    #[serde(default)]
    pub revision: u64,
}

/// A change: what it does not name stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, Option<String>>,
    #[serde(default)]
    secrets: BTreeMap<String, Option<String>>,
    revision: Option<u64>,
}

/// Why the items stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is one of that name.
    Taken,
    /// There is none of that name.
    Missing,
    /// It has another revision.
    Stale,
    /// The name is none.
    BadName,
}

/// All items, by name.
#[derive(Debug, Default)]
pub(super) struct Items(BTreeMap<String, Item>);

impl Items {
    pub(super) fn get(&self, name: &str) -> Result<&Item, Refusal> {
        self.0.get(name).ok_or(Refusal::Missing)
    }

    /// A page of items behind a name, and the name to ask with for the next one.
    pub(super) fn page(
        &self,
        after: Option<&str>,
        limit: Option<usize>,
    ) -> (Vec<&Item>, Option<&str>) {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut items: Vec<&Item> =
            self.0.range::<str, _>((start, Bound::Unbounded)).map(|(_, item)| item).collect();
        let limit = limit.map_or(usize::MAX, |limit| limit.clamp(1, MAX_PAGE));
        let is_last = items.len() <= limit;
        items.truncate(limit);
        let next = items.last().filter(|_| !is_last).map(|item| item.name.as_str());
        (items, next)
    }

    pub(super) fn add(&mut self, mut item: Item) -> Result<&Item, Refusal> {
        let is_name = (1..=MAX_NAME).contains(&item.name.len())
            && !item.name.chars().any(|c| c.is_control() || c == '/');
        if !is_name {
            return Err(Refusal::BadName);
        }
        if self.0.contains_key(&item.name) {
            return Err(Refusal::Taken);
        }
        item.revision = 1;
        Ok(self.0.entry(item.name.clone()).or_insert(item))
    }

    pub(super) fn change(&mut self, name: &str, change: Change) -> Result<&Item, Refusal> {
        let item = self.0.get_mut(name).ok_or(Refusal::Missing)?;
        if change.revision.is_some_and(|revision| revision != item.revision) {
            return Err(Refusal::Stale);
        }
        item.kind = change.kind.unwrap_or_else(|| item.kind.clone());
        merge(&mut item.fields, change.fields);
        merge(&mut item.secrets, change.secrets);
        item.revision += 1;
        Ok(item)
    }

    pub(super) fn remove(&mut self, name: &str, revision: Option<u64>) -> Result<(), Refusal> {
        let item = self.get(name)?;
        if revision.is_some_and(|revision| revision != item.revision) {
            return Err(Refusal::Stale);
        }
        self.0.remove(name);
        Ok(())
    }
}

fn merge(values: &mut BTreeMap<String, String>, changes: BTreeMap<String, Option<String>>) {
    for (name, value) in changes {
        match value {
            Some(value) => values.insert(name, value),
            None => values.remove(&name),
        };
    }
}
