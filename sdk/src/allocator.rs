//! The allocator of a component.
//!
//! An instance lives for one call, and a list allocates some forty small pieces for each connection. The allocator of the standard library
//! joins neighbors and looks for the best fit, which takes about half of the time of a list. This one keeps a list of free pieces for each
//! size, gives the newest one back, and returns nothing to the host before the instance ends.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr;

/// Every piece starts at a multiple of it, in bytes.
const GRAIN: usize = 16;
/// Sizes up to this have a list for each multiple of [`GRAIN`].
const MAX_SMALL: usize = 512;
const SMALL: usize = MAX_SMALL / GRAIN;
/// Larger sizes have four lists between two powers of two, so that a piece is at most a quarter larger than was asked for.
const LARGE: usize = 4 * (usize::BITS - MAX_SMALL.ilog2()) as usize;
/// What is taken from the host at least, in bytes.
const CHUNK: usize = 256 << 10;

/// Takes at least so many bytes from the host. Returns the address and the number of those that it got.
pub type More = fn(usize) -> Option<(usize, usize)>;

/// The allocator. It is for one thread, as a component is.
#[derive(Debug)]
pub struct Allocator {
    more: More,
    /// For each class of sizes the newest free piece, which holds the address of the next; null if there is none.
    free: [Cell<*mut u8>; SMALL + LARGE],
    /// What was taken from the host and not given out.
    rest: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: components have no threads; the host refuses those that ask for them.
unsafe impl Sync for Allocator {}

impl Allocator {
    /// An allocator that has nothing yet.
    pub const fn new(more: More) -> Self {
        let free = [const { Cell::new(ptr::null_mut()) }; SMALL + LARGE];
        Self { more, free, rest: Cell::new(0), end: Cell::new(0) }
    }

    /// A new piece of so many bytes; null if the host gives no more.
    fn carve(&self, size: usize, align: usize) -> *mut u8 {
        if let Some(piece) = self.cut(size, align) {
            return piece;
        }
        let Some((start, length)) = (self.more)(size.saturating_add(align).max(CHUNK)) else {
            return ptr::null_mut();
        };
        // What comes usually lies behind what is there. If not, what is left of that is lost.
        if start != self.end.get() {
            self.rest.set(start);
        }
        // A memory of 4 GiB ends at a number that has more than 32 bits.
        self.end.set(start.saturating_add(length));
        self.cut(size, align).unwrap_or(ptr::null_mut())
    }

