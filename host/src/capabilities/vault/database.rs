//! Where the rows of a store are, and what ends a transaction early.

use std::time::Duration;

use super::error::VaultError;
pub(super) use super::sqlite::Database;

/// How long to wait for other processes.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Why the work of a transaction ended early. The place is added by [`Database`].
pub(super) enum Fault {
    Sql(rusqlite::Error),
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

impl From<VaultError> for Fault {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}
