//! A store that is opened when it is needed, and made when something is put into it.

use crate::model::Secret;

use super::config::VaultConfig;
use super::error::VaultError;
use super::history::{At, Past, Replacement, Version};
use super::record::{Entry, Key, NamedSecret, Page, Selection, Space};
use super::scan;
use super::store::Store;

/// The vault of a user. Nothing is opened before the first operation. Reading from a store that
/// does not exist finds nothing and makes nothing.
pub struct Vault {
    config: VaultConfig,
    store: Option<Store>,
}

impl Vault {
    /// A vault that is not open yet.
    pub fn new(config: VaultConfig) -> Self {
        Self { config, store: None }
    }

    /// See [`Store::insert`]. Makes the store if there is none.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open`] and [`Store::insert`].
    pub fn insert(
        &mut self,
        space: &Space,
        key: &Key,
        public: &[u8],
        secrets: &[NamedSecret],
    ) -> Result<u64, VaultError> {
        if self.store.is_none() {
            self.store = Some(Store::open(&self.config)?);
        }
        self.with(|store| store.insert(space, key, public, secrets))
    }

    /// See [`Store::get`], and [`Store::get_at`] for a version.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] and [`Store::get`].
    pub fn get(&mut self, space: &Space, key: &Key, at: Option<At>) -> Result<Entry, VaultError> {
        self.with(|store| match at {
            None => store.get(space, key),
            Some(at) => store.get_at(space, key, at),
        })
    }

    /// See [`Store::open_secrets`], and [`Store::open_secrets_at`] for a version.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] and [`Store::open_secrets`].
    pub fn open_secrets(
        &mut self,
        space: &Space,
        key: &Key,
        at: Option<At>,
    ) -> Result<Vec<NamedSecret>, VaultError> {
        self.with(|store| match at {
            None => store.open_secrets(space, key),
            Some(at) => store.open_secrets_at(space, key, at),
        })
    }

    /// See [`Store::replace_with`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] and [`Store::replace`].
    pub fn replace(
        &mut self,
        space: &Space,
        key: &Key,
        expected: u64,
        replacement: Replacement<'_>,
    ) -> Result<u64, VaultError> {
        self.with(|store| store.replace_with(space, key, expected, replacement))
    }

    /// See [`Store::remove_with`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] and [`Store::remove`].
    pub fn remove(
        &mut self,
        space: &Space,
        key: &Key,
        expected: u64,
        past: Past,
    ) -> Result<(), VaultError> {
        self.with(|store| store.remove_with(space, key, expected, past))
    }

    /// See [`Store::versions`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] and [`Store::versions`].
    pub fn versions(&mut self, space: &Space, key: &Key) -> Result<Vec<Version>, VaultError> {
        self.with(|store| store.versions(space, key))
    }

    /// See [`Store::forget`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] and [`Store::forget`].
    pub fn forget(&mut self, space: &Space, key: &Key) -> Result<u64, VaultError> {
        self.with(|store| store.forget(space, key))
    }

    /// See [`Store::same_secret`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] and [`Store::same_secret`].
    pub fn same_secret(
        &mut self,
        space: &Space,
        key: &Key,
        name: &str,
        value: &Secret,
    ) -> Result<bool, VaultError> {
        self.with(|store| store.same_secret(space, key, name, value))
    }

    /// See [`Store::begin_group`]. Makes the store if there is none.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open`] and [`Store::begin_group`].
    pub fn begin_group(&mut self) -> Result<(), VaultError> {
        if self.store.is_none() {
            self.store = Some(Store::open(&self.config)?);
        }
        self.with(Store::begin_group)
    }

    /// See [`Store::commit_group`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::commit_group`].
    pub fn commit_group(&mut self) -> Result<(), VaultError> {
        self.store.as_mut().map_or(Ok(()), Store::commit_group)
    }

    /// See [`Store::scan`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] and [`Store::scan`].
    pub fn scan(
        &mut self,
        space: &Space,
        selection: &Selection,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, VaultError> {
        scan::check(selection, cursor, limit)?;
        if self.existing()?.is_none() {
            return Ok(Page::default());
        }
        self.with(|store| store.scan(space, selection, cursor, limit))
    }

    /// Works on the store; once more, with the new key, if its key was replaced since it was opened.
    fn with<T>(
        &mut self,
        mut work: impl FnMut(&mut Store) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        match work(self.existing()?.ok_or(VaultError::Missing)?) {
            Err(VaultError::Rekeyed { .. }) => {
                self.store = None;
                work(self.existing()?.ok_or(VaultError::Missing)?)
            }
            done => done,
        }
    }

    fn existing(&mut self) -> Result<Option<&mut Store>, VaultError> {
        if self.store.is_none() {
            self.store = Store::open_existing(&self.config)?;
        }
        Ok(self.store.as_mut())
    }
}
