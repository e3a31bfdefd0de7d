//! `connhub delete -f`.

use super::app::App;
use super::args::DeleteArgs;
use super::delete::look;
use super::input::{Literals, Sources};
use super::jobs::{Job, Jobs};
use super::many::{Lanes, at};
use crate::model::{Error, Kind, Removed};
use crate::operations::{self, Rehearsal};
use crate::ui::json::{BackendError, Deleted, Document, Items, check_keys};
use crate::ui::{self, Answer, Format, view};

/// How many names a question repeats.
const NAMED: usize = 10;

/// What became of one connection: what was removed, or nothing if there was nothing to remove.
struct Done {
    backend: String,
    name: String,
    result: Result<Option<Vec<Removed>>, Error>,
}

pub(super) fn run(args: &DeleteArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Deleted::KEYS)?;
    let rehearsal = Rehearsal::from(args.dry_run);
    // Secrets that stand in a file do no harm where nothing is written.
    let mut sources = Sources::new(app);
    let jobs = Jobs::read(&args.files, Literals::Allowed, &mut sources, app)?.all(app)?;
    if !args.yes && rehearsal == Rehearsal::None {
        ask(&jobs, app)?;
    }
    let mut lanes = Lanes::open_all(jobs.iter().map(|job| job.backend.as_str()), app)?;
    let done: Vec<Done> = jobs
        .into_iter()
        .map(|job| {
            let place = job.manifest.place.clone();
            let result = delete(&job, args, &mut lanes, app).map_err(|error| at(&place, error));
            Done { backend: job.backend, name: job.manifest.given.name, result }
        })
        .collect();
    show(&done, rehearsal, app)?;
    let failed = done.iter().filter_map(|one| one.result.as_ref().err());
    let codes: Vec<u8> = failed.map(|error| app.fail(error)).collect();
    Ok(codes.first().copied().unwrap_or(0))
}

fn ask(jobs: &[Job], app: &App) -> Result<(), Error> {
    if !ui::is_interactive() {
        return Err(Error::invalid("nobody can be asked here whether to delete").hint(
            "add `--yes` to delete without a question, or `--dry-run` to see what it would do",
        ));
    }
    let names = jobs.iter().take(NAMED);
    let names: Vec<String> =
        names.map(|job| format!("`{}/{}`", job.backend, job.manifest.given.name)).collect();
    let more = match jobs.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let question = format!("delete {}{more}?", names.join(", "));
    match ui::confirm(app.console.talk(), &question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(Kind::Other, "nothing was deleted")),
    }
}

fn delete(
    job: &Job,
    args: &DeleteArgs,
    lanes: &mut Lanes,
    app: &App,
) -> Result<Option<Vec<Removed>>, Error> {
    let backend = lanes.of(&job.backend)?.first();
    let (scope, name) = (job.scope.as_deref(), job.manifest.given.name.as_str());
    let doing = format!("deleting in `{}`", job.backend);
    let rehearsal = Rehearsal::from(args.dry_run);
    let deleted = match rehearsal {
        Rehearsal::Client => app.wait(&doing, look(backend, scope, name)),
        _ => app.wait(&doing, operations::delete(backend, scope, name, args.uses(), rehearsal)),
    };
    match deleted {
        Err(error) if args.ignore_not_found && error.kind == Kind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

fn show(done: &[Done], rehearsal: Rehearsal, app: &App) -> Result<(), Error> {
    let removed = || done.iter().filter_map(|one| Some((one, one.result.as_ref().ok()?.as_ref()?)));
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => {
            let items = removed()
                .map(|(one, removed)| Deleted::new(&one.backend, &one.name, removed, rehearsal));
            let failed = done.iter().filter_map(|one| Some((one, one.result.as_ref().err()?)));
            let errors = failed
                .map(|(one, error)| BackendError::new(&one.backend, Some(&one.name), error))
                .collect();
            Document::new("ResultList", Items { items: items.collect(), errors }).write(form, out)
        }
        Format::Name => removed().try_for_each(|(one, _)| writeln!(out, "{}", one.name)),
        _ if app.is_quiet() => Ok(()),
        _ => removed().try_for_each(|(one, removed)| {
            view::deleted(&one.backend, &one.name, removed, rehearsal, out)
        }),
    })
}
