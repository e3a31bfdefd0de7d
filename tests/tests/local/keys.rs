//! The key of the store, missing or not what it should be: the store is refused, and nothing changes.

use super::*;

/// A store with one connection, and its key file.
struct Keyed {
    env: TestEnv,
    secret: String,
    key: PathBuf,
}

impl Keyed {
    fn new() -> Self {
        let env = TestEnv::new();
        let secret = env.secret("connection");
        create(&env, "sales", &secret).run().succeeds();
        let key = key_file(&env);
        watch_key(&env, &read(&key));
        Self { env, secret, key }
    }

    /// Asserts that reading and writing are refused, and that neither key nor store changes.
    #[track_caller]
    fn is_refused(&self, words: &str) -> Outcome {
        let state = || {
            let key = self.key.symlink_metadata().ok().map(|_| (mode(&self.key), read(&self.key)));
            (key, Backup::of(&vault(&self.env)))
        };
        let before = state();
        let refused = self.env.run(["list"]).fails(8, words);
        self.env.run(["get", "sales"]).fails(8, words);
        create(&self.env, "other", &self.secret).run().fails(8, words);
        self.env.run(["delete", "sales", "--yes"]).fails(8, words);
        assert_eq!(state(), before, "something was changed");
        refused
    }
}

/// Looks for the part of a key file that is secret: what follows `connhub-key-1 `.
fn watch_key(env: &TestEnv, key: &[u8]) {
    let text = std::str::from_utf8(key).unwrap();
    env.watch("key of a store", text.split_whitespace().last().unwrap());
}

fn read(path: &Path) -> Vec<u8> {
    fs_err::read(path).unwrap_or_default()
}

/// The key file is a secret of the test, and lies in the home by right.
impl Drop for Keyed {
    fn drop(&mut self) {
        let _ = fs_err::remove_file(&self.key);
    }
}

