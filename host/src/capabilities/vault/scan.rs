//! Reading many records, a page at a time.

use std::ops::ControlFlow;

use super::bucket::{Found, Tally};
use super::crypto::StoreKeys;
use super::database::{Fault, NOT_WRITTEN};
use super::error::VaultError;
use super::place::{GroupHash, KEY_HASH, KeyHash};
use super::record::{Entry, MAX_PAGE, Page, Selection, Space};
use super::row::Row;
use super::rows::{From, Rows};
use super::sealed_record::open_entry;
use super::state::{Bucket, State};

/// The size of the visible parts after which a page ends. It bounds the memory of one call.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Records of a bucket that are read twice without a word about it.
const SMALL_BUCKET: usize = 8;

/// What to read.
pub(super) struct Request {
    space: GroupHash,
    scope: Option<GroupHash>,
    after: Option<KeyHash>,
    limit: usize,
}

impl Request {
    /// Checks and hashes what was asked for.
    pub(super) fn new(
        keys: &StoreKeys,
        space: &Space,
        selection: &Selection,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Self, VaultError> {
        let scope = match selection {
            Selection::All => None,
            Selection::Scope(scope) => Some(keys.scope_hash(space, scope)),
        };
        let after = cursor.map(decode_cursor).transpose()?;
        let limit = usize::try_from(limit.min(MAX_PAGE)).expect("10,000 fits");
        Ok(Self { space: keys.space_hash(space), scope, after, limit })
    }

    fn first_bucket(&self) -> Bucket {
        self.after.as_ref().map_or(Bucket::first(), Bucket::behind)
    }

    fn rows(&self, first: Bucket) -> From<'_> {
        // A page ends with a bucket, and the row behind it says that it does.
        let enough = self.limit + self.limit / 8 + SMALL_BUCKET;
        From { first, space: &self.space, scope: self.scope.as_ref(), enough }
    }

    fn selects(&self, row: &Row) -> bool {
        let behind = self.after.is_none_or(|after| row.key > after);
        behind && row.space == self.space && self.scope.is_none_or(|scope| row.scope == scope)
    }
}

/// Checks what can be checked of a request without a store.
pub(super) fn check(
    selection: &Selection,
    cursor: Option<&str>,
    limit: u32,
) -> Result<(), VaultError> {
    if limit == 0 {
        return Err(VaultError::Invalid { what: "a page of no records is asked for".to_owned() });
    }
    cursor.map(decode_cursor).transpose()?;
    selection.check()
}

