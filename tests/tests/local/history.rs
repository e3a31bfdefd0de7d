//! What connections were: versions, the way back, and what is left of nothing.

use super::*;

/// A connection that was created, got another bucket, and then another secret.
fn three_versions() -> (TestEnv, String, String) {
    let env = TestEnv::new();
    let (old, new) = (env.secret("old"), env.secret("new"));
    create(&env, "lake", &old).run().succeeds();
    env.run(["update", "lake", "bucket=gold", "--label", "tier=1"]).succeeds();
    env.command(["update", "lake", "secret_access_key=-"]).stdin(new.as_str()).run().succeeds();
    (env, old, new)
}

fn history(env: &TestEnv, name: &str) -> Vec<Value> {
    let document = env.run(["history", name, "-o", "json"]).succeeds().json();
    assert_eq!(document["kind"], "History");
    document["items"].as_array().cloned().unwrap()
}

fn states(env: &TestEnv, name: &str) -> Vec<(u64, String)> {
    let state =
        |item: &Value| (item["version"].as_u64().unwrap(), item["state"].as_str().unwrap().into());
    history(env, name).iter().map(state).collect()
}

#[track_caller]
fn has_secret(env: &TestEnv, words: &[&str], secret: &str) {
    let words = ["get", "lake", "--reveal", "secret_access_key"].iter().chain(words);
    let outcome = env.command(words).revealing().run().succeeds();
    assert_eq!(outcome.stdout, secret, "{outcome}");
}

fn bucket(env: &TestEnv, words: &[&str]) -> Value {
    let words = ["get", "lake", "-o", "json"].iter().chain(words);
    env.command(words).run().succeeds().json()["fields"]["bucket"].clone()
}

#[test]
fn what_changed_is_told_by_name() {
    let (env, old, new) = three_versions();
    let items = history(&env, "lake");
    let changed: Vec<&Value> = items.iter().map(|item| &item["changed"]).collect();
    assert_eq!(changed[0], &serde_json::json!([]));
    assert_eq!(changed[1], &serde_json::json!(["bucket", "labels"]));
    assert_eq!(changed[2], &serde_json::json!(["secret_access_key"]));
    assert!(items[0]["endedAt"].is_string() && items[2].get("endedAt").is_none());
    let expected = [(1, "replaced".to_owned()), (2, "replaced".to_owned()), (3, "current".into())];
    assert_eq!(states(&env, "lake"), expected);
    assert_eq!(bucket(&env, &["--version", "1"]), "sales");
    assert_eq!(bucket(&env, &["--version", "3"]), "gold");
    has_secret(&env, &["--version", "2"], &old);
    has_secret(&env, &["--version", "3"], &new);
    let table = env.run(["history", "lake"]).succeeds();
    assert!(table.stdout.contains("secret_access_key") && table.stdout.contains("current"));
    env.run(["get", "lake", "--version", "9"]).fails(3, "has no version 9");
    env.run(["history", "nobody"]).fails(3, "nobody");
    env.run(["undo", "nobody"]).fails(3, "nobody");
    env.run(["get", "lake", "other", "--version", "1"]).fails(2, "one connection");
}

#[test]
fn a_change_is_undone_and_that_too() {
    let (env, old, new) = three_versions();
    let tried = env.run(["undo", "lake", "--dry-run"]).succeeds();
    assert!(
        tried.stderr.contains("version 2 would be brought back; nothing was changed"),
        "{tried}"
    );
    has_secret(&env, &[], &new);
    env.run(["undo", "lake"]).succeeds();
    has_secret(&env, &[], &old);
    assert_eq!(bucket(&env, &[]), "gold");
    env.run(["undo", "lake"]).succeeds();
    has_secret(&env, &[], &new);
    env.run(["undo", "lake", "--to", "1"]).succeeds();
    has_secret(&env, &[], &old);
    assert_eq!(bucket(&env, &[]), "sales");
    assert_eq!(states(&env, "lake").last().unwrap().0, 6);
    env.run(["undo", "lake", "--to", "77"]).fails(3, "has no version 77");
    env.run(["vault", "verify"]).succeeds();
}

