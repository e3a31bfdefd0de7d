//! Memories and stacks of the sandbox that are used again.
//!
//! Every call has an instance of its own, which begins with an empty memory and an empty stack. Asking the system for both takes longer than
//! all else that a small call does: addresses are mapped and unmapped, and each page is a fault when it is first touched. So what a call gives
//! back is kept, and wiped when the next one takes it: the last call of a process has no next one. What was touched the kernel knows exactly;
//! where it does not tell, nothing is used again.
//!
//! A memory keeps its layout: so many addresses as compiled code can reach, with guards before and behind, and only as much of them as it is
//! large can be read and written. This is for engines whose memories do not move.

use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::ptr::{null_mut, with_exposed_provenance_mut};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use fs_err::File;
use rustix::mm::MprotectFlags;
use wasmtime::{LinearMemory, MemoryCreator, MemoryType, Result, StackCreator, StackMemory, bail};

use super::mapping::{Mapping, page_size};

/// How many of a kind are kept: one for each call that runs at the same time.
const MAX_KEPT: usize = 4;
/// What was larger is given back to the system, in bytes.
const MAX_SIZE: usize = 16 << 20;

/// Gives memories and stacks out, and takes them back. They must all be of one size.
#[derive(Default)]
pub(super) struct Reuse {
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept {
    pieces: Mutex<Vec<Piece>>,
    pages: OnceLock<Option<Pages>>,
}

/// Addresses of which a part can be read and written.
struct Piece {
    mapping: Mapping,
    /// Where the part begins, behind a guard.
    base: usize,
    /// How large the part is, in bytes; whole pages.
    open: usize,
}

impl Piece {
    fn reserve(guard: usize, room: usize, guard_behind: usize) -> io::Result<Self> {
        let mapping = Mapping::reserve(guard + room + guard_behind)?;
        Ok(Self { mapping, base: guard, open: 0 })
    }

    /// Makes the part larger or smaller. What it loses keeps what it holds, and cannot be reached.
    fn resize(&mut self, size: usize) -> io::Result<()> {
        let size = size.next_multiple_of(page_size());
        let (base, open) = (self.base, self.open);
        if size > open {
            let flags = MprotectFlags::READ | MprotectFlags::WRITE;
            self.mapping.protect(base + open..base + size, flags)?;
        } else if size < open {
            self.mapping.protect(base + size..base + open, MprotectFlags::empty())?;
        }
        self.open = size;
        Ok(())
    }

    fn start(&self) -> usize {
        self.mapping.start() + self.base
    }

    fn pointer(&self) -> *mut u8 {
        with_exposed_provenance_mut(self.start())
    }

    /// Writes zeros over every page of the part that was touched.
    fn wipe(&mut self, pages: &Pages) -> io::Result<()> {
        let (start, size) = (self.start(), page_size());
        for number in pages.touched(start..start + self.open)? {
            let page = with_exposed_provenance_mut::<u8>(start + number * size);
            // SAFETY: the page is in the part that can be written, and nobody else has a pointer into it: what had it was dropped.
            #[expect(unsafe_code, reason = "this is memory that no value of Rust lives in")]
            unsafe {
                page.write_bytes(0, size);
            }
        }
        Ok(())
    }
}

impl Kept {
    /// One of this length, if there is one. It is empty; one that cannot be wiped is unmapped.
    fn take(&self, length: usize) -> Option<Piece> {
        let mut piece = self.find(length)?;
        let pages = self.pages.get_or_init(|| Pages::open().ok()).as_ref()?;
        piece.wipe(pages).ok()?;
        Some(piece)
    }

    fn find(&self, length: usize) -> Option<Piece> {
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let at = pieces.iter().position(|piece| piece.mapping.length() == length)?;
        Some(pieces.swap_remove(at))
    }

    /// Keeps one as it was left, or unmaps it.
    fn put(&self, piece: Piece) {
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        if piece.open <= MAX_SIZE && pieces.len() < MAX_KEPT {
            pieces.push(piece);
        }
    }
}

/// A piece that is in use.
struct Lent {
    /// Taken out when it is given back.
    piece: Option<Piece>,
    kept: Arc<Kept>,
    /// How many bytes a memory has.
    size: usize,
    /// How many it can have.
    room: usize,
}

impl Lent {
    fn new(
        kept: &Arc<Kept>,
        room: usize,
        size: usize,
        reserve: impl FnOnce() -> io::Result<Piece>,
        length: usize,
    ) -> io::Result<Self> {
        let mut piece = match kept.take(length) {
            Some(piece) => piece,
            None => reserve()?,
        };
        piece.resize(size)?;
        Ok(Self { piece: Some(piece), kept: Arc::clone(kept), size, room })
    }

