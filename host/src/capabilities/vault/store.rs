//! An open store and its operations.

use std::cell::RefCell;

use super::bucket::{self, Found, Wanted};
use super::checked::Checked;
use super::config::VaultConfig;
use super::create;
use super::crypto::{StoreKeys, same_bytes};
use super::database::{Database, Fault};
use super::error::VaultError;
use super::files;
use super::header::Header;
use super::history::{Past, Replacement};
use super::layout::Layout;
use super::mark::Mark;
use super::members::{Membership, Right};
use super::merge::merge;
use super::past::{Ended, Ending};
use super::place::KeyHash;
use super::record::{
    Entry, Key, NamedSecret, Others, Page, SecretChanges, Selection, Space, check_public,
    check_secrets,
};
use super::rows::Rows;
use super::scan;
use super::sealed_record::{self, Contents, SealedRecord};
use super::site;
use super::state::{Bucket, State};
use super::unlock::{self, Unlocked, unlock};

use crate::model::Secret;

/// An open store. Each operation is one transaction: what returns is durable, what fails has
/// changed nothing. Several processes may have the store open at once.
///
/// Every operation can fail with [`VaultError::Damaged`], [`VaultError::RolledBack`],
/// [`VaultError::Busy`], [`VaultError::Full`] and [`VaultError::Unavailable`].
pub struct Store {
    pub(super) database: Database,
    pub(super) keys: StoreKeys,
    /// The header that the keys were unwrapped from.
    header: Header,
    pub(super) mark: Mark,
    /// The state of the store within an open group.
    group: Option<State>,
    checked: RefCell<Checked>,
    /// How many past versions of a record are kept.
    history: usize,
    /// Who the user is, where the store has members.
    pub(super) membership: Option<Membership>,
}

impl Store {
    /// Opens the store. One that does not exist is made, together with its key.
    ///
    /// # Errors
    ///
    /// Everything that [`VaultError`] says about keys, owners, files and versions. A store that
    /// exists is never made anew, and its key never.
    pub fn open(config: &VaultConfig) -> Result<Self, VaultError> {
        if let Some(store) = Self::open_existing(config)? {
            return Ok(store);
        }
        let layout = Layout::new(files::make_directory(&config.directory)?);
        if let Some((made, database)) = create::create(config, &layout)? {
            return Self::assemble(config, database, made, &layout);
        }
        Self::open_existing(config)?.ok_or(VaultError::Missing)
    }

    /// Makes the store, together with its key. None if there is one already.
    ///
    /// # Errors
    ///
    /// Like [`Store::open`].
    pub fn init(config: &VaultConfig) -> Result<Option<Self>, VaultError> {
        if site::existing(config)?.is_some() {
            return Ok(None);
        }
        let layout = Layout::new(files::make_directory(&config.directory)?);
        let Some((made, database)) = create::create(config, &layout)? else { return Ok(None) };
        Self::assemble(config, database, made, &layout).map(Some)
    }

    /// Opens the store if it exists; makes nothing.
    ///
    /// # Errors
    ///
    /// Like [`Store::open`].
    pub fn open_existing(config: &VaultConfig) -> Result<Option<Self>, VaultError> {
        match Self::unlock(config) {
            Err(error @ (VaultError::ReadOnly { .. } | VaultError::Full { .. }))
                if config.server.is_none() =>
            {
                match Self::unlock_frozen(config) {
                    Err(VaultError::ReadOnly { .. }) => Err(error),
                    opened => opened,
                }
            }
            opened => opened,
        }
    }

    /// Adds a record. Returns its revision, which is 1.
    ///
    /// # Errors
    ///
    /// [`VaultError::Exists`], [`VaultError::TooLarge`] and [`VaultError::Invalid`].
    pub fn insert(
        &mut self,
        space: &Space,
        key: &Key,
        public: &[u8],
        secrets: &[NamedSecret],
    ) -> Result<u64, VaultError> {
        key.check()?;
        check_public(public)?;
        check_secrets(secrets)?;
        let contents = Contents { space, key, revision: 1, public, secrets };
        let place = self.keys.key_hash(space, key);
        self.write(|view, state| {
            if view.find(state, &place, Wanted::Row)?.is_some() {
                return Err(VaultError::Exists.into());
            }
            let record = SealedRecord::seal(view.keys, &contents)?;
            record.insert(view.rows)?;
            view.count(state, &place, None, Some(record.row.leaf(view.keys)));
            Ok(contents.revision)
        })
    }

