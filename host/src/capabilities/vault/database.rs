//! Where the rows of a store are, and what ends a transaction early.

use std::path::Path;
use std::time::Duration;

use super::error::VaultError;
use super::postgres::{self, Trouble};
use super::rows::Rows;
use super::sqlite;

/// How long to wait for other processes.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Why the work of a transaction ended early. The place is added by [`Database`].
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Server(Trouble),
    Vault(VaultError),
    Damaged(&'static str),
}

/// A record whose columns are not what is written into them.
pub(super) const NOT_WRITTEN: Fault =
    Fault::Damaged("a record does not have the form that is written");

/// The same of a past version.
pub(super) const NOT_WRITTEN_PAST: Fault =
    Fault::Damaged("a past version does not have the form that is written");

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Server(trouble)
    }
}

impl From<VaultError> for Fault {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// The database of a store. What is done with it does not depend on which one it is.
pub(super) enum Database {
    /// A file of this user.
    File(Box<sqlite::Database>),
    /// A server, for a team.
    Server(Box<postgres::Database>),
}

impl Database {
    /// Opens a file that exists. `path` holds no symbolic link.
    pub(super) fn open(path: &Path) -> Result<Self, VaultError> {
        Ok(Self::File(Box::new(sqlite::Database::open(path)?)))
    }

    /// Opens a file beside which nothing can be written, to be read alone.
    pub(super) fn open_frozen(path: &Path) -> Result<Self, VaultError> {
        Ok(Self::File(Box::new(sqlite::Database::open_frozen(path)?)))
    }

    /// The file, or the address of the server.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Server(server) => server.path(),
        }
    }

    /// Runs `work` on one consistent view of the store. Takes no lock that a writer waits for.
    pub(super) fn read<T>(
        &self,
        work: impl FnMut(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        match self {
            Self::File(file) => file.read(work),
            Self::Server(server) => server.read(work),
        }
    }

    /// Runs `work` and makes all of it durable, or nothing of it. It may be run more than once; only the last time counts.
    pub(super) fn write<T>(
        &self,
        work: impl FnMut(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        match self {
            Self::File(file) => file.write(work),
            Self::Server(server) => server.write(work),
        }
    }

    /// Starts a transaction that stays open over many operations. Other processes cannot write until it ends.
    pub(super) fn begin_group(&self) -> Result<(), VaultError> {
        match self {
            Self::File(file) => file.begin_group(),
            Self::Server(server) => server.begin_group(),
        }
    }

    /// Runs `work` within the open transaction: what it changes stays if it succeeds, and is undone alone if it does not.
    pub(super) fn within_group<T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        match self {
            Self::File(file) => file.within_group(work),
            Self::Server(server) => server.within_group(work),
        }
    }

    /// Runs `work`, which changes nothing, within the open transaction.
    pub(super) fn read_group<T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        match self {
            Self::File(file) => file.read_group(work),
            Self::Server(server) => server.read_group(work),
        }
    }

    /// Runs `work`, and makes everything of the open transaction durable, or nothing of it.
    pub(super) fn commit_group(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<(), Fault>,
    ) -> Result<(), VaultError> {
        match self {
            Self::File(file) => file.commit_group(work),
            Self::Server(server) => server.commit_group(work),
        }
    }

    /// Undoes everything of the open transaction.
    pub(super) fn abandon_group(&self) {
        match self {
            Self::File(file) => file.abandon_group(),
            Self::Server(server) => server.abandon_group(),
        }
    }

    /// How many bytes the store takes.
    pub(super) fn bytes(&self) -> Result<u64, VaultError> {
        match self {
            Self::File(file) => {
                let path = file.path();
                let looked = fs_err::metadata(path);
                Ok(looked.map_err(|source| VaultError::io("look at", path, source))?.len())
            }
            Self::Server(server) => server.bytes(),
        }
    }

    /// Writes all of the store, as it is at one moment, into an empty file that no other process knows of. What is there is durable.
    pub(super) fn copy_to(&self, to: &Path) -> Result<(), VaultError> {
        match self {
            Self::File(file) => file.copy_to(to),
            Self::Server(server) => super::copy::copy_to(server, to),
        }
    }

    /// The step that the tables of a server are at; none for a file.
    pub(super) fn step(&self) -> Result<Option<i32>, VaultError> {
        self.server().map(postgres::Database::step).transpose()
    }

    /// The server, if it is one.
    pub(super) fn server(&self) -> Option<&postgres::Database> {
        match self {
            Self::File(_) => None,
            Self::Server(server) => Some(server),
        }
    }

    #[cfg(test)]
    pub(super) fn file(&self) -> Option<&sqlite::Database> {
        match self {
            Self::File(file) => Some(file),
            Self::Server(_) => None,
        }
    }
}
