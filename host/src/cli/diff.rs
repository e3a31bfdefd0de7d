//! `connhub diff`.

use super::app::App;
use super::args::DiffArgs;
use super::input::{Literals, Sources};
use super::jobs::{Job, Jobs};
use super::many::{Lanes, at};
use super::prune::Kept;
use crate::model::{Error, Kind};
use crate::operations::{self, Comparison, KeptSecrets};
use crate::ui::json::{BackendError, Differs, Document, Items, check_keys};
use crate::ui::{Format, view};

/// Something differs.
const DIFFERS: u8 = 1;

/// A connection that was compared.
struct Compared {
    backend: String,
    name: String,
    result: Result<Comparison, Error>,
}

pub(super) fn run(args: &DiffArgs, app: &App) -> Result<u8, Error> {
    match diff(args, app) {
        // 1 says that something differs, and nothing else.
        Err(error) if error.kind.exit_code() == DIFFERS => {
            app.fail(&error);
            Ok(Kind::Invalid.exit_code())
        }
        result => result,
    }
}

fn diff(args: &DiffArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Differs::KEYS)?;
    let literals = Literals::from(args.manifests.allow_literal_secrets);
    let mut sources = Sources::new(app).with_literals(literals);
    let jobs = Jobs::read(&args.manifests.files, literals, &mut sources, app)?;
    let mut lanes = Lanes::open(&jobs, app)?;
    Kept::of(&jobs, &mut lanes)?;
    let mut differs = false;
    let mut held = Vec::new();
    jobs.for_each(app, |job| {
        let (backend, name) = (job.backend.clone(), job.manifest.given.name.clone());
        let place = job.manifest.place.clone();
        let result = compare(job, &mut lanes, &mut sources, app);
        let one = Compared { backend, name, result: result.map_err(|error| at(&place, error)) };
        differs |= one.result.as_ref().is_ok_and(Comparison::differs);
        show(&one, app)?;
        // What was shown is not held: errors follow at the end, and a document is written at the end.
        if one.result.is_err() || app.format.structured().is_some() {
            held.push(one);
        }
        Ok(())
    })?;
    if let Some(form) = app.format.structured() {
        app.console.data(|out, _| document(&held).write(form, out))?;
    }
    let failed: Vec<u8> = held
        .iter()
        .filter_map(|one| one.result.as_ref().err())
        .map(|error| app.fail(error).max(Kind::Invalid.exit_code()))
        .collect();
    Ok(match failed.first() {
        Some(code) => *code,
        None if differs => DIFFERS,
        None => 0,
    })
}

fn compare(
    job: Job,
    lanes: &mut Lanes,
    sources: &mut Sources<'_>,
    app: &App,
) -> Result<Comparison, Error> {
    let name = job.backend.clone();
    let lane = lanes.of(&name)?;
    let ready = lane.prepare(job, KeptSecrets::MayMove, sources, app)?;
    let Some(schema) = lane.schema(&ready.type_name).cloned() else {
        return Err(Error::invalid("it has no `type`"));
    };
    let scope = ready.scope.as_deref();
    let work = operations::compare(lane.first(), scope, &schema, ready.input);
    app.wait(&format!("comparing with `{name}`"), work)
}

/// One comparison, where each stands by itself.
fn show(one: &Compared, app: &App) -> Result<(), Error> {
    let Ok(comparison) = &one.result else { return Ok(()) };
    app.console.data(|out, style| match &app.format {
        Format::Structured(_) => Ok(()),
        Format::Name if comparison.differs() => writeln!(out, "{}", comparison.after.name),
        Format::Name => Ok(()),
        _ => view::difference(&one.backend, comparison, out, style),
    })
}

fn document(compared: &[Compared]) -> Document<Items<'_, Differs<'_>>> {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for one in compared {
        match &one.result {
            Ok(comparison) => items.push(Differs::new(&one.backend, comparison)),
            Err(error) => errors.push(BackendError::new(&one.backend, Some(&one.name), error)),
        }
    }
    Document::new("DiffList", Items { items, errors })
}