    /// Reads the visible part of a record.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], [`VaultError::TooLarge`] and [`VaultError::Invalid`].
    pub fn get(&self, space: &Space, key: &Key) -> Result<Entry, VaultError> {
        let place = self.place(space, key)?;
        self.read(|view, state| {
            let found = view.find(state, &place, Wanted::Public)?.ok_or(VaultError::Missing)?;
            sealed_record::open_entry(view.keys, found)
        })
    }

    /// Reads the secrets of a record, in the order in which they were set.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], [`VaultError::TooLarge`] and [`VaultError::Invalid`].
    pub fn open_secrets(&self, space: &Space, key: &Key) -> Result<Vec<NamedSecret>, VaultError> {
        let place = self.place(space, key)?;
        self.read(|view, state| {
            let found = view.find(state, &place, Wanted::Secret)?.ok_or(VaultError::Missing)?;
            sealed_record::open_secrets(view.keys, found)
        })
    }

    /// Replaces the visible part of a record and changes its secrets, if the record still has the
    /// revision `expected`. Returns the new revision. What the record was stays as a version.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], [`VaultError::Stale`], [`VaultError::TooLarge`] and
    /// [`VaultError::Invalid`].
    pub fn replace(
        &mut self,
        space: &Space,
        key: &Key,
        expected: u64,
        public: &[u8],
        changes: &SecretChanges,
    ) -> Result<u64, VaultError> {
        let replacement = Replacement { public, changes, past: Past::Kept };
        self.replace_with(space, key, expected, replacement)
    }

    /// [`Store::replace`] with another past than usual.
    ///
    /// # Errors
    ///
    /// Those of [`Store::replace`].
    pub fn replace_with(
        &mut self,
        space: &Space,
        key: &Key,
        expected: u64,
        replacement: Replacement<'_>,
    ) -> Result<u64, VaultError> {
        let Replacement { public, changes, past } = replacement;
        check_public(public)?;
        let place = self.place(space, key)?;
        let ending = Ending::now(Ended::Replaced);
        self.write(|view, state| {
            let found = view.find_revision(state, &place, expected, wanted(changes))?;
            let revision = expected.saturating_add(1);
            let old = found.row.leaf(view.keys);
            view.leave(state, &found.row, past, ending)?;
            let secrets = merge(view.kept_secrets(found, changes)?, changes)?;
            let contents = Contents { space, key, revision, public, secrets: &secrets };
            let record = SealedRecord::seal(view.keys, &contents)?;
            record.update(view.rows)?;
            view.count(state, &place, Some(old), Some(record.row.leaf(view.keys)));
            Ok(revision)
        })
    }

    /// Removes a record, if it still has the revision `expected`. What it was stays as a version.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], [`VaultError::Stale`], [`VaultError::TooLarge`] and
    /// [`VaultError::Invalid`].
    pub fn remove(&mut self, space: &Space, key: &Key, expected: u64) -> Result<(), VaultError> {
        self.remove_with(space, key, expected, Past::Kept)
    }

    /// [`Store::remove`] with another past than usual.
    ///
    /// # Errors
    ///
    /// Those of [`Store::remove`].
    pub fn remove_with(
        &mut self,
        space: &Space,
        key: &Key,
        expected: u64,
        past: Past,
    ) -> Result<(), VaultError> {
        let place = self.place(space, key)?;
        let ending = Ending::now(Ended::Removed);
        self.write(|view, state| {
            let found = view.find_revision(state, &place, expected, Wanted::Row)?;
            view.leave(state, &found.row, past, ending)?;
            sealed_record::delete(view.rows, &place)?;
            view.count(state, &place, Some(found.row.leaf(view.keys)), None);
            Ok(())
        })
    }

    /// Whether the record has a secret of this name and value. The time that the comparison takes
    /// does not depend on the values.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`] if there is no such record. A secret that it does not have is
    /// different.
    pub fn same_secret(
        &self,
        space: &Space,
        key: &Key,
        name: &str,
        value: &Secret,
    ) -> Result<bool, VaultError> {
        let secrets = self.open_secrets(space, key)?;
        match secrets.iter().find(|secret| secret.name == name) {
            Some(stored) => same_bytes(stored.value.expose(), value.expose()),
            None => Ok(false),
        }
    }

