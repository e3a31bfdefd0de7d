//! Connections together with their secrets, for commands that use them.

use super::{get, open};
use crate::model::{Connection, Error, SecretField};
use crate::plugins::Backend;

/// Which secrets of which connection are opened. What for is the command that was typed, which the audit log knows.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The scope; none for the backend's default.
    pub scope: Option<&'a str>,
    /// The name of the connection.
    pub name: &'a str,
    /// The secret fields; all if none is named.
    pub fields: &'a [String],
}

/// A connection with its secrets.
#[derive(Debug)]
pub struct Opened {
    /// The backend that has it.
    pub backend: String,
    /// The connection.
    pub connection: Connection,
    /// The values of its secret fields.
    pub secrets: Vec<SecretField>,
}

impl Opened {
    /// The value of a field, visible or secret; none if there is no such field.
    pub fn value(&self, field: &str) -> Option<&[u8]> {
        let secret = self.secrets.iter().find(|secret| secret.name == field);
        secret
            .map(|secret| secret.value.expose())
            .or_else(|| self.visible(field).map(str::as_bytes))
    }

    /// The value of a visible field.
    pub fn visible(&self, field: &str) -> Option<&str> {
        let field = self.connection.fields.iter().find(|known| known.name == field)?;
        Some(field.value.as_str())
    }
}

/// Reads a connection and its secrets.
///
/// # Errors
/// What the backend says.
pub async fn take(backend: &mut Backend, opening: Opening<'_>) -> Result<Opened, Error> {
    let connection = get(backend, opening.scope, opening.name).await?;
    let secrets = match connection.secret_names.is_empty() {
        true => Vec::new(),
        false => open(backend, &opening).await?,
    };
    Ok(Opened { backend: backend.name.clone(), connection, secrets })
}
