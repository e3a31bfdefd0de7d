//! The contract's `vault`, in front of the store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::component::{HasData, Resource, ResourceTable};

use super::ahead::{Ahead, ScanRequest};
use super::{
    At, Entry, Key, Moment, NamedSecret, Others, Page, Past, Replacement, SecretChanges, Selection,
    Space, Vault, VaultConfig, VaultError, Version,
};
use crate::capabilities::secrets::{Handle, hand_out, held};
use crate::contract::vault::{self as wit, Host};
use crate::model::{Error, Meter};
use crate::policy::limit_hit;
use crate::scrub::Scrubber;

/// The vault of the user, as one connector sees it.
pub struct VaultState {
    store: Arc<Mutex<Vault>>,
    /// The page of a scan that will probably be asked for next.
    ahead: Arc<Mutex<Option<Ahead>>>,
    space: Space,
    granted: bool,
    moment: Moment,
    /// The record that the last look into the past was at: which one a connection is, only its connector knows.
    looked_at: Arc<Mutex<Option<Key>>>,
    failure: Option<Error>,
    meter: Meter,
}

impl VaultState {
    /// Nothing is opened yet, and no connector may use it yet.
    pub fn new(config: VaultConfig) -> Self {
        Self {
            store: Arc::new(Mutex::new(Vault::new(config))),
            ahead: Arc::default(),
            space: Space { connector: String::new() },
            granted: false,
            moment: Moment::Now,
            looked_at: Arc::default(),
            failure: None,
            meter: Meter::default(),
        }
    }

    /// The same store for one connector. `granted` says whether it is declared and granted.
    pub fn for_connector(&self, connector: &str, granted: bool) -> Self {
        Self {
            store: Arc::clone(&self.store),
            ahead: Arc::clone(&self.ahead),
            space: Space { connector: connector.to_owned() },
            granted,
            moment: Moment::Now,
            looked_at: Arc::default(),
            failure: None,
            meter: Meter::default(),
        }
    }

    /// The same store for one more call: what went wrong in another is none of its business. `meter` counts for the record of the call.
    pub fn for_call(&self, meter: &Meter, moment: Moment) -> Self {
        let fresh = self.for_connector(&self.space.connector, self.granted);
        Self { meter: meter.clone(), moment, looked_at: Arc::clone(&self.looked_at), ..fresh }
    }

    /// The versions of the record that the last call in the past looked at, the oldest first.
    ///
    /// # Errors
    /// The store cannot be read, or there is no such record.
    pub fn versions(&self) -> Result<Vec<Version>, Error> {
        let Some(key) = lock(&self.looked_at).clone() else { return Ok(Vec::new()) };
        Ok(self.store().versions(&self.space, &key)?)
    }

