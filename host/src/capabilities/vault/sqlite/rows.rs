//! The rows of a store in a file.

use std::ops::ControlFlow;

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::super::bucket::{Found, Wanted};
use super::super::database::{Fault, NOT_WRITTEN, NOT_WRITTEN_PAST};
use super::super::error::VaultError;
use super::super::header::Extras;
use super::super::past::{Kept, PastRow};
use super::super::place::KeyHash;
use super::super::row::{Row, stored};
use super::super::rows::{Each, EachPast, From, Look, RoleChange, Rows, Until};
use super::super::sealed_record::{Held, Parts};
use super::super::state::Bucket;
use super::schema;

/// A file within a transaction.
#[derive(Clone, Copy)]
pub(super) struct FileRows<'a> {
    pub(super) connection: &'a Connection,
    /// Whether nothing can be written beside it: then it has no journal.
    pub(super) is_frozen: bool,
}

/// The columns that [`read_row`] takes, in order.
const ROW_COLUMNS: &str = "key, space, scope, revision, public_seal, secret_seal";

/// The position of the first column after those of [`ROW_COLUMNS`].
const AFTER_ROW: usize = 6;

/// The columns of a version beside those of a record.
const NOTE_COLUMNS: &str = "version, note_seal, note";

/// The position of the first column after those of [`NOTE_COLUMNS`], which come after [`ROW_COLUMNS`].
const AFTER_NOTE: usize = AFTER_ROW + 3;

impl FileRows<'_> {
    fn prepared(&self, sql: &str) -> Result<CachedStatement<'_>, Fault> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    fn counted(&self, sql: &str) -> Result<u64, Fault> {
        let count: i64 = self.connection.query_row(sql, (), |row| row.get(0))?;
        Ok(count.try_into().unwrap_or_default())
    }

    fn execute_record(&self, sql: &str, record: Parts<'_>) -> Result<u64, Fault> {
        let Parts { row, public, secret } = record;
        let changed = self.prepared(sql)?.execute((
            row.key.as_slice(),
            row.space.as_slice(),
            row.scope.as_slice(),
            stored(row.revision)?,
            row.public_seal.as_slice(),
            row.secret_seal.as_slice(),
            public,
            secret,
        ))?;
        Ok(changed as u64)
    }
}

