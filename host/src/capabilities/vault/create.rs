//! Making a store together with its key.
//!
//! The order is: the key, durably; the whole database under another name; its final name; the
//! mark. A process that is killed in between leaves either no store, and perhaps a key that the
//! next one uses, or a whole store.

use fs_err::File;

use super::config::VaultConfig;
use super::crypto::{RawKey, StoreId, StoreKeys, fill_random};
use super::database::Database;
use super::error::VaultError;
use super::files;
use super::header::{Header, Unwrapped};
use super::key::{self, KeySource, NewKey};
use super::layout::Layout;
use super::lock::Lock;
use super::mark::Mark;
use super::members;
use super::postgres;
use super::record::MAX_NAME;
use super::recovery;
use super::site;
use super::sqlite;
use super::state::State;
use super::unlock::Unlocked;

/// Makes the store and gives what unlocks it; none if another process made it first.
pub(super) fn create(
    config: &VaultConfig,
    layout: &Layout,
) -> Result<Option<(Unlocked, Database)>, VaultError> {
    let owner = owner_of(config);
    check_owner(owner)?;
    recovery::check_new(config)?;
    let _lock = Lock::acquire(&layout.lock())?;
    if site::existing(config)?.is_some() {
        return Ok(None);
    }
    let mut store = StoreId::default();
    fill_random(&mut store)?;
    let new = key::for_new_store(config, &store)?;
    let owner = owner.to_owned();
    let unwrapped = Unwrapped { data_key: RawKey::random()?, index_key: None, owner };
    let header = wrap(&unwrapped, &new, store)?;
    let (header, founded) = members::found(config, header, &unwrapped, &new.key)?;
    let keys = StoreKeys::of(unwrapped.clone(), store);
    let header = recovery::give(config, header, &keys, &unwrapped)?;
    let mut state = State::empty();
    if header.extras.history {
        state.past_mut();
    }
    let state = state.seal(&keys)?;
    let Some(database) = build(config, layout, &header.encode(), &state)? else { return Ok(None) };
    let membership = founded.map(|(membership, pin)| {
        pin.write(&members::pin_file(config));
        membership
    });
    Mark::open(layout.mark())?.raise(&keys, State::empty().generation);
    key::remember(config, &store, &new.key);
    Ok(Some((Unlocked { header, unwrapped, membership }, database)))
}

/// Whose the records are. In a store with members they are the same for all of them.
fn owner_of(config: &VaultConfig) -> &str {
    match config.key {
        KeySource::Identity { .. } => members::OWNER,
        _ => &config.owner,
    }
}

fn check_owner(owner: &str) -> Result<(), VaultError> {
    if owner.is_empty() {
        return Err(VaultError::Invalid { what: "the owner of a store has no name".to_owned() });
    }
    if owner.len() > MAX_NAME {
        let what = "the name of the owner of a store";
        return Err(VaultError::TooLarge { what, limit: MAX_NAME, unit: "bytes" });
    }
    Ok(())
}

/// The header under a master key.
pub(super) fn wrap(
    unwrapped: &Unwrapped,
    new: &NewKey,
    store: StoreId,
) -> Result<Header, VaultError> {
    Header::wrap(unwrapped, &new.key, store, new.kind, new.stretch.clone())
}

/// Makes the database with a header and a state; none if another process made it first.
fn build(
    config: &VaultConfig,
    layout: &Layout,
    header: &[u8],
    state: &[u8],
) -> Result<Option<Database>, VaultError> {
    if let Some(server) = &config.server {
        let is_ours = postgres::Database::build(server, header, state)?;
        let database = postgres::Database::find(server)?.filter(|_| is_ours);
        return Ok(database.map(|database| Database::Server(Box::new(database))));
    }
    layout.remove_draft()?;
    if let Err(error) = write_draft(layout, header, state) {
        // On a full disk half a database would be in the way of making room.
        layout.remove_draft()?;
        return Err(error);
    }
    publish(layout)?;
    Database::open(&layout.store()).map(Some)
}

fn write_draft(layout: &Layout, header: &[u8], state: &[u8]) -> Result<(), VaultError> {
    let path = layout.draft();
    files::create_private(&path)?;
    sqlite::Database::build(&path, header, state)
}

fn publish(layout: &Layout) -> Result<(), VaultError> {
    let (draft, store) = (layout.draft(), layout.store());
    let synced = File::open(&draft).and_then(|file| file.sync_all());
    synced.map_err(|source| VaultError::io("write", &draft, source))?;
    // The lock is held and there is no store, so this replaces nothing.
    fs_err::rename(&draft, &store).map_err(|source| VaultError::io("write", &store, source))?;
    files::sync_directory(layout.directory())
}
