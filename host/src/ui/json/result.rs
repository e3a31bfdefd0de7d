//! What commands that write have done.

use serde::Serialize;

use super::connection::{ConnectionForm, Entry};
use crate::model::{Connection, Outcome, Removed, Written};
use crate::operations::Rehearsal;

/// The result of `create` and `update`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrote<'a> {
    outcome: &'static str,
    dry_run: &'static str,
    connection: ConnectionForm<'a>,
    differences: &'a [String],
    notes: &'a [String],
}

impl<'a> Wrote<'a> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] =
        &["outcome", "dryRun", "connection", "differences", "notes"];

    /// What was written in a backend.
    pub fn new(backend: &'a str, written: &'a Written, rehearsal: Rehearsal) -> Self {
        Self {
            outcome: word(written.outcome),
            dry_run: rehearsal_word(rehearsal),
            connection: Entry { backend, connection: &written.connection }.into(),
            differences: &written.differences,
            notes: &written.notes,
        }
    }
}

/// The result of `delete` for one connection.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deleted<'a> {
    outcome: &'static str,
    dry_run: &'static str,
    name: &'a str,
    backend: &'a str,
    removed: Vec<RemovedForm<'a>>,
}

#[derive(Serialize)]
struct RemovedForm<'a> {
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl<'a> Deleted<'a> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["outcome", "dryRun", "name", "backend", "removed"];

    /// What was removed for the connection of this name.
    pub fn new(
        backend: &'a str,
        name: &'a str,
        removed: &'a [Removed],
        rehearsal: Rehearsal,
    ) -> Self {
        let form = |removed: &'a Removed| RemovedForm {
            kind: &removed.kind,
            name: &removed.name,
            scope: removed.scope.as_deref(),
        };
        Self {
            outcome: "deleted",
            dry_run: rehearsal_word(rehearsal),
            name,
            backend,
            removed: removed.iter().map(form).collect(),
        }
    }
}

/// The result of `rotate` for one place.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotated<'a> {
    outcome: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    backend: &'a str,
    fields: &'a [String],
}

impl<'a> Rotated<'a> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["outcome", "name", "scope", "backend", "fields"];

    /// What became of these secrets of a connection.
    pub fn new(
        outcome: &'static str,
        backend: &'a str,
        connection: &'a Connection,
        fields: &'a [String],
    ) -> Self {
        let (name, scope) = (connection.name.as_str(), connection.scope.as_deref());
        Self { outcome, name, scope, backend, fields }
    }
}

/// The word for an outcome, the same for people and programs.
pub(in crate::ui) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Kept => "kept",
        Outcome::Replaced => "replaced",
        Outcome::Updated => "updated",
        Outcome::Unchanged => "unchanged",
    }
}

fn rehearsal_word(rehearsal: Rehearsal) -> &'static str {
    match rehearsal {
        Rehearsal::None => "none",
        Rehearsal::Client => "client",
        Rehearsal::Server => "server",
    }
}
