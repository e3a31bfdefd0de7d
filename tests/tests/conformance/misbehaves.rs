//! Connectors that do what they must not fail where they must.

use connhub_tests::cli::TestEnv;
use connhub_tests::serve::{Request, Response, Server, Service};
use std::sync::Arc;

use crate::{Checks, checks, that};

const NEEDS: &str = r#"
contract = "1.0.0"
version = "1.0.0"
[[endpoint]]
name = "api"
why = "the door to attack"
allow = ["GET /allowed/**", "POST /allowed/**"]
secrets-in = ["/data/*"]
[vault]
why = "keeps what it stole"
[reveal]
why = "wants to see"
"#;

/// A server that agrees to everything.
struct Agrees;

impl Service for Agrees {
    fn answer(&self, _: &Request) -> Response {
        Response::json(200, &serde_json::json!({}))
    }
}

/// The component of `tests/components/misbehaves` with a declaration.
fn component(needs: &str) -> Vec<u8> {
    let folder = std::env::var_os("CONNHUB_TEST_COMPONENTS").map_or_else(
        || connhub_tests::cli::program().with_file_name("test-components"),
        Into::into,
    );
    let path = folder.join(format!("{}.wasm", "misbehaves"));
    let mut bytes =
        fs_err::read(path).expect("the component is built by `cargo xtask guests --tests`");
    let name = b"connhub:needs";
    let payload = [&leb128(name.len()), &name[..], needs.as_bytes()].concat();
    bytes.push(0);
    bytes.extend(leb128(payload.len()));
    bytes.extend(payload);
    bytes
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits are a byte");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Tries `misbehaves` out with these settings.
#[track_caller]
fn trial(settings: &str) -> Checks {
    let env = TestEnv::new();
    let server = Server::start(Arc::new(Agrees));
    let file = env.file("misbehaves.wasm", component(NEEDS)).display().to_string();
    env.plugins(&format!(
        r#"version = 1
[connectors.bad]
component = "{file}"
reveal = true
[connectors.bad.vault]
[connectors.bad.limits]
memory-mib = 8
response-mib = 1
output-mib = 1
[connectors.bad.endpoints.api]
kind = "http"
allow = ["GET /allowed/**", "POST /allowed/**"]
secrets-in = ["/data/*"]
mask = ["/data/*"]
[backends.bad]
connector = "bad"
[backends.bad.settings]
{settings}
[backends.bad.endpoints.api]
url = "{}"
"#,
        server.url()
    ));
    let outcome = env.run(["plugin", "test", "bad", "-o", "json"]);
    assert_eq!(outcome.code, 9, "{outcome}");
    checks(&outcome)
}

#[track_caller]
fn fails(checks: &Checks, ids: &[&str]) {
    for id in ids {
        assert_eq!(checks[*id].0, "failed", "{id}: {checks:#?}");
    }
}

#[test]
fn one_that_stores_nothing_is_found_out() {
    let checks = trial("");
    fails(&checks, &["create.new"]);
    assert!(that(&checks, "passed").contains(&"described.answers"), "{checks:#?}");
    assert_eq!(checks["declared.reveal"].0, "skipped");
}

#[test]
fn one_that_crashes_fails_by_name() {
    let checks = trial("behavior = \"panic\"");
    fails(&checks, &["check.answers", "create.new"]);
    assert!(checks["create.new"].1.contains("connector `bad`"), "{checks:#?}");
}

#[test]
fn one_that_reveals_and_repeats_secrets_is_found_out() {
    let checks = trial("behavior = \"leak\"\nanswer = \"exact-name\"");
    fails(&checks, &["secrets.memory", "secrets.messages"]);
}

#[test]
fn one_that_believes_every_server_is_found_out() {
    let checks = trial("behavior = \"believe\"\nanswer = \"exact-name\"");
    fails(&checks, &["hostile.trickle", "hostile.reset", "hostile.slow", "hostile.html"]);
    let why = &checks["hostile.trickle"].1;
    assert!(why.contains("succeeded, although no server answered it"), "{why}");
}

#[test]
fn one_that_has_half_a_connection_after_it_was_stopped_is_found_out() {
    let checks = trial("behavior = \"believe\"\nanswer = \"exact-name\"");
    fails(&checks, &["hostile.computing"]);
    let why = &checks["hostile.computing"].1;
    assert!(why.starts_with("after ") && why.contains("half of it was there"), "{why}");
}

#[test]
fn a_declaration_that_is_not_true_is_found_out() {
    let env = TestEnv::new();
    let needs = "contract = \"1.0.0\"\n[vault]\nwhy = \" \"\n[[endpoint]]\nname = \"api\"\nwhy = \"x\"\nallow = []\n";
    let file = env.file("declares.wasm", component(needs)).display().to_string();
    let outcome = env.run(["plugin", "test", &file, "-o", "json"]);
    let checks = checks(&outcome);
    fails(&checks, &["declared.version", "declared.reasons"]);
    assert_eq!(checks["create.new"].0, "skipped");
    assert!(checks["create.new"].1.contains("--backend"), "{checks:#?}");
}
