//! What was done and by whom: recording changes that concern no connection, and reading the records back.

use std::io::Write;
use std::path::Path;

use crate::audit::{
    self, ConnectorId, Entry, Filter, Place, Record, Report, Selected, Trail, verify, verify_file,
};
use crate::model::{Error, Kind};
use crate::scrub::Scrubber;

/// One change of what may run: which connector, and what became of it in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The connector; none if the change is not about one alone.
    pub connector: Option<ConnectorId>,
    /// Such as `locked` or `removed`.
    pub did: &'static str,
}

impl Decided {
    /// What became of one connector. `signers` are the ids of the keys that signed it.
    pub fn about(
        name: &str,
        sha256: Option<String>,
        signers: Vec<String>,
        did: &'static str,
    ) -> Self {
        Self { connector: Some(ConnectorId { name: name.to_owned(), sha256, signers }), did }
    }
}

/// Does something that decides what may run, and leaves a record for each connector that it concerned. What changed nothing leaves none,
/// unless it was refused.
///
/// # Errors
/// What `work` says, or the audit is required and cannot be written; then nothing was done.
pub fn recorded<T>(
    trail: &Trail,
    operation: &str,
    work: impl FnOnce() -> Result<T, Error>,
    decided: impl FnOnce(&T) -> Vec<Decided>,
) -> Result<T, Error> {
    let scrubber = Scrubber::default();
    let entry = trail.begin(&Record::of(operation), &scrubber)?;
    let result = work();
    match &result {
        Ok(done) => {
            let decided = decided(done);
            if decided.is_empty() && entry.was_announced() {
                let mut record = Record::of(operation);
                record.end(None, "unchanged");
                trail.end(entry, record, &scrubber);
            }
            for Decided { connector, did } in decided {
                let mut record = Record { connector, ..Record::of(operation) };
                record.end(None, did);
                trail.end(entry, record, &scrubber);
            }
        }
        Err(error) => {
            let mut record = Record::of(operation);
            record.end(Some(error), "");
            trail.end(entry, record, &scrubber);
        }
    }
    result
}

/// Leaves a record of a refusal, and of nothing else.
pub fn record_denial(trail: &Trail, operation: &str, error: &Error) {
    if error.kind == Kind::Refused {
        let mut record = Record::of(operation);
        record.end(Some(error), "");
        trail.end(Entry::now(), record, &Scrubber::default());
    }
}

/// The newest records that a filter wants.
///
/// # Errors
/// The log cannot be read.
pub fn audit_list(place: &Place, filter: &Filter, limit: Option<usize>) -> Result<Selected, Error> {
    audit::select(place, filter, limit).map_err(unreadable)
}

/// Whether the log, or a part of one in a file, is as it was written.
///
/// # Errors
/// It cannot be read.
pub fn audit_verify(place: &Place, file: Option<&Path>) -> Result<Report, Error> {
    match file {
        None => verify(place).map_err(unreadable),
        Some(file) => verify_file(file, place).map_err(unreadable),
    }
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// The lines as they are, with the chain.
    Lines,
    /// Comma-separated values.
    Table,
}

/// Writes the records of a time.
///
/// # Errors
/// The log cannot be read, or `out` cannot be written.
pub fn audit_export(
    place: &Place,
    filter: &Filter,
    form: ExportForm,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    match form {
        ExportForm::Lines => audit::export(place, filter, out),
        ExportForm::Table => audit::table(place, filter, out),
    }
}

fn unreadable(error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => Kind::NotFound,
        _ => Kind::Other,
    };
    Error::new(kind, "the audit log cannot be read").because(error)
}
