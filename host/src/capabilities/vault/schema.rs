//! The tables of a store.

use rusqlite::Connection;

use super::database::Fault;

/// The statements that make the tables. Opening compares them with what the file says.
///
/// - `header` says how the data key is unwrapped; written once.
/// - `state` makes the set of records authentic; written by every transaction.
/// - `record` is ordered by key, so that a bucket is a range. The seals stand before the
///   ciphertexts, so that checking a row does not read the pages that a large one spills over to.
const TABLES: [(&str, &str); 3] = [
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

/// Makes the tables.
pub(super) fn create(connection: &Connection) -> Result<(), rusqlite::Error> {
    TABLES.iter().try_for_each(|(_, sql)| connection.execute_batch(sql))
}

/// Refuses a file with other tables, or with anything beside them: a trigger, a view, an index.
pub(super) fn check(connection: &Connection) -> Result<(), Fault> {
    let mut statement =
        connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")?;
    let mut rows = statement.query(())?;
    for (name, sql) in TABLES {
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