    fn start(&self) -> usize {
        self.piece.as_ref().map_or(0, Piece::start)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(piece) = self.piece.take() {
            self.kept.put(piece);
        }
    }
}

// SAFETY: a memory is zero when it is given out, since new pages of the system are, and what was used before was wiped. It never moves: all of
// its room is reserved, and `grow_to` refuses more. Around what can be reached of it everything is closed, `guard` bytes at least.
#[expect(unsafe_code, reason = "the memory of the sandbox")]
unsafe impl MemoryCreator for Reuse {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let room = reserved.filter(|room| *room >= minimum).ok_or("a memory would have to move")?;
        let reserve = || Piece::reserve(guard, room, guard);
        let lent = Lent::new(&self.kept, room, minimum, reserve, guard + room + guard);
        Ok(Box::new(lent.map_err(|error| error.to_string())?))
    }
}

// SAFETY: see above; the pointer stays the same until the memory is dropped.
#[expect(unsafe_code, reason = "the memory of the sandbox")]
unsafe impl LinearMemory for Lent {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.room
    }

    fn grow_to(&mut self, size: usize) -> Result<()> {
        let Some(piece) = self.piece.as_mut().filter(|_| size <= self.room) else {
            bail!("a memory would have to move");
        };
        piece.resize(size)?;
        self.size = size;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.piece.as_ref().map_or(null_mut(), Piece::pointer)
    }
}

// SAFETY: a stack is its own, of whole pages, zero when it is given out, and ends in a page that cannot be touched.
#[expect(unsafe_code, reason = "the stack of the sandbox")]
unsafe impl StackCreator for Reuse {
    fn new_stack(&self, size: usize, _: bool) -> Result<Box<dyn StackMemory>> {
        let (size, guard) = (size.next_multiple_of(page_size()), page_size());
        let reserve = || Piece::reserve(guard, size, 0);
        Ok(Box::new(Lent::new(&self.kept, size, size, reserve, guard + size)?))
    }
}

// SAFETY: see above.
#[expect(unsafe_code, reason = "the stack of the sandbox")]
unsafe impl StackMemory for Lent {
    fn top(&self) -> *mut u8 {
        with_exposed_provenance_mut(self.start() + self.size)
    }

    fn range(&self) -> Range<usize> {
        self.start()..self.start() + self.size
    }

    fn guard_range(&self) -> Range<*mut u8> {
        let end = self.start();
        with_exposed_provenance_mut(end - page_size())..with_exposed_provenance_mut(end)
    }
}

/// What the kernel says about the pages of this process.
struct Pages(File);

/// A page is in memory, or was moved to where the system keeps what memory has no room for. Any other was never touched and is zero.
const TOUCHED: u64 = 0b11 << 62;
const ENTRY: usize = size_of::<u64>();

impl Pages {
    fn open() -> io::Result<Self> {
        File::open("/proc/self/pagemap").map(Self)
    }

    /// The numbers of the touched pages in a range of whole pages.
    fn touched(&self, addresses: Range<usize>) -> io::Result<impl Iterator<Item = usize>> {
        let (first, count) = (addresses.start / page_size(), addresses.len() / page_size());
        let mut entries = vec![0; count * ENTRY];
        self.0.file().read_exact_at(&mut entries, (first * ENTRY) as u64)?;
        let entries = entries.as_chunks::<ENTRY>().0.to_vec();
        let is_touched = |entry: &[u8; ENTRY]| u64::from_ne_bytes(*entry) & TOUCHED != 0;
        Ok(entries.into_iter().enumerate().filter(move |(_, e)| is_touched(e)).map(|(n, _)| n))
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Engine, Instance, Module, Store};

    use super::*;

