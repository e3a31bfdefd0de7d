//! From what was typed, and from files, variables and questions, to the input of one operation.
//!
//! The order matters: which fields there are and which are secret is known before any value is read, and everything that is visible is
//! checked before a secret is read or asked for.

mod assignment;
mod document;
mod given;
mod locate;
mod sources;

pub(super) use given::Given;
pub(super) use sources::{Sources, without_line_end};
