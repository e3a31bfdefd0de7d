//! What makes the set of records authentic: the sealed sums of the buckets.
//!
//! A record is in the bucket that the first bits of its key hash name. The state holds, for each
//! bucket, the sum modulo 2^128 of the leaves of its rows, and is sealed anew in each transaction.
//! Whoever changes, removes, adds, duplicates or rolls back a row changes a sum; to hit the old one
//! takes a guess among 2^128, since leaves are keyed and the sums are sealed, so that nobody learns
//! a leaf by comparing two states. An answer about one record costs a look at one bucket only.

use super::crypto::{SEAL_BYTES, Sealed, StoreKeys};
use super::error::VaultError;
use super::place::KeyHash;

/// The number of buckets. The sums of 128 fit in one page of the database, and a bucket of a
/// store of 10,000 records has 78 rows, which are checked in some 40 µs.
pub(super) const BUCKETS: usize = 128;

const SUM_BYTES: usize = size_of::<u128>();
const STATE_BYTES: usize = size_of::<u64>() + 2 * BUCKETS * SUM_BYTES;

/// The generation of the store and the sum of each bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Grows by 1 with each transaction that writes.
    pub(super) generation: u64,
    sums: [u128; BUCKETS],
    /// The sums of the past versions; none before the first one was kept.
    past: Option<Box<Sums>>,
}

/// The sum of the leaves of each bucket, modulo 2^128.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sums([u128; BUCKETS]);

impl Sums {
    /// Those of no rows.
    pub(super) fn empty() -> Self {
        Self([0; BUCKETS])
    }

    /// The sum of a bucket.
    pub(super) fn of(&self, bucket: Bucket) -> u128 {
        self.0[bucket.0]
    }

    /// Counts a leaf in.
    pub(super) fn add(&mut self, bucket: Bucket, leaf: u128) {
        self.0[bucket.0] = self.0[bucket.0].wrapping_add(leaf);
    }

    /// Counts a leaf out.
    pub(super) fn subtract(&mut self, bucket: Bucket, leaf: u128) {
        self.0[bucket.0] = self.0[bucket.0].wrapping_sub(leaf);
    }
}

impl State {
    /// The state of a new store.
    pub(super) fn empty() -> Self {
        Self { generation: 1, sums: [0; BUCKETS], past: None }
    }

    /// A state without rows, as old as this one.
    pub(super) fn emptied(&self) -> Self {
        let past = self.past.as_ref().map(|_| Box::new(Sums::empty()));
        Self { generation: self.generation, past, ..Self::empty() }
    }

    /// The sums of the past versions; none if the store has no history.
    pub(super) fn past(&self) -> Option<&Sums> {
        self.past.as_deref()
    }

    /// The sums of the past versions, to be changed. There is a history from now on.
    pub(super) fn past_mut(&mut self) -> &mut Sums {
        self.past.get_or_insert_with(|| Box::new(Sums::empty()))
    }

    /// The sum of the leaves of a bucket.
    pub(super) fn sum(&self, bucket: Bucket) -> u128 {
        self.sums[bucket.0]
    }

    /// Counts a leaf in.
    pub(super) fn add(&mut self, bucket: Bucket, leaf: u128) {
        self.sums[bucket.0] = self.sums[bucket.0].wrapping_add(leaf);
    }

    /// Counts a leaf out.
    pub(super) fn subtract(&mut self, bucket: Bucket, leaf: u128) {
        self.sums[bucket.0] = self.sums[bucket.0].wrapping_sub(leaf);
    }

    /// The seal, then the ciphertext.
    pub(super) fn seal(&self, keys: &StoreKeys) -> Result<Vec<u8>, VaultError> {
        let mut message = Vec::with_capacity(STATE_BYTES);
        message.extend_from_slice(&self.generation.to_le_bytes());
        let past = self.past.iter().flat_map(|past| past.0);
        for sum in self.sums.into_iter().chain(past) {
            message.extend_from_slice(&sum.to_le_bytes());
        }
        let sealed = keys.state.seal(&keys.encoder("state").finish(), message)?;
        Ok([sealed.seal.as_slice(), &sealed.ciphertext].concat())
    }

