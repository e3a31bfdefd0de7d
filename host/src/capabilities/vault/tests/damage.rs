//! A byte of a file is not what was written: the right value or an error, never another value.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;

use super::*;

/// Whether the error says that something is wrong with the store, and not with the request.
fn is_about_the_store(error: &VaultError) -> bool {
    use VaultError as E;
    !matches!(
        error,
        E::Exists
            | E::Missing
            | E::Stale(_)
            | E::TooLarge { .. }
            | E::Invalid { .. }
            | E::Busy { .. }
    )
}

fn check_error(error: &VaultError, place: &str) {
    assert!(is_about_the_store(error), "{place}: {error:?}");
    assert!(!error.to_string().contains("hunter2"), "{place}: {error}");
}

/// Reads everything in every way. Returns whether it was all right.
fn check_reads(config: &VaultConfig, place: &str) -> bool {
    let store = match Store::open_existing(config) {
        Ok(Some(store)) => store,
        Ok(None) => panic!("{place}: the store looks as if it had never been"),
        Err(error) => {
            check_error(&error, place);
            return false;
        }
    };
    let mut right = true;
    let mut check = |result: Result<bool, VaultError>| match result {
        Ok(same) => assert!(same, "{place}: a wrong value"),
        Err(error) => {
            check_error(&error, place);
            right = false;
        }
    };
    for (scope, name) in FILLED {
        let at = key(scope, name);
        check(store.get(&space(), &at).map(|entry| entry == entry_of(scope, name)));
        let secrets = store.open_secrets(&space(), &at);
        check(secrets.map(|secrets| secrets == secrets_of(scope, name)));
    }
    match store.get(&space(), &key("", "none")) {
        Err(VaultError::Missing) => {}
        other => check(other.map(|_| false)),
    }
    let names: Vec<Entry> = {
        let mut entries = FILLED.map(|(scope, name)| entry_of(scope, name));
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        entries.to_vec()
    };
    check(all(&store).map(|entries| entries == names));
    right
}

/// Flips bytes of a file one after the other and puts them back. `check` gets a word on the place.
fn flip_each(
    path: &Path,
    offsets: impl Iterator<Item = usize>,
    patterns: &[u8],
    mut check: impl FnMut(&str),
) {
    let file = fs_err::OpenOptions::new().read(true).write(true).open(path).expect("opened");
    let bytes = fs_err::read(path).expect("read");
    for offset in offsets {
        for pattern in patterns {
            let at = u64::try_from(offset).expect("a small file");
            file.file().write_all_at(&[bytes[offset] ^ pattern], at).expect("written");
            check(&format!("{} byte {offset} ^ {pattern:#x}", path.display()));
            file.file().write_all_at(&[bytes[offset]], at).expect("written");
        }
    }
}

fn length(path: &Path) -> usize {
    fs_err::read(path).expect("read").len()
}

/// Flips every `PARTS`th byte of the database, from the byte `part` on. Gives how many flips were
/// noticed.
fn flip_a_part(part: usize) -> usize {
    let fixture = Fixture::filled();
    let config = fixture.config();
    assert!(check_reads(&config, "untouched"));
    let mut seen = 0;
    let mut check = |place: &str| seen += usize::from(!check_reads(&config, place));
    let size = length(&fixture.database());
    let all = (part..size).step_by(PARTS);
    flip_each(&fixture.database(), all.clone(), &[0x01], &mut check);
    flip_each(&fixture.database(), all.step_by(7), &[0xff, 0x80], &mut check);
    assert!(check_reads(&config, "put back"));
    seen
}

const PARTS: usize = 4;

#[test]
pub(super) fn every_flipped_byte_of_the_database_is_harmless_or_seen() {
    let parts: Vec<_> = (0..PARTS).map(|part| thread::spawn(move || flip_a_part(part))).collect();
    let seen: usize = parts.into_iter().map(|part| part.join().expect("no panic")).sum();
    // Most bytes of a small database are not in use.
    assert!(seen > 2500, "only {seen} flipped bytes were noticed");
}

#[test]
pub(super) fn a_flipped_byte_is_not_made_worse_by_a_write() {
    let fixture = Fixture::filled();
    let config = fixture.config();
    let good = fs_err::read(fixture.database()).expect("read");
    let mark = fs_err::read(fixture.mark()).expect("read");
    let mut done = 0;
    let offsets = (0..good.len()).step_by(61);
    flip_each(&fixture.database(), offsets, &[0x10], |place| {
        let written = Store::open(&config).and_then(|mut store| insert(&mut store, "new", "one"));
        if let Err(error) = &written {
            check_error(error, place);
        }
        if let Ok(Some(store)) = Store::open_existing(&config) {
            let found = store.get(&space(), &key("new", "one"));
            match (written, found) {
                (Ok(_), Ok(entry)) => assert_eq!(entry, entry_of("new", "one"), "{place}"),
                (Err(_), Ok(_)) => panic!("{place}: a failed write was done"),
                (Err(_), Err(VaultError::Missing)) => {}
                (_, Err(error)) => check_error(&error, place),
            }
        }
        fs_err::write(fixture.database(), &good).expect("put back");
        fs_err::write(fixture.mark(), &mark).expect("put back");
        done += 1;
    });
    assert!(done > 500);
    assert!(check_reads(&config, "put back"));
}

