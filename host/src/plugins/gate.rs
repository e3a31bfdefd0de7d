//! The one way to a connector that was started. Whatever changes or reveals something leaves a record here, and so does every denial;
//! reading leaves none.

mod past;

use std::sync::Arc;

use crate::audit::{ConnectorId, Entry, Record, Trail};
use crate::capabilities::vault::Moment;
use crate::model::{
    CallSetting, Connection, Description, Draft, Error, Filter, IfExists, Kind, Outcome, Page,
    Patch, Removed, Report, SecretField, Target, TextChange, Usage, Written,
};
use crate::policy::Limits;
use crate::runtime::{Computing, Connector};
use crate::scrub::Scrubber;

/// A connector whose calls are recorded.
pub struct Gate {
    connector: Connector,
    trail: Arc<Trail>,
    subject: Subject,
}

/// What all records of one backend say alike.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The backend.
    pub backend: String,
    /// Which code it is.
    pub connector: ConnectorId,
    /// The hash of the policy in force.
    pub policy: Option<String>,
}

impl Subject {
    /// A record of an operation.
    pub fn record(&self, operation: &str) -> Record {
        Record {
            backend: Some(self.backend.clone()),
            connector: Some(self.connector.clone()),
            policy: self.policy.clone(),
            ..Record::of(operation)
        }
    }
}

impl Gate {
    /// The gate before a connector.
    pub fn new(connector: Connector, trail: Arc<Trail>, subject: Subject) -> Self {
        Self { connector, trail, subject }
    }

    /// The connector's name.
    pub fn name(&self) -> &str {
        self.connector.name()
    }

    /// What its calls may use.
    pub fn limits(&self) -> &Limits {
        self.connector.limits()
    }

    /// See [`Connector::compute`].
    pub fn compute(&mut self, computing: Computing) {
        self.connector.compute(computing);
    }

    /// See [`Connector::steps`].
    pub fn steps(&self) -> u64 {
        self.connector.steps()
    }

    /// What the last call used and was refused.
    pub fn usage(&self) -> Usage {
        self.connector.usage()
    }

    /// Whether the connector keeps its connections in the local store.
    pub fn is_local(&self) -> bool {
        self.connector.is_local()
    }

    /// See [`Connector::begin_group`]. The records of what is done in a group are written together.
    ///
    /// # Errors
    /// Those of [`Connector::begin_group`].
    pub fn begin_group(&self) -> Result<bool, Error> {
        let is_group = self.connector.begin_group()?;
        if is_group {
            self.trail.hold();
        }
        Ok(is_group)
    }

    /// See [`Connector::commit_group`]. What becomes durable is recorded before. A group that is lost leaves a record, since each of its
    /// operations has left one by now.
    ///
    /// # Errors
    /// Those of [`Connector::commit_group`].
    pub fn commit_group(&self) -> Result<(), Error> {
        let entry = Entry::now();
        self.trail.release();
        let result = self.connector.commit_group();
        if result.is_ok() {
            return result;
        }
        self.end(entry, self.subject.record("commit"), &Scrubber::default(), "", result)
    }

    /// What the connector is.
    ///
    /// # Errors
    /// As for all operations: what the connector or the backend says, or why the host ended the call.
    pub async fn describe(&mut self) -> Result<Description, Error> {
        let entry = Entry::now();
        let result = self.connector.describe().await;
        self.read("describe", entry, &Target::default(), None, result)
    }

    /// Who am I, may I, is the platform there.
    pub async fn check(&mut self, target: &Target) -> Result<Report, Error> {
        let entry = Entry::now();
        let result = self.connector.check(target).await;
        self.read("check", entry, target, None, result)
    }

