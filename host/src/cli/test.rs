//! `connhub test`.

use std::io::{self, Write};

use futures_util::StreamExt as _;
use futures_util::stream;

use super::app::App;
use super::args::TestArgs;
use super::expiring;
use super::input::{Literals, Sources};
use super::jobs::{Job, Jobs};
use super::many::{Lanes, at};
use super::taken::Taker;
use crate::model::{Error, Filter, Kind, TestReport, TestStatus};
use crate::operations::{self, Opened, Tests};
use crate::ui::json::{self, BackendError, Document, Items, check_keys};
use crate::ui::view::{self, TestRow};
use crate::ui::{Format, Style};

/// Tests at the same time: enough not to wait for slow servers, and few enough not to be taken for an attack.
const AT_ONCE: usize = 10;

/// A connection to test, or why it cannot be read.
struct Subject {
    backend: String,
    name: String,
    opened: Result<Opened, Error>,
}

/// What became of a subject.
struct Done {
    subject: Subject,
    report: Option<TestReport>,
    /// Whether the backend keeps the result, if that was asked for.
    recorded: Option<Result<bool, Error>>,
}

pub(super) fn run(args: &TestArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), json::Tested::KEYS)?;
    let subjects = match (args.all, args.files.is_empty()) {
        (true, _) => everything(app)?,
        (false, false) => described(args, app)?,
        (false, true) => named(&args.names, app)?,
    };
    for opened in subjects.iter().filter_map(|subject| subject.opened.as_ref().ok()) {
        expiring::warn_about(&opened.connection, app);
    }
    let mut done = test(subjects, args, app)?;
    if args.record {
        record(&mut done, app);
    }
    show(&done, args, app)?;
    let codes: Vec<u8> = done.iter().map(|one| code(one, app)).collect();
    Ok(codes.into_iter().find(|code| *code != 0).unwrap_or(0))
}

/// Reads the connections that were named. One that cannot be read does not hide the others.
fn named(names: &[String], app: &App) -> Result<Vec<Subject>, Error> {
    let mut taker = Taker::new(app);
    let backend = app.backend().unwrap_or_default().to_owned();
    let subject = |name: &String| {
        let opened = taker.take(name);
        let backend = opened.as_ref().map_or(backend.clone(), |opened| opened.backend.clone());
        Subject { backend, name: name.clone(), opened }
    };
    Ok(names.iter().map(subject).collect())
}

/// Reads all connections of the backend.
fn everything(app: &App) -> Result<Vec<Subject>, Error> {
    let backend = app.backend()?.to_owned();
    let mut opened = app.open(&backend)?;
    let filter = Filter { names_only: true, ..Filter::default() };
    let mut names = Vec::new();
    let mut keep = |page: Vec<crate::model::Connection>| {
        names.extend(page.into_iter().map(|connection| connection.name));
        Ok(())
    };
    let work = operations::list(&mut opened, app.scope(), &filter, &mut keep);
    app.wait(&format!("listing `{backend}`"), work)?;
    drop(opened);
    names.sort();
    named(&names, app)
}

/// Reads what files describe, and the secrets that they refer to.
fn described(args: &TestArgs, app: &App) -> Result<Vec<Subject>, Error> {
    let literals = Literals::from(args.allow_literal_secrets);
    let mut sources = Sources::new(app).with_literals(literals);
    let jobs = Jobs::read(&args.files, literals, &mut sources, app)?;
    let mut lanes = Lanes::open(&jobs, app)?;
    let mut subjects = Vec::with_capacity(jobs.len());
    jobs.for_each(app, |job| {
        let (backend, name) = (job.backend.clone(), job.manifest.given.name.clone());
        let place = job.manifest.place.clone();
        let opened = unsaved(job, &mut lanes, &mut sources, app);
        let opened = opened.map_err(|error| at(&place, error));
        subjects.push(Subject { backend, name, opened });
        Ok(())
    })?;
    Ok(subjects)
}

