//! The high-water mark: a small file that remembers the generation that was last acknowledged.
//!
//! The database alone cannot tell a state from an older one that was whole, too: a flipped byte in
//! the write-ahead log that a killed process left makes the database forget everything behind it,
//! and an old copy is in order in itself. The mark is raised after each commit. A store that is
//! below it has lost what was acknowledged. The mark is not synchronized to the disk: after a power
//! failure it may be lower than the store, which is harmless, and it is never higher.

use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};
use rustix::fs::{FlockOperation, flock};

use super::crypto::StoreKeys;
use super::error::VaultError;
use super::files;

const GENERATION_BYTES: usize = size_of::<u64>();
const HASH_BYTES: usize = 32;
const MARK_BYTES: usize = GENERATION_BYTES + HASH_BYTES;

/// The mark of an open store.
pub(super) struct Mark {
    path: PathBuf,
    file: Option<File>,
}

impl Mark {
    /// Opens the mark. One that is not there is made at the next write.
    pub(super) fn open(path: PathBuf) -> Result<Self, VaultError> {
        let there = files::find_private(&path)?;
        let file = there.then(|| open_existing(&path));
        Ok(Self { path, file: file.transpose()? })
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The generation that was acknowledged, or 0. To be read before the store is, so that the
    /// store can only be ahead.
    pub(super) fn read(&self, keys: &StoreKeys) -> Result<u64, VaultError> {
        let Some(file) = &self.file else { return Ok(0) };
        if let Some(generation) = self.try_read(file, keys)? {
            return Ok(generation);
        }
        // A writer may have been at it: a read is not atomic against a write.
        let unlock = self.lock(file, FlockOperation::LockShared)?;
        let generation = self.try_read(file, keys);
        drop(unlock);
        generation?.ok_or_else(|| VaultError::damaged(&self.path, "the mark is not of this store"))
    }

    /// Raises the mark to a generation that is durable. It is a guard against loss, not a part of
    /// the store: one that cannot be written leaves the mark lower, which is harmless.
    pub(super) fn raise(&mut self, keys: &StoreKeys, generation: u64) {
        let raised = self.try_raise(keys, generation);
        if raised.is_err() {
            self.file = None;
        }
    }

    fn try_raise(&mut self, keys: &StoreKeys, generation: u64) -> Result<(), VaultError> {
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            let options = options.read(true).write(true).create(true).mode(0o600);
            self.file = Some(open(&self.path, options)?);
        }
        let Some(file) = &self.file else {
            return Ok(());
        };
        let _unlock = self.lock(file, FlockOperation::LockExclusive)?;
        if self.try_read(file, keys)?.is_some_and(|marked| marked < generation) {
            let written = file.file().write_all_at(&encode(keys, generation), 0);
            written.map_err(|source| VaultError::io("write", &self.path, source))?;
        }
        Ok(())
    }

    fn try_read(&self, file: &File, keys: &StoreKeys) -> Result<Option<u64>, VaultError> {
        // One byte more than there should be tells a file that is too long.
        let mut bytes = [0; MARK_BYTES + 1];
        match file.file().read_at(&mut bytes, 0) {
            Ok(MARK_BYTES) => Ok(decode(keys, &bytes[..MARK_BYTES])),
            // A process was killed, or the power failed, before a new mark was written.
            Ok(0) => Ok(Some(0)),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(None),
            Err(source) => Err(VaultError::io("read", &self.path, source)),
        }
    }

    fn lock<'a>(
        &self,
        file: &'a File,
        operation: FlockOperation,
    ) -> Result<Unlock<'a>, VaultError> {
        let locked = flock(file, operation);
        locked.map_err(|errno| VaultError::io("lock", &self.path, errno.into()))?;
        Ok(Unlock(file))
    }
}

/// Gives a lock back when dropped.
struct Unlock<'a>(&'a File);

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        // Unlocking an open file cannot fail, and closing it would do the same.
        flock(self.0, FlockOperation::Unlock).unwrap_or_default();
    }
}

/// Where nothing can be written, the mark can be read all the same.
fn open_existing(path: &Path) -> Result<File, VaultError> {
    let opened = files::open_private(path, OpenOptions::new().read(true).write(true));
    let refused = [ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied];
    match opened {
        Err(error) if refused.contains(&error.kind()) => open(path, OpenOptions::new().read(true)),
        opened => opened.map_err(|source| VaultError::io("open", path, source)),
    }
}

fn open(path: &Path, options: &mut OpenOptions) -> Result<File, VaultError> {
    let opened = files::open_private(path, options);
    opened.map_err(|source| VaultError::io("open", path, source))
}

fn encode(keys: &StoreKeys, generation: u64) -> Vec<u8> {
    let hash = hash(keys, generation);
    [generation.to_le_bytes().as_slice(), &hash].concat()
}

fn decode(keys: &StoreKeys, bytes: &[u8]) -> Option<u64> {
    let (generation, found) = bytes.split_first_chunk()?;
    let generation = u64::from_le_bytes(*generation);
    (hash(keys, generation) == found).then_some(generation)
}

fn hash(keys: &StoreKeys, generation: u64) -> [u8; HASH_BYTES] {
    keys.mark.hash(&keys.encoder("mark").number(generation).finish())
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::crypto::{KEY_BYTES, RawKey};
    use super::*;

    fn keys(store: u8) -> StoreKeys {
        let data_key = RawKey(Zeroizing::new([1; KEY_BYTES]));
        StoreKeys::new(&data_key, [store; 16], String::new())
    }

    fn mark(folder: &tempfile::TempDir) -> Mark {
        Mark::open(folder.path().join("mark")).expect("opened")
    }

    #[test]
    fn a_mark_is_made_late_and_only_rises() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut raising = mark(&folder);
        assert_eq!(raising.read(&keys(1)).expect("none yet"), 0);
        let check = |raising: &mut Mark, generation, expected| {
            raising.raise(&keys(1), generation);
            assert_eq!(mark(&folder).read(&keys(1)).expect("a mark"), expected);
        };
        check(&mut raising, 5, 5);
        check(&mut raising, 9, 9);
        check(&mut raising, 7, 9);
    }

    #[test]
    fn every_flipped_byte_and_another_store_are_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        mark(&folder).raise(&keys(1), 300);
        let path = folder.path().join("mark");
        let good = fs_err::read(&path).expect("read");
        assert!(mark(&folder).read(&keys(2)).is_err());
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 0x10;
            fs_err::write(&path, &bad).expect("written");
            assert!(mark(&folder).read(&keys(1)).is_err(), "byte {index}");
        }
        fs_err::write(&path, &good[1..]).expect("written");
        assert!(mark(&folder).read(&keys(1)).is_err());
    }

    #[test]
    fn a_mark_that_was_made_and_not_written_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        files::create_private(&folder.path().join("mark")).expect("made");
        assert_eq!(mark(&folder).read(&keys(1)).expect("none yet"), 0);
        mark(&folder).raise(&keys(1), 4);
        assert_eq!(mark(&folder).read(&keys(1)).expect("a mark"), 4);
    }
}
