//! `connhub plugin`.

mod describe;
mod inspect;
mod list;
mod lock;

use super::app::App;
use super::args::PluginCommand;
use crate::model::Error;

pub(super) fn run(command: &PluginCommand, app: &App) -> Result<u8, Error> {
    match command {
        PluginCommand::List => list::run(app),
        PluginCommand::Inspect(args) => inspect::run(args, app),
        PluginCommand::Lock(args) => lock::run(args, app),
    }
}