    /// An engine whose instances get their memory here, and a module that writes, grows and reads.
    fn fixture() -> (Arc<Reuse>, Engine, Module) {
        let reuse = Arc::new(Reuse::default());
        let mut config = Config::new();
        config.with_host_memory(Arc::clone(&reuse) as Arc<dyn MemoryCreator>);
        config.memory_init_cow(false);
        let engine = Engine::new(&config).unwrap();
        let text = r#"(module (memory 2)
            (func (export "write") (param i32) (i32.store (local.get 0) (i32.const 7)))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "read") (param i32) (result i32) (i32.load (local.get 0))))"#;
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        (reuse, engine, module)
    }

    struct Running(Store<()>, Instance);

    impl Running {
        fn new(engine: &Engine, module: &Module) -> Self {
            let mut store = Store::new(engine, ());
            let instance = Instance::new(&mut store, module, &[]).unwrap();
            Self(store, instance)
        }

        fn write(&mut self, at: i32) -> Result<()> {
            self.1.get_typed_func::<i32, ()>(&mut self.0, "write")?.call(&mut self.0, at)
        }

        fn grow(&mut self, pages: i32) -> i32 {
            let grow = self.1.get_typed_func::<i32, i32>(&mut self.0, "grow").unwrap();
            grow.call(&mut self.0, pages).unwrap()
        }

        fn read(&mut self, at: i32) -> Result<i32> {
            self.1.get_typed_func::<i32, i32>(&mut self.0, "read")?.call(&mut self.0, at)
        }
    }

    const WASM_PAGE: i32 = 1 << 16;

    #[test]
    fn a_memory_that_was_used_before_is_empty_and_as_large_as_it_says() {
        let (reuse, engine, module) = fixture();
        for _ in 0..3 {
            let mut running = Running::new(&engine, &module);
            assert_eq!(running.grow(3), 2);
            for at in (0..5 * WASM_PAGE).step_by(4096) {
                assert_eq!(running.read(at).unwrap(), 0, "{at}");
                running.write(at + 4).unwrap();
                running.write(at + 4092).unwrap();
            }
            drop(running);
            assert_eq!(reuse.kept.pieces.lock().unwrap().len(), 1);
            let mut running = Running::new(&engine, &module);
            assert_eq!(reuse.kept.pieces.lock().unwrap().len(), 0);
            assert!(running.read(2 * WASM_PAGE).is_err(), "it did not grow yet");
            assert!(running.write(4 * WASM_PAGE).is_err());
            for at in (0..2 * WASM_PAGE).step_by(4) {
                assert_eq!(running.read(at).unwrap(), 0, "{at}");
            }
            assert_eq!(running.grow(3), 2);
            assert_eq!(running.read(5 * WASM_PAGE - 4).unwrap(), 0);
            assert!(running.read(5 * WASM_PAGE).is_err());
        }
    }

    #[test]
    fn instances_at_the_same_time_have_memories_of_their_own() {
        let (reuse, engine, module) = fixture();
        let mut all: Vec<Running> =
            (0..MAX_KEPT + 2).map(|_| Running::new(&engine, &module)).collect();
        for (at, running) in all.iter_mut().enumerate() {
            running.write(at as i32 * 4).unwrap();
        }
        for (at, running) in all.iter_mut().enumerate() {
            for place in 0..MAX_KEPT + 2 {
                let expected = if place == at { 7 } else { 0 };
                assert_eq!(running.read(place as i32 * 4).unwrap(), expected);
            }
        }
        drop(all);
        assert_eq!(reuse.kept.pieces.lock().unwrap().len(), MAX_KEPT);
    }

    #[test]
    fn what_is_large_is_given_back_to_the_system() {
        let (reuse, engine, module) = fixture();
        let mut running = Running::new(&engine, &module);
        assert_eq!(running.grow((MAX_SIZE / WASM_PAGE as usize) as i32), 2);
        drop(running);
        assert_eq!(reuse.kept.pieces.lock().unwrap().len(), 0);
    }

    #[test]
    fn a_stack_that_was_used_before_is_empty() {
        let reuse = Reuse::default();
        let size = 8 * page_size();
        let write = |at: usize, byte: u8| {
            // SAFETY: the callers give addresses of a stack that they hold.
            #[expect(unsafe_code, reason = "what a fiber would do")]
            unsafe {
                let place = with_exposed_provenance_mut::<u8>(at);
                place.replace(byte)
            }
        };
        let first = reuse.new_stack(size, true).unwrap();
        let range = first.range();
        assert_eq!(range.len(), size);
        assert_eq!(first.top() as usize, range.end);
        assert_eq!(first.guard_range().end as usize, range.start);
        range.clone().step_by(1000).for_each(|at| assert_eq!(write(at, 9), 0));
        drop(first);
        let second = reuse.new_stack(size, true).unwrap();
        assert_eq!(second.range(), range, "it is the same one");
        range.for_each(|at| assert_eq!(write(at, 0), 0));
    }
}
