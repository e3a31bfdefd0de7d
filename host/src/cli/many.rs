//! What the commands with `-f` have in common: from manifests to connections that are ready to be worked on.

use std::collections::HashMap;

use super::app::App;
use super::input::{Literals, Manifest, Sources};
use super::jobs::{Job, Jobs};
use crate::model::types::Mode;
use crate::model::{Description, Error, Kind};
use crate::operations::{self, AtRisk, Comparison, Input, KeptSecrets, Schema};
use crate::plugins::Backend;

/// How many requests go to one backend at the same time.
const LANES: usize = 4;

impl From<bool> for Literals {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Allowed } else { Self::Refused }
    }
}

/// The backends that jobs need.
pub(super) struct Lanes(HashMap<String, Lane>);

/// A backend, open as often as requests go to it at the same time.
pub(super) struct Lane {
    pub backends: Vec<Backend>,
    description: Description,
    schemas: HashMap<String, Schema>,
}

impl Lanes {
    /// Opens them all: one that cannot be opened is known before anything is written.
    ///
    /// # Errors
    /// One of them cannot be opened.
    pub(super) fn open(jobs: &Jobs, app: &App) -> Result<Self, Error> {
        Self::open_all(jobs.wheretos().iter().map(|(backend, _)| backend.as_str()), app)
    }

    /// Opens backends, each once.
    ///
    /// # Errors
    /// One of them cannot be opened.
    pub(super) fn open_all<'b>(
        backends: impl Iterator<Item = &'b str>,
        app: &App,
    ) -> Result<Self, Error> {
        let mut lanes = HashMap::new();
        for backend in backends {
            if !lanes.contains_key(backend) {
                lanes.insert(backend.to_owned(), Lane::open(backend, app)?);
            }
        }
        Ok(Self(lanes))
    }

    /// The lane of a backend.
    pub(super) fn of(&mut self, backend: &str) -> Result<&mut Lane, Error> {
        let missing = || Error::new(Kind::Other, format!("backend `{backend}` is not open"));
        self.0.get_mut(backend).ok_or_else(missing)
    }
}

impl Lane {
    fn open(name: &str, app: &App) -> Result<Self, Error> {
        let mut backend = app.open(name)?;
        let job = format!("starting `{name}`");
        let description = app.wait(&job, backend.connector.describe())?;
        Ok(Self { backends: vec![backend], description, schemas: HashMap::new() })
    }

    /// Opens the backend more often, if that is of use: the local store has one writer at a time.
    pub(super) fn widen(&mut self, jobs: usize, app: &App) -> Result<(), Error> {
        let name = self.backends[0].name.clone();
        while !self.is_local() && self.backends.len() < LANES.min(jobs) {
            self.backends.push(app.open(&name)?);
        }
        Ok(())
    }

    /// The name of the backend.
    pub(super) fn name(&self) -> &str {
        &self.backends[0].name
    }

    /// Learns a type as the backend has it.
    ///
    /// # Errors
    /// The backend does not have it.
    pub(super) fn learn(&mut self, type_name: &str) -> Result<(), Error> {
        if !self.schemas.contains_key(type_name) {
            let schema = Schema::of(Some(&self.description), type_name)?;
            self.schemas.insert(type_name.to_owned(), schema);
        }
        Ok(())
    }

    /// What the backend calls a scope.
    pub(super) fn scope_word(&self) -> String {
        self.description.scope_word().to_owned()
    }

    /// Whether its connections are in the local store.
    pub(super) fn is_local(&self) -> bool {
        self.backends[0].connector.is_local()
    }

    /// The scope that is meant where none is named, too.
    ///
    /// # Errors
    /// The login's own scope was needed and cannot be read.
    pub(super) fn scope(&self, named: Option<&str>) -> Result<Option<String>, Error> {
        let usual = self.description.scope.as_ref().and_then(|scope| scope.default.clone());
        Ok(self.backends[0].target(named)?.scope.or(usual))
    }

    /// The backend, for one thing at a time.
    pub(super) fn first(&mut self) -> &mut Backend {
        &mut self.backends[0]
    }

    /// A type as the backend has it, if it was learned.
    pub(super) fn schema(&self, type_name: &str) -> Option<&Schema> {
        self.schemas.get(type_name)
    }

    /// How a connection differs from what the backend has; its type was learned.
    ///
    /// # Errors
    /// It is not valid, or what the backend says.
    pub(super) fn compare(
        &mut self,
        scope: Option<&str>,
        type_name: &str,
        input: Input,
        app: &App,
    ) -> Result<Comparison, Error> {
        let Some(schema) = self.schemas.get(type_name) else { return Err(no_type()) };
        let backend = &mut self.backends[0];
        let job = format!("comparing with `{}`", backend.name);
        app.wait(&job, operations::compare(backend, scope, schema, input))
    }

    /// Reads everything that a manifest refers to.
    ///
    /// # Errors
    /// The manifest is not valid, or a secret cannot be had.
    pub(super) fn prepare(
        &mut self,
        job: Job,
        kept: KeptSecrets,
        sources: &mut Sources<'_>,
        app: &App,
    ) -> Result<Ready, Error> {
        let Job { scope, manifest: Manifest { mut given, .. }, .. } = job;
        let type_name = given.type_name.clone().ok_or_else(no_type)?;
        self.learn(&type_name)?;
        let names = given.wanted();
        let stored = match names.is_empty() {
            true => None,
            false => self.stored(scope.as_deref(), &given.name, app)?,
        };
        let Some(schema) = self.schemas.get(&type_name) else { return Err(no_type()) };
        let Some(stored) = stored else {
            let input = sources.collect(given, schema, Mode::Create)?;
            return Ok(Ready { scope, type_name, input });
        };
        let (before, name) = (stored.before, given.name.clone());
        given.fill(stored.secrets);
        let mut input = sources.collect(given, schema, Mode::Create)?;
        if kept == KeptSecrets::StayWhereTheyWere {
            let is_gone = |name: &String| !input.fields.iter().any(|field| field.name == *name);
            let gone: Vec<String> =
                before.iter().map(|field| field.name.clone()).filter(is_gone).collect();
            let risk = AtRisk::of(schema, &before, &input.fields, &gone, names);
            let again = sources.again(&risk, &name)?;
            input.secrets.retain(|secret| !again.iter().any(|new| new.name == secret.name));
            input.secrets.extend(again);
        }
        Ok(Ready { scope, type_name, input })
    }

    /// What is stored under the name, with its secrets.
    fn stored(
        &mut self,
        scope: Option<&str>,
        name: &str,
        app: &App,
    ) -> Result<Option<operations::Original>, Error> {
        let job = format!("reading from `{}`", self.backends[0].name);
        match app.wait(&job, operations::original(&mut self.backends[0], scope, name)) {
            Ok(original) => Ok(Some(original)),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A connection of which everything is known.
pub(super) struct Ready {
    pub scope: Option<String>,
    /// As the manifest has it.
    pub type_name: String,
    pub input: Input,
}

fn no_type() -> Error {
    Error::invalid("it has no `type`").hint("`connhub types` lists the types")
}

/// An error with the place of the manifest that it is about.
pub(super) fn at(place: &str, mut error: Error) -> Error {
    error.message = format!("{place}: {}", error.message);
    error
}
