//! Server-side apply: a manager says which fields it wants, and may not take those of others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::managed_fields::{self, Change, Entry, Operation, Path, leaves};
use super::resource_type::ResourceType;
use super::status::{Failure, apply_conflict};

/// What happens to a field that somebody else owns with another value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnConflict {
    Refuse,
    Take,
}

/// The object that comes of applying `wanted` to `live` (`None` if there is no object yet).
pub(super) fn apply(
    live: Option<&Value>,
    wanted: &Value,
    of: &ResourceType,
    change: &Change<'_>,
    on_conflict: OnConflict,
) -> Result<Value, Failure> {
    let empty = json!({"metadata": {}});
    let mut merged = live.unwrap_or(&empty).clone();
    let mut entries = managed_fields::read(&merged);
    let mine = entries.iter().position(|entry| entry.is_of(change.manager, Operation::Apply));
    let previous = mine.map(|index| entries.remove(index));
    let fields = leaves(wanted, of, Operation::Apply);
    settle_conflicts(&merged, &fields, &mut entries, on_conflict)?;
    if let Some(previous) = &previous {
        let orphaned = previous.fields.iter().filter(|path| !fields.contains_key(*path));
        for path in
            orphaned.filter(|path| !entries.iter().any(|entry| entry.fields.contains(*path)))
        {
            remove(&mut merged, path);
        }
    }
    merge(&mut merged, wanted);
    let mut entry = Entry::new(change, Operation::Apply);
    entry.fields = fields.into_keys().collect();
    if let Some(previous) = previous.filter(|previous| previous.fields == entry.fields) {
        entry.time = previous.time;
    }
    entries.push(entry);
    managed_fields::write(&mut merged, entries);
    Ok(merged)
}

fn settle_conflicts(
    live: &Value,
    wanted: &BTreeMap<Path, Value>,
    others: &mut [Entry],
    on_conflict: OnConflict,
) -> Result<(), Failure> {
    let differs = |path: &Path| lookup(live, path) != wanted.get(path);
    let contested = |entry: &Entry| -> Vec<Path> {
        let both = entry.fields.iter().filter(|path| wanted.contains_key(*path));
        both.filter(|path| differs(path)).cloned().collect()
    };
    if on_conflict == OnConflict::Take {
        for entry in others {
            let lost: BTreeSet<Path> = contested(entry).into_iter().collect();
            entry.fields.retain(|path| !lost.contains(path));
        }
        return Ok(());
    }
    let conflicts: Vec<(String, Vec<Path>)> = others
        .iter()
        .map(|entry| (describe(entry), contested(entry)))
        .filter(|(_, paths)| !paths.is_empty())
        .collect();
    if conflicts.is_empty() { Ok(()) } else { Err(refusal(&conflicts)) }
}

fn refusal(conflicts: &[(String, Vec<Path>)]) -> Failure {
    let pairs =
        conflicts.iter().flat_map(|(owner, paths)| paths.iter().map(move |path| (owner, path)));
    let causes: Vec<(String, String)> =
        pairs.map(|(owner, path)| (format!("conflict with {owner}"), dotted(path))).collect();
    let message = match causes.as_slice() {
        [(conflict, field)] => format!("Apply failed with 1 conflict: {conflict}: {field}"),
        _ => {
            let block = |(owner, paths): &(String, Vec<Path>)| {
                let lines: Vec<String> =
                    paths.iter().map(|path| format!("- {}", dotted(path))).collect();
                format!("conflicts with {owner}:\n{}", lines.join("\n"))
            };
            let blocks: Vec<String> = conflicts.iter().map(block).collect();
            format!("Apply failed with {} conflicts: {}", causes.len(), blocks.join("\n"))
        }
    };
    apply_conflict(message, &causes)
}

fn describe(entry: &Entry) -> String {
    let mut text = format!("{:?}", entry.manager);
    if let Some(subresource) = &entry.subresource {
        text += &format!(" with subresource {subresource:?}");
    }
    if entry.operation == Operation::Update {
        text += &format!(" using {} at {}", entry.api_version, entry.time);
    }
    text
}

/// `.data.k`
fn dotted(path: &Path) -> String {
    let step = |step: &String| match step.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("v", value)) => format!("[={value}]"),
        Some((_, keys)) => format!("[{keys}]"),
        None => String::new(),
    };
    path.iter().map(step).collect()
}

/// Only members of objects can be looked up; items of sets are equal wherever they are.
fn lookup<'v>(object: &'v Value, path: &Path) -> Option<&'v Value> {
    path.iter().try_fold(object, |place, step| place.get(step.strip_prefix("f:")?))
}

fn remove(object: &mut Value, path: &Path) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let parent = parents
        .iter()
        .try_fold(object, |place, step| place.get_mut(step.strip_prefix("f:").unwrap_or(step)));
    let members = parent.and_then(Value::as_object_mut);
    if let (Some(members), Some(name)) = (members, last.strip_prefix("f:")) {
        members.remove(name);
    }
}

fn merge(target: &mut Value, wanted: &Value) {
    let Value::Object(members) = wanted else {
        *target = wanted.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (key, value) in members {
        merge(&mut target[key.as_str()], value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::resource_type::SECRETS;
    use crate::serve::Response;

    const TIME: &str = "2020-01-01T00:00:00Z";

    fn by(manager: &str) -> Change<'_> {
        Change { manager, api_version: "v1", time: TIME }
    }

    fn data(data: Value) -> Value {
        json!({"metadata": {"name": "x"}, "data": data})
    }

    fn applied(live: Option<&Value>, wanted: Value, manager: &str) -> Value {
        apply(live, &data(wanted), &SECRETS, &by(manager), OnConflict::Refuse).expect("no conflict")
    }

    #[test]
    fn what_a_manager_no_longer_wants_goes_away() {
        let first = applied(None, json!({"a": "1", "b": "1"}), "one");
        let second = applied(Some(&first), json!({"b": "1", "c": "1"}), "two");
        let third = applied(Some(&second), json!({}), "one");
        assert_eq!(third["data"], json!({"b": "1", "c": "1"}));
    }

    #[test]
    fn conflicts_are_refused_or_taken() {
        let mut live = data(json!({"a": "1", "b": "1"}));
        managed_fields::record_update(None, &mut live, &SECRETS, &by("curl"));
        let wanted = data(json!({"a": "2", "b": "2"}));
        let refused = apply(Some(&live), &wanted, &SECRETS, &by("me"), OnConflict::Refuse);
        let body = Response::from(refused.expect_err("a conflict")).body;
        let status: Value = serde_json::from_slice(&body).expect("a Status");
        let owner = format!("\"curl\" using v1 at {TIME}");
        let message =
            format!("Apply failed with 2 conflicts: conflicts with {owner}:\n- .data.a\n- .data.b");
        assert_eq!(status["message"], json!(message));
        assert_eq!(status["details"]["causes"][1]["field"], ".data.b");
        let taken = apply(Some(&live), &wanted, &SECRETS, &by("me"), OnConflict::Take);
        assert_eq!(taken.expect("forced")["data"], json!({"a": "2", "b": "2"}));
    }

    #[test]
    fn the_same_value_is_shared() {
        let first = applied(None, json!({"a": "1"}), "one");
        let second = applied(Some(&first), json!({"a": "1"}), "two");
        let third = applied(Some(&second), json!({}), "one");
        assert_eq!(third["data"], json!({"a": "1"}));
    }
}
