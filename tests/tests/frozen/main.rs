//! A component of every released version of the contract runs on today's host as it did when it was built, and one of a version that
//! this host does not know is refused in words. `cargo xtask freeze` makes the components; `tests/frozen/README.md` says how.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use connhub_tests::cli::{Outcome, TestEnv};
use connhub_tests::serve::{Request, Response, Server, Service};
use serde_json::{Value, json};

/// What the connector needs, granted.
const GRANTS: &str = r#"
[connectors.keeps.vault]
[connectors.keeps.endpoints.api]
kind = "http"
allow = ["GET /user", "POST /told"]
secrets-in = ["/secrets/*"]
mask = ["/secrets/*"]
[connectors.keeps.commands.tool]
program = "PROGRAM"
args = [["note", "{name}", "{file}"]]
secrets-in = ["/secrets/*"]
input = true
[backends.keeps]
connector = "keeps"
[backends.keeps.endpoints.api.login]
scheme = "bearer"
env = ["API_TOKEN"]
"#;

/// The program counts what it is told, and sees to it that it gets the same by both ways.
const NOTES: &str = "#!/bin/sh
[ \"$1\" = note ] && [ \"$(cat)\" = \"$(cat \"$3\")\" ] || exit 1
printf '%s %s\\n' \"$2\" \"$(wc -c <\"$3\")\" >>\"$0.log\"
echo noted
";

/// A server that says who is calling, and repeats what it is told.
struct Repeats;

impl Service for Repeats {
    fn answer(&self, request: &Request) -> Response {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/user") => Response::json(200, &json!({ "user": "somebody" })),
            ("POST", "/told") => {
                Response::with_body(200, "application/json", request.body.to_vec())
            }
            _ => Response::empty(404),
        }
    }
}

/// A user with one component.
struct Instance {
    env: TestEnv,
    server: Server,
}

impl Instance {
    fn of(component: &[u8]) -> Self {
        let env = TestEnv::new().with_variable("API_TOKEN", "b2NlYW5zYXJld2lkZQ");
        env.watch("login", "b2NlYW5zYXJld2lkZQ");
        let server = Server::start(Arc::new(Repeats));
        let program = env.file("keeps-tool", NOTES);
        let all = std::fs::Permissions::from_mode(0o700);
        fs_err::set_permissions(&program, all).expect("a test's file can be made a program");
        let grants = GRANTS.replace("PROGRAM", &program.display().to_string());
        let path = env.file("keeps.wasm", component).display().to_string();
        let url = server.url();
        env.plugins(&format!(
            "version = 1\n[connectors.keeps]\ncomponent = \"{path}\"\n{grants}\n\
             [backends.keeps.endpoints.api]\nurl = \"{url}\"\n"
        ));
        Self { env, server }
    }

    #[track_caller]
    fn run(&self, words: &[&str]) -> Outcome {
        self.env.run(words.iter().chain(&["--backend", "keeps"]))
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        let words: Vec<_> = words.iter().copied().chain(["-o", "json"]).collect();
        self.run(&words).succeeds().json()
    }

    /// A field with a new secret in a file, as a command takes it; and the secret.
    fn secret(&self, field: &str, label: &str) -> (String, String) {
        let secret = self.env.secret(label);
        let file = self.env.file(label, &secret);
        (format!("{field}=@{}", file.display()), secret)
    }

    #[track_caller]
    fn password(&self, name: &str) -> String {
        let words = ["env", name, "--format", "json", "--backend", "keeps"];
        let variables = self.env.command(words).revealing().run().succeeds().json();
        variables["PGPASSWORD"].as_str().expect("the type has a password").to_owned()
    }
}

/// Whether the version of the contract has programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Programs {
    Unknown,
    Known,
}

/// Every operation, with every interface of the contract behind them.
fn lives(component: &[u8], programs: Programs) {
    let instance = Instance::of(component);
    let checked = instance.json(&["check"]);
    assert_eq!(checked["user"], "somebody", "{checked}");
    creates_and_reads(&instance, programs);
    compares(&instance);
    changes(&instance);
    lists_and_deletes(&instance);
}

fn creates_and_reads(instance: &Instance, programs: Programs) {
    let (field, secret) = instance.secret("password", "first");
    let database = ["host=db.example.com", "database=sales", "username=sam"];
    let create = ["create", "db", "--type", "postgresql", &field];
    let created = instance.json(&create.iter().chain(&database).copied().collect::<Vec<_>>());
    assert_eq!(created["outcome"], "created", "{created}");
    let told = instance.server.requests().into_iter().find(|request| request.path == "/told");
    let told: Value = serde_json::from_slice(&told.expect("it was told").body).expect("JSON");
    assert_eq!(told["secrets"]["0"], secret, "the bytes of the secret are in the request");
    let noted = fs_err::read_to_string(instance.env.files().join("keeps-tool.log")).ok();
    let length = json!({ "secrets": { "0": secret } }).to_string().len();
    assert_eq!(noted, (programs == Programs::Known).then(|| format!("db {length}\n")));
    let got = instance.json(&["get", "db"]);
    let text = got.to_string();
    assert!(text.contains("db.example.com") && text.contains("sales"), "{got}");
    assert_eq!(instance.password("db"), secret);
    instance.run(&create.iter().chain(&database).copied().collect::<Vec<_>>()).exits_with(5);
    instance.run(&["get", "nobody"]).exits_with(3);
}

