//! Replacing the keys of a store.
//!
//! The order is: the new master key in its place, beside the old one; then one transaction that seals
//! every record anew and writes the header; then, if it is wanted, the old master key is removed. A
//! process that is killed in between leaves a store that one of the keys in its place opens.
//!
//! What is sealed anew keeps its place: hashes of names are made with a key that is never replaced,
//! since a row does not say whose name it has. Who has that key and guesses a name can see whether the
//! store has it, and no more.

use super::bucket;
use super::config::VaultConfig;
use super::create::wrap;
use super::crypto::{RawKey, StoreKeys};
use super::database::Fault;
use super::error::VaultError;
use super::header::{Extras, Header, Unwrapped};
use super::key::{self, KeyKind, KeySource};
use super::lock::Lock;
use super::members;
use super::past;
use super::rows::{RoleChange, Rows};
use super::sealed_record::SealedRecord;
use super::site;
use super::state::{Bucket, State};
use super::store::Store;
use super::unlock::{self, Unlocked, unlock};
use super::whole;

/// Which keys are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The master key and the data key: every record is sealed anew.
    Both,
    /// The master key alone: the data key is wrapped anew.
    Master,
}

/// What becomes of the old master key where the program keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldKey {
    /// It stays beside the new one, for older copies of the store.
    Kept,
    /// It is removed.
    Forgotten,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// How many records were sealed anew.
    pub records: u64,
    /// Where the master key was.
    pub from: KeyKind,
    /// Where it is now.
    pub to: KeyKind,
    /// Whether the master key is another one than before; a key command may print the same again.
    pub is_new_master: bool,
}

impl Store {
    /// Gives the store new keys; the master key from `source`, which may be another place. None if there is no store.
    ///
    /// Processes that have the store open find out at their next operation ([`VaultError::Rekeyed`]).
    ///
    /// # Errors
    ///
    /// Those of [`Store::open`]: then nothing was changed but, maybe, a file of keys that has one more.
    pub fn rotate(
        config: &VaultConfig,
        source: &KeySource,
        rotation: Rotation,
        old: OldKey,
    ) -> Result<Option<Rotated>, VaultError> {
        if let KeySource::Identity { .. } = config.key {
            return members::rotate(config, source, rotation, old);
        }
        let Some((layout, database)) = site::existing(config)? else { return Ok(None) };
        let _lock = Lock::acquire(&layout.lock())?;
        let unlocked = unlock(config, &database)?;
        let store = Self::assemble(config, database, unlocked.clone(), &layout)?;
        let Unlocked { header, unwrapped, .. } = unlocked;
        let target = VaultConfig { key: source.settled(header.kind), ..config.clone() };
        let new = key::for_rotation(&target, &header.store)?;
        let is_new_master = header.unwrap(&new.key).is_none();
        if rotation == Rotation::Master && !is_new_master {
            let what = "the key command prints the key that the store has already".to_owned();
            return Err(VaultError::Invalid { what });
        }
        let fresh = renewed(unwrapped, rotation)?;
        let wrapped = wrap(&fresh, &new, header.store)?;
        let records = store.rewrite(&header, &wrapped, fresh, rotation, None)?;
        key::forget(&header.store);
        key::remember(&target, &header.store, &new.key);
        if old == OldKey::Forgotten {
            key::settle(&target, &header.store, &new.key)?;
        }
        Ok(Some(Rotated { records, from: header.kind, to: new.kind, is_new_master }))
    }

    pub(super) fn rewrite(
        mut self,
        old: &Header,
        new: &Header,
        fresh: Unwrapped,
        rotation: Rotation,
        role: Option<&RoleChange>,
    ) -> Result<u64, VaultError> {
        let keys = StoreKeys::of(fresh.clone(), old.store);
        let acknowledged = self.mark.read(&self.keys)?;
        let (records, generation) = self.database.write(|connection| {
            let there = unlock::read_header(connection, &self.database)?;
            if !there.is_same(old) {
                let store = self.database.path().to_owned();
                return Err(VaultError::Rekeyed { store }.into());
            }
            let state = self.current_state(connection, acknowledged)?;
            let (mut state, records) = match rotation {
                Rotation::Both => reseal(connection, &self.keys, &keys, &state)?,
                Rotation::Master => (state, 0),
            };
            state.generation = state.generation.saturating_add(1);
            bucket::write_state(connection, &keys, &state)?;
            let recovery = match (&there.extras.recovery, rotation) {
                (Some(recovery), Rotation::Both) => {
                    Some(recovery.renewed(&self.keys, &keys, &fresh)?)
                }
                (recovery, _) => recovery.clone(),
            };
            let new = new.clone().with(Extras {
                recovery,
                members: new.extras.members.clone(),
                ..there.extras
            });
            unlock::write_header(connection, &new)?;
            if let Some(role) = role {
                connection.change_role(role)?;
            }
            Ok((records, state.generation))
        })?;
        self.mark.raise(&keys, generation);
        Ok(records)
    }
}

/// The keys that take the place of these.
pub(super) fn renewed(unwrapped: Unwrapped, rotation: Rotation) -> Result<Unwrapped, VaultError> {
    let Unwrapped { data_key, index_key, owner } = unwrapped;
    Ok(match rotation {
        Rotation::Master => Unwrapped { data_key, index_key, owner },
        Rotation::Both => Unwrapped {
            data_key: RawKey::random()?,
            index_key: Some(index_key.unwrap_or(data_key)),
            owner,
        },
    })
}

/// Seals all records with other keys. Returns the state that says so, and their number.
fn reseal(
    rows: &dyn Rows,
    old: &StoreKeys,
    new: &StoreKeys,
    state: &State,
) -> Result<(State, u64), Fault> {
    let mut resealed = state.emptied();
    let count = whole::each(rows, old, state, |held| {
        let record = SealedRecord::reseal(old, new, held)?;
        record.update(rows)?;
        resealed.add(Bucket::of(&record.row.key), record.row.leaf(new));
        Ok(())
    })?;
    past::reseal(rows, (old, new), state, &mut resealed)?;
    Ok((resealed, count))
}
