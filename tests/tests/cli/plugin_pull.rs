//! Downloads of `connhub plugin add` that are cut, and how far they are.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connhub_tests::registry::{Registry, sha256};
use connhub_tests::serve::{Fault, FaultKind, Request, Response, Server, Service};
use http::Method;

use super::plugin_add::{VAULT, component};
use super::*;

/// So long nobody waits in earnest.
const PATIENCE: Duration = Duration::from_secs(60);

/// One component, under a name of its version.
struct Place {
    component: Vec<u8>,
    tag: &'static str,
}

impl Service for Place {
    fn answer(&self, request: &Request) -> Response {
        if request.path != "/acme.wasm" {
            return Response::text(404, "no");
        }
        let answer = Response::with_body(200, "application/wasm", self.component.clone());
        answer.header("etag", self.tag).part_for(request)
    }
}

/// A component of two mebibytes, more than is held back in memory.
fn large() -> Vec<u8> {
    component(VAULT, &"x".repeat(2 << 20))
}

fn kept(env: &TestEnv) -> Vec<PathBuf> {
    connhub_tests::cli::files_below(&env.home().join("cache/downloads"))
}

/// The value of a header in each request for the component.
fn asked(server: &Server, path: &str, header: &str) -> Vec<Option<String>> {
    let requests = server.requests().into_iter().filter(|request| request.path == path);
    let value = |request: connhub_tests::serve::Recorded| {
        Some(request.headers.get(header)?.to_str().ok()?.to_owned())
    };
    requests.map(value).collect()
}

fn added(env: &TestEnv, name: &str, component: &[u8]) {
    let lock = fs_err::read_to_string(env.home().join("plugins.lock")).unwrap();
    assert!(lock.contains(sha256(component).trim_start_matches("sha256:")), "{lock}");
    env.run(["plugin", "verify", name]).succeeds();
}

fn once(path: &str, kind: FaultKind) -> Fault {
    Fault::on(Method::GET, path, kind).times(1)
}

