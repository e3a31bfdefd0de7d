//! `connhub policy`.

mod check;
mod explain;
mod init;
mod show;

use super::app::App;
use super::args::PolicyCommand;
use crate::model::{Error, Kind};
use crate::settings::{ConnectorSettings, Settings};

pub(super) fn run(command: &PolicyCommand, app: &App) -> Result<u8, Error> {
    match command {
        PolicyCommand::Show => show::run(app),
        PolicyCommand::Explain(args) => explain::run(args, app),
        PolicyCommand::Check(args) => check::run(args, app),
        PolicyCommand::Init => init::run(app),
    }
}

/// A configured connector by its name.
///
/// # Errors
/// There is none of that name.
pub(super) fn connector<'s>(
    name: &str,
    settings: &'s Settings,
) -> Result<&'s ConnectorSettings, Error> {
    settings.connectors.get(name).ok_or_else(|| {
        let known: Vec<&str> = settings.connectors.keys().map(String::as_str).collect();
        Error::new(Kind::NotFound, format!("there is no connector `{name}`"))
            .hint(format!("the connectors are {}", known.join(", ")))
    })
}
