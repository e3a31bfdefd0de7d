//! How connections differ from files.

use serde::Serialize;

use crate::operations::{Comparison, Difference};

/// A connection and what differs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Differs<'a> {
    /// `missing`, `different` or `same`.
    outcome: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    r#type: &'a str,
    backend: &'a str,
    changes: Vec<ChangeForm>,
}

#[derive(Serialize)]
struct ChangeForm {
    field: String,
    secret: bool,
    before: Option<String>,
    after: Option<String>,
}

impl<'a> Differs<'a> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] =
        &["outcome", "name", "scope", "type", "backend", "changes"];

    /// How a connection in a backend differs.
    pub fn new(backend: &'a str, comparison: &'a Comparison) -> Self {
        let form = |change: Difference| ChangeForm {
            field: change.name,
            secret: change.is_secret,
            before: change.before,
            after: change.after,
        };
        Self {
            outcome: word(comparison),
            name: &comparison.after.name,
            scope: comparison.after.scope.as_deref(),
            r#type: &comparison.after.type_name,
            backend,
            changes: comparison.changes().into_iter().map(form).collect(),
        }
    }
}

fn word(comparison: &Comparison) -> &'static str {
    match (&comparison.before, comparison.differences.is_empty()) {
        (None, _) => "missing",
        (Some(_), false) => "different",
        (Some(_), true) => "same",
    }
}
