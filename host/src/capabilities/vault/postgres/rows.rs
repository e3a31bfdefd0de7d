//! The rows of a store on a server.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::ControlFlow;

use tokio_postgres::Row as Columns;
use tokio_postgres::types::{ToSql, Type};

use super::super::bucket::{Found, Wanted};
use super::super::database::{Fault, NOT_WRITTEN, NOT_WRITTEN_PAST};
use super::super::error::VaultError;
use super::super::header::Extras;
use super::super::members::Right;
use super::super::past::{Kept, PastRow};
use super::super::place::KeyHash;
use super::super::row::{Row, stored};
use super::super::rows::{Each, EachPast, From, Look, RoleChange, Rows, Until};
use super::super::sealed_record::{Held, Parts};
use super::super::state::Bucket;
use super::session::{Session, Values};
use super::trouble::{Remedy, quoted};

/// How many whole records are fetched at once by who goes through all of them. Each may have 5 MiB.
const AHEAD: i64 = 16;

/// The least number of rows that are asked for at once by who reads a page.
const LEAST: usize = 64;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// Reading.
    Read,
    /// Changing, after everybody who was faster.
    Write,
    /// Something in a transaction of many.
    Item,
}

/// How a transaction ended.
pub(super) enum Commit {
    /// It is durable.
    Done,
    /// Nothing of it was done.
    Undone(Fault),
    /// It is not known.
    Unheard(Fault),
}

/// A store within a transaction.
pub(super) struct ServerRows<'a> {
    session: &'a Session,
    /// The sealed state, which is read together with the beginning.
    state: RefCell<Option<Vec<u8>>>,
    /// The state that is written together with the end.
    written: RefCell<Option<Vec<u8>>>,
    /// The number of the transaction, if it changes something.
    transaction: String,
    /// Whether the first change has to make a point to go back to.
    item: Cell<Item>,
    /// Records that were fetched ahead, and the key that the first of them is behind.
    ahead: RefCell<(Option<KeyHash>, VecDeque<Held>)>,
}

/// A point in a transaction to go back to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    None,
    Wanted,
    Made,
}

impl<'a> ServerRows<'a> {
    /// Begins a transaction.
    ///
    /// Whoever changes something takes the state first, and sees what the one before has left; everything else is then as it will stay.
    pub(super) fn begin(session: &'a Session, what: Begin) -> Result<Self, Fault> {
        let (how, sql) = match what {
            Begin::Write => (
                "READ COMMITTED",
                "SELECT sealed, pg_current_xact_id()::text FROM @state WHERE id = 1 FOR UPDATE",
            ),
            Begin::Read | Begin::Item => {
                ("REPEATABLE READ READ ONLY", "SELECT sealed, ''::text FROM @state WHERE id = 1")
            }
        };
        session.begin(how);
        let row = session.row(sql, &[]).inspect_err(|_| session.roll_back())?;
        let mut rows = Self::within(session, what);
        rows.item = Cell::new(Item::None);
        if let Some(row) = row {
            rows.state = RefCell::new(row.try_get(0).ok());
            rows.transaction = row.try_get(1).unwrap_or_default();
        }
        Ok(rows)
    }

    /// A store within a transaction that was begun.
    pub(super) fn within(session: &'a Session, what: Begin) -> Self {
        Self {
            session,
            state: RefCell::default(),
            written: RefCell::default(),
            transaction: String::new(),
            item: Cell::new(if what == Begin::Item { Item::Wanted } else { Item::None }),
            ahead: RefCell::default(),
        }
    }

    /// The number of the transaction, by which the server knows what became of it.
    pub(super) fn transaction(&self) -> &str {
        &self.transaction
    }

    /// Writes the state and makes everything durable.
    pub(super) fn commit(&self) -> Commit {
        let state = self.written.borrow();
        let (changed, ended) = match state.as_deref() {
            Some(state) => self.session.change_and_commit(
                "UPDATE @state SET sealed = $1 WHERE id = 1",
                &[(&state, Type::BYTEA)],
            ),
            None => (Ok(1), self.session.commit()),
        };
        match (changed, ended) {
            (Ok(1), Ok(())) => Commit::Done,
            (Ok(_), Ok(())) => Commit::Undone(Fault::Damaged("its state cannot be changed")),
            (Err(fault), Ok(())) => Commit::Undone(fault),
            (_, Err(fault)) => match &fault {
                Fault::Server(trouble) if trouble.remedy() == Remedy::Anew => {
                    Commit::Unheard(fault)
                }
                _ => Commit::Undone(fault),
            },
        }
    }

