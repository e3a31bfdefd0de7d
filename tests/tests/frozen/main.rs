//! A component of every released version of the contract runs on today's host as it did when it was built, and one of a version that
//! this host does not know is refused in words. `cargo xtask freeze` makes the components; `tests/frozen/README.md` says how.

use std::path::PathBuf;
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
[backends.keeps]
connector = "keeps"
[backends.keeps.endpoints.api.login]
scheme = "bearer"
env = ["API_TOKEN"]
"#;

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
        let path = env.file("keeps.wasm", component).display().to_string();
        let url = server.url();
        env.plugins(&format!(
            "version = 1\n[connectors.keeps]\ncomponent = \"{path}\"\n{GRANTS}\n\
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

/// Every operation, with every interface of the contract behind them.
fn lives(component: &[u8]) {
    let instance = Instance::of(component);
    let checked = instance.json(&["check"]);
    assert_eq!(checked["user"], "somebody", "{checked}");
    creates_and_reads(&instance);
    compares(&instance);
    changes(&instance);
    lists_and_deletes(&instance);
}

fn creates_and_reads(instance: &Instance) {
    let (field, secret) = instance.secret("password", "first");
    let database = ["host=db.example.com", "database=sales", "username=sam"];
    let create = ["create", "db", "--type", "postgresql", &field];
    let created = instance.json(&create.iter().chain(&database).copied().collect::<Vec<_>>());
    assert_eq!(created["outcome"], "created", "{created}");
    let told = instance.server.requests().into_iter().find(|request| request.path == "/told");
    let told: Value = serde_json::from_slice(&told.expect("it was told").body).expect("JSON");
    assert_eq!(told["secrets"]["0"], secret, "the bytes of the secret are in the request");
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

#[test]
fn a_component_of_today_does_the_same() {
    let folder = std::env::var_os("CONNHUB_TEST_COMPONENTS").map_or_else(
        || connhub_tests::cli::program().with_file_name("test-components"),
        PathBuf::from,
    );
    let component = fs_err::read(folder.join(format!("{}.wasm", "keeps")));
    lives(&component.expect("the component is built by `cargo xtask guests --tests`"));
}