#[test]
fn a_download_that_is_cut_goes_on_within_the_command_and_in_the_next_one() {
    let env = TestEnv::new();
    let bytes = component(VAULT, "");
    let half = bytes.len() / 2;
    let server = Server::start(Arc::new(Place { component: bytes.clone(), tag: "\"1\"" }));
    let url = format!("{}/acme.wasm", server.url());
    let add = |name: &str| env.run(["plugin", "add", &url, "--name", name, "--yes"]);
    server.faults().add(once("/acme.wasm", FaultKind::ResetMidBody));
    add("one").succeeds();
    added(&env, "one", &bytes);
    server.faults().add(once("/acme.wasm", FaultKind::ResetMidBody));
    server.faults().add(once("/acme.wasm", FaultKind::status(503)));
    add("two").fails(6, "answered 503");
    let files = kept(&env);
    assert_eq!(files.len(), 1);
    assert_eq!(fs_err::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    add("two").succeeds();
    added(&env, "two", &bytes);
    assert!(kept(&env).is_empty());
    let range = Some(format!("bytes={half}-"));
    let ranges = [None, range.clone(), None, range.clone(), range];
    assert_eq!(asked(&server, "/acme.wasm", "range"), ranges);
    let tag = Some("\"1\"".to_owned());
    let tags = [None, tag.clone(), None, tag.clone(), tag];
    assert_eq!(asked(&server, "/acme.wasm", "if-range"), tags);
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let env = TestEnv::new();
    let url = |server: &Server| format!("{}/acme.wasm", server.url());
    let old = Server::start(Arc::new(Place { component: component(VAULT, "old"), tag: "\"1\"" }));
    old.faults().add(once("/acme.wasm", FaultKind::ResetMidBody));
    old.faults().add(once("/acme.wasm", FaultKind::status(503)));
    env.run(["plugin", "add", &url(&old), "--yes"]).exits_with(6);
    // What is kept is what another version began with; the server is asked for the rest of that one.
    let new = component(VAULT, "new");
    let server = Server::start(Arc::new(Place { component: new.clone(), tag: "\"2\"" }));
    let name = |url: &str| sha256(url.as_bytes()).trim_start_matches("sha256:").to_owned();
    let folder = env.home().join("cache/downloads");
    let part = |url: &str| folder.join(name(url)).with_extension("part");
    fs_err::rename(part(&url(&old)), part(&url(&server))).unwrap();
    env.run(["plugin", "add", &url(&server), "--yes"]).succeeds();
    added(&env, "acme", &new);
    assert!(asked(&server, "/acme.wasm", "range")[0].is_some());
}

#[test]
fn a_blob_of_a_registry_goes_on_and_its_digest_counts_in_the_end() {
    let env = TestEnv::new();
    let bytes = component(VAULT, "");
    let registry = Arc::new(Registry::default());
    registry.push("acme", "1", &bytes);
    let server = Server::start(registry.clone());
    let reference = format!("oci://{}/acme:1", server.url().trim_start_matches("http://"));
    let blob = format!("/v2/acme/blobs/{}", sha256(&bytes));
    let add = |name: &str| env.run(["plugin", "add", &reference, "--name", name, "--yes"]);
    server.faults().add(once(&blob, FaultKind::ResetMidBody));
    server.faults().add(once(&blob, FaultKind::status(503)));
    add("one").fails(6, "503");
    assert_eq!(kept(&env).len(), 1);
    add("one").succeeds();
    added(&env, "one", &bytes);
    let half = format!("bytes={}-", bytes.len() / 2);
    assert_eq!(asked(&server, &blob, "range").last().unwrap().as_deref(), Some(&*half));
    // A first half of something else: the whole is fetched anew, and is right.
    let mut wrong = bytes.clone();
    wrong[20] ^= 1;
    registry.tamper(&sha256(&bytes), &wrong);
    server.faults().add(once(&blob, FaultKind::ResetMidBody));
    server.faults().add(once(&blob, FaultKind::status(503)));
    add("two").fails(6, "503");
    registry.tamper(&sha256(&bytes), &bytes);
    add("two").succeeds();
    added(&env, "two", &bytes);
    assert_eq!(asked(&server, &blob, "range").last().unwrap(), &None);
    // What is wrong to its end is refused, and nothing of it stays.
    registry.tamper(&sha256(&bytes), &wrong);
    server.faults().add(once(&blob, FaultKind::ResetMidBody));
    add("three").fails(8, "is not what its digest says");
    assert!(kept(&env).is_empty());
}

#[test]
fn a_kill_loses_little_and_another_command_goes_without() {
    let env = TestEnv::new();
    let bytes = large();
    let server = Server::start(Arc::new(Place { component: bytes.clone(), tag: "\"1\"" }));
    let url = format!("{}/acme.wasm", server.url());
    let add = |name: &str| env.command(["plugin", "add", &url, "--name", name, "--yes"]);
    let hour = Duration::from_secs(3600);
    let slow = FaultKind::SlowBody { chunk: 1 << 20, pause: hour };
    server.faults().add(once("/acme.wasm", slow));
    let first = add("first").start();
    let started = Instant::now();
    let size = || kept(&env).first().map_or(0, |file| fs_err::metadata(file).unwrap().len());
    while size() < 512 << 10 {
        assert!(started.elapsed() < PATIENCE, "nothing is kept");
        std::thread::yield_now();
    }
    add("second").run().succeeds();
    added(&env, "second", &bytes);
    assert_eq!(kept(&env).len(), 1, "what the first one holds stays");
    first.kill();
    add("third").run().succeeds();
    added(&env, "third", &bytes);
    let ranges = asked(&server, "/acme.wasm", "range");
    let range = ranges.iter().flatten().next().expect("the third goes on");
    let from: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
    assert!(from >= 256 << 10, "{range}");
    assert!(kept(&env).is_empty());
}

#[test]
fn a_terminal_shows_how_far_it_is() {
    let env = TestEnv::new();
    let server = Server::start(Arc::new(Place { component: large(), tag: "\"1\"" }));
    let slow = FaultKind::SlowBody { chunk: 1 << 20, pause: Duration::from_secs(3600) };
    server.faults().add(once("/acme.wasm", slow));
    let url = format!("{}/acme.wasm", server.url());
    let mut terminal = env.command(["plugin", "add", &url]).on_terminal();
    terminal.waits_for("1.0 of 2.0 MiB");
    terminal.types("\x03");
    terminal.finish().exits_with(130);
    assert_eq!(kept(&env).len(), 1);
    let mut terminal = env.command(["plugin", "add", &url]).on_terminal();
    terminal.waits_for("with these grants?");
    terminal.types("y\n");
    assert_eq!(terminal.finish().code, 0);
    assert!(asked(&server, "/acme.wasm", "range").iter().any(Option::is_some));
}