    /// Lists one page of at most `limit` connections.
    pub async fn list(
        &mut self,
        target: &Target,
        filter: &Filter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, Error> {
        let entry = Entry::now();
        let result = self.connector.list(target, filter, cursor, limit).await;
        self.read("list", entry, target, None, result)
    }

    /// Reads one connection.
    pub async fn get(&mut self, target: &Target, name: &str) -> Result<Connection, Error> {
        let entry = Entry::now();
        let result = self.connector.get(target, name).await;
        self.read("get", entry, target, Some(name), result)
    }

    /// Reads secret fields; all if none is named.
    pub async fn open(
        &mut self,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        let mut record = self.record("open", target, Some(name));
        record.fields = fields.to_vec();
        let scrubber = Scrubber::default();
        let entry = self.trail.begin(&record, &scrubber)?;
        let result = self.connector.open(target, name, fields).await;
        if let Ok(opened) = &result {
            record.fields = opened.iter().map(|field| field.name.clone()).collect();
        }
        self.end(entry, record, &scrubber, "revealed", result)
    }

    /// Stores a connection.
    pub async fn create(
        &mut self,
        target: &Target,
        draft: &Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        if target.dry_run {
            let entry = Entry::now();
            let result = self.connector.create(target, draft, if_exists).await;
            return self.read("create", entry, target, Some(&draft.name), result);
        }
        let mut record = self.record("create", target, Some(&draft.name));
        let visible = draft.fields.iter().map(|field| field.name.clone());
        let secret = draft.secrets.iter().map(|field| field.name.clone());
        record.fields = visible.chain(secret).collect();
        let scrubber = knowing(&draft.secrets);
        let entry = self.trail.begin(&record, &scrubber)?;
        let result = self.connector.create(target, draft, if_exists).await;
        let did = result.as_ref().map_or("", |written| word(written.outcome));
        self.end(entry, record, &scrubber, did, result)
    }

    /// Changes a connection.
    pub async fn update(
        &mut self,
        target: &Target,
        name: &str,
        patch: &Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        let operation = if is_adoption(target) { "adopt" } else { "update" };
        if target.dry_run {
            let entry = Entry::now();
            let result = self.connector.update(target, name, patch, expected).await;
            return self.read(operation, entry, target, Some(name), result);
        }
        let mut record = self.record(operation, target, Some(name));
        record.fields = changed(patch);
        let scrubber = knowing(&patch.secrets);
        let entry = self.trail.begin(&record, &scrubber)?;
        let moment = if patch.is_remark() { Moment::Remark } else { Moment::Now };
        let result = self.connector.at(moment).update(target, name, patch, expected).await;
        let did = result.as_ref().map_or("", |written| word(written.outcome));
        self.end(entry, record, &scrubber, did, result)
    }

    /// Deletes a connection.
    pub async fn delete(
        &mut self,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        if target.dry_run {
            let entry = Entry::now();
            let result = self.connector.delete(target, name, expected).await;
            return self.read("delete", entry, target, Some(name), result);
        }
        let mut record = self.record("delete", target, Some(name));
        let scrubber = Scrubber::default();
        let entry = self.trail.begin(&record, &scrubber)?;
        let result = self.connector.delete(target, name, expected).await;
        if let Ok(removed) = &result {
            record.fields = removed.iter().filter(|one| one.name != name).map(words).collect();
        }
        self.end(entry, record, &scrubber, "deleted", result)
    }

    fn record(&self, operation: &str, target: &Target, name: Option<&str>) -> Record {
        Record {
            scope: target.scope.clone(),
            connection: name.map(str::to_owned),
            ..self.subject.record(operation)
        }
    }

    fn end<T>(
        &self,
        entry: Entry,
        mut record: Record,
        scrubber: &Scrubber,
        did: &str,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        record.count(&self.connector.usage());
        record.end(result.as_ref().err(), did);
        self.trail.end(entry, record, scrubber);
        result
    }

    /// Something that changes nothing: it leaves a record only if something was refused.
    fn read<T>(
        &self,
        operation: &str,
        entry: Entry,
        target: &Target,
        name: Option<&str>,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        let was_refused = |error: &Error| error.kind == Kind::Refused;
        if result.as_ref().err().is_some_and(was_refused) || self.connector.was_denied() {
            let record = self.record(operation, target, name);
            return self.end(entry, record, &Scrubber::default(), "read", result);
        }
        result
    }
}

/// Whether an update is to make a connection of something else.
fn is_adoption(target: &Target) -> bool {
    let adopt = CallSetting::Adopt(String::new());
    target.settings.iter().any(|setting| setting.name == adopt.name())
}

/// What a deletion removed beside the connection.
fn words(removed: &Removed) -> String {
    format!("{} {}", removed.kind, removed.name)
}

/// The names that a change concerns, what people say about the connection included.
fn changed(patch: &Patch) -> Vec<String> {
    let mut names: Vec<String> = patch.fields.iter().map(|field| field.name.clone()).collect();
    names.extend(patch.secrets.iter().map(|field| field.name.clone()));
    names.extend(patch.remove.iter().cloned());
    for (name, change) in
        [("display_name", &patch.display_name), ("description", &patch.description)]
    {
        if *change != TextChange::Keep {
            names.push(name.to_owned());
        }
    }
    if !patch.labels.is_empty() || !patch.remove_labels.is_empty() {
        names.push("labels".to_owned());
    }
    if patch.tested.is_some() {
        names.push("last_test".to_owned());
    }
    names
}

/// A scrubber for what a user may have typed in the wrong place.
fn knowing(secrets: &[SecretField]) -> Scrubber {
    let mut scrubber = Scrubber::default();
    secrets.iter().for_each(|secret| scrubber.add(&secret.value));
    scrubber
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Kept => "kept",
        Outcome::Replaced => "replaced",
        Outcome::Updated => "updated",
        Outcome::Unchanged => "unchanged",
    }
}
