//! Keys that are missing, too open, wrong or damaged; and each kind of place.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;

fn chmod(path: &Path, mode: u32) {
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

fn refusal(config: &VaultConfig) -> VaultError {
    Store::open(config).err().expect("refused")
}

/// The names, sizes and contents of all files of a store, and the key.
fn snapshot(fixture: &Fixture) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<PathBuf> = fs_err::read_dir(fixture.directory())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.push(fixture.key());
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs_err::read(path).unwrap_or_default())).collect()
}

#[test]
pub(super) fn a_missing_key_is_an_error_and_no_new_one_is_made() {
    let fixture = Fixture::filled();
    fs_err::remove_file(fixture.key()).expect("removed");
    let before = snapshot(&fixture);
    let error = refusal(&fixture.config());
    assert!(matches!(error, VaultError::KeyMissing { .. }), "{error:?}");
    assert!(error.to_string().contains(&fixture.key().display().to_string()), "{error}");
    assert!(error.hint().is_some());
    assert!(Store::open_existing(&fixture.config()).is_err());
    assert!(!fixture.key().exists());
    assert_eq!(snapshot(&fixture), before);
}

#[test]
pub(super) fn a_key_that_others_can_read_is_refused_with_the_command() {
    let fixture = Fixture::filled();
    for mode in [0o640, 0o604, 0o666] {
        chmod(&fixture.key(), mode);
        let error = refusal(&fixture.config());
        assert!(matches!(error, VaultError::Permissions { mode: found, .. } if found == mode));
        assert!(error.hint().expect("a hint").starts_with("`chmod 600 '"));
    }
    chmod(&fixture.key(), 0o400);
    assert!(Store::open(&fixture.config()).is_ok());
}

#[test]
pub(super) fn a_wrong_key_is_told_from_a_damaged_one() {
    let fixture = Fixture::filled();
    let good = fs_err::read(fixture.key()).expect("read");
    let before = snapshot(&fixture);
    let other = new_key_text().expect("random");
    fs_err::write(fixture.key(), other.expose()).expect("written");
    let error = refusal(&fixture.config());
    assert!(matches!(error, VaultError::WrongKey { .. }), "{error:?}");
    assert!(error.to_string().contains(&fixture.key().display().to_string()), "{error}");
    for index in 0..good.len() - 1 {
        let mut flipped = good.clone();
        flipped[index] ^= 0x02;
        fs_err::write(fixture.key(), flipped).expect("written");
        let error = refusal(&fixture.config());
        assert!(matches!(error, VaultError::KeyDamaged { .. }), "byte {index}: {error:?}");
    }
    for length in 0..good.len() - 1 {
        fs_err::write(fixture.key(), &good[..length]).expect("written");
        let error = refusal(&fixture.config());
        assert!(matches!(error, VaultError::KeyDamaged { .. }), "{length} bytes: {error:?}");
    }
    fs_err::write(fixture.key(), good).expect("written");
    assert_eq!(snapshot(&fixture), before);
    assert_eq!(all(&fixture.store()).expect("whole").len(), FILLED.len());
}

#[test]
pub(super) fn a_key_that_is_there_before_the_store_is_used() {
    let fixture = Fixture::new();
    let text = new_key_text().expect("random");
    files::publish(&fixture.key(), text.expose()).expect("written");
    insert(&mut fixture.store(), "", "a").expect("new");
    assert_eq!(fs_err::read(fixture.key()).expect("read"), text.expose());
}

#[test]
pub(super) fn a_store_of_another_user_is_refused() {
    let fixture = Fixture::filled();
    let config = VaultConfig { owner: "bob".to_owned(), ..fixture.config() };
    let error = refusal(&config);
    assert!(matches!(error, VaultError::OtherOwner { .. }), "{error:?}");
    assert!(error.to_string().contains("`ada`") && error.to_string().contains("`bob`"));
    let nobody = VaultConfig { owner: String::new(), ..Fixture::new().config() };
    assert!(matches!(refusal(&nobody), VaultError::Invalid { .. }));
}

