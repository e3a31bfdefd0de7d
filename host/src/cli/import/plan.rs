//! What becomes of what was found: which name, where to, and whether something is there already.

use std::collections::HashMap;

use super::names::Names;
use crate::cli::app::{ALL, App};
use crate::cli::apply::Item;
use crate::cli::args::ImportArgs;
use crate::cli::many::{Lane, Lanes, Ready};
use crate::imports::{Content, Entry, Found, Imported};
use crate::model::types::{Secrecy, TypeSchema};
use crate::model::{Connection, Draft, Error, Field, IfExists, Kind, SecretField, TextChange};
use crate::operations::{Input, preview};
use crate::ui::view::Import;

/// Everything that was found, in its order.
pub(super) struct Plan {
    lines: Vec<Line>,
    lanes: Lanes,
}

/// What one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    New,
    Same,
    Exists,
    Skipped,
    Invalid,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Exists => "exists",
            Self::Skipped => "skipped",
            Self::Invalid => "invalid",
        }
    }
}

struct Line {
    source: String,
    place: String,
    state: State,
    reasons: Vec<String>,
    /// What it becomes, if it is a connection.
    target: Option<Target>,
}

struct Target {
    backend: String,
    scope: Option<String>,
    shown: Connection,
    input: Option<Input>,
}

impl Line {
    /// What is no connection.
    fn none(source: String, place: String, state: State, why: String) -> Self {
        Self { source, place, state, reasons: vec![why], target: None }
    }

    fn shown(&self) -> Import<'_> {
        Import {
            source: &self.source,
            place: &self.place,
            state: self.state.word(),
            connection: self.target.as_ref().map(|target| &target.shown),
            backend: self.target.as_ref().map(|target| target.backend.as_str()),
            reasons: &self.reasons,
        }
    }
}

impl Plan {
    /// Looks what is there. Nothing is written.
    ///
    /// # Errors
    /// A backend fails, or something was named that is not there.
    pub(super) fn make(found: Found, args: &ImportArgs, app: &App) -> Result<Self, Error> {
        let names = Names::of(args)?;
        let entries = names.chosen(found.entries)?;
        let mut lines = Vec::with_capacity(entries.len());
        for entry in entries {
            lines.push(line(entry, &names, app)?);
        }
        names.check_used(lines.iter().map(|line| line.source.as_str()))?;
        point_out_clashes(&mut lines);
        let targets = lines.iter().filter(|line| line.state != State::Skipped);
        let backends = targets.filter_map(|line| Some(line.target.as_ref()?.backend.as_str()));
        let lanes = Lanes::open_all(backends, app)?;
        let mut plan = Self { lines, lanes };
        for at in 0..plan.lines.len() {
            plan.look(at, args, app)?;
        }
        Ok(plan)
    }

