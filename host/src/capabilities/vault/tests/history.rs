//! Past versions: what was is kept, as much of it as is wanted, and nobody puts anything else in its place.

use super::*;

/// Changes a record as often as said; its visible part and its password say which time it was.
fn change(store: &mut Store, name: &str, times: std::ops::Range<u64>) {
    for time in times {
        let changes = SecretChanges {
            set: vec![named("password", &format!("hunter{time}"))],
            remove: Vec::new(),
            others: Others::Keep,
        };
        let public = format!("time {time}");
        store
            .replace(&space(), &key("", name), time, public.as_bytes(), &changes)
            .expect("replaced");
    }
}

fn versions(store: &Store, name: &str) -> Vec<Version> {
    store.versions(&space(), &key("", name)).expect("there are some")
}

fn numbers(store: &Store, name: &str) -> Vec<u64> {
    versions(store, name).iter().map(|version| version.number).collect()
}

fn password(store: &Store, name: &str, at: At) -> String {
    let secrets = store.open_secrets_at(&space(), &key("", name), at).expect("there");
    let password = secrets.iter().find(|secret| secret.name == "password").expect("one");
    String::from_utf8(password.value.expose().to_vec()).expect("text")
}

fn sql(fixture: &Fixture, sql: &str) {
    fixture.edit(sql);
}

fn is_damaged<T>(result: Result<T, VaultError>) -> bool {
    matches!(result, Err(VaultError::Damaged { .. }))
}

#[test]
pub(super) fn what_was_replaced_is_there_as_it_was() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    change(&mut store, "sales", 1..4);
    assert_eq!(numbers(&store, "sales"), [1, 2, 3, 4]);
    let first = store.get_at(&space(), &key("", "sales"), At::Version(1)).expect("kept");
    assert_eq!(first, entry_of("", "sales"));
    assert_eq!(password(&store, "sales", At::Version(3)), "hunter2");
    assert_eq!(password(&store, "sales", At::Version(4)), "hunter3");
    assert_eq!(password(&store, "sales", At::Last), "hunter3");
    let all = versions(&store, "sales");
    assert!(all[0].changed_secrets.is_empty());
    assert_eq!(all[1].changed_secrets, ["password"]);
    assert_eq!(all[2].ending.expect("it ended").how, Ended::Replaced);
    assert_eq!(all[3].ending, None);
    let missing = store.get_at(&space(), &key("", "sales"), At::Version(9));
    assert!(matches!(missing, Err(VaultError::Missing)));
    assert_eq!(store.verify().expect("whole"), 3);
}

#[test]
pub(super) fn only_the_last_versions_are_kept() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    change(&mut store, "sales", 1..14);
    assert_eq!(numbers(&store, "sales"), (4..=14).collect::<Vec<_>>());
    drop(store);
    let none = VaultConfig { history: 0, ..fixture.config() };
    let mut store = Store::open(&none).expect("opened");
    change(&mut store, "sales", 14..15);
    assert_eq!(numbers(&store, "sales"), [15]);
    store.verify().expect("whole");
}

#[test]
pub(super) fn what_was_removed_is_kept_and_can_be_followed_by_another() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    change(&mut store, "sales", 1..3);
    store.remove(&space(), &key("", "sales"), 3).expect("removed");
    assert!(matches!(store.get(&space(), &key("", "sales")), Err(VaultError::Missing)));
    assert_eq!(numbers(&store, "sales"), [1, 2, 3]);
    assert_eq!(password(&store, "sales", At::Last), "hunter2");
    let last = versions(&store, "sales").pop().expect("one");
    assert_eq!(last.ending.expect("it ended").how, Ended::Removed);
    insert(&mut store, "", "sales").expect("the name is free");
    change(&mut store, "sales", 1..2);
    assert_eq!(numbers(&store, "sales"), [1, 2, 3, 4, 5]);
    assert_eq!(password(&store, "sales", At::Version(4)), "hunter2 of /sales");
    store.verify().expect("whole");
}

#[test]
pub(super) fn a_store_without_a_past_has_the_form_that_older_programs_read() {
    let fixture = Fixture::filled();
    let form = || {
        let connection = rusqlite::Connection::open(fixture.database()).expect("opened");
        let header: Vec<u8> = connection
            .query_row("SELECT content FROM header", (), |row| row.get(0))
            .expect("a header");
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))
            .expect("tables");
        (header, tables)
    };
    let before = form();
    assert_eq!(before.1, 3);
    let mut store = fixture.store();
    insert(&mut store, "", "other").expect("new");
    store.get(&space(), &key("", "sales")).expect("there");
    assert_eq!(numbers(&store, "sales"), [1]);
    assert_eq!(store.clear_history(None).expect("nothing to do"), 0);
    assert!(form() == before);
    change(&mut store, "sales", 1..2);
    assert_eq!(form().1, 4);
    assert_ne!(form().0, before.0);
}

