//! Stores that are thrown away.

use crate::capabilities::vault::{KeySource, VaultConfig, VaultState};
use crate::model::{Error, Kind};

/// A folder that is gone when what is returned is dropped.
pub(in crate::operations::plugin) fn scratch_folder() -> Result<tempfile::TempDir, Error> {
    tempfile::Builder::new().prefix("connhub-kit-").tempdir().map_err(|error| {
        Error::new(Kind::Other, "no folder can be made for a store to try out").because(error)
    })
}

/// A store in such a folder.
pub(in crate::operations::plugin) fn scratch_store(folder: &tempfile::TempDir) -> VaultState {
    VaultState::new(VaultConfig {
        directory: folder.path().join("vault"),
        server: None,
        owner: format!("uid:{}", rustix::process::geteuid().as_raw()),
        key: KeySource::File(folder.path().join("vault.key")),
        session_bus: None,
        recovery: None,
        history: 0,
    })
}
