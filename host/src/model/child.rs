//! What programs that we run do not inherit.

use std::process::Command;
use std::sync::OnceLock;

/// Set once at the start, before anything is run.
static SECRET_VARIABLES: OnceLock<Vec<String>> = OnceLock::new();

/// Names the environment variables that hold secrets of connections.
pub fn declare_secret_variables(names: Vec<String>) {
    // A second declaration in one process would be of the same environment.
    let _ = SECRET_VARIABLES.set(names);
}

/// Takes the secrets of connections out of what a program inherits: a key helper or a login plugin has no business with them.
pub fn withhold_secrets(command: &mut Command) -> &mut Command {
    let names = SECRET_VARIABLES.get().map(Vec::as_slice).unwrap_or_default();
    names.iter().fold(command, |command, name| command.env_remove(name))
}
