//! `connhub vault status`.

use crate::cli::app::App;
use crate::model::Error;
use crate::operations::vault::{self, KeyState};
use crate::ui::json::{Document, VaultStatus, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultStatus::KEYS)?;
    let config = super::config(app)?;
    let found = vault::status(&config)?;
    let failed = match found.as_ref().map(|status| &status.key) {
        Some(KeyState::Fails(error)) => Some(error.told()),
        _ => None,
    };
    let form = VaultStatus::new(&config.place(), found.as_ref(), failed.as_ref());
    app.console.data(|out, style| match &app.format {
        Format::Structured(shape) => Document::new("VaultStatus", &form).write(shape, out),
        Format::Name => writeln!(out, "{}", form.state),
        _ => view::vault_status(&form).write(out, style, app.headers()),
    })?;
    match failed {
        Some(error) => Ok(app.fail(&error)),
        None => Ok(0),
    }
}