    /// From now on operations belong to one transaction, until [`Store::commit_group`]: nothing of it is durable before, and one wait
    /// for the disk is enough for all. An operation that fails changes nothing all the same.
    ///
    /// # Errors
    ///
    /// Another process writes for longer than there is patience.
    pub fn begin_group(&mut self) -> Result<(), VaultError> {
        if self.group.is_some() {
            return Ok(());
        }
        self.may(Right::Manage)?;
        let acknowledged = self.mark.read(&self.keys)?;
        self.database.begin_group()?;
        let state = self.database.within_group(|rows| self.current_state(rows, acknowledged));
        match state {
            Ok(state) => self.group = Some(state),
            Err(error) => {
                self.database.abandon_group();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Makes all operations since [`Store::begin_group`] durable, or none of them.
    ///
    /// # Errors
    ///
    /// The disk is full or cannot be written: none of them was done.
    pub fn commit_group(&mut self) -> Result<(), VaultError> {
        let Some(mut state) = self.group.take() else { return Ok(()) };
        state.generation = state.generation.saturating_add(1);
        self.database.commit_group(|rows| self.view(rows).write_state(&state))?;
        self.mark.raise(&self.keys, state.generation);
        Ok(())
    }

    /// Undoes all operations since [`Store::begin_group`].
    pub fn abandon_group(&mut self) {
        if self.group.take().is_some() {
            self.database.abandon_group();
        }
    }

    /// Reads up to `limit` records, at most [`super::MAX_PAGE`] and 16 MiB, behind the cursor. The
    /// pages of one scan are transactions of their own: records that are neither added nor removed
    /// meanwhile are seen exactly once.
    ///
    /// # Errors
    ///
    /// [`VaultError::Invalid`] for a cursor that is not one, and for a limit of 0.
    pub fn scan(
        &self,
        space: &Space,
        selection: &Selection,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, VaultError> {
        scan::check(selection, cursor, limit)?;
        let request = scan::Request::new(&self.keys, space, selection, cursor, limit)?;
        self.read(|view, state| scan::read_page(view.rows, view.keys, state, &request))
    }

    fn unlock(config: &VaultConfig) -> Result<Option<Self>, VaultError> {
        let Some((layout, database)) = site::existing(config)? else { return Ok(None) };
        let unlocked = unlock(config, &database)?;
        Self::assemble(config, database, unlocked, &layout).map(Some)
    }

    /// Opens a store beside which nothing can be written, or for which there is no room, to be read.
    pub(super) fn unlock_frozen(config: &VaultConfig) -> Result<Option<Self>, VaultError> {
        let Some(directory) = files::find_directory(&config.directory)? else { return Ok(None) };
        let layout = Layout::new(directory);
        let database = Database::open_frozen(&layout.store())?;
        let unlocked = unlock(config, &database)?;
        Self::assemble(config, database, unlocked, &layout).map(Some)
    }

    pub(super) fn assemble(
        config: &VaultConfig,
        database: Database,
        unlocked: Unlocked,
        layout: &Layout,
    ) -> Result<Self, VaultError> {
        let Unlocked { header, unwrapped, membership } = unlocked;
        let keys = StoreKeys::of(unwrapped, header.store);
        let (mark, checked) = (Mark::open(layout.mark())?, RefCell::default());
        let history = config.history;
        Ok(Self { database, keys, header, mark, group: None, checked, history, membership })
    }

    pub(super) fn place(&self, space: &Space, key: &Key) -> Result<KeyHash, VaultError> {
        key.check()?;
        Ok(self.keys.key_hash(space, key))
    }

    pub(super) fn read<T>(
        &self,
        mut work: impl FnMut(&View<'_>, &State) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        if let Some(state) = &self.group {
            return self.database.read_group(|rows| work(&self.view(rows), state));
        }
        // The mark comes first: the store that is read afterwards can only be ahead of it.
        let acknowledged = self.mark.read(&self.keys)?;
        self.database.read(|rows| work(&self.view(rows), &self.current_state(rows, acknowledged)?))
    }

    pub(super) fn write<T>(
        &mut self,
        mut work: impl FnMut(&View<'_>, &mut State) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        self.may(Right::Manage)?;
        if let Some(state) = &self.group {
            let mut state = state.clone();
            let result = self.database.within_group(|rows| work(&self.view(rows), &mut state))?;
            self.group = Some(state);
            return Ok(result);
        }
        let acknowledged = self.mark.read(&self.keys)?;
        let (result, generation) = self.database.write(|rows| {
            let view = self.view(rows);
            let mut state = self.current_state(rows, acknowledged)?;
            let result = work(&view, &mut state)?;
            state.generation = state.generation.saturating_add(1);
            view.write_state(&state)?;
            Ok((result, state.generation))
        })?;
        self.mark.raise(&self.keys, generation);
        Ok(result)
    }

    /// Refuses what a member has no right to. Without members everything is the user's own.
    fn may(&self, right: Right) -> Result<(), VaultError> {
        self.membership.as_ref().map_or(Ok(()), |membership| membership.check(right))
    }

    fn view<'a>(&'a self, rows: &'a dyn Rows) -> View<'a> {
        View { rows, keys: &self.keys, checked: &self.checked, history: self.history }
    }

    /// The state, which is not older than what was acknowledged.
    pub(super) fn current_state(&self, rows: &dyn Rows, acknowledged: u64) -> Result<State, Fault> {
        let state =
            bucket::read_state(rows, &self.keys).map_err(|fault| self.explain(rows, fault))?;
        if state.generation < acknowledged {
            return Err(Fault::Vault(VaultError::RolledBack {
                store: self.database.path().to_owned(),
                mark: self.mark.path().to_owned(),
                found: state.generation,
                acknowledged,
            }));
        }
        Ok(state)
    }

    /// A state that does not open is damaged, or its key was replaced since the store was opened.
    fn explain(&self, rows: &dyn Rows, fault: Fault) -> Fault {
        match unlock::read_header(rows, &self.database) {
            Ok(now) if !now.is_same(&self.header) => {
                Fault::Vault(VaultError::Rekeyed { store: self.database.path().to_owned() })
            }
            _ => fault,
        }
    }
}

/// What an operation sees: one consistent state of the store.
pub(super) struct View<'a> {
    pub(super) rows: &'a dyn Rows,
    pub(super) keys: &'a StoreKeys,
    checked: &'a RefCell<Checked>,
    /// How many past versions of a record are kept.
    pub(super) history: usize,
}

impl View<'_> {
    pub(super) fn find(
        &self,
        state: &State,
        place: &KeyHash,
        wanted: Wanted,
    ) -> Result<Option<Found>, Fault> {
        let mut checked = self.checked.borrow_mut();
        bucket::find(self.rows, self.keys, state, &mut checked, place, wanted)
    }

    /// Counts a change of one record: the leaf that it had and the one that it has, none where it was or is not there.
    fn count(&self, state: &mut State, place: &KeyHash, old: Option<u128>, new: Option<u128>) {
        let bucket = Bucket::of(place);
        state.subtract(bucket, old.unwrap_or(0));
        state.add(bucket, new.unwrap_or(0));
        self.checked.borrow_mut().follow(place, old, new);
    }

    fn find_revision(
        &self,
        state: &State,
        place: &KeyHash,
        expected: u64,
        wanted: Wanted,
    ) -> Result<Found, Fault> {
        let found = self.find(state, place, wanted)?.ok_or(VaultError::Missing)?;
        match found.row.revision {
            revision if revision == expected => Ok(found),
            revision => Err(VaultError::Stale(revision).into()),
        }
    }

    fn kept_secrets(
        &self,
        found: Found,
        changes: &SecretChanges,
    ) -> Result<Vec<NamedSecret>, Fault> {
        match changes.others {
            Others::Keep => sealed_record::open_secrets(self.keys, found),
            Others::Remove => Ok(Vec::new()),
        }
    }

    fn write_state(&self, state: &State) -> Result<(), Fault> {
        bucket::write_state(self.rows, self.keys, state)
    }
}

fn wanted(changes: &SecretChanges) -> Wanted {
    match changes.others {
        Others::Keep => Wanted::Secret,
        Others::Remove => Wanted::Row,
    }
}
