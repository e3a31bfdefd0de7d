//! A connection, and waiting for what the server answers.
//!
//! There may be a pooler in front of the server, which gives a client another session of the server for each transaction. So nothing is left behind in a
//! session at the end of a transaction: what is set is set for one, a lock is held by one, and statements are prepared within one.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Builder, Thread};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, RowStream, Statement};

use super::super::database::{Fault, PATIENCE};
use super::link;
use super::place::Server;
use super::trouble::{Trouble, quoted};
use crate::model::Secret;

/// What the answer to a lock may take beyond what the lock is waited for.
const MARGIN: Duration = Duration::from_secs(5);

/// How long a farewell is waited for. Without it the server only notes that the connection broke.
const FAREWELL: Duration = Duration::from_millis(100);

/// What is bound to a statement.
pub(super) type Values<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

/// An open connection, logged in. It has a thread of its own, which ends with it.
pub(in super::super) struct Session {
    /// Taken when the session ends.
    client: Option<Client>,
    ended: Receiver<()>,
    /// The schema as SQL takes it.
    schema: String,
    limit: Duration,
    /// What is said at the beginning of each transaction.
    settings: String,
    is_in_transaction: Cell<bool>,
    /// Those of the open transaction.
    statements: RefCell<HashMap<&'static str, Known>>,
}

/// What is known of a statement in a transaction. One that is used once costs one round trip; from the second time on it is prepared.
#[derive(Clone)]
enum Known {
    Seen,
    Prepared(Statement),
}

impl Session {
    /// Connects and logs in.
    pub(in super::super) fn open(server: &Server) -> Result<Self, Fault> {
        let password = link::password(server)?;
        let (tell, told) = sync_channel(1);
        let (end, ended) = sync_channel(1);
        let place = server.clone();
        let started = Builder::new()
            .name("vault-server".to_owned())
            .spawn(move || serve(&place, password.as_ref(), &tell, &end));
        started.map_err(|error| Trouble::Unreachable(error.into()))?;
        let limit = server.connect_limit + MARGIN;
        let client = told.recv_timeout(limit).map_err(|_| Trouble::Silent)??;
        Ok(Self {
            client: Some(client),
            ended,
            schema: quoted(&server.schema),
            limit: server.answer_limit.max(PATIENCE) + MARGIN,
            settings: settings(server),
            is_in_transaction: Cell::new(false),
            statements: RefCell::default(),
        })
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("it is taken when the session ends")
    }

    /// A statement in which `@` stands for the schema.
    pub(super) fn named(&self, sql: &str) -> String {
        sql.replace('@', &format!("{}.", self.schema))
    }

    /// Begins a transaction, before whatever is sent next, and does not wait for it.
    pub(super) fn begin(&self, how: &str) {
        self.is_in_transaction.set(true);
        self.send(&format!("BEGIN ISOLATION LEVEL {how}; {}", self.settings));
    }

    /// Undoes the open transaction, if there is one, before whatever is sent next, and does not wait for it.
    pub(super) fn roll_back(&self) {
        self.leave();
        self.send("ROLLBACK");
    }

    /// Makes everything of the open transaction durable.
    pub(super) fn commit(&self) -> Result<(), Fault> {
        self.leave();
        self.run("COMMIT")
    }

    /// Has the server forget what was prepared, while the transaction is still open.
    fn leave(&self) {
        self.is_in_transaction.set(false);
        self.statements.borrow_mut().clear();
    }

    /// Runs statements without values, and waits for them.
    pub(in super::super) fn run(&self, sql: &str) -> Result<(), Fault> {
        self.wait(self.client().batch_execute(&self.named(sql)))?.map_err(said)
    }

    /// Sends statements without values, before whatever is sent next, and does not wait for them.
    pub(super) fn send(&self, sql: &str) {
        let sql = self.named(sql);
        let mut sent = pin!(self.client().batch_execute(&sql));
        // The first look at it sends it.
        let _ = sent.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }

    /// Runs a statement, and gives its rows one by one as they come.
    pub(super) fn each(
        &self,
        sql: &'static str,
        values: Values<'_>,
        mut work: impl FnMut(&Row) -> Result<bool, Fault>,
    ) -> Result<u64, Fault> {
        let mut rows = pin!(self.start(sql, values)?);
        while let Some(row) = self.wait(rows.next())? {
            // Whoever has enough leaves the rest to the thread, which throws it away.
            if !work(&row.map_err(said)?)? {
                return Ok(0);
            }
        }
        Ok(rows.rows_affected().unwrap_or_default())
    }