#[test]
pub(super) fn every_truncation_of_the_database_is_seen() {
    let fixture = Fixture::filled();
    let good = fs_err::read(fixture.database()).expect("read");
    for length in (0..good.len()).step_by(509) {
        fs_err::write(fixture.database(), &good[..length]).expect("written");
        let place = format!("{length} bytes left");
        assert!(!check_reads(&fixture.config(), &place), "{place} were not noticed");
    }
}

/// A store as a killed process leaves it: the last writes are in the write-ahead log only.
fn killed() -> Fixture {
    let living = Fixture::new();
    let mut store = living.store();
    for (scope, name) in FILLED {
        insert(&mut store, scope, name).expect("new");
    }
    let killed = Fixture::new();
    files::make_directory(&killed.directory()).expect("made");
    for name in ["store.db", "store.db-wal", "store.mark"] {
        let to = killed.directory().join(name);
        fs_err::copy(living.directory().join(name), to).expect("copied");
    }
    fs_err::copy(living.key(), killed.key()).expect("copied");
    killed
}

#[test]
pub(super) fn every_flipped_byte_of_a_log_that_is_left_is_harmless_or_seen() {
    let fixture = killed();
    let log = fixture.directory().join("store.db-wal");
    let saved: Vec<(PathBuf, Vec<u8>)> = [fixture.database(), log.clone(), fixture.mark()]
        .into_iter()
        .map(|path| (path.clone(), fs_err::read(path).expect("read")))
        .collect();
    let put_back = || {
        for (path, bytes) in &saved {
            fs_err::write(path, bytes).expect("put back");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs_err::set_permissions(path, mode).expect("chmod");
        }
    };
    assert!(check_reads(&fixture.config(), "the log as it was left"));
    put_back();
    let mut seen = 0;
    // Reading replays the log and removes it, so each try starts from the saved files.
    let length = saved[1].1.len();
    for offset in (0..length).step_by(97) {
        let mut bytes = saved[1].1.clone();
        bytes[offset] ^= 0x04;
        fs_err::write(&log, bytes).expect("written");
        seen += usize::from(!check_reads(&fixture.config(), &format!("log byte {offset}")));
        put_back();
    }
    assert!(seen > length / 97 / 2, "only {seen} of {} were noticed", length / 97);
}

#[test]
pub(super) fn an_older_whole_copy_is_seen() {
    let fixture = Fixture::filled();
    let older = fs_err::read(fixture.database()).expect("read");
    insert(&mut fixture.store(), "", "later").expect("new");
    fs_err::write(fixture.database(), older).expect("put back");
    let error = fixture.store().get(&space(), &key("", "sales")).expect_err("it is older");
    assert!(matches!(error, VaultError::RolledBack { found: 4, acknowledged: 5, .. }), "{error:?}");
    let hint = error.hint().expect("a hint");
    assert!(hint.contains("store.mark"), "{hint}");
    fs_err::remove_file(fixture.mark()).expect("removed, as the hint says");
    assert!(check_reads(&fixture.config(), "accepted"));
}

#[test]
pub(super) fn a_damaged_store_tells_which_file_and_what_to_do() {
    let fixture = Fixture::filled();
    fs_err::write(fixture.database(), b"not a database").expect("written");
    let error = Store::open(&fixture.config()).err().expect("damaged");
    assert!(matches!(error, VaultError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("store.db"), "{error}");
    assert!(error.hint().expect("a hint").contains("cp -a BACKUP/."));
    let told = crate::model::Error::from(error);
    assert_eq!(told.kind.exit_code(), 8);
    assert!(std::error::Error::source(&told).is_some());
}

#[test]
pub(super) fn a_store_that_vanished_is_not_an_empty_one() {
    let fixture = Fixture::filled();
    fs_err::remove_file(fixture.database()).expect("removed");
    let gone = |result: Result<(), VaultError>| {
        assert!(matches!(result, Err(VaultError::Gone { .. })), "{result:?}");
    };
    gone(Store::open_existing(&fixture.config()).map(drop));
    gone(Store::open(&fixture.config()).map(drop));
    assert!(!fixture.database().exists());
    fs_err::remove_file(fixture.mark()).expect("removed");
    fs_err::write(fixture.directory().join("store.db-wal"), b"left").expect("written");
    gone(Store::open(&fixture.config()).map(drop));
}
