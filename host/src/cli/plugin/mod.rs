//! `connhub plugin`.

mod add;
mod args;
mod bench;
mod describe;
mod dev;
mod inspect;
mod list;
mod lock;
mod look;
mod made;
mod place;
mod project;
mod push;
mod remove;
mod review;
mod save;
mod sign;
mod test;
mod update;
mod verify;
mod why_denied;

pub(super) use args::PluginCommand;
pub(super) use describe::{finding, grants};
pub(super) use look::{Look, look};
pub(super) use place::{ask, can_ask};

use super::app::App;
use crate::model::Error;

pub(super) fn run(command: &PluginCommand, app: &mut App) -> Result<u8, Error> {
    match command {
        PluginCommand::List => list::run(app),
        PluginCommand::Inspect(args) => inspect::run(args, app),
        PluginCommand::Add(args) => add::run(args, app),
        PluginCommand::Update(args) => update::run(args, app),
        PluginCommand::Remove(args) => remove::run(args, app),
        PluginCommand::Verify(args) => verify::run(args, app),
        PluginCommand::Lock(args) => lock::run(args, app),
        PluginCommand::Push(args) => push::run(args, app),
        PluginCommand::Save(args) => save::run(args, app),
        PluginCommand::Load(args) => add::run(args, app),
        PluginCommand::New(args) => project::new(args, app),
        PluginCommand::Build(args) => project::build(args, app),
        PluginCommand::Dev(args) => dev::run(args, app),
        PluginCommand::Sign(args) => sign::sign(args, app),
        PluginCommand::Keygen(args) => sign::keygen(args, app),
        PluginCommand::WhyDenied(args) => why_denied::run(args, app),
        PluginCommand::Test(args) => test::run(args, app),
        PluginCommand::Bench(args) => bench::run(args, app),
    }
}
