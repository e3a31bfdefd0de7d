//! Addresses of this process, asked of the system directly.

use std::io;
use std::ops::Range;
use std::ptr::{null_mut, with_exposed_provenance_mut};

use nix::unistd::{SysconfVar, sysconf};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// What every system has at least, in bytes.
const SMALLEST_PAGE: usize = 4 << 10;

/// How large a page of memory is, as the C library knows it. `rustix` asks the system anew, and under valgrind gets an answer that is not true there.
pub(super) fn page_size() -> usize {
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| usize::try_from(size).ok()).unwrap_or(SMALLEST_PAGE)
}

/// Addresses of this process that nobody else uses. They are unmapped when this is dropped.
pub(super) struct Mapping {
    start: usize,
    length: usize,
}

impl Mapping {
    /// Addresses that cannot be touched yet.
    pub fn reserve(length: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping at a place that the kernel chooses replaces no other.
        #[expect(unsafe_code, reason = "there is no safe way to reserve addresses")]
        let start = unsafe { mmap_anonymous(null_mut(), length, ProtFlags::empty(), flags)? };
        Ok(Self { start: start.expose_provenance(), length })
    }

    /// Memory that can be written, all of it there at once: page by page, each would be an interruption.
    pub fn filled(length: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::POPULATE;
        // SAFETY: a new mapping at a place that the kernel chooses replaces no other.
        #[expect(unsafe_code, reason = "there is no safe way to ask for pages")]
        let start = unsafe { mmap_anonymous(null_mut(), length, access, flags)? };
        Ok(Self { start: start.expose_provenance(), length })
    }

    pub fn start(&self) -> usize {
        self.start
    }

    /// In bytes.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Says what can be done with a range of it.
    pub fn protect(&mut self, range: Range<usize>, flags: MprotectFlags) -> io::Result<()> {
        if range.start > range.end || range.end > self.length {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let start = with_exposed_provenance_mut(self.start + range.start);
        // SAFETY: the range is within the mapping. Compiled code counts on what is closed being a trap, and nothing of Rust lives here.
        #[expect(
            unsafe_code,
            reason = "there is no safe way to change what addresses can be used for"
        )]
        unsafe {
            Ok(mprotect(start, range.len(), flags)?)
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's alone, and whoever used it is gone.
        #[expect(unsafe_code, reason = "there is no safe way to give addresses back")]
        let unmapped = unsafe { munmap(with_exposed_provenance_mut(self.start), self.length) };
        // It cannot fail for a whole mapping; if it did, the addresses would stay taken.
        unmapped.unwrap_or_default();
    }
}
