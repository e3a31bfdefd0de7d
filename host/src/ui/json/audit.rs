//! The audit log.

use serde::Serialize;

use crate::audit::{Record, Report};

/// Keys of a record.
pub const RECORD_KEYS: &[&str] = &[
    "v",
    "seq",
    "time",
    "event",
    "user",
    "host",
    "pid",
    "command",
    "operation",
    "backend",
    "scope",
    "connection",
    "fields",
    "connector",
    "policy",
    "endpoints",
    "programs",
    "limits",
    "denials",
    "outcome",
    "durationMs",
    "attempt",
    "mark",
    "prev",
    "mac",
];

/// Records of the log.
#[derive(Serialize)]
pub struct AuditList<'a> {
    /// The newest, oldest first.
    pub items: &'a [Record],
    /// How many there are in all.
    pub matches: usize,
}

/// Whether a log is as it was written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditReport<'a> {
    ok: bool,
    keyed: bool,
    records: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<End<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<End<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pruned: Option<u64>,
    files: &'a [String],
    findings: Vec<FindingForm<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct End<'a> {
    seq: u64,
    time: &'a str,
}

#[derive(Serialize)]
struct FindingForm<'a> {
    file: &'a str,
    line: u64,
    what: &'static str,
    message: &'a str,
}

impl AuditReport<'_> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] =
        &["ok", "keyed", "records", "first", "last", "pruned", "files", "findings", "notes"];
}

impl<'a> From<&'a Report> for AuditReport<'a> {
    fn from(report: &'a Report) -> Self {
        let end = |end: &'a Option<(u64, String)>| {
            end.as_ref().map(|(seq, time)| End { seq: *seq, time })
        };
        let finding = |finding: &'a crate::audit::Finding| FindingForm {
            file: &finding.file,
            line: finding.line,
            what: finding.what.as_str(),
            message: &finding.message,
        };
        Self {
            ok: report.findings.is_empty(),
            keyed: report.is_keyed,
            records: report.good,
            first: end(&report.first),
            last: end(&report.last),
            pruned: report.pruned,
            files: &report.files,
            findings: report.findings.iter().map(finding).collect(),
            notes: &report.notes,
        }
    }
}
