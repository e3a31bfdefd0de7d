//! `connhub export --backup` and `connhub import backup`.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Two stores: one with connections, and the folder of an empty one.
fn stores() -> (TestEnv, std::path::PathBuf) {
    let env = two_connections();
    env.file("passphrase", format!("{}\n", env.secret("passphrase")));
    let other = env.folder("other");
    let words = ["create", "docs", "--type=uri", "-n", "web", "uri=https://example.com"];
    env.run(words).succeeds();
    (env, other)
}

const EXPORT: [&str; 5] = ["export", "--backup", "b.age", "--passphrase-command", "cat passphrase"];
const IMPORT: [&str; 6] =
    ["import", "backup", "b.age", "--passphrase-command", "cat passphrase", "--yes"];

fn all(env: &TestEnv, home: &std::path::Path) -> serde_json::Value {
    let list = env.command(["list", "-A", "-o", "json"]).at_home(home).run().succeeds().json();
    let keys = ["name", "scope", "type", "fields", "secrets", "displayName", "labels"];
    let item = |item: &serde_json::Value| {
        keys.iter()
            .map(|key| (key.to_string(), item[key].clone()))
            .collect::<serde_json::Map<_, _>>()
    };
    list["items"].as_array().unwrap().iter().map(item).collect()
}

#[test]
fn a_backup_brings_everything_back() {
    let (env, other) = stores();
    let outcome = env.run(EXPORT).succeeds();
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome.stderr.contains("wrote 3 connections with their secrets to `b.age`"),
        "{outcome}"
    );
    let file = env.files().join("b.age");
    assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs_err::read(&file).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    assert_eq!(env.canaries().find(&bytes), None, "nothing stands in it in clear");
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("sales") && !text.contains("AKIAEXAMPLE"), "names neither");
    env.command(IMPORT).at_home(&other).run().succeeds();
    assert_eq!(all(&env, &other), all(&env, &env.home()));
    for (name, field) in [("sales", "secret_access_key"), ("orders", "password")] {
        let words = ["get", name, "--reveal", field];
        let before = env.command(words).revealing().run().succeeds().stdout;
        let after = env.command(words).at_home(&other).revealing().run().succeeds().stdout;
        assert_eq!(before, after);
    }
    let outcome = env.command(IMPORT).at_home(&other).run().succeeds();
    assert!(outcome.stderr.contains("nothing is to be imported"), "{outcome}");
}

#[test]
fn what_goes_into_a_backup_can_be_chosen() {
    let (env, other) = stores();
    let check = |more: &[&str], count: usize| {
        let outcome = env.run(EXPORT.iter().chain(more)).succeeds();
        let noun = if count == 1 { "connection" } else { "connections" };
        assert!(outcome.stderr.contains(&format!("wrote {count} {noun} with")), "{outcome}");
    };
    check(&["sales"], 1);
    check(&["sales", "connhub://local/web/docs"], 2);
    check(&["-n", "web"], 1);
    check(&["-n", "nowhere"], 0);
    check(&["--backend", "all"], 3);
    env.run(EXPORT.iter().copied().chain(["nope"])).fails(3, "nope");
    check(&["--armor"], 3);
    let file = env.files().join("b.age");
    assert!(fs_err::read(&file).unwrap().starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----"));
    let words = IMPORT.iter().copied().chain(["-n", "new", "--only", "sales", "--prefix", "old-"]);
    env.command(words).at_home(&other).run().succeeds();
    let found = all(&env, &other);
    assert_eq!((&found[0]["name"], &found[0]["scope"]), (&"old-sales".into(), &"new".into()));
}

#[test]
fn a_backup_that_is_not_whole_changes_nothing() {
    let (env, other) = stores();
    env.run(EXPORT).succeeds();
    let file = env.files().join("b.age");
    let bytes = fs_err::read(&file).unwrap();
    let import = || env.command(IMPORT).at_home(&other).run();
    let mut changed = bytes.clone();
    let last = changed.len() - 20;
    changed[last] ^= 1;
    fs_err::write(&file, &changed).unwrap();
    import().fails(8, "is damaged or incomplete; nothing was imported");
    fs_err::write(&file, &bytes[..bytes.len() - 10]).unwrap();
    import().fails(8, "is damaged or incomplete");
    fs_err::write(&file, &bytes[..40]).unwrap();
    assert_ne!(import().code, 0);
    fs_err::write(&file, "").unwrap();
    import().fails(2, "is no file of age");
    fs_err::write(&file, &bytes).unwrap();
    env.file("passphrase", "another\n");
    import().fails(4, "the passphrase does not open `b.age`");
    assert_eq!(all(&env, &other), serde_json::json!([]));
    let words = ["import", "backup", "b.age", "--identity", "b.age"];
    env.command(words).at_home(&other).run().fails(2, "is encrypted with a passphrase");
}

#[test]
fn a_backup_is_never_readable_by_others_and_never_half() {
    let (env, _) = stores();
    let file = env.files().join("b.age");
    fs_err::write(&file, "old").unwrap();
    fs_err::set_permissions(&file, PermissionsExt::from_mode(0o666)).unwrap();
    // The second of two connections does not exist.
    env.run(EXPORT.iter().copied().chain(["sales", "nope"])).exits_with(3);
    assert_eq!(fs_err::read(&file).unwrap(), b"old");
    let left = fs_err::read_dir(env.files()).unwrap();
    let left = left.filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".connhub-")
    });
    assert_eq!(left.count(), 0);
    env.run(EXPORT).succeeds();
    assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let none =
        ["export", "--backup", "/no/such/folder/b", "--passphrase-command", "cat passphrase"];
    env.run(none).fails(1, "cannot be written");
}

