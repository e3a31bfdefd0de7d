//! `connhub apply`.

use super::app::App;
use super::args::ApplyArgs;
use super::input::{Literals, Sources};
use super::jobs::{Job, Jobs};
use super::many::{Lane, Lanes, Ready, at};
use super::prune::{self, Kept};
use crate::model::{Error, IfExists, Outcome, Written};
use crate::operations::{self, Order, Rehearsal};
use crate::ui::json::{BackendError, Document, Items, Wrote, check_keys};
use crate::ui::view::Place;
use crate::ui::{Format, view};

/// Connections that become durable together: one wait for the disk is shared, and other processes do not wait long for the store.
const LOCAL_BATCH: usize = 512;
/// Connections that go to another backend before the first of them is reported.
const BATCH: usize = 32;

pub(super) fn run(args: &ApplyArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Wrote::KEYS)?;
    let rehearsal = Rehearsal::from(args.dry_run);
    let prune = prune::Prune::of(args, rehearsal)?;
    let literals = Literals::from(args.manifests.allow_literal_secrets);
    let mut sources = Sources::new(app).with_literals(literals);
    let jobs = Jobs::read(&args.manifests.files, literals, &mut sources, app)?;
    let mut lanes = Lanes::open(&jobs, app)?;
    let kept = Kept::of(&jobs, &mut lanes)?;
    let prune = prune.map(|prune| (prune, kept));
    let mut tally = Tally::new(jobs.len(), rehearsal);
    let mut batch: Vec<Job> = Vec::new();
    let mut write_all = |batch: Vec<Job>, lanes: &mut Lanes| {
        let done = write(batch, args, lanes, &mut sources, &tally, app)?;
        tally.take(done, app)
    };
    jobs.for_each(app, |job| {
        let is_full = batch.len() >= batch_size(lanes.of(&job.backend)?);
        if !batch.is_empty() && (is_full || !goes_with(&job, &batch[0])) {
            write_all(std::mem::take(&mut batch), &mut lanes)?;
        }
        batch.push(job);
        Ok(())
    })?;
    write_all(batch, &mut lanes)?;
    tally.summary(app);
    if let Some((prune, kept)) = prune {
        if tally.first_code == 0 {
            tally.removed = prune.run(&kept, &mut lanes, app)?;
        } else {
            app.console.talk().warning("nothing was pruned, since not everything was applied");
        }
    }
    tally.finish(app)
}

/// Whether a connection can be written together with one that is further up. What it refers to must be there before.
fn goes_with(job: &Job, first: &Job) -> bool {
    job.backend == first.backend && !job.manifest.given.refers_to_connections()
}

/// A connection that was written, or not.
pub(super) struct Done {
    backend: String,
    scope_word: String,
    name: String,
    result: Result<Written, Error>,
}

/// A connection that is to be written, or why it cannot be.
pub(super) struct Item {
    pub place: String,
    pub name: String,
    pub ready: Result<Ready, Error>,
}

/// How connections are written.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    pub if_different: IfExists,
    pub rehearsal: Rehearsal,
}

/// Reads what the manifests refer to, and then writes: while somebody is asked for a secret nothing is locked.
fn write(
    batch: Vec<Job>,
    args: &ApplyArgs,
    lanes: &mut Lanes,
    sources: &mut Sources<'_>,
    tally: &Tally,
    app: &App,
) -> Result<Vec<Done>, Error> {
    let lane = lanes.of(&batch[0].backend)?;
    let mut items = Vec::with_capacity(batch.len());
    for job in batch {
        let (place, name) = (job.manifest.place.clone(), job.manifest.given.name.clone());
        let ready = lane.prepare(job, args.keep_secrets.into(), sources, app);
        items.push(Item { place, name, ready });
    }
    let manner = Manner { if_different: IfExists::Replace, rehearsal: args.dry_run.into() };
    store(items, lane, manner, tally, app)
}

/// How many connections of a lane are written at once.
pub(super) fn batch_size(lane: &Lane) -> usize {
    if lane.is_local() { LOCAL_BATCH } else { BATCH }
}

