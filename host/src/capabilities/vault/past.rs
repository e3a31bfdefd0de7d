//! Past versions as they are stored: rows of a table of their own, so that nothing that reads or adds records passes them.
//!
//! A version keeps the ciphertexts that it had as a record, which are bound to its place and revision. The note beside them says when and how
//! it ended; it is bound to both seals, so that of two versions of one revision (a name that was removed and taken again) neither takes
//! the other's part. The state has sums of these rows, too: a version that was altered, moved, removed or put back is noticed by
//! whoever reads versions. Whoever adds one need not look at the others: a sum that was wrong stays wrong.

use std::time::{SystemTime, UNIX_EPOCH};

use super::crypto::{SEAL_BYTES, Sealed, StoreKeys};
use super::database::Fault;
use super::encoding::{Decoder, Encoder};
use super::header::{Extras, Header};
use super::place::KeyHash;
use super::row::Row;
use super::rows::Rows;
use super::sealed_record::{self, Held, Parts, SealedRecord};
use super::state::{Bucket, State, Sums};
use super::unlock::write_header;

/// How a version came to be past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Another one took its place.
    Replaced,
    /// The record was removed.
    Removed,
}

/// When and how a version ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How.
    pub how: Ended,
    /// When, in seconds since 1970 by the clock of this machine.
    pub at: u64,
}

/// A past version without its ciphertexts.
pub(super) struct PastRow {
    pub(super) row: Row,
    /// Grows with each version of a name, and is never used again while later ones are kept.
    pub(super) version: u64,
    pub(super) note: Sealed,
}

/// A past version with both its ciphertexts.
pub(super) struct Kept {
    pub(super) past: PastRow,
    pub(super) public: Vec<u8>,
    pub(super) secret: Vec<u8>,
}

impl Ending {
    /// Something that ends now.
    pub(super) fn now(how: Ended) -> Self {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Self { how, at }
    }

    fn encode(self) -> Vec<u8> {
        let how = match self.how {
            Ended::Replaced => 1,
            Ended::Removed => 2,
        };
        Encoder::default().number(self.at).number(how).finish()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let at = decoder.number()?;
        let how = match decoder.number()? {
            1 => Ended::Replaced,
            2 => Ended::Removed,
            _ => return None,
        };
        decoder.rest().is_empty().then_some(Self { how, at })
    }
}

impl PastRow {
    /// A version as it was stored.
    pub(super) fn new(row: Row, version: u64, seal: [u8; SEAL_BYTES], note: Vec<u8>) -> Self {
        Self { row, version, note: Sealed { seal, ciphertext: note } }
    }

    /// What the version adds to the sum of its bucket.
    fn leaf(&self, keys: &StoreKeys) -> u128 {
        let row = self.row.leaf(keys).to_le_bytes();
        let message = [row.as_slice(), &self.version.to_le_bytes(), &self.note.seal];
        u128::from_le_bytes(keys.leaves.hash(&message.concat()))
    }

    /// When and how it ended.
    pub(super) fn ending(&self, keys: &StoreKeys) -> Result<Ending, Fault> {
        let associated = associated(keys, &self.row, self.version);
        let opened = keys.public.open(&associated, self.note.clone());
        opened.and_then(|note| Ending::decode(&note)).ok_or(NOT_SEALED)
    }
}

/// What the note of a version is bound to.
fn associated(keys: &StoreKeys, row: &Row, version: u64) -> Vec<u8> {
    let note = keys.encoder("note").bytes(&row.key).number(version).number(row.revision);
    note.bytes(&row.public_seal).bytes(&row.secret_seal).finish()
}

fn seal_note(keys: &StoreKeys, row: &Row, version: u64, ending: Ending) -> Result<PastRow, Fault> {
    let note = keys.public.seal(&associated(keys, row, version), ending.encode())?;
    Ok(PastRow { row: row.clone(), version, note })
}

/// The number that the record has among its versions: its revision, unless the name was removed and taken again.
pub(super) fn number_of(last: Option<u64>, revision: u64) -> u64 {
    last.map_or(revision, |last| revision.max(last.saturating_add(1)))
}

/// Keeps a record, whose row was found, as a past version, before it is changed or removed. Older versions than the last `limit` go.
pub(super) fn keep(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &mut State,
    row: &Row,
    ending: Ending,
    limit: usize,
) -> Result<(), Fault> {
    if limit == 0 {
        return forget(rows, keys, state, &row.key).map(drop);
    }
    begin(rows, state)?;
    let mut there = rows.versions(&row.key)?;
    let version = number_of(there.last().map(|last| last.version), row.revision);
    let past = seal_note(keys, row, version, ending)?;
    expect_one(rows.keep_version(&past)?)?;
    state.past_mut().add(Bucket::of(&row.key), past.leaf(keys));
    let too_many = (there.len() + 1).saturating_sub(limit);
    there.drain(..too_many).try_for_each(|old| remove(rows, keys, state.past_mut(), &old))
}

/// Removes all past versions of a record. Returns their number.
pub(super) fn forget(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &mut State,
    key: &KeyHash,
) -> Result<u64, Fault> {
    if state.past().is_none() {
        return Ok(0);
    }
    let old = rows.versions(key)?;
    old.iter().try_for_each(|row| remove(rows, keys, state.past_mut(), row))?;
    Ok(old.len() as u64)
}

