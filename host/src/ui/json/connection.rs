//! Connections.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{BackendError, Pairs};
use crate::model::{Connection, Field, Label, SecretField, TestResult, TestStatus};

/// The keys of a connection in a list.
pub const CONNECTION_KEYS: &[&str] = &[
    "name",
    "scope",
    "type",
    "backend",
    "fields",
    "secrets",
    "displayName",
    "description",
    "labels",
    "owner",
    "address",
    "status",
    "statusMessage",
    "revision",
    "createdAt",
    "updatedAt",
    "lastTest",
    "warnings",
];

/// A connection and where it is.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The backend that has it.
    pub backend: &'a str,
    /// The connection.
    pub connection: &'a Connection,
}

/// One connection. The values of its secrets are not known here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionForm<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    r#type: &'a str,
    backend: &'a str,
    #[serde(serialize_with = "fields")]
    fields: &'a [Field],
    secrets: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(serialize_with = "labels")]
    labels: &'a [Label],
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_test: Option<LastTest<'a>>,
    warnings: &'a [String],
}

/// The last test that the backend keeps.
#[derive(Serialize)]
struct LastTest<'a> {
    result: &'static str,
    at: &'a str,
    message: &'a str,
}

impl<'a> LastTest<'a> {
    fn of(tested: &'a TestResult) -> Self {
        let status = if tested.works { TestStatus::Ok } else { TestStatus::Failed };
        Self { result: status.word(), at: &tested.at, message: &tested.message }
    }
}

impl<'a> From<Entry<'a>> for ConnectionForm<'a> {
    fn from(entry: Entry<'a>) -> Self {
        let connection = entry.connection;
        Self {
            name: &connection.name,
            scope: connection.scope.as_deref(),
            r#type: &connection.type_name,
            backend: entry.backend,
            fields: &connection.fields,
            secrets: &connection.secret_names,
            display_name: connection.display_name.as_deref(),
            description: connection.description.as_deref(),
            labels: &connection.labels,
            owner: connection.owner.as_deref(),
            address: connection.address.as_deref(),
            status: connection.status.as_deref(),
            status_message: connection.status_message.as_deref(),
            revision: connection.revision.as_deref(),
            created_at: connection.created_at.as_deref(),
            updated_at: connection.updated_at.as_deref(),
            last_test: connection.tested.as_ref().map(LastTest::of),
            warnings: &connection.warnings,
        }
    }
}

/// What happened to a connection while a list was watched.
#[derive(Serialize)]
pub struct ChangeForm<'a> {
    event: &'static str,
    connection: ConnectionForm<'a>,
}

impl<'a> ChangeForm<'a> {
    /// The word for what happened, and to which.
    pub fn new(event: &'static str, entry: Entry<'a>) -> Self {
        Self { event, connection: ConnectionForm::from(entry) }
    }
}

fn fields<S: serde::Serializer>(fields: &[Field], serializer: S) -> Result<S::Ok, S::Error> {
    let pairs = fields.iter().map(|field| (field.name.as_str(), field.value.as_str()));
    Pairs(pairs).serialize(serializer)
}

fn labels<S: serde::Serializer>(labels: &[Label], serializer: S) -> Result<S::Ok, S::Error> {
    let pairs = labels.iter().map(|label| (label.key.as_str(), label.value.as_str()));
    Pairs(pairs).serialize(serializer)
}

/// The keys of a connection whose secrets were asked for.
pub const REVEALED_KEYS: &[&str] = &[
    "name",
    "scope",
    "type",
    "backend",
    "fields",
    "secrets",
    "displayName",
    "description",
    "labels",
    "owner",
    "address",
    "status",
    "statusMessage",
    "revision",
    "createdAt",
    "updatedAt",
    "lastTest",
    "warnings",
    "secretValues",
    "secretValuesBase64",
];

/// One connection with the values of its secrets, which somebody asked for explicitly.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevealedForm<'a> {
    #[serde(flatten)]
    connection: ConnectionForm<'a>,
    secret_values: BTreeMap<&'a str, &'a str>,
    /// Those that are no text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secret_values_base64: BTreeMap<&'a str, String>,
}

impl<'a> RevealedForm<'a> {
    /// A connection and its opened secrets.
    pub fn new(entry: Entry<'a>, secrets: &'a [SecretField]) -> Self {
        let mut form = Self {
            connection: entry.into(),
            secret_values: BTreeMap::new(),
            secret_values_base64: BTreeMap::new(),
        };
        for SecretField { name, value } in secrets {
            match std::str::from_utf8(value.expose()) {
                Ok(text) => drop(form.secret_values.insert(name, text)),
                Err(_) => {
                    drop(form.secret_values_base64.insert(name, STANDARD.encode(value.expose())))
                }
            }
        }
        form
    }
}

/// The body of a list of connections.
#[derive(Serialize)]
pub struct ConnectionList<'a, I> {
    /// The connections, in the order in which they are shown.
    pub items: I,
    /// Backends or connections that could not be read.
    pub errors: Vec<BackendError<'a>>,
}

/// A connection takes its form only while it is written.
impl Serialize for Entry<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ConnectionForm::from(*self).serialize(serializer)
    }
}
