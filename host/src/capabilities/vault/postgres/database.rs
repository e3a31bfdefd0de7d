//! A store on a server: transactions, trying again, and what became of a change whose end was not heard.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio_postgres::types::Type;

use super::super::database::{Fault, PATIENCE};
use super::super::error::{Doing, VaultError};
use super::super::rows::Rows;
use super::migrate::{self, Found};
use super::place::Server;
use super::rows::{Begin, Commit, ServerRows};
use super::session::Session;
use super::trouble::{Remedy, Trouble, uncertain};

/// The first pause before another try. Each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(5);

/// The longest pause.
const LONGEST: Duration = Duration::from_millis(500);

/// A store on a server. There is one connection, which is made when it is needed: a command has no use for two.
pub(in super::super) struct Database {
    server: Server,
    /// The address, as messages name the store.
    name: PathBuf,
    session: RefCell<Option<Session>>,
    /// The transaction of a group.
    group: RefCell<Option<Group>>,
}

/// A transaction over many operations.
struct Group {
    transaction: String,
    /// Whether something failed outside of what can be undone alone: then nothing of it may become durable.
    is_lost: Cell<bool>,
}

/// A change whose end was not heard.
struct Unheard<T> {
    result: T,
    transaction: String,
}

/// What became of a transaction.
enum Outcome {
    Done,
    Undone,
    Running,
    Forgotten,
}

impl Database {
    /// The store on a server; none if there is none.
    pub(in super::super) fn find(server: &Server) -> Result<Option<Self>, VaultError> {
        let database = Self::unopened(server);
        let found = database.patiently(Doing::Read, |session| migrate::look(session, server))?;
        Ok((found == Found::Store).then_some(database))
    }

    /// Makes a store without records, and what tables are missing for it. Whether it did: another process may have been faster.
    pub(in super::super) fn build(
        server: &Server,
        header: &[u8],
        state: &[u8],
    ) -> Result<bool, VaultError> {
        let database = Self::unopened(server);
        // Done twice it is done once, so what became of a first try does not matter but for the answer; that is found in the header.
        database.patiently(Doing::Change, |session| {
            session.begin("READ COMMITTED");
            let made = make(session, server, header, state);
            made.inspect_err(|_| session.roll_back())?;
            session.commit()
        })?;
        database.read(|rows| Ok(rows.header()? == header))
    }

    fn unopened(server: &Server) -> Self {
        Self {
            server: server.clone(),
            name: server.to_string().into(),
            session: RefCell::default(),
            group: RefCell::default(),
        }
    }

    /// How many bytes its tables take on the server.
    pub(in super::super) fn bytes(&self) -> Result<u64, VaultError> {
        let schema = &self.server.schema;
        let sql = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c \
                   JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'";
        self.patiently(Doing::Read, |session| {
            let row = session.row(sql, &[(schema, Type::TEXT)])?;
            let bytes: Option<i64> = row.and_then(|row| row.try_get(0).ok());
            Ok(bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or_default())
        })
    }

    /// The step that its tables are at.
    pub(in super::super) fn step(&self) -> Result<i32, VaultError> {
        self.patiently(Doing::Read, migrate::number)
    }

    /// Brings its tables from a step to another one, and does `work` there, all of it or nothing.
    pub(in super::super) fn migrate(
        &self,
        from: i32,
        to: i32,
        mut work: impl FnMut(&dyn Rows) -> Result<(), Fault>,
    ) -> Result<(), VaultError> {
        // Done twice it is done once, so what became of a first try does not matter.
        self.patiently(Doing::Rebuild, |session| {
            session.begin("READ COMMITTED");
            let brought = migrate::bring(session, &self.server, from, to)
                .and_then(|()| work(&ServerRows::within(session, Begin::Read)));
            brought.inspect_err(|_| session.roll_back())?;
            session.commit()
        })
    }

    /// The address.
    pub(in super::super) fn path(&self) -> &Path {
        &self.name
    }

