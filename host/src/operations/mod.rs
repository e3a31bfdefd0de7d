//! What a user does, independent of how it is asked for and shown.

mod adopt;
mod apply;
mod audit;
mod call_setting;
pub mod child;
mod copy;
pub mod flowfile;
mod history;
mod inspect;
mod list;
mod opened;
pub mod plugin;
mod resolve;
mod rotate;
mod schema;
pub mod sealed;
mod test;
pub mod text_file;
pub mod vault;
mod watch;
mod write;

pub use crate::runtime::Inspected;
pub use adopt::{AUTO, Adoption, Completed, adopt, complete_all};
pub use apply::{Comparison, Difference, Order, apply, apply_all, compare};
pub use audit::{
    Decided, ExportForm, audit_export, audit_list, audit_verify, record_denial, recorded,
};
pub use copy::{Original, original};
pub use history::{
    Ended, Ending, PastConnection, Undone, get_version, history, purge, take_version, undo,
};
pub use inspect::{Digest, digest, inspect, inspect_bytes};
pub use list::{Listing, list, list_all};
pub use opened::{Opened, Opening, take};
pub use resolve::resolve;
pub use rotate::{Tester, Trial, copies, replace_secrets, try_out};
pub use schema::Schema;
pub use test::{TEST_LIMIT, Tests, record, unsaved};
pub use watch::{ListChange, Watched};
pub use write::{AtRisk, Change, Input, KeptSecrets, create, preview, rehearse, review, update};

use crate::model::{CallSetting, Connection, Error, Kind, Removed, Report, SecretField};
use crate::plugins::Backend;

/// Who am I, may I, is the platform there.
pub async fn check(backend: &mut Backend, scope: Option<&str>) -> Result<Report, Error> {
    let target = backend.target(scope)?;
    backend.connector.check(&target).await
}

/// Reads one connection, without its secrets.
pub async fn get(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
) -> Result<Connection, Error> {
    let target = backend.target(scope)?;
    let found = backend.connector.get(&target, name).await;
    let found = found.map_err(|error| explain(error, backend, scope, name))?;
    write::same_name(backend, name, &found)?;
    Ok(found)
}

/// Reads one connection and who uses it, if the backend can tell.
pub async fn get_with_users(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
) -> Result<Connection, Error> {
    let mut target = backend.target(scope)?;
    // What is kept on this machine has no users elsewhere, and one more call would be a tenth of the time.
    if !backend.connector.is_local()
        && call_setting::knows(backend, &CallSetting::ShowUsers).await?
    {
        target.settings.push(CallSetting::ShowUsers.field());
    }
    let found = backend.connector.get(&target, name).await;
    let found = found.map_err(|error| explain(error, backend, scope, name))?;
    write::same_name(backend, name, &found)?;
    Ok(found)
}

/// Reads secret fields; all if none is named.
pub async fn open(backend: &mut Backend, opening: &Opening<'_>) -> Result<Vec<SecretField>, Error> {
    let Opening { scope, name, fields, .. } = *opening;
    let target = backend.target(scope)?;
    let opened = backend.connector.open(&target, name, fields).await;
    opened.map_err(|error| explain(error, backend, scope, name))
}

/// Deletes a connection, and returns everything that was removed.
pub async fn delete(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
    uses: Uses,
    rehearsal: Rehearsal,
) -> Result<Vec<Removed>, Error> {
    let mut target = backend.target(scope)?;
    target.dry_run = rehearsal == Rehearsal::Server;
    if uses == Uses::Detach {
        let what = "take a connection out of what uses it";
        call_setting::require(backend, &mut target, &CallSetting::Detach, what).await?;
    }
    match backend.connector.delete(&target, name, None).await {
        Err(error) if error.kind == Kind::InUse && uses == Uses::Keep => {
            Err(explain_use(error, backend, scope, name).await)
        }
        removed => removed.map_err(|error| explain(error, backend, scope, name)),
    }
}

/// What becomes of those who use a connection that is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Uses {
    /// They keep it: it is not deleted.
    #[default]
    Keep,
    /// It is taken out of them first.
    Detach,
}

async fn explain_use(
    error: Error,
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
) -> Error {
    match call_setting::knows(backend, &CallSetting::Detach).await {
        Ok(true) => error.hint(format!(
            "take it out of them, or let `connhub delete {name} {} --detach` do it",
            place(backend, scope)
        )),
        _ => error,
    }
}

/// How far a write goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rehearsal {
    /// It is done.
    #[default]
    None,
    /// It is checked here and not sent.
    Client,
    /// The backend checks it and writes nothing.
    Server,
}

/// Adds what a user types next to the failures that have an obvious next step.
fn explain(error: Error, backend: &Backend, scope: Option<&str>, name: &str) -> Error {
    let place = place(backend, scope);
    match error.kind {
        Kind::NotFound if error.hints.is_empty() => {
            error.hint(format!("see what there is with `connhub list {place}`"))
        }
        Kind::Exists if error.hints.is_empty() => error.hint(format!(
            "change it with `connhub update {name} {place}`, or say `--if-exists keep` or `--if-exists replace`"
        )),
        Kind::Conflict if error.hints.is_empty() => {
            error.hint("look at it again, and repeat the command if it is still what you want")
        }
        _ => explain_access(error, backend, scope),
    }
}

/// Says how to find out who is calling, where that was the failure.
fn explain_access(error: Error, backend: &Backend, scope: Option<&str>) -> Error {
    match error.kind {
        Kind::Unauthenticated | Kind::Forbidden if error.hints.is_empty() => {
            let place = place(backend, scope);
            error.hint(format!("`connhub check {place}` shows who you are and what you may do"))
        }
        _ => error,
    }
}

fn place(backend: &Backend, scope: Option<&str>) -> String {
    let scope = scope.map(|scope| format!(" -n {scope}")).unwrap_or_default();
    format!("--backend {}{scope}", backend.name)
}
