//! Who set which field of an object, as `metadata.managedFields` records it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::resource_type::ResourceType;

/// The place of a field in the notation of `fieldsV1`: `f:NAME`, `k:KEYS`, `v:VALUE`, and `.` for
/// a map itself.
pub(super) type Path = Vec<String>;

/// How a manager came by its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// The fields of one manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) manager: String,
    pub(super) operation: Operation,
    pub(super) api_version: String,
    pub(super) time: String,
    pub(super) subresource: Option<String>,
    pub(super) fields: BTreeSet<Path>,
}

/// Who changes an object, and when.
#[derive(Clone, Debug)]
pub(super) struct Change<'a> {
    pub(super) manager: &'a str,
    pub(super) api_version: &'a str,
    pub(super) time: &'a str,
}

/// Fields of the metadata that belong to the server.
const SERVER_METADATA: [&str; 11] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "selfLink",
    "managedFields",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "continue",
];

impl Entry {
    pub(super) fn new(change: &Change<'_>, operation: Operation) -> Self {
        Entry {
            manager: change.manager.to_owned(),
            operation,
            api_version: change.api_version.to_owned(),
            time: change.time.to_owned(),
            subresource: None,
            fields: BTreeSet::new(),
        }
    }

    /// Whether this is what `manager` did by `operation`.
    pub(super) fn is_of(&self, manager: &str, operation: Operation) -> bool {
        self.manager == manager && self.operation == operation && self.subresource.is_none()
    }

    fn from_json(entry: &Value) -> Self {
        let text = |key: &str| entry[key].as_str().map(str::to_owned);
        let is_apply = entry["operation"] == "Apply";
        let mut fields = BTreeSet::new();
        collect_paths(&entry["fieldsV1"], &mut Vec::new(), &mut fields);
        Entry {
            manager: text("manager").unwrap_or_default(),
            operation: if is_apply { Operation::Apply } else { Operation::Update },
            api_version: text("apiVersion").unwrap_or_default(),
            time: text("time").unwrap_or_default(),
            subresource: text("subresource"),
            fields,
        }
    }

    fn to_json(&self) -> Value {
        let mut tree = json!({});
        for path in &self.fields {
            let mut place = &mut tree;
            for step in path {
                place = &mut place[step.as_str()];
                if place.is_null() {
                    *place = json!({});
                }
            }
        }
        let operation = match self.operation {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        };
        let mut entry = json!({
            "manager": self.manager,
            "operation": operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": tree,
        });
        if let Some(subresource) = &self.subresource {
            entry["subresource"] = json!(subresource);
        }
        entry
    }
}

/// The entries of an object.
pub(super) fn read(object: &Value) -> Vec<Entry> {
    let entries = object["metadata"]["managedFields"].as_array();
    entries.into_iter().flatten().map(Entry::from_json).collect()
}

/// Puts the entries that own anything into an object, in the server's order.
pub(super) fn write(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|entry| !entry.fields.is_empty());
    entries.sort_by(|left, right| {
        let rank = |entry: &Entry| (entry.operation, entry.time.clone(), entry.manager.clone());
        rank(left).cmp(&rank(right))
    });
    let Some(metadata) = object["metadata"].as_object_mut() else {
        return;
    };
    metadata.remove("managedFields");
    if !entries.is_empty() {
        let entries = entries.iter().map(Entry::to_json).collect();
        metadata.insert(String::from("managedFields"), entries);
    }
}

/// Records a create, PUT or merge patch: the manager owns what it changed, and nobody owns what is
/// gone.
pub(super) fn record_update(
    old: Option<&Value>,
    new: &mut Value,
    of: &ResourceType,
    change: &Change<'_>,
) {
    let before = old.map(|old| leaves(old, of, Operation::Update)).unwrap_or_default();
    let after = leaves(new, of, Operation::Update);
    let is_same = |path: &Path, value: &Value| before.get(path) == Some(value);
    let changed = after.iter().filter(|(path, value)| !is_same(path, value));
    let changed: BTreeSet<Path> = changed.map(|(path, _)| path.clone()).collect();
    let mut entries = old.map(read).unwrap_or_default();
    for entry in &mut entries {
        entry.fields.retain(|path| !changed.contains(path));
        // A leaf of an applied object may be a map that updates see as many leaves.
        entry.fields.retain(|path| after.contains_key(path) || !before.contains_key(path));
    }
    let own = entries.iter().position(|entry| entry.is_of(change.manager, Operation::Update));
    if !changed.is_empty() {
        let mut entry = own
            .map_or_else(|| Entry::new(change, Operation::Update), |index| entries.remove(index));
        entry.fields.extend(changed);
        entry.time = change.time.to_owned();
        entries.push(entry);
    } else if let Some(index) = own.filter(|_| before.len() != after.len()) {
        entries[index].time = change.time.to_owned();
    }
    write(new, entries);
}

/// The fields of an object that have managers, with their values.
pub(super) fn leaves(
    object: &Value,
    of: &ResourceType,
    operation: Operation,
) -> BTreeMap<Path, Value> {
    let mut walk = Walk { of, operation, found: BTreeMap::new() };
    let members = object.as_object().into_iter().flatten();
    for (key, value) in members.filter(|(key, _)| *key != "kind" && *key != "apiVersion") {
        walk.visit(value, &mut vec![format!("f:{key}")]);
    }
    walk.found
}