fn unsaved(
    job: Job,
    lanes: &mut Lanes,
    sources: &mut Sources<'_>,
    app: &App,
) -> Result<Opened, Error> {
    let backend = job.backend.clone();
    let lane = lanes.of(&backend)?;
    let ready = lane.prepare(job, operations::KeptSecrets::default(), sources, app)?;
    let Some(schema) = lane.schema(&ready.type_name) else {
        return Err(Error::invalid("it has no `type`"));
    };
    operations::unsaved(&backend, ready.scope, schema, ready.input)
}

/// Tests them at the same time; the results come in the order of the subjects.
fn test(subjects: Vec<Subject>, args: &TestArgs, app: &App) -> Result<Vec<Done>, Error> {
    let tests = Tests::within(args.timeout);
    let job = match &subjects[..] {
        [one] => format!("testing `{}`", one.name),
        several => format!("testing {} connections", several.len()),
    };
    let each = subjects.into_iter().map(|subject| async {
        let report = match &subject.opened {
            Ok(opened) => Some(tests.test(&opened.connection, &opened.secrets).await),
            Err(_) => None,
        };
        Done { subject, report, recorded: None }
    });
    app.wait(&job, async { Ok(stream::iter(each).buffered(AT_ONCE).collect().await) })
}

/// Has the backends keep the results. That a result cannot be kept does not change it.
fn record(done: &mut [Done], app: &App) {
    let mut taker = Taker::new(app);
    for one in done {
        if let (Ok(opened), Some(report)) = (&one.subject.opened, &one.report) {
            one.recorded = Some(taker.record(opened, report));
        }
    }
}

fn show(done: &[Done], args: &TestArgs, app: &App) -> Result<(), Error> {
    let rows: Vec<TestRow<'_>> = done.iter().filter_map(row).collect();
    let is_one = matches!((&args.names[..], &rows[..]), ([_], [_]));
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) if is_one => {
            Document::new("Test", form_of(&rows[0])).write(form, out)
        }
        Format::Structured(form) => {
            let failed =
                done.iter().filter_map(|one| Some((one, one.subject.opened.as_ref().err()?)));
            let errors = failed.map(|(one, error)| {
                BackendError::new(&one.subject.backend, Some(&one.subject.name), error)
            });
            let errors = errors.collect();
            let items = rows.iter().map(form_of).collect();
            Document::new("TestList", Items { items, errors }).write(form, out)
        }
        Format::Name => rows.iter().try_for_each(|row| writeln!(out, "{}", row.connection.name)),
        _ if rows.is_empty() => Ok(()),
        Format::Wide => ladders(&rows, out, style, app),
        Format::Human if is_one => ladders(&rows, out, style, app),
        _ => view::tests(&rows, out, style, app.headers()),
    })
}

fn row(done: &Done) -> Option<TestRow<'_>> {
    let (opened, report) = (done.subject.opened.as_ref().ok()?, done.report.as_ref()?);
    Some(TestRow { backend: &done.subject.backend, connection: &opened.connection, report })
}

fn form_of<'a>(row: &TestRow<'a>) -> json::Tested<'a> {
    json::Tested::new(row.backend, row.connection, row.report)
}

fn ladders(rows: &[TestRow<'_>], out: &mut dyn Write, style: Style, app: &App) -> io::Result<()> {
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        view::ladder(*row, out, style, app.headers())?;
    }
    Ok(())
}

/// The exit code of one of them. What cannot be read is an error, and what could not be tried is none.
fn code(done: &Done, app: &App) -> u8 {
    let name = &done.subject.name;
    let unrecorded = match &done.recorded {
        Some(Err(error)) => app.fail(error),
        Some(Ok(false)) => {
            app.console.talk().note(&format!(
                "nothing was recorded for `{name}`: the test could not tell whether it works"
            ));
            0
        }
        Some(Ok(true)) | None => 0,
    };
    match (&done.subject.opened, &done.report) {
        (Err(error), _) => app.fail(error),
        (Ok(_), Some(report)) if report.status() == TestStatus::Failed => {
            Kind::TestFailed.exit_code()
        }
        _ => unrecorded,
    }
}
