//! Files of the store that are not what was written.

use super::*;

/// A store with three connections.
struct Store {
    env: TestEnv,
    secret: String,
    items: Value,
    good: Backup,
}

impl Store {
    fn new() -> Self {
        let env = TestEnv::new();
        let secret = env.secret("key");
        for name in ["a", "b", "c"] {
            create(&env, name, &secret).run().succeeds();
        }
        let items = env.run(["list", "-o", "json"]).succeeds().json()["items"].clone();
        let good = Backup::of(&env.home().join("data"));
        Self { env, secret, items, good }
    }

    /// Reads what is visible or compares what is secret, by turns. Returns whether it was refused.
    #[track_caller]
    fn reads_right_or_refuses(&self, turn: usize, what: &str) -> bool {
        let outcome = match turn % 2 {
            0 => self.env.run(["list", "-o", "json"]),
            _ => compare(&self.env, "b", "v0", &self.secret),
        };
        match outcome.code {
            0 if turn.is_multiple_of(2) => {
                assert_eq!(outcome.json()["items"], self.items, "{what}")
            }
            0 => assert!(is_same(&outcome), "{what}\n{outcome}"),
            8 => assert!(outcome.stderr.contains("hint"), "{what}\n{outcome}"),
            code => panic!("{what}: exit code {code}\n{outcome}"),
        }
        outcome.code == 8
    }

    fn restore(&self) {
        self.good.restore(&self.env.home().join("data"));
    }
}

/// About this many bytes of a file are flipped; the unit tests of the vault flip every one.
const FLIPS: usize = 150;

#[test]
fn a_flipped_byte_is_refused_or_makes_no_difference() {
    let store = Store::new();
    let mut refused = 0;
    let mut flipped = 0;
    for (path, good) in &store.good.0 {
        let step = (good.len() / FLIPS).max(1);
        // An odd step visits every position of the database's pages.
        for position in (step / 2..good.len()).step_by(step | 1) {
            let mut bad = good.clone();
            bad[position] ^= 1 << (position % 8);
            write_private(path, &bad);
            let what = format!("byte {position} of {}", path.display());
            refused += usize::from(store.reads_right_or_refuses(flipped, &what));
            flipped += 1;
            store.restore();
        }
    }
    assert!(flipped > FLIPS / 2 && refused > flipped / 4, "{refused} of {flipped} were refused");
    assert!(!store.reads_right_or_refuses(0, "restored"));
}

#[test]
fn a_shortened_file_is_refused_or_makes_no_difference() {
    let store = Store::new();
    let database = vault(&store.env).join("store.db");
    let good = store.good.0[&database].clone();
    let lengths = [0, 1, 15, 100, 4095, 4096, good.len() / 2, good.len() - 1];
    let mut refused = 0;
    for (turn, length) in lengths.into_iter().enumerate() {
        write_private(&database, &good[..length]);
        let what = format!("{length} bytes of {}", good.len());
        refused += usize::from(store.reads_right_or_refuses(turn, &what));
        store.restore();
    }
    // The last page may hold nothing that is needed.
    assert!(refused >= lengths.len() - 1, "{refused} of {} were refused", lengths.len());
}

#[test]
fn a_refused_store_is_not_written_to() {
    let store = Store::new();
    let database = vault(&store.env).join("store.db");
    let mut bad = store.good.0[&database].clone();
    let last = bad.len() - 1;
    bad[last] ^= 0xff;
    bad[100] ^= 0xff;
    write_private(&database, &bad);
    for words in [&["delete", "a", "--yes"][..], &["update", "a", "bucket=other"]] {
        store.env.run(words).fails(8, "store.db");
    }
    create(&store.env, "d", &store.secret).run().fails(8, "store.db");
    assert_eq!(fs_err::read(&database).unwrap(), bad);
}

#[test]
fn a_store_that_is_gone_is_not_made_again() {
    let store = Store::new();
    fs_err::remove_file(vault(&store.env).join("store.db")).unwrap();
    store.env.run(["list"]).fails(8, "is gone");
    create(&store.env, "d", &store.secret).run().fails(8, "is gone");
    assert!(!vault(&store.env).join("store.db").exists());
}

#[test]
fn an_older_copy_of_the_store_is_noticed() {
    let store = Store::new();
    store.env.run(["update", "a", "bucket=newer"]).succeeds();
    let database = vault(&store.env).join("store.db");
    write_private(&database, &store.good.0[&database]);
    let refused = store.env.run(["list"]);
    insta::assert_snapshot!(refused, @"
    exit code: 8
    --- stderr ---
    error: `$HOME/data/vault/store.db` is at generation 4, but generation 5 was acknowledged

    hint: put the newest backup in its place; to go on with the older state: `rm '$HOME/data/vault/store.mark'`
    ");
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    // The version stands in the header, which carries a checksum; the unit tests forge one.
    let store = Store::new();
    let database = vault(&store.env).join("store.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.execute("UPDATE header SET content = x'00'", ()).unwrap();
    drop(connection);
    store.env.run(["list"]).fails(8, "store.db");
}

#[test]
fn files_that_are_none_are_refused() {
    let store = Store::new();
    let database = vault(&store.env).join("store.db");
    let moved = store.env.home().join("data/moved.db");
    fs_err::rename(&database, &moved).unwrap();
    fs_err::os::unix::fs::symlink(&moved, &database).unwrap();
    store.env.run(["list"]).exits_with(8);
    fs_err::remove_file(&database).unwrap();
    fs_err::create_dir(&database).unwrap();
    store.env.run(["list"]).exits_with(8);
}

#[test]
fn a_store_that_others_can_reach_is_refused_with_the_cure() {
    let store = Store::new();
    let database = vault(&store.env).join("store.db");
    for (path, wide, right) in [(database, 0o644, 0o600), (vault(&store.env), 0o755, 0o700)] {
        set_mode(&path, wide);
        let cure = format!("chmod {right:o} ");
        store.env.run(["list"]).fails(8, &cure);
        assert_eq!(mode(&path), wide, "the program does not change it itself");
        set_mode(&path, right);
        store.env.run(["list"]).succeeds();
    }
}
