//! Between the contract's records and the program's words. Everything that comes out of a component is cleaned here, at the only door.

use std::borrow::Cow;
use std::cell::Cell;

use wasmtime::component::{Resource, ResourceTable};

use crate::capabilities::secrets::{Handle, hand_out};
use crate::contract::types as wit;
use crate::model::{
    Connection, Description, Draft, Error, Field, FieldProblem, FieldSchema, Filter, Finding,
    IfExists, Kind, Label, LabelOperator, Operation, Outcome, Page, Patch, Removed, Report,
    ScopeKind, SecretField, SettingSchema, SupportedType, Target, TestResult, TextChange, Verdict,
    Written,
};
use crate::scrub::{Scrubber, is_plain_line, sanitize};

/// The longest text that a component may return, in bytes: a certificate chain fits.
const MAX_TEXT: usize = 256 << 10;

/// Cleans what a component returned: secrets known to the call and terminal escapes. It counts the bytes that go through it.
pub(super) struct Clean<'a> {
    connector: &'a str,
    scrubber: &'a Scrubber,
    bytes: Cell<usize>,
}

impl<'a> Clean<'a> {
    pub(super) fn new(connector: &'a str, scrubber: &'a Scrubber) -> Self {
        Self { connector, scrubber, bytes: Cell::new(0) }
    }

