//! Going through all records of a store.

use rusqlite::{Connection, OptionalExtension};

use super::bucket::{Tally, read_row};
use super::crypto::StoreKeys;
use super::database::Fault;
use super::error::VaultError;
use super::past;
use super::row::{AFTER_ROW, ROW_COLUMNS};
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
        self.database.read(|connection| {
            check_pages(connection)?;
            let state = self.current_state(connection, acknowledged)?;
            past::each(connection, &self.keys, &state, |kept| past::check(&self.keys, kept))?;
            each(connection, &self.keys, &state, |held| sealed_record::check(&self.keys, held))
        })
    }
}

/// The database's own look at its file.
fn check_pages(connection: &Connection) -> Result<(), Fault> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", (), |row| row.get(0))?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(Fault::Damaged("the database finds a fault in its file")),
    }
}

/// Calls `work` with every record, in the order of their keys. It may change the row that it is called with. Returns their number.
///
/// Rows are compared with the state: none is left out, and none was put in.
pub(super) fn each(
    connection: &Connection,
    keys: &StoreKeys,
    state: &State,
    mut work: impl FnMut(Held) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let mut tally = Tally::new(keys, state, Bucket::first());
    let (mut after, mut count) = (Vec::new(), 0);
    while let Some(held) = behind(connection, &after)? {
        tally.count(&held.row)?;
        after = held.row.key.to_vec();
        work(held)?;
        count += 1;
    }
    tally.finish()?;
    Ok(count)
}

/// The record behind a key.
fn behind(connection: &Connection, key: &[u8]) -> Result<Option<Held>, Fault> {
    let sql = format!(
        "SELECT {ROW_COLUMNS}, public, secret FROM record WHERE key > ?1 ORDER BY key LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let read = |columns: &rusqlite::Row<'_>| {
        let blob = |index| columns.get::<_, Vec<u8>>(index);
        Ok((read_row(columns), blob(AFTER_ROW)?, blob(AFTER_ROW + 1)?))
    };
    let Some((row, public, secret)) = statement.query_row([key], read).optional()? else {
        return Ok(None);
    };
    Ok(Some(Held { row: row?, public, secret }))
}
