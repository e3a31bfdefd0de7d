//! What programs read that have names of their own for what a connection says.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The environment variables of one kind of program, made from the fields of a connection.
///
/// Names and values are templates; the room `consumers` has the language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    /// The programs, for people.
    pub name: String,
    /// Names and values.
    pub variables: BTreeMap<String, String>,
}
