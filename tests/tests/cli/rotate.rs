//! New secrets in the place of old ones.

use super::*;

#[track_caller]
fn has(env: &TestEnv, name: &str, scope: &str, secret: &str) -> bool {
    let words = [
        "create",
        name,
        "-n",
        scope,
        "--type=s3",
        "access_key_id=AKIAEXAMPLE",
        "secret_access_key=-",
        "--if-exists=keep",
        "-o=json",
    ];
    let kept = env.command(words).stdin(secret).run().succeeds().json();
    assert_eq!(kept["outcome"], "kept");
    !kept["differences"].as_array().unwrap().iter().any(|one| one == "secret_access_key")
}

#[test]
fn a_secret_is_replaced() {
    let env = two_connections();
    let new = env.secret("new");
    let rotate = env.command(["rotate", "sales", "secret=-", "--no-test"]).stdin(new.as_str());
    insta::assert_snapshot!(rotate.run(), @"
    exit code: 0
    --- stdout ---
    rotated `sales` in backend `local`, folder `default`: secret_access_key
    ");
    assert!(has(&env, "sales", "default", &new));
    // The same again is a mistake.
    let again = env.command(["rotate", "sales", "secret=-", "--no-test"]).stdin(new.as_str()).run();
    again.fails(2, "is the old one");
    let other = env.secret("other");
    let variable = env.command(["rotate", "default/sales", "--no-test"]);
    variable.variable("CONNHUB_SECRET_SECRET_ACCESS_KEY", &other).run().succeeds();
    assert!(has(&env, "sales", "default", &other));
}

#[test]
fn what_cannot_be_rotated_is_said() {
    let env = two_connections();
    env.run(["rotate", "nobody"]).exits_with(3);
    env.run(["rotate", "sales"]).fails(2, "is not given");
    env.run(["rotate", "sales", "session_token=-"]).fails(2, "has no secret `session_token`");
    env.run(["rotate", "sales", "secret_access_key=hunter2"]).fails(2, "not typed as a value");
    env.run(["create", "docs", "--type=uri", "uri=https://example.com"]).succeeds();
    env.run(["rotate", "docs"]).fails(2, "has no secrets");
    env.command(["rotate", "sales", "secret=-"]).stdin("").run().exits_with(2);
}

#[test]
fn copies_are_found_by_their_secret() {
    let env = two_connections();
    s3(&env, "other", &[]);
    env.run(["copy", "sales", "archive/sales2"]).succeeds();
    env.run(["copy", "sales", "c", "--set", "bucket=elsewhere"]).succeeds();
    let found = env.run(["rotate", "sales", "--everywhere", "--dry-run"]).succeeds();
    assert_eq!(found.stdout.matches("found").count(), 3, "{found}");
    let new = env.secret("new");
    let rotate = ["rotate", "sales", "secret=-", "--everywhere", "--no-test", "-o=json"];
    let done = env.command(rotate).stdin(new.as_str()).run().succeeds().json();
    assert_eq!(done["items"].as_array().unwrap().len(), 3);
    assert_eq!(done["items"][0]["outcome"], "rotated");
    for (name, scope) in [("sales", "default"), ("sales2", "archive"), ("c", "default")] {
        assert!(has(&env, name, scope, &new), "{name}");
    }
    assert!(!has(&env, "other", "default", &new));
}

#[test]
fn a_person_types_the_new_secret() {
    let env = two_connections();
    let new = env.secret("new");
    let mut terminal = env.command(["rotate", "sales", "--no-test"]).on_terminal();
    terminal.waits_for("secret_access_key of `sales`");
    terminal.waits_for_hidden_typing();
    terminal.types(&format!("{new}\r"));
    terminal.finish().succeeds();
    assert!(has(&env, "sales", "default", &new));
}
