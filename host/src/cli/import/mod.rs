//! `connhub import`: what another program keeps is read, shown, and stored as `apply` stores it. The source is left as it is.

mod backup;
mod flowfile;
mod names;
mod plan;
mod rclone;
mod source;

use super::app::App;
use super::apply::{Manner, Tally, batch_size, store};
use super::args::ImportArgs;
use crate::model::{Error, IfExists, Kind};
use crate::operations::Rehearsal;
use crate::ui::json::{Document, ImportForm, Items, Wrote, check_keys};
use crate::ui::{self, Answer, Format, view};
use plan::{Plan, State};
pub(super) use source::field_file;

/// How many names an error repeats.
const NAMED: usize = 10;

pub(super) fn run(args: &ImportArgs, app: &App) -> Result<u8, Error> {
    let keys = if args.dry_run { ImportForm::KEYS } else { Wrote::KEYS };
    check_keys(app.format.structured(), keys)?;
    let found = source::read(args, app)?;
    let talk = app.console.talk();
    found.remarks.iter().for_each(|remark| talk.note(remark));
    let mut plan = Plan::make(found, args, app)?;
    if args.dry_run {
        show_as_data(&plan, app)?;
        return Ok(plan.code());
    }
    show_as_talk(&plan, app)?;
    let if_exists = IfExists::from(args.if_exists);
    if if_exists == IfExists::Fail {
        refuse_existing(&plan)?;
    }
    let wanted = plan.count(State::New) + plan.count(State::Exists);
    if wanted == 0 || (if_exists == IfExists::Keep && plan.count(State::New) == 0) {
        talk.line("nothing is to be imported");
        return finish_empty(&plan, app);
    }
    if !args.yes {
        ask(&plan, if_exists, app)?;
    }
    let code = plan.code();
    let written = write(&mut plan, if_exists, app)?;
    Ok(if written == 0 { code } else { written })
}

/// A document is expected even if there is nothing in it.
fn finish_empty(plan: &Plan, app: &App) -> Result<u8, Error> {
    if app.format.structured().is_some() {
        Tally::new(0, Rehearsal::None).finish(app)?;
    }
    Ok(plan.code())
}

fn show_as_data(plan: &Plan, app: &App) -> Result<(), Error> {
    let lines = plan.lines();
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            let items = lines.iter().map(ImportForm::new).collect();
            Document::new("ImportPlan", Items { items, errors: Vec::new() }).write(form, out)
        }
        Format::Name => {
            let names = lines.iter().filter_map(|line| line.connection);
            names.into_iter().try_for_each(|connection| writeln!(out, "{}", connection.name))
        }
        _ if lines.is_empty() => Ok(()),
        _ => view::imports(&lines, out, style, app.headers()),
    })
}

fn show_as_talk(plan: &Plan, app: &App) -> Result<(), Error> {
    let talk = app.console.talk();
    let lines = plan.lines();
    if lines.is_empty() || app.is_quiet() {
        return Ok(());
    }
    let mut text = Vec::new();
    view::imports(&lines, &mut text, talk.style(), app.headers())
        .map_err(|error| Error::new(Kind::Other, "the table cannot be written").because(error))?;
    talk.write(&String::from_utf8_lossy(&text));
    Ok(())
}

/// Nothing is written if something would have to be left out.
fn refuse_existing(plan: &Plan) -> Result<(), Error> {
    let names = plan.names(State::Exists);
    if names.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let verb = if names.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{}{more} {verb} there already and different; nothing was imported",
        shown.join(", ")
    );
    Err(Error::new(Kind::Exists, message)
        .hint("say `--if-exists keep` or `--if-exists replace`, or leave it out with `--only`")
        .hint("or give it another name with `--rename NAME=NEW` or `--prefix PREFIX`"))
}

fn ask(plan: &Plan, if_exists: IfExists, app: &App) -> Result<(), Error> {
    if !ui::is_interactive() {
        return Err(Error::invalid("nobody can be asked here whether to import").hint(
            "add `--yes` to import without a question, or `--dry-run` to see what it would do",
        ));
    }
    let new = plan.count(State::New);
    let existing = plan.count(State::Exists);
    let noun = if new == 1 { "connection" } else { "connections" };
    let question = match (if_exists, existing) {
        (IfExists::Replace, 1..) => format!("import {new} {noun} and replace {existing}?"),
        _ => format!("import {new} {noun}?"),
    };
    match ui::confirm(app.console.talk(), &question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(Kind::Other, "nothing was imported")),
    }
}

/// Backend by backend, in batches that become durable together.
fn write(plan: &mut Plan, if_different: IfExists, app: &App) -> Result<u8, Error> {
    let manner = Manner { if_different, rehearsal: Rehearsal::None };
    let mut work = plan.take_work(if_different);
    let mut tally = Tally::new(work.iter().map(|(_, items)| items.len()).sum(), manner.rehearsal);
    for (backend, items) in &mut work {
        let lane = plan.lane(backend)?;
        let size = batch_size(lane);
        let mut rest = items.drain(..).peekable();
        while rest.peek().is_some() {
            let batch = rest.by_ref().take(size).collect();
            let done = store(batch, lane, manner, &tally, app)?;
            tally.take(done, app)?;
        }
    }
    tally.summary(app);
    tally.finish(app)
}
