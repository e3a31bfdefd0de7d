//! `connhub vault`: the local store as a whole.

mod args;
mod clear_history;
mod copies;
mod init;
mod lock;
mod members;
mod migrate;
mod recovery;
mod rotate_key;
mod status;
mod verify;

use std::sync::Arc;

pub(super) use args::VaultCommand;

use super::app::App;
use super::keyboard;
use super::passphrase::AskPassphrase;
use crate::model::Error;
use crate::operations::vault::Present;
use crate::operations::{self, Decided};
use crate::plugins::{VaultConfig, vault_config};
use crate::ui::json::{Document, VaultResult};
use crate::ui::{Format, view};

pub(super) fn run(command: &VaultCommand, app: &App) -> Result<u8, Error> {
    match command {
        VaultCommand::Init(args) => init::run(args, app),
        VaultCommand::Status => status::run(app),
        VaultCommand::Lock => lock::lock(app),
        VaultCommand::Unlock(args) => lock::unlock(args, app),
        VaultCommand::Verify(args) => verify::run(args, app),
        VaultCommand::RotateKey(args) => rotate_key::run(args, app),
        VaultCommand::Backup(args) => copies::backup(args, app),
        VaultCommand::Recovery(command) => recovery::run(command, app),
        VaultCommand::Recover(args) => recovery::recover(args, app),
        VaultCommand::Identity => members::identity(app),
        VaultCommand::Members => members::list(app),
        VaultCommand::AddMember(args) => members::add(args, app),
        VaultCommand::SetRight(args) => members::set_right(args, app),
        VaultCommand::RemoveMember(args) => members::remove(args, app),
        VaultCommand::ClearHistory(args) => clear_history::run(args, app),
        VaultCommand::Migrate(args) => migrate::run(args, app),
        VaultCommand::Restore(args) => copies::restore(args, app),
    }
}

/// Where the store is, and what opens it.
fn config(app: &App) -> Result<VaultConfig, Error> {
    let settings = app.plugins()?.settings();
    let talk = app.console.talk();
    let ask = AskPassphrase::new(settings, Arc::clone(talk), keyboard::terminal(talk));
    vault_config(settings, Arc::new(ask))
}

fn present(replace: bool) -> Present {
    if replace { Present::Replace } else { Present::Refuse }
}

/// Does something to the store, and leaves a record of it in the audit log.
fn recorded<T>(
    app: &App,
    operation: &str,
    did: &'static str,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let decided = |_: &T| vec![Decided { connector: None, did }];
    operations::recorded(app.plugins()?.trail(), operation, work, decided)
}

fn show(result: &VaultResult, app: &App) -> Result<u8, Error> {
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => Document::new("VaultResult", result).write(form, out),
        Format::Name => writeln!(out, "{}", result.outcome),
        _ if app.is_quiet() => Ok(()),
        _ => view::vault_result(result, out),
    })?;
    Ok(0)
}
