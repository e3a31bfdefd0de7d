//! A local store with connections, and its connector in the sandbox.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use connhub::capabilities::command::CommandState;
use connhub::capabilities::http::HttpState;
use connhub::capabilities::log::{Level, Sink};
use connhub::capabilities::secrets::RevealGrant;
use connhub::capabilities::vault::{
    Key, KeySource, NamedSecret, Selection, Space, Store, VaultConfig, VaultState,
};
use connhub::model::{Draft, Field, Filter, IfExists, Secret, SecretField, Target};
use connhub::policy::{CompileLimits, Limits};
use connhub::runtime::{Cache, Compiler, ComponentFile, Connector, Found, Host, Loaded, Sandbox};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// How many connections are stored: a page of a list.
pub const SIZE: u32 = 250;
const NAME: &str = "local";
const SCOPE: &str = "default";

/// The connector, linked, with its store.
pub struct Local {
    runtime: Runtime,
    sandbox: Arc<Sandbox>,
    loaded: Loaded,
    connector: Connector,
    folder: TempDir,
}

/// The store alone.
pub struct Stored {
    store: Store,
    next: usize,
}

struct Silent;

impl Sink for Silent {
    fn message(&self, _: &str, _: Level, _: &str) {}

    fn warning(&self, _: &str) {}
}

impl Local {
    /// Compiles the connector and fills a store.
    ///
    /// # Panics
    /// There is no component, or the store cannot be written.
    pub fn new() -> Self {
        let folder = TempDir::new().expect("there is a folder for temporary files");
        let sandbox = Arc::new(Sandbox::new().expect("the machine has a sandbox"));
        let cache = Cache::new(folder.path(), folder.path(), Compiler::Here);
        let file = ComponentFile::read(&component()).expect("`cargo xtask guests` was done");
        let found = Found::new(&sandbox, &cache, &file).expect("it is a component");
        let loaded = found.compiled(&CompileLimits::default()).expect("it can be compiled");
        let connector = linked(&sandbox, &loaded, folder.path());
        let runtime = Builder::new_current_thread().enable_all().build().expect("there are timers");
        let mut local = Self { runtime, sandbox, loaded, connector, folder };
        local.fill();
        local
    }

    fn fill(&mut self) {
        self.connector.begin_group().expect("the store can be written");
        for number in 0..SIZE {
            let draft = draft(number);
            let target = Target::default();
            let written = self.connector.create(&target, &draft, IfExists::Fail);
            self.runtime.block_on(written).expect("it is new");
        }
        self.connector.commit_group().expect("the store can be written");
    }

    /// Makes a connector of what was compiled.
    pub fn link(&self) -> Connector {
        linked(&self.sandbox, &self.loaded, self.folder.path())
    }

    /// A new memory, an instance in it, and a call that asks nothing of the host.
    pub fn describe(&mut self) -> usize {
        self.runtime.block_on(self.connector.describe()).expect("it says what it is").name.len()
    }

    /// One connection.
    pub fn get(&mut self) -> usize {
        let target = Target::default();
        self.runtime.block_on(self.connector.get(&target, "n7")).expect("it is there").fields.len()
    }

    /// A page with all connections.
    pub fn list(&mut self) -> usize {
        let (target, filter) = (Target::default(), Filter::default());
        let page = self.connector.list(&target, &filter, None, SIZE);
        self.runtime.block_on(page).expect("it is a list").items.len()
    }

    /// The same store, without a connector.
    ///
    /// # Panics
    /// The store cannot be opened.
    pub fn stored(&self) -> Stored {
        Stored { store: Store::open(&config(self.folder.path())).expect("it is there"), next: 0 }
    }
}

impl Default for Local {
    fn default() -> Self {
        Self::new()
    }
}

impl Stored {
    /// What the connector reads for a list.
    pub fn scan(&self) -> usize {
        let page = self.store.scan(&space(), &Selection::Scope(SCOPE.into()), None, SIZE);
        page.expect("it can be read").entries.len()
    }

    /// Checks and opens the secrets of one record.
    pub fn open(&self) -> usize {
        let key = Key { scope: SCOPE.into(), name: "n7".into() };
        self.store.open_secrets(&space(), &key).expect("it is there").len()
    }

    /// Starts a transaction that is never made durable, so that no disk is waited for.
    pub fn begin(&mut self) {
        self.store.begin_group().expect("the store can be written");
    }

    /// Seals a new record and adds it.
    pub fn seal(&mut self) -> u64 {
        self.next += 1;
        let key = Key { scope: "other".into(), name: format!("s{}", self.next) };
        let value = Secret::new(vec![7; 40]);
        let secrets = [NamedSecret { name: "secret_access_key".into(), value }];
        self.store.insert(&space(), &key, &[1; 120], &secrets).expect("it is new")
    }
}

fn space() -> Space {
    Space { connector: NAME.into() }
}

/// The component beside the program.
fn component() -> PathBuf {
    let program = std::env::var_os("CONNHUB_BIN").expect("CONNHUB_BIN names the program");
    Path::new(&program).with_file_name("connectors").join("local.wasm")
}

fn config(folder: &Path) -> VaultConfig {
    VaultConfig {
        directory: folder.join("vault"),
        server: None,
        owner: "bench".into(),
        key: KeySource::File(folder.join("vault.key")),
        session_bus: None,
        recovery: None,
        history: 0,
    }
}

fn linked(sandbox: &Arc<Sandbox>, loaded: &Loaded, folder: &Path) -> Connector {
    let reveal = RevealGrant { connector: NAME.into(), allowed: false, source: String::new() };
    let host = Host {
        connector: NAME.into(),
        http: HttpState::new(NAME, Vec::new()),
        command: CommandState::new(NAME, Vec::new()),
        vault: VaultState::new(config(folder)).for_connector(NAME, true),
        reveal,
        sink: Arc::new(Silent),
    };
    Connector::link(sandbox, loaded, host, Limits::default()).expect("it is a connector")
}

fn draft(number: u32) -> Draft {
    let field = |name: &str, value: &str| Field { name: name.into(), value: value.into() };
    Draft {
        name: format!("n{number}"),
        type_name: "s3".into(),
        fields: vec![
            field("bucket", "data"),
            field("endpoint", "https://s3.example.com"),
            field("access_key_id", "AKIAEXAMPLE"),
        ],
        secrets: vec![SecretField {
            name: "secret_access_key".into(),
            value: Secret::new(b"wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY".to_vec()),
        }],
        ..Draft::default()
    }
}
