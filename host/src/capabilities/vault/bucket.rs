//! Reading rows so that every answer is authentic, "there is none" included.

use super::checked::{Checked, Known};
use super::crypto::StoreKeys;
use super::database::Fault;
use super::place::KeyHash;
use super::row::Row;
use super::rows::{Look, Rows};
use super::state::{Bucket, State};

/// Which ciphertexts of a record are wanted. What is not wanted is not read from the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Only whether it is there, and its revision.
    Row,
    /// The visible fields.
    Public,
    /// The secret fields.
    Secret,
}

/// A row that belongs to the store as it is now.
pub(super) struct Found {
    pub(super) row: Row,
    /// Empty if only the row was wanted.
    pub(super) ciphertext: Vec<u8>,
}

/// Finds a record. All rows of its bucket are checked against the state, unless they were before.
pub(super) fn find(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &State,
    checked: &mut Checked,
    key: &KeyHash,
    wanted: Wanted,
) -> Result<Option<Found>, Fault> {
    match checked.known(state, key) {
        Known::Nothing => find_in_bucket(rows, keys, state, checked, key, wanted),
        known => find_known(rows, keys, known, key, wanted),
    }
}

fn find_in_bucket(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &State,
    checked: &mut Checked,
    key: &KeyHash,
    wanted: Wanted,
) -> Result<Option<Found>, Fault> {
    let bucket = Bucket::of(key);
    let mut tally = Tally::new(keys, state, bucket);
    let mut leaves = Vec::new();
    let mut found = None;
    rows.bucket(Look { bucket, key, wanted }, &mut |row, ciphertext| {
        leaves.push((row.key, tally.count(&row)?));
        if row.key == *key {
            found = Some(Found::new(row, ciphertext));
        }
        Ok(())
    })?;
    tally.finish_bucket()?;
    checked.keep(bucket, state.sum(bucket), leaves);
    Ok(found)
}

/// The bucket was checked: what the database has under the key must be what is known of it.
fn find_known(
    rows: &dyn Rows,
    keys: &StoreKeys,
    known: Known,
    key: &KeyHash,
    wanted: Wanted,
) -> Result<Option<Found>, Fault> {
    let Some(found) = rows.record(key, wanted)? else {
        return if known == Known::Absent { Ok(None) } else { Err(UNKNOWN_ROWS) };
    };
    match found.row.key == *key && known == Known::Leaf(found.row.leaf(keys)) {
        true => Ok(Some(found)),
        false => Err(UNKNOWN_ROWS),
    }
}

impl Found {
    /// What is found is kept, whatever becomes of the transaction.
    pub(super) fn new(row: Row, ciphertext: Option<&[u8]>) -> Self {
        Self { row, ciphertext: ciphertext.unwrap_or_default().to_vec() }
    }
}

/// Reads the state of the store.
pub(super) fn read_state(rows: &dyn Rows, keys: &StoreKeys) -> Result<State, Fault> {
    let state = rows.state()?.and_then(|sealed| State::open(keys, &sealed));
    state.ok_or(Fault::Damaged("its state is not one that was sealed"))
}

/// Writes the state of the store.
pub(super) fn write_state(rows: &dyn Rows, keys: &StoreKeys, state: &State) -> Result<(), Fault> {
    let sealed = state.seal(keys)?;
    match rows.write_state(&sealed)? {
        1 => Ok(()),
        _ => Err(Fault::Damaged("its state cannot be changed")),
    }
}

/// Compares rows, in the order of their keys, with what the state says of their buckets.
pub(super) struct Tally<'a> {
    keys: &'a StoreKeys,
    state: &'a State,
    bucket: Bucket,
    sum: u128,
    last: Option<KeyHash>,
}

impl<'a> Tally<'a> {
    /// Starts with the first row of `bucket`.
    pub(super) fn new(keys: &'a StoreKeys, state: &'a State, bucket: Bucket) -> Self {
        Self { keys, state, bucket, sum: 0, last: None }
    }

    /// Counts the next row, and checks the buckets that end before it. Returns what the row counts.
    pub(super) fn count(&mut self, row: &Row) -> Result<u128, Fault> {
        if self.last.is_some_and(|last| last >= row.key) {
            return Err(Fault::Damaged("records are not in order"));
        }
        self.last = Some(row.key);
        let bucket = Bucket::of(&row.key);
        while self.bucket != bucket {
            self.finish_bucket()?;
            self.bucket = self.bucket.next().ok_or(UNKNOWN_ROWS)?;
        }
        let leaf = row.leaf(self.keys);
        self.sum = self.sum.wrapping_add(leaf);
        Ok(leaf)
    }

    /// Checks the bucket whose rows were all counted.
    pub(super) fn finish_bucket(&mut self) -> Result<(), Fault> {
        if self.sum != self.state.sum(self.bucket) {
            return Err(UNKNOWN_ROWS);
        }
        self.sum = 0;
        Ok(())
    }

    /// Checks this bucket and all behind it: there are no more rows.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        loop {
            self.finish_bucket()?;
            match self.bucket.next() {
                Some(next) => self.bucket = next,
                None => return Ok(()),
            }
        }
    }
}

const UNKNOWN_ROWS: Fault = Fault::Damaged("records are missing, altered, or not of this state");
#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::crypto::{KEY_BYTES, RawKey, SEAL_BYTES};
    use super::super::place::{GROUP_HASH, KEY_HASH};
    use super::*;

    fn keys() -> StoreKeys {
        let data_key = RawKey(Zeroizing::new([1; KEY_BYTES]));
        StoreKeys::new(&data_key, [2; 16], String::new())
    }

    /// A row whose key starts with these two bytes.
    fn row(key: [u8; 2]) -> Row {
        let mut hash = [0; KEY_HASH];
        hash[..2].copy_from_slice(&key);
        Row {
            key: hash,
            space: [0; GROUP_HASH],
            scope: [0; GROUP_HASH],
            revision: 1,
            public_seal: [0; SEAL_BYTES],
            secret_seal: [0; SEAL_BYTES],
        }
    }

    const STORED: [[u8; 2]; 4] = [[0, 1], [0, 2], [9, 0], [255, 0]];

    /// Whether these rows are taken for those of a store that has the rows of [`STORED`].
    fn accepts(found: &[[u8; 2]]) -> bool {
        let (keys, mut state) = (keys(), State::empty());
        for key in STORED {
            let row = row(key);
            state.add(Bucket::of(&row.key), row.leaf(&keys));
        }
        let mut tally = Tally::new(&keys, &state, Bucket::first());
        let counted = found.iter().try_for_each(|key| tally.count(&row(*key)).map(drop));
        counted.and_then(|()| tally.finish()).is_ok()
    }

    #[test]
    fn only_all_rows_in_order_are_accepted() {
        let [first, second, third, last] = STORED;
        assert!(accepts(&STORED));
        assert!(!accepts(&[]));
        assert!(!accepts(&[first, second, third]));
        assert!(!accepts(&[second, third, last]));
        assert!(!accepts(&[second, first, third, last]));
        assert!(!accepts(&[first, second, last, third]));
        assert!(!accepts(&[first, second, third, third, last]));
        assert!(!accepts(&[first, second, [8, 0], third, last]));
    }
}