    /// Removes the past versions of the record that the last call in the past looked at. Returns their number.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn forget(&self) -> Result<u64, Error> {
        let Some(key) = lock(&self.looked_at).clone() else { return Ok(0) };
        Ok(self.store().forget(&self.space, &key)?)
    }

    /// What went wrong with the store itself, in the host's own words, if something did.
    pub fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// Whether the connector keeps its connections here.
    pub fn is_granted(&self) -> bool {
        self.granted
    }

    /// From now on, changes of the store belong to one transaction.
    ///
    /// # Errors
    /// The store cannot be opened or written.
    pub fn begin_group(&self) -> Result<(), Error> {
        self.store().begin_group().map_err(Error::from)
    }

    /// Makes all changes since [`VaultState::begin_group`] durable, or none of them.
    ///
    /// # Errors
    /// None of them was done.
    pub fn commit_group(&self) -> Result<(), Error> {
        self.store().commit_group().map_err(Error::from)
    }

    /// The store for anything but the next page of a scan: what was read ahead of that may be outdated then.
    fn store(&self) -> MutexGuard<'_, Vault> {
        drop(lock(&self.ahead).take());
        lock(&self.store)
    }

    fn with<T>(
        &mut self,
        operation: impl FnOnce(&mut Vault, &Space) -> Result<T, VaultError>,
    ) -> Result<T, wit::Error> {
        self.check_grant()?;
        let done = operation(&mut self.store(), &self.space);
        done.map_err(|error| self.explain(error))
    }

    fn scan(
        &mut self,
        selection: Selection,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page, wit::Error> {
        self.check_grant()?;
        if self.moment.at().is_some() {
            return Err(wit::Error::Other("the past has no lists".to_owned()));
        }
        let request = ScanRequest { space: self.space.clone(), selection, cursor, limit };
        let ahead = lock(&self.ahead).take();
        let read = ahead.and_then(|ahead| ahead.page(&request));
        let read = read.unwrap_or_else(|| request.read(&self.store));
        let page = read.map_err(|error| self.explain(error))?;
        *lock(&self.ahead) = Ahead::behind(&page, request, &self.store);
        Ok(page)
    }

    /// Changes what is there now.
    fn change<T>(
        &mut self,
        operation: impl FnOnce(&mut Vault, &Space, Past) -> Result<T, VaultError>,
    ) -> Result<T, wit::Error> {
        if self.moment.at().is_some() {
            return Err(wit::Error::Other("what is past cannot be changed".to_owned()));
        }
        let past = self.moment.leaves();
        self.with(|store, space| operation(store, space, past))
    }

    /// Reads a record as it was at the moment of the call.
    fn look<T>(
        &mut self,
        key: &Key,
        operation: impl FnOnce(&mut Vault, &Space, Option<At>) -> Result<T, VaultError>,
    ) -> Result<T, wit::Error> {
        let at = self.moment.at();
        if at.is_some() {
            *lock(&self.looked_at) = Some(key.clone());
        }
        self.with(|store, space| operation(store, space, at))
    }

    fn check_grant(&self) -> Result<(), wit::Error> {
        if self.granted {
            return Ok(());
        }
        let text = format!("connector `{}` is not granted the vault", self.space.connector);
        self.meter.denied(&text);
        Err(wit::Error::Denied(text))
    }

    fn too_many_handles(&mut self) -> wit::Error {
        let what = "held more handles than it may";
        self.meter.hit("handles");
        self.failure = Some(limit_hit(&self.space.connector, what, "handles"));
        wit::Error::TooLarge("the limit `handles` was hit".to_owned())
    }

    /// The connector hears only what it can act on; the user gets the whole story.
    fn explain(&mut self, error: VaultError) -> wit::Error {
        match error {
            VaultError::Exists => wit::Error::Exists,
            VaultError::Missing => wit::Error::Missing,
            VaultError::Stale(revision) => wit::Error::Stale(revision),
            VaultError::TooLarge { .. } => wit::Error::TooLarge(error.to_string()),
            VaultError::Invalid { .. } => wit::Error::Other(error.to_string()),
            _ => {
                self.failure = Some(error.into());
                wit::Error::Unusable("the local store cannot be used".to_owned())
            }
        }
    }
}

/// A panic in another call cannot leave the store half changed: every change is a transaction.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The interface's view of a call.
pub struct View<'a> {
    /// The handles of the call.
    pub table: &'a mut ResourceTable,
    /// The store.
    pub state: &'a mut VaultState,
    /// The secrets known to the call.
    pub scrubber: &'a mut Scrubber,
}

/// Links the interface.
pub struct VaultInterface;

impl HasData for VaultInterface {
    type Data<'a> = View<'a>;
}

impl View<'_> {
    fn secrets(&self, entries: &[wit::SecretEntry]) -> Result<Vec<NamedSecret>, wit::Error> {
        let one = |entry: &wit::SecretEntry| {
            let value = held(self.table, &entry.value).map_err(wit::Error::Denied)?;
            Ok(NamedSecret { name: entry.name.clone(), value })
        };
        entries.iter().map(one).collect()
    }

    fn hand_out(&mut self, secret: NamedSecret) -> Result<wit::OpenedSecret, wit::Error> {
        self.scrubber.add(&secret.value);
        let value =
            hand_out(self.table, secret.value).map_err(|_| self.state.too_many_handles())?;
        Ok(wit::OpenedSecret { name: secret.name, value })
    }
}

fn key(key: wit::Key) -> Key {
    Key { scope: key.scope, name: key.name }
}

fn entry(entry: Entry) -> wit::Entry {
    wit::Entry {
        key: wit::Key { scope: entry.key.scope, name: entry.key.name },
        public: entry.public,
        secret_names: entry.secret_names,
        revision: entry.revision,
    }
}