    /// Ends something in a transaction of many. Whether the server knows where to go back to.
    pub(super) fn end_item(&self, is_good: bool) -> bool {
        if self.item.get() != Item::Made {
            return false;
        }
        if !is_good {
            self.session.send("ROLLBACK TO SAVEPOINT item");
        }
        self.session.send("RELEASE SAVEPOINT item");
        true
    }

    /// Changes something. The point to go back to travels with the first change.
    fn change(&self, sql: &'static str, values: Values<'_>) -> Result<u64, Fault> {
        if self.item.get() == Item::Wanted {
            self.session.send("SAVEPOINT item");
            self.item.set(Item::Made);
        }
        self.session.change(sql, values)
    }

    fn change_record(&self, sql: &'static str, record: Parts<'_>) -> Result<u64, Fault> {
        let Parts { row, public, secret } = record;
        self.change(
            sql,
            &[
                bytes(&&row.key[..]),
                bytes(&&row.space[..]),
                bytes(&&row.scope[..]),
                (&stored(row.revision)?, Type::INT8),
                bytes(&&row.public_seal[..]),
                bytes(&&row.secret_seal[..]),
                bytes(&public),
                bytes(&secret),
            ],
        )
    }

    fn count_of(&self, sql: &'static str) -> Result<u64, Fault> {
        let row = self.session.row(sql, &[])?;
        let count: Option<i64> = row.and_then(|row| row.try_get(0).ok());
        count.and_then(|count| u64::try_from(count).ok()).ok_or(NOT_WRITTEN)
    }

    fn fetch_ahead(&self, after: Option<&KeyHash>) -> Result<VecDeque<Held>, Fault> {
        let sql = "SELECT key, space, scope, revision, public_seal, secret_seal, public, secret \
                   FROM @record WHERE key > $1 ORDER BY key LIMIT $2";
        let after = after.map_or(&[][..], <[u8; _]>::as_slice);
        let mut found = VecDeque::new();
        self.session.each(sql, &[bytes(&after), (&AHEAD, Type::INT8)], |columns| {
            let public = blob(columns, AFTER_ROW).ok_or(NOT_WRITTEN)?.to_vec();
            let secret = blob(columns, AFTER_ROW + 1).ok_or(NOT_WRITTEN)?.to_vec();
            found.push_back(Held { row: read_row(columns)?, public, secret });
            Ok(true)
        })?;
        Ok(found)
    }
}

/// The position of the first column after those of a row.
const AFTER_ROW: usize = 6;

/// The position of the first column after those of a past version.
const AFTER_NOTE: usize = AFTER_ROW + 3;

