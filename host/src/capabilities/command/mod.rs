//! Programs that the grant names: the only way to one.
//!
//! A call is checked against the shapes that the component declares and those of the grant, secrets are put into their places in files and
//! in the standard input, and the program is run in a fresh folder with nothing else of this process. What it prints is scrubbed. No shell
//! is involved, and no secret is ever an argument or a variable.

mod access;
mod error;
mod folder;
mod host;
mod message;
mod program;
mod run;
#[cfg(test)]
mod tests;

pub use access::{Access, BadAccess};
pub use error::CommandError;
pub use host::{CommandCall, CommandInterface, CommandState, View};
pub use message::{Handed, Invocation, Outcome};
pub use program::{CommandConfig, ProgramPlace};
pub use run::Knows;
