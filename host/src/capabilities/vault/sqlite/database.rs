//! The connection to the database file: settings, transactions, waiting, and what errors mean.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, ffi};

use super::super::database::{Fault, PATIENCE};
use super::super::error::{Doing, VaultError};
use super::super::rows::Rows;
use super::frozen::{self, Frozen};
use super::rows::FileRows;
use super::schema;

/// The pause before another try where the database does not wait by itself.
const PAUSE: Duration = Duration::from_millis(5);

/// Bytes of a page. A record of usual size shares it with some ten others.
const PAGE_BYTES: u32 = 8192;

/// Marks the file for `file(1)`: "chub".
const APPLICATION_ID: u32 = 0x6368_7562;

/// An open database file.
pub(in super::super) struct Database {
    connection: Connection,
    path: PathBuf,
    /// The state that the file must stay in, if nothing can be written beside it.
    frozen: Option<Frozen>,
}

impl Database {
    /// Opens a file that exists. `path` holds no symbolic link.
    pub(in super::super) fn open(path: &Path) -> Result<Self, VaultError> {
        let connect = || {
            let connection = Connection::open_with_flags(path, open_flags())?;
            configure(&connection)?;
            Ok(connection)
        };
        let connection = patiently(path, Doing::Read, connect)?;
        Ok(Self { connection, path: path.to_owned(), frozen: None })
    }

    /// Opens a file beside which nothing can be written, to be read alone.
    pub(in super::super) fn open_frozen(path: &Path) -> Result<Self, VaultError> {
        let frozen = Frozen::of(path)?;
        let connect = || {
            let flags = frozen_flags();
            let connection = Connection::open_with_flags(frozen::address(path), flags)?;
            configure(&connection)?;
            Ok(connection)
        };
        let connection = patiently(path, Doing::Read, connect)?;
        Ok(Self { connection, path: path.to_owned(), frozen: Some(frozen) })
    }

    /// Opens an empty file that no other process knows of, and makes a store without records of it. Nothing is
    /// durable before the caller has synchronized the file: that saves ten waits for the disk.
    pub(in super::super) fn build(
        path: &Path,
        header: &[u8],
        state: &[u8],
    ) -> Result<(), VaultError> {
        let database = Self::open(path)?;
        patiently(path, Doing::Change, || {
            let connection = &database.connection;
            connection.pragma_update(None, "synchronous", "OFF")?;
            connection.pragma_update(None, "page_size", PAGE_BYTES)?;
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
            set_journal(connection, "MEMORY")?;
            schema::create(connection)?;
            connection.execute("INSERT INTO header (id, content) VALUES (1, ?1)", [header])?;
            connection.execute("INSERT INTO state (id, sealed) VALUES (1, ?1)", [state])?;
            // The mode is kept in the file. Closing the only connection removes the log.
            set_journal(connection, "WAL")
        })
    }

    /// Runs `work` on one consistent view of the file. Takes no lock that a writer waits for.
    pub(in super::super) fn read<T>(
        &self,
        mut work: impl FnMut(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        let check = || self.frozen.as_ref().map_or(Ok(()), |frozen| frozen.check(&self.path));
        patiently(&self.path, Doing::Read, || {
            check()?;
            let transaction = self.begin(TransactionBehavior::Deferred)?;
            let result = work(&self.rows(&transaction));
            // What was read of a file that changed meanwhile is no news about it, an error least of all.
            check()?;
            result
        })
    }

    /// Runs `work` and makes all of it durable, or nothing of it.
    pub(in super::super) fn write<T>(
        &self,
        mut work: impl FnMut(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        if self.frozen.is_some() {
            return Err(frozen::refusal(&self.path));
        }
        patiently(&self.path, Doing::Change, || {
            let transaction = self.begin(TransactionBehavior::Immediate)?;
            let result = work(&self.rows(&transaction))?;
            transaction.commit()?;
            Ok(result)
        })
    }

    /// Starts a transaction that stays open over many operations. Other processes cannot write until it ends.
    pub(in super::super) fn begin_group(&self) -> Result<(), VaultError> {
        if self.frozen.is_some() {
            return Err(frozen::refusal(&self.path));
        }
        let begin = || Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?);
        patiently(&self.path, Doing::Change, begin)
    }

    /// Runs `work` within the open transaction: what it changes stays if it succeeds, and is undone alone if it does not.
    pub(in super::super) fn within_group<T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        let attempt = || {
            self.connection.prepare_cached("SAVEPOINT item")?.execute(())?;
            let result = work(&self.rows(&self.connection));
            if result.is_err() {
                self.connection.prepare_cached("ROLLBACK TO item")?.execute(())?;
            }
            self.connection.prepare_cached("RELEASE item")?.execute(())?;
            result
        };
        attempt().map_err(|fault| explain(&self.path, Doing::Change, fault))
    }

