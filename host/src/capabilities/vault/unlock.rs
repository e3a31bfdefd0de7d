//! From a store and the settings to the keys of the store.

use super::config::VaultConfig;
use super::database::{Database, Fault};
use super::error::VaultError;
use super::header::{Header, HeaderFault, NEWEST, Unwrapped};
use super::key::{self, KeySource};
use super::members::{self, Look, Membership};
use super::rows::Rows;

/// Reads the header, gets the master key and unwraps the data key.
pub(super) fn unlock(config: &VaultConfig, database: &Database) -> Result<Unlocked, VaultError> {
    look(config, database, Look::Store)
}

/// The same for a copy of a store.
pub(super) fn unlock_copy(
    config: &VaultConfig,
    database: &Database,
) -> Result<Unlocked, VaultError> {
    look(config, database, Look::Copy)
}

fn look(config: &VaultConfig, database: &Database, look: Look) -> Result<Unlocked, VaultError> {
    if let KeySource::Identity { .. } = config.key {
        return members::unlock(config, database, look);
    }
    let header = header(database)?;
    let unwrapped = match unwrap_remembered(config, &header) {
        Some(unwrapped) => unwrapped,
        None => unwrap_given(config, &header, database)?,
    };
    check_owner(config, &unwrapped, database)?;
    Ok(Unlocked { header, unwrapped, membership: None })
}

/// Refuses a store that was made for somebody else.
pub(super) fn check_owner(
    config: &VaultConfig,
    unwrapped: &Unwrapped,
    database: &Database,
) -> Result<(), VaultError> {
    if unwrapped.owner == config.owner {
        return Ok(());
    }
    Err(VaultError::OtherOwner {
        store: database.path().to_owned(),
        made: unwrapped.owner.clone(),
        configured: config.owner.clone(),
    })
}

/// A header and what it unwraps to.
#[derive(Clone)]
pub(super) struct Unlocked {
    pub(super) header: Header,
    pub(super) unwrapped: Unwrapped,
    /// Who the user is, where the store has members.
    pub(super) membership: Option<Membership>,
}

/// Reads the header, which needs no key.
pub(super) fn header(database: &Database) -> Result<Header, VaultError> {
    database.read(|rows| read_header(rows, database))
}

/// Reads the header within a transaction, and checks the form of the file.
pub(super) fn read_header(rows: &dyn Rows, database: &Database) -> Result<Header, Fault> {
    let header = Header::decode(&rows.header()?).map_err(|fault| match fault {
        HeaderFault::Damaged => Fault::Damaged("its header is not the one that was made"),
        HeaderFault::Unsupported(version) => Fault::Vault(VaultError::Unsupported {
            store: database.path().to_owned(),
            version,
            supported: NEWEST,
        }),
    })?;
    rows.check_form(&header.extras)?;
    Ok(header)
}

/// Writes the header.
pub(super) fn write_header(rows: &dyn Rows, header: &Header) -> Result<(), Fault> {
    match rows.write_header(&header.encode())? {
        1 => Ok(()),
        _ => Err(Fault::Damaged("its header cannot be changed")),
    }
}

fn unwrap_remembered(config: &VaultConfig, header: &Header) -> Option<Unwrapped> {
    let key = key::remembered(config, header)?;
    let unwrapped = header.unwrap(&key);
    if unwrapped.is_none() {
        key::forget(&header.store);
    }
    unwrapped
}

fn unwrap_given(
    config: &VaultConfig,
    header: &Header,
    database: &Database,
) -> Result<Unwrapped, VaultError> {
    let (masters, place) = key::for_existing_store(config, header, database.path())?;
    for master in masters {
        if let Some(unwrapped) = header.unwrap(&master) {
            key::remember(config, &header.store, &master);
            return Ok(unwrapped);
        }
    }
    Err(VaultError::WrongKey { place, store: database.path().to_owned() })
}
