use super::*;

#[test]
pub(super) fn a_group_is_durable_when_it_is_committed_and_not_before() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    store.begin_group().expect("nobody else writes");
    for index in 0..300 {
        insert(&mut store, "bulk", &format!("c{index}")).expect("it is new");
    }
    assert!(store.get(&space(), &key("bulk", "c7")).is_ok(), "the group sees itself");
    let others = fixture.store();
    let unseen = others.get(&space(), &key("bulk", "c7"));
    assert!(matches!(unseen, Err(VaultError::Missing)), "{unseen:?}");
    store.commit_group().expect("the disk has room");
    assert_eq!(others.get(&space(), &key("bulk", "c7")).expect("there").revision, 1);
    drop((store, others));
    let page = fixture.store().scan(&space(), &Selection::All, None, 500).expect("a page");
    assert_eq!(page.entries.len(), 303);
}

#[test]
pub(super) fn one_failure_in_a_group_undoes_itself_alone() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    store.begin_group().expect("nobody else writes");
    insert(&mut store, "bulk", "a").expect("it is new");
    let taken = insert(&mut store, "team", "sales");
    assert!(matches!(taken, Err(VaultError::Exists)), "{taken:?}");
    let stale = store.remove(&space(), &key("team", "sales"), 7);
    assert!(matches!(stale, Err(VaultError::Stale(1))), "{stale:?}");
    insert(&mut store, "bulk", "b").expect("it is new");
    store.remove(&space(), &key("team", "archive"), 1).expect("it is there");
    store.commit_group().expect("the disk has room");
    drop(store);
    let store = fixture.store();
    for (scope, name, is_there) in [
        ("bulk", "a", true),
        ("bulk", "b", true),
        ("team", "sales", true),
        ("team", "archive", false),
    ] {
        assert_eq!(store.get(&space(), &key(scope, name)).is_ok(), is_there, "{name}");
    }
}

#[test]
pub(super) fn a_group_that_is_abandoned_or_forgotten_changes_nothing() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    store.begin_group().expect("nobody else writes");
    insert(&mut store, "bulk", "a").expect("it is new");
    store.abandon_group();
    insert(&mut store, "bulk", "b").expect("it is new");
    store.begin_group().expect("nobody else writes");
    insert(&mut store, "bulk", "c").expect("it is new");
    drop(store);
    let page = fixture.store().scan(&space(), &Selection::All, None, 500).expect("a page");
    assert_eq!(page.entries.len(), FILLED.len() + 1);
}

#[test]
pub(super) fn a_group_is_a_transaction_of_the_whole_store() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    store.begin_group().expect("nobody else writes");
    store.begin_group().expect("it is open already");
    let changes = SecretChanges { set: Vec::new(), remove: Vec::new(), others: Others::Keep };
    let sales = key("team", "sales");
    assert_eq!(store.replace(&space(), &sales, 1, b"new", &changes).expect("current"), 2);
    assert_eq!(store.get(&space(), &sales).expect("there").public, b"new");
    store.commit_group().expect("the disk has room");
    store.commit_group().expect("there is nothing to commit");
    assert_eq!(fixture.store().get(&space(), &sales).expect("there").revision, 2);
}

/// Rows that were checked once are compared again each time they are read: nobody can slip others in behind the check.
#[test]
pub(super) fn edits_behind_the_check_of_a_bucket_are_seen() {
    for edit in [
        "UPDATE record SET revision = revision + 1",
        "UPDATE record SET scope = zeroblob(16)",
        "UPDATE record SET public_seal = zeroblob(28)",
        "DELETE FROM record",
    ] {
        let fixture = Fixture::filled();
        let mut store = fixture.store();
        store.begin_group().expect("nobody else writes");
        let sales = key("team", "sales");
        store.get(&space(), &sales).expect("there");
        store.get(&space(), &key("team", "new")).expect_err("there is none");
        store
            .database
            .file()
            .expect("a file")
            .connection()
            .execute_batch(edit)
            .expect("the edit works");
        let found = store.get(&space(), &sales);
        assert!(matches!(found, Err(VaultError::Damaged { .. })), "{edit}: {found:?}");
        let changes = SecretChanges { set: Vec::new(), remove: Vec::new(), others: Others::Keep };
        let replaced = store.replace(&space(), &sales, 1, b"new", &changes);
        assert!(matches!(replaced, Err(VaultError::Damaged { .. })), "{edit}: {replaced:?}");
    }
}

#[test]
pub(super) fn a_record_that_appears_behind_the_check_of_its_bucket_is_seen() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    let archive = key("team", "archive");
    let connection = store.database.file().expect("a file").connection();
    connection.execute_batch("CREATE TEMP TABLE kept AS SELECT * FROM record").expect("a copy");
    store.remove(&space(), &archive, 1).expect("it is there");
    let missing = store.get(&space(), &archive);
    assert!(matches!(missing, Err(VaultError::Missing)), "{missing:?}");
    let connection = store.database.file().expect("a file").connection();
    let back = "INSERT INTO record SELECT * FROM kept WHERE key NOT IN (SELECT key FROM record)";
    connection.execute_batch(back).expect("the edit works");
    let found = store.get(&space(), &archive);
    assert!(matches!(found, Err(VaultError::Damaged { .. })), "{found:?}");
}

/// What is known of a bucket is forgotten when another process changes it.
#[test]
pub(super) fn changes_of_others_are_seen_behind_the_check_of_a_bucket() {
    let fixture = Fixture::filled();
    let (mut store, mut other) = (fixture.store(), fixture.store());
    let sales = key("team", "sales");
    assert_eq!(store.get(&space(), &sales).expect("there").revision, 1);
    let changes = SecretChanges { set: Vec::new(), remove: Vec::new(), others: Others::Keep };
    other.replace(&space(), &sales, 1, b"new", &changes).expect("current");
    assert_eq!(store.get(&space(), &sales).expect("there").revision, 2);
    other.remove(&space(), &sales, 2).expect("current");
    store.begin_group().expect("nobody else writes");
    assert!(matches!(store.get(&space(), &sales), Err(VaultError::Missing)));
    insert(&mut store, "team", "sales").expect("the name is free");
    store.abandon_group();
    assert!(matches!(store.get(&space(), &sales), Err(VaultError::Missing)));
}
