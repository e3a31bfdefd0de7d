//! Which connection an address leads to.

use super::get;
use crate::model::{Address, Connection, Error, Kind};
use crate::plugins::Backend;

/// The connection of an address in one backend; none if it has no such connection.
///
/// # Errors
/// The backend cannot be asked.
pub async fn resolve(
    backend: &mut Backend,
    scope: Option<&str>,
    address: &Address,
) -> Result<Option<Connection>, Error> {
    match get(backend, scope, &address.name).await {
        Ok(connection) => Ok(address.leads_to(&connection).then_some(connection)),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
