//! Creating and changing connections: everything is checked before the connector hears of it.

use std::borrow::Cow;

use super::{Rehearsal, Schema, explain};
use crate::model::types::{AuthMethod, Mode, Normalized, TypeSchema, check_name};
use crate::model::{
    Connection, Draft, Error, Field, FieldProblem, IfExists, Kind, Label, Outcome, Patch,
    SecretField, TextChange, Written,
};
use crate::plugins::Backend;
use crate::scrub::Scrubber;

/// The field that names how to log in.
const AUTH_METHOD: &str = "auth_method";

/// What a user gave for one connection. Names of fields are those that were typed.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The name of the connection.
    pub name: String,
    /// Visible fields.
    pub fields: Vec<Field>,
    /// Secret fields.
    pub secrets: Vec<SecretField>,
    /// Fields to remove; for changes only.
    pub remove: Vec<String>,
    /// What people call it.
    pub display_name: TextChange,
    /// What it is for.
    pub description: TextChange,
    /// Labels to set.
    pub labels: Vec<Label>,
    /// Keys of labels to remove; for changes only.
    pub remove_labels: Vec<String>,
}

/// Stores a new connection.
///
/// # Errors
/// Everything that is wrong with the input at once, or what the backend says.
pub async fn create(
    backend: &mut Backend,
    scope: Option<&str>,
    schema: &Schema,
    input: Input,
    if_exists: IfExists,
    rehearsal: Rehearsal,
) -> Result<Written, Error> {
    let draft = draft(schema, input)?;
    store(backend, scope, draft, if_exists, rehearsal).await
}

/// Stores a draft.
pub(super) async fn store(
    backend: &mut Backend,
    scope: Option<&str>,
    draft: Draft,
    if_exists: IfExists,
    rehearsal: Rehearsal,
) -> Result<Written, Error> {
    let mut target = backend.target(scope)?;
    target.dry_run = rehearsal == Rehearsal::Server;
    if rehearsal == Rehearsal::Client {
        return Ok(imagined(draft, target.scope));
    }
    let written = backend.connector.create(&target, &draft, if_exists).await;
    let written = written.map_err(|error| explain(error, backend, scope, &draft.name))?;
    same_name(backend, &draft.name, &written.connection)?;
    Ok(written)
}

/// What `create` would store, checked without a backend.
///
/// # Errors
/// Everything that is wrong with the input at once.
pub fn rehearse(schema: &Schema, scope: Option<&str>, input: Input) -> Result<Written, Error> {
    Ok(imagined(draft(schema, input)?, scope.map(str::to_owned)))
}

/// What an input would become, for a person to look at. Values that are not valid are left out.
pub fn preview(schema: &Schema, scope: Option<String>, input: &Input) -> Connection {
    let names: Vec<&str> = input.secrets.iter().map(|secret| secret.name.as_str()).collect();
    let valid = schema.fields.validate(&input.fields, &names, &[], Mode::Create);
    let valid = valid.unwrap_or_default();
    Connection {
        name: input.name.clone(),
        scope,
        type_name: schema.type_name.clone(),
        fields: valid.fields,
        secret_names: valid.secret_names,
        display_name: set_text(input.display_name.clone()),
        description: set_text(input.description.clone()),
        labels: input.labels.clone(),
        ..Connection::default()
    }
}

/// Changes a connection. `stored` is what the backend has; `expected` is the revision that it must still have, if that matters.
///
/// # Errors
/// Everything that is wrong with the input at once, or what the backend says.
pub async fn update(
    backend: &mut Backend,
    scope: Option<&str>,
    stored: &Connection,
    change: Change<'_>,
    rehearsal: Rehearsal,
) -> Result<Written, Error> {
    let patch = patch(change.schema, stored, change.input)?;
    if change.kept_secrets == KeptSecrets::StayWhereTheyWere {
        check_address(change.schema, stored, &patch)?;
    }
    if rehearsal == Rehearsal::Client {
        return Ok(patched(stored, &patch));
    }
    let mut target = backend.target(scope)?;
    target.dry_run = rehearsal == Rehearsal::Server;
    let written = backend.connector.update(&target, &stored.name, &patch, change.expected).await;
    let written = written.map_err(|error| explain(error, backend, scope, &stored.name))?;
    same_name(backend, &stored.name, &written.connection)?;
    Ok(written)
}