impl Host for View<'_> {
    async fn insert(
        &mut self,
        at: wit::Key,
        public: Vec<u8>,
        secrets: Vec<wit::SecretEntry>,
    ) -> Result<u64, wit::Error> {
        let secrets = self.secrets(&secrets)?;
        self.state.change(|store, space, _| store.insert(space, &key(at), &public, &secrets))
    }

    async fn get(&mut self, at: wit::Key) -> Result<wit::Entry, wit::Error> {
        let key = key(at);
        self.state.look(&key, |store, space, at| store.get(space, &key, at)).map(entry)
    }

    async fn open(&mut self, at: wit::Key) -> Result<Vec<wit::OpenedSecret>, wit::Error> {
        let key = key(at);
        let opened =
            self.state.look(&key, |store, space, at| store.open_secrets(space, &key, at))?;
        opened.into_iter().map(|secret| self.hand_out(secret)).collect()
    }

    async fn replace(
        &mut self,
        at: wit::Key,
        expected: u64,
        public: Vec<u8>,
        changes: wit::SecretChanges,
    ) -> Result<u64, wit::Error> {
        let changes = SecretChanges {
            set: self.secrets(&changes.set)?,
            remove: changes.remove,
            others: if changes.keep_others { Others::Keep } else { Others::Remove },
        };
        let at = key(at);
        self.state.change(|store, space, past| {
            let replacement = Replacement { public: &public, changes: &changes, past };
            store.replace(space, &at, expected, replacement)
        })
    }

    async fn remove(&mut self, at: wit::Key, expected: u64) -> Result<(), wit::Error> {
        let key = key(at);
        self.state.change(|store, space, past| store.remove(space, &key, expected, past))
    }

    async fn same_secret(
        &mut self,
        at: wit::Key,
        name: String,
        value: Resource<Handle>,
    ) -> Result<bool, wit::Error> {
        let value = held(self.table, &value).map_err(wit::Error::Denied)?;
        self.state.with(|store, space| store.same_secret(space, &key(at), &name, &value))
    }

    async fn scan(
        &mut self,
        selection: wit::Selection,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<wit::Page, wit::Error> {
        let selection = match selection {
            wit::Selection::All => Selection::All,
            wit::Selection::Scope(scope) => Selection::Scope(scope),
        };
        let page = self.state.scan(selection, cursor, limit)?;
        Ok(wit::Page {
            entries: page.entries.into_iter().map(entry).collect(),
            cursor: page.cursor,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeySource;
    use super::*;

    const COUNT: usize = 450;

    /// A store with records `n0`, `n1`, …
    fn filled(folder: &tempfile::TempDir) -> VaultState {
        let state = VaultState::new(VaultConfig {
            directory: folder.path().join("store"),
            server: None,
            owner: "ada".to_owned(),
            key: KeySource::File(folder.path().join("key")),
            session_bus: None,
            recovery: None,
            history: 10,
        });
        let mut state = state.for_connector("local", true);
        state.begin_group().unwrap();
        for number in 0..COUNT {
            let key = key(&format!("n{number}"));
            state.with(|store, space| store.insert(space, &key, b"x", &[])).unwrap();
        }
        state.commit_group().unwrap();
        state
    }

    fn key(name: &str) -> Key {
        Key { scope: String::new(), name: name.to_owned() }
    }

    fn page(state: &mut VaultState, cursor: Option<String>) -> (Vec<String>, Option<String>) {
        let page = state.scan(Selection::All, cursor, 150).unwrap();
        (page.entries.into_iter().map(|entry| entry.key.name).collect(), page.cursor)
    }

    #[test]
    fn pages_that_are_read_ahead_are_those_that_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = filled(&folder);
        let (first, cursor) = page(&mut state, None);
        assert!(lock(&state.ahead).is_some());
        assert_eq!(page(&mut state, None).0, first, "not the one that was read ahead");
        let (mut all, mut next) = (first, cursor);
        while next.is_some() {
            // Each page is a call of its own.
            state = state.for_call(&Meter::default(), Moment::Now);
            let (names, cursor) = page(&mut state, next);
            all.extend(names);
            next = cursor;
        }
        assert!(lock(&state.ahead).is_none(), "nothing follows");
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!((count, all.len()), (COUNT, COUNT));
    }

    #[test]
    fn what_was_read_ahead_of_a_change_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = filled(&folder);
        let (first, cursor) = page(&mut state, None);
        for name in (0..COUNT).map(|number| format!("n{number}")) {
            if !first.contains(&name) {
                let key = key(&name);
                state.with(|store, space| store.remove(space, &key, 1, Past::Kept)).unwrap();
            }
        }
        assert_eq!(page(&mut state, cursor), (Vec::new(), None));
    }
}
