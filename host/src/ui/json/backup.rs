//! The first and the last line of a backup.

use serde::Serialize;

/// What a backup is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupHead {
    /// Of the form of the lines.
    pub version: u32,
    /// RFC 3339.
    pub created_at: String,
}

/// How many connections stand before.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupEnd {
    /// The number.
    pub connections: usize,
}
