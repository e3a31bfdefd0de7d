//! Past versions as they are stored: rows of a table of their own, so that nothing that reads or adds records passes them.
//!
//! A version keeps the ciphertexts that it had as a record, which are bound to its place and revision. The note beside them says when and how
//! it ended; it is bound to both seals, so that of two versions of one revision (a name that was removed and taken again) neither takes
//! the other's part. The state has sums of these rows, too: a version that was altered, moved, removed or put back is noticed by
//! whoever reads versions. Whoever adds one need not look at the others: a sum that was wrong stays wrong.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension};

use super::bucket::read_row;
use super::crypto::{SEAL_BYTES, Sealed, StoreKeys};
use super::database::Fault;
use super::encoding::{Decoder, Encoder};
use super::header::{Extras, Header};
use super::place::KeyHash;
use super::row::{AFTER_ROW, ROW_COLUMNS, Row};
use super::schema;
use super::sealed_record::{self, Held, SealedRecord};
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
    note: Sealed,
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
    fn read(columns: &rusqlite::Row<'_>) -> Result<Self, Fault> {
        let row = read_row(columns)?;
        let version = columns.get_ref(AFTER_ROW)?.as_i64().ok();
        let version = version.and_then(|version| u64::try_from(version).ok());
        let seal = columns.get_ref(AFTER_ROW + 1)?.as_blob().ok();
        let seal = seal.and_then(|seal| <[u8; SEAL_BYTES]>::try_from(seal).ok());
        let note = columns.get_ref(AFTER_ROW + 2)?.as_blob().ok();
        let read = || {
            let note = Sealed { seal: seal?, ciphertext: note?.to_vec() };
            Some(Self { row, version: version?, note })
        };
        read().ok_or(NOT_WRITTEN)
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
    connection: &Connection,
    keys: &StoreKeys,
    state: &mut State,
    row: &Row,
    ending: Ending,
    limit: usize,
) -> Result<(), Fault> {
    if limit == 0 {
        return forget(connection, keys, state, &row.key).map(drop);
    }
    begin(connection, state)?;
    let mut there = rows_of(connection, &row.key)?;
    let version = number_of(there.last().map(|last| last.version), row.revision);
    let past = seal_note(keys, row, version, ending)?;
    copy(connection, &past)?;
    state.past_mut().add(Bucket::of(&row.key), past.leaf(keys));
    let too_many = (there.len() + 1).saturating_sub(limit);
    there.drain(..too_many).try_for_each(|old| remove(connection, keys, state.past_mut(), &old))
}

/// Removes all past versions of a record. Returns their number.
pub(super) fn forget(
    connection: &Connection,
    keys: &StoreKeys,
    state: &mut State,
    key: &KeyHash,
) -> Result<u64, Fault> {
    if state.past().is_none() {
        return Ok(0);
    }
    let rows = rows_of(connection, key)?;
    rows.iter().try_for_each(|row| remove(connection, keys, state.past_mut(), row))?;
    Ok(rows.len() as u64)
}

/// Removes all past versions, or those that ended before a moment. Returns their number. Where all go, it does not matter whether they are
/// those that were kept.
pub(super) fn clear(
    connection: &Connection,
    keys: &StoreKeys,
    state: &mut State,
    before: Option<u64>,
) -> Result<u64, Fault> {
    if state.past().is_none() {
        return Ok(0);
    }
    let Some(before) = before else {
        let removed = connection.execute("DELETE FROM history", ())?;
        *state.past_mut() = Sums::empty();
        return Ok(removed as u64);
    };
    let mut old = Vec::new();
    each(connection, keys, state, |kept| {
        if kept.past.ending(keys)?.at < before {
            old.push(kept.past);
        }
        Ok(())
    })?;
    old.iter().try_for_each(|row| remove(connection, keys, state.past_mut(), row))?;
    Ok(old.len() as u64)
}