impl Rows for ServerRows<'_> {
    fn header(&self) -> Result<Vec<u8>, Fault> {
        let row = self.session.row("SELECT content FROM @header WHERE id = 1", &[])?;
        let row = row.ok_or(Fault::Damaged("its header is gone"))?;
        row.try_get(0).map_err(|_| Fault::Damaged("its header is not the one that was made"))
    }

    fn write_header(&self, content: &[u8]) -> Result<u64, Fault> {
        let sql = "UPDATE @header SET content = $1 WHERE id = 1";
        self.change(sql, &[bytes(&content)])
    }

    /// What somebody adds to the tables cannot pass for a record: its rows are compared with the state all the same.
    fn change_role(&self, change: &RoleChange) -> Result<(), Fault> {
        let right = change.right.map(Right::word);
        let sql = "SELECT @let_in($1::name, $2::text)";
        let values: Values<'_> = &[(&change.role, Type::TEXT), (&right, Type::TEXT)];
        match self.session.row(sql, values) {
            Err(Fault::Server(trouble)) if trouble.is_unknown_role() => {
                let role = &change.role;
                let what = format!(
                    "the server has no role `{role}`; its administrator makes it: `CREATE ROLE {} LOGIN`",
                    quoted(role)
                );
                Err(VaultError::Invalid { what }.into())
            }
            Err(Fault::Server(trouble)) if trouble.is_unknown_function() => {
                let what = "the tables of the store are those of an older program, which keep no rights of roles; \
                            the role that owns them brings them up: `connhub vault migrate`"
                    .to_owned();
                Err(VaultError::Invalid { what }.into())
            }
            changed => changed.map(drop),
        }
    }

    fn check_form(&self, _: &Extras) -> Result<(), Fault> {
        Ok(())
    }

    /// The server looks after its files itself.
    fn check_pages(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Fault> {
        if let Some(state) = self.written.borrow().as_ref().or(self.state.borrow().as_ref()) {
            return Ok(Some(state.clone()));
        }
        let row = self.session.row("SELECT sealed FROM @state WHERE id = 1", &[])?;
        Ok(row.and_then(|row| row.try_get(0).ok()))
    }

    fn write_state(&self, sealed: &[u8]) -> Result<u64, Fault> {
        *self.written.borrow_mut() = Some(sealed.to_vec());
        Ok(1)
    }

    fn bucket(&self, look: Look<'_>, each: Each<'_>) -> Result<(), Fault> {
        let sql = match look.wanted {
            Wanted::Row => BUCKET_ROW,
            Wanted::Public => BUCKET_PUBLIC,
            Wanted::Secret => BUCKET_SECRET,
        };
        let (start, end, key) = (look.bucket.start(), look.bucket.end(), &look.key[..]);
        let values = [bytes(&start), bytes(&end), bytes(&key)];
        self.session.each(sql, &values, |columns| {
            each(read_row(columns)?, ciphertext(columns)?)?;
            Ok(true)
        })?;
        Ok(())
    }

    fn record(&self, key: &KeyHash, wanted: Wanted) -> Result<Option<Found>, Fault> {
        let sql = match wanted {
            Wanted::Row => RECORD_ROW,
            Wanted::Public => RECORD_PUBLIC,
            Wanted::Secret => RECORD_SECRET,
        };
        let row = self.session.row(sql, &[bytes(&&key[..])])?;
        row.map(|columns| Ok(Found::new(read_row(&columns)?, ciphertext(&columns)?))).transpose()
    }

    fn records(&self, from: From<'_>, until: Until<'_>) -> Result<(), Fault> {
        let mut start = from.first.start();
        let (space, scope) = (&from.space[..], from.scope.map(<[u8; _]>::as_slice));
        let most = from.enough.max(LEAST);
        loop {
            let (mut count, mut end, mut last) = (0, ControlFlow::Continue(()), None);
            let limit = i64::try_from(most).unwrap_or(i64::MAX);
            let values =
                [bytes(&start), bytes(&space), (&scope as _, Type::BYTEA), (&limit, Type::INT8)];
            self.session.each(RECORDS, &values, |columns| {
                let row = read_row(columns)?;
                (count, last) = (count + 1, Some(row.key));
                end = until(row, ciphertext(columns)?)?;
                Ok(end.is_continue())
            })?;
            match last {
                Some(last) if count == most && end.is_continue() => {
                    // What comes directly behind a key is the key and a zero.
                    start = [&last[..], &[0]].concat();
                }
                _ => return Ok(()),
            }
        }
    }

    fn record_behind(&self, after: Option<&KeyHash>) -> Result<Option<Held>, Fault> {
        let mut ahead = self.ahead.borrow_mut();
        if ahead.1.is_empty() || ahead.0.as_ref() != after {
            ahead.1 = self.fetch_ahead(after)?;
        }
        let held = ahead.1.pop_front();
        ahead.0 = held.as_ref().map(|held| held.row.key);
        Ok(held)
    }

    fn insert(&self, record: Parts<'_>) -> Result<u64, Fault> {
        let sql = "INSERT INTO @record (key, space, scope, revision, public_seal, secret_seal, public, \
             secret) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        match self.change_record(sql, record) {
            Err(Fault::Server(trouble)) if trouble.is_duplicate() => {
                Err(Fault::Vault(VaultError::Exists))
            }
            done => done,
        }
    }

    fn update(&self, record: Parts<'_>) -> Result<u64, Fault> {
        self.change_record(
            "UPDATE @record SET space = $2, scope = $3, revision = $4, public_seal = $5, \
             secret_seal = $6, public = $7, secret = $8 WHERE key = $1",
            record,
        )
    }

    fn delete(&self, key: &KeyHash) -> Result<u64, Fault> {
        self.change("DELETE FROM @record WHERE key = $1", &[bytes(&&key[..])])
    }

    fn count(&self) -> Result<u64, Fault> {
        self.count_of("SELECT count(*) FROM @record")
    }

    /// It was made together with the other tables.
    fn make_history(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn versions(&self, key: &KeyHash) -> Result<Vec<PastRow>, Fault> {
        let sql = "SELECT key, space, scope, revision, public_seal, secret_seal, version, \
                   note_seal, note FROM @history WHERE key = $1 ORDER BY version";
        let mut found = Vec::new();
        self.session.each(sql, &[bytes(&&key[..])], |columns| {
            found.push(read_past(columns)?);
            Ok(true)
        })?;
        Ok(found)
    }

    fn versions_of_bucket(
        &self,
        bucket: Bucket,
        key: &KeyHash,
        each: EachPast<'_>,
    ) -> Result<(), Fault> {
        let sql = "SELECT key, space, scope, revision, public_seal, secret_seal, version, \
                   note_seal, note, CASE WHEN key = $3 THEN public END, \
                   CASE WHEN key = $3 THEN secret END \
                   FROM @history WHERE key >= $1 AND key < $2 ORDER BY key, version";
        let (start, end) = (bucket.start(), bucket.end());
        self.session.each(sql, &[bytes(&start), bytes(&end), bytes(&&key[..])], |columns| {
            let past = read_past(columns)?;
            let parts = match past.row.key == *key {
                true => Some(parts_of_past(columns)?),
                false => None,
            };
            each(past, parts)?;
            Ok(true)
        })?;
        Ok(())
    }

    fn version_behind(&self, after: Option<(&KeyHash, u64)>) -> Result<Option<Kept>, Fault> {
        let sql = "SELECT key, space, scope, revision, public_seal, secret_seal, version, \
                   note_seal, note, public, secret FROM @history \
                   WHERE (key, version) > ($1, $2) ORDER BY key, version LIMIT 1";
        let (key, version) = after.map_or((&[][..], 0), |(key, version)| (key, version));
        let row = self.session.row(sql, &[bytes(&key), (&stored(version)?, Type::INT8)])?;
        let Some(columns) = row else { return Ok(None) };
        let (public, secret) = parts_of_past(&columns)?;
        let (public, secret) = (public.to_vec(), secret.to_vec());
        Ok(Some(Kept { past: read_past(&columns)?, public, secret }))
    }

    fn keep_version(&self, past: &PastRow) -> Result<u64, Fault> {
        let sql = "INSERT INTO @history (key, version, space, scope, revision, public_seal, secret_seal, \
             note_seal, note, public, secret) \
             SELECT key, $2, space, scope, revision, public_seal, secret_seal, $3, $4, public, \
             secret FROM @record WHERE key = $1";
        let (seal, note) = (&past.note.seal[..], &past.note.ciphertext);
        let version = stored(past.version)?;
        let key = &past.row.key[..];
        self.change(sql, &[bytes(&key), (&version, Type::INT8), bytes(&seal), bytes(note)])
    }

    fn insert_version(&self, past: &PastRow, parts: Parts<'_>) -> Result<u64, Fault> {
        let sql = "INSERT INTO @history (key, version, space, scope, revision, public_seal, secret_seal, \
             note_seal, note, public, secret) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let row = &past.row;
        self.change(
            sql,
            &[
                bytes(&&row.key[..]),
                (&stored(past.version)?, Type::INT8),
                bytes(&&row.space[..]),
                bytes(&&row.scope[..]),
                (&stored(row.revision)?, Type::INT8),
                bytes(&&row.public_seal[..]),
                bytes(&&row.secret_seal[..]),
                bytes(&&past.note.seal[..]),
                bytes(&past.note.ciphertext),
                bytes(&parts.public),
                bytes(&parts.secret),
            ],
        )
    }

    fn update_version(&self, past: &PastRow, parts: Parts<'_>) -> Result<u64, Fault> {
        let sql = "UPDATE @history SET public_seal = $3, secret_seal = $4, note_seal = $5, \
                   note = $6, public = $7, secret = $8 WHERE key = $1 AND version = $2";
        self.change(
            sql,
            &[
                bytes(&&past.row.key[..]),
                (&stored(past.version)?, Type::INT8),
                bytes(&&past.row.public_seal[..]),
                bytes(&&past.row.secret_seal[..]),
                bytes(&&past.note.seal[..]),
                bytes(&past.note.ciphertext),
                bytes(&parts.public),
                bytes(&parts.secret),
            ],
        )
    }

    fn delete_version(&self, key: &KeyHash, version: u64) -> Result<u64, Fault> {
        let sql = "DELETE FROM @history WHERE key = $1 AND version = $2";
        self.change(sql, &[bytes(&&key[..]), (&stored(version)?, Type::INT8)])
    }

    fn clear_versions(&self) -> Result<u64, Fault> {
        self.change("DELETE FROM @history", &[])
    }

    fn count_versions(&self) -> Result<u64, Fault> {
        self.count_of("SELECT count(*) FROM @history")
    }
}

