//! The files of the log: where they are, and that they are this user's alone.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fs_err::os::unix::fs::OpenOptionsExt as _;
use fs_err::{File, OpenOptions};
use ring::rand::{SecureRandom as _, SystemRandom};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::chain::{KEY_LEN, Key, hash};
use super::head::SIZE;

/// The most rotated files that are looked for.
const MAX_FILES: u32 = 1000;
/// Longer than fifty processes need that all wait for a slow disk.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause before another look at the lock.
const PAUSE: Duration = Duration::from_micros(200);

/// Where a log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    log: PathBuf,
    head: PathBuf,
    key: PathBuf,
}

impl Place {
    /// The log of a state folder, which also holds its head and its key.
    pub fn in_state(state: &Path) -> Self {
        Self {
            log: state.join("audit.jsonl"),
            head: state.join("audit.head"),
            key: state.join("audit.key"),
        }
    }

    /// A log elsewhere; head and key are in the state folder all the same.
    pub fn elsewhere(log: &Path, state: &Path) -> Self {
        let short = &hash(log.as_os_str().as_encoded_bytes())[..16];
        Self {
            log: log.to_owned(),
            head: state.join(format!("audit-{short}.head")),
            key: state.join(format!("audit-{short}.key")),
        }
    }

    /// The file that is written.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The file that says how the chain ends; it is also the lock.
    pub(super) fn head(&self) -> &Path {
        &self.head
    }

    /// A file that is full; 1 is the newest.
    pub(super) fn rotated(&self, number: u32) -> PathBuf {
        let mut name = self.log.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }

    /// The numbers of the full files that there are, newest first.
    pub(super) fn numbers(&self) -> io::Result<Vec<u32>> {
        let folder = self.log.parent().unwrap_or(Path::new("."));
        let name = self.log.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let entries = match fs_err::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let number = |entry: fs_err::DirEntry| {
            let found = entry.file_name().into_string().ok()?;
            let digits = found.strip_prefix(&name)?.strip_prefix('.')?;
            digits
                .parse::<u32>()
                .ok()
                .filter(|n| (1..=MAX_FILES).contains(n) && digits == n.to_string())
        };
        let mut numbers: Vec<u32> = entries.flatten().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// All files that there are, oldest first.
    pub(super) fn all(&self) -> io::Result<Vec<PathBuf>> {
        let numbers = self.numbers()?;
        let mut files: Vec<_> = numbers.iter().rev().map(|number| self.rotated(*number)).collect();
        if self.log.exists() {
            files.push(self.log.clone());
        }
        Ok(files)
    }

    /// The key; none if there is no whole one.
    pub(super) fn read_key(&self) -> io::Result<Option<Key>> {
        let file = match private(OpenOptions::new().read(true), &self.key) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_LEN + 1));
        file.take(KEY_LEN as u64 + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() == KEY_LEN).then(|| Key::new(&bytes)))
    }

    /// Keeps a new key. It is there whole or not at all.
    pub(super) fn keep_key(&self, bytes: &[u8; KEY_LEN]) -> io::Result<()> {
        let folder = self.key.parent().unwrap_or(Path::new("."));
        let mode = std::fs::Permissions::from_mode(0o600);
        let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(&self.key)?;
        Ok(())
    }

    /// The head's bytes as they are now, without the lock. None if there is no file.
    pub(super) fn read_head(&self) -> io::Result<Option<Vec<u8>>> {
        match private(OpenOptions::new().read(true), &self.head) {
            Ok(file) => Ok(Some(head_bytes(&file)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the head, making it and its folder if they are not there.
    pub(super) fn open_head(&self) -> io::Result<File> {
        make_folder(&self.head)?;
        private(OpenOptions::new().read(true).write(true).create(true), &self.head)
    }

    /// Opens the log, making it and its folder if they are not there.
    pub(super) fn open_log(&self) -> io::Result<File> {
        make_folder(&self.log)?;
        private(OpenOptions::new().read(true).append(true).create(true), &self.log)
    }
}

/// The bytes of a new key.
pub(super) fn random_key() -> io::Result<Zeroizing<[u8; KEY_LEN]>> {
    let mut bytes = Zeroizing::new([0; KEY_LEN]);
    let random = SystemRandom::new().fill(&mut *bytes);
    random.map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(bytes)
}

/// The bytes of the head, as many as there are.
pub(super) fn head_bytes(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; SIZE + 1];
    let length = file.file().read_at(&mut bytes, 0)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Opens a file that nobody else may have made or may write. A link is refused.
pub(super) fn private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let file = options.mode(0o600).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    let refused = |what: &str| {
        let text = format!("`{}` {what}", path.display());
        Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
    };
    if !metadata.is_file() {
        return refused("is not a file");
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return refused("belongs to another user");
    }
    if metadata.mode() & 0o022 != 0 {
        return refused("can be written by other users; take that right away with `chmod go-w`");
    }
    Ok(file)
}

/// Whether an open file is the one that has this path now.
pub(super) fn is_still(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match fs_err::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn make_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| {
                let text = format!("the folder `{}` cannot be made: {error}", folder.display());
                io::Error::new(error.kind(), text)
            })
        }
        _ => Ok(()),
    }
}

/// A lock that is given back when this is dropped.
pub(super) struct Locked<'a>(&'a File);

impl<'a> Locked<'a> {
    /// Waits for the lock, and no longer than half a minute.
    pub(super) fn acquire(file: &'a File) -> io::Result<Self> {
        let start = Instant::now();
        loop {
            match flock(file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self(file)),
                Err(Errno::WOULDBLOCK | Errno::INTR) if start.elapsed() < PATIENCE => sleep(PAUSE),
                Err(Errno::WOULDBLOCK) => {
                    let text = format!("other processes kept `{}` locked", file.path().display());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, text));
                }
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // The lock ends with the file at the latest.
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_oldest_first_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::in_state(folder.path());
        for name in ["audit.jsonl", "audit.jsonl.2", "audit.jsonl.10", "audit.jsonl.1"] {
            fs_err::write(folder.path().join(name), "").unwrap();
        }
        for name in ["audit.jsonl.01", "audit.jsonl.x", "audit.jsonl.0", "audit.jsonlx.1"] {
            fs_err::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(place.numbers().unwrap(), [1, 2, 10]);
        let names: Vec<_> =
            place.all().unwrap().iter().map(|p| p.extension().unwrap().to_owned()).collect();
        assert_eq!(names, ["10", "2", "1", "jsonl"]);
    }

    #[test]
    fn links_and_files_that_others_may_write_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs_err::write(&path, "x").unwrap();
        let open = |path: &Path| private(OpenOptions::new().append(true), path);
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(open(&path).is_ok(), "a group may be let read it");
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o620)).unwrap();
        assert!(open(&path).unwrap_err().to_string().contains("chmod"));
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let link = folder.path().join("b");
        fs_err::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(open(&link).is_err());
    }

    #[test]
    fn a_key_is_whole_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::in_state(folder.path());
        assert!(place.read_key().unwrap().is_none());
        let bytes = random_key().unwrap();
        place.keep_key(&bytes).unwrap();
        assert_eq!(place.read_key().unwrap().unwrap().sum(b"x"), Key::new(&*bytes).sum(b"x"));
        assert_eq!(fs_err::metadata(&place.key).unwrap().mode() & 0o777, 0o600);
        fs_err::write(&place.key, "short").unwrap();
        assert!(place.read_key().unwrap().is_none());
    }
}
