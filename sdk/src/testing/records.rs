//! The vault of the stand-in: records in memory, with the guarantees of the contract.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::value::{StoredValue, value_of};
use crate::{
    Entry, Key, NamedSecret, OtherSecrets, Secret, SecretChanges, Selection, VaultError, VaultPage,
};

#[derive(Debug, Default)]
pub(crate) struct Store {
    records: RefCell<BTreeMap<(String, String), Record>>,
    /// What the next call fails with.
    pub(crate) failure: RefCell<Option<VaultError>>,
}

#[derive(Clone, Default)]
struct Record {
    public: Vec<u8>,
    secrets: BTreeMap<String, StoredValue>,
    revision: u64,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "record at revision {}", self.revision)
    }
}

impl Store {
    pub(crate) fn insert(
        &self,
        key: &Key,
        public: &[u8],
        secrets: &[NamedSecret<'_>],
    ) -> Result<u64, VaultError> {
        self.fail_if_asked()?;
        let mut records = self.records.borrow_mut();
        if records.contains_key(&place(key)) {
            return Err(VaultError::Exists);
        }
        let secrets = secrets.iter().map(|(name, value)| ((*name).to_owned(), value.0.clone()));
        let record = Record { public: public.to_vec(), secrets: secrets.collect(), revision: 1 };
        records.insert(place(key), record);
        Ok(1)
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Entry, VaultError> {
        self.fail_if_asked()?;
        Ok(entry(key.clone(), &self.record(key)?))
    }

    pub(crate) fn open(&self, key: &Key) -> Result<Vec<(String, Secret)>, VaultError> {
        self.fail_if_asked()?;
        let secrets = self.record(key)?.secrets;
        Ok(secrets.into_iter().map(|(name, value)| (name, Secret(value))).collect())
    }

    pub(crate) fn replace(
        &self,
        key: &Key,
        expected: u64,
        public: &[u8],
        changes: &SecretChanges<'_>,
    ) -> Result<u64, VaultError> {
        self.fail_if_asked()?;
        let mut record = self.at_revision(key, expected)?;
        if changes.others == OtherSecrets::Drop {
            record.secrets.clear();
        }
        record.secrets.retain(|name, _| !changes.remove.contains(name));
        for (name, value) in &changes.set {
            record.secrets.insert((*name).to_owned(), value.0.clone());
        }
        record.public = public.to_vec();
        record.revision += 1;
        let revision = record.revision;
        self.records.borrow_mut().insert(place(key), record);
        Ok(revision)
    }

    pub(crate) fn remove(&self, key: &Key, expected: u64) -> Result<(), VaultError> {
        self.fail_if_asked()?;
        self.at_revision(key, expected)?;
        self.records.borrow_mut().remove(&place(key));
        Ok(())
    }

    pub(crate) fn same_secret(
        &self,
        key: &Key,
        name: &str,
        value: &Secret,
    ) -> Result<bool, VaultError> {
        self.fail_if_asked()?;
        let stored = self.record(key)?.secrets.remove(name).map(Secret);
        Ok(stored.is_some_and(|stored| value_of(&stored) == value_of(value)))
    }

    /// The order of the store means nothing; this one is that of the keys.
    pub(crate) fn scan(
        &self,
        selection: &Selection,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<VaultPage, VaultError> {
        self.fail_if_asked()?;
        let start: usize = cursor
            .map_or(Ok(0), str::parse)
            .map_err(|_| VaultError::Other("this is no cursor of the store".into()))?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let records = self.records.borrow();
        let mut selected = records
            .iter()
            .filter(|((scope, _), _)| match selection {
                Selection::All => true,
                Selection::Scope(wanted) => scope == wanted,
            })
            .skip(start);
        let entries: Vec<_> = selected
            .by_ref()
            .take(limit)
            .map(|((scope, name), record)| entry(Key::new(scope, name), record))
            .collect();
        let cursor = selected.next().map(|_| (start + entries.len()).to_string());
        Ok(VaultPage { entries, cursor })
    }

    fn fail_if_asked(&self) -> Result<(), VaultError> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }

    fn record(&self, key: &Key) -> Result<Record, VaultError> {
        self.records.borrow().get(&place(key)).cloned().ok_or(VaultError::Missing)
    }

    fn at_revision(&self, key: &Key, expected: u64) -> Result<Record, VaultError> {
        let record = self.record(key)?;
        if record.revision == expected {
            Ok(record)
        } else {
            Err(VaultError::Stale(record.revision))
        }
    }
}

fn place(key: &Key) -> (String, String) {
    (key.scope.clone(), key.name.clone())
}

fn entry(key: Key, record: &Record) -> Entry {
    Entry {
        key,
        public: record.public.clone(),
        secret_names: record.secrets.keys().cloned().collect(),
        revision: record.revision,
    }
}