impl Rows for FileRows<'_> {
    fn header(&self) -> Result<Vec<u8>, Fault> {
        let sql = "SELECT content FROM header WHERE id = 1";
        Ok(self.connection.query_row(sql, (), |row| row.get(0))?)
    }

    fn write_header(&self, content: &[u8]) -> Result<u64, Fault> {
        let sql = "UPDATE header SET content = ?1 WHERE id = 1";
        Ok(self.connection.execute(sql, [content])? as u64)
    }

    fn check_form(&self, extras: &Extras) -> Result<(), Fault> {
        if !self.is_frozen {
            check_journal(self.connection)?;
        }
        schema::check(self.connection, extras)
    }

    fn check_pages(&self) -> Result<(), Fault> {
        let sql = "PRAGMA integrity_check(1)";
        let said: String = self.connection.query_row(sql, (), |row| row.get(0))?;
        match said.as_str() {
            "ok" => Ok(()),
            _ => Err(Fault::Damaged("the database finds a fault in its file")),
        }
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Fault> {
        let mut statement = self.prepared("SELECT sealed FROM state WHERE id = 1")?;
        Ok(statement.query_row((), |row| row.get(0)).optional()?)
    }

    fn write_state(&self, sealed: &[u8]) -> Result<u64, Fault> {
        let sql = "UPDATE state SET sealed = ?1 WHERE id = 1";
        Ok(self.prepared(sql)?.execute([sealed])? as u64)
    }

    fn bucket(&self, look: Look<'_>, each: Each<'_>) -> Result<(), Fault> {
        let Look { bucket, key, wanted } = look;
        let mut statement = self.prepared(&query(wanted, "key >= ?1 AND key < ?2"))?;
        let mut rows = statement.query((bucket.start(), bucket.end(), key.as_slice()))?;
        while let Some(columns) = rows.next()? {
            each(read_row(columns)?, ciphertext(columns)?)?;
        }
        Ok(())
    }

    fn record(&self, key: &KeyHash, wanted: Wanted) -> Result<Option<Found>, Fault> {
        let mut statement = self.prepared(&query(wanted, "key = ?3"))?;
        statement.raw_bind_parameter(3, key.as_slice())?;
        let mut rows = statement.raw_query();
        let Some(columns) = rows.next()? else { return Ok(None) };
        Ok(Some(Found::new(read_row(columns)?, ciphertext(columns)?)))
    }

    fn records(&self, from: From<'_>, until: Until<'_>) -> Result<(), Fault> {
        let sql = format!(
            "SELECT {ROW_COLUMNS}, CASE WHEN space = ?2 AND (?3 IS NULL OR scope = ?3) THEN public END \
             FROM record WHERE key >= ?1 ORDER BY key"
        );
        let mut statement = self.prepared(&sql)?;
        let scope = from.scope.map(<[u8; _]>::as_slice);
        let mut rows = statement.query((from.first.start(), from.space.as_slice(), scope))?;
        while let Some(columns) = rows.next()? {
            if until(read_row(columns)?, ciphertext(columns)?)? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn record_behind(&self, after: Option<&KeyHash>) -> Result<Option<Held>, Fault> {
        let sql = format!(
            "SELECT {ROW_COLUMNS}, public, secret FROM record WHERE key > ?1 ORDER BY key LIMIT 1"
        );
        let mut statement = self.prepared(&sql)?;
        let mut rows = statement.query([after.map_or(&[][..], <[u8; _]>::as_slice)])?;
        let Some(columns) = rows.next()? else { return Ok(None) };
        let public = blob(columns, AFTER_ROW, NOT_WRITTEN)?.to_vec();
        let secret = blob(columns, AFTER_ROW + 1, NOT_WRITTEN)?.to_vec();
        Ok(Some(Held { row: read_row(columns)?, public, secret }))
    }

    fn insert(&self, record: Parts<'_>) -> Result<u64, Fault> {
        self.execute_record(
            "INSERT INTO record (key, space, scope, revision, public_seal, secret_seal, public, \
             secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            record,
        )
    }

    fn update(&self, record: Parts<'_>) -> Result<u64, Fault> {
        self.execute_record(
            "UPDATE record SET space = ?2, scope = ?3, revision = ?4, public_seal = ?5, \
             secret_seal = ?6, public = ?7, secret = ?8 WHERE key = ?1",
            record,
        )
    }

    fn delete(&self, key: &KeyHash) -> Result<u64, Fault> {
        let mut statement = self.prepared("DELETE FROM record WHERE key = ?1")?;
        Ok(statement.execute([key.as_slice()])? as u64)
    }

    fn count(&self) -> Result<u64, Fault> {
        self.counted("SELECT count(*) FROM record")
    }

    fn make_history(&self) -> Result<(), Fault> {
        Ok(schema::create_history(self.connection)?)
    }

    fn versions(&self, key: &KeyHash) -> Result<Vec<PastRow>, Fault> {
        let sql = format!(
            "SELECT {ROW_COLUMNS}, {NOTE_COLUMNS} FROM history WHERE key = ?1 ORDER BY version"
        );
        let mut statement = self.prepared(&sql)?;
        let mut rows = statement.query([key.as_slice()])?;
        let mut found = Vec::new();
        while let Some(columns) = rows.next()? {
            found.push(read_past(columns)?);
        }
        Ok(found)
    }

    fn versions_of_bucket(
        &self,
        bucket: Bucket,
        key: &KeyHash,
        each: EachPast<'_>,
    ) -> Result<(), Fault> {
        let sql = format!(
            "SELECT {ROW_COLUMNS}, {NOTE_COLUMNS}, CASE WHEN key = ?3 THEN public END, \
             CASE WHEN key = ?3 THEN secret END \
             FROM history WHERE key >= ?1 AND key < ?2 ORDER BY key, version"
        );
        let mut statement = self.prepared(&sql)?;
        let mut rows = statement.query((bucket.start(), bucket.end(), key.as_slice()))?;
        while let Some(columns) = rows.next()? {
            let past = read_past(columns)?;
            let parts = match past.row.key == *key {
                true => Some(parts_of_past(columns)?),
                false => None,
            };
            each(past, parts)?;
        }
        Ok(())
    }

    fn version_behind(&self, after: Option<(&KeyHash, u64)>) -> Result<Option<Kept>, Fault> {
        let sql = format!(
            "SELECT {ROW_COLUMNS}, {NOTE_COLUMNS}, public, secret FROM history \
             WHERE (key, version) > (?1, ?2) ORDER BY key, version LIMIT 1"
        );
        let mut statement = self.prepared(&sql)?;
        let (key, version) = after.map_or((&[][..], 0), |(key, version)| (key, version));
        let mut rows = statement.query((key, stored(version)?))?;
        let Some(columns) = rows.next()? else { return Ok(None) };
        let (public, secret) = parts_of_past(columns)?;
        let past = read_past(columns)?;
        Ok(Some(Kept { past, public: public.to_vec(), secret: secret.to_vec() }))
    }

    fn keep_version(&self, past: &PastRow) -> Result<u64, Fault> {
        let sql = "INSERT INTO history (key, version, space, scope, revision, public_seal, secret_seal, \
             note_seal, note, public, secret) \
             SELECT key, ?2, space, scope, revision, public_seal, secret_seal, ?3, ?4, public, \
             secret FROM record WHERE key = ?1";
        let (key, version) = (past.row.key.as_slice(), stored(past.version)?);
        let values = (key, version, past.note.seal.as_slice(), past.note.ciphertext.as_slice());
        Ok(self.prepared(sql)?.execute(values)? as u64)
    }

    fn insert_version(&self, past: &PastRow, parts: Parts<'_>) -> Result<u64, Fault> {
        let sql = "INSERT INTO history (key, version, space, scope, revision, public_seal, secret_seal, \
             note_seal, note, public, secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let row = &past.row;
        let added = self.prepared(sql)?.execute((
            row.key.as_slice(),
            stored(past.version)?,
            row.space.as_slice(),
            row.scope.as_slice(),
            stored(row.revision)?,
            row.public_seal.as_slice(),
            row.secret_seal.as_slice(),
            past.note.seal.as_slice(),
            past.note.ciphertext.as_slice(),
            parts.public,
            parts.secret,
        ))?;
        Ok(added as u64)
    }

    fn update_version(&self, past: &PastRow, parts: Parts<'_>) -> Result<u64, Fault> {
        let sql = "UPDATE history SET public_seal = ?3, secret_seal = ?4, note_seal = ?5, \
                   note = ?6, public = ?7, secret = ?8 WHERE key = ?1 AND version = ?2";
        let changed = self.prepared(sql)?.execute((
            past.row.key.as_slice(),
            stored(past.version)?,
            past.row.public_seal.as_slice(),
            past.row.secret_seal.as_slice(),
            past.note.seal.as_slice(),
            past.note.ciphertext.as_slice(),
            parts.public,
            parts.secret,
        ))?;
        Ok(changed as u64)
    }

    fn delete_version(&self, key: &KeyHash, version: u64) -> Result<u64, Fault> {
        let sql = "DELETE FROM history WHERE key = ?1 AND version = ?2";
        Ok(self.prepared(sql)?.execute((key.as_slice(), stored(version)?))? as u64)
    }

    fn clear_versions(&self) -> Result<u64, Fault> {
        Ok(self.connection.execute("DELETE FROM history", ())? as u64)
    }

    fn change_role(&self, _: &RoleChange) -> Result<(), Fault> {
        let what = "the store is a file, which has no roles; leave `--role` out".to_owned();
        Err(VaultError::Invalid { what }.into())
    }

    fn count_versions(&self) -> Result<u64, Fault> {
        self.counted("SELECT count(*) FROM history")
    }
}

/// Refuses a file that is not in the mode that makes commits atomic for several processes.
fn check_journal(connection: &Connection) -> Result<(), Fault> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    match mode.as_str() {
        "wal" => Ok(()),
        _ => Err(Fault::Damaged("it is not in write-ahead mode")),
    }
}

fn query(wanted: Wanted, place: &str) -> String {
    let ciphertext = match wanted {
        Wanted::Row => "NULL",
        Wanted::Public => "public",
        Wanted::Secret => "secret",
    };
    format!(
        "SELECT {ROW_COLUMNS}, CASE WHEN key = ?3 THEN {ciphertext} END \
         FROM record WHERE {place} ORDER BY key"
    )
}

/// The row, if every column has the type and the length that it was written with.
fn read_row(columns: &rusqlite::Row<'_>) -> Result<Row, Fault> {
    let key = fixed(columns.get_ref(0)?);
    let space = fixed(columns.get_ref(1)?);
    let scope = fixed(columns.get_ref(2)?);
    let revision = number(columns.get_ref(3)?);
    let public_seal = fixed(columns.get_ref(4)?);
    let secret_seal = fixed(columns.get_ref(5)?);
    let read = || {
        Some(Row {
            key: key?,
            space: space?,
            scope: scope?,
            revision: revision?,
            public_seal: public_seal?,
            secret_seal: secret_seal?,
        })
    };
    read().ok_or(NOT_WRITTEN)
}

fn read_past(columns: &rusqlite::Row<'_>) -> Result<PastRow, Fault> {
    let row = read_row(columns)?;
    let version = number(columns.get_ref(AFTER_ROW)?).ok_or(NOT_WRITTEN_PAST)?;
    let seal = fixed(columns.get_ref(AFTER_ROW + 1)?).ok_or(NOT_WRITTEN_PAST)?;
    let note = blob(columns, AFTER_ROW + 2, NOT_WRITTEN_PAST)?;
    Ok(PastRow::new(row, version, seal, note.to_vec()))
}

/// The visible and the secret ciphertext of a version.
fn parts_of_past<'a>(columns: &'a rusqlite::Row<'_>) -> Result<(&'a [u8], &'a [u8]), Fault> {
    let part = |index| blob(columns, index, NOT_WRITTEN_PAST);
    Ok((part(AFTER_NOTE)?, part(AFTER_NOTE + 1)?))
}

/// What was asked for beside the row; none where it was not.
fn ciphertext<'a>(columns: &'a rusqlite::Row<'_>) -> Result<Option<&'a [u8]>, Fault> {
    columns.get_ref(AFTER_ROW)?.as_blob_or_null().ok().ok_or(NOT_WRITTEN)
}

fn blob<'a>(
    columns: &'a rusqlite::Row<'_>,
    index: usize,
    otherwise: Fault,
) -> Result<&'a [u8], Fault> {
    columns.get_ref(index)?.as_blob().ok().ok_or(otherwise)
}

fn fixed<const N: usize>(value: ValueRef<'_>) -> Option<[u8; N]> {
    match value {
        ValueRef::Blob(bytes) => bytes.try_into().ok(),
        _ => None,
    }
}

fn number(value: ValueRef<'_>) -> Option<u64> {
    match value {
        ValueRef::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    }
}
