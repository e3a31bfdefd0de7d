//! The words of the program: connections, secrets, errors. No input, no output, nothing of any backend.

mod connection;
mod error;
mod secret;
mod selector;
pub mod types;

pub use connection::*;
pub use error::{Error, FieldProblem, Kind, Origin};
pub use secret::Secret;
pub use selector::{matches, parse_selector};