#[test]
fn what_was_deleted_comes_back() {
    let (env, _, new) = three_versions();
    env.run(["delete", "lake", "--yes"]).succeeds();
    env.run(["get", "lake"]).fails(3, "lake");
    assert_eq!(states(&env, "lake").last().unwrap(), &(3, "deleted".to_owned()));
    env.run(["undo", "lake"]).succeeds();
    has_secret(&env, &[], &new);
    let labels = env.run(["get", "lake", "-o", "json"]).succeeds().json()["labels"].clone();
    assert_eq!(labels, serde_json::json!({"tier": "1"}));
    assert_eq!(states(&env, "lake").last().unwrap(), &(4, "current".to_owned()));
}

#[test]
fn what_was_purged_is_gone() {
    let (env, ..) = three_versions();
    env.run(["delete", "lake", "--purge", "--yes"]).succeeds();
    env.run(["history", "lake"]).fails(3, "lake");
    env.run(["undo", "lake"]).fails(3, "lake");
    create(&env, "lake", &env.secret("third")).run().succeeds();
    env.run(["update", "lake", "bucket=gold"]).succeeds();
    env.run(["delete", "lake", "--yes"]).succeeds();
    env.run(["delete", "lake", "--purge", "--yes"]).succeeds();
    env.run(["history", "lake"]).fails(3, "lake");
    env.run(["delete", "lake", "--purge", "--yes"]).fails(3, "lake");
    let status = env.run(["vault", "status", "-o", "json"]).succeeds().json();
    assert_eq!((&status["records"], &status["versions"]), (&0.into(), &0.into()));
}

#[test]
fn the_settings_say_how_many_are_kept_and_all_can_go() {
    let (env, ..) = three_versions();
    env.plugins("version = 1\n[vault]\nhistory = 1\n");
    env.run(["update", "lake", "bucket=bronze"]).succeeds();
    let numbers: Vec<u64> = states(&env, "lake").into_iter().map(|state| state.0).collect();
    assert_eq!(numbers, [3, 4]);
    env.run(["vault", "clear-history"]).fails(2, "--yes");
    env.run(["vault", "clear-history", "--older-than", "90d", "--yes"]).succeeds();
    assert_eq!(states(&env, "lake").len(), 2);
    let cleared = env.run(["vault", "clear-history", "--yes", "-o", "json"]).succeeds().json();
    assert_eq!((&cleared["outcome"], &cleared["records"]), (&"cleared".into(), &1.into()));
    assert_eq!(states(&env, "lake").len(), 1);
    env.run(["undo", "lake"]).fails(3, "no version of `lake` before this one");
    env.plugins("version = 1\n[vault]\nhistory = 0\n");
    env.run(["update", "lake", "bucket=iron"]).succeeds();
    env.run(["delete", "lake", "--yes"]).succeeds();
    env.run(["history", "lake"]).fails(3, "lake");
    env.plugins("version = 1\n[vault]\nhistory = 1000\n");
    env.run(["list"]).fails(2, "at most 100");
}

#[test]
fn opening_a_version_and_purging_are_recorded() {
    let (env, old, _) = three_versions();
    has_secret(&env, &["--version", "1"], &old);
    env.run(["undo", "lake"]).succeeds();
    env.run(["delete", "lake", "--purge", "--yes"]).succeeds();
    let log = env.run(["audit", "list", "-o", "json"]).succeeds().json();
    let of = |operation: &str| {
        let items = log["items"].as_array().unwrap();
        items.iter().filter(|item| item["operation"] == operation).count()
    };
    assert_eq!((of("open version"), of("purge")), (2, 1), "{log}");
}

#[test]
fn where_there_is_no_past_it_is_said() {
    let env = TestEnv::new();
    env.plugins(
        "version = 1\n[backends.shop]\nconnector = \"dataos\"\n[backends.shop.endpoints.dataos]\n\
         url = \"https://dataos.example.com\"\n[backends.shop.endpoints.dataos.login]\n\
         scheme = \"bearer\"\nenv = [\"TOKEN\"]\n",
    );
    for words in [
        &["history", "lake"][..],
        &["undo", "lake"],
        &["get", "lake", "--version", "1"],
        &["delete", "lake", "--purge", "--yes"],
    ] {
        let words = words.iter().chain(&["-b", "shop", "-n", "tenant"]);
        env.command(words).run().fails(2, "keeps no past versions");
    }
}

#[test]
fn results_of_tests_push_no_version_out() {
    let env = TestEnv::new();
    env.run(["create", "page", "--type", "uri", "uri=http://127.0.0.1:1/x"]).succeeds();
    for _ in 0..3 {
        env.run(["test", "page", "--record"]).exits_with(7);
    }
    assert_eq!(states(&env, "page").len(), 1);
}
