//! Tests of the vault as a whole. A test that needs a user's view goes through [`Store`].

mod copies;
mod damage;
mod frozen;
mod groups;
mod history;
mod keys;
mod members;
mod modes;
mod operations;
mod privacy;
mod processes;
mod recovery;
mod rotation;
mod rows;
mod scanning;
mod server;
mod team;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::model::Secret;

use super::*;

/// A folder with a place for a store and its key file.
struct Fixture {
    folder: TempDir,
    /// The server that its store is on; none if it is a file.
    server: Option<Server>,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), server: server::fresh() }
    }

    fn config(&self) -> VaultConfig {
        VaultConfig { server: self.server.clone(), ..config_in(self.folder.path()) }
    }

    fn store(&self) -> Store {
        Store::open(&self.config()).expect("the store opens")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn database(&self) -> PathBuf {
        self.directory().join("store.db")
    }

    fn mark(&self) -> PathBuf {
        self.directory().join("store.mark")
    }

    /// Runs SQL as any program could.
    fn edit(&self, sql: &str) {
        match &self.server {
            Some(server) => server::edit(server, sql),
            None => {
                let connection = rusqlite::Connection::open(self.database()).expect("opened");
                connection.execute_batch(sql).expect("the edit works");
            }
        }
    }

    fn directory(&self) -> PathBuf {
        self.config().directory
    }

    /// A store with three records in two scopes.
    fn filled() -> Self {
        let fixture = Self::new();
        let mut store = fixture.store();
        for (scope, name) in FILLED {
            insert(&mut store, scope, name).expect("it is new");
        }
        fixture
    }
}

const FILLED: [(&str, &str); 3] = [("", "sales"), ("team", "sales"), ("team", "archive")];

fn config_in(folder: &Path) -> VaultConfig {
    VaultConfig {
        directory: folder.join("store"),
        server: None,
        owner: "ada".to_owned(),
        key: KeySource::File(folder.join("key")),
        session_bus: None,
        recovery: None,
        history: 10,
    }
}

fn space() -> Space {
    Space { connector: "local".to_owned() }
}

fn key(scope: &str, name: &str) -> Key {
    Key { scope: scope.to_owned(), name: name.to_owned() }
}

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn named(name: &str, value: &str) -> NamedSecret {
    NamedSecret { name: name.to_owned(), value: secret(value) }
}

/// The visible part that [`insert`] writes.
fn public_of(scope: &str, name: &str) -> Vec<u8> {
    format!("endpoint of {scope}/{name}").into_bytes()
}

/// The secrets that [`insert`] writes.
fn secrets_of(scope: &str, name: &str) -> Vec<NamedSecret> {
    vec![named("password", &format!("hunter2 of {scope}/{name}")), named("token", "t")]
}

fn insert(store: &mut Store, scope: &str, name: &str) -> Result<u64, VaultError> {
    let public = public_of(scope, name);
    store.insert(&space(), &key(scope, name), &public, &secrets_of(scope, name))
}

/// What [`insert`] wrote, as it is read.
fn entry_of(scope: &str, name: &str) -> Entry {
    Entry {
        key: key(scope, name),
        public: public_of(scope, name),
        secret_names: vec!["password".to_owned(), "token".to_owned()],
        revision: 1,
    }
}

/// All entries of the space, by key.
fn all(store: &Store) -> Result<Vec<Entry>, VaultError> {
    let mut entries = store.scan(&space(), &Selection::All, None, 1000)?.entries;
    entries.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(entries)
}
