//! From what was typed, and from files, variables and questions, to the input of one operation.
//!
//! The order matters: which fields there are and which are secret is known before any value is read, and everything that is visible is
//! checked before a secret is read or asked for.

mod assignment;
mod distant;
mod document;
mod foreign;
mod given;
mod json;
mod locate;
mod manifest;
mod naming;
mod sources;
mod stream;
mod walk;

use std::path::Path;

use crate::model::Error;

pub(super) use given::{Given, Naming};
pub(super) use manifest::{Manifest, Manifests};
pub(super) use sources::{Literals, Sources, without_line_end};

/// Whether a text is a document for `-f`. `path` tells its syntax.
///
/// # Errors
/// What is wrong with it; never a value that it holds.
pub fn check_manifest(text: &str, path: Option<&Path>) -> Result<(), Error> {
    let origin = document::Origin { path, distrust: None };
    document::Document::parse(text, origin).map(drop)
}