/// A change that a user asks for.
pub struct Change<'a> {
    /// The type of the stored connection.
    pub schema: &'a Schema,
    /// What is to be different.
    pub input: Input,
    /// The revision that must not have changed.
    pub expected: Option<&'a str>,
    /// Whether secrets that are stored may be sent to another address.
    pub kept_secrets: KeptSecrets,
}

/// Whether secrets that stay as they are may be sent to another address than before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeptSecrets {
    /// They may not: who changes the address gives the secrets again.
    #[default]
    StayWhereTheyWere,
    /// They may.
    MayMove,
}

impl From<bool> for KeptSecrets {
    fn from(may_move: bool) -> Self {
        if may_move { Self::MayMove } else { Self::StayWhereTheyWere }
    }
}

/// The secrets that have to be given again, since the input changes to whom they are sent, and the fields that do that.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AtRisk {
    /// Secrets that are stored and not given.
    pub secrets: Vec<String>,
    /// Fields that say where they go.
    pub addresses: Vec<String>,
}

impl AtRisk {
    /// What would happen if visible fields were set and others removed, while these secrets stay.
    pub fn of(
        schema: &Schema,
        before: &[Field],
        set: &[Field],
        removed: &[String],
        kept: Vec<String>,
    ) -> Self {
        let addresses = schema.fields.moves(before, set, removed);
        // Some backends keep with the secrets what is none.
        let kept: Vec<String> =
            kept.into_iter().filter(|name| !schema.fields.is_public(name)).collect();
        match addresses.is_empty() || kept.is_empty() {
            true => Self::default(),
            false => Self { secrets: kept, addresses },
        }
    }

    /// What a change of a connection would do.
    pub fn of_change(schema: &Schema, stored: &Connection, input: &Input) -> Self {
        let canonical = |name: &String| schema.fields.canonical(name).ok();
        let set = schema.fields.validate(&input.fields, &[], &[], Mode::Update).unwrap_or_default();
        let removed: Vec<String> = input.remove.iter().filter_map(canonical).collect();
        let given: Vec<String> =
            input.secrets.iter().filter_map(|secret| canonical(&secret.name)).collect();
        let kept = stored.secret_names.iter();
        let kept = kept.filter(|name| !given.contains(name) && !removed.contains(name));
        Self::of(schema, &stored.fields, &set.fields, &removed, kept.cloned().collect())
    }

    /// Nothing is at risk.
    ///
    /// # Errors
    /// Names the secrets, and what to type.
    pub fn refuse(&self, name: &str) -> Result<(), Error> {
        if self.secrets.is_empty() {
            return Ok(());
        }
        let addresses = self.addresses.join("`, `");
        let problem = |secret: &String| FieldProblem {
            field: secret.clone(),
            message: format!("is stored, and would be sent to another `{addresses}`"),
        };
        let first = &self.secrets[0];
        Err(Error::invalid(format!("the secrets of `{name}` have to be given again"))
            .problems(self.secrets.iter().map(problem).collect())
            .hint(format!(
                "give each again: `{first}=-` (stdin) or `{first}=@FILE`, in a copy behind `--set`"
            ))
            .hint("or say `--keep-secrets`, if whoever is at the new address may have them"))
    }
}

fn check_address(schema: &Schema, stored: &Connection, patch: &Patch) -> Result<(), Error> {
    let is_given = |name: &String| patch.secrets.iter().any(|secret| secret.name == *name);
    let kept = stored.secret_names.iter();
    let kept = kept.filter(|name| !is_given(name) && !patch.remove.contains(name));
    AtRisk::of(schema, &stored.fields, &patch.fields, &patch.remove, kept.cloned().collect())
        .refuse(&stored.name)
}