#[test]
pub(super) fn a_change_that_fails_keeps_nothing() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    let changes = SecretChanges {
        set: vec![named("a", "1")],
        remove: vec!["a".to_owned()],
        others: Others::Keep,
    };
    let refused = store.replace(&space(), &key("", "sales"), 1, b"x", &changes);
    assert!(matches!(refused, Err(VaultError::Invalid { .. })));
    assert_eq!(numbers(&store, "sales"), [1]);
    store.begin_group().expect("begun");
    change(&mut store, "sales", 1..3);
    assert!(store.replace(&space(), &key("", "sales"), 3, b"x", &changes).is_err());
    store.abandon_group();
    assert_eq!(numbers(&store, "sales"), [1]);
    store.begin_group().expect("begun");
    change(&mut store, "sales", 1..3);
    store.commit_group().expect("done");
    assert_eq!(numbers(&fixture.store(), "sales"), [1, 2, 3]);
    fixture.store().verify().expect("whole");
}

#[test]
pub(super) fn remarks_leave_no_version_and_what_is_forgotten_is_gone() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    let at = key("", "sales");
    let nothing = SecretChanges { set: Vec::new(), remove: Vec::new(), others: Others::Keep };
    let remark = Replacement { public: b"x", changes: &nothing, past: Past::Untouched };
    store.replace_with(&space(), &at, 1, remark).expect("replaced");
    assert_eq!(numbers(&store, "sales"), [2]);
    change(&mut store, "sales", 2..4);
    assert_eq!(numbers(&store, "sales"), [2, 3, 4]);
    store.remove_with(&space(), &at, 4, Past::Forgotten).expect("removed");
    assert!(matches!(store.versions(&space(), &at), Err(VaultError::Missing)));
    insert(&mut store, "", "sales").expect("new");
    change(&mut store, "sales", 1..3);
    assert_eq!(store.forget(&space(), &at).expect("forgotten"), 2);
    assert_eq!(numbers(&store, "sales"), [3]);
    store.verify().expect("whole");
}

#[test]
pub(super) fn the_past_of_all_can_be_cleared() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    change(&mut store, "sales", 1..4);
    assert_eq!(store.clear_history(Some(1000)).expect("none is so old"), 0);
    assert_eq!(store.clear_history(Some(u64::MAX)).expect("all are older"), 3);
    change(&mut store, "sales", 4..5);
    assert_eq!(store.clear_history(None).expect("cleared"), 1);
    assert_eq!(numbers(&store, "sales"), [5]);
    store.verify().expect("whole");
    drop(store);
    assert_eq!(numbers(&fixture.store(), "sales"), [5]);
}

#[test]
pub(super) fn another_past_is_noticed() {
    let forgeries = [
        "DELETE FROM history WHERE version = 2",
        "UPDATE history SET version = 7 WHERE version = 2",
        "UPDATE history SET revision = 1 WHERE version = 2",
        "UPDATE history SET note_seal = (SELECT note_seal FROM history WHERE version = 1) WHERE version = 2",
        "UPDATE history SET note = zeroblob(16) WHERE version = 2",
        "UPDATE history SET public = zeroblob(64) WHERE version = 2",
        "UPDATE history SET secret = zeroblob(64) WHERE version = 2",
        "UPDATE history SET public_seal = (SELECT public_seal FROM record WHERE revision = 4), \
         public = (SELECT public FROM record WHERE revision = 4) WHERE version = 2",
        "UPDATE history SET key = (SELECT key FROM record WHERE revision = 1 LIMIT 1) WHERE version = 2",
        "INSERT INTO history SELECT key, 9, space, scope, revision, public_seal, secret_seal, note_seal, \
         note, public, secret FROM history WHERE version = 2",
        "DROP TABLE history",
    ];
    for forgery in forgeries {
        let fixture = Fixture::filled();
        change(&mut fixture.store(), "sales", 1..4);
        sql(&fixture, forgery);
        match Store::open_existing(&fixture.config()) {
            Ok(store) => {
                let store = store.expect("there");
                let found = store.versions(&space(), &key("", "sales"));
                assert!(
                    is_damaged(found)
                        || is_damaged(store.get_at(&space(), &key("", "sales"), At::Version(2))),
                    "{forgery}"
                );
                assert!(is_damaged(store.verify()), "{forgery}");
                // What is there now is none of the past's business.
                store.get(&space(), &key("", "sales")).expect("there");
            }
            Err(error) => {
                assert!(matches!(error, VaultError::Damaged { .. }), "{forgery}: {error}")
            }
        }
    }
}

