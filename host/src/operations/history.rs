//! What connections were: their versions, and the way back to one.

use std::collections::BTreeSet;

use super::{Opened, Rehearsal, explain};
use crate::model::{Connection, Draft, Error, Field, IfExists, Kind, Removed, Target, Written};
use crate::plugins::{At, Backend, Version};

pub use crate::plugins::{Ended, Ending};

/// A connection as it was, or is.
#[derive(Debug)]
pub struct PastConnection {
    /// The number of the version.
    pub number: u64,
    /// When and how it ended; none for the connection as it is.
    pub ending: Option<Ending>,
    /// What differs from the version before it, among those that are kept: names of fields, in alphabetical order.
    pub changed: Vec<String>,
    /// What is visible of it.
    pub connection: Connection,
}

/// What brought a version back.
#[derive(Debug)]
pub struct Undone {
    /// The version that was brought back.
    pub version: u64,
    /// What became of the connection.
    pub written: Written,
}

/// The versions of a connection that are kept, the oldest first. It may be deleted.
///
/// # Errors
/// The backend keeps no history, there was no such connection, or what else the backend says.
pub async fn history(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
) -> Result<Vec<PastConnection>, Error> {
    check_history(backend)?;
    let target = backend.target(scope)?;
    let versions = backend.connector.versions(&target, name).await;
    let versions = versions.map_err(|error| explain(error, backend, scope, name))?;
    let mut past: Vec<PastConnection> = Vec::with_capacity(versions.len());
    for Version { number, ending, changed_secrets } in versions {
        let connection = backend.connector.get_at(&target, name, At::Version(number)).await?;
        let changed = match past.last() {
            Some(before) => changed(&before.connection, &connection, changed_secrets),
            None => Vec::new(),
        };
        past.push(PastConnection { number, ending, changed, connection });
    }
    Ok(past)
}

/// Reads one version of a connection.
///
/// # Errors
/// The backend keeps no history, or there is no such version.
pub async fn get_version(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
    number: u64,
) -> Result<Connection, Error> {
    check_history(backend)?;
    let target = backend.target(scope)?;
    match backend.connector.get_at(&target, name, At::Version(number)).await {
        Err(error) if error.kind == Kind::NotFound => {
            backend.connector.versions(&target, name).await.map_err(|_| error)?;
            Err(no_version(backend, scope, name, number))
        }
        result => result,
    }
}

/// Reads one version of a connection, with its secrets.
///
/// # Errors
/// Those of [`get_version`], and what the backend says.
pub async fn take_version(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
    number: u64,
) -> Result<Opened, Error> {
    let connection = get_version(backend, scope, name, number).await?;
    let secrets = match connection.secret_names.is_empty() {
        true => Vec::new(),
        false => {
            let target = backend.target(scope)?;
            backend.connector.open_at(&target, name, At::Version(number)).await?
        }
    };
    Ok(Opened { backend: backend.name.clone(), connection, secrets })
}

/// Brings a version of a connection back: the one of this number, or the one before what it is now. That is a change like any other, and the next
/// one to be undone.
///
/// # Errors
/// The backend keeps no history, there is nothing to bring back, or what else the backend says.
pub async fn undo(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
    number: Option<u64>,
    rehearsal: Rehearsal,
) -> Result<Undone, Error> {
    check_history(backend)?;
    let target = Target { dry_run: rehearsal != Rehearsal::None, ..backend.target(scope)? };
    let versions = backend.connector.versions(&target, name).await;
    let versions = versions.map_err(|error| explain(error, backend, scope, name))?;
    let version = match number {
        Some(number) if versions.iter().any(|version| version.number == number) => number,
        Some(number) => return Err(no_version(backend, scope, name, number)),
        None => {
            let past = versions.iter().rev().find(|version| version.ending.is_some());
            past.ok_or_else(|| nothing_before(backend, name))?.number
        }
    };
    let is_deleted = versions.last().is_none_or(|version| version.ending.is_some());
    let opened = take_version(backend, scope, name, version).await?;
    // Somebody may have taken the name of a deleted connection meanwhile.
    let if_exists = if is_deleted { IfExists::Fail } else { IfExists::Replace };
    let written = backend.connector.create(&target, &draft(opened), if_exists).await;
    let written = written.map_err(|error| explain(error, backend, scope, name))?;
    Ok(Undone { version, written })
}

