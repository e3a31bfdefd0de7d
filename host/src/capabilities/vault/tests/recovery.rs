//! A lost master key: the recovery key opens the store, and nobody else's does.

use age::x25519::Identity;

use super::*;

fn recover(fixture: &Fixture, identity: &Identity) -> Result<Option<Rotated>, VaultError> {
    let config = fixture.config();
    Store::recover(&config, identity, &config.key)
}

fn filled_for(identity: &Identity) -> Fixture {
    let fixture = Fixture::filled();
    let set = Store::set_recovery(&fixture.config(), Some(&identity.to_public()));
    assert_eq!(set.expect("set"), Some(false));
    fixture
}

fn is_whole(fixture: &Fixture) {
    let store = fixture.store();
    assert_eq!(store.verify().expect("whole"), FILLED.len() as u64);
    assert_eq!(store.get(&space(), &key("", "sales")).expect("there"), entry_of("", "sales"));
}

#[test]
pub(super) fn a_store_without_its_key_is_recovered() {
    let identity = Identity::generate();
    let fixture = filled_for(&identity);
    is_whole(&fixture);
    let public = identity.to_public().to_string();
    assert_eq!(fixture.store().recovery().expect("its own"), Some(public));
    let old = fs_err::read(fixture.key()).expect("read");
    fs_err::remove_file(fixture.key()).expect("removed");
    assert!(matches!(Store::open(&fixture.config()), Err(VaultError::KeyMissing { .. })));
    let other = recover(&fixture, &Identity::generate());
    assert!(matches!(other, Err(VaultError::Invalid { .. })));
    assert!(!fixture.key().exists(), "nothing was made");
    recover(&fixture, &identity).expect("recovered").expect("there is a store");
    is_whole(&fixture);
    assert_ne!(fs_err::read(fixture.key()).expect("read"), old);
    assert!(fixture.store().recovery().expect("it stays").is_some());
}

#[test]
pub(super) fn new_keys_stay_recoverable() {
    let identity = Identity::generate();
    let fixture = filled_for(&identity);
    let config = fixture.config();
    for rotation in [Rotation::Both, Rotation::Master, Rotation::Both] {
        Store::rotate(&config, &config.key, rotation, OldKey::Forgotten).expect("rotated");
        fs_err::remove_file(fixture.key()).expect("removed");
        recover(&fixture, &identity).expect("recovered");
        is_whole(&fixture);
    }
}

#[test]
pub(super) fn a_recovery_key_is_replaced_and_removed() {
    let (first, second) = (Identity::generate(), Identity::generate());
    let fixture = filled_for(&first);
    let config = fixture.config();
    assert_eq!(Store::set_recovery(&config, Some(&second.to_public())).expect("set"), Some(true));
    assert!(recover(&fixture, &first).is_err());
    recover(&fixture, &second).expect("recovered");
    assert_eq!(Store::set_recovery(&config, None).expect("removed"), Some(true));
    assert!(recover(&fixture, &second).is_err());
    assert_eq!(fixture.store().recovery().expect("none"), None);
    is_whole(&fixture);
}

#[test]
pub(super) fn a_store_is_made_with_a_recovery_key() {
    let (identity, fixture) = (Identity::generate(), Fixture::new());
    let config = VaultConfig { recovery: Some(identity.to_public()), ..fixture.config() };
    assert!(Store::check_init(&config).expect("nothing is there"));
    let mut store = Store::init(&config).expect("made").expect("it is new");
    for (scope, name) in FILLED {
        insert(&mut store, scope, name).expect("it is new");
    }
    assert!(!Store::check_init(&config).expect("it is reached"));
    assert!(Store::init(&config).expect("it is reached").is_none(), "it is there already");
    fs_err::remove_file(fixture.key()).expect("removed");
    recover(&fixture, &identity).expect("recovered").expect("there is a store");
    is_whole(&fixture);
    // A setting does not change a store that is there.
    let other = VaultConfig { recovery: Some(Identity::generate().to_public()), ..config };
    let held = Store::open(&other).expect("opened").recovery().expect("its own");
    assert_eq!(held, Some(identity.to_public().to_string()));
}

#[test]
pub(super) fn the_first_record_makes_a_store_with_a_recovery_key_too() {
    let (identity, fixture) = (Identity::generate(), Fixture::new());
    let config = VaultConfig { recovery: Some(identity.to_public()), ..fixture.config() };
    let mut vault = Vault::new(config);
    let public = public_of("", "sales");
    let secrets = secrets_of("", "sales");
    vault.insert(&space(), &key("", "sales"), &public, &secrets).expect("it is new");
    drop(vault);
    fs_err::remove_file(fixture.key()).expect("removed");
    recover(&fixture, &identity).expect("recovered").expect("there is a store");
    assert_eq!(all(&fixture.store()).expect("whole"), [entry_of("", "sales")]);
}

#[test]
pub(super) fn a_recipient_that_somebody_else_put_there_gets_no_new_key() {
    let (mine, theirs) = (Identity::generate(), Identity::generate());
    let (fixture, other) = (filled_for(&mine), filled_for(&theirs));
    let read = |fixture: &Fixture| -> Vec<u8> {
        let connection = rusqlite::Connection::open(fixture.database()).expect("opened");
        let sql = "SELECT content FROM header";
        connection.query_row(sql, (), |row| row.get(0)).expect("a header")
    };
    let own = header::Header::decode(&read(&fixture)).expect("a header");
    let foreign = header::Header::decode(&read(&other)).expect("a header");
    let forged = own.with(foreign.extras);
    let connection = rusqlite::Connection::open(fixture.database()).expect("opened");
    connection.execute("UPDATE header SET content = ?1", [forged.encode()]).expect("written");
    drop(connection);
    let config = fixture.config();
    let rotated = Store::rotate(&config, &config.key, Rotation::Both, OldKey::Kept);
    assert!(matches!(rotated, Err(VaultError::Damaged { .. })));
    let store = fixture.store();
    assert!(matches!(store.recovery(), Err(VaultError::Damaged { .. })));
    assert!(matches!(store.verify(), Err(VaultError::Damaged { .. })));
    drop(store);
    Store::set_recovery(&config, Some(&mine.to_public())).expect("set anew");
    is_whole(&fixture);
}

#[test]
pub(super) fn the_past_and_copies_are_recovered_too() {
    let identity = Identity::generate();
    let fixture = filled_for(&identity);
    let changes = SecretChanges { set: Vec::new(), remove: Vec::new(), others: Others::Keep };
    fixture.store().replace(&space(), &key("", "sales"), 1, b"x", &changes).expect("replaced");
    assert!(fixture.store().recovery().expect("its own").is_some());
    fs_err::remove_file(fixture.key()).expect("removed");
    recover(&fixture, &identity).expect("recovered");
    let versions = fixture.store().versions(&space(), &key("", "sales")).expect("kept");
    assert_eq!(versions.len(), 2);
}
