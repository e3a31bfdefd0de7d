//! The local store, which has no server that could misbehave.

use connhub_tests::cli::{TestEnv, components};

use crate::passes;

/// What takes a server to find out.
const WITHOUT_SERVER: [&str; 14] = [
    "hostile.broken",
    "hostile.content-type",
    "hostile.echo",
    "hostile.endless",
    "hostile.html",
    "hostile.huge",
    "hostile.overloaded",
    "hostile.reset",
    "hostile.server-error",
    "hostile.slow",
    "hostile.trickle",
    "hostile.truncated",
    "hostile.wrong-shape",
    "secrets.requests",
];

#[test]
fn it_passes_in_the_store_of_its_user_and_leaves_it_as_it_was() {
    let env = TestEnv::new();
    let words = ["create", "mine", "--type", "s3", "bucket=lake", "access_key_id=AKIA"];
    let key = format!("secret_access_key=@{}", env.secret_file("key").display());
    env.run(words.into_iter().chain([key.as_str()])).succeeds();
    let before = env.run(["get", "mine", "-o", "json"]).succeeds().stdout;
    passes(&env.run(["plugin", "test", "local", "-o", "json"]), &WITHOUT_SERVER);
    assert_eq!(env.run(["get", "mine", "-o", "json"]).succeeds().stdout, before);
    assert_eq!(env.run(["list", "-o", "name"]).succeeds().stdout.lines().count(), 1);
}

#[test]
fn a_file_gets_a_store_that_is_thrown_away() {
    let env = TestEnv::new();
    let file = components().join("local.wasm").display().to_string();
    let outcome = env.run(["plugin", "test", &file, "--type", "postgresql", "-o", "json"]);
    passes(&outcome, &WITHOUT_SERVER);
    assert_eq!(outcome.json()["type"], "postgresql");
    assert!(!env.home().join("data").exists(), "the store of the user was opened");
}

#[test]
fn what_is_made_up_can_be_said_and_is_checked() {
    let env = TestEnv::new();
    let words = ["plugin", "test", "local", "--field", "bucket=mine", "-o", "json"];
    passes(&env.run(words), &WITHOUT_SERVER);
    for (arguments, says) in [
        (["--field", "bucket"], "FIELD=VALUE"),
        (["--field", "buckets=x"], "did you mean `bucket`?"),
        (["--backend", "all"], "one backend"),
        (["--backend", "rhoai"], "not of `local`"),
        (["--junit", "no/such/folder/report.xml"], "the report cannot be written"),
    ] {
        let outcome = env.run(["plugin", "test", "local"].iter().chain(&arguments));
        assert_eq!(outcome.code, 2, "{outcome}");
        assert!(outcome.stderr.contains(says), "{outcome}");
    }
    let outcome = env.run(["plugin", "test", "nothing"]);
    assert_eq!(outcome.code, 3, "{outcome}");
}
