//! Connections that expire.

use super::*;

fn label(env: &TestEnv, name: &str) -> serde_json::Value {
    env.run(["get", name, "-o", "json"]).succeeds().json()["labels"]["expires"].clone()
}

fn names(outcome: &Outcome) -> Vec<&str> {
    outcome.stdout.lines().collect()
}

#[test]
fn a_day_is_kept_as_a_label_and_can_be_changed_and_removed() {
    let env = TestEnv::new();
    s3(&env, "lake", &["--expires", "2031-01-31", "--label", "team=web"]);
    assert_eq!(label(&env, "lake"), "2031-01-31");
    let shown = env.run(["get", "lake"]).succeeds();
    assert!(shown.stdout.contains("Expires:       2031-01-31 (in "), "{shown}");
    let found = env.run(["list", "-l", "expires=2031-01-31,team", "-o", "name"]).succeeds();
    assert_eq!(names(&found), ["lake"]);
    env.run(["update", "lake", "--expires", "2032-01-31"]).succeeds();
    assert_eq!(label(&env, "lake"), "2032-01-31");
    env.run(["update", "lake", "--expires", "never"]).succeeds();
    assert!(label(&env, "lake").is_null());
    env.run(["update", "lake", "--expires", "90d"]).succeeds();
    assert_eq!(label(&env, "lake").as_str().unwrap().len(), 10);
    env.run(["update", "lake", "--expires", "soon"]).fails(2, "no day on which");
    let copied = env.run(["copy", "lake", "other"]).succeeds();
    assert_eq!(label(&env, "other"), label(&env, "lake"), "{copied}");
}

#[test]
fn what_is_near_or_past_is_said_where_it_is_listed_and_used() {
    let env = TestEnv::new();
    s3(&env, "fresh", &["--expires", "2y"]);
    let quiet = env.run(["list"]).succeeds();
    assert!(!quiet.stderr.contains("expire"), "{quiet}");
    s3(&env, "near", &["--expires", "5d"]);
    let one = env.run(["list", "-o", "json"]).succeeds();
    assert!(one.stderr.contains("warning: `near` expires on 20"), "{one}");
    s3(&env, "past", &["--expires", "2020-02-29"]);
    let both = env.run(["list", "-b", "all"]).succeeds();
    let said =
        "2 connections have expired or expire within 14 days: `past` (2020-02-29), `near` (20";
    assert!(both.stderr.contains(said), "{both}");
    for (words, expected) in [
        (&["list", "--expiring", "30d", "-o", "name"][..], &["near", "past"][..]),
        (&["list", "--expiring", "0d", "-o", "name"], &["past"]),
        (&["list", "--expiring", "10y", "-o", "name"], &["fresh", "near", "past"]),
    ] {
        assert_eq!(names(&env.command(words).run().succeeds()), expected);
    }
    env.run(["list", "--expiring", "-3d"]).exits_with(2);
    let used = env.run(["exec", "past", "--", "true"]).succeeds();
    assert!(used.stderr.contains("`past` expired on 2020-02-29"), "{used}");
    let tested = env.run(["test", "near", "--timeout", "1s"]).stderr;
    assert!(tested.contains("`near` expires on 20"), "{tested}");
}
