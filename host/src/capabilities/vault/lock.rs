//! The lock under which a store is made and its key is changed.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::database::PATIENCE;
use super::error::VaultError;
use super::files;

/// The pause before another look at the lock.
const PAUSE: Duration = Duration::from_millis(5);

/// Held by at most one process; given back when dropped, or when the process dies.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock. The file stays when the lock is given back, since removing it would
    /// let two processes hold locks on two files of one name.
    pub(super) fn acquire(path: &Path) -> Result<Self, VaultError> {
        let failed = |source| VaultError::io("lock", path, source);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).mode(0o600);
        let file = files::open_private(path, options).map_err(failed)?;
        files::check_file(path, &file.metadata().map_err(failed)?)?;
        Self::wait(file, path)
    }

    /// Waits for the lock on a folder, under which a file in it is replaced.
    pub(super) fn of_folder(path: &Path) -> Result<Self, VaultError> {
        let folder = File::open(path).map_err(|source| VaultError::io("lock", path, source))?;
        Self::wait(folder, path)
    }

    fn wait(file: File, path: &Path) -> Result<Self, VaultError> {
        let failed = |source| VaultError::io("lock", path, source);
        let start = Instant::now();
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(Errno::WOULDBLOCK | Errno::INTR) if start.elapsed() < PATIENCE => sleep(PAUSE),
                Err(Errno::WOULDBLOCK) => {
                    return Err(VaultError::Busy { store: path.to_owned() });
                }
                Err(errno) => return Err(failed(errno.into())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn the_second_waits_for_the_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let first = Lock::acquire(&path).expect("free");
        let (sender, receiver) = mpsc::channel();
        let second = thread::spawn(move || {
            let lock = Lock::acquire(&path).expect("free in the end");
            sender.send(()).expect("somebody listens");
            drop(lock);
        });
        assert!(receiver.recv_timeout(Duration::from_millis(50)).is_err(), "it did not wait");
        drop(first);
        second.join().expect("no panic");
        assert!(receiver.recv().is_ok());
    }
}
