//! The local store as a whole.

use std::path::Path;

use serde::Serialize;

use crate::model::Error;
use crate::operations::vault::{KeyKind, KeyState, Status};

/// What can be said of the local store.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultStatus {
    /// `open`, `unlocked`, `locked`, `failed`, or `absent`.
    pub state: &'static str,
    /// The folder of the store.
    pub folder: String,
    /// The kind of place that its key is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'static str>,
    /// How many records it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// How many past versions of records it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<u64>,
    /// How many bytes its file has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The version of its tables, if it is on a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<i32>,
    /// What tells it from other stores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why it does not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl VaultStatus {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] =
        &["state", "folder", "key", "records", "versions", "bytes", "tables", "id", "message"];

    /// The form of a store, or of a folder without one.
    pub fn new(folder: &Path, found: Option<&Status>, failed: Option<&Error>) -> Self {
        Self {
            state: found.map_or("absent", |status| state_word(&status.key)),
            folder: folder.display().to_string(),
            key: found.map(|status| key_kind_word(status.kind)),
            records: found.map(|status| status.records),
            versions: found.map(|status| status.versions),
            bytes: found.map(|status| status.bytes),
            tables: found.and_then(|status| status.tables),
            id: found.map(|status| status.id.clone()),
            message: failed.map(|error| error.message.clone()),
        }
    }
}

fn state_word(state: &KeyState) -> &'static str {
    match state {
        KeyState::Opens => "open",
        KeyState::Unlocked => "unlocked",
        KeyState::Locked => "locked",
        KeyState::Fails(_) => "failed",
    }
}

/// The word for a kind of place, as in `[vault]`.
pub fn key_kind_word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Keyring => "keyring",
        KeyKind::File => "file",
        KeyKind::Passphrase => "passphrase",
        KeyKind::Command => "command",
        KeyKind::Members => "members",
    }
}

/// What was done to the local store.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultResult {
    /// `locked`, `unlocked`, `verified`, `rotated`, `written`, `restored`, `cleared`, `created`, `present`, `absent`, `removed`, `recovered`,
    /// `added`, `changed`, `migrated`, `planned`, `initialized`, or `unchanged`.
    pub outcome: &'static str,
    /// How many records were opened or sealed anew, or how many past versions were removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where the store is that was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// For whom the recovery key is, or the public key of a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The kind of place that the master key was in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'static str>,
    /// The kind of place that it is in now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'static str>,
    /// The member whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// What the member may do, or might.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<&'static str>,
    /// The member's role in the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The version of the tables, or the one that they would have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<i32>,
    /// The version that they had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables_before: Option<i32>,
    /// What goes with the versions that are left behind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<&'static str>,
}

impl VaultResult {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &[
        "outcome",
        "records",
        "file",
        "before",
        "recipient",
        "from",
        "to",
        "member",
        "right",
        "role",
        "tables",
        "tablesBefore",
        "losses",
    ];

    /// A result that is nothing but a word.
    pub fn of(outcome: &'static str) -> Self {
        Self { outcome, ..Self::default() }
    }
}