    /// The bytes of all texts so far, before they were cut.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    fn count(&self, text: &str) {
        self.bytes.set(self.bytes.get().saturating_add(text.len()));
    }

    /// Almost all text is clean, and is passed on without a copy.
    pub(super) fn text(&self, text: String) -> String {
        self.count(&text);
        let text = changed(self.scrubber.text(&text)).unwrap_or(text);
        changed(sanitize(&text, MAX_TEXT)).unwrap_or(text)
    }

    /// A text that is shown within a line or as one. A line break in it would start a line that looks like the program's own.
    pub(super) fn line(&self, text: String) -> String {
        // What almost every line of a long list is.
        if self.scrubber.is_empty() && text.len() <= MAX_TEXT && is_plain_line(&text) {
            self.count(&text);
            return text;
        }
        let clean = self.text(text);
        if clean.contains(['\n', '\t']) {
            clean.replace('\n', "␊").replace('\t', "␉")
        } else {
            clean
        }
    }

    fn option(&self, text: Option<String>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    fn optional_line(&self, text: Option<String>) -> Option<String> {
        text.map(|text| self.line(text))
    }

    fn lines(&self, texts: Vec<String>) -> Vec<String> {
        texts.into_iter().map(|text| self.line(text)).collect()
    }

    fn field(&self, field: wit::Field) -> Field {
        Field { name: self.line(field.name), value: self.text(field.value) }
    }

    fn label(&self, label: wit::Label) -> Label {
        Label { key: self.line(label.key), value: self.line(label.value) }
    }

    pub(super) fn connection(&self, connection: wit::Connection) -> Connection {
        Connection {
            name: self.line(connection.name),
            scope: self.optional_line(connection.scope),
            type_name: self.line(connection.type_),
            fields: connection.fields.into_iter().map(|field| self.field(field)).collect(),
            secret_names: self.lines(connection.secret_names),
            display_name: self.optional_line(connection.display_name),
            description: self.option(connection.description),
            labels: connection.labels.into_iter().map(|label| self.label(label)).collect(),
            owner: self.optional_line(connection.owner),
            address: self.optional_line(connection.address),
            status: self.optional_line(connection.status),
            status_message: self.option(connection.status_message),
            revision: self.optional_line(connection.revision),
            created_at: self.optional_line(connection.created_at),
            updated_at: self.optional_line(connection.updated_at),
            tested: connection.tested.map(|tested| TestResult {
                works: tested.works,
                at: self.line(tested.at),
                message: self.text(tested.message),
            }),
            warnings: self.lines(connection.warnings),
        }
    }

    pub(super) fn page(&self, page: wit::Page) -> Page {
        // The cursor goes back to the component as it came: it is not shown to anybody.
        let items = page.items.into_iter().map(|item| self.connection(item)).collect();
        Page { items, cursor: page.cursor, bytes: self.bytes() }
    }

    pub(super) fn written(&self, written: wit::Written) -> Written {
        Written {
            outcome: match written.outcome {
                wit::Outcome::Created => Outcome::Created,
                wit::Outcome::Kept => Outcome::Kept,
                wit::Outcome::Replaced => Outcome::Replaced,
                wit::Outcome::Updated => Outcome::Updated,
                wit::Outcome::Unchanged => Outcome::Unchanged,
            },
            connection: self.connection(written.connection),
            differences: self.lines(written.differences),
            notes: self.lines(written.notes),
        }
    }

    pub(super) fn removed(&self, removed: Vec<wit::Removed>) -> Vec<Removed> {
        let one = |removed: wit::Removed| Removed {
            kind: self.line(removed.kind),
            name: self.line(removed.name),
            scope: self.optional_line(removed.scope),
        };
        removed.into_iter().map(one).collect()
    }

    pub(super) fn report(&self, report: wit::Report) -> Report {
        let finding = |finding: wit::Finding| Finding {
            subject: self.line(finding.subject),
            verdict: match finding.verdict {
                wit::Verdict::Good => Verdict::Good,
                wit::Verdict::Warning => Verdict::Warning,
                wit::Verdict::Bad => Verdict::Bad,
                wit::Verdict::Unknown => Verdict::Unknown,
            },
            message: self.text(finding.message),
        };
        Report {
            user: self.optional_line(report.user),
            platform: self.optional_line(report.platform),
            findings: report.findings.into_iter().map(finding).collect(),
        }
    }

    pub(super) fn description(&self, description: wit::Description) -> Description {
        let setting = |setting: wit::SettingSchema| SettingSchema {
            name: self.line(setting.name),
            description: self.text(setting.description),
            required: setting.required,
            default: self.optional_line(setting.default),
        };
        Description {
            name: self.line(description.name),
            version: self.line(description.version),
            summary: self.line(description.summary),
            types: description.types.into_iter().map(|kind| self.supported(kind)).collect(),
            any_type: description.any_type,
            operations: description.operations.into_iter().map(operation).collect(),
            scope: description.scope.map(|scope| ScopeKind {
                name: self.line(scope.name),
                default: self.optional_line(scope.default),
            }),
            settings: description.settings.into_iter().map(setting).collect(),
        }
    }

    fn supported(&self, kind: wit::SupportedType) -> SupportedType {
        let field = |field: wit::FieldSchema| FieldSchema {
            name: self.line(field.name),
            description: self.line(field.description),
            secret: field.secret,
            required: field.required,
            default: self.optional_line(field.default),
            pattern: self.option(field.pattern),
            choices: self.lines(field.choices),
        };
        SupportedType {
            name: self.line(kind.name),
            native: self.line(kind.native),
            fields: kind.fields.into_iter().map(field).collect(),
            unsupported: self.lines(kind.unsupported),
        }
    }

    /// The connector's own words about a failure.
    pub(super) fn error(&self, error: wit::Error) -> Error {
        let (kind, message) = match error {
            wit::Error::Invalid(problems) => return self.invalid(problems),
            wit::Error::Unavailable(what) => {
                let mut error = Error::new(Kind::Unavailable, self.text(what.message))
                    .from_connector(self.connector);
                error.retry_after = what.retry_after;
                return error;
            }
            wit::Error::Unauthenticated(text) => (Kind::Unauthenticated, text),
            wit::Error::Forbidden(text) => (Kind::Forbidden, text),
            wit::Error::NotFound(wit::Missing::Connection(name)) => {
                (Kind::NotFound, format!("there is no connection `{}`", self.line(name)))
            }
            wit::Error::NotFound(wit::Missing::Scope(name)) => return self.no_scope(&name),
            wit::Error::AlreadyExists(text) => (Kind::Exists, text),
            wit::Error::Conflict(text) => (Kind::Conflict, text),
            wit::Error::InUse(by) => {
                (Kind::InUse, format!("it is used by {}", self.lines(by).join(", ")))
            }
            wit::Error::Unsupported(text) => (Kind::Invalid, text),
            wit::Error::Denied(text) => (Kind::Refused, text),
            wit::Error::Other(text) => (Kind::Other, text),
        };
        Error::new(kind, self.text(message)).from_connector(self.connector)
    }

    /// A scope that is not there; what the backend calls it is not known here.
    fn no_scope(&self, name: &str) -> Error {
        let name = self.line(name.to_owned());
        let message = format!("there is no project, tenant or folder `{name}`");
        Error::new(Kind::NotFound, message)
            .from_connector(self.connector)
            .hint("name another with `-n`; `connhub list --all-namespaces` shows where there are connections")
    }

    /// The host's words about a request of the connector. They may quote it, and they have to name it.
    pub(super) fn refusal(&self, mut error: Error) -> Error {
        let name = format!("connector `{}`", self.connector);
        let message = self.text(std::mem::take(&mut error.message));
        let is_its_fault = matches!(error.kind, Kind::Refused | Kind::Connector);
        error.message = match is_its_fault && !message.contains(&name) {
            true => format!("{name}: {message}"),
            false => message,
        };
        error.hints.iter_mut().for_each(|hint| *hint = self.line(std::mem::take(hint)));
        error
    }

    fn invalid(&self, problems: Vec<wit::Problem>) -> Error {
        let problem = |problem: wit::Problem| FieldProblem {
            field: self.line(problem.field),
            message: self.text(problem.message),
        };
        Error::invalid("the connection is not valid")
            .problems(problems.into_iter().map(problem).collect())
            .from_connector(self.connector)
    }
}