/// Checks names and visible values before any secret is read or asked for.
///
/// # Errors
/// Everything that is wrong at once.
pub fn review(
    schema: &Schema,
    name: &str,
    fields: &[Field],
    secret_names: &[&str],
    mode: Mode,
) -> Result<(), Error> {
    let mut problems: Vec<FieldProblem> = check_name(name).err().into_iter().collect();
    problems.extend(
        schema.fields.validate(fields, secret_names, &[], mode).err().into_iter().flatten(),
    );
    if problems.is_empty() { Ok(()) } else { Err(not_valid(name, problems)) }
}

/// A connector answers for the connection that it was asked about, and for no other.
pub(super) fn same_name(backend: &Backend, name: &str, answer: &Connection) -> Result<(), Error> {
    if answer.name == name {
        return Ok(());
    }
    let connector = backend.connector.name();
    Err(Error::new(
        Kind::Connector,
        format!("connector `{connector}` answered for another connection than `{name}`"),
    )
    .hint("this is a fault of the connector; look at what is stored with `connhub list`"))
}

pub(super) fn draft(schema: &Schema, input: Input) -> Result<Draft, Error> {
    let mut problems: Vec<FieldProblem> = check_name(&input.name).err().into_iter().collect();
    problems.extend(unprintable(&input));
    problems.extend(unprintable_text("type", &schema.type_name));
    let fields = validated(&schema.fields, &input, Mode::Create, &mut problems);
    let secrets = normalized_secrets(&schema.fields, input.secrets, &mut problems);
    refuse_secret_name(&input.name, &secrets)?;
    if !problems.is_empty() {
        return Err(not_valid(&input.name, problems));
    }
    Ok(Draft {
        name: input.name,
        type_name: schema.type_name.clone(),
        fields: fields.fields,
        secrets,
        display_name: set_text(input.display_name),
        description: set_text(input.description),
        labels: input.labels,
    })
}

fn patch(schema: &Schema, stored: &Connection, input: Input) -> Result<Patch, Error> {
    let mut problems: Vec<FieldProblem> = unprintable(&input).collect();
    let fields = validated(&schema.fields, &input, Mode::Update, &mut problems);
    let remove = removed(&schema.fields, &input.remove, &mut problems);
    let secrets = normalized_secrets(&schema.fields, input.secrets, &mut problems);
    refuse_secret_name(&stored.name, &secrets)?;
    let mut patch = Patch {
        fields: fields.fields,
        secrets,
        remove,
        display_name: input.display_name,
        description: input.description,
        labels: input.labels,
        remove_labels: input.remove_labels,
        tested: None,
    };
    if problems.is_empty() {
        problems = Login::new(&schema.fields, stored, &patch).settle(&mut patch);
    }
    if problems.is_empty() { Ok(patch) } else { Err(not_valid(&stored.name, problems)) }
}

/// No output could name a connection whose name holds one of its secrets.
fn refuse_secret_name(name: &str, secrets: &[SecretField]) -> Result<(), Error> {
    let gives_away = |secret: &&SecretField| {
        let mut scrubber = Scrubber::default();
        scrubber.add(&secret.value);
        matches!(scrubber.text(name), Cow::Owned(_))
    };
    match secrets.iter().find(gives_away) {
        None => Ok(()),
        Some(secret) => {
            let field = &secret.name;
            let what =
                format!("the name of the connection holds the value of its secret `{field}`");
            Err(Error::invalid(what)
                .hint(format!("give it another name, or `{field}` another value")))
        }
    }
}

/// What is shown in lists is one line of text. Values are checked with their fields.
fn unprintable(input: &Input) -> impl Iterator<Item = FieldProblem> {
    let text = |what: &str, change: &TextChange| match change {
        TextChange::Set(text) => unprintable_text(what, text),
        TextChange::Keep | TextChange::Clear => None,
    };
    let texts =
        [text("display name", &input.display_name), text("description", &input.description)];
    let label = |label: &Label| {
        unprintable_text("label", &label.key).or_else(|| unprintable_text("label", &label.value))
    };
    let labels: Vec<FieldProblem> = input.labels.iter().filter_map(label).collect();
    texts.into_iter().flatten().chain(labels)
}

