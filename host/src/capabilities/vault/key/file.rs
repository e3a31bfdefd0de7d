//! Master keys in files.

use std::path::Path;

use super::super::crypto::RawKey;
use super::super::error::VaultError;
use super::super::files::{self, Publication};
use super::{KeyPlace, text};

/// The key in the file; none if there is no file. One that others can reach is refused.
pub(super) fn read(path: &Path) -> Result<Option<RawKey>, VaultError> {
    let Some(contents) = files::read_private(path)? else {
        return Ok(None);
    };
    let key = text::decode(&contents);
    key.map(Some).map_err(|what| VaultError::KeyDamaged { place: KeyPlace::file(path), what })
}

/// The key in the file, which is made with a new key if it is not there. For new stores only: a
/// key that is there may be the only one that opens another store, so it is never replaced.
pub(super) fn read_or_make(path: &Path) -> Result<RawKey, VaultError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    let folder = files::folder_of(path);
    if !folder.exists() {
        files::make_directory(folder)?;
    }
    let key = RawKey::random()?;
    match files::publish(path, &text::encode(&key))? {
        Publication::Done => Ok(key),
        Publication::Taken => read(path)?.ok_or_else(|| VaultError::KeyDamaged {
            place: KeyPlace::file(path),
            what: "it vanished while it was read",
        }),
    }
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
        assert!(read(&path).expect("read") == Some(made));
        let mode = fs_err::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
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
