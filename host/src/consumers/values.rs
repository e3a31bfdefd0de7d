//! The values of one connection under the names of its fields.

use std::fmt;

use super::Opened;
use crate::model::Secret;
use crate::model::types::{AUTH_METHOD, TypeSchema, catalog};

/// A value, and whether it is a secret or made from one.
#[derive(Clone)]
pub struct Value {
    bytes: Secret,
    is_secret: bool,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.fmt(f)
    }
}

impl Value {
    /// A value.
    pub fn new(bytes: Secret, is_secret: bool) -> Self {
        Self { bytes, is_secret }
    }

    /// A value that may be shown.
    pub fn visible(bytes: Vec<u8>) -> Self {
        Self { bytes: Secret::new(bytes), is_secret: false }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.expose()
    }

    /// Whether it must not be shown.
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// The bytes, taken out.
    pub fn into_secret(self) -> Secret {
        self.bytes
    }

    /// Another value made from this one.
    pub fn map(self, change: impl FnOnce(&[u8]) -> Secret) -> Self {
        Self { bytes: change(self.bytes.expose()), is_secret: self.is_secret }
    }

    /// Appends text that may be shown.
    pub fn push(&mut self, text: &[u8]) {
        if !text.is_empty() {
            self.bytes = Secret::new([self.bytes.expose(), text].concat());
        }
    }

    /// Appends another value.
    pub fn append(&mut self, other: &Self) {
        self.push(other.bytes());
        self.is_secret |= other.is_secret;
    }
}

/// The values of one connection: its fields, the defaults of its type, and its name in four spellings.
pub struct Values<'a> {
    opened: Opened<'a>,
    /// The canonical type; none if nobody describes it.
    pub schema: Option<&'static TypeSchema>,
}

impl<'a> Values<'a> {
    /// The values of a connection.
    pub fn new(opened: Opened<'a>) -> Self {
        let type_name = &opened.connection.type_name;
        // A type of a backend's own may have the name that is an alias of a canonical type.
        let schema = catalog::canonical(type_name).filter(|name| name == type_name);
        Self { opened, schema: schema.and_then(catalog::find) }
    }

    /// The value of this name; none if the connection has no such field and the type no default for it.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.stored(name).or_else(|| self.implied(name))
    }

    /// The names of the fields that are stored, secret ones last.
    pub fn stored_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let visible = self.opened.connection.fields.iter().map(|field| field.name.as_str());
        visible.chain(self.opened.secrets.iter().map(|secret| secret.name.as_str()))
    }

    /// The name of the stored field that a user means by any name of it.
    pub fn canonical(&self, name: &str) -> String {
        let is_stored = self.stored_names().any(|stored| stored == name);
        let known = self.schema.filter(|_| !is_stored).and_then(|schema| schema.field(name));
        known.map_or(name, |field| &field.name).to_owned()
    }

    /// The name of the way to log in, stored or implied.
    pub fn auth_method(&self) -> Option<&str> {
        let fields = &self.opened.connection.fields;
        let stored = fields.iter().find(|field| field.name == AUTH_METHOD);
        stored.map(|field| field.value.as_str()).or_else(|| {
            let names: Vec<&str> = self.stored_names().collect();
            let auth = self.schema?.auth.as_ref()?;
            Some(auth.infer(&names).name.as_str())
        })
    }

    fn stored(&self, name: &str) -> Option<Value> {
        let Opened { connection, secrets } = self.opened;
        if let Some(secret) = secrets.iter().find(|secret| secret.name == name) {
            return Some(Value { bytes: secret.value.clone(), is_secret: true });
        }
        let field = connection.fields.iter().find(|field| field.name == name);
        field.map(|field| Value::visible(field.value.clone().into_bytes()))
    }

    fn implied(&self, name: &str) -> Option<Value> {
        let own = &self.opened.connection.name;
        let text = match name {
            "name" => own.clone(),
            "id" => identifier(own),
            "dns" => identifier(own).to_ascii_lowercase().replace('_', "-"),
            "NAME" => identifier(own).to_ascii_uppercase(),
            AUTH_METHOD => self.auth_method()?.to_owned(),
            _ => self.schema?.fields.iter().find(|field| field.name == name)?.default.clone()?,
        };
        Some(Value::visible(text.into_bytes()))
    }
}

/// The name as a part of the name of a variable.
fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
