//! What a trial of a connector found out.

use serde::Serialize;

use crate::operations::plugin::trial::{Outcome, Tested, Verdict};

/// A trial.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrialForm<'a> {
    /// The connector.
    pub connector: &'a str,
    /// The backend; none if there was none to work on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<&'a str>,
    /// The type of the connections that were created.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<&'a str>,
    /// How many checks ended in which way.
    pub summary: Summary,
    /// Whether somebody stopped it.
    pub interrupted: bool,
    /// The checks.
    pub items: Vec<CheckForm<'a>>,
}

/// Counts of checks.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Summary {
    /// As it should be.
    pub passed: usize,
    /// Something is wrong.
    pub failed: usize,
    /// It could not be found out.
    pub skipped: usize,
}

/// One check.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckForm<'a> {
    /// Its stable name.
    pub id: &'static str,
    /// The section of the report.
    pub group: &'static str,
    /// `passed`, `failed` or `skipped`.
    pub result: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What is wrong, or why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// How long it took.
    pub milliseconds: u128,
}

impl<'a> TrialForm<'a> {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] =
        &["id", "group", "result", "why", "reason", "milliseconds"];

    /// The form of what was found out.
    pub fn new(tested: &'a Tested) -> Self {
        let items: Vec<CheckForm<'a>> = tested.outcomes.iter().map(CheckForm::new).collect();
        let count = |result| items.iter().filter(|item| item.result == result).count();
        Self {
            connector: &tested.connector,
            backend: tested.backend.as_deref(),
            type_name: tested.type_name.as_deref(),
            summary: Summary {
                passed: count("passed"),
                failed: count("failed"),
                skipped: count("skipped"),
            },
            interrupted: tested.interrupted,
            items,
        }
    }

    /// How many checks failed.
    pub fn failed(&self) -> usize {
        self.summary.failed
    }

    /// The names of the checks that failed.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.items.iter().filter(|item| item.result == "failed").map(|item| item.id)
    }
}

impl<'a> CheckForm<'a> {
    fn new(outcome: &'a Outcome) -> Self {
        let (result, reason) = match &outcome.verdict {
            Verdict::Passed => ("passed", None),
            Verdict::Failed(why) => ("failed", Some(why.as_str())),
            Verdict::Skipped(why) => ("skipped", Some(why.as_str())),
        };
        Self {
            id: outcome.check.id,
            group: outcome.check.group.as_str(),
            result,
            why: outcome.check.why,
            reason,
            milliseconds: outcome.elapsed.as_millis(),
        }
    }
}
