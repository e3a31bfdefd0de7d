//! What can be said of a store, mostly without its key.

use std::path::PathBuf;
use std::time::Duration;

use super::config::VaultConfig;
use super::database::Database;
use super::error::VaultError;
use super::files;
use super::header::Header;
use super::key::{self, KeyKind, KeySource, Passphrase};
use super::layout::Layout;
use super::site;
use super::store::Store;
use super::unlock;

/// A store that exists.
#[derive(Debug)]
pub struct Status {
    /// The database file, or the address of the server.
    pub file: PathBuf,
    /// What tells the store from all others, in hexadecimal.
    pub id: String,
    /// The version of its tables, if it is on a server.
    pub tables: Option<i32>,
    /// How many bytes it takes.
    pub bytes: u64,
    /// How many records there are, by the number of rows: nothing is opened for it.
    pub records: u64,
    /// How many past versions of records there are, by the number of rows.
    pub versions: u64,
    /// The kind of place that the master key is in.
    pub kind: KeyKind,
    /// What is known of the key.
    pub key: KeyState,
}

/// Whether the store opens.
#[derive(Debug)]
pub enum KeyState {
    /// The key that the configuration names opens it.
    Opens,
    /// The kernel remembers its key, which opens it.
    Unlocked,
    /// A person or a program would have to be asked.
    Locked,
    /// It does not open.
    Fails(VaultError),
}

/// What can be said of the store; none if there is none. Asks nobody, and changes nothing.
///
/// # Errors
///
/// Files that others can reach, a header that is damaged, and a database that cannot be read.
pub fn status(config: &VaultConfig) -> Result<Option<Status>, VaultError> {
    let Some(database) = open(config)? else { return Ok(None) };
    let (file, bytes) = (database.path().to_owned(), database.bytes()?);
    let header = unlock::header(&database)?;
    let (records, tables) = (database.read(|rows| rows.count())?, database.step()?);
    let versions = match header.extras.history {
        true => database.read(|rows| rows.count_versions())?,
        false => 0,
    };
    drop(database);
    Ok(Some(Status {
        file,
        id: key::text_id(&header.store),
        tables,
        bytes,
        records,
        versions,
        kind: header.kind,
        key: key_state(config, &asked(config, &header)?),
    }))
}

/// Has the kernel forget the key of the store. Whether it knew one; none if there is no store.
///
/// # Errors
///
/// The header cannot be read.
pub fn lock(config: &VaultConfig) -> Result<Option<bool>, VaultError> {
    let Some(database) = open(config)? else { return Ok(None) };
    let header = unlock::header(&database)?;
    let asked = asked(config, &header)?;
    let known = key::is_remembered(&asked.store);
    key::forget(&asked.store);
    Ok(Some(known))
}

/// Asks for the passphrase, whether or not the kernel remembers the key, and has the kernel remember it for a time, at most a day. Whether it
/// does; none if there is no store.
///
/// # Errors
///
/// [`VaultError::Invalid`] if the key of the store is no passphrase, and those of [`Store::open`].
pub fn unlock_for(config: &VaultConfig, time: Duration) -> Result<Option<bool>, VaultError> {
    let Some(database) = open(config)? else { return Ok(None) };
    let header = unlock::header(&database)?;
    let asked = asked(config, &header)?;
    let mut asking = config.clone();
    match passphrase_of(&mut asking.key) {
        Some(passphrase) if asked.kind == KeyKind::Passphrase => {
            passphrase.cache = Some(time);
        }
        _ => {
            let what =
                format!("the key of the store is in {}, which needs no unlocking", asked.kind);
            return Err(VaultError::Invalid { what });
        }
    }
    key::forget(&asked.store);
    Store::open_existing(&asking)?;
    Ok(Some(key::is_remembered(&asked.store)))
}

/// Whose master key is asked for: the one of the store, or the one of the identity that opens it.
fn asked(config: &VaultConfig, header: &Header) -> Result<Header, VaultError> {
    match header.kind {
        KeyKind::Members => Ok(key::identity_header(config)?.unwrap_or_else(|| header.clone())),
        _ => Ok(header.clone()),
    }
}

fn passphrase_of(source: &mut KeySource) -> Option<&mut Passphrase> {
    match source {
        KeySource::Passphrase(passphrase) => Some(passphrase),
        KeySource::Identity { key, .. } => passphrase_of(key),
        _ => None,
    }
}

/// Opens the database, where nothing can be written, too; none if there is no store.
fn open(config: &VaultConfig) -> Result<Option<Database>, VaultError> {
    let opened = site::existing(config).and_then(|found| {
        let Some((_, database)) = found else { return Ok(None) };
        unlock::header(&database).map(|_| Some(database))
    });
    match opened {
        Err(VaultError::ReadOnly { .. } | VaultError::Full { .. }) if config.server.is_none() => {
            let Some(directory) = files::find_directory(&config.directory)? else {
                return Ok(None);
            };
            Database::open_frozen(&Layout::new(directory).store()).map(Some)
        }
        opened => opened,
    }
}

fn key_state(config: &VaultConfig, asked: &Header) -> KeyState {
    let inner = key::parts(config).map(|(inner, _)| inner.key);
    let source = inner.as_ref().unwrap_or(&config.key);
    let unlocked = remembers(source) && key::is_remembered(&asked.store);
    let asks = matches!(source, KeySource::Passphrase(_) | KeySource::Command(_));
    let fits = matches!(
        (asked.kind, source),
        (KeyKind::Passphrase, KeySource::Passphrase(_)) | (KeyKind::Command, KeySource::Command(_))
    );
    if asks && fits && !unlocked {
        return KeyState::Locked;
    }
    match Store::open_existing(config) {
        Ok(_) if unlocked => KeyState::Unlocked,
        Ok(_) => KeyState::Opens,
        Err(error) => KeyState::Fails(error),
    }
}

fn remembers(source: &KeySource) -> bool {
    matches!(source, KeySource::Passphrase(Passphrase { cache: Some(_), .. }))
}