struct Walk<'a> {
    of: &'a ResourceType,
    operation: Operation,
    found: BTreeMap<Path, Value>,
}

impl Walk<'_> {
    fn visit(&mut self, value: &Value, path: &mut Path) {
        match value {
            Value::Object(members) if self.is_metadata(path) => {
                let own =
                    members.iter().filter(|(key, _)| !SERVER_METADATA.contains(&key.as_str()));
                self.visit_members(own, path);
            }
            Value::Object(members) if !members.is_empty() => {
                if self.owns_map(path) {
                    self.insert_below(path, ".", Value::Null);
                }
                self.visit_members(members.iter(), path);
            }
            Value::Array(items) if is_finalizers(path) => {
                for item in items {
                    self.insert_below(path, &format!("v:{item}"), item.clone());
                }
            }
            Value::Array(items) if is_owner_references(path) => self.visit_owners(items, path),
            other => {
                self.found.insert(path.clone(), other.clone());
            }
        }
    }

    fn visit_members<'v>(
        &mut self,
        members: impl Iterator<Item = (&'v String, &'v Value)>,
        path: &mut Path,
    ) {
        for (key, value) in members {
            path.push(format!("f:{key}"));
            self.visit(value, path);
            path.pop();
        }
    }

    fn visit_owners(&mut self, owners: &[Value], path: &mut Path) {
        self.insert_below(path, ".", Value::Null);
        for owner in owners {
            let key = json!({"uid": owner["uid"]});
            self.insert_below(path, &format!("k:{key}"), owner.clone());
        }
    }

    fn insert_below(&mut self, path: &Path, step: &str, value: Value) {
        let mut path = path.clone();
        path.push(step.to_owned());
        self.found.insert(path, value);
    }

    fn is_metadata(&self, path: &Path) -> bool {
        path.len() == 1 && path[0] == "f:metadata"
    }

    /// Who updates a map owns it beside its members; who applies one does not. Structures of
    /// native types are no maps; of custom types the server knows only that they are objects.
    fn owns_map(&self, path: &Path) -> bool {
        let is_structure = path.len() == 1 && ["f:spec", "f:status"].contains(&path[0].as_str());
        self.operation == Operation::Update && (self.of.is_custom() || !is_structure)
    }
}

fn is_finalizers(path: &Path) -> bool {
    path.last().is_some_and(|step| step == "f:finalizers")
}

fn is_owner_references(path: &Path) -> bool {
    path.last().is_some_and(|step| step == "f:ownerReferences")
}

fn collect_paths(tree: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    let empty = Map::new();
    for (step, below) in tree.as_object().unwrap_or(&empty) {
        path.push(step.clone());
        if below.as_object().is_none_or(Map::is_empty) {
            found.insert(path.clone());
        } else {
            collect_paths(below, path, found);
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::resource_type::{DATA_SCIENCE_CLUSTERS, SECRETS};

    fn change<'a>(manager: &'a str, time: &'a str) -> Change<'a> {
        Change { manager, api_version: "v1", time }
    }

    fn owners(object: &Value) -> Vec<(String, Value)> {
        let entries = object["metadata"]["managedFields"].as_array().expect("managed fields");
        let owner = |entry: &Value| entry["manager"].as_str().expect("a manager").to_owned();
        entries.iter().map(|entry| (owner(entry), entry["fieldsV1"].clone())).collect()
    }

    #[test]
    fn an_update_takes_what_it_changes() {
        let mut first = json!({"metadata": {"name": "x"}, "data": {"a": "1", "b": "1", "c": "1"}});
        record_update(None, &mut first, &SECRETS, &change("one", "2020-01-01T00:00:00Z"));
        let mut second = first.clone();
        second["data"] = json!({"a": "1", "b": "2"});
        second["metadata"]["labels"] = json!({"l": "v"});
        record_update(Some(&first), &mut second, &SECRETS, &change("two", "2020-01-02T00:00:00Z"));
        let expected = [
            (String::from("one"), json!({"f:data": {".": {}, "f:a": {}}})),
            (
                String::from("two"),
                json!({"f:data": {"f:b": {}}, "f:metadata": {"f:labels": {".": {}, "f:l": {}}}}),
            ),
        ];
        assert_eq!(owners(&second), expected);
    }

    #[test]
    fn an_update_without_change_keeps_all() {
        let mut first = json!({"metadata": {"name": "x"}, "data": {"a": "1"}});
        record_update(None, &mut first, &SECRETS, &change("one", "2020-01-01T00:00:00Z"));
        let mut second = first.clone();
        record_update(Some(&first), &mut second, &SECRETS, &change("two", "2020-01-02T00:00:00Z"));
        assert_eq!(first, second);
    }

    #[test]
    fn structures_of_custom_types_are_maps() {
        let mut object = json!({
            "metadata": {"finalizers": ["a/b"]},
            "spec": {"x": {"y": 1}, "list": [1]},
        });
        record_update(None, &mut object, &DATA_SCIENCE_CLUSTERS, &change("m", "t"));
        let expected = json!({
            "f:metadata": {"f:finalizers": {"v:\"a/b\"": {}}},
            "f:spec": {".": {}, "f:x": {".": {}, "f:y": {}}, "f:list": {}},
        });
        assert_eq!(owners(&object)[0].1, expected);
    }
}
