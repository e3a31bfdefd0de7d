//! Buckets whose rows were compared with the state, so that the next look into one costs one row.
//!
//! A sum stands for the rows that make it: nobody without the key finds other rows of the same sum (`state.rs`). So what is known of a
//! bucket holds for as long as the state has the sum that it was checked against, in whatever transaction, and is forgotten by itself when
//! another process writes or a change is undone. A row is still read from the database each time, and compared with what is known of it.

use std::collections::BTreeMap;

use super::place::KeyHash;
use super::state::{Bucket, State};

/// The rows that are remembered, 48 bytes each: a store of a hundred thousand records is known whole, in about 5 MB. A look-up in a larger one pushes
/// out what the next one needs, and each reads a bucket anew.
const MAX_ROWS: usize = 1 << 18;

/// The buckets that were checked.
#[derive(Debug, Default)]
pub(super) struct Checked {
    buckets: BTreeMap<Bucket, Leaves>,
    rows: usize,
}

/// The leaves of a bucket, and their sum.
#[derive(Debug)]
struct Leaves {
    sum: u128,
    /// In the order of the keys.
    rows: Vec<(KeyHash, u128)>,
}

/// What is known of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Its bucket has to be checked.
    Nothing,
    /// There is none.
    Absent,
    /// There is one with this leaf.
    Leaf(u128),
}

impl Checked {
    /// What is known of a record in this state of the store.
    pub(super) fn known(&self, state: &State, key: &KeyHash) -> Known {
        let bucket = Bucket::of(key);
        match self.buckets.get(&bucket) {
            Some(leaves) if leaves.sum == state.sum(bucket) => match leaves.find(key) {
                Ok(at) => Known::Leaf(leaves.rows[at].1),
                Err(_) => Known::Absent,
            },
            _ => Known::Nothing,
        }
    }

    /// Keeps all rows of a bucket, in the order of their keys, whose leaves make this sum.
    pub(super) fn keep(&mut self, bucket: Bucket, sum: u128, rows: Vec<(KeyHash, u128)>) {
        self.forget(bucket);
        if self.rows + rows.len() > MAX_ROWS {
            *self = Self::default();
        }
        if rows.len() <= MAX_ROWS {
            self.rows += rows.len();
            self.buckets.insert(bucket, Leaves { sum, rows });
        }
    }

    /// Follows a change of one record: `before` and `after` are its leaves, none where it is not there.
    pub(super) fn follow(&mut self, key: &KeyHash, before: Option<u128>, after: Option<u128>) {
        let bucket = Bucket::of(key);
        let Some(leaves) = self.buckets.get_mut(&bucket) else { return };
        if leaves.change(key, before, after).is_none() {
            self.forget(bucket);
        } else {
            self.rows = self.rows + usize::from(after.is_some()) - usize::from(before.is_some());
        }
    }

    fn forget(&mut self, bucket: Bucket) {
        if let Some(leaves) = self.buckets.remove(&bucket) {
            self.rows -= leaves.rows.len();
        }
    }
}

impl Leaves {
    fn find(&self, key: &KeyHash) -> Result<usize, usize> {
        self.rows.binary_search_by(|(known, _)| known.cmp(key))
    }

    /// None if the change does not fit what is known.
    fn change(&mut self, key: &KeyHash, before: Option<u128>, after: Option<u128>) -> Option<()> {
        match (self.find(key), before, after) {
            (Ok(at), Some(before), _) if self.rows[at].1 != before => return None,
            (Ok(at), Some(_), Some(after)) => self.rows[at].1 = after,
            (Ok(at), Some(_), None) => drop(self.rows.remove(at)),
            (Err(at), None, Some(after)) => self.rows.insert(at, (*key, after)),
            _ => return None,
        }
        let without = self.sum.wrapping_sub(before.unwrap_or(0));
        self.sum = without.wrapping_add(after.unwrap_or(0));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::KEY_HASH;
    use super::*;

    fn key(first: u8, last: u8) -> KeyHash {
        let mut key = [0; KEY_HASH];
        (key[0], key[KEY_HASH - 1]) = (first, last);
        key
    }

    /// A state whose bucket 0 has two rows, and what is known of it.
    fn checked() -> (State, Checked) {
        let (mut state, mut checked) = (State::empty(), Checked::default());
        let bucket = Bucket::of(&key(0, 1));
        state.add(bucket, 5);
        state.add(bucket, u128::MAX);
        checked.keep(bucket, state.sum(bucket), vec![(key(0, 1), 5), (key(0, 3), u128::MAX)]);
        (state, checked)
    }

    #[test]
    fn a_bucket_is_known_as_long_as_its_sum_is_the_same() {
        let (mut state, checked) = checked();
        assert_eq!(checked.known(&state, &key(0, 1)), Known::Leaf(5));
        assert_eq!(checked.known(&state, &key(0, 2)), Known::Absent);
        assert_eq!(checked.known(&state, &key(9, 1)), Known::Nothing);
        state.add(Bucket::of(&key(0, 1)), 1);
        assert_eq!(checked.known(&state, &key(0, 1)), Known::Nothing);
    }

    #[test]
    fn changes_are_followed_and_are_known_if_the_state_has_them() {
        let (mut state, mut checked) = checked();
        let bucket = Bucket::of(&key(0, 1));
        checked.follow(&key(0, 2), None, Some(7));
        assert_eq!(checked.known(&state, &key(0, 2)), Known::Nothing, "it was undone");
        state.add(bucket, 7);
        assert_eq!(checked.known(&state, &key(0, 2)), Known::Leaf(7));
        checked.follow(&key(0, 1), Some(5), Some(6));
        state.add(bucket, 1);
        assert_eq!(checked.known(&state, &key(0, 1)), Known::Leaf(6));
        checked.follow(&key(0, 2), Some(7), None);
        state.subtract(bucket, 7);
        assert_eq!(checked.known(&state, &key(0, 2)), Known::Absent);
        assert_eq!(checked.rows, 2);
    }

    #[test]
    fn a_change_that_does_not_fit_makes_the_bucket_unknown() {
        for (row, before, after) in
            [(1, None, Some(1)), (1, Some(4), Some(1)), (2, Some(1), None), (2, None, None)]
        {
            let (state, mut checked) = checked();
            checked.follow(&key(0, row), before, after);
            assert_eq!(checked.known(&state, &key(0, 3)), Known::Nothing, "{before:?} {after:?}");
            assert_eq!(checked.rows, 0);
        }
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut checked = Checked::default();
        let rows = |count: usize| vec![(key(0, 0), 0); count];
        checked.keep(Bucket::of(&key(0, 0)), 0, rows(MAX_ROWS));
        checked.keep(Bucket::of(&key(2, 0)), 0, rows(1));
        assert_eq!((checked.rows, checked.buckets.len()), (1, 1));
        checked.keep(Bucket::of(&key(4, 0)), 0, rows(MAX_ROWS + 1));
        assert_eq!((checked.rows, checked.buckets.len()), (0, 0));
    }
}
