//! Somebody edits the database with SQL, without the key: seen, whatever the rows look like.

use rusqlite::Connection;

use super::*;

/// Runs SQL as any program could.
fn tamper(fixture: &Fixture, sql: &str) {
    fixture.edit(sql);
}

/// Every operation fails with damage, or gives what was written.
fn check_seen(fixture: &Fixture, what: &str) {
    let store = match Store::open_existing(&fixture.config()) {
        Ok(store) => store.expect("it is there"),
        Err(VaultError::Damaged { .. }) => return,
        // On a server a header that is gone is a store that is gone.
        Err(VaultError::Gone { .. }) if fixture.server.is_some() => return,
        Err(error) => panic!("{what}: {error:?}"),
    };
    let listed = all(&store);
    assert!(matches!(listed, Err(VaultError::Damaged { .. })), "{what}: {listed:?}");
    for (scope, name) in FILLED {
        match store.get(&space(), &key(scope, name)) {
            Ok(entry) => assert_eq!(entry, entry_of(scope, name), "{what}"),
            Err(error) => assert!(matches!(error, VaultError::Damaged { .. }), "{what}: {error:?}"),
        }
        match store.open_secrets(&space(), &key(scope, name)) {
            Ok(secrets) => assert_eq!(secrets, secrets_of(scope, name), "{what}"),
            Err(error) => assert!(matches!(error, VaultError::Damaged { .. }), "{what}: {error:?}"),
        }
    }
}

fn is_about_a_file(edit: &str) -> bool {
    ["CREATE TRIGGER", "CREATE INDEX", "CREATE VIEW", "CREATE TABLE extra", "ADD COLUMN", "PRAGMA"]
        .iter()
        .any(|word| edit.contains(word))
}

#[test]
pub(super) fn edits_are_seen() {
    let first = "(SELECT min(key) FROM record)";
    let last = "(SELECT max(key) FROM record)";
    let swap = |columns: &[&str]| {
        let pick = |column: &&str, end: &str| {
            format!(
                "{column} = (SELECT {column} FROM copy WHERE key = (SELECT {end}(key) FROM copy))"
            )
        };
        let set = |end| columns.iter().map(|c| pick(c, end)).collect::<Vec<_>>().join(", ");
        format!(
            "CREATE TEMP TABLE copy AS SELECT * FROM record; \
             UPDATE record SET {} WHERE key = {first}; UPDATE record SET {} WHERE key = {last};",
            set("max"),
            set("min"),
        )
    };
    let edits = [
        format!("DELETE FROM record WHERE key = {first}"),
        "DELETE FROM record".to_owned(),
        "UPDATE record SET revision = 2".to_owned(),
        "UPDATE record SET revision = -1".to_owned(),
        "UPDATE record SET scope = zeroblob(16)".to_owned(),
        "UPDATE record SET space = zeroblob(16)".to_owned(),
        "UPDATE record SET key = zeroblob(32) WHERE key = (SELECT min(key) FROM record)".to_owned(),
        "UPDATE record SET public_seal = zeroblob(28)".to_owned(),
        "UPDATE record SET secret_seal = zeroblob(27)".to_owned(),
        "INSERT INTO record SELECT zeroblob(32), space, scope, revision, public_seal, secret_seal, \
         public, secret FROM record LIMIT 1"
            .to_owned(),
        swap(&["public_seal", "public"]),
        swap(&["secret_seal", "secret"]),
        swap(&["revision", "public_seal", "public", "secret_seal", "secret"]),
        swap(&["space", "scope", "public_seal", "public", "secret_seal", "secret"]),
        "DELETE FROM state".to_owned(),
        "UPDATE state SET sealed = zeroblob(2084)".to_owned(),
        "DELETE FROM header".to_owned(),
        "UPDATE header SET content = zeroblob(10)".to_owned(),
        "CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM record; END".to_owned(),
        "CREATE INDEX i ON record (scope)".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        "CREATE TABLE extra (a)".to_owned(),
        "DROP TABLE record".to_owned(),
        "ALTER TABLE record ADD COLUMN extra BLOB".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
    ];
    for edit in edits {
        let fixture = Fixture::filled();
        // What else is in a schema does not matter, and the rest is for files.
        if fixture.server.is_some() && is_about_a_file(&edit) {
            continue;
        }
        tamper(&fixture, &edit);
        check_seen(&fixture, &edit);
    }
}

#[test]
pub(super) fn a_ciphertext_that_is_swapped_under_its_seal_does_not_open() {
    let fixture = Fixture::filled();
    tamper(&fixture, "UPDATE record SET secret = zeroblob(length(secret))");
    let store = fixture.store();
    let error = store.open_secrets(&space(), &key("", "sales")).expect_err("altered");
    assert!(matches!(error, VaultError::Damaged { .. }), "{error:?}");
    assert_eq!(all(&store).expect("the visible part is whole").len(), FILLED.len());
}

