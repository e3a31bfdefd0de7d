//! The tables of a store.

use rusqlite::Connection;

use super::super::database::Fault;
use super::super::header::Extras;

/// The statements that make the tables. Opening compares them with what the file says.
///
/// - `header` says how the data key is unwrapped; written once.
/// - `state` makes the set of records authentic; written by every transaction.
/// - `record` is ordered by key, so that a bucket is a range. The seals stand before the
///   ciphertexts, so that checking a row does not read the pages that a large one spills over to.
const TABLES: [Table; 3] = [
    (
        "header",
        "CREATE TABLE header (id INTEGER PRIMARY KEY CHECK (id = 1), content BLOB NOT NULL) STRICT",
    ),
    (
        "state",
        "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL) STRICT",
    ),
    (
        "record",
        "CREATE TABLE record (key BLOB NOT NULL PRIMARY KEY, space BLOB NOT NULL, \
         scope BLOB NOT NULL, revision INTEGER NOT NULL, public_seal BLOB NOT NULL, \
         secret_seal BLOB NOT NULL, public BLOB NOT NULL, secret BLOB NOT NULL) \
         STRICT, WITHOUT ROWID",
    ),
];

/// The table of past versions, which is made when the first one is kept: by record and the number of the version. What a version was sealed as
/// when it was a record it stays; the note beside it says when and why it ended.
const HISTORY: Table = (
    "history",
    "CREATE TABLE history (key BLOB NOT NULL, version INTEGER NOT NULL, space BLOB NOT NULL, \
     scope BLOB NOT NULL, revision INTEGER NOT NULL, public_seal BLOB NOT NULL, \
     secret_seal BLOB NOT NULL, note_seal BLOB NOT NULL, note BLOB NOT NULL, \
     public BLOB NOT NULL, secret BLOB NOT NULL, PRIMARY KEY (key, version)) \
     STRICT, WITHOUT ROWID",
);

/// A name, and the statement that makes it.
type Table = (&'static str, &'static str);

/// Makes the table of past versions.
pub(super) fn create_history(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch(HISTORY.1)
}

/// Makes the tables.
pub(super) fn create(connection: &Connection) -> Result<(), rusqlite::Error> {
    TABLES.iter().try_for_each(|(_, sql)| connection.execute_batch(sql))
}

/// Refuses a file with other tables than the header says, or with anything beside them: a trigger, a view, an index.
pub(super) fn check(connection: &Connection, extras: &Extras) -> Result<(), Fault> {
    let mut statement =
        connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")?;
    let mut rows = statement.query(())?;
    for (name, sql) in TABLES.into_iter().chain(extras.history.then_some(HISTORY)) {
        let row = rows.next()?.ok_or(Fault::Damaged("a table is missing"))?;
        let expected = ["table", name, name, sql];
        for (column, text) in expected.iter().enumerate() {
            if row.get_ref(column)?.as_str() != Ok(*text) {
                return Err(Fault::Damaged("a table is not the one that was made"));
            }
        }
    }
    match rows.next()? {
        Some(_) => Err(Fault::Damaged("there is a table, trigger, view or index too many")),
        None => Ok(()),
    }
}
