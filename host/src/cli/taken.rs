//! Connections that a command uses, with their secrets.

use super::app::App;
use crate::consumers;
use crate::model::{Connection, Error, Place, REFERENCE_SCHEME, Reference, SCOPE_WORD, TestReport};
use crate::operations::{self, Opened, Opening};
use crate::plugins::Backend;

/// Opens connections one after the other, each backend once.
pub(super) struct Taker<'a> {
    app: &'a App,
    backends: Vec<Backend>,
}

impl<'a> Taker<'a> {
    /// Nothing is opened yet.
    pub(super) fn new(app: &'a App) -> Self {
        Self { app, backends: Vec::new() }
    }

    /// The connection of a name, of a place such as `prod/fraud/lake`, or of a reference such as `connhub://prod/fraud/lake`.
    pub(super) fn take(&mut self, name: &str) -> Result<Opened, Error> {
        self.take_reference(&reference(name, self.app)?)
    }

    /// What the connection of a name, place or reference was in a version.
    pub(super) fn take_version(&mut self, name: &str, version: u64) -> Result<Opened, Error> {
        let reference = reference(name, self.app)?;
        let app = self.app;
        let scope = scope(&reference, app);
        let backend = self.backend(&reference)?;
        let job = format!("reading from `{}`", backend.name);
        app.wait(&job, operations::take_version(backend, scope, &reference.name, version))
    }

    /// The connection that a reference names.
    pub(super) fn take_reference(&mut self, reference: &Reference) -> Result<Opened, Error> {
        let app = self.app;
        let scope = scope(reference, app);
        let backend = self.backend(reference)?;
        let opening = Opening { scope, name: &reference.name, fields: &[] };
        let job = format!("reading from `{}`", backend.name);
        app.wait(&job, operations::take(backend, opening))
    }

    /// The connection of a name, place or reference without its secrets, and its backend.
    pub(super) fn look_up(&mut self, name: &str) -> Result<(String, Connection), Error> {
        let reference = reference(name, self.app)?;
        let app = self.app;
        let backend = self.backend(&reference)?;
        let job = format!("reading from `{}`", backend.name);
        let found = operations::get(backend, scope(&reference, app), &reference.name);
        let found = app.wait(&job, found)?;
        Ok((backend.name.clone(), found))
    }

    /// Has the backend of an opened connection keep the result of its test.
    pub(super) fn record(&mut self, opened: &Opened, report: &TestReport) -> Result<bool, Error> {
        let app = self.app;
        let backend = self.opened(&opened.backend)?;
        let job = format!("recording in `{}`", backend.name);
        app.wait(&job, operations::record(backend, &opened.connection, report))
    }

    /// What the backend of an opened connection calls a scope.
    pub(super) fn scope_word(&mut self, opened: &Opened) -> String {
        let backend = self.backends.iter_mut().find(|backend| backend.name == opened.backend);
        match backend.filter(|_| opened.connection.scope.is_some()) {
            Some(backend) => self.app.scope_word(backend),
            None => SCOPE_WORD.to_owned(),
        }
    }

    fn backend(&mut self, reference: &Reference) -> Result<&mut Backend, Error> {
        let name = match &reference.backend {
            Some(backend) => backend,
            None => self.app.backend()?,
        };
        self.opened(name)
    }

    fn opened(&mut self, name: &str) -> Result<&mut Backend, Error> {
        let known = self.backends.iter().position(|backend| backend.name == name);
        let index = match known {
            Some(index) => index,
            None => {
                self.backends.push(self.app.open(name)?);
                self.backends.len() - 1
            }
        };
        Ok(&mut self.backends[index])
    }
}

/// The scope of the command line belongs to its backend.
fn scope<'a>(reference: &'a Reference, app: &'a App) -> Option<&'a str> {
    match (&reference.scope, &reference.backend) {
        (Some(scope), _) => Some(scope),
        (None, None) => app.scope(),
        (None, Some(_)) => None,
    }
}

/// Opens several connections.
pub(super) fn take_all(names: &[String], app: &App) -> Result<Vec<Opened>, Error> {
    let mut taker = Taker::new(app);
    names.iter().map(|name| taker.take(name)).collect()
}

/// What consumers make of opened connections.
pub(super) fn views(opened: &[Opened]) -> Vec<consumers::Opened<'_>> {
    opened.iter().map(view).collect()
}

/// What consumers make of one.
pub(super) fn view(opened: &Opened) -> consumers::Opened<'_> {
    consumers::Opened { connection: &opened.connection, secrets: &opened.secrets }
}

/// Refuses to show secrets to everybody who can see the terminal, unless that was asked for.
pub(super) fn check_terminal(reveal: bool, instead: &str, app: &App) -> Result<(), Error> {
    if reveal || !app.console.is_data_on_terminal() {
        return Ok(());
    }
    Err(Error::invalid("secrets would be shown on the terminal")
        .hint(instead)
        .hint("or add `--reveal` to see them"))
}

fn reference(name: &str, app: &App) -> Result<Reference, Error> {
    if name.contains('/') && !name.starts_with(REFERENCE_SCHEME) {
        return at_place(name, app);
    }
    if !name.starts_with(REFERENCE_SCHEME) {
        return Ok(Reference { backend: None, scope: None, name: name.to_owned(), field: None });
    }
    let reference: Reference =
        name.parse().map_err(|message| Error::invalid(format!("`{name}` {message}")))?;
    match &reference.field {
        Some(field) => Err(Error::invalid(format!("`{name}` names the field `{field}`"))
            .hint("name the connection alone, without `#` and what follows")),
        None => Ok(reference),
    }
}

/// What a place stands for, with `-b` and `-n` for what it leaves out.
fn at_place(text: &str, app: &App) -> Result<Reference, Error> {
    let backends = &app.plugins()?.settings().backends;
    let place = Place::parse(text, |name| backends.contains_key(name))?;
    if place.name.is_empty() {
        return Err(Error::invalid(format!("`{text}` names no connection"))
            .hint(format!("add its name: `{text}NAME`")));
    }
    let scope = place.scope.or_else(|| app.scope().map(str::to_owned));
    Ok(Reference { backend: place.backend, scope, name: place.name, field: None })
}
