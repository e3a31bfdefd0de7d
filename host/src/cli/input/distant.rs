//! Secrets that are elsewhere: what a program prints, and what another connection has.

use std::collections::HashMap;

use super::without_line_end;
use crate::cli::app::App;
use crate::cli::spot::Spot;
use crate::model::{Error, Kind, Secret};
use crate::operations::{self, Opening};
use crate::plugins::Backend;
use crate::programs::{Program, ProgramFailure, Terminal};

/// Reads such secrets.
pub(super) struct Distant<'a> {
    app: &'a App,
    backends: HashMap<String, Backend>,
}

impl<'a> Distant<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self { app, backends: HashMap::new() }
    }

    /// What a program prints, without one line end.
    ///
    /// # Errors
    /// It cannot be run, fails, or takes too long.
    pub(super) fn run(&self, words: &[String]) -> Result<Secret, Error> {
        let program = Program::of(words, Terminal::Absent)
            .ok_or_else(|| Error::invalid("no program is named"))?;
        let name = program.program;
        let run = async { program.output().await.map_err(failed) };
        let printed = self.app.wait(&format!("waiting for `{name}`"), run)?;
        match without_line_end(&printed) {
            [] => Err(Error::new(Kind::Other, format!("`{name}` printed nothing"))),
            value => Ok(Secret::new(value.to_vec())),
        }
    }

    /// A secret of another connection: `BACKEND/SCOPE/NAME#FIELD`.
    ///
    /// # Errors
    /// It has another form, or there is no such connection or field.
    pub(super) fn read(&mut self, text: &str) -> Result<Secret, Error> {
        let (place, field) =
            text.split_once('#').filter(|(_, field)| !field.is_empty()).ok_or_else(|| {
                Error::invalid("a reference to a connection names no field")
                    .hint("write `connhub://BACKEND/SCOPE/NAME#FIELD`")
            })?;
        let spot = Spot::read(place, self.app)?;
        if !self.backends.contains_key(&spot.backend) {
            self.backends.insert(spot.backend.clone(), self.app.open(&spot.backend)?);
        }
        let missing = || Error::new(Kind::Other, "the backend is not open");
        let backend = self.backends.get_mut(&spot.backend).ok_or_else(missing)?;
        let fields = [field.to_owned()];
        let scope = spot.scope.as_deref();
        let opening = Opening { scope, name: &spot.name, fields: &fields };
        let work = operations::open(backend, &opening);
        let opened = self.app.wait(&format!("reading from `{}`", spot.backend), work)?;
        let found = opened.into_iter().find(|secret| secret.name == field);
        found.map(|secret| secret.value).ok_or_else(|| {
            Error::new(Kind::NotFound, format!("`{}` has no secret `{field}`", spot.name))
        })
    }
}

fn failed(failure: ProgramFailure) -> Error {
    let kind = if failure.is_missing() { Kind::NotFound } else { Kind::Other };
    Error::new(kind, "a secret cannot be had from a program").because(failure)
}