/// Deletes a connection with all of its versions, or the versions of one that is deleted.
///
/// # Errors
/// The backend keeps no history, or what else it says.
pub async fn purge(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
    rehearsal: Rehearsal,
) -> Result<Vec<Removed>, Error> {
    check_history(backend)?;
    let target = backend.target(scope)?;
    if rehearsal != Rehearsal::None {
        let last = backend.connector.get_at(&target, name, At::Last).await;
        let last = last.map_err(|error| explain(error, backend, scope, name))?;
        let kind = "connection".to_owned();
        return Ok(vec![Removed { kind, name: last.name, scope: last.scope }]);
    }
    let purged = backend.connector.purge(&target, name).await;
    purged.map_err(|error| explain(error, backend, scope, name))
}

/// Only what is in the local store has a past.
fn check_history(backend: &Backend) -> Result<(), Error> {
    if backend.connector.is_local() {
        return Ok(());
    }
    Err(Error::invalid(format!("backend `{}` keeps no past versions of connections", backend.name))
        .hint("only backends whose connector keeps its connections in the local store do"))
}

fn no_version(backend: &Backend, scope: Option<&str>, name: &str, number: u64) -> Error {
    let place = super::place(backend, scope);
    Error::new(Kind::NotFound, format!("`{name}` has no version {number}"))
        .hint(format!("`connhub history {name} {place}` shows those that are kept"))
}

fn nothing_before(backend: &Backend, name: &str) -> Error {
    let error =
        Error::new(Kind::NotFound, format!("no version of `{name}` before this one is kept"));
    error.hint(format!(
        "backend `{}` keeps as many versions as `history` in `[vault]` of plugins.toml says",
        backend.name
    ))
}

fn draft(opened: Opened) -> Draft {
    let Opened { connection, secrets, .. } = opened;
    Draft {
        name: connection.name,
        type_name: connection.type_name,
        fields: connection.fields,
        secrets,
        display_name: connection.display_name,
        description: connection.description,
        labels: connection.labels,
    }
}

/// The names of what differs, secrets included.
fn changed(before: &Connection, after: &Connection, secrets: Vec<String>) -> Vec<String> {
    let mut names: BTreeSet<String> = secrets.into_iter().collect();
    let differs = |one: &[Field], other: &[Field]| {
        let only_here = one.iter().filter(|field| !other.contains(field));
        only_here.map(|field| field.name.clone()).collect::<Vec<_>>()
    };
    names.extend(differs(&before.fields, &after.fields));
    names.extend(differs(&after.fields, &before.fields));
    for (name, is_changed) in [
        ("type", before.type_name != after.type_name),
        ("display_name", before.display_name != after.display_name),
        ("description", before.description != after.description),
        ("labels", before.labels != after.labels),
    ] {
        if is_changed {
            names.insert(name.to_owned());
        }
    }
    names.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Label;

    fn lake(bucket: &str) -> Connection {
        let field =
            |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
        Connection {
            type_name: "s3".to_owned(),
            fields: vec![field("bucket", bucket), field("region", "eu")],
            ..Connection::default()
        }
    }

    #[test]
    fn what_changed_is_named_and_nothing_else() {
        let check = |after: &Connection, secrets: &[&str], expected: &[&str]| {
            let secrets = secrets.iter().map(ToString::to_string).collect();
            assert_eq!(changed(&lake("raw"), after, secrets), expected);
        };
        check(&lake("raw"), &[], &[]);
        check(&lake("gold"), &["secret_access_key"], &["bucket", "secret_access_key"]);
        let mut other = lake("raw");
        other.fields.pop();
        other.labels = vec![Label { key: "env".to_owned(), value: "prod".to_owned() }];
        other.description = Some("mine".to_owned());
        check(&other, &[], &["description", "labels", "region"]);
        check(&Connection { type_name: "gcs".to_owned(), ..lake("raw") }, &[], &["type"]);
        check(&lake("gold"), &["bucket"], &["bucket"]);
    }
}
