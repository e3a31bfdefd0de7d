//! The walk-through of `docs/connectors.md`, command by command: from nothing to a connection that was created with a connector that was
//! built, tried out, signed, published and fetched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connhub_tests::cli::Run;
use connhub_tests::docker_registry::{DockerRegistry, PASSWORD, USER};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::site::{Site, shown};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/connectors.md");
/// What comes before it in the document is one session.
const END: &str = "\n## In another language\n";
const NAME: &str = "acme-store";
/// What Rust's tools need of the environment.
const OF_TOOLS: [&str; 5] = ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

#[test]
fn every_command_of_the_document_works() {
    if !has_target() {
        eprintln!(
            "not run: the compiler has nothing for wasm32-wasip2, and the components were built in another way"
        );
        return;
    }
    let document = fs_err::read_to_string(DOCUMENT).unwrap();
    let session = document.split(END).next().unwrap();
    let mut author = Author::new();
    let mut run = 0;
    for line in commands(session) {
        eprintln!("$ {line}");
        author.types(line);
        run += 1;
    }
    assert!(run >= 12, "the document has lost commands: {run} are left");
    assert!(author.store_was_used(), "no connection was created in the store");
}

/// The lines of the blocks that are typed: those of files name a language.
fn commands(session: &str) -> impl Iterator<Item = &str> {
    let blocks = session.split("\n```").skip(1).step_by(2).filter(|block| block.starts_with('\n'));
    blocks.flat_map(|block| block.lines().skip(1)).filter(|line| !line.is_empty())
}

/// Whether the compiler of the tests can build components by itself.
fn has_target() -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", "wasm32-wasip2"]);
    let answer = rustc.stderr(Stdio::null()).output();
    answer.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_dir())
}

/// Who follows the document, in the folder where it led.
struct Author {
    site: Site,
    registry: DockerRegistry,
    folder: PathBuf,
    /// The home of somebody else, who uses what was published.
    other: PathBuf,
    has_published: bool,
}

impl Author {
    fn new() -> Self {
        let (site, registry) = (Site::cold(), DockerRegistry::start());
        site.env.watch("password", PASSWORD);
        let login = STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let logins = serde_json::json!({ "auths": { registry.host(): { "auth": login } } });
        site.env.file("auth.json", logins.to_string());
        let (folder, other) = (site.env.files(), site.env.folder("other"));
        Self { site, registry, folder, other, has_published: false }
    }

    fn types(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            // The suites are built with a target that is there.
            ["rustup", ..] => {}
            ["cd", folder] => {
                self.folder = self.folder.join(folder);
                self.log_in(&self.folder.join("plugins.toml"));
            }
            ["cargo", ..] => self.runs_tool(&words),
            ["connhub", "plugin", "new", ..] => {
                let sdk = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk");
                self.command(&[&words[1..], &["--sdk", sdk]].concat()).run().succeeds();
            }
            // The other way of publishing; `cli` tries it.
            ["connhub", "plugin", "add", address, ..] if address.starts_with("https:") => {}
            ["connhub", "plugin", "add", ..] => {
                self.has_published = true;
                self.command(&[&words[1..], &["--yes"]].concat()).run().succeeds();
                self.log_in(&self.other.join("plugins.toml"));
                self.site.env.file(&format!("{NAME}/key"), self.site.env.secret("key"));
            }
            ["connhub", ..] => {
                self.command(&words[1..]).run().succeeds();
            }
            _ => panic!("nobody knows how to type `{line}`"),
        }
    }

    fn command(&self, words: &[&str]) -> Run<'_> {
        let place = |word: &&str| {
            let word = word.replace("registry.example.com", &self.registry.host());
            word.replace("https://store.example.com", &self.site.server.url())
        };
        let words: Vec<String> = words.iter().map(place).collect();
        let logins = self.site.env.files().join("auth.json");
        let mut run = self.site.env.command(words).inside(&self.folder);
        run = run.variable("REGISTRY_AUTH_FILE", logins);
        for name in OF_TOOLS {
            if let Some(value) = std::env::var_os(name) {
                run = run.variable(name, value);
            }
        }
        if self.has_published { run.at_home(&self.other) } else { run }
    }

    fn runs_tool(&self, words: &[&str]) {
        let status = Command::new(words[0]).args(&words[1..]).current_dir(&self.folder).status();
        assert!(status.expect("it is there").success(), "{words:?}");
    }

    /// What every user writes down for a store of their own: where it is, and how to log in.
    fn log_in(&self, file: &Path) {
        let text = fs_err::read_to_string(file).unwrap();
        let mut plugins: DocumentMut = text.parse().unwrap();
        let token = self.site.env.file("token", self.site.store.token());
        let endpoint = &mut plugins["backends"][NAME]["endpoints"]["api"];
        endpoint["url"] = value(self.site.server.url());
        let mut login = Table::new();
        login["scheme"] = value("bearer");
        login["file"] = value(shown(&token));
        endpoint["login"] = Item::Table(login);
        fs_err::write(file, plugins.to_string()).unwrap();
    }

    fn store_was_used(&self) -> bool {
        let requests = self.site.server.requests();
        requests.iter().any(|sent| {
            sent.method == "POST" && String::from_utf8_lossy(&sent.body).contains("\"sales\"")
        })
    }
}