fn compares(instance: &Instance) {
    let (field, _) = instance.secret("password", "another");
    let keep = |fields: &[&str]| {
        let words = ["create", "db", "--type", "postgresql", "--if-exists", "keep"];
        instance.json(&words.iter().chain(fields).copied().collect::<Vec<_>>())
    };
    let other = keep(&["host=db.example.com", "database=hr", "username=sam", &field]);
    assert_eq!(other["outcome"], "kept", "{other}");
    assert_eq!(other["differences"], json!(["database", "password"]), "{other}");
}

fn changes(instance: &Instance) {
    let (field, secret) = instance.secret("password", "second");
    let updated = instance.json(&["update", "db", "database=finance", &field]);
    assert_eq!(updated["outcome"], "updated", "{updated}");
    assert!(instance.json(&["get", "db"]).to_string().contains("finance"));
    assert_eq!(instance.password("db"), secret);
}

fn lists_and_deletes(instance: &Instance) {
    let (field, _) = instance.secret("token", "token");
    instance.run(&["create", "other", "--type", "my-own", &field]).succeeds();
    let listed = instance.json(&["list"]);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
    instance.run(&["delete", "db", "--yes"]).succeeds();
    instance.run(&["get", "db"]).exits_with(3);
    let listed = instance.run(&["list", "-o", "name"]).succeeds().stdout;
    assert!(listed.contains("other") && !listed.contains("db"), "{listed}");
}

/// The component of a released version, or of today.
const COMPONENT: &str = "keeps.wasm";

/// The first version that was released; its folder is never empty, so that no test below runs over nothing.
const FIRST: &str = "1.0.0";

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen")
}

fn component_of(version: &str) -> Vec<u8> {
    fs_err::read(frozen().join(version).join(COMPONENT)).expect("each version has a component")
}

/// Every version that has a folder.
fn released() -> Vec<String> {
    let entries = fs_err::read_dir(frozen()).expect("the released versions are in the repository");
    let entries = entries.map(|entry| entry.expect("the folder can be read"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_component_of_every_released_version_does_what_it_did() {
    let versions = released();
    assert!(versions.iter().any(|version| version == FIRST), "{versions:?}");
    for version in versions {
        // A panic shows what was printed.
        println!("the component of version {version}");
        let programs = if version == FIRST { Programs::Unknown } else { Programs::Known };
        lives(&component_of(&version), programs);
    }
}

/// Puts one text in the place of another wherever it is. The lengths are the same, so that nothing else of the component changes.
#[track_caller]
fn replaced(component: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places = component.windows(from.len()).enumerate();
    let places: Vec<_> =
        places.filter(|(_, text)| *text == from.as_bytes()).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "the component holds no `{from}`");
    let mut component = component.to_vec();
    for at in places {
        component[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    component
}

/// The component of the first version, as one of another version would be: by what it declares, and by each interface.
fn of_version(version: &str) -> [Vec<u8>; 2] {
    let first = component_of(FIRST);
    let declares = |version: &str| format!("contract = \"{version}\"");
    let declaring = replaced(&first, &declares(FIRST), &declares(version));
    let interfaces = ["backend", "http", "log", "secrets", "types", "vault"];
    let using = interfaces.iter().fold(first, |component, name| {
        let of = |version: &str| format!("connhub:connector/{name}@{version}");
        replaced(&component, &of(FIRST), &of(version))
    });
    [declaring, using]
}

#[test]
fn a_component_of_an_unknown_version_is_refused_with_both_versions() {
    for version in ["1.9.0", "2.0.0"] {
        for component in of_version(version) {
            let instance = Instance::of(&component);
            let refused = instance.run(&["list"]).exits_with(8);
            let speaks = format!("contract {version}, and this connhub speaks {FIRST} to ");
            assert!(refused.stderr.contains(&speaks), "{}", refused.stderr);
            assert_eq!(instance.server.requests().len(), 0, "nothing is sent");
        }
    }
}

#[test]
fn a_component_of_today_does_the_same() {
    let folder = std::env::var_os("CONNHUB_TEST_COMPONENTS").map_or_else(
        || connhub_tests::cli::program().with_file_name("test-components"),
        PathBuf::from,
    );
    let component = fs_err::read(folder.join(COMPONENT));
    let component = component.expect("the component is built by `cargo xtask guests --tests`");
    lives(&component, Programs::Known);
}
