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
        check_name(&item.name)?;
        if self.0.contains_key(&item.name) {
            return Err(Refusal::Taken);
        }
        item.revision = 1;
        Ok(self.0.entry(item.name.clone()).or_insert(item))
    }

    /// Adds an item or puts it in the place of the one of this name. Also says whether it is new.
    pub(super) fn put(&mut self, name: &str, mut item: Item) -> Result<(bool, &Item), Refusal> {
        check_name(name)?;
        if item.name != name {
            return Err(Refusal::BadName);
        }
        let before = self.0.remove(name).map_or(0, |item| item.revision);
        item.revision = before + 1;
        Ok((before == 0, self.0.entry(name.to_owned()).or_insert(item)))
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

fn check_name(name: &str) -> Result<(), Refusal> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let starts_well = name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    let is_good = starts_well && name.len() <= MAX_NAME && name.bytes().all(is_plain);
    if is_good { Ok(()) } else { Err(Refusal::BadName) }
}

fn merge(values: &mut BTreeMap<String, String>, changes: BTreeMap<String, Option<String>>) {
    for (name, value) in changes {
        match value {
            Some(value) => values.insert(name, value),
            None => values.remove(&name),
        };
    }
}
