//! What `import` would do.

use serde::Serialize;

use crate::ui::view::Import;

/// One thing of a source, and what becomes of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportForm<'a> {
    source: &'a str,
    place: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    fields: Vec<&'a str>,
    secrets: Vec<&'a str>,
    reasons: &'a [String],
}

impl<'a> ImportForm<'a> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &[
        "source", "place", "state", "name", "type", "backend", "scope", "fields", "secrets",
        "reasons",
    ];

    /// One line of the plan.
    pub fn new(import: &Import<'a>) -> Self {
        let connection = import.connection;
        let fields = connection.iter().flat_map(|one| one.fields.iter());
        let secrets = connection.iter().flat_map(|one| one.secret_names.iter());
        Self {
            source: import.source,
            place: import.place,
            state: import.state,
            name: connection.map(|one| one.name.as_str()),
            r#type: connection.map(|one| one.type_name.as_str()),
            backend: connection.and(import.backend),
            scope: connection.and_then(|one| one.scope.as_deref()),
            fields: fields.map(|field| field.name.as_str()).collect(),
            secrets: secrets.map(String::as_str).collect(),
            reasons: import.reasons,
        }
    }
}
