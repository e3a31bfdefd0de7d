//! A store where nothing can be written: on a disk that is full or mounted read-only, in a folder without the right to write.
//!
//! The database keeps the index of its log in a file beside it, to read, too. Where it cannot make that file it can be told that nothing
//! changes: it then reads the file alone, without locks and without a look at the log. That is right as long as the log is empty, which it
//! is once the store was closed, and as long as nobody changes the file: the same disk may be mounted for writing elsewhere. Every change
//! goes through the log and gives the file another time. So both are looked at before and after each transaction, and what was read in
//! between counts only if nothing was different. (Where a killed process has left both log and index, the database reads them by itself.)

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::io::Errno;

use super::super::error::{Doing, Unwritable, VaultError};
use super::super::files::folder_of;
use super::super::layout::beside;

/// A state of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frozen {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Frozen {
    /// The state of a database file whose log is empty.
    pub(super) fn of(store: &Path) -> Result<Self, VaultError> {
        let failed = |source| VaultError::io("look at", store, source);
        let state = fs_err::metadata(store).map_err(failed)?;
        let log = beside(store, "-wal");
        match fs_err::metadata(&log) {
            Ok(log) if log.len() > 0 => return Err(in_use(store)),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(VaultError::io("look at", &log, error));
            }
            _ => {}
        }
        Ok(Self {
            place: (state.dev(), state.ino()),
            size: state.size(),
            modified: (state.mtime(), state.mtime_nsec()),
            changed: (state.ctime(), state.ctime_nsec()),
        })
    }

    /// Refuses a file that is not in this state any more.
    pub(super) fn check(&self, store: &Path) -> Result<(), VaultError> {
        match Self::of(store)? {
            now if now == *self => Ok(()),
            _ => Err(in_use(store)),
        }
    }
}

fn in_use(store: &Path) -> VaultError {
    let why = unwritable(store).unwrap_or(Unwritable::Folder);
    read_only(store, why, Doing::Read)
}

/// Why nothing can be written beside a store; none if it can.
pub(super) fn unwritable(store: &Path) -> Option<Unwritable> {
    match rustix::fs::access(folder_of(store), Access::WRITE_OK) {
        Err(Errno::ROFS) => Some(Unwritable::FileSystem),
        Err(Errno::ACCESS | Errno::PERM) => Some(Unwritable::Folder),
        _ => None,
    }
}

/// Why a frozen store is not changed.
pub(super) fn refusal(store: &Path) -> VaultError {
    match unwritable(store) {
        Some(why) => read_only(store, why, Doing::Change),
        None => VaultError::Full {
            path: store.to_owned(),
            source: "there was no room for the index of its log".into(),
        },
    }
}

/// The error for a store that cannot be written.
pub(super) fn read_only(store: &Path, why: Unwritable, doing: Doing) -> VaultError {
    VaultError::ReadOnly { folder: folder_of(store).to_owned(), why, doing }
}

/// The name by which the database is opened as a file that does not change.
pub(super) fn address(store: &Path) -> PathBuf {
    let mut address = "file:".to_owned();
    for byte in store.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => address.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address.push_str("?mode=ro&immutable=1");
    address.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_so_that_nothing_of_them_is_an_option() {
        let check = |path: &str, expected: &str| {
            assert_eq!(address(Path::new(path)).to_str(), Some(expected));
        };
        check("/a b/store.db", "file:/a%20b/store.db?mode=ro&immutable=1");
        check("/a?mode=rw#/%41/é", "file:/a%3Fmode%3Drw%23/%2541/%C3%A9?mode=ro&immutable=1");
    }

    #[test]
    fn what_changes_and_what_has_a_log_is_not_frozen() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.db");
        fs_err::write(&store, "a").unwrap();
        let frozen = Frozen::of(&store).unwrap();
        let log = beside(&store, "-wal");
        fs_err::write(&log, "").unwrap();
        frozen.check(&store).unwrap();
        fs_err::write(&log, "a").unwrap();
        let error = frozen.check(&store).unwrap_err();
        assert!(matches!(error, VaultError::ReadOnly { doing: Doing::Read, .. }), "{error:?}");
        fs_err::remove_file(&log).unwrap();
        fs_err::write(&store, "ab").unwrap();
        assert!(frozen.check(&store).is_err());
    }

    #[test]
    fn a_folder_that_can_be_written_is_not_read_only() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(unwritable(&folder.path().join("store.db")), None);
    }
}
