//! The working folder of one run: fresh, for this user alone, and gone afterwards.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt as _;
use fs_err::{File, OpenOptions};

use crate::model::{End, Ending};

/// What the names of all folders begin with.
const PREFIX: &str = "connhub-command-";
/// The file that is locked as long as a folder is in use. It lies beside the folder, so that the program does not see it.
const LOCK_SUFFIX: &str = ".lock";

/// A folder, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Locked for the life of the folder: whoever can lock it knows that nobody uses the folder any more.
    _lock: File,
    _ending: Ending,
}

impl Folder {
    /// Makes a folder in the first of these places where that is possible, and removes those that a killed process left there.
    ///
    /// # Errors
    /// No place can hold one.
    pub fn new(places: &[PathBuf]) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for place in places {
            remove_stale(place);
            match Self::new_in(place) {
                Ok(folder) => return Ok(folder),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn new_in(place: &Path) -> io::Result<Self> {
        let lock = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(LOCK_SUFFIX)
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(place)?;
        let (lock, lock_path) = lock.keep().map_err(|error| error.error)?;
        let path = folder_of(&lock_path).ok_or(io::ErrorKind::InvalidInput)?;
        let lock = File::from_parts(lock, &lock_path);
        lock.file().try_lock()?;
        // If it cannot be made, the next one takes the lock away.
        let (path, ending) = Ending::of(|| {
            std::fs::DirBuilder::new().mode(0o700).create(&path)?;
            let folder = path.clone();
            io::Result::Ok((path, Box::new(move || remove(&folder, &lock_path)) as End))
        })?;
        Ok(Self { path, _lock: lock, _ending: ending })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a new file that only the user can read.
    ///
    /// # Errors
    /// It is there, or cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&path)?.write_all(content)?;
        Ok(path)
    }
}

fn folder_of(lock: &Path) -> Option<PathBuf> {
    let name = lock.file_name()?.to_str()?.strip_suffix(LOCK_SUFFIX)?;
    Some(lock.with_file_name(name))
}

/// The lock goes last: without it nobody would find the folder again.
fn remove(folder: &Path, lock: &Path) {
    let is_gone = match fs_err::remove_dir_all(folder) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_gone {
        let _ = fs_err::remove_file(lock);
    }
}

/// Removes what a process left that was killed. Whatever cannot be removed now is left to the next one.
fn remove_stale(place: &Path) {
    let Ok(entries) = fs_err::read_dir(place) else { return };
    let user = rustix::process::geteuid().as_raw();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_lock = name
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(LOCK_SUFFIX));
        let is_own = || entry.metadata().is_ok_and(|data| data.uid() == user && data.is_file());
        if is_lock && is_own() {
            remove_if_stale(&entry.path());
        }
    }
}

fn remove_if_stale(lock_path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let Ok(lock) = options.open(lock_path) else { return };
    if let (Ok(()), Some(folder)) = (lock.file().try_lock(), folder_of(lock_path)) {
        remove(&folder, lock_path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(place: &Path) -> Vec<String> {
        let entries = fs_err::read_dir(place).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn only_the_user_can_open_it_and_it_is_gone_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let nowhere = PathBuf::from("/no/such/place");
        let folder = Folder::new(&[nowhere.clone(), place.path().to_owned()]).unwrap();
        let file = folder.write("a.yaml", b"x").unwrap();
        let mode = |path: &Path| fs_err::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&file)), (0o700, 0o600));
        assert!(folder.write("a.yaml", b"y").is_err());
        assert!(Folder::new(&[nowhere]).is_err());
        drop(folder);
        assert_eq!(names(place.path()), [""; 0]);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_in_use_is_not() {
        let place = tempfile::tempdir().unwrap();
        let places = [place.path().to_owned()];
        let stale = place.path().join("connhub-command-abc");
        fs_err::create_dir(&stale).unwrap();
        fs_err::write(stale.join("secret"), "x").unwrap();
        fs_err::write(place.path().join("connhub-command-abc.lock"), "").unwrap();
        let kept = place.path().join("precious.lock");
        fs_err::write(&kept, "").unwrap();
        let one = Folder::new(&places).unwrap();
        assert!(!stale.exists() && kept.exists());
        let two = Folder::new(&places).unwrap();
        assert!(one.path().exists() && two.path().exists());
    }
}
