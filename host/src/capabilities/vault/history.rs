//! The past of records: what it was, and how it goes.

use super::bucket::{Found, Wanted};
use super::crypto::same_bytes;
use super::database::Fault;
use super::error::VaultError;
use super::past::{self, Ending, Kept};
use super::record::{Entry, Key, NamedSecret, SecretChanges, Space};
use super::row::Row;
use super::sealed_record;
use super::state::State;
use super::store::{Store, View};

/// What becomes of the past when a record is changed or removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Past {
    /// What the record was is kept as a version, as far as the configuration says.
    #[default]
    Kept,
    /// Nothing is kept, and older versions stay: what changed is a remark about the record.
    Untouched,
    /// All versions of the record go.
    Forgotten,
}

/// What takes the place of what a record was.
#[derive(Clone, Copy, Debug)]
pub struct Replacement<'a> {
    /// The visible part.
    pub public: &'a [u8],
    /// What becomes of the secrets.
    pub changes: &'a SecretChanges,
    /// What becomes of the past.
    pub past: Past,
}

/// Which version of a record is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The record, or its last version if it was removed.
    Last,
    /// The version of this number.
    Version(u64),
}

/// A version of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Grows with each version of a name.
    pub number: u64,
    /// When and how it ended; none for the record as it is.
    pub ending: Option<Ending>,
    /// The secrets whose values are not those of the version before it, among the versions that are kept; in alphabetical order.
    pub changed_secrets: Vec<String>,
}

/// A version with everything in it.
struct Opened {
    number: u64,
    ending: Option<Ending>,
    secrets: Vec<NamedSecret>,
}

impl Store {
    /// All versions of a record that are kept, the oldest first, and the record itself.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`] if there is none at all, [`VaultError::TooLarge`] and [`VaultError::Invalid`].
    pub fn versions(&self, space: &Space, key: &Key) -> Result<Vec<Version>, VaultError> {
        let place = self.place(space, key)?;
        let opened = self.read(|view, state| {
            let (kept, found) = all(view, state, &place, Wanted::Secret)?;
            let last = kept.last().map(|kept| kept.past.version);
            let mut opened = Vec::with_capacity(kept.len() + 1);
            for kept in kept {
                let (number, ending) = (kept.past.version, Some(kept.past.ending(view.keys)?));
                let secrets = sealed_record::open_secrets(view.keys, secret_of(kept))?;
                opened.push(Opened { number, ending, secrets });
            }
            if let Some(found) = found {
                let number = past::number_of(last, found.row.revision);
                let secrets = sealed_record::open_secrets(view.keys, found)?;
                opened.push(Opened { number, ending: None, secrets });
            }
            Ok(opened)
        })?;
        if opened.is_empty() {
            return Err(VaultError::Missing);
        }
        compared(opened)
    }

    /// Reads the visible part of a version.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], [`VaultError::TooLarge`] and [`VaultError::Invalid`].
    pub fn get_at(&self, space: &Space, key: &Key, at: At) -> Result<Entry, VaultError> {
        let place = self.place(space, key)?;
        self.read(|view, state| {
            let found = find(view, state, &place, at, Wanted::Public)?;
            sealed_record::open_entry(view.keys, found)
        })
    }

    /// Reads the secrets of a version.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], [`VaultError::TooLarge`] and [`VaultError::Invalid`].
    pub fn open_secrets_at(
        &self,
        space: &Space,
        key: &Key,
        at: At,
    ) -> Result<Vec<NamedSecret>, VaultError> {
        let place = self.place(space, key)?;
        self.read(|view, state| {
            let found = find(view, state, &place, at, Wanted::Secret)?;
            sealed_record::open_secrets(view.keys, found)
        })
    }

