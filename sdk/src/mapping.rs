//! Canonical names and a backend's own names, as data.

use crate::model::SupportedType;

/// Whether a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Everybody who may read the connection may read it.
    Visible,
    /// Only the backend and the user whom it is handed to.
    Secret,
}

/// One field of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldMapping {
    /// The canonical name (`access_key_id`).
    pub canonical: &'static str,
    /// The backend's name (`AWS_ACCESS_KEY_ID`).
    pub native: &'static str,
    /// Whether it may be shown.
    pub secrecy: Secrecy,
}

impl FieldMapping {
    /// A field that may be shown.
    pub const fn visible(canonical: &'static str, native: &'static str) -> Self {
        Self { canonical, native, secrecy: Secrecy::Visible }
    }

    /// A secret field.
    pub const fn secret(canonical: &'static str, native: &'static str) -> Self {
        Self { canonical, native, secrecy: Secrecy::Secret }
    }
}

/// How a backend names a connection type and its fields. Names that a mapping does not hold stay as they are.
///
/// ```
/// use connhub_sdk::{FieldMapping, TypeMapping};
/// const S3: TypeMapping = TypeMapping {
///     canonical: "s3",
///     native: "s3-v1",
///     fields: &[FieldMapping::visible("bucket", "AWS_S3_BUCKET")],
///     unsupported: &["prefix"],
/// };
/// assert_eq!(S3.native_name("bucket"), "AWS_S3_BUCKET");
/// assert_eq!(S3.canonical_name("AWS_S3_BUCKET"), "bucket");
/// assert_eq!(S3.canonical_name("OTHER"), "OTHER");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TypeMapping {
    /// The canonical name of the type.
    pub canonical: &'static str,
    /// What the backend calls it.
    pub native: &'static str,
    /// The fields that have other names in the backend.
    pub fields: &'static [FieldMapping],
    /// Canonical fields that the backend cannot hold.
    pub unsupported: &'static [&'static str],
}

impl TypeMapping {
    /// The backend's name of a canonical field.
    pub fn native_name<'a>(&self, canonical: &'a str) -> &'a str {
        let found = self.fields.iter().find(|field| field.canonical == canonical);
        found.map_or(canonical, |field| field.native)
    }

    /// The canonical name of a backend's field.
    pub fn canonical_name<'a>(&self, native: &'a str) -> &'a str {
        let found = self.fields.iter().find(|field| field.native == native);
        found.map_or(native, |field| field.canonical)
    }

    /// The mapping of a canonical field, if there is one.
    pub fn field(&self, canonical: &str) -> Option<&'static FieldMapping> {
        self.fields.iter().find(|field| field.canonical == canonical)
    }

    /// The type as `describe` reports it.
    pub fn supported(&self) -> SupportedType {
        SupportedType {
            name: self.canonical.to_owned(),
            native: self.native.to_owned(),
            fields: Vec::new(),
            unsupported: self.unsupported.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}
