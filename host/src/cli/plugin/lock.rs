//! `connhub plugin lock`.

use super::args::LockArgs;
use super::place::plugins_file;
use crate::cli::app::App;

use crate::model::Error;
use crate::operations::plugin::{self, Lock, LockChange, LockedConnector};
use crate::operations::{self, Decided};
use crate::settings::signers_of;
use crate::ui::Format;
use crate::ui::json::{Document, LockResult, LockedForm, check_keys};

/// The settings as a whole are not read: a lock that is damaged or outdated must not keep anybody from writing it anew.
pub(super) fn run(args: &LockArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), LockedForm::KEYS)?;
    let plugins = plugins_file(app)?;
    let signers = signers_of(&plugins, &app.environment)?;
    let lock = operations::recorded(
        &*app.trail()?,
        "plugin lock",
        || plugin::lock(&plugins, &args.connectors, &signers),
        decided,
    )?;
    let file = lock.file.display().to_string();
    let items: Vec<LockedForm> = lock.connectors.into_iter().map(form).collect();
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => {
            Document::new("LockResult", LockResult { file, items }).write(form, out)
        }
        Format::Name => items.iter().try_for_each(|item| writeln!(out, "{}", item.name)),
        _ if app.is_quiet() => Ok(()),
        _ => {
            for item in &items {
                writeln!(out, "{} `{}` sha256 {} in {file}", item.outcome, item.name, item.sha256)?;
            }
            Ok(())
        }
    })?;
    Ok(0)
}

/// What is now another component than before.
fn decided(lock: &Lock) -> Vec<Decided> {
    let changed = lock.connectors.iter().filter(|one| one.change != LockChange::Same);
    let decision = |one: &LockedConnector| {
        Decided::about(&one.name, Some(one.digest.sha256.clone()), Vec::new(), "locked")
    };
    changed.map(decision).collect()
}

fn form(locked: LockedConnector) -> LockedForm {
    LockedForm {
        name: locked.name,
        outcome: match locked.change {
            LockChange::New => "locked",
            LockChange::Changed => "changed",
            LockChange::Same => "unchanged",
        },
        sha256: locked.digest.sha256,
        size: locked.digest.size,
    }
}
