//! The database of another program, read without a trace.
//!
//! SQLite writes beside a database that it only reads: a log, and an index of it. So copies of the database and of its log are read, in a
//! folder of their own that is gone afterwards. They hold what the database holds: secrets are sealed in it.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection as Database, OpenFlags};

use crate::imports::{FLOWFILE_SECRETS, FLOWFILE_TABLES, FlowfileRow};
use crate::model::{Error, Kind};

/// The largest database that is read, in bytes.
const MAX_BYTES: u64 = 1 << 30;
/// The most connections that are read.
const MAX_ROWS: usize = 100_000;
/// How often a database that changes meanwhile is copied again.
const ATTEMPTS: usize = 3;

/// The rows of connections, and the sealed secrets by id.
pub struct Catalog {
    /// The connections.
    pub rows: Vec<FlowfileRow>,
    /// The secrets.
    pub secrets: HashMap<String, String>,
}

/// Reads the database. `folders` are where copies may be made, the best place first.
///
/// # Errors
/// It cannot be read, is no database, or holds no table of connections.
pub fn read_catalog(path: &Path, folders: &[PathBuf]) -> Result<Catalog, Error> {
    let copy = copied(path, folders)?;
    let failed = |error: rusqlite::Error| {
        Error::invalid(format!("`{}` cannot be read as a database of Flowfile", path.display()))
            .because(error)
    };
    let database =
        Database::open_with_flags(copy.path().join(NAME), OpenFlags::SQLITE_OPEN_READ_WRITE);
    let database = database.map_err(failed)?;
    // A view or a trigger of a stranger's schema runs nothing.
    database.pragma_update(None, "trusted_schema", false).map_err(failed)?;
    let has = |table: &str| {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let count: i64 = database.query_row(sql, [table], |row| row.get(0)).map_err(failed)?;
        Ok::<bool, Error>(count > 0)
    };
    let mut catalog = Catalog { rows: Vec::new(), secrets: HashMap::new() };
    let mut is_one = false;
    for table in FLOWFILE_TABLES {
        if has(table)? {
            is_one = true;
            let left = MAX_ROWS - catalog.rows.len();
            let rows = rows(&database, table, left).map_err(failed)?;
            catalog.rows.extend(rows.into_iter().map(|columns| FlowfileRow { table, columns }));
        }
    }
    if !is_one {
        return Err(Error::invalid(format!(
            "`{}` holds no table of connections of Flowfile",
            path.display()
        )));
    }
    if has(FLOWFILE_SECRETS)? {
        for columns in rows(&database, FLOWFILE_SECRETS, 4 * MAX_ROWS).map_err(failed)? {
            let value = |name: &str| columns.iter().find(|(known, _)| known == name);
            if let (Some((_, id)), Some((_, sealed))) = (value("id"), value("encrypted_value")) {
                catalog.secrets.insert(id.clone(), sealed.clone());
            }
        }
    }
    Ok(catalog)
}

/// The name of the copy.
const NAME: &str = "catalog.db";

fn copied(path: &Path, folders: &[PathBuf]) -> Result<tempfile::TempDir, Error> {
    let failed = |error: std::io::Error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => Kind::NotFound,
            _ => Kind::Other,
        };
        Error::new(kind, format!("`{}` cannot be read", path.display())).because(error)
    };
    let found = fs_err::metadata(path).map_err(failed)?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(Error::invalid(format!("`{}` is no database of Flowfile", path.display())));
    }
    let private = std::fs::Permissions::from_mode(0o700);
    let folder = folders.iter().find_map(|folder| {
        tempfile::Builder::new()
            .prefix("connhub-")
            .permissions(private.clone())
            .tempdir_in(folder)
            .ok()
    });
    let folder = folder
        .ok_or_else(|| Error::new(Kind::Other, "there is no folder for a copy of the database"))?;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    let state = || (stamp(path), stamp(&log));
    for _ in 0..ATTEMPTS {
        let before = state();
        fs_err::copy(path, folder.path().join(NAME)).map_err(failed)?;
        let copy = folder.path().join(format!("{NAME}-wal"));
        match fs_err::copy(&log, &copy) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
        if before == state() {
            return Ok(folder);
        }
    }
    Err(Error::new(Kind::Conflict, format!("`{}` changes all the time", path.display()))
        .hint("stop Flowfile, or repeat the command"))
}

fn stamp(path: &Path) -> Option<(u64, std::time::SystemTime)> {
    let metadata = fs_err::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// All columns of all rows that have a value.
fn rows(
    database: &Database,
    table: &str,
    most: usize,
) -> rusqlite::Result<Vec<Vec<(String, String)>>> {
    // The names are ours, not somebody's input.
    let mut statement =
        database.prepare(&format!("SELECT * FROM {table} ORDER BY id LIMIT {most}"))?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = Vec::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut columns = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let value = match row.get_ref(at)? {
                ValueRef::Null | ValueRef::Blob(_) => continue,
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            };
            columns.push((name.clone(), value));
        }
        found.push(columns);
    }
    Ok(found)
}
