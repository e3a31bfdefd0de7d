//! `connhub copy`.

use super::app::App;
use super::args::CopyArgs;
use super::input::{Given, Sources};
use super::spot::Spot;
use super::written;
use crate::model::types::Mode;
use crate::model::{Connection, Error, Label};
use crate::operations::{self, AtRisk, Input, Original, Rehearsal, Schema};
use crate::ui::json::{Wrote, check_keys};
use crate::ui::view::Place;

/// The label by which copies are found again.
pub(super) const ORIGIN: &str = "connhub-copied-from";
/// What a label's value may be long where labels are most limited.
const MAX_LABEL: usize = 63;

pub(super) fn run(args: &CopyArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Wrote::KEYS)?;
    let (source, target) = places(args, app)?;
    let mut from = app.open(&source.backend)?;
    let job = format!("reading from `{}`", source.backend);
    let work = operations::original(&mut from, source.scope.as_deref(), &source.name);
    let mut original = app.wait(&job, work)?;
    let mut to = app.open(&target.backend)?;
    let job = format!("copying to `{}`", target.backend);
    let description = app.wait(&job, to.connector.describe())?;
    let usual = description.scope.as_ref().and_then(|scope| scope.default.clone());
    let there = to.target(target.scope.as_deref())?.scope.or(usual);
    let is_there = from.name == to.name && original.connection.scope == there;
    if is_there && source.name == target.name {
        return Err(onto_itself(&source.name));
    }
    let schema = Schema::of(Some(&description), &original.connection.type_name)?;
    original.without(&args.unset, &schema)?;
    original.fit(&schema);
    if !args.drop_unsupported {
        original.check_complete(&target.backend)?;
    }
    let input = input(args, &source, &target, &mut original, &schema, app)?;
    let rehearsal = Rehearsal::from(args.dry_run);
    let scope = target.scope.as_deref();
    let work = operations::create(&mut to, scope, &schema, input, args.if_exists.into(), rehearsal);
    let written = app.wait(&job, work)?;
    let place = Place { backend: &target.backend, scope_word: description.scope_word() };
    written::show(place, &written, rehearsal, app)?;
    tell_what_is_missing(&original, &target.backend, app);
    Ok(0)
}

fn places(args: &CopyArgs, app: &App) -> Result<(Spot, Spot), Error> {
    let source = Spot::read(&args.source, app)?;
    if source.name.is_empty() {
        return Err(Error::invalid("the connection to copy is not named")
            .hint("write its name behind the last slash, for example `local/lake`"));
    }
    let mut target = Spot::read(&args.target, app)?;
    if target.name.is_empty() {
        target.name.clone_from(&source.name);
    }
    Ok((source, target))
}

fn onto_itself(name: &str) -> Error {
    Error::invalid(format!("`{name}` would be copied onto itself"))
        .hint("give the copy another name, scope or backend; `connhub update` changes a connection")
}

/// What is to be written: what the original has, with what the command line says in its place.
fn input(
    args: &CopyArgs,
    source: &Spot,
    target: &Spot,
    original: &mut Original,
    schema: &Schema,
    app: &App,
) -> Result<Input, Error> {
    let mut sources = Sources::new(app);
    if args.mark_origin {
        mark(&mut original.connection, source, app);
    }
    let secrets = std::mem::take(&mut original.secrets);
    let names: Vec<String> = secrets.iter().map(|secret| secret.name.clone()).collect();
    let given = Given::copy(&target.name, &original.connection, secrets, args)?;
    let kept = names.into_iter().filter(|name| !given.sets(name, &schema.fields)).collect();
    let mut input = sources.collect(given, schema, Mode::Create)?;
    if !args.keep_secrets {
        let is_gone = |name: &String| !input.fields.iter().any(|field| field.name == *name);
        let before = original.before.iter().map(|field| field.name.clone());
        let gone: Vec<String> = before.filter(is_gone).collect();
        let risk = AtRisk::of(schema, &original.before, &input.fields, &gone, kept);
        let again = sources.again(&risk, &target.name)?;
        input.secrets.retain(|secret| !again.iter().any(|new| new.name == secret.name));
        input.secrets.extend(again);
    }
    Ok(input)
}

/// What the label says about an original; none if it is no text that every backend takes as a label.
pub(super) fn origin(backend: &str, connection: &Connection) -> Option<String> {
    let scope = connection.scope.as_deref().unwrap_or("-");
    let value = format!("{backend}_{scope}_{}", connection.name);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    Some(value).filter(|value| value.len() <= MAX_LABEL && value.chars().all(is_plain))
}

fn mark(connection: &mut Connection, source: &Spot, app: &App) {
    if let Some(value) = origin(&source.backend, connection) {
        connection.labels.retain(|label| label.key != ORIGIN);
        connection.labels.push(Label { key: ORIGIN.to_owned(), value });
    } else {
        let talk = app.console.talk();
        talk.warning(
            "the copy is not marked: its origin is no text that every backend takes as a label",
        );
    }
}

fn tell_what_is_missing(original: &Original, backend: &str, app: &App) {
    let talk = app.console.talk();
    let misfits = original.misfits();
    if !misfits.is_empty() {
        talk.warning(&format!("`{backend}` cannot hold {}; left out", misfits.join(", ")));
    }
    let labels = original.foreign_labels();
    if !labels.is_empty() {
        talk.note(&format!("labels of other software were not copied: {}", labels.join(", ")));
    }
}