    fn cut(&self, size: usize, align: usize) -> Option<*mut u8> {
        let start = self.rest.get().checked_next_multiple_of(align)?;
        let end = start.checked_add(size).filter(|end| *end <= self.end.get())?;
        self.rest.set(end);
        Some(ptr::with_exposed_provenance_mut(start))
    }
}

/// Takes pages of the component's memory.
#[cfg(target_arch = "wasm32")]
pub fn grow_memory(least: usize) -> Option<(usize, usize)> {
    const PAGE: usize = 64 << 10;
    let pages = least.div_ceil(PAGE);
    let before = core::arch::wasm32::memory_grow(0, pages);
    (before != usize::MAX).then(|| (before * PAGE, pages * PAGE))
}

/// The list for a size, and the size of all pieces in it.
fn class(size: usize) -> (usize, usize) {
    if size <= MAX_SMALL {
        let grains = size.div_ceil(GRAIN).max(1);
        return (grains - 1, grains * GRAIN);
    }
    // A size is at most `isize::MAX`, so that the next power of two is a number, too.
    let size = size.next_multiple_of(1 << ((size - 1).ilog2() - 2));
    let power = size.ilog2();
    let quarter = size >> (power - 2) & 3;
    (SMALL + 4 * (power - MAX_SMALL.ilog2()) as usize + quarter, size)
}

// SAFETY: a piece is given out once until it comes back, is as large as its class, and starts at a multiple of its alignment.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (list, size) = class(layout.size());
        if layout.align() > GRAIN {
            return self.carve(size, layout.align());
        }
        let free = &self.free[list];
        let first = free.get();
        if first.is_null() {
            return self.carve(size, GRAIN);
        }
        // SAFETY: a free piece holds the address of the next.
        free.set(unsafe { first.cast::<*mut u8>().read() });
        first
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // Pieces of unusual alignment have no list.
        if layout.align() <= GRAIN {
            let free = &self.free[class(layout.size()).0];
            // SAFETY: the piece is nobody's now, and has at least 16 bytes at a multiple of 16.
            unsafe { piece.cast::<*mut u8>().write(free.get()) };
            free.set(piece);
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (old, new) = (class(layout.size()), class(size));
        if old == new {
            return piece;
        }
        // SAFETY: the caller gives a size that is not zero and fits, as for `alloc`.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: as above; the two pieces are different, and both have the bytes that are copied.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(piece, moved, layout.size().min(size));
                self.dealloc(piece, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out memory that nobody else has. It is not given back.
    fn more(least: usize) -> Option<(usize, usize)> {
        let memory = vec![0_u128; least.div_ceil(16)].leak();
        Some((memory.as_mut_ptr().expose_provenance(), size_of_val(memory)))
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).expect("a layout")
    }

    #[test]
    fn classes_hold_their_sizes_and_waste_a_quarter_at_most() {
        let mut last = class(1);
        for size in (1..5000).chain([1 << 20, (1 << 20) + 1, (1 << 31) - 1]) {
            let (list, piece) = class(size);
            assert!(list < SMALL + LARGE, "{size}");
            assert!(piece >= size && piece.is_multiple_of(GRAIN), "{size}");
            assert!(piece <= size.next_multiple_of(GRAIN) + size / 4, "{size}");
            assert_eq!(class(piece), (list, piece), "{size}");
            assert_eq!(list == last.0, piece == last.1, "{size}");
            last = (list, piece);
        }
    }

    #[test]
    fn a_piece_that_came_back_is_given_out_again() {
        let allocator = Allocator::new(more);
        for size in [1, 16, 17, 500, 513, 70_000, 1 << 20] {
            // SAFETY: each piece is given back once, with its layout.
            unsafe {
                let first = allocator.alloc(layout(size, 8));
                let second = allocator.alloc(layout(size, 8));
                assert_ne!(first, second);
                allocator.dealloc(first, layout(size, 8));
                assert_eq!(allocator.alloc(layout(size, 8)), first, "{size}");
            }
        }
    }

    #[test]
    fn pieces_do_not_overlap_and_keep_their_contents_when_they_grow() {
        let allocator = Allocator::new(more);
        let mut pieces: Vec<(*mut u8, Layout, u8)> = Vec::new();
        for round in 0..2000_usize {
            let layout = layout(round * 37 % 3000 + 1, 1 << (round % 8));
            let mark = (round % 251) as u8;
            // SAFETY: a piece is written within its size, and given back once with its layout.
            unsafe {
                let piece = allocator.alloc(layout);
                assert!(piece.addr().is_multiple_of(layout.align()), "{layout:?}");
                piece.write_bytes(mark, layout.size());
                pieces.push((piece, layout, mark));
                if round % 3 == 0 {
                    let (piece, layout, mark) = pieces.swap_remove(round * 7 % pieces.len());
                    let grown = allocator.realloc(piece, layout, layout.size() * 2);
                    let kept = std::slice::from_raw_parts(grown, layout.size());
                    assert!(kept.iter().all(|byte| *byte == mark), "{layout:?}");
                    allocator.dealloc(
                        grown,
                        Layout::from_size_align_unchecked(layout.size() * 2, layout.align()),
                    );
                }
            }
        }
        for (piece, layout, mark) in pieces {
            // SAFETY: the piece was not given back.
            let kept = unsafe { std::slice::from_raw_parts(piece, layout.size()) };
            assert!(kept.iter().all(|byte| *byte == mark), "{layout:?}");
        }
    }

    #[test]
    fn no_more_memory_is_null() {
        let allocator = Allocator::new(|_| None);
        // SAFETY: nothing is done with what comes.
        assert!(unsafe { allocator.alloc(layout(8, 8)) }.is_null());
    }
}
