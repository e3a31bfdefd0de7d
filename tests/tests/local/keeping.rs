//! `connhub vault`: the store as a whole.

use super::*;

/// A store with two connections, and their secrets.
fn filled() -> (TestEnv, [String; 2]) {
    let env = TestEnv::new();
    let secrets = [env.secret("sales"), env.secret("orders")];
    create(&env, "sales", &secrets[0]).run().succeeds();
    create(&env, "orders", &secrets[1]).run().succeeds();
    (env, secrets)
}

#[track_caller]
fn opens(env: &TestEnv, name: &str, secret: &str) {
    let words = ["get", name, "--reveal", "secret_access_key"];
    assert_eq!(env.command(words).revealing().run().succeeds().stdout.trim_end(), secret);
}

fn json(env: &TestEnv, words: &[&str]) -> serde_json::Value {
    env.run(words.iter().copied().chain(["-o", "json"])).succeeds().json()
}

#[test]
fn a_status_says_what_is_there_and_makes_nothing() {
    let env = TestEnv::new();
    let status = json(&env, &["vault", "status"]);
    assert_eq!(status["state"], "absent");
    assert!(!vault(&env).exists());
    for words in [&["verify"][..], &["lock"], &["rotate-key"], &["backup", "copy"]] {
        let words = ["vault"].iter().chain(words);
        env.run(words).fails(3, "there is no local store");
    }
    assert!(!vault(&env).exists() && !key_file(&env).exists());
    let (env, _) = filled();
    let status = json(&env, &["vault", "status"]);
    assert_eq!((&status["state"], &status["key"]), (&"open".into(), &"file".into()));
    assert_eq!(status["records"], 2);
    let shown = env.run(["vault", "status"]).succeeds();
    assert!(shown.stdout.contains("records    2"), "{shown}");
    fs_err::remove_file(key_file(&env)).unwrap();
    let failed = env.run(["vault", "status"]).fails(8, "is missing");
    assert!(failed.stdout.contains("failed"), "{failed}");
}

#[test]
fn new_keys_open_what_was_stored_and_old_ones_nothing() {
    let (env, secrets) = filled();
    let old = fs_err::read(key_file(&env)).unwrap();
    let result = json(&env, &["vault", "rotate-key", "--forget-old"]);
    assert_eq!(result["outcome"], "rotated");
    assert_eq!(
        (&result["records"], &result["from"], &result["to"]),
        (&2.into(), &"file".into(), &"file".into())
    );
    opens(&env, "sales", &secrets[0]);
    opens(&env, "orders", &secrets[1]);
    assert_eq!(json(&env, &["vault", "verify"])["records"], 2);
    let new = fs_err::read(key_file(&env)).unwrap();
    assert!(new != old && new.len() == old.len());
    fs_err::write(key_file(&env), &old).unwrap();
    env.run(["get", "sales"]).fails(8, "does not open");
    fs_err::write(key_file(&env), &new).unwrap();
    let audit = env.run(["audit", "list", "-o", "json"]).succeeds().stdout;
    assert!(audit.contains("vault rotate-key"), "{audit}");
}

#[test]
fn a_key_becomes_a_passphrase_and_a_file_again() {
    let (env, secrets) = filled();
    let passphrase = env.secret("passphrase");
    env.file("new", format!("{passphrase}\n"));
    let new = env.files().join("new");
    env.run(["vault", "rotate-key", "--to", "passphrase"]).fails(4, "gives no key");
    let words = ["vault", "rotate-key", "--to", "passphrase", "--new-passphrase-file", "new"];
    let said = env.run(words).succeeds();
    assert!(said.stderr.contains("key = \"passphrase\""), "{said}");
    env.run(["get", "sales"]).fails(8, "was made with a passphrase");
    let settings = env.home().join("plugins.toml");
    let text = "version = 1\n[vault]\nkey = \"passphrase\"\nunlocked-seconds = 0\n";
    fs_err::write(&settings, text).unwrap();
    let get = || {
        let words = ["get", "sales", "--reveal", "secret_access_key"];
        env.command(words).revealing().variable("CONNHUB_PASSPHRASE_FILE", &new)
    };
    assert_eq!(get().run().succeeds().stdout.trim_end(), secrets[0]);
    let status = json(&env, &["vault", "status"]);
    assert_eq!((&status["state"], &status["key"]), (&"locked".into(), &"passphrase".into()));
    let words = ["vault", "rotate-key", "--to", "file"];
    env.command(words).variable("CONNHUB_PASSPHRASE_FILE", &new).run().succeeds();
    fs_err::remove_file(&settings).unwrap();
    opens(&env, "orders", &secrets[1]);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_done() {
    let (env, secrets) = filled();
    let before = fs_err::read(key_file(&env)).unwrap();
    env.run(["vault", "rotate-key", "--new-command", "pass"]).fails(2, "--to command");
    env.run(["vault", "rotate-key", "--to", "command", "--new-command", "a 'b"])
        .fails(2, "quote its words");
    env.run(["vault", "rotate-key", "--to", "command"]).fails(2, "needs a `command`");
    env.run(["vault", "unlock"]).fails(2, "needs no unlocking");
    env.run(["vault", "unlock", "--for", "25h"]).fails(2, "for a day at most");
    env.run(["vault", "unlock", "--for", "soon"]).fails(2, "--for");
    assert_eq!(fs_err::read(key_file(&env)).unwrap(), before);
    opens(&env, "sales", &secrets[0]);
}

#[test]
fn a_copy_is_sealed_and_comes_back() {
    let (env, secrets) = filled();
    let written = json(&env, &["vault", "backup", "copy"]);
    assert_eq!((&written["outcome"], &written["records"]), (&"written".into(), &2.into()));
    let copy = env.files().join("copy");
    assert_eq!(mode(&copy), 0o600);
    let bytes = fs_err::read(&copy).unwrap();
    assert!(!bytes.windows(5).any(|part| part == b"sales"), "a name stands in it in clear");
    env.run(["vault", "backup", "copy"]).fails(5, "--replace");
    assert_eq!(json(&env, &["vault", "verify", "copy"])["records"], 2);
    env.run(["delete", "sales", "--yes"]).succeeds();
    env.run(["vault", "restore", "copy"]).fails(5, "is there already");
    env.run(["get", "sales"]).fails(3, "sales");
    let restored = json(&env, &["vault", "restore", "copy", "--replace"]);
    opens(&env, "sales", &secrets[0]);
    assert!(Path::new(restored["before"].as_str().unwrap()).join("store.db").exists());
    create(&env, "later", &secrets[0]).run().succeeds();
}

#[test]
fn a_copy_that_was_touched_is_refused_and_the_store_stays() {
    let (env, secrets) = filled();
    env.run(["vault", "backup", "copy"]).succeeds();
    let copy = env.files().join("copy");
    let mut bytes = fs_err::read(&copy).unwrap();
    let end = bytes.len() - 100;
    bytes[end] ^= 1;
    fs_err::write(&copy, &bytes).unwrap();
    env.run(["vault", "verify", "copy"]).exits_with(8);
    env.run(["vault", "restore", "copy", "--replace"]).exits_with(8);
    env.run(["vault", "restore", "nothing", "--replace"]).fails(1, "nothing");
    opens(&env, "sales", &secrets[0]);
}
