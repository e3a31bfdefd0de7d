//! `connhub delete`.

use super::app::App;
use super::args::DeleteArgs;
use crate::model::{Error, Kind, Removed};
use crate::operations::{self, Rehearsal};
use crate::plugins::Backend;
use crate::ui::json::{BackendError, Deleted, Document, Items, check_keys};
use crate::ui::view::Place;
use crate::ui::{self, Answer, Format, Structured, view};

/// What became of one name: what was removed, or nothing if there was nothing to remove.
type Outcome<'a> = (&'a str, Result<Option<Vec<Removed>>, Error>);

pub(super) fn run(args: &DeleteArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Deleted::KEYS)?;
    let name = app.backend()?;
    let rehearsal = Rehearsal::from(args.dry_run);
    let asks = !args.yes && rehearsal == Rehearsal::None;
    if asks && !ui::is_interactive() {
        return Err(nobody_to_ask());
    }
    let mut backend = app.open(name)?;
    if asks {
        ask(args, &mut backend, app)?;
    }
    let outcomes: Vec<Outcome<'_>> = args
        .names
        .iter()
        .map(|name| (name.as_str(), delete(name, args, &mut backend, app)))
        .collect();
    if let [(_, Err(error))] = &outcomes[..] {
        return Ok(app.fail(error));
    }
    show(name, &outcomes, rehearsal, app)?;
    let failed = outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().err());
    let codes: Vec<u8> = failed.map(|error| app.fail(error)).collect();
    Ok(codes.first().copied().unwrap_or(0))
}

fn nobody_to_ask() -> Error {
    Error::invalid("nobody can be asked here whether to delete")
        .hint("add `--yes` to delete without a question, or `--dry-run` to see what it would do")
}

fn ask(args: &DeleteArgs, backend: &mut Backend, app: &App) -> Result<(), Error> {
    let names: Vec<String> = args.names.iter().map(|name| format!("`{name}`")).collect();
    let scope_word = app.scope().map(|_| app.scope_word(backend)).unwrap_or_default();
    let place = Place { backend: &backend.name, scope_word: &scope_word }.named(app.scope());
    let past = if args.purge { " and all past versions" } else { "" };
    let question = format!("delete {}{past} in {place}?", names.join(", "));
    match ui::confirm(app.console.talk(), &question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(Kind::Other, "nothing was deleted")),
    }
}

fn delete(
    name: &str,
    args: &DeleteArgs,
    backend: &mut Backend,
    app: &App,
) -> Result<Option<Vec<Removed>>, Error> {
    let job = format!("deleting in `{}`", backend.name);
    let rehearsal = Rehearsal::from(args.dry_run);
    let deleted = match rehearsal {
        Rehearsal::Client if !args.purge => app.wait(&job, look(backend, app.scope(), name)),
        _ if args.purge => app.wait(&job, operations::purge(backend, app.scope(), name, rehearsal)),
        _ => app.wait(&job, operations::delete(backend, app.scope(), name, args.uses(), rehearsal)),
    };
    match deleted {
        Err(error) if args.ignore_not_found && error.kind == Kind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

/// What would be deleted, as far as it is known without the backend's help.
pub(super) async fn look(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
) -> Result<Vec<Removed>, Error> {
    let stored = operations::get(backend, scope, name).await?;
    Ok(vec![Removed { kind: "connection".to_owned(), name: stored.name, scope: stored.scope }])
}

fn show(
    backend: &str,
    outcomes: &[Outcome<'_>],
    rehearsal: Rehearsal,
    app: &App,
) -> Result<(), Error> {
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => write_structured(backend, outcomes, rehearsal, form, out),
        Format::Name => done(outcomes).try_for_each(|(name, _)| writeln!(out, "{name}")),
        _ if app.is_quiet() => Ok(()),
        _ => done(outcomes)
            .try_for_each(|(name, removed)| view::deleted(backend, name, removed, rehearsal, out)),
    })
}

fn done<'a>(outcomes: &'a [Outcome<'a>]) -> impl Iterator<Item = (&'a str, &'a [Removed])> {
    outcomes.iter().filter_map(|(name, outcome)| Some((*name, outcome.as_ref().ok()?.as_deref()?)))
}

fn write_structured(
    backend: &str,
    outcomes: &[Outcome<'_>],
    rehearsal: Rehearsal,
    form: &Structured,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for (name, outcome) in outcomes {
        match outcome {
            Ok(Some(removed)) => items.push(Deleted::new(backend, name, removed, rehearsal)),
            Ok(None) => {}
            Err(error) => errors.push(BackendError::new(backend, Some(name), error)),
        }
    }
    match (outcomes.len(), items.pop()) {
        (1, Some(item)) => Document::new("Result", item).write(form, out),
        (1, None) => Ok(()),
        (_, last) => {
            items.extend(last);
            Document::new("ResultList", Items { items, errors }).write(form, out)
        }
    }
}