    /// Runs `work` on one consistent view of the store. Takes no lock that a writer waits for.
    pub(in super::super) fn read<T>(
        &self,
        mut work: impl FnMut(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        self.patiently(Doing::Read, |session| {
            let rows = ServerRows::begin(session, Begin::Read)?;
            let result = work(&rows);
            session.roll_back();
            result
        })
    }

    /// Runs `work` and makes all of it durable, or nothing of it.
    pub(in super::super) fn write<T>(
        &self,
        mut work: impl FnMut(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        let mut unheard: Option<Unheard<T>> = None;
        let done = self.patiently(Doing::Change, |session| {
            if let Some(heard) = settle(session, &mut unheard)? {
                return Ok(heard);
            }
            let rows = ServerRows::begin(session, Begin::Write)?;
            let result = work(&rows).inspect_err(|_| session.roll_back())?;
            match rows.commit() {
                Commit::Done => Ok(result),
                Commit::Undone(fault) => {
                    session.roll_back();
                    Err(fault)
                }
                Commit::Unheard(fault) => {
                    let transaction = rows.transaction().to_owned();
                    unheard = Some(Unheard { result, transaction });
                    Err(fault)
                }
            }
        });
        done.map_err(|error| self.or_uncertain(error, unheard.is_some()))
    }

    /// Starts a transaction that stays open over many operations. Other processes cannot write until it ends.
    pub(in super::super) fn begin_group(&self) -> Result<(), VaultError> {
        let transaction = self.patiently(Doing::Change, |session| {
            let rows = ServerRows::begin(session, Begin::Write)?;
            Ok(rows.transaction().to_owned())
        })?;
        *self.group.borrow_mut() = Some(Group { transaction, is_lost: Cell::new(false) });
        Ok(())
    }

    /// Runs `work` within the open transaction: what it changes stays if it succeeds, and is undone alone if it does not.
    pub(in super::super) fn within_group<T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        self.in_group(Doing::Change, |session, group| {
            let rows = ServerRows::within(session, Begin::Item);
            let result = work(&rows);
            let is_undone = rows.end_item(result.is_ok());
            group.is_lost.set(group.is_lost.get() || is_broken(&result, is_undone));
            result
        })
    }

    /// Runs `work`, which changes nothing, within the open transaction.
    pub(in super::super) fn read_group<T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        self.in_group(Doing::Read, |session, group| {
            let result = work(&ServerRows::within(session, Begin::Read));
            group.is_lost.set(group.is_lost.get() || is_broken(&result, false));
            result
        })
    }

