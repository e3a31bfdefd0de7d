//! The versions of a connection.

use jiff::Timestamp;
use serde::Serialize;

use crate::operations::{Ended, PastConnection};

/// The versions of a connection that are kept.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryForm<'a> {
    /// The name of the connection.
    pub name: &'a str,
    /// The folder or project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<&'a str>,
    /// The backend.
    pub backend: &'a str,
    /// The oldest first.
    pub items: Vec<VersionForm<'a>>,
}

/// One version.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionForm<'a> {
    /// Its number.
    pub version: u64,
    /// `current`, `replaced` or `deleted`.
    pub state: &'static str,
    /// The type.
    #[serde(rename = "type")]
    pub type_name: &'a str,
    /// When it was written, if the connector says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_at: Option<&'a str>,
    /// When it was replaced or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The fields that differ from the version before it.
    pub changed: &'a [String],
}

impl<'a> HistoryForm<'a> {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] =
        &["version", "state", "type", "writtenAt", "endedAt", "changed"];

    /// The versions of a connection.
    pub fn new(backend: &'a str, name: &'a str, past: &'a [PastConnection]) -> Self {
        let scope = past.last().and_then(|last| last.connection.scope.as_deref());
        Self { name, scope, backend, items: past.iter().map(version).collect() }
    }
}

fn version(past: &PastConnection) -> VersionForm<'_> {
    let ended_at = past.ending.and_then(|ending| {
        let seconds = i64::try_from(ending.at).ok()?;
        Some(Timestamp::from_second(seconds).ok()?.to_string())
    });
    VersionForm {
        version: past.number,
        state: match past.ending.map(|ending| ending.how) {
            None => "current",
            Some(Ended::Replaced) => "replaced",
            Some(Ended::Removed) => "deleted",
        },
        type_name: &past.connection.type_name,
        written_at: past.connection.updated_at.as_deref(),
        ended_at,
        changed: &past.changed,
    }
}