/// What replaces a text; none if it stays as it is.
fn changed(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Borrowed(_) => None,
        Cow::Owned(changed) => Some(changed),
    }
}

fn operation(operation: wit::Operation) -> Operation {
    match operation {
        wit::Operation::Check => Operation::Check,
        wit::Operation::Create => Operation::Create,
        wit::Operation::Get => Operation::Get,
        wit::Operation::ListConnections => Operation::List,
        wit::Operation::Open => Operation::Open,
        wit::Operation::Update => Operation::Update,
        wit::Operation::Delete => Operation::Delete,
    }
}

pub(super) fn target(target: &Target) -> wit::Target {
    wit::Target {
        scope: target.scope.clone(),
        settings: fields(&target.settings),
        dry_run: target.dry_run,
    }
}

fn fields(fields: &[Field]) -> Vec<wit::Field> {
    let one = |field: &Field| wit::Field { name: field.name.clone(), value: field.value.clone() };
    fields.iter().map(one).collect()
}

fn labels(labels: &[Label]) -> Vec<wit::Label> {
    let one = |label: &Label| wit::Label { key: label.key.clone(), value: label.value.clone() };
    labels.iter().map(one).collect()
}

pub(super) fn if_exists(if_exists: IfExists) -> wit::IfExists {
    match if_exists {
        IfExists::Fail => wit::IfExists::Fail,
        IfExists::Keep => wit::IfExists::Keep,
        IfExists::Replace => wit::IfExists::Replace,
    }
}

/// Gives every secret a handle, and makes it known to the scrubber before the component can say anything.
fn secrets(
    secrets: &[SecretField],
    table: &mut ResourceTable,
    scrubber: &mut Scrubber,
) -> wasmtime::Result<Vec<wit::SecretField>> {
    let mut given = Vec::with_capacity(secrets.len());
    for field in secrets {
        scrubber.add(&field.value);
        let value: Resource<Handle> = hand_out(table, field.value.clone())?;
        given.push(wit::SecretField { name: field.name.clone(), value });
    }
    Ok(given)
}