    /// The only row that a statement gives; none if it gives none.
    pub(super) fn row(&self, sql: &'static str, values: Values<'_>) -> Result<Option<Row>, Fault> {
        let mut rows = pin!(self.start(sql, values)?);
        let mut found = None;
        while let Some(row) = self.wait(rows.next())? {
            found = Some(row.map_err(said)?);
        }
        Ok(found)
    }

    /// Runs a statement that gives no rows. Returns how many it changed.
    pub(super) fn change(&self, sql: &'static str, values: Values<'_>) -> Result<u64, Fault> {
        self.each(sql, values, |_| Ok(true))
    }

    /// Runs a change and then ends the transaction, in one round trip. The first error is that of the change, the second that of the end.
    pub(super) fn change_and_commit(
        &self,
        sql: &str,
        values: Values<'_>,
    ) -> (Result<u64, Fault>, Result<(), Fault>) {
        self.leave();
        let sql = self.named(sql);
        let both = futures_util::future::join(
            self.client().execute_typed(&sql, values),
            self.client().batch_execute("COMMIT"),
        );
        match self.wait(both) {
            Ok((changed, ended)) => (changed.map_err(said), ended.map_err(said)),
            // Nobody knows what became of the end.
            Err(fault) => (Ok(1), Err(fault)),
        }
    }

    fn start(&self, sql: &'static str, values: Values<'_>) -> Result<RowStream, Fault> {
        if !self.is_in_transaction.get() {
            return self.start_once(sql, values);
        }
        let known = self.statements.borrow().get(sql).cloned();
        let statement = match known {
            Some(Known::Prepared(statement)) => statement,
            Some(Known::Seen) => {
                let types: Vec<Type> = values.iter().map(|(_, is)| is.clone()).collect();
                let text = self.named(sql);
                let prepared = self.wait(self.client().prepare_typed(&text, &types))?;
                let prepared = prepared.map_err(said)?;
                self.statements.borrow_mut().insert(sql, Known::Prepared(prepared.clone()));
                prepared
            }
            None => {
                self.statements.borrow_mut().insert(sql, Known::Seen);
                return self.start_once(sql, values);
            }
        };
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|(value, _)| *value).collect();
        self.wait(self.client().query_raw(&statement, values))?.map_err(said)
    }

    /// Runs a statement that nothing is kept of.
    fn start_once(&self, sql: &str, values: Values<'_>) -> Result<RowStream, Fault> {
        let (text, values) = (self.named(sql), values.iter().map(|(v, is)| (*v, is.clone())));
        self.wait(self.client().query_typed_raw(&text, values))?.map_err(said)
    }

    fn wait<F: Future>(&self, future: F) -> Result<F::Output, Fault> {
        wait(future, self.limit).ok_or(Fault::Server(Trouble::Silent))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.client.take());
        match self.ended.recv_timeout(FAREWELL) {
            Ok(()) | Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => {}
        }
    }
}

/// What the server keeps to in a transaction, should this program not be heard of again. A single statement outside of one waits for nobody but
/// a migration, and this program gives up on its own.
fn settings(server: &Server) -> String {
    // The server takes no more than 31 bits.
    let answer = (server.answer_limit.max(PATIENCE).as_millis() + 1000).min(i32::MAX as u128);
    format!(
        "SET LOCAL statement_timeout = {answer}; SET LOCAL lock_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = {}",
        PATIENCE.as_millis(),
        Duration::from_secs(300).as_millis(),
    )
}

fn said(error: tokio_postgres::Error) -> Fault {
    Fault::Server(Trouble::Said(error))
}

/// The thread of a connection: it connects, and moves bytes until the session ends.
fn serve(
    server: &Server,
    password: Option<&Secret>,
    tell: &SyncSender<Result<Client, Trouble>>,
    end: &SyncSender<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(tell.send(Err(Trouble::Unreachable(error.into())))),
    };
    runtime.block_on(async {
        let connecting = link::connect(server, password);
        match tokio::time::timeout(server.connect_limit, connecting).await {
            Ok(Ok((client, connection))) => {
                if tell.send(Ok(client)).is_ok() {
                    // How it ends, the next statement says.
                    let _ = connection.await;
                }
            }
            Ok(Err(trouble)) => drop(tell.send(Err(trouble))),
            Err(_) => drop(tell.send(Err(Trouble::Silent))),
        }
    });
    let _ = end.send(());
}

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for what comes from the other thread; none if it does not come in time. This is no place of a runtime, on whatever thread it is.
fn wait<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let until = Instant::now() + limit;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        thread::park_timeout(until.checked_duration_since(Instant::now())?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_come_is_not_waited_for_without_end() {
        assert_eq!(wait(std::future::pending::<()>(), Duration::from_millis(1)), None);
        assert_eq!(wait(std::future::ready(7), Duration::ZERO), Some(7));
    }
}
