//! Going through all records of a store.

use super::bucket::Tally;
use super::crypto::StoreKeys;
use super::database::Fault;
use super::error::VaultError;
use super::past;
use super::rows::Rows;
use super::sealed_record::{self, Held};
use super::state::{Bucket, State};
use super::store::Store;

impl Store {
    /// Opens every record, the secrets and past versions included, and compares all of them with what the state says. Returns the number of
    /// records.
    ///
    /// # Errors
    ///
    /// [`VaultError::Damaged`] and [`VaultError::RolledBack`] say what is not as it was written.
    pub fn verify(&self) -> Result<u64, VaultError> {
        self.recovery()?;
        let acknowledged = self.mark.read(&self.keys)?;
        self.database.read(|rows| {
            rows.check_pages()?;
            let state = self.current_state(rows, acknowledged)?;
            past::each(rows, &self.keys, &state, |kept| past::check(&self.keys, kept))?;
            each(rows, &self.keys, &state, |held| sealed_record::check(&self.keys, held))
        })
    }
}

/// Calls `work` with every record, in the order of their keys. It may change the row that it is called with. Returns their number.
///
/// Rows are compared with the state: none is left out, and none was put in.
pub(super) fn each(
    rows: &dyn Rows,
    keys: &StoreKeys,
    state: &State,
    mut work: impl FnMut(Held) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let mut tally = Tally::new(keys, state, Bucket::first());
    let (mut after, mut count) = (None, 0);
    while let Some(held) = rows.record_behind(after.as_ref())? {
        tally.count(&held.row)?;
        after = Some(held.row.key);
        work(held)?;
        count += 1;
    }
    tally.finish()?;
    Ok(count)
}
