//! A store, and a user of the program with the connector of one language.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use connhub_tests::cli::{Outcome, TestEnv};
use connhub_tests::serve::Server;
use connhub_tests::small_store::SmallStore;
use toml_edit::{DocumentMut, value};

use crate::{Language, compiled};

/// What connector and backend of a template are called.
pub const NAME: &str = "example-store";

pub struct Site {
    pub env: TestEnv,
    pub store: Arc<SmallStore>,
    pub server: Server,
}

impl Site {
    /// The connector is configured as its template says.
    pub fn new(language: &Language) -> Self {
        Self::changed(language, |_| {})
    }

    /// The same, after a change of `plugins.toml`.
    pub fn changed(language: &Language, change: impl FnOnce(&mut DocumentMut)) -> Self {
        let site = Self::empty();
        compiled::give(&site.env, language);
        let token = site.env.file("token", site.store.token()).display().to_string();
        let mut plugins = template(language);
        let endpoint = &mut plugins["backends"][NAME]["endpoints"]["api"];
        endpoint["url"] = value(site.server.url());
        endpoint["login"] = toml_edit::Item::Table(toml_edit::Table::new());
        endpoint["login"]["scheme"] = value("bearer");
        endpoint["login"]["file"] = value(token);
        change(&mut plugins);
        site.env.plugins(&plugins.to_string());
        site
    }

    /// A store and a user who has no connector for it.
    pub fn empty() -> Self {
        let env = TestEnv::cold();
        let (store, server) = SmallStore::start();
        env.watch("login", store.token());
        Self { env, store, server }
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
}

/// The component of a language.
pub fn component(language: &Language) -> PathBuf {
    let folder = std::env::var_os("CONNHUB_TEST_LANGUAGES").map_or_else(
        || connhub_tests::cli::program().with_file_name("../languages"),
        PathBuf::from,
    );
    let file = folder.join(format!("{}.wasm", language.name));
    assert!(file.is_file(), "no `{}`: `cargo xtask languages`", file.display());
    fs_err::canonicalize(file).expect("it is there")
}

/// The `plugins.toml` of a template, with the component that was built.
pub fn template(language: &Language) -> DocumentMut {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/templates");
    let file = templates.join(language.name).join("plugins.toml");
    let text = fs_err::read_to_string(file).expect("each template has one");
    let mut plugins: DocumentMut = text.parse().expect("it is good TOML");
    plugins["connectors"][NAME]["component"] = value(shown(&component(language)));
    plugins
}

pub fn shown(path: &Path) -> String {
    path.display().to_string()
}
