//! The sealed store of records that is private to a connector and a user.

use crate::Secret;
use crate::host::Vault;

pub use crate::bindings::connhub::connector::vault::{
    Entry, Error as VaultError, Key, Page as VaultPage, Selection,
};

/// A secret of a record, under its name.
pub type NamedSecret<'a> = (&'a str, &'a Secret);

/// What happens to the secrets of a record that a change does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherSecrets {
    /// They stay.
    Keep,
    /// They are removed.
    Drop,
}

/// A change of the secrets of a record.
#[derive(Debug)]
pub struct SecretChanges<'a> {
    /// Those to set.
    pub set: Vec<NamedSecret<'a>>,
    /// The names of those to remove.
    pub remove: Vec<String>,
    /// What happens to the others.
    pub others: OtherSecrets,
}

impl Key {
    /// The place of a record.
    pub fn new(scope: impl Into<String>, name: impl Into<String>) -> Self {
        Self { scope: scope.into(), name: name.into() }
    }
}

impl Vault<'_> {
    /// Adds a record if the key is free, and returns its revision.
    ///
    /// # Errors
    ///
    /// [`VaultError::Exists`] if it is not.
    pub fn insert(
        &self,
        key: &Key,
        public: &[u8],
        secrets: &[NamedSecret<'_>],
    ) -> Result<u64, VaultError> {
        self.store().insert(key, public, secrets)
    }

    /// Reads the visible part of a record.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`] if there is none.
    pub fn get(&self, key: &Key) -> Result<Entry, VaultError> {
        self.store().get(key)
    }

    /// Reads the secrets of a record as handles, by name.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`] if there is no such record.
    pub fn open(&self, key: &Key) -> Result<Vec<(String, Secret)>, VaultError> {
        self.store().open(key)
    }

    /// Replaces the visible part of a record and changes its secrets, if its revision is still `expected`. Returns the new revision.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], or [`VaultError::Stale`] with the revision that it has.
    pub fn replace(
        &self,
        key: &Key,
        expected: u64,
        public: &[u8],
        secrets: &SecretChanges<'_>,
    ) -> Result<u64, VaultError> {
        self.store().replace(key, expected, public, secrets)
    }

    /// Removes a record, if its revision is still `expected`.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], or [`VaultError::Stale`] with the revision that it has.
    pub fn remove(&self, key: &Key, expected: u64) -> Result<(), VaultError> {
        self.store().remove(key, expected)
    }

    /// Whether a stored secret equals a handle. A secret that is not stored is different.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`] if there is no such record.
    pub fn same_secret(&self, key: &Key, name: &str, value: &Secret) -> Result<bool, VaultError> {
        self.store().same_secret(key, name, value)
    }

    /// Reads up to `limit` records, in the store's own order.
    ///
    /// # Errors
    ///
    /// Those of the store itself.
    pub fn scan(
        &self,
        selection: &Selection,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<VaultPage, VaultError> {
        self.store().scan(selection, cursor, limit)
    }
}

/// The store of the host, by the imports of the contract.
#[cfg(target_arch = "wasm32")]
pub(crate) mod contract {
    use super::{Entry, Key, NamedSecret, OtherSecrets, SecretChanges, Selection};
    use super::{VaultError, VaultPage};
    use crate::Secret;
    use crate::bindings::connhub::connector::vault as import;

    #[derive(Debug)]
    pub(crate) struct Store;

    impl Store {
        pub(crate) fn insert(
            &self,
            key: &Key,
            public: &[u8],
            secrets: &[NamedSecret<'_>],
        ) -> Result<u64, VaultError> {
            import::insert(key, public, &entries(secrets))
        }

        pub(crate) fn get(&self, key: &Key) -> Result<Entry, VaultError> {
            import::get(key)
        }

        pub(crate) fn open(&self, key: &Key) -> Result<Vec<(String, Secret)>, VaultError> {
            let opened = import::open(key)?;
            Ok(opened.into_iter().map(|opened| (opened.name, Secret(opened.value))).collect())
        }

        pub(crate) fn replace(
            &self,
            key: &Key,
            expected: u64,
            public: &[u8],
            secrets: &SecretChanges<'_>,
        ) -> Result<u64, VaultError> {
            let changes = import::SecretChanges {
                set: entries(&secrets.set),
                remove: secrets.remove.clone(),
                keep_others: secrets.others == OtherSecrets::Keep,
            };
            import::replace(key, expected, public, &changes)
        }

        pub(crate) fn remove(&self, key: &Key, expected: u64) -> Result<(), VaultError> {
            import::remove(key, expected)
        }

        pub(crate) fn same_secret(
            &self,
            key: &Key,
            name: &str,
            value: &Secret,
        ) -> Result<bool, VaultError> {
            import::same_secret(key, name, &value.0)
        }

        pub(crate) fn scan(
            &self,
            selection: &Selection,
            cursor: Option<&str>,
            limit: u32,
        ) -> Result<VaultPage, VaultError> {
            import::scan(selection, cursor, limit)
        }
    }

    fn entries<'a>(secrets: &[NamedSecret<'a>]) -> Vec<import::SecretEntry<'a>> {
        let entry = |(name, value): &NamedSecret<'a>| import::SecretEntry {
            name: (*name).to_owned(),
            value: &value.0,
        };
        secrets.iter().map(entry).collect()
    }
}