/// Reads a page. Every bucket that it has records of, or passes over, is checked against the state,
/// so that no record is left out and none is shown that is not there any more.
pub(super) fn read_page(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &State,
    request: &Request,
) -> Result<Page, Fault> {
    let (first, limit) = (request.first_bucket(), request.limit);
    let mut tally = Tally::new(keys, state, first);
    let mut page = Collector::default();
    let mut end = None;
    rows.records(request.rows(first), &mut |row, ciphertext| {
        tally.count(&row)?;
        end = page.end_before(&row, limit);
        if end.is_some() {
            return Ok(ControlFlow::Break(()));
        }
        if request.selects(&row) && page.accepts(limit) {
            let ciphertext = ciphertext.ok_or(NOT_WRITTEN)?.to_vec();
            page.push(row.key, open_entry(keys, Found { row, ciphertext })?);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    match end {
        Some(End::Behind) => Ok(page.finish()),
        Some(End::Before(bucket)) => Ok(page.finish_before(bucket)),
        None => {
            tally.finish()?;
            Ok(page.finish())
        }
    }
}

/// Where a page ends while there are more rows.
enum End {
    /// Behind its last entry.
    Behind,
    /// Where this bucket begins.
    Before(Bucket),
}

/// The entries of a page until it is full.
#[derive(Default)]
struct Collector {
    entries: Vec<Entry>,
    last: Option<KeyHash>,
    /// The entries of the bucket of the last one.
    in_bucket: usize,
    bytes: usize,
    refused: bool,
}

impl Collector {
    /// Whether one more entry is taken. Once one is refused there is another page.
    fn accepts(&mut self, limit: usize) -> bool {
        self.refused |= self.entries.len() >= limit || self.bytes >= MAX_PAGE_BYTES;
        !self.refused
    }

    fn push(&mut self, key: KeyHash, entry: Entry) {
        self.bytes = self.bytes.saturating_add(entry.public.len());
        let is_in_last = |last| Bucket::of(last) == Bucket::of(&key);
        self.in_bucket =
            1 + self.in_bucket * usize::from(self.last.as_ref().is_some_and(is_in_last));
        self.last = Some(key);
        self.entries.push(entry);
    }

    /// Where the page ends, if it does before the row.
    fn end_before(&self, row: &Row, limit: usize) -> Option<End> {
        if self.is_behind(row) {
            return Some(End::Behind);
        }
        self.ends_before(row, limit).then(|| End::Before(Bucket::of(&row.key)))
    }

    /// Whether the page is full, and all buckets that it has entries of end before the row.
    fn is_behind(&self, row: &Row) -> bool {
        let ended = |last| Bucket::of(last) < Bucket::of(&row.key);
        self.refused && self.last.as_ref().is_none_or(ended)
    }

    /// Whether the page had better end where the bucket of the row begins: a page that ends within a bucket has to read all of it, and so has
    /// the next one. Buckets are about equally large.
    fn ends_before(&self, row: &Row, limit: usize) -> bool {
        let ended = |last| Bucket::of(last) < Bucket::of(&row.key);
        let is_large = self.in_bucket > SMALL_BUCKET;
        is_large
            && self.last.as_ref().is_some_and(ended)
            && self.entries.len() + self.in_bucket > limit
    }

    fn finish_before(self, bucket: Bucket) -> Page {
        Page { entries: self.entries, cursor: Some(encode_cursor(&bucket.before())) }
    }

    fn finish(self) -> Page {
        let cursor = self.last.filter(|_| self.refused).map(|last| encode_cursor(&last));
        Page { entries: self.entries, cursor }
    }
}

fn encode_cursor(key: &KeyHash) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode_cursor(cursor: &str) -> Result<KeyHash, VaultError> {
    try_decode(cursor).ok_or_else(|| VaultError::Invalid {
        what: "the cursor is not one of this store".to_owned(),
    })
}

fn try_decode(cursor: &str) -> Option<KeyHash> {
    let (digits, rest) = cursor.as_bytes().as_chunks::<2>();
    if digits.len() != KEY_HASH || !rest.is_empty() {
        return None;
    }
    let mut key = [0; KEY_HASH];
    for (byte, [high, low]) in key.iter_mut().zip(digits) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(key)
}

fn digit(ascii: u8) -> Option<u8> {
    let digit = char::from(ascii).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::super::crypto::SEAL_BYTES;
    use super::*;

    fn row(first: u8, second: u8) -> Row {
        let mut key = [0; KEY_HASH];
        key[..2].copy_from_slice(&[first, second]);
        Row {
            key,
            space: GroupHash::default(),
            scope: GroupHash::default(),
            revision: 1,
            public_seal: [0; SEAL_BYTES],
            secret_seal: [0; SEAL_BYTES],
        }
    }

    #[test]
    fn a_page_does_not_end_before_the_bucket_of_its_last_entry() {
        let mut page = Collector { last: Some(row(0, 1).key), ..Collector::default() };
        assert!(!page.is_behind(&row(9, 0)), "it takes more");
        page.refused = true;
        assert!(!page.is_behind(&row(0, 2)), "the same bucket");
        assert!(!page.is_behind(&row(1, 0)), "the same bucket");
        assert!(page.is_behind(&row(2, 0)));
    }

    #[test]
    fn a_cursor_survives_its_text_form() {
        let key = std::array::from_fn(|index| u8::try_from(index * 7).expect("below 256"));
        assert_eq!(decode_cursor(&encode_cursor(&key)).expect("a cursor"), key);
    }

    #[test]
    fn other_texts_are_no_cursors() {
        let long = "a".repeat(65);
        let sign = format!("+{}", "a".repeat(63));
        for text in ["", "zz", &long, &sign, &"ä".repeat(32)] {
            assert!(decode_cursor(text).is_err(), "{text}");
        }
    }
}
