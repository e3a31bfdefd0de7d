//! What a store needs to know from the settings.

use std::path::PathBuf;

use super::key::KeySource;

/// Where a store is, whose it is, and where its key comes from.
#[derive(Clone, Debug)]
pub struct VaultConfig {
    /// A folder for the store alone: mode 0700, made if it is not there.
    pub directory: PathBuf,
    /// The user. A store opens for the owner that it was made for, and for no other.
    pub owner: String,
    /// Where the master key comes from.
    pub key: KeySource,
    /// The address of the session's message bus, by which the system keyring is reached; none if
    /// there is no session. Has the form of `DBUS_SESSION_BUS_ADDRESS`.
    pub session_bus: Option<String>,
    /// How many past versions of a record are kept; 0 for none.
    pub history: usize,
}
