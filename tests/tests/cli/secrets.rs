//! The ways in which a secret gets in, and what is said about each.

use std::os::unix::fs::PermissionsExt;

use super::*;

const CREATE: [&str; 6] = ["create", "x", "--type", "s3", "bucket=raw", "access_key_id=AKIA"];

/// Whether the secret is stored exactly.
#[track_caller]
fn assert_stored(env: &TestEnv, secret: &str) {
    let keep = ["secret_access_key=-", "--if-exists", "keep", "-o", "json"];
    let outcome = env.command(CREATE.iter().chain(&keep)).stdin(secret).run().succeeds();
    let json = outcome.json();
    assert_eq!(json["differences"], serde_json::json!([]), "{outcome}");
    let longer = env.command(CREATE.iter().chain(&keep)).stdin(format!("{secret}x")).run();
    let json = longer.succeeds().json();
    assert_eq!(json["differences"], serde_json::json!(["secret_access_key"]));
}

#[test]
fn from_stdin() {
    for line_end in ["", "\n", "\r\n"] {
        let env = TestEnv::new();
        let secret = env.secret("key");
        let create = CREATE.iter().chain(&["secret_access_key=-"]);
        env.command(create).stdin(format!("{secret}{line_end}")).run().succeeds();
        assert_stored(&env, &secret);
    }
    let env = TestEnv::new();
    let secret = env.secret("key");
    let create = CREATE.iter().chain(&["--secret-stdin", "secret_access_key"]);
    env.command(create).stdin(format!("{secret}\n")).run().succeeds();
    assert_stored(&env, &secret);
}

#[test]
fn from_a_file() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let file = env.file("key", format!("{secret}\n"));
    let field = format!("secret_access_key=@{}", file.display());
    let outcome = env.run(CREATE.iter().chain(&[field.as_str()])).succeeds();
    assert_eq!(outcome.stderr, "", "a private file is nothing to talk about");
    assert_stored(&env, &secret);
}

#[test]
fn from_a_file_that_others_can_read() {
    let env = TestEnv::new();
    let file = env.secret_file("key");
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = env.run(CREATE.iter().chain(&["secret_access_key=@key"])).succeeds();
    insta::assert_snapshot!(outcome, @"
    exit code: 0
    --- stdout ---
    created `x` (s3) in backend `local`, folder `default`
    --- stderr ---
    warning: `key` holds a secret and can be read by others; narrow it with `chmod 600 key`
    ");
}

#[test]
fn from_the_environment() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let create = CREATE.iter().chain(&["--from-env", "secret_access_key=MY_KEY"]);
    env.command(create).variable("MY_KEY", &secret).run().succeeds();
    assert_stored(&env, &secret);
    let env = TestEnv::new();
    let secret = env.secret("key");
    env.command(CREATE).variable("CONNHUB_SECRET_SECRET_ACCESS_KEY", &secret).run().succeeds();
    assert_stored(&env, &secret);
}

#[test]
fn an_empty_secret_is_none() {
    let env = TestEnv::new();
    let create = || CREATE.iter().chain(&["secret_access_key=-"]);
    insta::assert_snapshot!(env.command(create()).stdin("").run(), @"
    exit code: 2
    --- stderr ---
    error: the connection `x` is not valid
      secret_access_key: must not be empty
    ");
    env.command(create()).stdin("\n").run().exits_with(2);
    let from_env = CREATE.iter().chain(&["--from-env", "secret_access_key=MY_KEY"]);
    env.command(from_env).variable("MY_KEY", "").run().exits_with(2);
}

#[test]
fn plain_fields_from_the_same_places() {
    let env = TestEnv::new();
    let file = env.file("bucket", "from-file\n");
    let field = format!("bucket=@{}", file.display());
    let words = ["create", "x", "--type", "s3", "auth_method=anonymous", &field];
    env.command(words.iter().chain(&["--from-env", "prefix=PREFIX"]))
        .variable("PREFIX", "from-env")
        .run()
        .succeeds();
    let json = env.run(["get", "x", "-o", "json"]).succeeds().json();
    assert_eq!(json["fields"]["bucket"], "from-file");
    assert_eq!(json["fields"]["prefix"], "from-env");
}

#[test]
fn updates_take_secrets_in_the_same_ways() {
    let env = TestEnv::new();
    let first = env.secret("first");
    let create = CREATE.iter().chain(&["secret_access_key=-"]);
    env.command(create).stdin(first.as_str()).run().succeeds();
    let second = env.secret("second");
    let update = ["update", "x", "--from-env", "secret_access_key=MY_KEY"];
    env.command(update).variable("MY_KEY", &second).run().succeeds();
    assert_stored(&env, &second);
    let literal = format!("secret_access_key={}", env.secret("third"));
    env.run(["update", "x", &literal]).fails(2, "is a secret");
    assert_stored(&env, &second);
}

#[test]
fn a_connection_may_not_hide_what_is_visible_or_show_what_is_secret() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let words = ["create", "x", "--type", "s3", "secret_access_key=-", "access_key_id=AKIA"];
    env.command(words).stdin(secret.as_str()).run().succeeds();
    for format in ["table", "wide", "json", "yaml", "name", "jsonpath=$"] {
        env.run(["get", "x", "-o", format]).succeeds();
        env.run(["list", "-o", format]).succeeds();
    }
}
