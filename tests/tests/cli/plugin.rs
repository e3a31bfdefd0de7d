//! `connhub plugin`: what may run, and what it may touch.

use super::*;

/// An environment whose user has a connector `mine`: a copy of the shipped `local`.
fn with_own_connector(section: &str) -> TestEnv {
    let env = TestEnv::new();
    let shipped = connhub_tests::cli::components().join("local.wasm");
    fs_err::copy(shipped, env.home().join("mine.wasm")).unwrap();
    env.plugins(&format!(
        "version = 1\n\n[connectors.mine]\ncomponent = \"mine.wasm\"\n{section}\n[backends.mine]\nconnector = \"mine\"\n"
    ));
    env
}

#[test]
fn a_list() {
    let env = TestEnv::new();
    let mut list = env.run(["plugin", "list"]).succeeds();
    // What the other connectors may touch is theirs to say.
    let rows: Vec<&str> = list.stdout.lines().collect();
    let is_ours = |row: &&&str| row.starts_with("CONNECTOR") || row.starts_with("local");
    let ours = rows.iter().filter(is_ours).map(|row| format!("{row}\n")).collect();
    list.stdout = ours;
    insta::assert_snapshot!(list, @"
    exit code: 0
    --- stdout ---
    CONNECTOR   BACKENDS          STATE    SHA256         GRANTS                                                        CONFIGURED IN
    local  local (default)  locked  [SHA256]  vault  $CONNECTORS/plugins.toml:8
    ");
    insta::assert_snapshot!(env.run(["plugin", "list", "-o", "name"]), @"
    exit code: 0
    --- stdout ---
    dataos
    local
    rhoai
    vault-kv
    ");
    let json = env.run(["plugin", "list", "-o", "json"]).succeeds().json();
    let local = json["items"].as_array().unwrap().iter().find(|item| item["name"] == "local");
    let local = local.unwrap();
    assert_eq!((&local["state"], &local["grants"]["vault"]), (&"locked".into(), &true.into()));
}

#[test]
fn an_inspection() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["plugin", "inspect", "local"]), @"
    exit code: 0
    --- stdout ---
    Connector:     local
    Component:     $CONNECTORS/local.wasm
    Configured in: $CONNECTORS/plugins.toml:8
    SHA-256:       [SHA256] (locked)
    Size:          [SIZE] bytes
    Signed by:     nobody; there is no signature beside it
    Version:       [VERSION]
    Contract:      1.1.0
    Made with:     [TOOLS]
    SBOM:          [COUNT] packages
    May start:     yes
    At worst:      reads, changes and deletes its own records in the sealed store; reaches nothing else

    CAPABILITY   NEEDS   GRANTED   EFFECTIVE   WHY
    vault        yes     yes       yes         keeps connections and their secrets, sealed, for this user on this machine
    reveal       -       -         -           -

    Imports:
      connhub:connector/secrets@1.1.0
      connhub:connector/types@1.1.0
      connhub:connector/vault@1.1.0
      wasi:cli/environment@0.2.6
      wasi:cli/exit@0.2.6
      wasi:cli/stderr@0.2.6
      wasi:cli/stdin@0.2.6
      wasi:cli/stdout@0.2.6
      wasi:cli/terminal-input@0.2.6
      wasi:cli/terminal-output@0.2.6
      wasi:cli/terminal-stderr@0.2.6
      wasi:cli/terminal-stdin@0.2.6
      wasi:cli/terminal-stdout@0.2.6
      wasi:clocks/monotonic-clock@0.2.6
      wasi:clocks/wall-clock@0.2.6
      wasi:io/error@0.2.6
      wasi:io/poll@0.2.6
      wasi:io/streams@0.2.6

    Exports:
      connhub:connector/backend@1.1.0
    ");
    let json = env.run(["plugin", "inspect", "local", "-o", "json"]).succeeds().json();
    assert_eq!(json["mayStart"], true);
    assert_eq!(json["state"], "locked");
}

#[test]
fn a_file_is_inspected_without_being_configured() {
    let env = TestEnv::new();
    let file = connhub_tests::cli::components().join("local.wasm");
    let outcome = env.run(["plugin", "inspect", file.to_str().unwrap()]).succeeds();
    assert!(outcome.stdout.contains("vault"), "{outcome}");
}