    /// The state, if `bytes` were sealed by the store.
    pub(super) fn open(keys: &StoreKeys, bytes: &[u8]) -> Option<Self> {
        let (seal, ciphertext) = bytes.split_first_chunk::<SEAL_BYTES>()?;
        let sealed = Sealed { seal: *seal, ciphertext: ciphertext.to_vec() };
        let message = keys.state.open(&keys.encoder("state").finish(), sealed)?;
        let (generation, sums) = message.split_first_chunk()?;
        let (sums, rest) = sums.as_chunks::<SUM_BYTES>();
        let sums: Vec<u128> = sums.iter().map(|sum| u128::from_le_bytes(*sum)).collect();
        let (sums, past) = sums.split_first_chunk()?;
        let past = match past {
            [] => None,
            past => Some(Box::new(Sums(past.try_into().ok()?))),
        };
        let generation = u64::from_le_bytes(*generation);
        rest.is_empty().then_some(Self { generation, sums: *sums, past })
    }
}

/// A part of the key space. Buckets are in the order of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bucket(usize);

/// How many of the first 8 bits of a key hash are not part of the number of its bucket.
const BUCKET_SHIFT: u32 = u8::BITS - BUCKETS.ilog2();

impl Bucket {
    /// The bucket of a record.
    pub(super) fn of(key: &KeyHash) -> Self {
        Self(usize::from(key[0] >> BUCKET_SHIFT))
    }

    /// The bucket of the keys that follow a key.
    pub(super) fn behind(key: &KeyHash) -> Self {
        let bucket = Self::of(key);
        match bucket.next() {
            Some(next) if next.before() == *key => next,
            _ => bucket,
        }
    }

    /// The greatest key of the buckets before this one. The first bucket has none before it, and its own least key is given.
    pub(super) fn before(self) -> KeyHash {
        let Some(first) =
            u8::try_from(self.0 << BUCKET_SHIFT).ok().and_then(|first| first.checked_sub(1))
        else {
            return [0; size_of::<KeyHash>()];
        };
        let mut key = [u8::MAX; size_of::<KeyHash>()];
        key[0] = first;
        key
    }

    /// The first bucket.
    pub(super) fn first() -> Self {
        Self(0)
    }

    /// The bucket after this one.
    pub(super) fn next(self) -> Option<Self> {
        (self.0 + 1 < BUCKETS).then_some(Self(self.0 + 1))
    }

    /// A byte string that is not behind any key of the bucket, and behind all keys of those before.
    pub(super) fn start(self) -> Vec<u8> {
        vec![u8::try_from(self.0 << BUCKET_SHIFT).expect("a bucket is named by bits of one byte")]
    }

    /// A byte string that is behind all keys of the bucket, and behind no key of those after.
    pub(super) fn end(self) -> Vec<u8> {
        self.next().map_or_else(|| vec![0xff; size_of::<KeyHash>() + 1], Self::start)
    }
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

    fn state() -> State {
        let mut state = State::empty();
        state.add(Bucket(0), 7);
        state.add(Bucket(127), u128::MAX);
        state
    }

    #[test]
    fn a_sealed_state_opens_in_its_store_only() {
        let sealed = state().seal(&keys(1)).expect("randomness");
        assert_eq!(State::open(&keys(1), &sealed), Some(state()));
        assert_eq!(State::open(&keys(2), &sealed), None);
        assert_eq!(State::open(&keys(1), &sealed[..sealed.len() - 1]), None);
        assert_eq!(State::open(&keys(1), &[]), None);
    }

    #[test]
    fn duplicates_count_and_removal_undoes() {
        let mut state = State::empty();
        state.add(Bucket(3), u128::MAX - 1);
        state.add(Bucket(3), u128::MAX - 1);
        assert_ne!(state, State::empty());
        state.subtract(Bucket(3), u128::MAX - 1);
        state.subtract(Bucket(3), u128::MAX - 1);
        assert_eq!(state, State::empty());
    }

    #[test]
    fn buckets_cover_all_keys_in_order() {
        let mut bucket = Bucket::first();
        for first in 0..=u8::MAX {
            for rest in [0, u8::MAX] {
                let mut key = [rest; 32];
                key[0] = first;
                let found = Bucket::of(&key);
                assert!(found.start().as_slice() <= &key[..] && &key[..] < found.end().as_slice());
                assert!(found == bucket || Some(found) == bucket.next());
                bucket = found;
            }
        }
        assert_eq!(bucket.next(), None);
    }

    #[test]
    fn what_follows_the_last_key_of_a_bucket_is_the_next_one() {
        for number in 1..BUCKETS {
            let last = Bucket(number).before();
            assert_eq!(Bucket::of(&last), Bucket(number - 1));
            assert_eq!(Bucket::behind(&last), Bucket(number));
            let mut key = last;
            key[31] -= 1;
            assert_eq!(Bucket::behind(&key), Bucket(number - 1));
        }
        assert_eq!(Bucket::behind(&[u8::MAX; 32]), Bucket(BUCKETS - 1));
    }
}
