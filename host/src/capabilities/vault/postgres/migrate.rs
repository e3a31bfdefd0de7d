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
}

/// All steps, the oldest first. A step that was released is never changed: a new one follows it.
const STEPS: [Step; 2] = [
    Step {
        number: 1,
        up: include_str!("migrations/1_up.sql"),
        down: include_str!("migrations/1_down.sql"),
    },
    Step {
        number: 2,
        up: include_str!("migrations/2_up.sql"),
        down: include_str!("migrations/2_down.sql"),
    },
];

/// The step that this program works with.
const NEWEST: i32 = STEPS[STEPS.len() - 1].number;

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
pub(super) fn up(session: &Session, server: &Server) -> Result<(), Fault> {
    if !has_schema(session, server)? {
        session.run(&format!("CREATE SCHEMA {}", quoted(&server.schema)))?;
    }
    session.run(
        "CREATE TABLE IF NOT EXISTS @migration (number integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())",
    )?;
    let done = number(session)?;
    check(done, server)?;
    for step in STEPS.iter().filter(|step| step.number > done) {
        session.run(step.up)?;
        let sql = "INSERT INTO @migration (number) VALUES ($1)";
        session.change(sql, &[(&step.number, Type::INT4)])?;
    }
    Ok(())
}

/// Undoes all steps, and does them again.
#[cfg(test)]
pub(in super::super) fn check_steps(server: &Server) -> Result<(), Fault> {
    let session = Session::open(server)?;
    down(&session, 0)?;
    assert_eq!(number(&session)?, 0, "all steps are undone");
    up(&session, server)?;
    assert_eq!(number(&session)?, NEWEST);
    Ok(())
}

/// Undoes the steps behind `to`, the newest first, within an open transaction.
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "no command undoes a step: there is no older program that would need it"
    )
)]
pub(super) fn down(session: &Session, to: i32) -> Result<(), Fault> {
    let done = number(session)?;
    for step in STEPS.iter().rev().filter(|step| step.number > to && step.number <= done) {
        session.run(step.down)?;
        session
            .change("DELETE FROM @migration WHERE number = $1", &[(&step.number, Type::INT4)])?;
    }
    Ok(())
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

fn number(session: &Session) -> Result<i32, Fault> {
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