/// Writes connections of one backend, in one transaction where the backend has such.
pub(super) fn store(
    items: Vec<Item>,
    lane: &mut Lane,
    manner: Manner,
    tally: &Tally,
    app: &App,
) -> Result<Vec<Done>, Error> {
    lane.widen(items.len(), app)?;
    let (backend, scope_word) = (lane.name().to_owned(), lane.scope_word());
    let mut results: Vec<Option<Result<Written, Error>>> = Vec::with_capacity(items.len());
    let mut orders = Vec::with_capacity(items.len());
    let scopes: Vec<Option<String>> =
        items.iter().map(|one| one.ready.as_ref().ok().and_then(|one| one.scope.clone())).collect();
    let mut names = Vec::with_capacity(items.len());
    let mut backends = std::mem::take(&mut lane.backends);
    for (one, scope) in items.into_iter().zip(&scopes) {
        names.push((one.place, one.name));
        match one.ready.map(|one| (lane.schema(&one.type_name), one.input)) {
            Ok((Some(schema), input)) => {
                results.push(None);
                let (scope, if_different) = (scope.as_deref(), manner.if_different);
                orders.push(Order { scope, schema, input, if_different });
            }
            Ok((None, _)) => results.push(Some(Err(Error::invalid("it has no `type`")))),
            Err(error) => results.push(Some(Err(error))),
        }
    }
    let work = operations::apply_all(&mut backends, orders, manner.rehearsal);
    let written = app.wait(&tally.bar(), async { Ok(work.await) });
    lane.backends = backends;
    let mut written = written?.into_iter();
    let done = names.into_iter().zip(results).filter_map(|((place, name), result)| {
        let result = result.or_else(|| written.next())?.map_err(|error| at(&place, error));
        let scope_word = scope_word.clone();
        Some(Done { backend: backend.clone(), scope_word, name, result })
    });
    Ok(done.collect())
}

/// What became of the connections so far.
pub(super) struct Tally {
    total: usize,
    rehearsal: Rehearsal,
    done: usize,
    counts: [(&'static str, usize); 5],
    pub(super) first_code: u8,
    /// For documents, which are written at the end.
    all: Vec<Done>,
    removed: Vec<prune::Pruned>,
}

impl Tally {
    pub(super) fn new(total: usize, rehearsal: Rehearsal) -> Self {
        let counts =
            [("created", 0), ("replaced", 0), ("kept", 0), ("unchanged", 0), ("failed", 0)];
        let (all, removed) = (Vec::new(), Vec::new());
        Self { total, rehearsal, done: 0, counts, first_code: 0, all, removed }
    }

    /// The line of progress.
    fn bar(&self) -> String {
        const WIDTH: usize = 20;
        let filled = (self.done * WIDTH).checked_div(self.total).unwrap_or(0);
        let bar: String = (0..WIDTH).map(|at| if at < filled { '█' } else { '░' }).collect();
        format!("{bar} {} of {} applied", self.done, self.total)
    }

    pub(super) fn take(&mut self, batch: Vec<Done>, app: &App) -> Result<(), Error> {
        for done in &batch {
            self.done += 1;
            let word = match &done.result {
                Err(_) => "failed",
                Ok(written) => match written.outcome {
                    Outcome::Created => "created",
                    Outcome::Kept => "kept",
                    Outcome::Unchanged => "unchanged",
                    Outcome::Replaced | Outcome::Updated => "replaced",
                },
            };
            let count = self.counts.iter_mut().find(|(known, _)| *known == word);
            count.into_iter().for_each(|(_, count)| *count += 1);
        }
        self.show(&batch, app)?;
        for done in &batch {
            if let Err(error) = &done.result {
                let code = app.fail(error);
                if self.first_code == 0 {
                    self.first_code = code;
                }
            }
        }
        if app.format.structured().is_some() {
            self.all.extend(batch);
        }
        Ok(())
    }

    fn show(&self, batch: &[Done], app: &App) -> Result<(), Error> {
        let written = || batch.iter().filter_map(|done| Some((done, done.result.as_ref().ok()?)));
        app.console.data(|out, style| match &app.format {
            Format::Structured(_) => Ok(()),
            Format::Name => written().try_for_each(|(done, _)| writeln!(out, "{}", done.name)),
            _ if app.is_quiet() => Ok(()),
            _ => written().try_for_each(|(done, written)| {
                let place = Place { backend: &done.backend, scope_word: &done.scope_word };
                view::written(place, written, self.rehearsal, out, style)
            }),
        })?;
        let talk = app.console.talk();
        for (done, written) in written() {
            written.notes.iter().for_each(|note| talk.note(&format!("`{}`: {note}", done.name)));
        }
        Ok(())
    }

    pub(super) fn summary(&self, app: &App) {
        let counts = self.counts.iter().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts.map(|(word, count)| format!("{count} {word}")).collect();
        let noun = if self.total == 1 { "connection" } else { "connections" };
        app.console.talk().line(&format!("{} {noun}: {}", self.total, counts.join(", ")));
    }

    pub(super) fn finish(self, app: &App) -> Result<u8, Error> {
        let Some(form) = app.format.structured() else { return Ok(self.first_code) };
        let mut items = Vec::new();
        let mut errors = Vec::new();
        for done in &self.all {
            match &done.result {
                Ok(written) => items.push(Wrote::new(&done.backend, written, self.rehearsal)),
                Err(error) => {
                    errors.push(BackendError::new(&done.backend, Some(&done.name), error))
                }
            }
        }
        app.console
            .data(|out, _| Document::new("ResultList", Items { items, errors }).write(form, out))?;
        let removed = self.removed.iter();
        removed.for_each(|pruned| app.console.talk().line(&pruned.line()));
        Ok(self.first_code)
    }
}
