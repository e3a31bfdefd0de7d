//! The rows of a store within one transaction, wherever they are: the one thing that differs between kinds of database. What they mean, and
//! whether they belong to the store, is decided above.

use std::ops::ControlFlow;

use super::bucket::{Found, Wanted};
use super::database::Fault;
use super::header::Extras;
use super::members::Right;
use super::past::{Kept, PastRow};
use super::place::{GroupHash, KeyHash};
use super::row::Row;
use super::sealed_record::{Held, Parts};
use super::state::Bucket;

/// What is called with each row, and with the ciphertext that was asked for, if it was; it stays where the database has it.
pub(super) type Each<'a> = &'a mut dyn FnMut(Row, Option<&[u8]>) -> Result<(), Fault>;

/// The same for who may have enough of them.
pub(super) type Until<'a> = &'a mut dyn FnMut(Row, Option<&[u8]>) -> Result<ControlFlow<()>, Fault>;

/// The visible and the secret ciphertext of a past version.
pub(super) type Ciphertexts<'a> = (&'a [u8], &'a [u8]);

/// What is called with each past version, and with its ciphertexts, if they were asked for.
pub(super) type EachPast<'a> =
    &'a mut dyn FnMut(PastRow, Option<Ciphertexts<'_>>) -> Result<(), Fault>;

/// One record among those of its bucket.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) bucket: Bucket,
    pub(super) key: &'a KeyHash,
    /// What is read of the record beside its row; of the others only the row is.
    pub(super) wanted: Wanted,
}

/// Rows from a bucket on.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) first: Bucket,
    /// Of which rows the visible part is read.
    pub(super) space: &'a GroupHash,
    pub(super) scope: Option<&'a GroupHash>,
    /// How many rows will probably be enough.
    pub(super) enough: usize,
}

/// What a role of the database may do with a store from now on.
#[derive(Clone, Debug)]
pub(super) struct RoleChange {
    pub(super) role: String,
    /// None takes everything from it.
    pub(super) right: Option<Right>,
}

/// The rows of a store within one transaction. A row that does not have the form that is written is [`Fault::Damaged`].
pub(super) trait Rows {
    /// The header.
    fn header(&self) -> Result<Vec<u8>, Fault>;

    /// Writes the header. Returns the number of rows that changed.
    fn write_header(&self, content: &[u8]) -> Result<u64, Fault>;

    /// Gives a role of the database what a right in the store takes there, and takes the rest.
    fn change_role(&self, change: &RoleChange) -> Result<(), Fault>;

    /// Refuses tables that are not those of a store that has this beyond what every store has.
    fn check_form(&self, extras: &Extras) -> Result<(), Fault>;

    /// The database's own look at what it has.
    fn check_pages(&self) -> Result<(), Fault>;

    /// The sealed state; none if it is not there.
    fn state(&self) -> Result<Option<Vec<u8>>, Fault>;

    /// Writes the sealed state. Returns the number of rows that changed.
    fn write_state(&self, sealed: &[u8]) -> Result<u64, Fault>;

    /// All rows of a bucket, in the order of their keys.
    fn bucket(&self, look: Look<'_>, each: Each<'_>) -> Result<(), Fault>;

    /// The row of one record.
    fn record(&self, key: &KeyHash, wanted: Wanted) -> Result<Option<Found>, Fault>;

    /// All rows from a bucket on, in the order of their keys, until it is enough.
    fn records(&self, from: From<'_>, until: Until<'_>) -> Result<(), Fault>;

    /// The record behind a key, or the first one.
    fn record_behind(&self, after: Option<&KeyHash>) -> Result<Option<Held>, Fault>;

    /// Adds a record. Returns the number of rows that are new.
    fn insert(&self, record: Parts<'_>) -> Result<u64, Fault>;

    /// Puts a record in the place of the one with its key. Returns the number of rows that changed.
    fn update(&self, record: Parts<'_>) -> Result<u64, Fault>;

    /// Removes a record. Returns the number of rows that went.
    fn delete(&self, key: &KeyHash) -> Result<u64, Fault>;

    /// The number of records.
    fn count(&self) -> Result<u64, Fault>;

    /// Makes the place for past versions, before the first one is kept.
    fn make_history(&self) -> Result<(), Fault>;

    /// The past versions of a record, the oldest first, without their ciphertexts.
    fn versions(&self, key: &KeyHash) -> Result<Vec<PastRow>, Fault>;

    /// All past versions of a bucket, in order; with their ciphertexts where they are those of the record.
    fn versions_of_bucket(
        &self,
        bucket: Bucket,
        key: &KeyHash,
        each: EachPast<'_>,
    ) -> Result<(), Fault>;

    /// The past version behind a key and a number, or the first one.
    fn version_behind(&self, after: Option<(&KeyHash, u64)>) -> Result<Option<Kept>, Fault>;

    /// Copies a record that is there to where its past versions are. Returns the number of rows that are new.
    fn keep_version(&self, past: &PastRow) -> Result<u64, Fault>;

    /// Adds a past version as it was kept elsewhere. Returns the number of rows that are new.
    fn insert_version(&self, past: &PastRow, parts: Parts<'_>) -> Result<u64, Fault>;

    /// Puts a past version in the place of the one of its key and number. Returns the number of rows that changed.
    fn update_version(&self, past: &PastRow, parts: Parts<'_>) -> Result<u64, Fault>;

    /// Removes a past version. Returns the number of rows that went.
    fn delete_version(&self, key: &KeyHash, version: u64) -> Result<u64, Fault>;

    /// Removes all past versions. Returns their number.
    fn clear_versions(&self) -> Result<u64, Fault>;

    /// The number of past versions.
    fn count_versions(&self) -> Result<u64, Fault>;
}
