//! Connection types in a list. One type is a JSON Schema and has no form of its own.

use serde::Serialize;

/// One type.
#[derive(Debug, Serialize)]
pub struct TypeForm {
    /// The canonical name, or the connector's.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Other names.
    pub aliases: Vec<String>,
}

impl TypeForm {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] = &["name", "title", "summary", "aliases"];
}
