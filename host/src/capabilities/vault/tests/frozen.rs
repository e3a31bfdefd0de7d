//! Stores beside which nothing can be written.

use super::*;

fn frozen(fixture: &Fixture) -> Result<Store, VaultError> {
    Store::unlock_frozen(&fixture.config()).map(|store| store.expect("it is there"))
}

#[track_caller]
fn assert_refused<T>(result: Result<T, VaultError>) {
    let error = result.err().expect("it is refused");
    assert!(matches!(error, VaultError::ReadOnly { doing: Doing::Read, .. }), "{error:?}");
}

#[test]
pub(super) fn a_store_that_was_closed_is_read_and_not_changed() {
    let fixture = Fixture::filled();
    let before = fs_err::read(fixture.database()).expect("read");
    let mut store = frozen(&fixture).expect("it was closed");
    assert_eq!(all(&store).expect("whole").len(), 3);
    let secrets = store.open_secrets(&space(), &key("", "sales")).expect("there");
    assert_eq!(secrets, secrets_of("", "sales"));
    // This folder could be written, so what keeps the index away is a full disk.
    let refused = insert(&mut store, "", "new").expect_err("it is to be read");
    assert!(matches!(refused, VaultError::Full { .. }), "{refused:?}");
    drop(store);
    assert_eq!(fs_err::read(fixture.database()).expect("read"), before);
    assert_eq!(all(&fixture.store()).expect("whole").len(), 3);
}

#[test]
pub(super) fn what_is_changed_elsewhere_is_not_read_in_an_older_state() {
    let fixture = Fixture::filled();
    let reading = frozen(&fixture).expect("it was closed");
    let mut writing = fixture.store();
    insert(&mut writing, "", "new").expect("new");
    assert_refused(all(&reading));
    assert_refused(frozen(&fixture));
    drop(writing);
    assert_refused(all(&reading));
    assert_eq!(all(&frozen(&fixture).expect("closed again")).expect("whole").len(), 4);
}

#[test]
pub(super) fn a_copy_with_a_log_is_not_read_without_it() {
    let fixture = Fixture::filled();
    let mut open = fixture.store();
    insert(&mut open, "", "new").expect("new");
    let copy = Fixture::new();
    fs_err::copy(fixture.key(), copy.key()).expect("copied");
    let mut folder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(copy.directory()).expect("made");
    for name in ["store.db", "store.db-wal"] {
        let from = fixture.directory().join(name);
        fs_err::copy(from, copy.directory().join(name)).expect("copied");
    }
    assert_refused(frozen(&copy));
    assert_eq!(all(&copy.store()).expect("whole").len(), 4, "where it can be written, it is read");
}
