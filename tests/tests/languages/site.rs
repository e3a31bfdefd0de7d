//! A store, and a user of the program with the connector of one language.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use connhub_tests::cli::{Outcome, TestEnv, files_below};
use connhub_tests::serve::Server;
use connhub_tests::small_store::SmallStore;
use toml_edit::{DocumentMut, Item, Table, value};

use crate::Language;

/// What connector and backend of a template are called.
pub const NAME: &str = "example-store";

pub struct Site {
    pub env: TestEnv,
    pub store: Arc<SmallStore>,
    pub server: Server,
}

impl Site {
    /// The connector is configured as its template says, and compiled.
    pub fn new(language: &Language) -> Self {
        Self::changed(language, |_| {})
    }

    /// The same, after a change of `plugins.toml`.
    pub fn changed(language: &Language, change: impl FnOnce(&mut DocumentMut)) -> Self {
        let site = Self::cold();
        let mut plugins = template(language);
        plugins["connectors"][NAME]["component"] = value(shown(&component(language)));
        site.log_in(&mut plugins);
        change(&mut plugins);
        site.env.plugins(&plugins.to_string());
        give_compiled(language, &site.env.home());
        site
    }

    /// A store, and a user who has no connector for it.
    pub fn cold() -> Self {
        let env = TestEnv::cold();
        let (store, server) = SmallStore::start();
        env.watch("login", store.token());
        Self { env, store, server }
    }

    /// Writes down where the store is and how to log in.
    pub fn log_in(&self, plugins: &mut DocumentMut) {
        let token = self.env.file("token", self.store.token());
        let endpoint = &mut plugins["backends"][NAME]["endpoints"]["api"];
        endpoint["url"] = value(self.server.url());
        let mut login = Table::new();
        login["scheme"] = value("bearer");
        login["file"] = value(shown(&token));
        endpoint["login"] = Item::Table(login);
    }

    /// A command of the user, about this backend.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.env.run(words.iter().chain(&["--backend", NAME]))
    }

    /// Creates a connection whose secret is a canary.
    #[track_caller]
    pub fn create(&self, name: &str) -> Outcome {
        let secret = self.env.secret("secret_access_key");
        let words =
            ["create", name, "--type=s3", "endpoint=https://s3.example.com", "bucket=sales"];
        let rest = ["access_key_id=AKIAEXAMPLE", "secret_access_key=-", "--backend", NAME];
        self.env.command(words.iter().chain(&rest)).stdin(secret).run()
    }

    /// The files of the cache of compiled components: what was written when.
    pub fn cache(&self) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
        use std::os::unix::fs::MetadataExt as _;
        let files = files_below(&self.env.home().join("cache/components"));
        let seen = |file: PathBuf| {
            let data = fs_err::metadata(&file).expect("it was found");
            let modified = data.modified().expect("this system keeps it");
            (file, data.ino(), modified)
        };
        files.into_iter().map(seen).collect()
    }
}

/// The component of a language.
pub fn component(language: &Language) -> PathBuf {
    let beside = || connhub_tests::cli::program().with_file_name("../languages");
    let folder = std::env::var_os("CONNHUB_TEST_LANGUAGES").map_or_else(beside, PathBuf::from);
    let file = folder.join(format!("{}.wasm", language.name));
    assert!(file.is_file(), "no `{}`: `cargo xtask languages`", file.display());
    fs_err::canonicalize(file).expect("it is there")
}

/// The `plugins.toml` of a template.
pub fn template(language: &Language) -> DocumentMut {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/templates");
    let file = templates.join(language.name).join("plugins.toml");
    let text = fs_err::read_to_string(file).expect("each template has one");
    text.parse().expect("it is good TOML")
}

pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Gives a home the compiled component, as if the program had run before: an interpreter takes its time.
///
/// It is compiled once for all tests of this build. What is out of date is compiled again and costs time: the program checks what it finds.
fn give_compiled(language: &Language, home: &Path) {
    static COMPILING: Mutex<()> = Mutex::new(());
    let folder = component(language).with_extension("home");
    let compiling = COMPILING.lock().unwrap_or_else(PoisonError::into_inner);
    compile(language, &folder);
    drop(compiling);
    for part in ["cache", "state"] {
        for file in files_below(&folder.join(part)) {
            let place = home.join(file.strip_prefix(&folder).expect("it was found below"));
            make_private(place.parent().expect("a file is in a folder"));
            fs_err::copy(&file, &place).expect("a new home takes files");
        }
    }
}

fn compile(language: &Language, home: &Path) {
    let store = Site::cold();
    let mut plugins = template(language);
    plugins["connectors"][NAME]["component"] = value(shown(&component(language)));
    store.log_in(&mut plugins);
    let file = store.env.file("plugins.toml", plugins.to_string());
    make_private(home);
    let words = ["list", "--backend", NAME, "--plugins", &shown(&file)];
    store.env.command(words).at_home(home).run().succeeds();
}

/// The cache is read only if nobody else may write to its folders.
fn make_private(folder: &Path) {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).expect("the folder of a test takes folders");
}