const BUCKET_ROW: &str = "SELECT key, space, scope, revision, public_seal, secret_seal, \
    CASE WHEN key = $3 THEN NULL::bytea END FROM @record WHERE key >= $1 AND key < $2 ORDER BY key";
const BUCKET_PUBLIC: &str = "SELECT key, space, scope, revision, public_seal, secret_seal, \
    CASE WHEN key = $3 THEN public END FROM @record WHERE key >= $1 AND key < $2 ORDER BY key";
const BUCKET_SECRET: &str = "SELECT key, space, scope, revision, public_seal, secret_seal, \
    CASE WHEN key = $3 THEN secret END FROM @record WHERE key >= $1 AND key < $2 ORDER BY key";
const RECORD_ROW: &str = "SELECT key, space, scope, revision, public_seal, secret_seal, \
    NULL::bytea FROM @record WHERE key = $1";
const RECORD_PUBLIC: &str = "SELECT key, space, scope, revision, public_seal, secret_seal, \
    public FROM @record WHERE key = $1";
const RECORD_SECRET: &str = "SELECT key, space, scope, revision, public_seal, secret_seal, \
    secret FROM @record WHERE key = $1";
const RECORDS: &str = "SELECT key, space, scope, revision, public_seal, secret_seal, \
    CASE WHEN space = $2 AND ($3 IS NULL OR scope = $3) THEN public END \
    FROM @record WHERE key >= $1 ORDER BY key LIMIT $4";