#[test]
fn a_passphrase_is_asked_for_twice_and_then_once() {
    let (env, other) = stores();
    let passphrase = env.secret("typed");
    let mut terminal = env.command(["export", "--backup", "b.age"]).on_terminal();
    for question in ["passphrase of the backup:", "passphrase of the backup, again:"] {
        terminal.waits_for(question);
        terminal.waits_for_hidden_typing();
        terminal.types(&format!("{passphrase}\r"));
    }
    terminal.finish().succeeds();
    let mut terminal =
        env.command(["import", "backup", "b.age", "--yes"]).at_home(&other).on_terminal();
    terminal.waits_for("passphrase of the backup:");
    terminal.waits_for_hidden_typing();
    terminal.types(&format!("{passphrase}\r"));
    terminal.finish().succeeds();
    assert_eq!(all(&env, &other), all(&env, &env.home()));
    let terminal = env.command(["export", "--backup", "-"]).on_terminal();
    terminal.waits_for("a backup is not written to a terminal");
    terminal.finish().exits_with(2);
}

#[test]
fn nobody_is_asked_off_a_terminal_and_wrong_ways_are_named() {
    let (env, _) = stores();
    let check = |words: &[&str], code: i32, what: &str| {
        env.run(words).fails(code, what);
        assert!(!env.files().join("b.age").exists());
    };
    let export = ["export", "--backup", "b.age"];
    let with = |more: &[&'static str]| [&export[..], more].concat();
    check(&export, 2, "add `--passphrase-command COMMAND` or `--recipient age1…`");
    check(&with(&["--recipient", "ssh-ed25519 AAAA"]), 2, "is no recipient of age");
    check(&with(&["--passphrase-command", "false"]), 1, "gave none");
    check(&with(&["--passphrase-command", "true"]), 2, "printed nothing");
    check(&with(&["--passphrase-command", "cat 'x"]), 2, "cannot be understood");
    check(&with(&["--passphrase-command", ""]), 2, "cannot be understood");
    check(&with(&["--for", "polars"]), 2, "cannot be used with");
    check(&with(&["--reveal"]), 2, "cannot be used with");
    check(&["export", "sales", "--armor"], 2, "required");
    check(&["export", "sales", "orders", "--for", "polars"], 2, "one connection at a time");
    check(&["export"], 2, "required");
}

#[test]
fn what_is_revealed_is_recorded_and_what_cannot_be_recorded_is_not_revealed() {
    let (env, _) = stores();
    env.run(EXPORT).succeeds();
    let list = env.run(["audit", "list", "-o", "json"]).succeeds().json();
    let items = list["items"].as_array().unwrap().clone();
    let opened = items.iter().filter(|item| item["operation"] == "open");
    let opened: Vec<String> =
        opened.map(|item| format!("{} {}", item["command"], item["connection"])).collect();
    assert_eq!(opened.len(), 2, "the one without secrets reveals none: {opened:?}");
    assert!(opened.iter().all(|line| line.starts_with("\"export\"")), "{opened:?}");
    fs_err::remove_file(env.files().join("b.age")).unwrap();
    env.plugins("version = 1\n[audit]\nrequired = true\n");
    let log = env.home().join("state/audit.jsonl");
    fs_err::remove_file(&log).unwrap();
    fs_err::create_dir(&log).unwrap();
    assert_eq!(env.run(EXPORT).code, 8);
    assert!(!env.files().join("b.age").exists());
    fs_err::remove_dir(&log).unwrap();
    env.plugins("version = 1\n");
    env.file("policy.toml", "version = 1\n[[allow]]\nconnectors = [\"rhoai\"]\n");
    env.run(EXPORT.iter().copied().chain(["--policy", "policy.toml"])).exits_with(8);
    assert!(!env.files().join("b.age").exists());
}
