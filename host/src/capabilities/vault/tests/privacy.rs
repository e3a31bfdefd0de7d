//! What somebody who has the files and not the key can learn.

use super::*;

#[test]
pub(super) fn nothing_that_was_stored_is_readable_in_any_file() {
    let fixture = Fixture::new();
    let config = VaultConfig { owner: "owner-canary".to_owned(), ..fixture.config() };
    let mut store = Store::open(&config).expect("made");
    let team = key("scope-canary", "name-canary");
    let secrets = [named("field-canary", "secret-canary")];
    let other = Space { connector: "connector-canary".to_owned() };
    store.insert(&other, &team, b"public-canary", &secrets).expect("new");
    let files = |folder: &Path| {
        fs_err::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
    };
    let mut read = 0;
    for path in files(&fixture.directory()) {
        let bytes = fs_err::read(&path).expect("read");
        let found = bytes.windows(6).any(|window| window == b"canary");
        assert!(!found, "{}", path.display());
        read += bytes.len();
    }
    assert!(read > 40_000, "the log with the record was read, too");
}

#[test]
pub(super) fn sealed_sizes_come_in_steps() {
    let fixture = Fixture::new();
    let mut store = fixture.store();
    let mut sizes = |name: &str, password: &str| -> (i64, i64) {
        store.insert(&space(), &key("", name), b"", &[named("password", password)]).expect("new");
        store
            .database
            .file()
            .expect("a file")
            .connection()
            .query_row("SELECT max(length(public)), max(length(secret)) FROM record", (), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .expect("sizes")
    };
    assert_eq!(sizes("a", "p"), sizes("ab", "password"));
    let (public, secret) = sizes("abc", &"p".repeat(100));
    assert_eq!((public % 32, secret % 32), (0, 0));
    assert!(secret > 100);
}

#[test]
pub(super) fn errors_and_debug_texts_hold_no_secret() {
    let fixture = Fixture::new();
    let mut store = fixture.store();
    let twice = [named("password", "hunter2"), named("password", "hunter2")];
    let error = store.insert(&space(), &key("", "a"), b"", &twice).expect_err("twice");
    let text = format!("{error} {error:?} {twice:?}");
    assert!(!text.contains("hunter2"), "{text}");
}