fn unprintable_text(what: &str, text: &str) -> Option<FieldProblem> {
    text.contains(char::is_control).then(|| FieldProblem {
        field: what.to_owned(),
        message: "holds a line break or another control character; write it in one line".to_owned(),
    })
}

fn not_valid(name: &str, problems: Vec<FieldProblem>) -> Error {
    let name = if check_name(name).is_ok() { format!(" `{name}`") } else { String::new() };
    Error::invalid(format!("the connection{name} is not valid")).problems(problems)
}

fn validated(
    schema: &TypeSchema,
    input: &Input,
    mode: Mode,
    problems: &mut Vec<FieldProblem>,
) -> Normalized {
    let names: Vec<&str> = input.secrets.iter().map(|secret| secret.name.as_str()).collect();
    match schema.validate(&input.fields, &names, &[], mode) {
        Ok(normalized) => normalized,
        Err(found) => {
            problems.extend(found);
            Normalized::default()
        }
    }
}

fn normalized_secrets(
    schema: &TypeSchema,
    secrets: Vec<SecretField>,
    problems: &mut Vec<FieldProblem>,
) -> Vec<SecretField> {
    let mut kept = Vec::with_capacity(secrets.len());
    for secret in secrets {
        // A name that is wrong is already among the problems.
        let Ok(name) = schema.canonical(&secret.name) else {
            continue;
        };
        match schema.normalize_secret(&name, secret.value) {
            Ok(value) => kept.push(SecretField { name, value }),
            Err(problem) => problems.push(problem),
        }
    }
    kept
}

fn removed(schema: &TypeSchema, names: &[String], problems: &mut Vec<FieldProblem>) -> Vec<String> {
    let mut removed = Vec::new();
    for name in names {
        match schema.canonical(name) {
            Ok(name) => removed.push(name),
            Err(problem) => problems.push(problem),
        }
    }
    removed
}

/// How a change affects the way to log in: what is left must be complete and belong together.
struct Login<'a> {
    schema: &'a TypeSchema,
    before: Vec<&'a str>,
    after: Vec<String>,
    asked: Option<String>,
    stored: Option<&'a str>,
}

impl<'a> Login<'a> {
    fn new(schema: &'a TypeSchema, stored: &'a Connection, patch: &Patch) -> Self {
        let visible = stored.fields.iter().map(|field| field.name.as_str());
        let before: Vec<&str> =
            visible.chain(stored.secret_names.iter().map(String::as_str)).collect();
        let set = patch.fields.iter().map(|field| &field.name);
        let set = set.chain(patch.secrets.iter().map(|secret| &secret.name));
        let kept = before.iter().filter(|name| !patch.remove.iter().any(|gone| gone == *name));
        let after = kept.map(ToString::to_string).chain(set.cloned()).collect();
        Self {
            schema,
            after,
            asked: value_of(&patch.fields, AUTH_METHOD).map(str::to_owned),
            stored: value_of(&stored.fields, AUTH_METHOD),
            before,
        }
    }

    /// Removes what the new method excludes, and says what does not fit or is missing.
    fn settle(mut self, patch: &mut Patch) -> Vec<FieldProblem> {
        if let Some(auth) = &self.schema.auth {
            let method = self.method();
            if self.asked.is_some() {
                let excluded: Vec<&str> =
                    method.map(|method| auth.forbidden(method)).unwrap_or_default();
                let stored = excluded.into_iter().filter(|name| self.before.contains(name));
                let stored: Vec<String> = stored.map(str::to_owned).collect();
                self.after.retain(|name| !stored.contains(name));
                patch.remove.extend(stored);
            } else if let Some(method) = method {
                let misfits = self.misfits(patch, method);
                if !misfits.is_empty() {
                    return misfits;
                }
            }
        }
        self.incomplete()
    }

