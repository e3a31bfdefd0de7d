//! Connections that files describe, and where each belongs.

use std::collections::HashMap;
use std::path::PathBuf;

use super::app::App;
use super::input::{Literals, Manifest, Manifests, Sources};
use crate::model::Error;

/// A connection that a file describes, and where it belongs.
pub(super) struct Job {
    pub backend: String,
    pub scope: Option<String>,
    pub manifest: Manifest,
}

/// Where connections belong: a backend, and a scope of it unless none is named.
pub(super) type Whereto = (String, Option<String>);

/// Stands for a name where there may be many: half of its SHA-256, so that no two names have the same.
pub(super) type NameDigest = [u8; 16];

/// What is remembered of a connection: where it belongs, as an index, and its name.
type Trace = (usize, NameDigest);

/// Everything that files describe. Of a connection no more is held than its text and its trace.
pub(super) struct Jobs {
    manifests: Manifests,
    wheretos: Vec<Whereto>,
    traces: Vec<Trace>,
}

impl Jobs {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// A file cannot be used, or they describe nothing.
    pub(super) fn read(
        files: &[PathBuf],
        literals: Literals,
        sources: &mut Sources<'_>,
        app: &App,
    ) -> Result<Self, Error> {
        let mut named = Vec::new();
        let mut known = HashMap::new();
        let (manifests, traces) = Manifests::read(files, literals, sources, |manifest| {
            let key = (manifest.backend.clone(), manifest.scope.clone());
            let index = *known.entry(key).or_insert_with_key(|key| {
                named.push(key.clone());
                named.len() - 1
            });
            (index, digest(&manifest.given.name))
        })?;
        if traces.is_empty() {
            return Err(Error::invalid("the files describe no connection"));
        }
        let wheretos = named.iter().map(|(backend, scope)| whereto(backend, scope, app));
        Ok(Self { wheretos: wheretos.collect::<Result<_, _>>()?, manifests, traces })
    }

    /// How many connections there are.
    pub(super) fn len(&self) -> usize {
        self.traces.len()
    }

    /// Where they belong, in the order in which the places are named first.
    pub(super) fn wheretos(&self) -> &[Whereto] {
        &self.wheretos
    }

    /// For each of them the index of where it belongs, and its name.
    pub(super) fn traces(&self) -> impl Iterator<Item = (usize, &NameDigest)> {
        self.traces.iter().map(|(whereto, name)| (*whereto, name))
    }

    /// A connection that is described twice cannot be both. `at` is its number.
    pub(super) fn twice(&self, at: usize) -> Error {
        match self.manifests.told(at) {
            Ok((place, name)) => Error::invalid(format!("{place}: `{name}` is described twice"))
                .hint("a connection is named by its backend, its scope and its name"),
            Err(error) => error,
        }
    }

    /// Hands over one after the other, in the order of the files.
    ///
    /// # Errors
    /// What `take` says; then the rest is not handed over.
    pub(super) fn for_each(
        self,
        app: &App,
        mut take: impl FnMut(Job) -> Result<(), Error>,
    ) -> Result<(), Error> {
        drop(self.traces);
        self.manifests.for_each(&mut |manifest| {
            let (backend, scope) = whereto(&manifest.backend, &manifest.scope, app)?;
            take(Job { backend, scope, manifest })
        })
    }

    /// All of them at once.
    ///
    /// # Errors
    /// None that reading did not find already.
    pub(super) fn all(self, app: &App) -> Result<Vec<Job>, Error> {
        let mut jobs = Vec::with_capacity(self.len());
        self.for_each(app, |job| {
            jobs.push(job);
            Ok(())
        })?;
        Ok(jobs)
    }
}

/// What stands for a name.
pub(super) fn digest(name: &str) -> NameDigest {
    let digest = ring::digest::digest(&ring::digest::SHA256, name.as_bytes());
    let mut bytes = NameDigest::default();
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    bytes
}

/// A flag is stronger than a file, and a file stronger than a default.
fn whereto(backend: &Option<String>, scope: &Option<String>, app: &App) -> Result<Whereto, Error> {
    let backend = match (app.named_backend(), backend) {
        (None, Some(backend)) => backend.clone(),
        _ => app.backend()?.to_owned(),
    };
    let scope = app.named_scope().or(scope.as_deref()).or(app.scope());
    Ok((backend, scope.map(str::to_owned)))
}
