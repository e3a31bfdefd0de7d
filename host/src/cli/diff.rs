//! `connhub diff`.

use super::app::App;
use super::args::DiffArgs;
use super::input::{Literals, Sources};
use super::many::{Job, Lanes, at, jobs};
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
    let jobs = jobs(&args.manifests.files, literals, &mut sources, app)?;
    let mut lanes = Lanes::open(&jobs, app)?;
    Kept::of(&jobs, &mut lanes)?;
    let compared: Vec<Compared> = jobs
        .into_iter()
        .map(|job| {
            let (backend, name) = (job.backend.clone(), job.manifest.given.name.clone());
            let place = job.manifest.place.clone();
            let result = compare(job, &mut lanes, &mut sources, app);
            Compared { backend, name, result: result.map_err(|error| at(&place, error)) }
        })
        .collect();
    show(&compared, app)?;
    let failed: Vec<u8> = compared
        .iter()
        .filter_map(|one| one.result.as_ref().err())
        .map(|error| app.fail(error).max(Kind::Invalid.exit_code()))
        .collect();
    let differs = |one: &Compared| one.result.as_ref().is_ok_and(Comparison::differs);
    Ok(match failed.first() {
        Some(code) => *code,
        None if compared.iter().any(differs) => DIFFERS,
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

fn show(compared: &[Compared], app: &App) -> Result<(), Error> {
    let done = || {
        compared.iter().filter_map(|one| Some((one.backend.as_str(), one.result.as_ref().ok()?)))
    };
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            let items = done().map(|(backend, comparison)| Differs::new(backend, comparison));
            let failed = compared.iter().filter_map(|one| Some((one, one.result.as_ref().err()?)));
            let errors = failed
                .map(|(one, error)| BackendError::new(&one.backend, Some(&one.name), error))
                .collect();
            Document::new("DiffList", Items { items: items.collect(), errors }).write(form, out)
        }
        Format::Name => done()
            .filter(|(_, comparison)| comparison.differs())
            .try_for_each(|(_, comparison)| writeln!(out, "{}", comparison.after.name)),
        _ => done().try_for_each(|(backend, one)| view::difference(backend, one, out, style)),
    })
}