    fn method(&self) -> Option<&'a AuthMethod> {
        let auth = self.schema.auth.as_ref()?;
        let name = self.asked.as_deref().or(self.stored);
        name.and_then(|name| auth.method(name)).or_else(|| Some(auth.infer(&self.before)))
    }

    fn misfits(&self, patch: &Patch, method: &AuthMethod) -> Vec<FieldProblem> {
        let Some(auth) = &self.schema.auth else {
            return Vec::new();
        };
        let given = patch.fields.iter().map(|field| &field.name);
        let given = given.chain(patch.secrets.iter().map(|secret| &secret.name));
        let misfits = given.filter(|name| auth.governs(name) && !method.can_use(name));
        let problem = |name: &String| FieldProblem {
            field: name.clone(),
            message: format!(
                "does not go with the stored auth method `{}`; leave it out, or change `{AUTH_METHOD}` as well",
                method.name
            ),
        };
        misfits.map(problem).collect()
    }

    /// What is missing now and was not missing before: a connection that was incomplete already can still be changed.
    fn incomplete(&self) -> Vec<FieldProblem> {
        let method = self.asked.as_deref().or(self.stored);
        let after: Vec<&str> = self.after.iter().map(String::as_str).collect();
        let missing = self.schema.missing(&after, method);
        let before = match &self.asked {
            Some(_) => Vec::new(),
            None => self.schema.missing(&self.before, method),
        };
        let is_new = |name: &str| !before.iter().any(|known| known.name == name);
        let problem = |name: &str| FieldProblem {
            field: name.to_owned(),
            message: match method {
                Some(method) => format!("is needed for the auth method `{method}`"),
                None => "is needed".to_owned(),
            },
        };
        let names = missing.iter().map(|field| field.name.as_str());
        names.filter(|name| is_new(name)).map(problem).collect()
    }
}

fn value_of<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
}

fn set_text(change: TextChange) -> Option<String> {
    match change {
        TextChange::Set(text) => Some(text),
        TextChange::Keep | TextChange::Clear => None,
    }
}

fn imagined(draft: Draft, scope: Option<String>) -> Written {
    let connection = Connection {
        name: draft.name,
        scope,
        type_name: draft.type_name,
        fields: draft.fields,
        secret_names: draft.secrets.into_iter().map(|secret| secret.name).collect(),
        display_name: draft.display_name,
        description: draft.description,
        labels: draft.labels,
        ..Connection::default()
    };
    Written { outcome: Outcome::Created, connection, differences: Vec::new(), notes: Vec::new() }
}

fn patched(stored: &Connection, patch: &Patch) -> Written {
    let mut connection = stored.clone();
    let is_gone = |name: &String| patch.remove.contains(name);
    connection.fields.retain(|field| !is_gone(&field.name));
    connection.secret_names.retain(|name| !is_gone(name));
    connection.labels.retain(|label| !patch.remove_labels.contains(&label.key));
    for field in &patch.fields {
        connection.fields.retain(|known| known.name != field.name);
        connection.fields.push(field.clone());
    }
    for label in &patch.labels {
        connection.labels.retain(|known| known.key != label.key);
        connection.labels.push(label.clone());
    }
    for secret in &patch.secrets {
        if !connection.secret_names.contains(&secret.name) {
            connection.secret_names.push(secret.name.clone());
        }
    }
    change_text(&mut connection.display_name, &patch.display_name);
    change_text(&mut connection.description, &patch.description);
    let is_same = connection == *stored && patch.secrets.is_empty();
    let outcome = if is_same { Outcome::Unchanged } else { Outcome::Updated };
    Written { outcome, connection, differences: Vec::new(), notes: Vec::new() }
}

fn change_text(text: &mut Option<String>, change: &TextChange) {
    match change {
        TextChange::Keep => {}
        TextChange::Clear => *text = None,
        TextChange::Set(new) => *text = Some(new.clone()),
    }
}

#[cfg(test)]
mod tests;
