//! The files of a store.

use std::path::{Path, PathBuf};

use super::error::VaultError;
use super::files;

/// The files in the folder of a store.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    directory: PathBuf,
}

impl Layout {
    /// `directory` is checked and holds no symbolic link.
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// A database alone, which has no mark beside it.
    pub(super) fn without_mark(directory: PathBuf) -> Self {
        Self { directory: directory.join("none") }
    }

    /// The folder.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The database.
    pub(super) fn store(&self) -> PathBuf {
        self.directory.join("store.db")
    }

    /// The database while it is made.
    pub(super) fn draft(&self) -> PathBuf {
        self.directory.join("store.db.new")
    }

    /// What the lock on making a store is on.
    pub(super) fn lock(&self) -> PathBuf {
        self.directory.join("store.lock")
    }

    /// The high-water mark.
    pub(super) fn mark(&self) -> PathBuf {
        self.directory.join("store.mark")
    }

    /// Whether there is a store. One that has vanished while files of it are left is an error: it
    /// must not look like a store that never was, and its log must not be replayed into a new one.
    pub(super) fn has_store(&self) -> Result<bool, VaultError> {
        let log = beside(&self.store(), "-wal");
        // These appear after the store does, so they are looked for before it is.
        let left = [self.mark(), log].into_iter().find(|path| path.symlink_metadata().is_ok());
        match (files::find_private(&self.store())?, left) {
            (false, Some(left)) => Err(VaultError::Gone { store: self.store(), left }),
            (there, _) => Ok(there),
        }
    }

    /// Removes what a killed process left of a store that it was making.
    pub(super) fn remove_draft(&self) -> Result<(), VaultError> {
        let suffixes = ["", "-wal", "-shm", "-journal"];
        suffixes.iter().try_for_each(|suffix| files::remove(&beside(&self.draft(), suffix)))
    }
}

/// A file of the database beside its own.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
