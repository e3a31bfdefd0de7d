//! `connhub plugin save` and `load`: a connector in one file.

use super::signatures::{key_pair, sign};
use super::*;

fn signed_copy(env: &TestEnv) -> String {
    let component = connhub_tests::cli::program().parent().unwrap().join("connectors/local.wasm");
    let copy = env.file("acme.wasm", fs_err::read(component).unwrap());
    key_pair(env, "team");
    sign(env, "team.key", &copy);
    copy.to_str().unwrap().to_owned()
}

#[test]
fn a_saved_connector_is_loaded_with_its_signature() {
    let env = TestEnv::new();
    let component = signed_copy(&env);
    insta::assert_snapshot!(env.run(["plugin", "save", &component]), @"
    exit code: 0
    --- stdout ---
    saved `acme` in `acme.tar`, sha256 [SHA256]
    ");
    let bundle = env.files().join("acme.tar");
    let bytes = fs_err::read(&bundle).unwrap();
    env.run(["plugin", "save", &component]).fails(5, "`acme.tar` is there already");
    let again = env.files().join("again.tar");
    env.run(["plugin", "save", &component, "--out", again.to_str().unwrap()]).succeeds();
    assert_eq!(fs_err::read(&again).unwrap(), bytes, "the same content makes the same file");

    let elsewhere = TestEnv::new();
    let bundle = elsewhere.file("acme.tar", bytes);
    let bundle = bundle.to_str().unwrap();
    let key = env.files().join("team.pub");
    let key = key.to_str().unwrap();
    elsewhere.run(["plugin", "load", bundle, "--key", key, "--yes"]).succeeds();
    let fields = ["x", "--type", "uri", "uri=https://a.example.com", "-b", "acme"];
    elsewhere.run(["create"].iter().chain(&fields)).succeeds();
    elsewhere.run(["plugin", "verify"]).succeeds();
    key_pair(&elsewhere, "stranger");
    let stranger = elsewhere.files().join("stranger.pub");
    let stranger = stranger.to_str().unwrap();
    let words = ["plugin", "load", bundle, "--name", "b", "--key", stranger, "--yes"];
    elsewhere.run(words).exits_with(8);
}

#[test]
fn a_bundle_that_was_changed_is_refused() {
    let env = TestEnv::new();
    let component = signed_copy(&env);
    env.run(["plugin", "save", &component]).succeeds();
    let mut bytes = fs_err::read(env.files().join("acme.tar")).unwrap();
    // Within the component, which is no longer what was signed.
    bytes[100_000] ^= 1;
    let changed = env.file("changed.tar", &bytes);
    let key = env.files().join("team.pub");
    let words =
        ["plugin", "load", changed.to_str().unwrap(), "--key", key.to_str().unwrap(), "--yes"];
    env.run(words).exits_with(8);
    let cut = env.file("cut.tar", &bytes[..50_000]);
    env.run(["plugin", "load", cut.to_str().unwrap(), "--yes"]).fails(8, "the bundle is damaged");
    assert!(!env.home().join("plugins.toml").exists());
}