pub(super) fn draft(
    draft: &Draft,
    table: &mut ResourceTable,
    scrubber: &mut Scrubber,
) -> wasmtime::Result<wit::Draft> {
    Ok(wit::Draft {
        name: draft.name.clone(),
        type_: draft.type_name.clone(),
        fields: fields(&draft.fields),
        secrets: secrets(&draft.secrets, table, scrubber)?,
        display_name: draft.display_name.clone(),
        description: draft.description.clone(),
        labels: labels(&draft.labels),
    })
}

pub(super) fn patch(
    patch: &Patch,
    table: &mut ResourceTable,
    scrubber: &mut Scrubber,
) -> wasmtime::Result<wit::Patch> {
    Ok(wit::Patch {
        fields: fields(&patch.fields),
        secrets: secrets(&patch.secrets, table, scrubber)?,
        remove: patch.remove.clone(),
        display_name: text_change(&patch.display_name),
        description: text_change(&patch.description),
        labels: labels(&patch.labels),
        remove_labels: patch.remove_labels.clone(),
        tested: patch.tested.as_ref().map(|tested| wit::TestResult {
            works: tested.works,
            at: tested.at.clone(),
            message: tested.message.clone(),
        }),
    })
}

fn text_change(change: &TextChange) -> wit::TextChange {
    match change {
        TextChange::Keep => wit::TextChange::Keep,
        TextChange::Clear => wit::TextChange::Clear,
        TextChange::Set(text) => wit::TextChange::Set(text.clone()),
    }
}

pub(super) fn filter(filter: &Filter) -> wit::Filter {
    let label = |label: &crate::model::LabelMatch| wit::LabelMatch {
        key: label.key.clone(),
        operator: match label.operator {
            LabelOperator::Exists => wit::LabelOperator::Exists,
            LabelOperator::Missing => wit::LabelOperator::Missing,
            LabelOperator::OneOf => wit::LabelOperator::OneOf,
            LabelOperator::NoneOf => wit::LabelOperator::NoneOf,
        },
        values: label.values.clone(),
    };
    wit::Filter {
        all_scopes: filter.all_scopes,
        types: filter.types.clone(),
        labels: filter.labels.iter().map(label).collect(),
        names_only: filter.names_only,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    fn scrubber() -> Scrubber {
        let mut scrubber = Scrubber::default();
        scrubber.add(&Secret::from("hunter2hunter2".to_owned()));
        scrubber
    }

    #[test]
    fn names_are_one_line_and_values_keep_theirs() {
        let scrubber = scrubber();
        let clean = Clean::new("x", &scrubber);
        let field =
            wit::Field { name: "a\nb\tc\x1b".to_owned(), value: "a\nhunter2hunter2".to_owned() };
        let field = clean.field(field);
        assert_eq!((&*field.name, &*field.value), ("a␊b␉c␛", "a\n***"));
    }

    #[test]
    fn the_bytes_of_every_text_are_counted() {
        let scrubber = scrubber();
        let clean = Clean::new("x", &scrubber);
        clean.text("four".to_owned());
        clean.line("a".repeat(MAX_TEXT + 1));
        assert_eq!(clean.bytes(), MAX_TEXT + 5, "also those that were cut");
    }

    #[test]
    fn a_refusal_names_the_connector_and_quotes_nothing_harmful() {
        let scrubber = scrubber();
        let clean = Clean::new("x", &scrubber);
        let check = |error: Error, expected: &str| {
            assert_eq!(clean.refusal(error).message, expected);
        };
        check(Error::refused("no path `\x1b[2J`"), "connector `x`: no path `␛[2J`");
        check(Error::refused("connector `x` may not"), "connector `x` may not");
        check(Error::refused("sent hunter2hunter2"), "connector `x`: sent ***");
        check(Error::new(Kind::Unavailable, "no answer"), "no answer");
    }
}
