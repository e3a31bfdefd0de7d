//! Master keys in files.
//!
//! A file holds one key, or several, the newest first: a key that opened a store once stays, since
//! older copies of the store need it, and so may another store that has its key here.

use std::path::Path;

use super::super::crypto::RawKey;
use super::super::error::VaultError;
use super::super::files::{self, Publication};
use super::super::lock::Lock;
use super::{KeyPlace, text};

/// The most keys that a file holds. It takes a rotation in each year of a life.
const MAX_KEYS: usize = 48;

/// The keys in the file, the newest first; none if there is no file. One that others can reach is
/// refused.
pub(super) fn read(path: &Path) -> Result<Option<Vec<RawKey>>, VaultError> {
    let Some(contents) = files::read_private(path)? else {
        return Ok(None);
    };
    let keys = text::decode_all(&contents);
    keys.map(Some).map_err(|what| VaultError::KeyDamaged { place: KeyPlace::file(path), what })
}

/// Puts a new key before those that the file holds, and returns it. The file is made if it is not
/// there; at any moment it is whole, and none of its keys is lost.
pub(super) fn renew(path: &Path) -> Result<RawKey, VaultError> {
    let folder = files::folder_of(path);
    if !folder.exists() {
        files::make_directory(folder)?;
    }
    let _lock = Lock::of_folder(folder)?;
    let mut keys = read(path)?.unwrap_or_default();
    if keys.len() >= MAX_KEYS {
        return Err(VaultError::KeyDamaged {
            place: KeyPlace::file(path),
            what: "it holds 48 keys already; `vault rotate-key --forget-old` leaves one",
        });
    }
    let key = RawKey::random()?;
    keys.insert(0, key.clone());
    files::replace(path, &text::encode_all(&keys))?;
    Ok(key)
}

/// Leaves this key alone in the file. Others may have been the only ones for other stores.
pub(super) fn keep_only(path: &Path, key: &RawKey) -> Result<(), VaultError> {
    let _lock = Lock::of_folder(files::folder_of(path))?;
    files::replace(path, &text::encode(key))
}

/// The key in the file, which is made with a new key if it is not there. For new stores only: a
/// key that is there may be the only one that opens another store, so it is never replaced.
pub(super) fn read_or_make(path: &Path) -> Result<RawKey, VaultError> {
    if let Some(key) = newest(path)? {
        return Ok(key);
    }
    let folder = files::folder_of(path);
    if !folder.exists() {
        files::make_directory(folder)?;
    }
    let key = RawKey::random()?;
    match files::publish(path, &text::encode(&key))? {
        Publication::Done => Ok(key),
        Publication::Taken => newest(path)?.ok_or_else(|| VaultError::KeyDamaged {
            place: KeyPlace::file(path),
            what: "it vanished while it was read",
        }),
    }
}

fn newest(path: &Path) -> Result<Option<RawKey>, VaultError> {
    Ok(read(path)?.and_then(|keys| keys.into_iter().next()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys/key");
        assert!(read(&path).expect("no file").is_none());
        let made = read_or_make(&path).expect("made");
        assert!(read_or_make(&path).expect("read") == made);
        assert!(read(&path).expect("read") == Some(vec![made]));
        let mode = fs_err::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }

    #[test]
    fn a_renewed_key_comes_before_the_ones_that_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys/key");
        let first = renew(&path).expect("made");
        let second = renew(&path).expect("renewed");
        assert!(first != second);
        assert!(read(&path).expect("read") == Some(vec![second.clone(), first]));
        assert!(read_or_make(&path).expect("read") == second);
        let mode = fs_err::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        keep_only(&path, &second).expect("written");
        assert!(read(&path).expect("read") == Some(vec![second]));
    }

    #[test]
    fn a_file_takes_so_many_keys_and_can_be_read_with_all_of_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        for _ in 0..MAX_KEYS {
            renew(&path).expect("renewed");
        }
        assert_eq!(read(&path).expect("read").expect("there").len(), MAX_KEYS);
        assert!(matches!(renew(&path), Err(VaultError::KeyDamaged { .. })));
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        files::publish(&path, b"connhub-key-1 AAAA\n").expect("written");
        assert!(matches!(read_or_make(&path), Err(VaultError::KeyDamaged { .. })));
        assert_eq!(fs_err::read(&path).expect("there"), b"connhub-key-1 AAAA\n");
    }
}