#[test]
fn a_missing_key_is_not_made_again() {
    let keyed = Keyed::new();
    let good = read(&keyed.key);
    fs_err::remove_file(&keyed.key).unwrap();
    insta::assert_snapshot!(keyed.is_refused("vault.key"), @"
    exit code: 8
    --- stderr ---
    error: the key of `$HOME/data/vault/store.db` is missing: the key file `$HOME/vault.key` is not there

    hint: put the key file of this store back: `cp -p BACKUP '$HOME/vault.key'`
    ");
    assert!(!keyed.key.exists());
    write_private(&keyed.key, &good);
    assert_whole(&keyed.env, "sales", "v0", &keyed.secret);
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_cure() {
    let keyed = Keyed::new();
    for wide in [0o640, 0o604, 0o660, 0o644] {
        set_mode(&keyed.key, wide);
        keyed.is_refused("chmod 600 ");
    }
    insta::assert_snapshot!(keyed.is_refused("vault.key"), @"
    exit code: 8
    --- stderr ---
    error: `$HOME/vault.key` can be reached by others (mode 0644)

    hint: `chmod 600 '$HOME/vault.key'`
    ");
    set_mode(&keyed.key, 0o600);
    assert_whole(&keyed.env, "sales", "v0", &keyed.secret);
}

#[test]
fn a_key_of_another_store_is_told_from_a_damaged_one() {
    let keyed = Keyed::new();
    let other = TestEnv::new();
    create(&other, "sales", &other.secret("connection")).run().succeeds();
    let stranger = read(&key_file(&other));
    watch_key(&keyed.env, &stranger);
    write_private(&keyed.key, &stranger);
    insta::assert_snapshot!(keyed.is_refused("does not open"), @"
    exit code: 8
    --- stderr ---
    error: the key file `$HOME/vault.key` does not open `$HOME/data/vault/store.db`

    hint: put the key file of this store back: `cp -p BACKUP '$HOME/vault.key'`
    ");
}

#[test]
fn a_damaged_key_is_refused() {
    let keyed = Keyed::new();
    let good = read(&keyed.key);
    for length in [0, 1, 13, 14, 30, good.len() - 2] {
        write_private(&keyed.key, &good[..length]);
        keyed.is_refused("is damaged");
    }
    for position in (0..good.len() - 1).step_by(11) {
        let mut bad = good.clone();
        bad[position] ^= 1;
        write_private(&keyed.key, &bad);
        keyed.is_refused("is damaged");
    }
    let mut large = good.clone();
    large.resize(1 << 20, b' ');
    write_private(&keyed.key, &large);
    keyed.is_refused("is damaged");
    insta::assert_snapshot!(keyed.is_refused("vault.key"), @"
    exit code: 8
    --- stderr ---
    error: the key file `$HOME/vault.key` is damaged: it does not start with `connhub-key-1 `

    hint: put the key file of this store back: `cp -p BACKUP '$HOME/vault.key'`
    ");
}

#[test]
fn a_key_that_is_no_plain_file_is_refused() {
    let keyed = Keyed::new();
    let moved = keyed.env.files().join("moved.key");
    fs_err::rename(&keyed.key, &moved).unwrap();
    fs_err::os::unix::fs::symlink(&moved, &keyed.key).unwrap();
    keyed.env.run(["list"]).fails(8, "vault.key");
    fs_err::remove_file(&keyed.key).unwrap();
    fs_err::create_dir(&keyed.key).unwrap();
    keyed.env.run(["list"]).fails(8, "vault.key");
    fs_err::remove_dir(&keyed.key).unwrap();
}

#[test]
fn another_kind_of_key_is_not_tried() {
    let keyed = Keyed::new();
    keyed.env.plugins("version = 1\n[vault]\nkey = \"command\"\ncommand = [\"false\"]\n");
    insta::assert_snapshot!(keyed.is_refused("a key file"), @"
    exit code: 8
    --- stderr ---
    error: `$HOME/data/vault/store.db` was made with a key file as its key, the configuration names a key command

    hint: name a key file as the key of the vault in the settings, or use another folder
    ");
}

#[test]
fn a_key_by_a_command() {
    let env = TestEnv::new();
    let donor = TestEnv::new();
    create(&donor, "x", &donor.secret("x")).run().succeeds();
    let key = read(&key_file(&donor));
    watch_key(&env, &key);
    let file = env.file("key", &key);
    let settings = |program: &str| {
        let file = file.display();
        env.plugins(&format!(
            "version = 1\n[vault]\nkey = \"command\"\ncommand = [\"{program}\", \"{file}\"]\n"
        ));
    };
    let path = std::env::var("PATH").unwrap_or_default();
    let secret = env.secret("connection");
    settings("/bin/cat");
    create(&env, "sales", &secret).variable("PATH", &path).run().succeeds();
    assert!(!key_file(&env).exists());
    assert_whole(&env, "sales", "v0", &secret);
    settings("/bin/ls");
    env.run(["list"]).fails(8, "`/bin/ls`");
    settings("/no/such/program");
    insta::assert_snapshot!(env.run(["list"]), @"
    exit code: 6
    --- stderr ---
    error: the key command `/no/such/program` gives no key
    cause: `/no/such/program` cannot be started
    cause: No such file or directory (os error 2)

    hint: run the command by itself and see what is wrong: `/no/such/program …`
    ");
}

#[test]
fn a_key_by_a_passphrase() {
    let env = TestEnv::new();
    env.plugins("version = 1\n[vault]\nkey = \"passphrase\"\nunlocked-seconds = 0\n");
    let (right, wrong) = (env.secret_file("right"), env.secret_file("wrong"));
    let secret = env.secret("connection");
    let create = create(&env, "sales", &secret);
    create.variable("CONNHUB_PASSPHRASE_FILE", &right).run().succeeds();
    assert!(!key_file(&env).exists());
    let list = |file| env.command(["list"]).variable("CONNHUB_PASSPHRASE_FILE", file).run();
    assert!(list(&right).succeeds().stdout.contains("sales"));
    insta::assert_snapshot!(list(&wrong), @"
    exit code: 4
    --- stderr ---
    error: the passphrase does not open `$HOME/data/vault/store.db`

    hint: type the passphrase that the store was made with
    ");
    insta::assert_snapshot!(env.run(["list"]), @"
    exit code: 4
    --- stderr ---
    error: the passphrase gives no key
    cause: nobody can be asked here; name a file with it in `CONNHUB_PASSPHRASE_FILE`, or a `command` in `[vault]`

    hint: run it on a terminal, or name a file or a command that gives the passphrase
    ");
}
