//! What is different between two lists of one backend.

use std::collections::BTreeMap;

use crate::model::Connection;

/// What happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListChange {
    /// It is there now, or was there when the watching began.
    Added,
    /// Something about it is different.
    Changed,
    /// It is gone.
    Removed,
}

impl ListChange {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// The last list. Between two lists anything can happen: what was made and deleted meanwhile is not seen, and of two changes one.
#[derive(Debug, Default)]
pub struct Watched(BTreeMap<Key, Connection>);

/// Scope and name.
type Key = (Option<String>, String);

impl Watched {
    /// Takes the next list, and returns what is different, by scope and name.
    pub fn update(&mut self, now: Vec<Connection>) -> Vec<(ListChange, Connection)> {
        let mut before = std::mem::take(&mut self.0);
        let mut changes = BTreeMap::new();
        for connection in now {
            let key = (connection.scope.clone(), connection.name.clone());
            match before.remove(&key) {
                Some(old) if old == connection => {}
                Some(_) => {
                    drop(changes.insert(key.clone(), (ListChange::Changed, connection.clone())))
                }
                // A list that names a connection twice has it once.
                None if self.0.contains_key(&key) => continue,
                None => drop(changes.insert(key.clone(), (ListChange::Added, connection.clone()))),
            }
            self.0.insert(key, connection);
        }
        let gone = before.into_iter().map(|(key, old)| (key, (ListChange::Removed, old)));
        changes.extend(gone);
        changes.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(scope: &str, name: &str, revision: &str) -> Connection {
        Connection {
            name: name.to_owned(),
            scope: Some(scope.to_owned()),
            revision: Some(revision.to_owned()),
            ..Connection::default()
        }
    }

    #[test]
    fn changes_are_found_once_and_in_order() {
        let mut watched = Watched::default();
        let mut check = |now: &[(&str, &str, &str)], expected: &[&str]| {
            let now = now.iter().map(|(scope, name, revision)| connection(scope, name, revision));
            let found = watched.update(now.collect());
            let found: Vec<_> = found
                .iter()
                .map(|(change, it)| format!("{} {}", change.as_str(), it.name))
                .collect();
            assert_eq!(found, expected);
        };
        check(&[("p", "b", "1"), ("p", "a", "1")], &["added a", "added b"]);
        check(&[("p", "a", "1"), ("p", "b", "1")], &[]);
        check(&[("p", "b", "2"), ("p", "c", "1")], &["removed a", "changed b", "added c"]);
        check(&[("p", "b", "2"), ("q", "b", "1"), ("p", "c", "1")], &["added b"]);
        check(&[("p", "c", "1"), ("p", "c", "1")], &["removed b", "removed b"]);
        check(&[("p", "d", "1"), ("p", "d", "2")], &["removed c", "added d"]);
        check(&[], &["removed d"]);
        check(&[], &[]);
    }
}