#[test]
pub(super) fn a_row_that_is_rolled_back_alone_is_seen() {
    let fixture = Fixture::filled();
    tamper(&fixture, "CREATE TABLE saved AS SELECT * FROM record");
    let saved = fs_err::read(fixture.database()).expect("read");
    tamper(&fixture, "DROP TABLE saved");
    let change = SecretChanges {
        set: vec![named("password", "changed")],
        remove: Vec::new(),
        others: Others::Keep,
    };
    let mut store = fixture.store();
    store.replace(&space(), &key("", "sales"), 1, b"changed", &change).expect("current");
    drop(store);
    let copy = fixture.folder.path().join("copy.db");
    fs_err::write(&copy, saved).expect("written");
    tamper(
        &fixture,
        &format!(
            "ATTACH '{}' AS old; DELETE FROM record; \
             INSERT INTO record SELECT * FROM old.saved",
            copy.display()
        ),
    );
    let store = fixture.store();
    let error = store.get(&space(), &key("", "sales")).expect_err("it is an old one");
    assert!(matches!(error, VaultError::Damaged { .. }), "{error:?}");
    assert!(all(&store).is_err());
    // Its page alone must not show it, either.
    let mut cursor = None;
    while let Ok(page) = store.scan(&space(), &Selection::All, cursor.as_deref(), 1) {
        assert!(!page.entries.contains(&entry_of("", "sales")), "the old record was shown");
        cursor = page.cursor;
        assert!(cursor.is_some(), "the scan ended as if nothing were wrong");
    }
}

#[test]
pub(super) fn a_removed_record_that_is_put_back_is_seen() {
    let fixture = Fixture::filled();
    let copy = fixture.folder.path().join("copy.db");
    fs_err::copy(fixture.database(), &copy).expect("copied");
    fixture.store().remove(&space(), &key("", "sales"), 1).expect("current");
    let attach = format!("ATTACH '{}' AS old", copy.display());
    tamper(
        &fixture,
        &format!(
            "{attach}; INSERT INTO record SELECT * FROM old.record \
             WHERE key NOT IN (SELECT key FROM record)"
        ),
    );
    let error = fixture.store().get(&space(), &key("", "sales")).expect_err("it was removed");
    assert!(matches!(error, VaultError::Damaged { .. }), "{error:?}");
}

#[test]
pub(super) fn the_rows_of_another_store_are_seen() {
    let (fixture, other) = (Fixture::filled(), Fixture::filled());
    let attach = format!("ATTACH '{}' AS other", other.database().display());
    tamper(
        &fixture,
        &format!(
            "{attach}; DELETE FROM record; INSERT INTO record SELECT * FROM other.record; \
             UPDATE state SET sealed = (SELECT sealed FROM other.state)"
        ),
    );
    check_seen(&fixture, "rows and state of another store");
}

#[test]
pub(super) fn an_insert_into_a_store_with_a_missing_row_does_not_hide_it() {
    let fixture = Fixture::filled();
    tamper(&fixture, "DELETE FROM record WHERE key = (SELECT min(key) FROM record)");
    let mut store = fixture.store();
    let mut done = 0;
    for index in 0..50 {
        done += usize::from(insert(&mut store, "more", &format!("n{index}")).is_ok());
    }
    assert!(done > 0, "other buckets are whole");
    assert!(matches!(all(&store), Err(VaultError::Damaged { .. })));
}

#[test]
pub(super) fn a_store_of_a_newer_version_is_left_alone() {
    let fixture = Fixture::filled();
    let connection = Connection::open(fixture.database()).expect("opened");
    let newer = header::Header::of_version(header::NEWEST + 1);
    connection.execute("UPDATE header SET content = ?1", [newer]).expect("written");
    drop(connection);
    let before = fs_err::read(fixture.database()).expect("read");
    let error = Store::open(&fixture.config()).err().expect("unknown");
    assert!(matches!(error, VaultError::Unsupported { version: 5, supported: 4, .. }), "{error:?}");
    assert_eq!(fs_err::read(fixture.database()).expect("read"), before);
}

#[test]
pub(super) fn small_pages_hide_no_missing_row() {
    for victim in 0..20 {
        let fixture = Fixture::new();
        let mut store = fixture.store();
        for index in 0..20 {
            insert(&mut store, "", &format!("n{index}")).expect("new");
        }
        drop(store);
        let row = format!("(SELECT key FROM record ORDER BY key LIMIT 1 OFFSET {victim})");
        tamper(&fixture, &format!("DELETE FROM record WHERE key = {row}"));
        let store = fixture.store();
        let mut cursor = None;
        let end = loop {
            match store.scan(&space(), &Selection::All, cursor.as_deref(), 1) {
                Ok(Page { cursor: Some(next), .. }) => cursor = Some(next),
                other => break other,
            }
        };
        assert!(matches!(end, Err(VaultError::Damaged { .. })), "row {victim}: {end:?}");
    }
}
