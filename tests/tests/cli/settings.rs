//! Configuration that is missing or wrong.

use super::*;

#[test]
fn no_home_at_all() {
    let env = TestEnv::cold();
    insta::assert_snapshot!(env.command(["list"]).without("CONNHUB_HOME").run(), @"
    exit code: 2
    --- stderr ---
    error: neither `CONNHUB_HOME` nor `HOME` is set

    hint: export CONNHUB_HOME=/path/to/a/folder
    ");
}

#[test]
fn a_relative_home_is_refused() {
    let env = TestEnv::cold();
    insta::assert_snapshot!(env.command(["list"]).variable("CONNHUB_HOME", "here").run(), @r#"
    exit code: 2
    --- stderr ---
    error: `CONNHUB_HOME` is `here`, which is not an absolute path

    hint: export CONNHUB_HOME="$PWD/here"
    "#);
    assert!(!env.files().join("here").exists());
}

#[test]
fn the_folders_of_the_desktop_are_used() {
    let env = TestEnv::cold();
    let home = env.folder("person");
    let words = ["create", "x", "--type", "uri", "uri=https://a.example.com"];
    env.command(words).without("CONNHUB_HOME").variable("HOME", &home).run().succeeds();
    for file in [".local/share/connhub/vault/store.db", ".config/connhub/vault.key"] {
        assert!(home.join(file).is_file(), "{file}");
    }
    assert!(home.join(".cache/connhub").is_dir());
}

#[track_caller]
fn with_plugins(text: &str) -> Outcome {
    let env = TestEnv::new();
    env.plugins(text);
    env.run(["list"]).exits_with(2)
}

#[test]
fn a_malformed_file() {
    insta::assert_snapshot!(with_plugins("version = 1\n[connectors.x\n"), @"
    exit code: 2
    --- stderr ---
    error: $HOME/plugins.toml:2: unclosed table, expected `]`

    hint: `connhub plugin list` shows what is configured; the form is described in docs/plugins.md
    ");
    insta::assert_snapshot!(with_plugins("version = 2\n"), @"
    exit code: 2
    --- stderr ---
    error: $HOME/plugins.toml: `version = 2` is unknown, this connhub reads version 1
    ");
    insta::assert_snapshot!(with_plugins(""), @"
    exit code: 2
    --- stderr ---
    error: $HOME/plugins.toml:1: missing field `version`

    hint: `connhub plugin list` shows what is configured; the form is described in docs/plugins.md
    ");
    insta::assert_snapshot!(
        with_plugins("version = 1\n[connectors.x]\ncomponent = \"x.wasm\"\nsockets = true\n"),
        @"
    exit code: 2
    --- stderr ---
    error: $HOME/plugins.toml:4: unknown field `sockets`, expected one of `component`, `signed-by`, `endpoints`, `commands`, `vault`, `reveal`, `limits`

    hint: `connhub plugin list` shows what is configured; the form is described in docs/plugins.md
    "
    );
    insta::assert_snapshot!(with_plugins("version = \"\u{1b}[31m\""), @r"
    exit code: 2
    --- stderr ---
    error: $HOME/plugins.toml:1: invalid basic string, expected non-double-quote visible characters, `\`

    hint: `connhub plugin list` shows what is configured; the form is described in docs/plugins.md
    ");
}

#[test]
fn a_file_that_is_not_text() {
    let env = TestEnv::new();
    fs_err::write(env.home().join("plugins.toml"), b"version = 1\n\xff\xfe").unwrap();
    insta::assert_snapshot!(env.run(["list"]), @"
    exit code: 2
    --- stderr ---
    error: a `plugins.toml` cannot be read
    cause: `$HOME/plugins.toml` is not UTF-8 at line 2
    ");
}

#[test]
fn a_named_file_that_is_not_there() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["list", "--plugins", "nowhere.toml"]), @"
    exit code: 3
    --- stderr ---
    error: the `plugins.toml` that was named cannot be read
    cause: failed to open file `nowhere.toml`: No such file or directory (os error 2)
    ");
}

#[test]
fn a_file_in_the_current_directory_grants_nothing() {
    let env = TestEnv::new();
    env.file(
        "plugins.toml",
        "version = 1\ndefault-backend = \"evil\"\n[backends.evil]\nconnector = \"local\"\n",
    );
    let list = env.command(["plugin", "list"]).inside(&env.files()).run().succeeds();
    assert!(!list.stdout.contains("evil"), "{list}");
    env.command(["list", "--backend", "evil"]).inside(&env.files()).run().exits_with(3);
    let named = ["list", "--backend", "evil", "--plugins", "plugins.toml"];
    env.command(named).inside(&env.files()).run().succeeds();
}

#[test]
fn the_default_backend() {
    let env = two_connections();
    env.plugins("version = 1\ndefault-backend = \"second\"\n[backends.second]\nconnector = \"local\"\nscope = \"archive\"\n");
    s3(&env, "old", &[]);
    let backend = |run: connhub_tests::cli::Run<'_>| {
        let json = run.run().succeeds().json();
        json["items"].as_array().unwrap().iter().map(|i| i["name"].to_string()).collect::<String>()
    };
    assert_eq!(backend(env.command(["list", "-o", "json"])), "\"old\"");
    let by_variable = env.command(["list", "-o", "json"]).variable("CONNHUB_BACKEND", "local");
    assert_eq!(backend(by_variable), "\"orders\"\"sales\"");
    let by_flag = env.command(["list", "-o", "json", "-b", "local"]);
    assert_eq!(backend(by_flag.variable("CONNHUB_BACKEND", "second")), "\"orders\"\"sales\"");
}

#[test]
fn no_connectors_beside_the_program() {
    let env = TestEnv::cold();
    let alone = env.files().join("connhub");
    fs_err::copy(connhub_tests::cli::program(), &alone).unwrap();
    let by = env.command(["list"]).by(["env", "-u", "NOTHING"]).command();
    let mut command = std::process::Command::new(&alone);
    command.arg("list").env_clear().env("CONNHUB_HOME", env.home());
    drop(by);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("cargo xtask guests"), "{talk}");
}

/// What stands in the place of the user's file and is no text of a sensible size.
#[test]
fn a_configuration_that_is_no_file_is_said_and_not_waited_for() {
    let env = TestEnv::new();
    let path = env.home().join("plugins.toml");
    fs_err::create_dir(&path).unwrap();
    env.run(["list"]).fails(2, "plugins.toml` is not a file");
    fs_err::remove_dir(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    env.run(["list"]).fails(2, "plugins.toml` is not a file");
    fs_err::remove_file(&path).unwrap();
    fs_err::write(&path, vec![b'#'; 5 << 20]).unwrap();
    env.run(["list"]).fails(2, "plugins.toml` has more than 4 MiB");
}