    /// Runs `work`, which changes nothing, within the open transaction.
    pub(in super::super) fn read_group<T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        work(&self.rows(&self.connection)).map_err(|fault| explain(&self.path, Doing::Read, fault))
    }

    /// Runs `work`, and makes everything of the open transaction durable, or nothing of it.
    pub(in super::super) fn commit_group(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<(), Fault>,
    ) -> Result<(), VaultError> {
        let done = work(&self.rows(&self.connection))
            .and_then(|()| Ok(self.connection.execute_batch("COMMIT")?))
            .map_err(|fault| explain(&self.path, Doing::Change, fault));
        if done.is_err() {
            self.abandon_group();
        }
        done
    }

    /// Undoes everything of the open transaction.
    pub(in super::super) fn abandon_group(&self) {
        // What cannot be rolled back ends with the connection, and the database rolls it back itself.
        self.connection.execute_batch("ROLLBACK").unwrap_or_default();
    }

    /// Writes all of the file, as it is at one moment, into an empty file that no other process knows of. What is there is durable.
    pub(in super::super) fn copy_to(&self, to: &Path) -> Result<(), VaultError> {
        let name = to.to_str().ok_or_else(|| VaultError::Invalid {
            what: format!("`{}` is not a name in UTF-8", to.display()),
        })?;
        patiently(to, Doing::Change, || {
            self.connection.execute("VACUUM INTO ?1", [name])?;
            Ok(())
        })?;
        // The mode is not copied. Closing the only connection removes the log.
        let copy = Self::open(to)?;
        patiently(to, Doing::Change, || set_journal(&copy.connection, "WAL"))?;
        drop(copy);
        let synced = fs_err::File::open(to).and_then(|file| file.sync_all());
        synced.map_err(|source| VaultError::io("write", to, source))
    }

    /// The file.
    pub(in super::super) fn path(&self) -> &Path {
        &self.path
    }

    #[cfg(test)]
    pub(in super::super) fn connection(&self) -> &Connection {
        &self.connection
    }

    fn rows<'a>(&self, connection: &'a Connection) -> FileRows<'a> {
        FileRows { connection, is_frozen: self.frozen.is_some() }
    }

    fn begin(&self, behavior: TransactionBehavior) -> Result<Transaction<'_>, Fault> {
        Ok(Transaction::new_unchecked(&self.connection, behavior)?)
    }
}

fn open_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE
}

fn frozen_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE
}

/// None of these settings reads or writes the file.
fn configure(connection: &Connection) -> Result<(), Fault> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON; \
         PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY",
    )?;
    Ok(())
}

fn set_journal(connection: &Connection, wanted: &str) -> Result<(), Fault> {
    let set: Result<String, rusqlite::Error> =
        connection.pragma_update_and_check(None, "journal_mode", wanted, |row| row.get(0));
    match set {
        Ok(mode) if mode.eq_ignore_ascii_case(wanted) => Ok(()),
        Ok(_) => Err(Fault::Damaged("its journal mode cannot be set")),
        Err(error) => Err(error.into()),
    }
}

/// Runs `work` again while other processes are in the way. The database waits by itself in most
/// places; not while it recovers, while it changes its mode, and where waiting could be a deadlock.
fn patiently<T>(
    path: &Path,
    doing: Doing,
    mut work: impl FnMut() -> Result<T, Fault>,
) -> Result<T, VaultError> {
    let start = Instant::now();
    loop {
        match work() {
            Ok(result) => return Ok(result),
            Err(Fault::Sql(error)) if is_busy(&error) && start.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            Err(fault) => return Err(explain(path, doing, fault)),
        }
    }
}

fn explain(path: &Path, doing: Doing, fault: Fault) -> VaultError {
    match fault {
        Fault::Vault(error) => error,
        Fault::Damaged(what) => VaultError::damaged(path, what),
        // What is copied into this file comes from a server.
        Fault::Server(trouble) => trouble.unplaced(),
        Fault::Sql(error) => explain_sql(path.to_owned(), doing, error),
    }
}

/// What is not another process, a full disk or a refusal by the system is damage.
fn explain_sql(path: PathBuf, doing: Doing, error: rusqlite::Error) -> VaultError {
    if is_busy(&error) {
        return VaultError::Busy { store: path };
    }
    match error.sqlite_error() {
        Some(code) if is_full(code) => VaultError::Full { path, source: told(error) },
        Some(code) if is_refused(code) => {
            let why = is_unwritable(code).then(|| frozen::unwritable(&path)).flatten();
            if let Some(why) = why {
                return frozen::read_only(&path, why, doing);
            }
            VaultError::Unavailable { action: "read or write", path, source: told(error) }
        }
        _ => {
            let what = "the database cannot read it";
            VaultError::Damaged { file: path, what, source: Some(told(error)) }
        }
    }
}

/// SQLite's words without their cause, which says the same in others.
fn told(error: rusqlite::Error) -> Box<dyn std::error::Error + Send + Sync> {
    error.to_string().into()
}

fn is_busy(error: &rusqlite::Error) -> bool {
    let busy =
        [ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked, ErrorCode::FileLockingProtocolFailed];
    error.sqlite_error_code().is_some_and(|code| busy.contains(&code))
}

fn is_full(error: &ffi::Error) -> bool {
    // The index of the write-ahead log is a file that grows, too.
    error.code == ErrorCode::DiskFull || error.extended_code == ffi::SQLITE_IOERR_SHMSIZE
}

/// What the database says of a place where it cannot write.
fn is_unwritable(error: &ffi::Error) -> bool {
    matches!(error.code, ErrorCode::CannotOpen | ErrorCode::ReadOnly)
}

fn is_refused(error: &ffi::Error) -> bool {
    let damage =
        [ffi::SQLITE_IOERR_SHORT_READ, ffi::SQLITE_IOERR_CORRUPTFS, ffi::SQLITE_IOERR_DATA];
    let refusals = [
        ErrorCode::CannotOpen,
        ErrorCode::OutOfMemory,
        ErrorCode::PermissionDenied,
        ErrorCode::ReadOnly,
        ErrorCode::SystemIoFailure,
    ];
    refusals.contains(&error.code) && !damage.contains(&error.extended_code)
}
