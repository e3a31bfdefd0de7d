//! Finds thousands of patterns in one pass, and takes further ones at any time.
//!
//! An automaton (`aho-corasick`) is built anew whenever a value is added: about 10 ms for the forms of the 1,500 values of one page, and
//! more with every page that follows. Here each pattern is known by a window of 8 bytes from its middle. A filter tells for almost every
//! place of the text that no window starts there; what is left is compared by a keyed hash.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use super::encodings::{self, Forms, Margin, Pattern};

/// The patterns of a scrubber, as hashes.
#[derive(Default)]
pub struct Index {
    keys: RandomState,
    values: HashSet<u64>,
    patterns: HashSet<u64>,
    wide: Windows<8>,
    narrow: Windows<4>,
}

impl Index {
    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Adds the forms of a value of at least 4 bytes.
    pub fn add(&mut self, value: &[u8], forms: Forms) {
        if self.values.insert(self.keys.hash_one((value, forms))) {
            encodings::of(value, forms, |pattern| self.add_pattern(pattern));
        }
    }

    /// Where patterns are, in no order; ranges may overlap.
    pub fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        self.wide.find(text, |range, margin| self.verify(text, range, margin, &mut found));
        self.narrow.find(text, |range, margin| self.verify(text, range, margin, &mut found));
        found
    }

    fn add_pattern(&mut self, pattern: Pattern<'_>) {
        let Pattern { bytes, margin } = pattern;
        if bytes.len() >= 8 {
            self.wide.add(bytes, margin);
        } else {
            self.narrow.add(bytes, margin);
        }
        self.patterns.insert(self.keys.hash_one(bytes));
    }

    fn verify(
        &self,
        text: &[u8],
        range: Range<usize>,
        margin: Margin,
        found: &mut Vec<Range<usize>>,
    ) {
        if self.patterns.contains(&self.keys.hash_one(&text[range.clone()])) {
            found.push(widen(text, range, margin));
        }
    }
}

/// Where patterns may be, by `N` bytes from the middle of each.
#[derive(Default)]
struct Windows<const N: usize> {
    filter: Filter,
    /// The first shape of each window, as an index.
    first: HashMap<u64, u32>,
    shapes: Vec<Shape>,
}

/// How a pattern lies around its window.
#[derive(Clone, Copy)]
struct Shape {
    /// In bytes; the window is in the middle.
    length: u16,
    margin: Margin,
    /// The next shape of the same window, as an index plus one.
    next: u32,
}

impl<const N: usize> Windows<N> {
    fn add(&mut self, pattern: &[u8], margin: Margin) {
        let window = load::<N>(&pattern[before::<N>(pattern.len())..]);
        // Pieces are at most 96 bytes long, in hexadecimal twice that.
        let length = pattern.len() as u16;
        let first = self.first.get(&window).map_or(0, |first| first + 1);
        if self.chain(first).any(|shape| shape.length == length && shape.margin == margin) {
            return;
        }
        // There is memory for far fewer than 2^32 shapes.
        self.first.insert(window, self.shapes.len() as u32);
        self.shapes.push(Shape { length, margin, next: first });
        self.filter.add(window, self.first.keys());
    }

    fn find(&self, text: &[u8], mut candidate: impl FnMut(Range<usize>, Margin)) {
        if self.shapes.is_empty() || text.len() < N {
            return;
        }
        for at in 0..=text.len() - N {
            let window = load::<N>(&text[at..]);
            if !self.filter.may_hold(window) {
                continue;
            }
            let Some(first) = self.first.get(&window) else {
                continue;
            };
            for shape in self.chain(first + 1) {
                let length = usize::from(shape.length);
                let Some(start) = at.checked_sub(before::<N>(length)) else {
                    continue;
                };
                if start + length <= text.len() {
                    candidate(start..start + length, shape.margin);
                }
            }
        }
    }

    /// The shapes of one window, from an index plus one.
    fn chain(&self, first: u32) -> impl Iterator<Item = &Shape> {
        let shape = |at: u32| self.shapes.get((at as usize).wrapping_sub(1));
        std::iter::successors(shape(first), move |previous| shape(previous.next))
    }
}

/// The bytes before the window of a pattern.
fn before<const N: usize>(length: usize) -> usize {
    (length - N) / 2
}

/// The first `N` bytes as a number.
#[inline(always)]
fn load<const N: usize>(bytes: &[u8]) -> u64 {
    let mut wide = [0; 8];
    wide[..N].copy_from_slice(&bytes[..N]);
    u64::from_le_bytes(wide)
}

/// A bit for each window, by hash. At most one bit of sixteen is set.
#[derive(Default)]
struct Filter {
    bits: Vec<u64>,
    shift: u32,
    windows: usize,
}

/// The golden ratio in 64 bits, which spreads neighbouring numbers.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Filter {
    fn add<'k>(&mut self, window: u64, all: impl Iterator<Item = &'k u64>) {
        self.windows += 1;
        if self.windows * 16 > self.bits.len() * 64 {
            let bits = (self.windows * 64).next_power_of_two().max(1 << 12);
            self.bits = vec![0; bits / 64];
            self.shift = 64 - bits.trailing_zeros();
            all.for_each(|window| self.set(*window));
        }
        self.set(window);
    }

    fn set(&mut self, window: u64) {
        let bit = self.bit(window);
        self.bits[bit / 64] |= 1 << (bit % 64);
    }

    #[inline(always)]
    fn may_hold(&self, window: u64) -> bool {
        let bit = self.bit(window);
        self.bits[bit / 64] & (1 << (bit % 64)) != 0
    }

    #[inline(always)]
    fn bit(&self, window: u64) -> usize {
        (window.wrapping_mul(SPREAD) >> self.shift) as usize
    }
}

/// Covers the neighbours of a match that hold bits of the value.
fn widen(text: &[u8], mut range: Range<usize>, margin: Margin) -> Range<usize> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let before = text[..range.start].iter().rev().take(margin.before.into());
    range.start -= before.take_while(|byte| is_base64(byte)).count();
    let after = text[range.end..].iter().take(margin.after.into());
    range.end += after.take_while(|byte| is_base64(byte)).count();
    if margin.after > 0 {
        range.end += text[range.end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    }
    range
}
