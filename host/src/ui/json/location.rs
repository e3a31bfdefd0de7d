//! Where an address leads to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Address, Connection, Location};

/// The place of an address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationForm<'a> {
    /// As it was asked for.
    pub address: &'a str,
    /// The backend that has the connection.
    pub backend: &'a str,
    /// The project, tenant or folder of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<&'a str>,
    /// The name of the connection.
    pub connection: &'a str,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: &'a str,
    /// Fields of the connection that say where it is.
    pub fields: BTreeMap<&'a str, &'a str>,
    /// The folder of the connection and the path of the address.
    pub path: &'a str,
    /// What the parts of the path are called at the source.
    pub levels: &'a BTreeMap<String, String>,
    /// The parameters of the address.
    pub parameters: BTreeMap<&'a str, &'a str>,
    /// The address at the source itself, where there is a usual form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<&'a str>,
}

impl<'a> LocationForm<'a> {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &[
        "address",
        "backend",
        "scope",
        "connection",
        "type",
        "fields",
        "path",
        "levels",
        "parameters",
        "location",
    ];

    /// The place of an address.
    pub fn new(
        asked: &'a str,
        backend: &'a str,
        connection: &'a Connection,
        address: &'a Address,
        location: &'a Location,
    ) -> Self {
        Self {
            address: asked,
            backend,
            scope: connection.scope.as_deref(),
            connection: &connection.name,
            type_name: &connection.type_name,
            fields: texts(&location.fields),
            path: &location.path,
            levels: &location.levels,
            parameters: texts(&address.parameters),
            location: location.url.as_deref(),
        }
    }
}

fn texts(pairs: &[(String, String)]) -> BTreeMap<&str, &str> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
