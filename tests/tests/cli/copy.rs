//! Copies: between folders and names of the local store here; between backends in the suites of these.

use super::*;

/// Whether a connection has a secret, asked without seeing it.
#[track_caller]
fn has_secret(env: &TestEnv, words: &[&str], secret: &str) -> bool {
    let keep = ["secret_access_key=-", "--if-exists=keep", "-o", "json"];
    let outcome = env.command(words.iter().chain(&keep)).stdin(secret).run().succeeds().json();
    assert_eq!(outcome["outcome"], "kept");
    outcome["differences"].as_array().unwrap().iter().all(|name| name != "secret_access_key")
}

fn lake() -> (TestEnv, String) {
    let env = TestEnv::new();
    let secret = env.secret("lake");
    let words = [
        "create",
        "lake",
        "--type=s3",
        "endpoint=https://minio.example.com:9000",
        "bucket=raw",
        "access_key_id=AKIAEXAMPLE",
        "secret_access_key=-",
        "--label=team=fraud",
        "--label=example.com/owner=robot",
        "--display-name=The lake",
    ];
    env.command(words).stdin(secret.as_str()).run().succeeds();
    (env, secret)
}

const COMPARE: [&str; 4] = ["create", "--type=s3", "access_key_id=AKIAEXAMPLE", "bucket=raw"];

#[track_caller]
fn copied_secret(env: &TestEnv, name: &str, scope: &str, secret: &str) -> bool {
    let words: Vec<&str> = COMPARE.iter().copied().chain(["-n", scope]).collect();
    let words = [&words[..1], &[name], &words[1..]].concat();
    has_secret(env, &words, secret)
}

