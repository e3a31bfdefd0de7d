//! Modes, links and folders.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn mode(path: &Path) -> u32 {
    fs_err::symlink_metadata(path).expect("there").permissions().mode() & 0o7777
}

fn chmod(path: &Path, mode: u32) {
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

#[test]
pub(super) fn every_file_is_for_its_owner_alone() {
    let fixture = Fixture::new();
    let mut store = fixture.store();
    insert(&mut store, "", "a").expect("new");
    assert_eq!(mode(&fixture.directory()), 0o700);
    assert_eq!(mode(&fixture.key()), 0o600);
    let mut names = Vec::new();
    for entry in fs_err::read_dir(fixture.directory()).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().expect("a name").to_string_lossy().into_owned());
    }
    names.sort();
    let open = ["store.db", "store.db-shm", "store.db-wal", "store.lock", "store.mark"];
    assert_eq!(names, open);
}

#[test]
pub(super) fn a_clean_end_leaves_no_log() {
    let fixture = Fixture::filled();
    for name in ["store.db-wal", "store.db-shm", "store.db.new"] {
        assert!(!fixture.directory().join(name).exists(), "{name}");
    }
}

#[test]
pub(super) fn a_store_or_folder_that_others_reach_is_refused() {
    let fixture = Fixture::filled();
    let check = |path: &Path, wide, command: &str| {
        let good = mode(path);
        chmod(path, wide);
        let error = Store::open(&fixture.config()).err().expect("refused");
        assert!(matches!(&error, VaultError::Permissions { .. }), "{error:?}");
        assert!(error.hint().expect("a hint").starts_with(command), "{error:?}");
        assert!(Store::open_existing(&fixture.config()).is_err());
        chmod(path, good);
    };
    check(&fixture.database(), 0o644, "`chmod 600 '");
    check(&fixture.database(), 0o660, "`chmod 600 '");
    check(&fixture.directory(), 0o755, "`chmod 700 '");
    check(&fixture.mark(), 0o644, "`chmod 600 '");
    assert!(Store::open(&fixture.config()).is_ok());
}

#[test]
pub(super) fn links_in_the_place_of_the_store_and_the_key_are_refused() {
    let fixture = Fixture::filled();
    for path in [fixture.database(), fixture.key()] {
        let moved = path.with_extension("moved");
        fs_err::rename(&path, &moved).expect("moved");
        symlink(&moved, &path).expect("linked");
        let error = Store::open(&fixture.config()).err().expect("refused");
        assert!(error.to_string().contains("is a symbolic link"), "{error}");
        fs_err::remove_file(&path).expect("removed");
        fs_err::rename(&moved, &path).expect("moved back");
    }
    assert!(Store::open(&fixture.config()).is_ok());
}

#[test]
pub(super) fn the_folder_may_be_reached_through_a_link() {
    let fixture = Fixture::filled();
    let link = fixture.folder.path().join("link");
    symlink(fixture.directory(), &link).expect("linked");
    let config = VaultConfig { directory: link, ..fixture.config() };
    assert_eq!(all(&Store::open(&config).expect("opened")).expect("whole").len(), 3);
}

#[test]
pub(super) fn what_a_killed_creation_left_is_cleared_away() {
    let fixture = Fixture::new();
    let directory = fixture.directory();
    files::make_directory(&directory).expect("made");
    for name in ["store.db.new", "store.db.new-wal", "store.db.new-shm"] {
        fs_err::write(directory.join(name), b"half a database").expect("written");
    }
    insert(&mut fixture.store(), "", "a").expect("new");
    assert!(!directory.join("store.db.new").exists());
    assert_eq!(all(&fixture.store()).expect("whole").len(), 1);
}

#[test]
pub(super) fn a_folder_that_cannot_be_written_is_named() {
    let fixture = Fixture::new();
    let config = VaultConfig { directory: PathBuf::from("/proc/connhub"), ..fixture.config() };
    let error = Store::open(&config).err().expect("no such place");
    assert!(matches!(error, VaultError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("/proc/connhub"), "{error}");
    let file = fixture.folder.path().join("file");
    fs_err::write(&file, b"").expect("written");
    let config = VaultConfig { directory: file, ..fixture.config() };
    let error = Store::open(&config).err().expect("a file");
    assert!(error.to_string().contains("is not a folder"), "{error}");
}
