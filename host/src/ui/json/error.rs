//! Errors.

use serde::Serialize;

use crate::model::{Error, FieldProblem, Origin};
use crate::operations::Listing;
use crate::ui::report::{causes, hints};

/// An error.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorForm<'a> {
    code: &'static str,
    exit_code: u8,
    message: &'a str,
    problems: Vec<Problem<'a>>,
    causes: Vec<String>,
    hints: Vec<String>,
    /// `connhub`, or `connector` if the words are a connector's.
    origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    connector: Option<&'a str>,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Problem<'a> {
    field: &'a str,
    message: &'a str,
}

/// An error of one backend among several.
#[derive(Serialize)]
pub struct BackendError<'a> {
    backend: &'a str,
    /// The connection, if it concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(flatten)]
    error: ErrorForm<'a>,
}

impl<'a> BackendError<'a> {
    /// What failed in a backend.
    pub fn new(backend: &'a str, name: Option<&'a str>, error: &'a Error) -> Self {
        Self { backend, name, error: error.into() }
    }

    /// The backends whose lists failed.
    pub fn of(listings: &'a [Listing]) -> Vec<Self> {
        let failed = listings.iter().filter_map(|listing| {
            Some(Self::new(&listing.backend, None, listing.result.as_ref().err()?))
        });
        failed.collect()
    }
}

impl ErrorForm<'_> {
    /// What is wrong.
    pub fn message(&self) -> &str {
        self.message
    }
}

impl<'a> From<&'a Error> for ErrorForm<'a> {
    fn from(error: &'a Error) -> Self {
        let connector = match &error.origin {
            Origin::Connhub => None,
            Origin::Connector(name) => Some(name.as_str()),
        };
        Self {
            code: error.kind.code(),
            exit_code: error.kind.exit_code(),
            message: &error.message,
            problems: error.problems.iter().map(Problem::from).collect(),
            causes: causes(error),
            hints: hints(error),
            origin: if connector.is_some() { "connector" } else { "connhub" },
            connector,
            retryable: error.kind.is_retryable(),
            retry_after_seconds: error.retry_after,
        }
    }
}

impl<'a> From<&'a FieldProblem> for Problem<'a> {
    fn from(problem: &'a FieldProblem) -> Self {
        Self { field: &problem.field, message: &problem.message }
    }
}
