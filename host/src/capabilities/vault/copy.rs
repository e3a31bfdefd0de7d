//! A copy of a store on a server, as a file. Nothing is opened for it: the rows are those of the server, sealed as they are there.

use std::path::Path;

use super::database::Fault;
use super::error::VaultError;
use super::header::Header;
use super::postgres;
use super::rows::Rows;
use super::sqlite;

/// Writes all of a store into an empty file that no other process knows of. What is there is durable.
pub(super) fn copy_to(from: &postgres::Database, to: &Path) -> Result<(), VaultError> {
    from.read(|rows| {
        let (header, state) = (rows.header()?, rows.state()?.ok_or(UNREADABLE)?);
        let extras = Header::decode(&header).map_err(|_| UNREADABLE)?.extras;
        // What is left of a try that broke off is not in the way of the next one.
        fs_err::write(to, b"").map_err(|source| VaultError::io("write", to, source))?;
        sqlite::Database::build(to, &header, &state)?;
        let file = sqlite::Database::open(to)?;
        file.write(|copy| {
            copy_records(rows, copy)?;
            if extras.history {
                copy.make_history()?;
                copy_versions(rows, copy)?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    let synced = fs_err::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|source| VaultError::io("write", to, source))
}

fn copy_records(from: &dyn Rows, to: &dyn Rows) -> Result<(), Fault> {
    let mut after = None;
    while let Some(held) = from.record_behind(after.as_ref())? {
        after = Some(held.row.key);
        to.insert(held.parts())?;
    }
    Ok(())
}

fn copy_versions(from: &dyn Rows, to: &dyn Rows) -> Result<(), Fault> {
    let mut after = None;
    while let Some(kept) =
        from.version_behind(after.as_ref().map(|(key, number)| (key, *number)))?
    {
        after = Some((kept.past.row.key, kept.past.version));
        to.insert_version(&kept.past, kept.parts())?;
    }
    Ok(())
}

const UNREADABLE: Fault = Fault::Damaged("it cannot be read whole");
