//! Manifests that were written for a backend, read as connections.
//!
//! The host knows no backend: each form is a file in `host/formats`, which says by what it is recognized and where in it a name, a type and
//! values are. What the values are called there needs no table where it is an alias of a canonical field.

mod read;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use serde_json::Value;

use super::{Label, Secret};
use schema::Format;

/// A manifest of some backend.
#[derive(Debug)]
pub struct Foreign {
    /// What people call this form.
    pub title: String,
    /// What it holds.
    pub role: Role,
    /// The name.
    pub name: String,
    /// The project, tenant or folder.
    pub scope: Option<String>,
    /// The canonical type, or the backend's own word.
    pub type_name: Option<String>,
    /// What people call it.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Labels.
    pub labels: Vec<Label>,
    /// Fields, under the names that they have there. A canonical field can occur twice: the first counts.
    pub values: Vec<(String, ForeignValue)>,
    /// Names of manifests whose values belong to it.
    pub parts: Vec<String>,
}

/// What a manifest holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A connection.
    #[default]
    Connection,
    /// Values that a connection takes up by the name of this manifest.
    Part,
}

/// A value in a manifest.
#[derive(Clone, Debug)]
pub enum ForeignValue {
    /// It may be shown.
    Visible(String),
    /// It is a secret, unless the type of the connection says that the field is visible.
    Hidden(Secret),
    /// It is in a file.
    File(String),
}

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let text = include_str!("../../../formats/manifests.toml");
    let file: schema::File = toml::from_str(text).expect("the file is tested");
    file.formats
});

/// Reads a manifest; none if no form fits it.
///
/// # Errors
/// What is wrong with it. No value is repeated.
pub fn read(document: &Value) -> Option<Result<Foreign, String>> {
    FORMATS.iter().find(|format| format.fits(document)).map(|format| read::read(format, document))
}

/// What the forms are called.
pub fn titles() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.title.as_str()).collect()
}

/// The values of a connection and of its parts, as fields of its type.
pub fn merged(mut whole: Foreign, parts: Vec<Foreign>) -> Foreign {
    for part in parts {
        whole.values.extend(part.values);
    }
    read::settle(&FORMATS, &mut whole);
    whole
}