    /// Runs `work`, and makes everything of the open transaction durable, or nothing of it.
    pub(in super::super) fn commit_group(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<(), Fault>,
    ) -> Result<(), VaultError> {
        let ended = self.in_group(Doing::Change, |session, group| {
            if group.is_lost.get() {
                return Err(undone());
            }
            let rows = ServerRows::within(session, Begin::Read);
            work(&rows)?;
            Ok(rows.commit())
        });
        let transaction = self.group.take().map(|group| group.transaction).unwrap_or_default();
        match ended {
            Ok(Commit::Done) => Ok(()),
            Ok(Commit::Unheard(_)) => self.hear(transaction),
            Ok(Commit::Undone(fault)) => {
                self.roll_back();
                Err(self.explain(Doing::Change, fault))
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    /// Undoes everything of the open transaction.
    pub(in super::super) fn abandon_group(&self) {
        drop(self.group.take());
        self.roll_back();
    }

    /// What cannot be rolled back ends with the connection, and the server rolls it back itself.
    fn roll_back(&self) {
        if let Some(session) = self.session.borrow().as_ref() {
            session.roll_back();
        }
    }

    /// Whether a group, whose end was not heard, was made durable.
    fn hear(&self, transaction: String) -> Result<(), VaultError> {
        self.session.take();
        let mut unheard = Some(Unheard { result: (), transaction });
        let heard = self.patiently(Doing::Change, |session| settle(session, &mut unheard));
        match heard {
            Ok(Some(())) => Ok(()),
            Ok(None) => Err(self.explain(Doing::Change, undone())),
            Err(error) => Err(self.or_uncertain(error, true)),
        }
    }

    fn or_uncertain(&self, error: VaultError, is_unheard: bool) -> VaultError {
        if is_unheard { uncertain(&self.server, &error) } else { error }
    }

    /// Nothing of a group is tried again: what it did before is gone with its connection.
    fn in_group<T>(
        &self,
        doing: Doing,
        work: impl FnOnce(&Session, &Group) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        let (session, group) = (self.session.borrow(), self.group.borrow());
        let done = match (session.as_ref(), group.as_ref()) {
            (Some(session), Some(group)) => work(session, group),
            _ => Err(undone()),
        };
        done.map_err(|fault| self.explain(doing, fault))
    }

    /// Runs `work` again while others are in the way, and over another connection if this one broke; for as long as there is patience.
    /// A server that cannot be reached at first is not waited for.
    fn patiently<T>(
        &self,
        doing: Doing,
        mut work: impl FnMut(&Session) -> Result<T, Fault>,
    ) -> Result<T, VaultError> {
        let (start, mut pause) = (Instant::now(), PAUSE);
        let mut was_reached = self.session.borrow().is_some();
        loop {
            let tried = self.connected().and_then(|()| {
                was_reached = true;
                let session = self.session.borrow();
                session.as_ref().map_or(Err(Fault::Server(Trouble::Silent)), &mut work)
            });
            let fault = match tried {
                Ok(result) => return Ok(result),
                Err(fault) => fault,
            };
            let (remedy, is_starting) = match &fault {
                Fault::Server(trouble) => (trouble.remedy(), trouble.is_starting()),
                _ => (Remedy::None, false),
            };
            if remedy == Remedy::Anew {
                self.session.take();
            }
            let is_hopeless = remedy == Remedy::None || !(was_reached || is_starting);
            if is_hopeless || start.elapsed() >= PATIENCE {
                return Err(self.explain(doing, fault));
            }
            sleep(jittered(pause));
            pause = (pause * 2).min(LONGEST);
        }
    }

    fn connected(&self) -> Result<(), Fault> {
        let mut session = self.session.borrow_mut();
        if session.is_none() {
            *session = Some(Session::open(&self.server)?);
        }
        Ok(())
    }

    fn explain(&self, doing: Doing, fault: Fault) -> VaultError {
        match fault {
            Fault::Vault(error) => error,
            Fault::Damaged(what) => VaultError::damaged(&self.name, what),
            Fault::Server(trouble) => trouble.explain(&self.server, doing),
            Fault::Sql(error) => VaultError::Damaged {
                file: self.name.clone(),
                what: "a file stands where a server should",
                source: Some(error.into()),
            },
        }
    }
}

fn make(session: &Session, server: &Server, header: &[u8], state: &[u8]) -> Result<(), Fault> {
    migrate::lock(session, server)?;
    migrate::make(session, server)?;
    let sql = "INSERT INTO @header (id, content) VALUES (1, $1) ON CONFLICT DO NOTHING";
    if session.change(sql, &[(&header, Type::BYTEA)])? == 1 {
        let sql = "INSERT INTO @state (id, sealed) VALUES (1, $1)";
        session.change(sql, &[(&state, Type::BYTEA)])?;
    }
    Ok(())
}

/// What becomes of everything in a group whose connection broke.
fn undone() -> Fault {
    let what = "the connection broke, and all that was to become durable together is undone";
    Fault::Server(Trouble::Unreachable(what.into()))
}

/// Whether the server has ended the whole transaction: it does at each error that is not undone to a point before it.
fn is_broken<T>(result: &Result<T, Fault>, is_undone: bool) -> bool {
    match result {
        Err(Fault::Server(trouble)) => trouble.remedy() == Remedy::Anew || !is_undone,
        _ => false,
    }
}

/// What became of a change whose end was not heard: its result if it was done, none if there is none or it was not.
fn settle<T>(session: &Session, unheard: &mut Option<Unheard<T>>) -> Result<Option<T>, Fault> {
    let Some(change) = unheard.take() else { return Ok(None) };
    match outcome(session, &change.transaction) {
        Ok(Outcome::Done) => Ok(Some(change.result)),
        Ok(Outcome::Undone) => Ok(None),
        undecided => {
            *unheard = Some(change);
            match undecided {
                Ok(Outcome::Running) => Err(Fault::Server(Trouble::Undecided)),
                Ok(_) => Err(Fault::Damaged("the server does not remember the transaction")),
                Err(fault) => Err(fault),
            }
        }
    }
}

/// Asks the server, which remembers the end of each transaction for a long time, also of one that a crash has ended.
fn outcome(session: &Session, transaction: &str) -> Result<Outcome, Fault> {
    let sql = "SELECT pg_xact_status($1::text::xid8)";
    let row = session.row(sql, &[(&transaction, Type::TEXT)])?;
    let word: Option<String> = row.and_then(|row| row.try_get(0).ok()).unwrap_or_default();
    Ok(match word.as_deref() {
        Some("committed") => Outcome::Done,
        Some("aborted") => Outcome::Undone,
        Some("in progress") => Outcome::Running,
        _ => Outcome::Forgotten,
    })
}

/// Between half of a pause and all of it, so that those who wait for one thing do not come back together.
fn jittered(pause: Duration) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    pause / 2 + pause.mul_f64(f64::from(now.subsec_nanos() % 1000) / 2000.0)
}
