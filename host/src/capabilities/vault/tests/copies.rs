//! Copies, stores of copies, and opening every record.

use super::*;

fn copy(fixture: &Fixture) -> PathBuf {
    let path = fixture.folder.path().join("copy");
    let records = Store::backup(&fixture.config(), &path, Present::Refuse).expect("copied");
    assert_eq!(records, Some(FILLED.len() as u64));
    path
}

#[test]
pub(super) fn a_copy_becomes_the_same_store() {
    let fixture = Fixture::filled();
    let copy = copy(&fixture);
    let before = all(&fixture.store()).expect("whole");
    fs_err::remove_dir_all(fixture.directory()).expect("removed");
    let restored = Store::restore(&fixture.config(), &copy, Present::Refuse).expect("restored");
    assert_eq!(restored, Restored { records: FILLED.len() as u64, before: None });
    let mut store = fixture.store();
    assert_eq!(all(&store).expect("whole"), before);
    insert(&mut store, "", "later").expect("new");
}

#[test]
pub(super) fn a_store_that_is_there_stays_unless_it_may_make_place() {
    let fixture = Fixture::filled();
    let copy = copy(&fixture);
    insert(&mut fixture.store(), "", "later").expect("new");
    let refused = Store::restore(&fixture.config(), &copy, Present::Refuse);
    assert!(matches!(refused, Err(VaultError::Occupied { .. })), "{refused:?}");
    assert_eq!(all(&fixture.store()).expect("whole").len(), FILLED.len() + 1);
    let restored = Store::restore(&fixture.config(), &copy, Present::Replace).expect("restored");
    assert_eq!(all(&fixture.store()).expect("whole").len(), FILLED.len());
    let aside = VaultConfig { directory: restored.before.expect("it is kept"), ..fixture.config() };
    let aside = Store::open_existing(&aside).expect("opened").expect("there");
    assert_eq!(all(&aside).expect("whole").len(), FILLED.len() + 1);
}

#[test]
pub(super) fn a_copy_that_is_damaged_anywhere_never_becomes_a_store() {
    let fixture = Fixture::filled();
    let copy = copy(&fixture);
    let good = fs_err::read(&copy).expect("read");
    fs_err::remove_dir_all(fixture.directory()).expect("removed");
    let mut refused = 0;
    for index in (0..good.len()).step_by(151) {
        let mut flipped = good.clone();
        flipped[index] ^= 0x10;
        fs_err::write(&copy, flipped).expect("written");
        match Store::restore(&fixture.config(), &copy, Present::Refuse) {
            // A byte that means nothing to the database: then all of it was opened.
            Ok(restored) => {
                assert_eq!(restored.records, FILLED.len() as u64);
                fs_err::remove_dir_all(fixture.directory()).expect("removed");
            }
            Err(_) => {
                refused += 1;
                assert!(!fixture.directory().exists(), "byte {index} left something");
            }
        }
    }
    assert!(refused > 5, "{refused} were refused");
}

#[test]
pub(super) fn a_copy_needs_the_key() {
    let fixture = Fixture::filled();
    let copy = copy(&fixture);
    let other = Fixture::filled();
    let error = Store::restore(&other.config(), &copy, Present::Replace).expect_err("refused");
    assert!(matches!(error, VaultError::WrongKey { .. }), "{error:?}");
    assert_eq!(all(&other.store()).expect("whole").len(), FILLED.len());
    assert!(Store::check_copy(&other.config(), &copy).is_err());
}

#[test]
pub(super) fn a_file_is_replaced_only_if_that_is_said() {
    let fixture = Fixture::filled();
    let path = copy(&fixture);
    let again = Store::backup(&fixture.config(), &path, Present::Refuse);
    assert!(matches!(again, Err(VaultError::Occupied { .. })), "{again:?}");
    insert(&mut fixture.store(), "", "later").expect("new");
    let again = Store::backup(&fixture.config(), &path, Present::Replace).expect("copied");
    assert_eq!(again, Some(FILLED.len() as u64 + 1));
    let folder = fixture.folder.path().join("folder");
    let link = fixture.folder.path().join("link");
    fs_err::create_dir(&folder).expect("made");
    std::os::unix::fs::symlink(&path, &link).expect("made");
    for other in [folder, link] {
        let refused = Store::backup(&fixture.config(), &other, Present::Replace);
        assert!(matches!(refused, Err(VaultError::Invalid { .. })), "{refused:?}");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs_err::metadata(&path).expect("there").permissions(),
    );
    assert_eq!(mode & 0o7777, 0o600);
}

#[test]
pub(super) fn what_is_no_copy_is_said_to_be_none() {
    let fixture = Fixture::new();
    let path = fixture.folder.path().join("text");
    fs_err::write(&path, "not a store at all").expect("written");
    for from in [path.as_path(), fixture.folder.path(), Path::new("/dev/null")] {
        assert!(Store::restore(&fixture.config(), from, Present::Refuse).is_err());
        assert!(!fixture.directory().exists());
    }
}

#[test]
pub(super) fn a_record_that_was_touched_is_found() {
    let fixture = Fixture::filled();
    assert_eq!(fixture.store().verify().expect("whole"), FILLED.len() as u64);
    let changes = [
        "UPDATE record SET secret = zeroblob(length(secret)) WHERE key = (SELECT max(key) FROM record)",
        "DELETE FROM record WHERE key = (SELECT min(key) FROM record)",
    ];
    for change in changes {
        let fixture = Fixture::filled();
        let connection = rusqlite::Connection::open(fixture.database()).expect("opened");
        assert_eq!(connection.execute(change, ()).expect("changed"), 1);
        drop(connection);
        let error = fixture.store().verify().expect_err("it is noticed");
        assert!(matches!(error, VaultError::Damaged { .. }), "{error:?}");
    }
}

#[test]
pub(super) fn a_status_asks_nobody_and_makes_nothing() {
    let fixture = Fixture::new();
    assert!(status(&fixture.config()).expect("nothing wrong").is_none());
    assert!(!fixture.directory().exists());
    let fixture = Fixture::filled();
    let found = status(&fixture.config()).expect("nothing wrong").expect("there is a store");
    assert_eq!((found.records, found.kind), (FILLED.len() as u64, KeyKind::File));
    assert!(matches!(found.key, KeyState::Opens));
    fs_err::remove_file(fixture.key()).expect("removed");
    let found = status(&fixture.config()).expect("nothing wrong").expect("there is a store");
    assert!(matches!(found.key, KeyState::Fails(VaultError::KeyMissing { .. })));
}