/// The past versions of a record, the oldest first. All versions of its bucket are compared with the state.
pub(super) fn versions(
    connection: &Connection,
    keys: &StoreKeys,
    state: &State,
    key: &KeyHash,
) -> Result<Vec<Kept>, Fault> {
    let Some(sums) = state.past() else { return Ok(Vec::new()) };
    let bucket = Bucket::of(key);
    let sql = format!(
        "SELECT {ROW_COLUMNS}, {NOTE_COLUMNS}, CASE WHEN key = ?3 THEN public END, \
         CASE WHEN key = ?3 THEN secret END \
         FROM history WHERE key >= ?1 AND key < ?2 ORDER BY key, version"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((bucket.start(), bucket.end(), key.as_slice()))?;
    let (mut sum, mut found) = (0_u128, Vec::new());
    while let Some(columns) = rows.next()? {
        let past = PastRow::read(columns)?;
        sum = sum.wrapping_add(past.leaf(keys));
        if past.row.key == *key {
            let (public, secret) = (blob(columns, AFTER_NOTE)?, blob(columns, AFTER_NOTE + 1)?);
            found.push(Kept { past, public, secret });
        }
    }
    if sum == sums.of(bucket) { Ok(found) } else { Err(UNKNOWN_VERSIONS) }
}

/// Calls `work` with every past version, in the order of their keys. It may change the row that it is called with. Returns their number.
/// Rows are compared with the state: none is left out, and none was put in.
pub(super) fn each(
    connection: &Connection,
    keys: &StoreKeys,
    state: &State,
    mut work: impl FnMut(Kept) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let Some(sums) = state.past() else { return Ok(0) };
    let mut counted = Sums::empty();
    let (mut after, mut count) = ((Vec::new(), 0), 0);
    while let Some(kept) = behind(connection, &after)? {
        let PastRow { row, version, .. } = &kept.past;
        counted.add(Bucket::of(&row.key), kept.past.leaf(keys));
        after = (row.key.to_vec(), *version);
        work(kept)?;
        count += 1;
    }
    if counted == *sums { Ok(count) } else { Err(UNKNOWN_VERSIONS) }
}

/// Seals all past versions with other keys, and counts them in a state.
pub(super) fn reseal(
    connection: &Connection,
    (old, new): (&StoreKeys, &StoreKeys),
    state: &State,
    resealed: &mut State,
) -> Result<(), Fault> {
    each(connection, old, state, |kept| {
        let (ending, version) = (kept.past.ending(old)?, kept.past.version);
        let held = SealedRecord::reseal(old, new, kept.into_held())?.into_held();
        let past = seal_note(new, &held.row, version, ending)?;
        update(connection, &past, &held)?;
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
    fn into_held(self) -> Held {
        Held { row: self.past.row, public: self.public, secret: self.secret }
    }
}

/// The columns of a version beside those of a record.
const NOTE_COLUMNS: &str = "version, note_seal, note";

/// The position of the first column after those of [`NOTE_COLUMNS`], which come after [`ROW_COLUMNS`].
const AFTER_NOTE: usize = AFTER_ROW + 3;

const UNKNOWN_VERSIONS: Fault =
    Fault::Damaged("past versions are missing, altered, or not of this state");
const NOT_WRITTEN: Fault = Fault::Damaged("a past version does not have the form that is written");
const NOT_SEALED: Fault = Fault::Damaged("a past version is not the one that was kept");
const NOT_CHANGED: Fault = Fault::Damaged("a past version cannot be changed");

/// Makes the table before the first version is kept, in the transaction of whoever keeps it.
fn begin(connection: &Connection, state: &mut State) -> Result<(), Fault> {
    if state.past().is_some() {
        return Ok(());
    }
    let sql = "SELECT content FROM header WHERE id = 1";
    let content: Vec<u8> = connection.query_row(sql, (), |row| row.get(0))?;
    let header = Header::decode(&content)
        .map_err(|_| Fault::Damaged("its header is not the one that was made"))?;
    schema::create_history(connection)?;
    let extras = Extras { history: true, ..header.extras.clone() };
    write_header(connection, &header.with(extras))?;
    state.past_mut();
    Ok(())
}

/// The rows of one record, the oldest first, as the database has them.
fn rows_of(connection: &Connection, key: &KeyHash) -> Result<Vec<PastRow>, Fault> {
    let sql = format!(
        "SELECT {ROW_COLUMNS}, {NOTE_COLUMNS} FROM history WHERE key = ?1 ORDER BY version"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([key.as_slice()])?;
    let mut found = Vec::new();
    while let Some(columns) = rows.next()? {
        found.push(PastRow::read(columns)?);
    }
    Ok(found)
}

/// The version behind a key and a number.
fn behind(connection: &Connection, after: &(Vec<u8>, u64)) -> Result<Option<Kept>, Fault> {
    let sql = format!(
        "SELECT {ROW_COLUMNS}, {NOTE_COLUMNS}, public, secret FROM history \
         WHERE (key, version) > (?1, ?2) ORDER BY key, version LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let read = |columns: &rusqlite::Row<'_>| {
        let kept = || {
            let (public, secret) = (blob(columns, AFTER_NOTE)?, blob(columns, AFTER_NOTE + 1)?);
            Ok(Kept { past: PastRow::read(columns)?, public, secret })
        };
        Ok(kept())
    };
    statement.query_row((&after.0, stored(after.1)?), read).optional()?.transpose()
}

/// Copies a record that is there to where its past versions are.
fn copy(connection: &Connection, past: &PastRow) -> Result<(), Fault> {
    let sql = "INSERT INTO history (key, version, space, scope, revision, public_seal, secret_seal, \
               note_seal, note, public, secret) \
               SELECT key, ?2, space, scope, revision, public_seal, secret_seal, ?3, ?4, public, \
               secret FROM record WHERE key = ?1";
    let PastRow { row, version, note } = past;
    let values =
        (row.key.as_slice(), stored(*version)?, note.seal.as_slice(), note.ciphertext.as_slice());
    expect_one(connection.prepare_cached(sql)?.execute(values)?)
}

fn update(connection: &Connection, past: &PastRow, held: &Held) -> Result<(), Fault> {
    let sql = "UPDATE history SET public_seal = ?3, secret_seal = ?4, note_seal = ?5, note = ?6, \
               public = ?7, secret = ?8 WHERE key = ?1 AND version = ?2";
    let PastRow { row, version, note } = past;
    expect_one(connection.prepare_cached(sql)?.execute((
        row.key.as_slice(),
        stored(*version)?,
        row.public_seal.as_slice(),
        row.secret_seal.as_slice(),
        note.seal.as_slice(),
        note.ciphertext.as_slice(),
        held.public.as_slice(),
        held.secret.as_slice(),
    ))?)
}

fn remove(
    connection: &Connection,
    keys: &StoreKeys,
    sums: &mut Sums,
    past: &PastRow,
) -> Result<(), Fault> {
    let sql = "DELETE FROM history WHERE key = ?1 AND version = ?2";
    let key = past.row.key;
    expect_one(connection.prepare_cached(sql)?.execute((key.as_slice(), stored(past.version)?))?)?;
    sums.subtract(Bucket::of(&key), past.leaf(keys));
    Ok(())
}

fn stored(version: u64) -> Result<i64, Fault> {
    i64::try_from(version).ok().ok_or(NOT_WRITTEN)
}

fn blob(columns: &rusqlite::Row<'_>, index: usize) -> Result<Vec<u8>, Fault> {
    Ok(columns.get_ref(index)?.as_blob().ok().ok_or(NOT_WRITTEN)?.to_vec())
}

fn expect_one(changed: usize) -> Result<(), Fault> {
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
