//! A folder for files with secrets that are there only while a program runs: mode 0700 with files of mode 0600, in memory where the system
//! has such a place.
//!
//! A process that is killed cannot clean up. So each folder is locked while its process lives, and the next one removes those that
//! nobody holds.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::File;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::{FlockOperation, flock};

/// A folder that is younger may be one that is just being made and not locked yet.
const YOUNG: Duration = Duration::from_secs(60);

/// A folder of this process alone. It is removed when this is dropped.
#[derive(Debug)]
pub struct PrivateFolder {
    folder: tempfile::TempDir,
    /// Holds the lock.
    _lock: File,
}

impl PrivateFolder {
    /// Makes a folder in the first of these places that is safe and can hold one, and removes what killed processes left there. `prefix` is what
    /// the names of such folders begin with.
    ///
    /// # Errors
    /// Why the last safe place can hold none, or [`io::ErrorKind::NotFound`] if no place is safe.
    pub fn make(places: &[PathBuf], prefix: &str) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for place in places.iter().filter(|place| is_safe(place)) {
            sweep(place, prefix);
            match Self::make_in(place, prefix) {
                Ok(folder) => return Ok(folder),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn make_in(place: &Path, prefix: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(place)?;
        let lock = File::open(folder.path())?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a new file that only the user can read, and returns its path.
    ///
    /// # Errors
    /// It is there, or cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&path)?.write_all(content)?;
        Ok(path)
    }
}

/// A folder of this user's that others cannot change, or one like `/tmp` in which everybody keeps to their own.
fn is_safe(place: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    let Ok(metadata) = fs_err::metadata(place) else { return false };
    let is_ours =
        metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
    metadata.is_dir() && place.is_absolute() && (is_ours || metadata.mode() & STICKY != 0)
}

/// Removes what processes left that were killed. What belongs to others cannot be opened.
fn sweep(place: &Path, prefix: &str) {
    let Ok(entries) = fs_err::read_dir(place) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(prefix)
            && entry.metadata().is_ok_and(|metadata| {
                metadata.is_dir()
                    && metadata.uid() == rustix::process::geteuid().as_raw()
                    && metadata
                        .modified()
                        .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > YOUNG))
            });
        if !is_ours {
            continue;
        }
        let unlocked = File::open(entry.path())
            .ok()
            .filter(|folder| flock(folder, FlockOperation::NonBlockingLockExclusive).is_ok());
        if unlocked.is_some() {
            // Another process may be sweeping as well.
            fs_err::remove_dir_all(entry.path()).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const PREFIX: &str = "connhub-test-";

    #[test]
    fn only_the_user_can_open_it_and_it_is_gone_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let places = ["relative".into(), "/nonexistent".into(), root.path().to_owned()];
        let folder = PrivateFolder::make(&places, PREFIX).unwrap();
        let file = folder.write("a.yaml", b"x").unwrap();
        let mode = |path: &Path| fs_err::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&file)), (0o700, 0o600));
        assert!(folder.write("a.yaml", b"y").is_err());
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
        assert!(PrivateFolder::make(&places[..2], PREFIX).is_err());
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_used_stays() {
        let root = tempfile::tempdir().unwrap();
        let places = [root.path().to_owned()];
        let [left, other, young] =
            ["connhub-test-left", "other", "connhub-test-young"].map(|name| root.path().join(name));
        for folder in [&left, &other, &young] {
            fs_err::create_dir(folder).unwrap();
            fs_err::write(folder.join("secret"), "x").unwrap();
        }
        let old = SystemTime::now() - 2 * YOUNG;
        for folder in [&left, &other] {
            File::open(folder).unwrap().file().set_modified(old).unwrap();
        }
        let used = PrivateFolder::make(&places, PREFIX).unwrap();
        assert!(!left.exists() && other.exists() && young.exists());
        File::open(used.path()).unwrap().file().set_modified(old).unwrap();
        let second = PrivateFolder::make(&places, PREFIX).unwrap();
        assert!(used.path().exists() && second.path() != used.path());
    }

    #[test]
    fn a_place_that_others_can_write_is_not_used() {
        let root = tempfile::tempdir().unwrap();
        let places = [root.path().to_owned()];
        let mode = |mode| {
            fs_err::set_permissions(root.path(), Permissions::from_mode(mode)).unwrap();
        };
        mode(0o777);
        assert!(PrivateFolder::make(&places, PREFIX).is_err());
        mode(0o1777);
        assert!(PrivateFolder::make(&places, PREFIX).is_ok());
    }
}
