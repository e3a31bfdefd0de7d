//! The memory of compiled code: filled once, then closed for good.
//!
//! It is never given back: the engine refers to it without owning it, and a process loads few components.

use std::io::{Error, Read, Result};
use std::mem;
use std::ptr::{NonNull, with_exposed_provenance_mut};

use rustix::mm::{MprotectFlags, mprotect};
use wasmtime::CustomCodeMemory;

use super::mapping::{Mapping, page_size};

/// Memory that can still be changed.
pub(super) struct Draft {
    mapping: Mapping,
    length: usize,
}

impl Draft {
    /// Reads `length` bytes straight into new memory, without a copy on the heap.
    ///
    /// # Errors
    /// There are fewer bytes, or no memory.
    pub fn read(mut source: impl Read, length: usize) -> Result<Self> {
        let mapping = Mapping::filled(length.next_multiple_of(page_size()))?;
        let mut draft = Self { mapping, length };
        source.read_exact(draft.bytes())?;
        Ok(draft)
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        let start = with_exposed_provenance_mut(self.mapping.start());
        // SAFETY: the mapping is this one's alone, can be written, and is at least as long.
        #[expect(unsafe_code, reason = "a mapping is no slice by itself")]
        unsafe {
            std::slice::from_raw_parts_mut(start, self.length)
        }
    }

    /// The first `kept` bytes, which stay where and as they are until the process ends.
    ///
    /// # Errors
    /// There are fewer, or the system does not close memory.
    pub fn close(mut self, kept: usize) -> Result<NonNull<[u8]>> {
        let bytes = self.bytes().get_mut(..kept).ok_or_else(|| Error::other("it is shorter"))?;
        let bytes = NonNull::from(bytes);
        self.mapping.protect(0..self.mapping.length(), MprotectFlags::READ)?;
        mem::forget(self.mapping);
        Ok(bytes)
    }
}

/// Makes the code in closed memory executable, which the engine does not do with memory that is not its own.
pub(super) struct Publisher;

impl CustomCodeMemory for Publisher {
    fn required_alignment(&self) -> usize {
        page_size()
    }

    fn publish_executable(&self, start: *const u8, length: usize) -> wasmtime::Result<()> {
        let flags = MprotectFlags::READ | MprotectFlags::EXEC;
        // SAFETY: the engine calls this for whole pages of code that it was given, and nothing writes to them: what can be executed cannot be written.
        #[expect(unsafe_code, reason = "there is no safe way to make memory executable")]
        unsafe {
            Ok(mprotect(start.cast_mut().cast(), length, flags)?)
        }
    }

    /// Code is not changed once it was published.
    fn unpublish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_is_kept_and_cannot_be_written() {
        let mut draft = Draft::read(&b"code and more"[..], 13).unwrap();
        draft.bytes()[0] = b'C';
        let closed = draft.close(4).unwrap();
        // SAFETY: closed memory stays.
        #[expect(unsafe_code, reason = "the caller refers to it without owning it")]
        let bytes = unsafe { closed.as_ref() };
        assert_eq!(bytes, b"Code");
        let start = closed.cast::<u8>().as_ptr().expose_provenance();
        let maps = fs_err::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| line.starts_with(&format!("{start:x}-"))).unwrap();
        assert!(line.contains(" r--p "), "{line}");
    }

    #[test]
    fn a_source_that_ends_early_makes_no_memory() {
        assert!(Draft::read(&b"co"[..], 3).is_err());
        assert!(Draft::read(&b""[..], 0).is_err());
        assert!(Draft::read(&b"code"[..], 4).unwrap().close(5).is_err());
    }
}
