//! `--record` and `--replay`.

use std::path::Path;

use connhub_tests::cli::TestEnv;
use connhub_tests::serve::Server;
use serde_json::Value;

use crate::{checks, passes};

/// Records a trial, and plays it to somebody who has neither the server nor a login.
#[track_caller]
pub fn round_trip(env: &TestEnv, server: Server, connector: &str) {
    let key = format!("secret_access_key=@{}", env.secret_file("key").display());
    let words = ["create", "mine", "-b", connector, "--type", "s3", "bucket=lake"];
    let rest =
        ["endpoint=https://s3.example.com", "region=eu-central-1", "access_key_id=AKIA", &key];
    env.run(words.into_iter().chain(rest)).succeeds();
    let file = env.files().join("recording.json").display().to_string();
    passes(&env.run(["plugin", "test", connector, "--record", &file, "-o", "json"]), &[]);
    drop(server);
    let bytes = fs_err::read(&file).expect("the recording was asked for");
    assert_eq!(env.canaries().find(&bytes), None, "a secret is in the recording");
    let recording: Value = serde_json::from_slice(&bytes).expect("a recording is JSON");
    assert_eq!(recording["kind"], "Recording");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("kit-1"), "the kit's own secret has a name");

    let other = TestEnv::new();
    let played = other.run(["plugin", "test", connector, "--replay", &file, "-o", "json"]);
    passes(&played, &["hostile.computing"]);
    another_request_is_a_finding(&other, connector, recording);
}

#[track_caller]
fn another_request_is_a_finding(env: &TestEnv, connector: &str, mut recording: Value) {
    let calls = recording["calls"].as_array_mut().expect("a recording has calls");
    let mut created = calls.iter_mut().filter(|call| call["operation"] == "create");
    let exchanges = created.next().and_then(|call| call["exchanges"].as_array_mut());
    let request = &mut exchanges.expect("`create` sent something")[0]["request"];
    request["path"] = format!("{}x", request["path"].as_str().unwrap_or_default()).into();
    let file = env.file("changed.json", recording.to_string()).display().to_string();
    let outcome = env.run(["plugin", "test", connector, "--replay", &file, "-o", "json"]);
    assert_eq!(outcome.code, 9, "{outcome}");
    let checks = checks(&outcome);
    let (result, why) = &checks["replay.same"];
    assert_eq!(result, "failed", "{checks:#?}");
    assert!(why.contains("request 1 of `create`"), "{why}");
    assert!(why.contains("the connector sent"), "{why}");
    assert_eq!(checks["create.new"].0, "failed", "{checks:#?}");
}

/// The arguments that play a file.
fn replay<'a>(file: &'a Path, rest: &[&'a str]) -> Vec<&'a str> {
    let file = file.to_str().expect("the folders of a test are text");
    let words = ["plugin", "test", "local", "--replay", file];
    words.into_iter().chain(rest.iter().copied()).collect()
}

#[test]
fn what_cannot_be_recorded_or_played_is_refused() {
    let env = TestEnv::new();
    let file = env.file("good.json", "{\"kind\":\"Trial\",\"version\":1}");
    env.run(replay(&file, &[])).fails(2, "not `Recording` 1");
    env.run(replay(&file, &["--backend", "local"])).fails(2, "leave `--backend`");
    env.run(replay(&file, &["--record", "x"])).fails(2, "cannot be used with");
    env.run(replay(&file, &["--field", "bucket=x"])).fails(2, "cannot be used with");
    let file = env.file("torn.json", "{\"kind\":\"Recording\",\n\"version\":1");
    env.run(replay(&file, &[])).fails(2, "line 2 column 11");
    env.run(replay(Path::new("nothing.json"), &[])).fails(3, "the recording cannot be read");
    let words = ["plugin", "test", "local", "--record", "no/such/folder/file.json"];
    env.run(words).fails(2, "the recording cannot be written");
}

#[test]
fn a_connector_of_the_store_plays_in_one_that_is_thrown_away() {
    let env = TestEnv::new();
    let file = env.files().join("recording.json");
    let text = file.display().to_string();
    env.run(["plugin", "test", "local", "--record", &text]).succeeds();
    let other = TestEnv::new();
    other.run(replay(&file, &[])).succeeds();
    assert!(!other.home().join("data").exists(), "the store of the user was opened");
}