/// Removes all past versions, or those that ended before a moment. Returns their number. Where all go, it does not matter whether they are
/// those that were kept.
pub(super) fn clear(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &mut State,
    before: Option<u64>,
) -> Result<u64, Fault> {
    if state.past().is_none() {
        return Ok(0);
    }
    let Some(before) = before else {
        let removed = rows.clear_versions()?;
        *state.past_mut() = Sums::empty();
        return Ok(removed);
    };
    let mut old = Vec::new();
    each(rows, keys, state, |kept| {
        if kept.past.ending(keys)?.at < before {
            old.push(kept.past);
        }
        Ok(())
    })?;
    old.iter().try_for_each(|row| remove(rows, keys, state.past_mut(), row))?;
    Ok(old.len() as u64)
}

/// The past versions of a record, the oldest first. All versions of its bucket are compared with the state.
pub(super) fn versions(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &State,
    key: &KeyHash,
) -> Result<Vec<Kept>, Fault> {
    let Some(sums) = state.past() else { return Ok(Vec::new()) };
    let bucket = Bucket::of(key);
    let (mut sum, mut found) = (0_u128, Vec::new());
    rows.versions_of_bucket(bucket, key, &mut |past, parts| {
        sum = sum.wrapping_add(past.leaf(keys));
        if let Some((public, secret)) = parts {
            found.push(Kept { past, public: public.to_vec(), secret: secret.to_vec() });
        }
        Ok(())
    })?;
    if sum == sums.of(bucket) { Ok(found) } else { Err(UNKNOWN_VERSIONS) }
}

/// Calls `work` with every past version, in the order of their keys. It may change the row that it is called with. Returns their number.
/// Rows are compared with the state: none is left out, and none was put in.
pub(super) fn each(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &State,
    mut work: impl FnMut(Kept) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let Some(sums) = state.past() else { return Ok(0) };
    let mut counted = Sums::empty();
    let (mut after, mut count) = (None, 0);
    while let Some(kept) =
        rows.version_behind(after.as_ref().map(|(key, version)| (key, *version)))?
    {
        let PastRow { row, version, .. } = &kept.past;
        counted.add(Bucket::of(&row.key), kept.past.leaf(keys));
        after = Some((row.key, *version));
        work(kept)?;
        count += 1;
    }
    if counted == *sums { Ok(count) } else { Err(UNKNOWN_VERSIONS) }
}

/// Seals all past versions with other keys, and counts them in a state.
pub(super) fn reseal(
    rows: &dyn Rows,
    (old, new): (&StoreKeys, &StoreKeys),
    state: &State,
    resealed: &mut State,
) -> Result<(), Fault> {
    each(rows, old, state, |kept| {
        let (ending, version) = (kept.past.ending(old)?, kept.past.version);
        let held = SealedRecord::reseal(old, new, kept.into_held())?.into_held();
        let past = seal_note(new, &held.row, version, ending)?;
        expect_one(rows.update_version(&past, held.parts())?)?;
        resealed.past_mut().add(Bucket::of(&past.row.key), past.leaf(new));
        Ok(())
    })
    .map(drop)
}

/// Opens everything of a past version, to see that it can be.
pub(super) fn check(keys: &StoreKeys, kept: Kept) -> Result<(), Fault> {
    kept.past.ending(keys)?;
    sealed_record::check(keys, kept.into_held())
}

impl Kept {
    /// What there is, to be stored.
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts { row: &self.past.row, public: &self.public, secret: &self.secret }
    }

    fn into_held(self) -> Held {
        Held { row: self.past.row, public: self.public, secret: self.secret }
    }
}

const UNKNOWN_VERSIONS: Fault =
    Fault::Damaged("past versions are missing, altered, or not of this state");
const NOT_SEALED: Fault = Fault::Damaged("a past version is not the one that was kept");
const NOT_CHANGED: Fault = Fault::Damaged("a past version cannot be changed");

/// Makes the table before the first version is kept, in the transaction of whoever keeps it.
fn begin(rows: &dyn Rows, state: &mut State) -> Result<(), Fault> {
    if state.past().is_some() {
        return Ok(());
    }
    let header = Header::decode(&rows.header()?)
        .map_err(|_| Fault::Damaged("its header is not the one that was made"))?;
    rows.make_history()?;
    let extras = Extras { history: true, ..header.extras.clone() };
    write_header(rows, &header.with(extras))?;
    state.past_mut();
    Ok(())
}

fn remove(rows: &dyn Rows, keys: &StoreKeys, sums: &mut Sums, past: &PastRow) -> Result<(), Fault> {
    let key = past.row.key;
    expect_one(rows.delete_version(&key, past.version)?)?;
    sums.subtract(Bucket::of(&key), past.leaf(keys));
    Ok(())
}

fn expect_one(changed: u64) -> Result<(), Fault> {
    if changed == 1 { Ok(()) } else { Err(NOT_CHANGED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_survives_its_encoding() {
        for how in [Ended::Replaced, Ended::Removed] {
            let ending = Ending { how, at: 1_800_000_000 };
            assert_eq!(Ending::decode(&ending.encode()), Some(ending));
            assert_eq!(Ending::decode(&ending.encode()[1..]), None);
        }
        assert_eq!(Ending::decode(&[0; 16]), None, "there is no ending 0");
    }

    #[test]
    fn numbers_grow_and_are_revisions_where_they_can_be() {
        assert_eq!(number_of(None, 7), 7);
        assert_eq!(number_of(Some(6), 7), 7);
        assert_eq!(number_of(Some(6), 1), 7);
        assert_eq!(number_of(Some(6), 9), 9);
    }
}