#[test]
pub(super) fn a_store_says_which_kind_of_key_it_was_made_with() {
    let fixture = Fixture::filled();
    let check = |key, configured: &str| {
        let config = VaultConfig { key, ..fixture.config() };
        let error = refusal(&config);
        assert!(matches!(error, VaultError::OtherKey { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("a key file") && text.contains(configured), "{text}");
    };
    check(KeySource::Keyring, "the system keyring");
    check(KeySource::Command(vec!["true".to_owned()]), "a key command");
    check(KeySource::Passphrase(typed("x", None).1), "a passphrase");
    let auto = KeySource::Auto { file: fixture.key() };
    assert!(Store::open(&VaultConfig { key: auto, ..fixture.config() }).is_ok());
}

#[test]
pub(super) fn without_a_session_a_key_file_is_made() {
    let fixture = Fixture::new();
    let nobody = format!("unix:path={}", fixture.folder.path().join("bus").display());
    let config = VaultConfig {
        key: KeySource::Auto { file: fixture.key() },
        session_bus: Some(nobody),
        ..fixture.config()
    };
    drop(Store::open(&config).expect("made"));
    assert!(fixture.key().exists());
    let fixture = Fixture::new();
    let config = VaultConfig { key: KeySource::Keyring, ..fixture.config() };
    let error = refusal(&config);
    assert!(matches!(error, VaultError::KeyUnavailable { .. }), "{error:?}");
    assert!(!fixture.database().exists());
}

#[test]
pub(super) fn a_command_gives_a_key_or_a_passphrase() {
    let fixture = Fixture::new();
    let command = |name: &str| {
        let path = fixture.folder.path().join(name).display().to_string();
        KeySource::Command(vec!["cat".to_owned(), path])
    };
    let config = |name| VaultConfig { key: command(name), ..fixture.config() };
    let text = new_key_text().expect("random");
    fs_err::write(fixture.folder.path().join("good"), text.expose()).expect("written");
    fs_err::write(fixture.folder.path().join("bad"), "connhub-key-1 AAAA").expect("written");
    fs_err::write(fixture.folder.path().join("empty"), "").expect("written");
    assert!(matches!(refusal(&config("bad")), VaultError::KeyDamaged { .. }));
    assert!(matches!(refusal(&config("empty")), VaultError::KeyUnavailable { .. }));
    assert!(!fixture.database().exists());
    drop(Store::open(&config("good")).expect("made"));
    let other = new_key_text().expect("random");
    fs_err::write(fixture.folder.path().join("other"), other.expose()).expect("written");
    assert!(matches!(refusal(&config("other")), VaultError::WrongKey { .. }));
    assert!(Store::open(&config("good")).is_ok());
}

#[test]
pub(super) fn a_passphrase_from_a_command_is_stretched() {
    let fixture = Fixture::new();
    let config = |text: &str| VaultConfig {
        key: KeySource::Command(["printf", "%s", text].map(str::to_owned).to_vec()),
        ..fixture.config()
    };
    drop(Store::open(&config("horse")).expect("made"));
    assert!(Store::open(&config("horse")).is_ok());
    assert!(matches!(refusal(&config("house")), VaultError::WrongKey { .. }));
}

/// Counts how often it is asked.
struct Typist {
    text: String,
    asked: AtomicUsize,
    for_new: AtomicUsize,
}

impl PassphraseReader for Typist {
    fn read(&self, purpose: Purpose) -> Result<Secret, Cause> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if purpose == Purpose::NewStore {
            self.for_new.fetch_add(1, Ordering::SeqCst);
        }
        Ok(secret(&self.text))
    }
}

fn typed(text: &str, cache: Option<Duration>) -> (Arc<Typist>, Passphrase) {
    let (asked, for_new) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let reader = Arc::new(Typist { text: text.to_owned(), asked, for_new });
    (reader.clone(), Passphrase { reader, cache })
}

#[test]
pub(super) fn a_passphrase_opens_what_it_made() {
    let fixture = Fixture::new();
    let config =
        |passphrase| VaultConfig { key: KeySource::Passphrase(passphrase), ..fixture.config() };
    let (typist, passphrase) = typed("correct horse", None);
    let mut store = Store::open(&config(passphrase.clone())).expect("made");
    insert(&mut store, "", "a").expect("new");
    drop(store);
    let store = Store::open(&config(passphrase)).expect("the same passphrase");
    assert_eq!(all(&store).expect("whole").len(), 1);
    assert_eq!(typist.asked.load(Ordering::SeqCst), 2);
    assert_eq!(typist.for_new.load(Ordering::SeqCst), 1);
    let error = refusal(&config(typed("wrong horse", None).1));
    assert!(matches!(error, VaultError::WrongKey { .. }), "{error:?}");
    assert!(error.to_string().starts_with("the passphrase does not open"), "{error}");
    assert!(matches!(refusal(&config(typed("", None).1)), VaultError::KeyUnavailable { .. }));
}

#[test]
pub(super) fn an_unlocked_store_asks_again_only_where_nothing_is_cached() {
    let fixture = Fixture::new();
    let (typist, passphrase) = typed("correct horse", Some(Duration::from_secs(60)));
    let config = VaultConfig { key: KeySource::Passphrase(passphrase), ..fixture.config() };
    drop(Store::open(&config).expect("made"));
    let header = header_of(&fixture);
    let cached = key::remembered(&config, &header).is_some();
    drop(Store::open(&config).expect("opened"));
    assert_eq!(typist.asked.load(Ordering::SeqCst), if cached { 1 } else { 2 });
    key::forget(&header.store);
    drop(Store::open(&config).expect("opened"));
    assert_eq!(typist.asked.load(Ordering::SeqCst), if cached { 2 } else { 3 });
    key::forget(&header.store);
}

fn header_of(fixture: &Fixture) -> header::Header {
    let connection = rusqlite::Connection::open(fixture.database()).expect("opened");
    let content: Vec<u8> =
        connection.query_row("SELECT content FROM header", (), |row| row.get(0)).expect("a header");
    header::Header::decode(&content).expect("a whole header")
}
