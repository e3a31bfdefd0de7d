//! What a store needs to know from the settings.

use std::path::PathBuf;

use age::x25519::Recipient;

use super::key::KeySource;
use super::postgres::Server;

/// Where a store is, whose it is, and where its key comes from.
#[derive(Clone, Debug)]
pub struct VaultConfig {
    /// A folder for the store alone: mode 0700, made if it is not there. Of a store on a server it has the mark and the lock of this user.
    pub directory: PathBuf,
    /// The server that the store is on; none if it is in the folder.
    pub server: Option<Server>,
    /// The user. A store opens for the owner that it was made for, and for no other.
    pub owner: String,
    /// Where the master key comes from.
    pub key: KeySource,
    /// The address of the session's message bus, by which the system keyring is reached; none if
    /// there is no session. Has the form of `DBUS_SESSION_BUS_ADDRESS`.
    pub session_bus: Option<String>,
    /// For whom a new store has a recovery key; none if it has none. One that exists stays as it is.
    pub recovery: Option<Recipient>,
    /// How many past versions of a record are kept; 0 for none.
    pub history: usize,
}

impl VaultConfig {
    /// Where the store is, as messages name it: the folder, or the address of the server.
    pub fn place(&self) -> PathBuf {
        match &self.server {
            Some(server) => server.to_string().into(),
            None => self.directory.clone(),
        }
    }
}
