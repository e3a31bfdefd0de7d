//! `connhub undo`.

use super::app::App;
use super::args::UndoArgs;
use super::written;
use crate::model::{Error, Outcome};
use crate::operations::{self, Rehearsal};
use crate::ui::json::{Wrote, check_keys};
use crate::ui::view::Place;

pub(super) fn run(args: &UndoArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Wrote::KEYS)?;
    let rehearsal = if args.dry_run { Rehearsal::Server } else { Rehearsal::None };
    let mut backend = app.open(app.backend()?)?;
    let job = format!("bringing back in `{}`", backend.name);
    let work = operations::undo(&mut backend, app.scope(), &args.name, args.version, rehearsal);
    let undone = app.wait(&job, work)?;
    let scope_word = app.scope_word(&mut backend);
    let place = Place { backend: &backend.name, scope_word: &scope_word };
    written::show(place, &undone.written, rehearsal, app)?;
    let (name, version) = (&args.name, undone.version);
    app.console.talk().note(&match undone.written.outcome {
        _ if rehearsal != Rehearsal::None => {
            format!("version {version} would be brought back; nothing was changed")
        }
        Outcome::Unchanged => format!("`{name}` is what it was in version {version} already"),
        _ => format!(
            "`{name}` is what it was in version {version}; `connhub history {name}` shows all"
        ),
    });
    Ok(0)
}