#[test]
pub(super) fn a_forgery_is_still_noticed_after_it_was_pushed_out() {
    let fixture = Fixture::filled();
    change(&mut fixture.store(), "sales", 1..10);
    sql(&fixture, "UPDATE history SET revision = 5 WHERE version = 1");
    let mut store = fixture.store();
    change(&mut store, "sales", 10..14);
    assert!(is_damaged(store.versions(&space(), &key("", "sales"))));
    store.clear_history(None).expect("cleared");
    assert_eq!(numbers(&store, "sales"), [14]);
}

#[test]
pub(super) fn a_past_version_put_back_as_the_record_is_noticed() {
    let fixture = Fixture::filled();
    change(&mut fixture.store(), "sales", 1..4);
    sql(
        &fixture,
        "DELETE FROM record WHERE key IN (SELECT key FROM history); INSERT INTO record SELECT key, space, scope, revision, public_seal, secret_seal, public, \
         secret FROM history WHERE version = 2",
    );
    assert!(is_damaged(fixture.store().get(&space(), &key("", "sales"))));
}

#[test]
pub(super) fn a_header_that_hides_the_past_is_noticed() {
    let fixture = Fixture::filled();
    let before: Vec<u8> = rusqlite::Connection::open(fixture.database())
        .and_then(|connection| {
            connection.query_row("SELECT content FROM header", (), |row| row.get(0))
        })
        .expect("a header");
    change(&mut fixture.store(), "sales", 1..2);
    let connection = rusqlite::Connection::open(fixture.database()).expect("opened");
    connection.execute("UPDATE header SET content = ?1", [&before]).expect("done");
    drop(connection);
    assert!(is_damaged(Store::open(&fixture.config())));
    sql(&fixture, "DROP TABLE history");
    let store = fixture.store();
    assert!(is_damaged(store.versions(&space(), &key("", "sales"))));
    assert!(is_damaged(store.verify()));
}

#[test]
pub(super) fn new_keys_take_the_past_along() {
    for rotation in [Rotation::Both, Rotation::Master] {
        let fixture = Fixture::filled();
        change(&mut fixture.store(), "sales", 1..4);
        let config = fixture.config();
        Store::rotate(&config, &config.key, rotation, OldKey::Forgotten).expect("rotated");
        let mut store = fixture.store();
        assert_eq!(numbers(&store, "sales"), [1, 2, 3, 4]);
        assert_eq!(password(&store, "sales", At::Version(3)), "hunter2");
        store.verify().expect("whole");
        change(&mut store, "sales", 4..5);
        store.verify().expect("whole");
    }
}

#[test]
pub(super) fn copies_have_the_past() {
    let fixture = Fixture::filled();
    change(&mut fixture.store(), "sales", 1..4);
    let copy = fixture.folder.path().join("copy");
    Store::backup(&fixture.config(), &copy, Present::Refuse).expect("written");
    change(&mut fixture.store(), "sales", 4..5);
    Store::restore(&fixture.config(), &copy, Present::Replace).expect("restored");
    assert_eq!(numbers(&fixture.store(), "sales"), [1, 2, 3, 4]);
}

#[test]
pub(super) fn an_open_store_goes_on_when_another_process_begins_the_past() {
    let fixture = Fixture::filled();
    let (mut one, mut other) = (fixture.store(), fixture.store());
    one.get(&space(), &key("", "sales")).expect("there");
    change(&mut other, "sales", 1..2);
    change(&mut one, "sales", 2..3);
    assert_eq!(numbers(&one, "sales"), [1, 2, 3]);
    assert_eq!(numbers(&other, "sales"), [1, 2, 3]);
}

#[test]
pub(super) fn other_spaces_and_scopes_have_a_past_of_their_own() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    change(&mut store, "sales", 1..3);
    let other = Space { connector: "other".to_owned() };
    assert!(matches!(store.versions(&other, &key("", "sales")), Err(VaultError::Missing)));
    let team = store.versions(&space(), &key("team", "sales")).expect("there");
    assert_eq!(team.len(), 1);
}
