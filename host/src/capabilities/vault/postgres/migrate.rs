//! The tables of a store on a server, and how they came about: numbered steps, each of which can be undone.

use tokio_postgres::types::Type;

use super::super::database::Fault;
use super::super::error::VaultError;
use super::place::Server;
use super::session::Session;
use super::trouble::quoted;

/// One step.
struct Step {
    number: i32,
    up: &'static str,
    down: &'static str,
    /// What is gone once it is undone, for the person who is asked.
    loss: &'static str,
}

/// All steps, the oldest first. A step that was released is never changed: a new one follows it.
const STEPS: [Step; 2] = [
    Step {
        number: 1,
        up: include_str!("migrations/1_up.sql"),
        down: include_str!("migrations/1_down.sql"),
        loss: "the store",
    },
    Step {
        number: 2,
        up: include_str!("migrations/2_up.sql"),
        down: include_str!("migrations/2_down.sql"),
        loss: "row-level security, and the list of which role may do what: roles keep the grants that they have, and from then on only the role that \
               owns the tables changes them, by hand",
    },
];

/// The step that this program works with.
pub(in super::super) const NEWEST: i32 = STEPS[STEPS.len() - 1].number;

/// The step that a store needs. It made the tables that records are in, so it is not undone while there is a store.
pub(in super::super) const OLDEST: i32 = 1;

/// The first step at which the server keeps the rights of roles.
pub(in super::super) const ROLES: i32 = 2;

/// What is in a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No tables of ours, or none with a store in them.
    Nothing,
    /// A store.
    Store,
}

/// Looks whether there is a store, in one round trip.
///
/// # Errors
/// The tables are those of a newer program.
pub(super) fn look(session: &Session, server: &Server) -> Result<Found, Fault> {
    let sql = "SELECT (SELECT max(number) FROM @migration), EXISTS (SELECT 1 FROM @header)";
    let row = match session.row(sql, &[]) {
        Err(Fault::Server(trouble)) if trouble.is_absence() => return Ok(Found::Nothing),
        row => row?.ok_or(UNREADABLE)?,
    };
    let number: Option<i32> = row.try_get(0).map_err(|_| UNREADABLE)?;
    let is_there: bool = row.try_get(1).map_err(|_| UNREADABLE)?;
    check(number.unwrap_or(0), server)?;
    Ok(if is_there { Found::Store } else { Found::Nothing })
}

/// Makes the schema and its tables as far as they are not there, within an open transaction that nobody else has at this place.
///
/// # Errors
/// The user may not, or the tables are those of a newer program.
pub(super) fn make(session: &Session, server: &Server) -> Result<(), Fault> {
    if !has_schema(session, server)? {
        session.run(&format!("CREATE SCHEMA {}", quoted(&server.schema)))?;
    }
    session.run(
        "CREATE TABLE IF NOT EXISTS @migration (number integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())",
    )?;
    let done = number(session)?;
    check(done, server)?;
    up(session, done, NEWEST)
}

/// Brings the tables of a store from a step to another one, within an open transaction.
///
/// # Errors
/// The user may not, or the tables are at neither of them.
pub(super) fn bring(session: &Session, server: &Server, from: i32, to: i32) -> Result<(), Fault> {
    lock(session, server)?;
    // What all who use the store take first: whoever is at work ends, and nobody waits for this one who holds something that it needs.
    session.run("LOCK TABLE @state IN ACCESS EXCLUSIVE MODE")?;
    let done = number(session)?;
    check(done, server)?;
    if done != from && done != to {
        let what = format!(
            "the tables of `{server}` have version {done} by now, not {from}; run it again"
        );
        return Err(VaultError::Invalid { what }.into());
    }
    up(session, done, to)?;
    down(session, done, to)
}

/// What is gone after the way from one step to another, the newest first.
pub(in super::super) fn losses(from: i32, to: i32) -> Vec<&'static str> {
    undone(from, to).map(|step| step.loss).collect()
}

/// Undoes all steps, and does them again.
#[cfg(test)]
pub(in super::super) fn check_steps(server: &Server) -> Result<(), Fault> {
    let session = Session::open(server)?;
    down(&session, number(&session)?, 0)?;
    assert_eq!(number(&session)?, 0, "all steps are undone");
    make(&session, server)?;
    assert_eq!(number(&session)?, NEWEST);
    Ok(())
}

fn up(session: &Session, done: i32, to: i32) -> Result<(), Fault> {
    for step in STEPS.iter().filter(|step| step.number > done && step.number <= to) {
        session.run(step.up)?;
        let sql = "INSERT INTO @migration (number) VALUES ($1)";
        session.change(sql, &[(&step.number, Type::INT4)])?;
    }
    Ok(())
}

fn down(session: &Session, done: i32, to: i32) -> Result<(), Fault> {
    for step in undone(done, to) {
        session.run(step.down)?;
        session
            .change("DELETE FROM @migration WHERE number = $1", &[(&step.number, Type::INT4)])?;
    }
    Ok(())
}

/// The steps that are undone on the way from one to another, the newest first.
fn undone(from: i32, to: i32) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().rev().filter(move |step| step.number > to && step.number <= from)
}

/// Keeps others from making the same schema at the same time, until the transaction ends.
pub(super) fn lock(session: &Session, server: &Server) -> Result<(), Fault> {
    let name = format!("connhub {}", server.schema);
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    session.row(sql, &[(&name, Type::TEXT)]).map(drop)
}

fn has_schema(session: &Session, server: &Server) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
    Ok(session.row(sql, &[(&server.schema, Type::TEXT)])?.is_some())
}

/// The step that the tables are at.
pub(super) fn number(session: &Session) -> Result<i32, Fault> {
    let row = session.row("SELECT max(number) FROM @migration", &[])?.ok_or(UNREADABLE)?;
    let number: Option<i32> = row.try_get(0).map_err(|_| UNREADABLE)?;
    Ok(number.unwrap_or(0))
}

fn check(number: i32, server: &Server) -> Result<(), Fault> {
    if number <= NEWEST {
        return Ok(());
    }
    Err(Fault::Vault(VaultError::Unsupported {
        store: server.to_string().into(),
        version: u64::try_from(number).unwrap_or_default(),
        supported: u64::try_from(NEWEST).unwrap_or_default(),
    }))
}

const UNREADABLE: Fault = Fault::Damaged("its tables are not those that were made");