#[test]
fn a_copy_has_everything_and_the_secret_is_not_shown() {
    let (env, secret) = lake();
    insta::assert_snapshot!(env.run(["copy", "lake", "archive/old-lake"]), @r"
    exit code: 0
    --- stdout ---
    created `old-lake` (s3) in backend `local`, folder `archive`
    --- stderr ---
    note: labels of other software were not copied: example.com/owner
    ");
    let copy = env.run(["get", "old-lake", "-n", "archive", "-o", "json"]).succeeds().json();
    assert_eq!(copy["displayName"], "The lake");
    assert_eq!(copy["labels"], serde_json::json!({"team": "fraud"}));
    assert_eq!(copy["fields"]["endpoint"], "https://minio.example.com:9000");
    assert_eq!(copy["secrets"], serde_json::json!(["secret_access_key"]));
    assert!(copied_secret(&env, "old-lake", "archive", &secret));
    assert!(!copied_secret(&env, "old-lake", "archive", "another-secret"));
}

#[test]
fn places_are_named_in_several_ways() {
    let (env, _) = lake();
    for (source, target, scope, name) in [
        ("lake", "lake2", "default", "lake2"),
        ("local/lake", "local/a/lake", "a", "lake"),
        ("default/lake", "b/", "b", "lake"),
        ("local/default/lake", "local/c/lake3", "c", "lake3"),
    ] {
        env.run(["cp", source, target]).succeeds();
        env.run(["get", name, "-n", scope]).succeeds();
    }
    env.run(["copy", "lake", "lake"]).fails(2, "onto itself");
    env.run(["copy", "lake", "local/default/"]).fails(2, "onto itself");
    env.run(["copy", "local/", "x"]).fails(2, "is not named");
    env.run(["copy", "lake", "a//b"]).fails(2, "no place of a connection");
    env.run(["copy", "nobody", "x"]).exits_with(3);
    env.run(["copy", "lake", "nowhere/d/x"]).exits_with(3);
}

#[test]
fn a_name_that_is_taken_is_treated_as_by_create() {
    let (env, secret) = lake();
    s3(&env, "other", &[]);
    env.run(["copy", "lake", "other"]).exits_with(5);
    let kept = env.run(["copy", "lake", "other", "--if-exists", "keep", "-o", "json"]).succeeds();
    let kept = kept.json();
    assert_eq!(kept["outcome"], "kept");
    assert!(kept["differences"].as_array().unwrap().iter().any(|name| name == "secret_access_key"));
    env.run(["copy", "lake", "other", "--if-exists", "replace"]).succeeds();
    assert!(copied_secret(&env, "other", "default", &secret));
}

#[test]
fn fields_change_and_stay_out() {
    let (env, _) = lake();
    env.run(["copy", "lake", "a", "--set", "bucket=clean", "--unset", "region"]).succeeds();
    let copy = env.run(["get", "a", "-o", "json"]).succeeds().json();
    assert_eq!(copy["fields"]["bucket"], "clean");
    let marked = ["copy", "lake", "b", "--mark-origin", "--label", "x=y", "--description", "d"];
    env.run(marked).succeeds();
    let copy = env.run(["get", "b", "-o", "json"]).succeeds().json();
    let labels =
        serde_json::json!({"connhub-copied-from": "local_default_lake", "team": "fraud", "x": "y"});
    assert_eq!(copy["labels"], labels);
    env.run(["copy", "lake", "c", "--unset", "prefix"]).fails(2, "no field `prefix`");
    env.run(["copy", "lake", "c", "--set", "secret_access_key=x"]).exits_with(2);
    env.run(["get", "c"]).exits_with(3);
}

#[test]
fn a_dry_run_copies_nothing() {
    let (env, _) = lake();
    for run in ["--dry-run", "--dry-run=server"] {
        let outcome = env.run(["copy", "lake", "a/lake", run]).succeeds();
        assert!(outcome.stdout.contains("dry run"), "{outcome}");
        env.run(["get", "lake", "-n", "a"]).exits_with(3);
    }
}

#[test]
fn secrets_do_not_follow_a_new_address() {
    let (env, secret) = lake();
    let moved = ["copy", "lake", "a", "--set", "endpoint=https://evil.example.com"];
    insta::assert_snapshot!(env.run(moved), @r"
    exit code: 2
    --- stderr ---
    error: the secrets of `a` have to be given again
      secret_access_key: is stored, and would be sent to another `endpoint`

    hint: give each again: `secret_access_key=-` (stdin) or `secret_access_key=@FILE`, in a copy behind `--set`
    hint: or say `--keep-secrets`, if whoever is at the new address may have them
    ");
    // Without an address the secrets go to the usual one, which is another, too.
    env.run(["copy", "lake", "a", "--unset", "endpoint"]).exits_with(2);
    env.run(["get", "a"]).exits_with(3);
    env.run(moved.iter().chain(&["--keep-secrets"])).succeeds();
    assert!(copied_secret(&env, "a", "default", &secret));
    let again = ["copy", "lake", "b", "--set", "url=https://new.example.com", "--set", "secret=-"];
    let new = env.secret("new");
    env.command(again).stdin(new.as_str()).run().succeeds();
    assert!(copied_secret(&env, "b", "default", &new));
}

#[test]
fn an_update_asks_for_the_secrets_of_a_new_address() {
    let (env, secret) = lake();
    let update = ["update", "lake", "endpoint=https://evil.example.com"];
    env.run(update).fails(2, "have to be given again");
    env.run(["update", "lake", "--unset", "endpoint"]).fails(2, "have to be given again");
    env.run(["update", "lake", "endpoint=https://minio.example.com:9000/"]).succeeds();
    env.run(["update", "lake", "bucket=clean"]).succeeds();
    assert!(copied_secret(&env, "lake", "default", &secret));
    let again = env.secret("again");
    let variable = ("CONNHUB_SECRET_SECRET_ACCESS_KEY", again.as_str());
    env.command(update).variable(variable.0, variable.1).run().succeeds();
    assert!(copied_secret(&env, "lake", "default", &again));
    env.run(["update", "lake", "endpoint=https://other.example.com", "--keep-secrets"]).succeeds();
    assert!(copied_secret(&env, "lake", "default", &again));
}

#[test]
fn a_person_is_asked_for_the_secrets_of_a_new_address() {
    let (env, _) = lake();
    let new = env.secret("new");
    let command = env.command(["update", "lake", "endpoint=https://new.example.com"]);
    let mut terminal = command.on_terminal();
    terminal.waits_for("needed again");
    terminal.waits_for_hidden_typing();
    terminal.types(&format!("{new}\r"));
    terminal.finish().succeeds();
    assert!(copied_secret(&env, "lake", "default", &new));
}
