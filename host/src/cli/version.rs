//! `connhub version`.

use super::app::App;
use crate::model::Error;
use crate::policy::{CONTRACT_MAJOR, CONTRACT_MINOR};
use crate::ui::json::{Document, check_keys};

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(serde::Serialize)]
struct Version {
    version: &'static str,
    /// The newest contract that connectors may have been built for.
    contract: String,
}

pub(super) fn run(app: &App) -> Result<u8, Error> {
    let form = app.format.structured();
    check_keys(form, &["version", "contract"])?;
    let contract = format!("{CONTRACT_MAJOR}.{CONTRACT_MINOR}");
    app.console.data(|out, _| match form {
        Some(form) => {
            Document::new("Version", Version { version: VERSION, contract }).write(form, out)
        }
        None => writeln!(out, "connhub {VERSION} (contract {contract})"),
    })?;
    Ok(0)
}
