//! `wkg`, the tool of the Bytecode Alliance, reads what `plugin push` wrote, and `plugin add` what `wkg` wrote, in a real registry.
//!
//! It runs where there is a `wkg`: `CONNHUB_TEST_WKG` names it, or it is on `PATH`. Elsewhere a unit test of `fetch/push` holds the layout to what
//! `wkg` 0.16.1 wrote.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use connhub_tests::cli::components;
use connhub_tests::docker_registry::{DockerRegistry, PASSWORD, USER};

use super::plugin_push::site;
use super::*;

/// The program, if there is one.
fn wkg() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CONNHUB_TEST_WKG") {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join("wkg"));
    found.into_iter().find(|program| program.is_file())
}

/// Runs `wkg oci` in a home of its own, with the login of the registry.
fn run(program: &PathBuf, env: &TestEnv, registry: &DockerRegistry, words: &[&str]) {
    let mut wkg = Command::new(program);
    wkg.arg("oci").args(words).args(["--insecure", &registry.host()]);
    wkg.env_clear().env("HOME", env.folder("wkg-home"));
    wkg.env("WKG_OCI_USERNAME", USER).env("WKG_OCI_PASSWORD", PASSWORD);
    let output = wkg.stdin(Stdio::null()).output().expect("`wkg` can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {said}");
}

#[test]
fn both_tools_read_what_the_other_wrote() {
    let Some(program) = wkg() else {
        eprintln!("NOT RUN: there is no `wkg`; CONTRIBUTING.md says how to get it");
        return;
    };
    let (env, registry, place) = site();
    let component = components().join("vault-kv.wasm");
    let bytes = fs_err::read(&component).unwrap();
    env.run(["plugin", "push", "vault-kv", &place]).succeeds();
    let pulled = env.files().join("pulled.wasm");
    let reference = place.strip_prefix("oci://").unwrap();
    run(&program, &env, &registry, &["pull", reference, "--output", pulled.to_str().unwrap()]);
    assert!(fs_err::read(pulled).unwrap() == bytes, "it is another component");

    let reference = format!("{}/team/by-wkg:1", registry.host());
    run(&program, &env, &registry, &["push", &reference, component.to_str().unwrap()]);
    let source = format!("oci://{reference}");
    let add = ["plugin", "add", &source, "--name", "by-wkg", "--yes"];
    let address = ["--endpoint", "vault=https://vault.example.com"];
    env.run(add.into_iter().chain(address)).succeeds();
    let inspected = env.run(["plugin", "inspect", "by-wkg", "-o", "json"]).succeeds().json();
    let own = env.run(["plugin", "inspect", "vault-kv", "-o", "json"]).succeeds().json();
    assert!(own["sha256"].is_string(), "{own}");
    assert_eq!(inspected["sha256"], own["sha256"]);
}
