//! New keys: what was written stays, and the old key opens nothing that is written later.

use super::*;

fn rotate(fixture: &Fixture, rotation: Rotation, old: OldKey) -> Rotated {
    let config = fixture.config();
    let rotated = Store::rotate(&config, &config.key, rotation, old).expect("rotated");
    rotated.expect("there is a store")
}

fn check_whole(store: &Store) {
    assert_eq!(store.verify().expect("whole"), FILLED.len() as u64);
    for (scope, name) in FILLED {
        let at = key(scope, name);
        assert_eq!(store.get(&space(), &at).expect("there"), entry_of(scope, name));
        let secrets = store.open_secrets(&space(), &at).expect("opened");
        assert_eq!(secrets, secrets_of(scope, name));
    }
}

/// All ciphertexts of the store.
fn ciphertexts(fixture: &Fixture) -> Vec<(Vec<u8>, Vec<u8>)> {
    let connection = rusqlite::Connection::open(fixture.database()).expect("opened");
    let mut statement =
        connection.prepare("SELECT public, secret FROM record ORDER BY key").expect("prepared");
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).expect("read");
    rows.collect::<Result<_, _>>().expect("whole")
}

#[test]
pub(super) fn every_record_is_sealed_anew_and_stays_what_it_was() {
    let fixture = Fixture::filled();
    let before = ciphertexts(&fixture);
    let rotated = rotate(&fixture, Rotation::Both, OldKey::Kept);
    assert_eq!(rotated.records, FILLED.len() as u64);
    assert!(rotated.is_new_master);
    let after = ciphertexts(&fixture);
    assert_eq!(before.len(), after.len());
    assert!(before.iter().zip(&after).all(|(old, new)| old.0 != new.0 && old.1 != new.1));
    let mut store = fixture.store();
    check_whole(&store);
    assert!(matches!(insert(&mut store, "", "sales"), Err(VaultError::Exists)));
    insert(&mut store, "", "later").expect("new");
}

#[test]
pub(super) fn keys_are_replaced_as_often_as_wanted() {
    let fixture = Fixture::filled();
    for rotation in [Rotation::Both, Rotation::Master, Rotation::Both, Rotation::Master] {
        rotate(&fixture, rotation, OldKey::Kept);
        check_whole(&fixture.store());
    }
}

#[test]
pub(super) fn the_master_key_alone_leaves_records_as_they_are() {
    let fixture = Fixture::filled();
    let before = ciphertexts(&fixture);
    assert_eq!(rotate(&fixture, Rotation::Master, OldKey::Kept).records, 0);
    assert_eq!(ciphertexts(&fixture), before);
    check_whole(&fixture.store());
}

#[test]
pub(super) fn the_old_key_opens_nothing_afterwards() {
    for rotation in [Rotation::Both, Rotation::Master] {
        let fixture = Fixture::filled();
        let old = fs_err::read(fixture.key()).expect("read");
        rotate(&fixture, rotation, OldKey::Forgotten);
        let new = fs_err::read(fixture.key()).expect("read");
        assert_eq!(old.len(), new.len(), "one key is left");
        fs_err::write(fixture.key(), &old).expect("written");
        let error = Store::open(&fixture.config()).err().expect("refused");
        assert!(matches!(error, VaultError::WrongKey { .. }), "{error:?}");
        fs_err::write(fixture.key(), &new).expect("written");
        check_whole(&fixture.store());
    }
}

#[test]
pub(super) fn the_old_key_stays_for_older_copies() {
    let fixture = Fixture::filled();
    let copy = fixture.folder.path().join("copy");
    Store::backup(&fixture.config(), &copy, Present::Refuse).expect("copied");
    rotate(&fixture, Rotation::Both, OldKey::Kept);
    assert_eq!(Store::check_copy(&fixture.config(), &copy).expect("opened"), FILLED.len() as u64);
    rotate(&fixture, Rotation::Both, OldKey::Forgotten);
    assert!(Store::check_copy(&fixture.config(), &copy).is_err());
}