    /// The lines of the table.
    pub(super) fn lines(&self) -> Vec<Import<'_>> {
        self.lines.iter().map(Line::shown).collect()
    }

    /// How many are in a state.
    pub(super) fn count(&self, state: State) -> usize {
        self.lines.iter().filter(|line| line.state == state).count()
    }

    /// The names of those in a state.
    pub(super) fn names(&self, state: State) -> Vec<&str> {
        let lines = self.lines.iter().filter(|line| line.state == state);
        lines.filter_map(|line| Some(line.target.as_ref()?.shown.name.as_str())).collect()
    }

    /// 2 if something that should be a connection is none.
    pub(super) fn code(&self) -> u8 {
        if self.count(State::Invalid) == 0 { 0 } else { Kind::Invalid.exit_code() }
    }

    /// A backend.
    pub(super) fn lane(&mut self, backend: &str) -> Result<&mut Lane, Error> {
        self.lanes.of(backend)
    }

    /// What is to be written, by backend.
    pub(super) fn take_work(&mut self, if_exists: IfExists) -> Vec<(String, Vec<Item>)> {
        let mut work: Vec<(String, Vec<Item>)> = Vec::new();
        for line in &mut self.lines {
            let is_wanted = match line.state {
                State::New => true,
                State::Exists => if_exists == IfExists::Replace,
                _ => false,
            };
            let Some(target) = line.target.as_mut().filter(|_| is_wanted) else { continue };
            let Some(input) = target.input.take() else { continue };
            let type_name = target.shown.type_name.clone();
            let ready = Ok(Ready { scope: target.scope.clone(), type_name, input });
            let item = Item { place: line.place.clone(), name: target.shown.name.clone(), ready };
            match work.iter_mut().find(|(backend, _)| *backend == target.backend) {
                Some((_, items)) => items.push(item),
                None => work.push((target.backend.clone(), vec![item])),
            }
        }
        work
    }

    /// Compares one with what the backend has.
    fn look(&mut self, at: usize, args: &ImportArgs, app: &App) -> Result<(), Error> {
        let line = &mut self.lines[at];
        let Some(target) = line.target.as_mut().filter(|_| line.state == State::New) else {
            return Ok(());
        };
        let lane = self.lanes.of(&target.backend)?;
        let type_name = target.shown.type_name.clone();
        let Some(input) = target.input.as_mut() else { return Ok(()) };
        let compared = lane.learn(&type_name).and_then(|()| {
            if let Some(schema) = lane.schema(&type_name) {
                put_in_place(input, &schema.fields);
                line.reasons.extend(leave_out_unheld(input, &schema.fields, &target.backend));
                target.shown = preview(schema, target.scope.clone(), input);
                target.shown.type_name.clone_from(&type_name);
            }
            lane.compare(target.scope.as_deref(), &type_name, input.clone(), app)
        });
        match compared {
            Ok(found) => {
                target.shown.fields.clone_from(&found.after.fields);
                target.shown.scope.clone_from(&found.after.scope);
                line.state = match (found.before.is_some(), found.differs()) {
                    (false, _) => State::New,
                    (true, false) => State::Same,
                    (true, true) => State::Exists,
                };
                if line.state == State::Exists {
                    line.reasons.insert(0, differs(&found.differences, args.if_exists.into()));
                }
                Ok(())
            }
            Err(error) if matches!(error.kind, Kind::Invalid) => {
                line.state = State::Invalid;
                line.reasons.splice(0..0, reasons(&error));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn differs(differences: &[String], if_exists: IfExists) -> String {
    let what = match if_exists {
        IfExists::Fail => "stops the import",
        IfExists::Keep => "is kept",
        IfExists::Replace => "is replaced",
    };
    format!("what is there differs in {} and {what}", differences.join(", "))
}

/// What is wrong, without the name that stands beside it.
fn reasons(error: &Error) -> Vec<String> {
    match error.problems.is_empty() {
        true => vec![error.message.clone()],
        false => error
            .problems
            .iter()
            .map(|problem| format!("`{}` {}", problem.field, problem.message))
            .collect(),
    }
}

/// Some backends keep with the secrets what is none, and some show what is secret elsewhere.
fn put_in_place(input: &mut Input, schema: &TypeSchema) {
    let (visible, secrets): (Vec<_>, Vec<_>) = std::mem::take(&mut input.secrets)
        .into_iter()
        .partition(|secret| schema.is_public(&secret.name) && as_text(secret).is_some());
    let (secret, fields): (Vec<_>, Vec<_>) = std::mem::take(&mut input.fields)
        .into_iter()
        .partition(|field| schema.secrecy(&field.name) == Secrecy::Secret);
    input.fields = fields;
    input.fields.extend(visible.iter().filter_map(|secret| {
        Some(Field { name: secret.name.clone(), value: as_text(secret)?.to_owned() })
    }));
    input.secrets = secrets;
    input.secrets.extend(
        secret.into_iter().map(|one| SecretField { name: one.name, value: one.value.into() }),
    );
}

fn as_text(secret: &SecretField) -> Option<&str> {
    std::str::from_utf8(secret.value.expose()).ok()
}

/// What the backend has no place for and no program needs to log in.
fn leave_out_unheld(input: &mut Input, schema: &TypeSchema, backend: &str) -> Option<String> {
    let is_kept = |name: &str| {
        let is_needed = schema.auth.as_ref().is_some_and(|auth| auth.governs(name));
        let is_address = schema.fields.iter().any(|field| field.name == name && field.address);
        schema.holds(name) || is_needed || is_address
    };
    let (kept, left): (Vec<_>, Vec<_>) =
        std::mem::take(&mut input.fields).into_iter().partition(|field| is_kept(&field.name));
    input.fields = kept;
    let names: Vec<&str> = left.iter().map(|field| field.name.as_str()).collect();
    (!names.is_empty())
        .then(|| format!("left out, since `{backend}` has no place for it: {}", names.join(", ")))
}

fn line(entry: Entry, names: &Names, app: &App) -> Result<Line, Error> {
    let Entry { source, place, content, remarks } = entry;
    let imported = match content {
        Content::Skipped(why) => return Ok(Line::none(source, place, State::Skipped, why)),
        Content::Broken(what) => return Ok(Line::none(source, place, State::Invalid, what)),
        Content::Connection(imported) => imported,
    };
    let mut reasons = Vec::new();
    let Imported { mut draft, files, backend: origin, scope } = *imported;
    for file in files {
        match super::source::field_file(&file.path, app) {
            Ok(value) => {
                reasons.push(format!("`{}` is read from `{}`", file.field, file.path.display()));
                draft.secrets.push(SecretField { name: file.field, value });
            }
            Err(why) => {
                let why = format!("`{}` is in `{}`, which {why}", file.field, file.path.display());
                return Ok(Line::none(source, place, State::Invalid, why));
            }
        }
    }
    draft.name = names.name(&source, &draft.name);
    // Labels whose keys have a prefix belong to the software around the place that they come from.
    draft.labels.retain(|label| !label.key.contains('/'));
    if draft.name != source {
        reasons.push(format!("was `{source}`"));
    }
    reasons.extend(remarks);
    let (backend, scope) = whereto(origin, scope, app)?;
    let shown = Connection {
        name: draft.name.clone(),
        scope: scope.clone(),
        type_name: draft.type_name.clone(),
        fields: draft.fields.clone(),
        ..Connection::default()
    };
    let target = Target { backend, scope, shown, input: Some(input(draft)) };
    Ok(Line { source, place, state: State::New, reasons, target: Some(target) })
}

/// A flag is stronger than where a backup says that it came from.
fn whereto(
    origin: Option<String>,
    scope: Option<String>,
    app: &App,
) -> Result<(String, Option<String>), Error> {
    let named = app.named_backend();
    let backend = match (named, &origin) {
        (Some(name), _) if name != ALL => name.to_owned(),
        (_, Some(origin)) => origin.clone(),
        _ => app.backend()?.to_owned(),
    };
    let is_same = origin.as_ref() == Some(&backend);
    let scope = app.named_scope().map(str::to_owned).or(scope.filter(|_| is_same));
    Ok((backend, scope.or_else(|| app.scope().map(str::to_owned))))
}

fn input(draft: Draft) -> Input {
    let text = |text: Option<String>| text.map_or(TextChange::Keep, TextChange::Set);
    Input {
        name: draft.name,
        fields: draft.fields,
        secrets: draft.secrets,
        display_name: text(draft.display_name),
        description: text(draft.description),
        labels: draft.labels,
        ..Input::default()
    }
}

/// Two things cannot have one name: the first keeps it.
fn point_out_clashes(lines: &mut [Line]) {
    let mut taken: HashMap<(String, Option<String>, String), String> = HashMap::new();
    for line in lines {
        let Some(target) = &line.target else { continue };
        let key = (target.backend.clone(), target.scope.clone(), target.shown.name.clone());
        match taken.get(&key) {
            None => drop(taken.insert(key, line.place.clone())),
            Some(place) => {
                line.state = State::Invalid;
                line.reasons.insert(
                    0,
                    format!("the name is that of {place} already; `--rename` gives it another"),
                );
            }
        }
    }
}