#[test]
fn what_is_no_component_is_said() {
    let env = TestEnv::new();
    let file = env.file("text.wasm", "hello");
    insta::assert_snapshot!(env.run(["plugin", "inspect", file.to_str().unwrap()]), @"
    exit code: 8
    --- stderr ---
    error: `$FILES/text.wasm` is no connector that can be started
    cause: it is not a WebAssembly component
    ");
    insta::assert_snapshot!(env.run(["plugin", "inspect", "nobody"]), @"
    exit code: 3
    --- stderr ---
    error: there is neither a connector nor a file `nobody`

    hint: the connectors are dataos, local, rhoai, vault-kv
    ");
}

#[test]
fn a_capability_that_is_not_granted_is_refused_with_the_line_to_add() {
    let env = with_own_connector("");
    let outcome = env.run(["list", "--backend", "mine"]);
    insta::assert_snapshot!(outcome, @"
    exit code: 8
    --- stderr ---
    error: connector `mine` needs vault (keeps connections and their secrets, sealed, for this user on this machine), and $HOME/plugins.toml:3 does not grant it

    hint: to grant it, add to `plugins.toml`: [connectors.mine.vault]
    ");
    assert_eq!(outcome.code, 8);
    insta::assert_snapshot!(env.run(["plugin", "inspect", "mine"]), @"
    exit code: 0
    --- stdout ---
    Connector:     mine
    Component:     $HOME/mine.wasm
    Configured in: $HOME/plugins.toml:3
    SHA-256:       [SHA256] (unlocked)
    Size:          [SIZE] bytes
    Signed by:     nobody; there is no signature beside it
    Version:       [VERSION]
    Contract:      1.1.0
    Made with:     [TOOLS]
    SBOM:          [COUNT] packages
    May start:     no: connector `mine` needs vault (keeps connections and their secrets, sealed, for this user on this machine), and $HOME/plugins.toml:3 does not grant it
    Hint:          to grant it, add to `plugins.toml`: [connectors.mine.vault]
    At worst:      nothing, since it may not start; with everything that it needs it reads, changes and deletes its own records in the sealed store; reaches nothing else

    CAPABILITY   NEEDS   GRANTED   EFFECTIVE   WHY
    vault        yes     -         -           keeps connections and their secrets, sealed, for this user on this machine
    reveal       -       -         -           -

    Imports:
      connhub:connector/secrets@1.1.0
      connhub:connector/types@1.1.0
      connhub:connector/vault@1.1.0
      wasi:cli/environment@0.2.6
      wasi:cli/exit@0.2.6
      wasi:cli/stderr@0.2.6
      wasi:cli/stdin@0.2.6
      wasi:cli/stdout@0.2.6
      wasi:cli/terminal-input@0.2.6
      wasi:cli/terminal-output@0.2.6
      wasi:cli/terminal-stderr@0.2.6
      wasi:cli/terminal-stdin@0.2.6
      wasi:cli/terminal-stdout@0.2.6
      wasi:clocks/monotonic-clock@0.2.6
      wasi:clocks/wall-clock@0.2.6
      wasi:io/error@0.2.6
      wasi:io/poll@0.2.6
      wasi:io/streams@0.2.6

    Exports:
      connhub:connector/backend@1.1.0
    ");
    let env = with_own_connector("[connectors.mine.vault]\n");
    env.run(["list", "--backend", "mine"]).succeeds();
}

#[test]
fn two_connectors_do_not_see_each_others_records() {
    let env = with_own_connector("[connectors.mine.vault]\n");
    s3(&env, "sales", &[]);
    env.run(["get", "sales", "--backend", "mine"]).exits_with(3);
    s3(&env, "sales", &["--backend", "mine"]);
    env.run(["delete", "sales", "--yes"]).succeeds();
    env.run(["get", "sales", "--backend", "mine"]).succeeds();
}

#[test]
fn a_component_that_was_changed_is_refused() {
    let env = with_own_connector("[connectors.mine.vault]\n");
    insta::assert_snapshot!(env.run(["plugin", "lock"]), @"
    exit code: 0
    --- stdout ---
    locked `mine` sha256 [SHA256] in $HOME/plugins.lock
    ");
    env.run(["list", "--backend", "mine"]).succeeds();
    let component = env.home().join("mine.wasm");
    let mut bytes = fs_err::read(&component).unwrap();
    // An empty custom section named `x` at the end: still a component, of another digest.
    bytes.extend_from_slice(&[0, 2, 1, b'x']);
    fs_err::write(&component, &bytes).unwrap();
    let refused = env.run(["list", "--backend", "mine"]).fails(8, "mine.wasm");
    insta::assert_snapshot!(refused, @"
    exit code: 8
    --- stderr ---
    error: connector `mine` is not the one that was locked: `$HOME/mine.wasm` has changed

    hint: locked was sha256 [SHA256] ($HOME/plugins.lock:3), found is [SHA256]
    hint: if you trust the new file, lock it with `connhub plugin lock mine`; else restore the old one
    ");
    let list = env.run(["plugin", "list"]).succeeds();
    assert!(list.stdout.contains("changed"), "{list}");
    insta::assert_snapshot!(env.run(["plugin", "inspect", "mine"]), @"
    exit code: 0
    --- stdout ---
    Connector:     mine
    Component:     $HOME/mine.wasm
    Configured in: $HOME/plugins.toml:3
    SHA-256:       [SHA256] (changed)
    Size:          [SIZE] bytes
    Signed by:     nobody; there is no signature beside it
    Version:       [VERSION]
    Contract:      1.1.0
    Made with:     [TOOLS]
    SBOM:          [COUNT] packages
    May start:     no: it is not the component that was locked
    Hint:          if you trust it, lock it with `connhub plugin lock`
    At worst:      nothing, since it may not start; with everything that it needs it reads, changes and deletes its own records in the sealed store; reaches nothing else

    CAPABILITY   NEEDS   GRANTED   EFFECTIVE   WHY
    vault        yes     yes       yes         keeps connections and their secrets, sealed, for this user on this machine
    reveal       -       -         -           -

    Imports:
      connhub:connector/secrets@1.1.0
      connhub:connector/types@1.1.0
      connhub:connector/vault@1.1.0
      wasi:cli/environment@0.2.6
      wasi:cli/exit@0.2.6
      wasi:cli/stderr@0.2.6
      wasi:cli/stdin@0.2.6
      wasi:cli/stdout@0.2.6
      wasi:cli/terminal-input@0.2.6
      wasi:cli/terminal-output@0.2.6
      wasi:cli/terminal-stderr@0.2.6
      wasi:cli/terminal-stdin@0.2.6
      wasi:cli/terminal-stdout@0.2.6
      wasi:clocks/monotonic-clock@0.2.6
      wasi:clocks/wall-clock@0.2.6
      wasi:io/error@0.2.6
      wasi:io/poll@0.2.6
      wasi:io/streams@0.2.6

    Exports:
      connhub:connector/backend@1.1.0
    ");
    insta::assert_snapshot!(env.run(["plugin", "lock"]), @"
    exit code: 0
    --- stdout ---
    changed `mine` sha256 [SHA256] in $HOME/plugins.lock
    ");
    env.run(["list", "--backend", "mine"]).succeeds();
    insta::assert_snapshot!(env.run(["plugin", "lock"]), @"
    exit code: 0
    --- stdout ---
    unchanged `mine` sha256 [SHA256] in $HOME/plugins.lock
    ");
}

#[test]
fn a_component_that_is_gone() {
    let env = with_own_connector("[connectors.mine.vault]\n");
    fs_err::remove_file(env.home().join("mine.wasm")).unwrap();
    insta::assert_snapshot!(env.run(["list", "--backend", "mine"]), @"
    exit code: 3
    --- stderr ---
    error: connector `mine` ($HOME/mine.wasm) cannot be started
    cause: `$HOME/mine.wasm` cannot be read
    cause: failed to query resolved metadata `$HOME/mine.wasm`: No such file or directory (os error 2)

    hint: it is configured in $HOME/plugins.toml:3
    ");
    let list = env.run(["plugin", "list"]).succeeds();
    assert!(list.stdout.contains("missing"), "{list}");
}

#[test]
fn a_lock_that_cannot_be_read_is_not_ignored() {
    let env = with_own_connector("[connectors.mine.vault]\n");
    fs_err::write(env.home().join("plugins.lock"), "version = [").unwrap();
    env.run(["list", "--backend", "mine"]).fails(8, "plugins.lock");
}

#[test]
fn nothing_to_lock() {
    insta::assert_snapshot!(TestEnv::new().run(["plugin", "lock"]), @"
    exit code: 3
    --- stderr ---
    error: there is no `plugins.toml` whose connectors could be locked
    cause: failed to open file `$HOME/plugins.toml`: No such file or directory (os error 2)

    hint: name another file with `--plugins FILE`
    ");
}