#[test]
pub(super) fn a_process_that_has_the_store_open_goes_on() {
    let fixture = Fixture::filled();
    let mut vault = Vault::new(fixture.config());
    let at = key("", "sales");
    vault.get(&space(), &at, None).expect("there");
    for rotation in [Rotation::Both, Rotation::Master] {
        rotate(&fixture, rotation, OldKey::Forgotten);
        assert_eq!(vault.get(&space(), &at, None).expect("there"), entry_of("", "sales"));
        let name = format!("{rotation:?}");
        vault.insert(&space(), &key("", &name), b"x", &[named("s", "t")]).expect("new");
    }
    assert_eq!(fixture.store().verify().expect("whole"), FILLED.len() as u64 + 2);
}

#[test]
pub(super) fn nothing_of_a_rotation_that_fails_is_seen() {
    let fixture = Fixture::filled();
    let connection = rusqlite::Connection::open(fixture.database()).expect("opened");
    connection.execute("UPDATE record SET revision = revision + 1", ()).expect("changed");
    drop(connection);
    let before = ciphertexts(&fixture);
    let config = fixture.config();
    let error = Store::rotate(&config, &config.key, Rotation::Both, OldKey::Forgotten);
    assert!(matches!(error, Err(VaultError::Damaged { .. })), "{error:?}");
    assert_eq!(ciphertexts(&fixture), before);
}

#[test]
pub(super) fn a_place_that_prints_the_same_key_gives_no_new_one() {
    let fixture = Fixture::new();
    let path = fixture.folder.path().join("printed");
    fs_err::write(&path, new_key_text().expect("random").expose()).expect("written");
    let command = KeySource::Command(vec!["cat".to_owned(), path.display().to_string()]);
    let config = VaultConfig { key: command.clone(), ..fixture.config() };
    insert(&mut Store::open(&config).expect("made"), "", "a").expect("new");
    let same = Store::rotate(&config, &command, Rotation::Master, OldKey::Kept);
    assert!(matches!(same, Err(VaultError::Invalid { .. })), "{same:?}");
    let both = Store::rotate(&config, &command, Rotation::Both, OldKey::Kept);
    let both = both.expect("rotated").expect("there is a store");
    assert!(!both.is_new_master && both.records == 1);
    assert_eq!(Store::open(&config).expect("opened").verify().expect("whole"), 1);
}

#[test]
pub(super) fn a_key_moves_to_another_kind_of_place() {
    let fixture = Fixture::filled();
    let config = fixture.config();
    let printed = fixture.folder.path().join("printed");
    fs_err::write(&printed, new_key_text().expect("random").expose()).expect("written");
    let command = KeySource::Command(vec!["cat".to_owned(), printed.display().to_string()]);
    let rotated = Store::rotate(&config, &command, Rotation::Both, OldKey::Kept);
    let rotated = rotated.expect("rotated").expect("there is a store");
    assert_eq!((rotated.from, rotated.to), (KeyKind::File, KeyKind::Command));
    assert!(matches!(Store::open(&config), Err(VaultError::OtherKey { .. })));
    check_whole(&Store::open(&VaultConfig { key: command, ..config }).expect("opened"));
}

#[test]
pub(super) fn where_there_is_a_choice_the_place_of_the_key_stays() {
    let fixture = Fixture::filled();
    let auto = KeySource::Auto { file: fixture.key() };
    let config = VaultConfig { key: auto.clone(), ..fixture.config() };
    let before = fs_err::read(fixture.key()).expect("read");
    let rotated = Store::rotate(&config, &auto, Rotation::Both, OldKey::Forgotten);
    let rotated = rotated.expect("rotated").expect("there is a store");
    assert!(rotated.is_new_master && rotated.to == KeyKind::File);
    assert_ne!(fs_err::read(fixture.key()).expect("read"), before);
    check_whole(&fixture.store());
}

#[test]
pub(super) fn without_a_store_no_key_is_made() {
    let fixture = Fixture::new();
    let config = fixture.config();
    let none = Store::rotate(&config, &config.key, Rotation::Both, OldKey::Kept);
    assert_eq!(none.expect("nothing to do"), None);
    assert!(!fixture.key().exists() && !fixture.directory().exists());
}
