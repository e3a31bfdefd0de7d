//! What other programs keep their connections in, read as connections of ours.
//!
//! One file per format: text in, entries out, with the line of what is wrong. No input, no output, and nothing of the source is changed.
//! What a program calls the fields of a connection is data: the files of `host/imports`.

mod address;
mod airflow;
mod aws;
mod backup;
mod dbt;
mod dotenv;
mod flowfile;
mod ini;
mod names;
mod rclone;
mod record;
mod rules;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod variables;

use std::path::PathBuf;

use crate::model::{Draft, Error};

pub use airflow::{
    VARIABLE_PREFIX as AIRFLOW_PREFIX, of_text as airflow, of_variables as airflow_variables,
};
pub use aws::{File as AwsFile, read as aws};
pub use backup::{
    LINE_LIMIT as BACKUP_LINE_LIMIT, Reading as BackupReading, VERSION as BACKUP_VERSION,
};
pub use dbt::read as dbt;
pub use dotenv::read as dotenv;
pub use flowfile::{
    Key as FlowfileKey, Row as FlowfileRow, SECRETS as FLOWFILE_SECRETS, TABLES as FLOWFILE_TABLES,
    read as flowfile,
};
pub use names::derived;
pub use rclone::{
    Wrong as WrongPassword, is_encrypted as is_rclone_encrypted, opened as rclone_opened,
    read as rclone,
};

/// A text and what messages call it.
#[derive(Clone, Copy)]
pub struct Text<'t> {
    /// The path, or `stdin`.
    pub name: &'t str,
    /// What it holds.
    pub text: &'t str,
}

impl<'t> Text<'t> {
    /// The text without the mark with which some editors begin UTF-8.
    fn plain(&self) -> &'t str {
        self.text.strip_prefix('\u{feff}').unwrap_or(self.text)
    }

    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.name)
    }

    /// What is wrong in a line. What stands there is not repeated: it may be a secret.
    fn fault(&self, line: usize, what: &str) -> Error {
        Error::invalid(format!("{}: {what}", self.place(line)))
    }
}

/// What a source holds, in its order.
#[derive(Debug, Default)]
pub struct Found {
    /// Its connections, and what could be one and is none.
    pub entries: Vec<Entry>,
    /// What to know about the source as a whole.
    pub remarks: Vec<String>,
}

/// One thing that a source holds.
#[derive(Debug)]
pub struct Entry {
    /// What the source calls it.
    pub source: String,
    /// Where it stands: `FILE:LINE`.
    pub place: String,
    /// What it is to us.
    pub content: Content,
    /// What of it is not taken over, and why.
    pub remarks: Vec<String>,
}

/// What an entry is to us.
#[derive(Debug)]
pub enum Content {
    /// A connection.
    Connection(Box<Imported>),
    /// Nothing that could be stored, and why.
    Skipped(String),
    /// A connection of which something is missing or damaged, and what.
    Broken(String),
}

/// A connection that was found.
#[derive(Debug, Default)]
pub struct Imported {
    /// The connection.
    pub draft: Draft,
    /// Fields whose values are in files, which nobody has read yet.
    pub files: Vec<FieldFile>,
    /// The backend that it came from, for a backup.
    pub backend: Option<String>,
    /// The scope that it came from, for a backup.
    pub scope: Option<String>,
}

/// A field whose value is in a file.
#[derive(Debug)]
pub struct FieldFile {
    /// The canonical name of the field.
    pub field: String,
    /// As the source has it; a relative path starts where the program that wrote it is run.
    pub path: PathBuf,
}

impl Found {
    /// Entries in the order of their lines.
    fn in_order(mut entries: Vec<(usize, Entry)>) -> Self {
        entries.sort_by_key(|(line, _)| *line);
        let entries = entries.into_iter().map(|(_, entry)| entry).collect();
        Self { entries, remarks: Vec::new() }
    }
}

impl Entry {
    fn skipped(source: &str, place: String, why: impl Into<String>) -> Self {
        let content = Content::Skipped(why.into());
        Self { source: source.to_owned(), place, content, remarks: Vec::new() }
    }

    fn broken(source: &str, place: String, what: impl Into<String>) -> Self {
        let content = Content::Broken(what.into());
        Self { source: source.to_owned(), place, content, remarks: Vec::new() }
    }
}
