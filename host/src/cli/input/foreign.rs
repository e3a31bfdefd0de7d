//! Manifests of backends: one connection may stand in several of them.

use std::path::Path;

use super::assignment::{Assignment, Source};
use super::document::{Document, Origin};
use super::given::Given;
use super::manifest::{Manifest, at};
use crate::model::formats::{self, Foreign, ForeignValue, Role};
use crate::model::{Error, Kind};

/// What was found, until all of it is known: what belongs together may stand in different files.
#[derive(Default)]
pub(super) struct Pieces {
    /// Connections, each with its place.
    wholes: Vec<(String, Foreign)>,
    /// Manifests that others take up, and whether one did.
    parts: Vec<(String, Foreign, bool)>,
}

impl Pieces {
    /// Takes a connection.
    pub(super) fn whole(&mut self, place: String, whole: Foreign) {
        self.wholes.push((place, whole));
    }

    /// Takes a manifest that others take up.
    pub(super) fn part(&mut self, place: String, part: Foreign) {
        self.parts.push((place, part, false));
    }

    /// Puts together what belongs together, in the order of the connections.
    ///
    /// # Errors
    /// A manifest that one refers to is missing, or nothing refers to it.
    pub(super) fn together(mut self) -> Result<Vec<Manifest>, Error> {
        let wholes = std::mem::take(&mut self.wholes);
        let mut manifests = Vec::with_capacity(wholes.len());
        for (place, whole) in wholes {
            let parts = self.parts_of(&place, &whole)?;
            let given = given(formats::merged(whole, parts)).map_err(|error| at(&place, error))?;
            let scope = given.scope.clone();
            manifests.push(Manifest { place, backend: None, scope, given });
        }
        match self.parts.iter().find(|(_, _, is_used)| !is_used) {
            Some((place, part, _)) => Err(at(place, unused(part))),
            None => Ok(manifests),
        }
    }

    fn parts_of(&mut self, place: &str, whole: &Foreign) -> Result<Vec<Foreign>, Error> {
        let mut parts = Vec::new();
        for name in &whole.parts {
            let found = self.parts.iter_mut().find(|(_, part, _)| part.name == *name);
            let Some((_, part, is_used)) = found else {
                return Err(at(
                    place,
                    Error::new(
                        Kind::NotFound,
                        format!("it refers to `{name}`, which is in none of these files"),
                    )
                    .hint("give that manifest as well"),
                ));
            };
            *is_used = true;
            parts.push(Foreign {
                values: part.values.clone(),
                title: String::new(),
                name: String::new(),
                role: Role::Part,
                scope: None,
                type_name: None,
                display_name: None,
                description: None,
                labels: Vec::new(),
                parts: Vec::new(),
            });
        }
        Ok(parts)
    }
}

fn unused(part: &Foreign) -> Error {
    let (title, name) = (&part.title, &part.name);
    Error::invalid(format!("nothing in these files uses the {title} `{name}`"))
        .hint("give the manifest that refers to it as well")
}

/// Files that a manifest names are relative to its folder.
pub(super) fn with_paths(mut foreign: Foreign, origin: Origin<'_>) -> Foreign {
    let folder = origin.path.and_then(Path::parent).unwrap_or(Path::new(""));
    for (_, value) in &mut foreign.values {
        if let ForeignValue::File(path) = value {
            *path = folder.join(&*path).display().to_string();
        }
    }
    foreign
}

fn given(foreign: Foreign) -> Result<Given, Error> {
    let assignment = |(field, value)| Assignment {
        field,
        source: match value {
            ForeignValue::Visible(text) => Source::Literal(text),
            ForeignValue::Hidden(secret) => Source::Inline(secret),
            ForeignValue::File(path) => Source::File(path.into()),
        },
    };
    Given::of_document(Document {
        name: Some(foreign.name),
        type_name: foreign.type_name,
        backend: None,
        scope: foreign.scope,
        display_name: foreign.display_name,
        description: foreign.description,
        labels: foreign.labels,
        assignments: foreign.values.into_iter().map(assignment).collect(),
    })
}
