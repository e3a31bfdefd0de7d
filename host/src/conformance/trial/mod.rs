//! The life of connections: each operation against the backend, from the first `create` to the last `delete`.

mod ends;
mod exists;
mod lists;
mod names;
mod reads;
mod updates;

use super::book::{Book, told};
use super::journal::Journal;
use super::sample::Sample;
use super::subject::Subject;
use crate::model::types::AUTH_METHOD;
use crate::model::{
    Connection, Draft, Error, Field, IfExists, Kind, Operation, Outcome, Patch, Secret,
    SecretField, Target, Verdict as Found, Written,
};

/// What is done where.
pub struct Plan {
    /// Where the backend is to work.
    pub target: Target,
    /// The connection that is made up.
    pub sample: Sample,
    /// A secret other than those of the sample, to replace one of them.
    pub other_secret: Secret,
    /// What all names begin with: nobody else has it.
    pub prefix: String,
    /// What the connector says that it can do.
    pub operations: Vec<Operation>,
    /// Whether connections are in scopes.
    pub has_scopes: bool,
}

impl Plan {
    /// A name that is this trial's alone. It has letters and digits only, which every backend takes.
    pub fn name(&self, tail: &str) -> String {
        format!("{}{tail}", self.prefix)
    }

    /// A change of the sample: of a visible field where one may be changed, else of a secret.
    pub(super) fn change(&self) -> Patch {
        match &self.sample.change {
            Some(field) => Patch { fields: vec![field.clone()], ..Patch::default() },
            None => self.secret_change(),
        }
    }

    /// Another value for the first secret.
    fn secret_change(&self) -> Patch {
        let first = self.sample.draft.secrets.first();
        let secret = first.map(|field| SecretField {
            name: field.name.clone(),
            value: self.other_secret.clone(),
        });
        Patch { secrets: secret.into_iter().collect(), ..Patch::default() }
    }

    pub(super) fn draft(&self, tail: &str) -> Draft {
        Draft { name: self.name(tail), ..self.sample.draft.clone() }
    }

    pub(super) fn can(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }
}

/// A trial of one connector. `rival` is the same connector once more, for what two do at once.
pub struct Trial<'a, S> {
    /// The connector.
    pub subject: &'a mut S,
    /// Somebody else with the same connector.
    pub rival: &'a mut S,
    /// What is done where.
    pub plan: &'a Plan,
    /// Where what is found out goes.
    pub book: &'a mut Book,
    /// Where names go before they are created.
    pub journal: &'a Journal,
}

impl<S: Subject> Trial<'_, S> {
    /// Makes all checks of the operations. What was created may still be there afterwards: see [`super::clean_up`].
    pub async fn run(&mut self) {
        self.check().await;
        let lacks: Vec<_> = [Operation::Create, Operation::Get, Operation::List, Operation::Delete]
            .into_iter()
            .filter(|operation| !self.plan.can(*operation))
            .collect();
        if !lacks.is_empty() {
            return self.book.skip_rest(format!("the connector says that it lacks {lacks:?}"));
        }
        let Some(created) = self.creates().await else { return };
        self.reads(&created).await;
        self.lists(&created).await;
        self.exists(&created).await;
        self.updates().await;
        self.names().await;
        self.races().await;
        self.rehearses().await;
        self.ends().await;
    }

    async fn check(&mut self) {
        if !self.plan.can(Operation::Check) {
            return self.book.skip("check.answers", "the connector says that it cannot check");
        }
        let report = self.subject.check(&self.plan.target).await;
        let result = report.map_err(|error| told(&error)).and_then(|report| {
            self.book.read("`check`", &format!("{report:?}"));
            match report.findings.iter().find(|finding| finding.verdict == Found::Bad) {
                Some(bad) => Err(format!("{}: {}", bad.subject, bad.message)),
                None if report.findings.is_empty() => Err("it found nothing at all".to_owned()),
                None => Ok(()),
            }
        });
        self.book.note("check.answers", result);
    }

    /// Creates the first connection.
    async fn creates(&mut self) -> Option<Connection> {
        let draft = self.plan.draft("one");
        let written = self.create(&draft, IfExists::Fail).await;
        let result = written.map_err(|error| told(&error)).and_then(|written| {
            if written.outcome != Outcome::Created {
                return Err(format!("the outcome is {:?}", written.outcome));
            }
            like(&draft, &written.connection).map(|()| written.connection)
        });
        self.book.note("create.new", result)
    }

    /// Calls `create`, and remembers what may be there afterwards.
    async fn create(&mut self, draft: &Draft, if_exists: IfExists) -> Result<Written, Error> {
        self.journal.note(&draft.name);
        let written = self.subject.create(&self.plan.target, draft, if_exists).await;
        if let Ok(written) = &written {
            self.book.read("`create`", &format!("{written:?}"));
        }
        written
    }

    async fn get(&mut self, name: &str) -> Result<Connection, Error> {
        let found = self.subject.get(&self.plan.target, name).await;
        if let Ok(found) = &found {
            self.book.read("`get`", &format!("{found:?}"));
        }
        found
    }

    /// Reads a connection that has to be there.
    async fn has(&mut self, name: &str) -> Result<Connection, String> {
        self.get(name).await.map_err(|error| format!("`{name}` cannot be read: {}", told(&error)))
    }
}

/// Whether a connection is what a draft says. Fields that nobody gave may be there: a backend has defaults.
pub(super) fn like(draft: &Draft, found: &Connection) -> Result<(), String> {
    if found.name != draft.name {
        return Err(format!("its name is `{}` instead of `{}`", found.name, draft.name));
    }
    if found.type_name != draft.type_name {
        return Err(format!("its type is `{}` instead of `{}`", found.type_name, draft.type_name));
    }
    for field in &draft.fields {
        has_field(found, field)?;
    }
    for secret in &draft.secrets {
        if !found.secret_names.contains(&secret.name) {
            return Err(format!("the secret `{}` is not among its secret names", secret.name));
        }
    }
    Ok(())
}

fn has_field(found: &Connection, field: &Field) -> Result<(), String> {
    let Field { name, value } = field;
    // How to log in follows from the fields, and some backends keep with the secrets what is none.
    if name == AUTH_METHOD || found.secret_names.contains(name) {
        return Ok(());
    }
    match found.fields.iter().find(|own| own.name == *name) {
        None => Err(format!("the field `{name}` is not there")),
        Some(own) if own.value != *value => {
            Err(format!("the field `{name}` is `{}` instead of `{value}`", own.value))
        }
        Some(_) => Ok(()),
    }
}

/// Whether secrets are what was given, whatever their order.
pub(super) fn same_secrets(given: &[SecretField], opened: &[SecretField]) -> Result<(), String> {
    for secret in given {
        match opened.iter().find(|own| own.name == secret.name) {
            None => return Err(format!("the secret `{}` did not come back", secret.name)),
            Some(own) if own.value != secret.value => {
                return Err(format!("the secret `{}` came back as another value", secret.name));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// An error of one class is what is expected.
fn fails<T>(result: Result<T, Error>, kinds: &[Kind]) -> Result<(), String> {
    let expected = || kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(" or ");
    match result {
        Err(error) if kinds.contains(&error.kind) && !error.message.trim().is_empty() => Ok(()),
        Err(error) if kinds.contains(&error.kind) && !error.problems.is_empty() => Ok(()),
        Err(error) => Err(format!("expected was {}, the error is: {}", expected(), told(&error))),
        Ok(_) => Err(format!("expected was the error {}, and it succeeded", expected())),
    }
}
