//! A store whose master key is lost, and its recovery key.

use super::*;

fn recovery_key(env: &TestEnv) -> String {
    printed_key(env, &["vault", "recovery", "create"])
}

fn printed_key(env: &TestEnv, words: &[&str]) -> String {
    let made = env.command(words).revealing().run().succeeds();
    let key = made.stdout.trim().to_owned();
    assert!(key.starts_with("AGE-SECRET-KEY-1"), "one line");
    // What every key begins with is in hints, too.
    env.watch("recovery key", key.trim_start_matches("AGE-SECRET-KEY-1"));
    key
}

#[test]
fn a_lost_key_is_no_lost_store() {
    let env = TestEnv::new();
    let secret = env.secret("connection");
    create(&env, "sales", &secret).run().succeeds();
    env.run(["vault", "recover", "--identity", "/nowhere"]).fails(3, "/nowhere");
    let key = recovery_key(&env);
    let status = env.run(["vault", "recovery", "status", "-o", "json"]).succeeds().json();
    assert_eq!(status["outcome"], "present");
    assert!(status["recipient"].as_str().unwrap().starts_with("age1"));
    env.run(["vault", "rotate-key", "--forget-old"]).succeeds();
    fs_err::remove_file(key_file(&env)).unwrap();
    env.run(["list"]).fails(8, "vault.key");
    let file = env.file("recovery", format!("# mine\n{key}\n"));
    let file = file.to_str().unwrap();
    let wrong = env.file("wrong", "hello\n");
    let wrong = ["vault", "recover", "--identity", wrong.to_str().unwrap()];
    env.run(wrong).fails(2, "no identity of age");
    env.run(["vault", "recover"]).fails(2, "--identity FILE");
    env.run(["vault", "recover", "--identity", file]).succeeds();
    assert_whole(&env, "sales", "v0", &secret);
    env.run(["vault", "recovery", "remove"]).succeeds();
    let none = env.run(["vault", "recovery", "status", "-o", "name"]).succeeds();
    assert_eq!(none.stdout, "absent\n");
    env.run(["vault", "recover", "--identity", file]).fails(2, "no recovery key");
}

#[test]
fn a_recipient_is_taken_and_nothing_secret_is_printed() {
    let env = TestEnv::new();
    create(&env, "sales", &env.secret("connection")).run().succeeds();
    let key = recovery_key(&env);
    let recipient = env.run(["vault", "recovery", "status", "-o", "json"]).succeeds().json();
    let recipient = recipient["recipient"].as_str().unwrap().to_owned();
    env.run(["vault", "recovery", "create", "-o", "json"]).fails(2, "printed as it is");
    env.run(["vault", "recovery", "create", "--recipient", "age1nobody"]).fails(2, "no recipient");
    let made = env.run(["vault", "recovery", "create", "--recipient", &recipient]).succeeds();
    assert!(made.stdout.contains(&recipient), "{made}");
    let file = env.file("recovery", &key);
    fs_err::remove_file(key_file(&env)).unwrap();
    env.run(["vault", "recover", "--identity", file.to_str().unwrap()]).succeeds();
    env.run(["list"]).succeeds();
}

#[test]
fn a_key_that_nobody_reads_does_not_take_the_place_of_another() {
    let env = TestEnv::new();
    create(&env, "sales", &env.secret("connection")).run().succeeds();
    let key = recovery_key(&env);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut unread = env.command(["vault", "recovery", "create"]).command();
    let made = unread.stdout(writer).output().expect("it runs");
    assert_eq!(made.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&made.stderr).contains("nobody read the recovery key"));
    let file = env.file("recovery", &key);
    env.run(["vault", "recover", "--identity", file.to_str().unwrap()]).succeeds();
}

#[test]
fn a_store_has_a_recovery_key_from_the_beginning() {
    let env = TestEnv::new();
    let secret = env.secret("connection");
    env.run(["vault", "init", "--recovery", "-o", "json"]).fails(2, "printed as it is");
    let key = printed_key(&env, &["vault", "init", "--recovery"]);
    create(&env, "sales", &secret).run().succeeds();
    for words in [&["vault", "init"][..], &["vault", "init", "--recovery"]] {
        let again = env.run(words).fails(5, "already");
        assert_eq!(again.stdout, "", "no key that opens nothing");
    }
    fs_err::remove_file(key_file(&env)).unwrap();
    let file = env.file("recovery", &key);
    env.run(["vault", "recover", "--identity", file.to_str().unwrap()]).succeeds();
    assert_whole(&env, "sales", "v0", &secret);
}

#[test]
fn nothing_is_made_for_a_recovery_key_that_nobody_reads() {
    let env = TestEnv::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut unread = env.command(["vault", "init", "--recovery"]).command();
    let made = unread.stdout(writer).output().expect("it runs");
    assert_eq!(made.status.code(), Some(1));
    let status = env.run(["vault", "status", "-o", "name"]).succeeds();
    assert_eq!(status.stdout, "absent\n");
    assert!(!key_file(&env).exists());
}

#[test]
fn the_settings_name_who_can_recover_every_store_that_is_made() {
    let (officer, env) = (TestEnv::new(), TestEnv::new());
    let key = printed_key(&officer, &["vault", "init", "--recovery"]);
    let known = officer.run(["vault", "recovery", "status", "-o", "json"]).succeeds().json();
    let recipient = known["recipient"].as_str().unwrap();
    env.plugins("version = 1\n[vault]\nkey = \"file\"\nrecovery = \"age1nobody\"\n");
    env.run(["list"]).fails(2, "`recovery` in `[vault]` is no recipient");
    let settings = format!("version = 1\n[vault]\nkey = \"file\"\nrecovery = \"{recipient}\"\n");
    env.plugins(&format!("{settings}members = true\n"));
    env.run(["list"]).fails(2, "without members");
    env.plugins(&settings);
    let secret = env.secret("connection");
    create(&env, "sales", &secret).run().succeeds();
    let status = env.run(["vault", "recovery", "status", "-o", "json"]).succeeds().json();
    assert_eq!(status["recipient"], recipient);
    fs_err::remove_file(key_file(&env)).unwrap();
    env.watch("recovery key", key.trim_start_matches("AGE-SECRET-KEY-1"));
    let file = env.file("recovery", &key);
    env.run(["vault", "recover", "--identity", file.to_str().unwrap()]).succeeds();
    assert_whole(&env, "sales", "v0", &secret);
    let other = TestEnv::new();
    let made =
        other.run(["vault", "init", "--recipient", recipient, "-o", "json"]).succeeds().json();
    assert_eq!((&made["outcome"], &made["recipient"]), (&"initialized".into(), &recipient.into()));
}