    /// Removes all past versions of a name, whether or not there is a record. Returns their number.
    ///
    /// # Errors
    ///
    /// [`VaultError::TooLarge`] and [`VaultError::Invalid`].
    pub fn forget(&mut self, space: &Space, key: &Key) -> Result<u64, VaultError> {
        let place = self.place(space, key)?;
        self.write(|view, state| past::forget(view.rows, view.keys, state, &place))
    }

    /// Removes the past versions of all records, or those that ended before a moment, in seconds since 1970. Returns their number.
    ///
    /// # Errors
    ///
    /// Those of every operation.
    pub fn clear_history(&mut self, before: Option<u64>) -> Result<u64, VaultError> {
        self.write(|view, state| past::clear(view.rows, view.keys, state, before))
    }
}

impl View<'_> {
    /// Does with the past of a record, whose row was found and is about to be changed, what `past` says.
    pub(super) fn leave(
        &self,
        state: &mut State,
        row: &Row,
        past: Past,
        ending: Ending,
    ) -> Result<(), Fault> {
        let View { rows, keys, .. } = *self;
        match past {
            Past::Kept => past::keep(rows, keys, state, row, ending, self.history),
            Past::Untouched => Ok(()),
            Past::Forgotten => past::forget(rows, keys, state, &row.key).map(drop),
        }
    }
}

type Place = super::place::KeyHash;

/// All past versions of a record, and the record.
fn all(
    view: &View<'_>,
    state: &State,
    place: &Place,
    wanted: Wanted,
) -> Result<(Vec<Kept>, Option<Found>), Fault> {
    let kept = past::versions(view.rows, view.keys, state, place)?;
    Ok((kept, view.find(state, place, wanted)?))
}

fn find(
    view: &View<'_>,
    state: &State,
    place: &Place,
    at: At,
    wanted: Wanted,
) -> Result<Found, Fault> {
    let (mut kept, found) = all(view, state, place, wanted)?;
    let last = kept.last().map(|kept| kept.past.version);
    let number = |found: &Found| past::number_of(last, found.row.revision);
    let found = found.filter(|found| match at {
        At::Last => true,
        At::Version(wanted) => number(found) == wanted,
    });
    if let Some(found) = found {
        return Ok(found);
    }
    let index = match at {
        At::Last => kept.len().checked_sub(1),
        At::Version(wanted) => kept.iter().position(|kept| kept.past.version == wanted),
    };
    let kept = kept.swap_remove(index.ok_or(VaultError::Missing)?);
    Ok(match wanted {
        Wanted::Secret => secret_of(kept),
        _ => Found { row: kept.past.row, ciphertext: kept.public },
    })
}

fn secret_of(kept: Kept) -> Found {
    Found { row: kept.past.row, ciphertext: kept.secret }
}

/// Compares the secrets of each version with those of the one before it. No value leaves this function.
fn compared(opened: Vec<Opened>) -> Result<Vec<Version>, VaultError> {
    let mut versions = Vec::with_capacity(opened.len());
    let mut before: Option<Vec<NamedSecret>> = None;
    for Opened { number, ending, secrets } in opened {
        let changed_secrets = match &before {
            Some(before) => changed(before, &secrets)?,
            None => Vec::new(),
        };
        versions.push(Version { number, ending, changed_secrets });
        before = Some(secrets);
    }
    Ok(versions)
}

/// The names of secrets that only one of them has, or that have different values.
fn changed(before: &[NamedSecret], after: &[NamedSecret]) -> Result<Vec<String>, VaultError> {
    let mut names = Vec::new();
    for secret in after {
        let same = match before.iter().find(|old| old.name == secret.name) {
            Some(old) => same_bytes(old.value.expose(), secret.value.expose())?,
            None => false,
        };
        if !same {
            names.push(secret.name.clone());
        }
    }
    let is_gone = |old: &&NamedSecret| !after.iter().any(|secret| secret.name == old.name);
    names.extend(before.iter().filter(is_gone).map(|old| old.name.clone()));
    names.sort();
    Ok(names)
}
