//! A file in memory: filled through a mapping, then sealed so that nobody can change it any more, this process included.

use std::io::{Error, Read, Result};
use std::ops::{Deref, DerefMut};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::ptr::{NonNull, null_mut};

use fs_err::File;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::process::{Resource, getrlimit};

const NAME: &str = "component";

/// A file in memory whose bytes can still be changed.
pub(super) struct Draft {
    file: File,
    pages: Pages,
}

impl Draft {
    /// Reads `length` bytes straight into a new file, without a copy on the heap.
    ///
    /// # Errors
    /// There are fewer bytes, the system has no such files, or it limits the size of files: passing that limit ends the process.
    pub fn read(mut source: impl Read, length: usize) -> Result<Self> {
        if length == 0 || getrlimit(Resource::Fsize).current.is_some() {
            return Err(Error::other("no file in memory"));
        }
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from_parts(memfd_create(NAME, flags)?.into(), NAME);
        ftruncate(&file, length as u64)?;
        let mut pages = Pages::of(&file, length)?;
        source.read_exact(&mut pages)?;
        Ok(Self { file, pages })
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        &mut self.pages
    }

    /// Keeps the first `kept` bytes, for good.
    ///
    /// # Errors
    /// The system has no seals.
    pub fn seal(self, kept: usize) -> Result<Sealed> {
        // What is mapped for writing cannot be sealed.
        drop(self.pages);
        ftruncate(&self.file, kept as u64)?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        fcntl_add_seals(&self.file, seals)?;
        Ok(Sealed(self.file))
    }
}

/// A file in memory that stays as it is.
pub(super) struct Sealed(File);

impl Sealed {
    /// A path at which this process can open it, as long as it has this.
    pub fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

/// A file, mapped for writing. It is unmapped when this is dropped.
struct Pages {
    start: NonNull<u8>,
    length: usize,
}

impl Pages {
    fn of(file: &File, length: usize) -> Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // All pages at once: one by one, each would be an interruption.
        let flags = MapFlags::SHARED | MapFlags::POPULATE;
        // SAFETY: a new mapping at a place that the kernel chooses replaces no other.
        #[expect(unsafe_code, reason = "there is no safe way to map a file")]
        let start = unsafe { mmap(null_mut(), length, access, flags, file, 0)? };
        let start = NonNull::new(start.cast()).ok_or_else(|| Error::other("no address"))?;
        Ok(Self { start, length })
    }
}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the mapping has this length and lives as long as this. The file is known to nobody else, so that nobody changes it meanwhile.
        #[expect(unsafe_code, reason = "a mapping is no slice by itself")]
        unsafe {
            std::slice::from_raw_parts(self.start.as_ptr(), self.length)
        }
    }
}

impl DerefMut for Pages {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and this is borrowed by the caller alone.
        #[expect(unsafe_code, reason = "a mapping is no slice by itself")]
        unsafe {
            std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length)
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's alone, and what borrowed from it is gone.
        #[expect(unsafe_code, reason = "there is no safe way to unmap")]
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
        // It cannot fail for a whole mapping; if it did, the addresses would stay taken, and the file could not be sealed.
        unmapped.unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_sealed_can_be_changed_by_nobody() {
        let mut draft = Draft::read(&b"code and more"[..], 13).unwrap();
        draft.bytes()[0] = b'C';
        let mut sealed = draft.seal(4).unwrap();
        assert!(sealed.0.write_all(b"other").is_err());
        assert!(sealed.0.set_len(1).is_err());
        assert!(fcntl_add_seals(&sealed.0, SealFlags::FUTURE_WRITE).is_err());
        let again = fs_err::OpenOptions::new().write(true).open(sealed.path());
        assert!(again.is_err() || again.unwrap().write_all(b"other").is_err());
        assert_eq!(fs_err::read(sealed.path()).unwrap(), b"Code");
    }

    #[test]
    fn a_source_that_ends_early_makes_no_file() {
        assert!(Draft::read(&b"co"[..], 3).is_err());
        assert!(Draft::read(&b""[..], 0).is_err());
    }
}