fn bytes<T: ToSql + Sync>(value: &T) -> (&(dyn ToSql + Sync), Type) {
    (value, Type::BYTEA)
}

/// The row, if every column has the type and the length that it was written with.
fn read_row(columns: &Columns) -> Result<Row, Fault> {
    let read = || {
        Some(Row {
            key: fixed(columns, 0)?,
            space: fixed(columns, 1)?,
            scope: fixed(columns, 2)?,
            revision: number(columns, 3)?,
            public_seal: fixed(columns, 4)?,
            secret_seal: fixed(columns, 5)?,
        })
    };
    read().ok_or(NOT_WRITTEN)
}

fn read_past(columns: &Columns) -> Result<PastRow, Fault> {
    let row = read_row(columns)?;
    let read = || {
        let (version, seal) = (number(columns, AFTER_ROW)?, fixed(columns, AFTER_ROW + 1)?);
        Some((version, seal, blob(columns, AFTER_ROW + 2)?.to_vec()))
    };
    let (version, seal, note) = read().ok_or(NOT_WRITTEN_PAST)?;
    Ok(PastRow::new(row, version, seal, note))
}

/// The visible and the secret ciphertext of a version.
fn parts_of_past(columns: &Columns) -> Result<(&[u8], &[u8]), Fault> {
    let part = |index| blob(columns, index).ok_or(NOT_WRITTEN_PAST);
    Ok((part(AFTER_NOTE)?, part(AFTER_NOTE + 1)?))
}

/// What was asked for beside the row; none where it was not.
fn ciphertext(columns: &Columns) -> Result<Option<&[u8]>, Fault> {
    columns.try_get(AFTER_ROW).map_err(|_| NOT_WRITTEN)
}

fn blob(columns: &Columns, index: usize) -> Option<&[u8]> {
    columns.try_get(index).ok()
}

fn fixed<const N: usize>(columns: &Columns, index: usize) -> Option<[u8; N]> {
    blob(columns, index)?.try_into().ok()
}

fn number(columns: &Columns, index: usize) -> Option<u64> {
    let number: i64 = columns.try_get(index).ok()?;
    u64::try_from(number).ok()
}
