//! What tests of connections found.

use serde::Serialize;

use crate::model::{Connection, TestReport, TestStep};

/// The test of one connection.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    backend: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
    result: &'static str,
    elapsed_ms: u64,
    steps: Vec<StepForm<'a>>,
}

#[derive(Serialize)]
struct StepForm<'a> {
    rung: &'static str,
    result: &'static str,
    message: &'a str,
}

impl<'a> Tested<'a> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] =
        &["name", "scope", "backend", "type", "result", "elapsedMs", "steps"];

    /// What was found about a connection.
    pub fn new(backend: &'a str, connection: &'a Connection, report: &'a TestReport) -> Self {
        let form = |step: &'a TestStep| StepForm {
            rung: step.rung.word(),
            result: step.status.word(),
            message: &step.message,
        };
        Self {
            name: &connection.name,
            scope: connection.scope.as_deref(),
            backend,
            type_name: &connection.type_name,
            result: report.status().word(),
            elapsed_ms: u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
            steps: report.steps.iter().map(form).collect(),
        }
    }
}
