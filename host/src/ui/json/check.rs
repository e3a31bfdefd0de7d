//! What `check` found out.

use serde::Serialize;

use crate::model::{Finding, Report, Verdict};

/// The report of one backend.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked<'a> {
    backend: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    findings: Vec<FindingForm<'a>>,
}

#[derive(Serialize)]
struct FindingForm<'a> {
    subject: &'a str,
    verdict: &'static str,
    message: &'a str,
}

impl<'a> Checked<'a> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["backend", "user", "platform", "findings"];

    /// The report of a backend.
    pub fn new(backend: &'a str, report: &'a Report) -> Self {
        let form = |finding: &'a Finding| FindingForm {
            subject: &finding.subject,
            verdict: word(finding.verdict),
            message: &finding.message,
        };
        Self {
            backend,
            user: report.user.as_deref(),
            platform: report.platform.as_deref(),
            findings: report.findings.iter().map(form).collect(),
        }
    }
}

/// The word for a verdict, the same for people and programs.
pub(in crate::ui) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "ok",
        Verdict::Warning => "warn",
        Verdict::Bad => "fail",
        Verdict::Unknown => "unknown",
    }
}
