use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Value, json};

use super::resource_type::{NAMESPACES, ResourceType};

/// The objects of a cluster with their past, as etcd keeps them: a list that takes several
/// requests shows one state throughout.
#[derive(Debug, Default)]
pub(super) struct Store {
    revision: u64,
    compacted: u64,
    objects: BTreeMap<Key, Vec<Version>>,
}

/// Where an object is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The plural name and group of the type.
    kind: (&'static str, &'static str),
    /// Empty for an object of the cluster.
    pub(super) namespace: String,
    pub(super) name: String,
}

/// One state of an object, without `kind` and `apiVersion`. It is kept serialized: that takes a
/// fifth of the memory, and lists only have to copy it.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) json: String,
    pub(super) labels: BTreeMap<String, String>,
    /// A secret's type.
    pub(super) secret_type: Option<String>,
}

#[derive(Debug)]
struct Version {
    revision: u64,
    /// `None` once the object is deleted.
    stored: Option<Arc<Stored>>,
}

impl Key {
    pub(super) fn new(of: &ResourceType, namespace: &str, name: &str) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Key { kind: (of.plural, of.group), namespace, name }
    }
}

impl Stored {
    /// The object, without `kind` and `apiVersion`.
    pub(super) fn object(&self) -> Value {
        serde_json::from_str(&self.json).expect("only serialized objects are stored")
    }

    fn new(object: &Value) -> Self {
        let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Stored {
            json: object.to_string(),
            labels: labels.map(|(key, value)| (key.clone(), text(value))).collect(),
            secret_type: object["type"].as_str().map(str::to_owned),
        }
    }
}

impl Store {
    /// The number of the last change. All resource versions come from this one counter.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// The oldest revision that can still be listed.
    pub(super) fn compacted(&self) -> u64 {
        self.compacted
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Stored>> {
        self.objects.get(key)?.last()?.stored.as_ref()
    }

    /// Stores a new state and returns it with its resource version.
    pub(super) fn put(&mut self, key: Key, mut object: Value) -> Value {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let stored = Some(Arc::new(Stored::new(&object)));
        let version = Version { revision: self.revision, stored };
        self.objects.entry(key).or_default().push(version);
        object
    }

    /// Deletes an object. Deleting one that is not there does nothing.
    pub(super) fn remove(&mut self, key: &Key) {
        if self.get(key).is_some() {
            self.revision += 1;
            let version = Version { revision: self.revision, stored: None };
            self.objects.entry(key.clone()).or_default().push(version);
        }
    }

    /// Deletes a namespace with everything in it.
    pub(super) fn remove_namespace(&mut self, namespace: &str) {
        let own = Key::new(&NAMESPACES, "", namespace);
        let inside = |key: &&Key| !namespace.is_empty() && key.namespace == namespace;
        let keys: Vec<Key> = self.objects.keys().filter(inside).cloned().collect();
        for key in keys.iter().chain([&own]) {
            self.remove(key);
        }
    }

    /// The objects of a type as they were at a revision, in the order of namespace and name, from
    /// `start` (a namespace and a name) on.
    pub(super) fn list<'a>(
        &'a self,
        of: &ResourceType,
        namespace: Option<&'a str>,
        start: (&str, &str),
        revision: u64,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Stored>)> {
        let kind = (of.plural, of.group);
        let first = match namespace {
            Some(namespace) => Key::new(of, namespace, start.1),
            None => Key::new(of, start.0, start.1),
        };
        let range = self.objects.range((Bound::Included(first), Bound::Unbounded));
        let wanted = move |key: &Key| {
            key.kind == kind && namespace.is_none_or(|namespace| key.namespace == namespace)
        };
        range
            .take_while(move |(key, _)| wanted(key))
            .filter_map(move |(key, versions)| Some((key, state_at(versions, revision)?)))
    }

    /// Forgets the past: lists that began before can no longer go on.
    pub(super) fn compact(&mut self) {
        self.revision += 1;
        self.compacted = self.revision;
        for versions in self.objects.values_mut() {
            versions.drain(..versions.len() - 1);
        }
        self.objects.retain(|_, versions| versions.iter().any(|last| last.stored.is_some()));
    }
}

fn state_at(versions: &[Version], revision: u64) -> Option<&Arc<Stored>> {
    let seen = versions.iter().rev().find(|version| version.revision <= revision)?;
    seen.stored.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::resource_type::{CONFIG_MAPS, SECRETS};

    fn put(store: &mut Store, namespace: &str, name: &str, value: &str) {
        let object = json!({"metadata": {"name": name, "labels": {"v": value}}});
        store.put(Key::new(&SECRETS, namespace, name), object);
    }

    fn names(store: &Store, namespace: Option<&str>, start: (&str, &str), revision: u64) -> String {
        let found = store.list(&SECRETS, namespace, start, revision);
        let names = found.map(|(key, stored)| format!("{}={}", key.name, stored.labels["v"]));
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_show_the_state_of_their_revision() {
        let mut store = Store::default();
        put(&mut store, "n", "a", "1");
        put(&mut store, "n", "b", "1");
        put(&mut store, "m", "c", "1");
        let before = store.revision();
        put(&mut store, "n", "a", "2");
        store.remove(&Key::new(&SECRETS, "n", "b"));
        store.put(Key::new(&CONFIG_MAPS, "n", "z"), json!({"metadata": {}}));
        assert_eq!(names(&store, Some("n"), ("", ""), before), "a=1 b=1");
        assert_eq!(names(&store, Some("n"), ("", ""), store.revision()), "a=2");
        assert_eq!(names(&store, None, ("", ""), before), "c=1 a=1 b=1");
        assert_eq!(names(&store, None, ("n", "a\0"), before), "b=1");
        assert_eq!(names(&store, Some("n"), ("", "a\0"), before), "b=1");
    }

    #[test]
    fn compaction_keeps_the_present() {
        let mut store = Store::default();
        put(&mut store, "n", "a", "1");
        put(&mut store, "n", "b", "1");
        store.remove(&Key::new(&SECRETS, "n", "b"));
        let before = store.revision();
        store.compact();
        assert!(store.compacted() > before);
        assert_eq!(names(&store, Some("n"), ("", ""), store.revision()), "a=1");
        assert_eq!(store.objects.len(), 1);
    }

    #[test]
    fn every_change_has_a_number_of_its_own() {
        let mut store = Store::default();
        let key = Key::new(&SECRETS, "n", "a");
        let first = store.put(key.clone(), json!({"metadata": {}}));
        let second = store.put(key.clone(), first.clone());
        assert_ne!(first["metadata"]["resourceVersion"], second["metadata"]["resourceVersion"]);
        let before = store.revision();
        store.remove(&key);
        store.remove(&key);
        assert_eq!(store.revision(), before + 1);
    }
}
