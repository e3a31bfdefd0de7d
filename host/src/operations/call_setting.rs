//! Flags that only some connectors know.

use crate::model::{CallSetting, Error, Kind, Target};
use crate::plugins::Backend;

/// Whether the backend's connector knows a flag.
///
/// # Errors
/// The connector cannot be asked.
pub(super) async fn knows(backend: &mut Backend, setting: &CallSetting) -> Result<bool, Error> {
    let description = backend.connector.describe().await?;
    Ok(description.settings.iter().any(|known| known.name == setting.name()))
}

/// Asks for something in one call.
///
/// # Errors
/// The connector does not know it. `what` says what the user wanted, as in "cannot WHAT".
pub(super) async fn require(
    backend: &mut Backend,
    target: &mut Target,
    setting: &CallSetting,
    what: &str,
) -> Result<(), Error> {
    if knows(backend, setting).await? {
        target.settings.push(setting.field());
        return Ok(());
    }
    let message = format!("backend `{}` cannot {what}", backend.name);
    Err(Error::new(Kind::Invalid, message).hint(format!(
        "its connector `{}` declares no setting `{}` (docs/connectors.md)",
        backend.connector.name(),
        setting.name()
    )))
}
