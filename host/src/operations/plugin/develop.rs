//! One round of work on a connector: what it needs, and this program run with it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::model::{Error, Kind, on_one_line};
use crate::operations;

/// What a component needs, a line each.
///
/// # Errors
/// It is no connector.
pub fn needs_of(component: &Path) -> Result<Vec<String>, Error> {
    let (_, inspected, _) = operations::inspect(component)?;
    let needs = inspected.needs;
    let mut lines: Vec<String> = Vec::new();
    for endpoint in &needs.endpoints {
        let name = &endpoint.name;
        lines.extend(endpoint.allow.iter().map(|rule| format!("endpoint `{name}`: {rule}")));
        lines.extend(
            endpoint
                .secrets_in
                .iter()
                .map(|pointer| format!("endpoint `{name}`: secrets in {pointer}")),
        );
        let masks = endpoint.mask.iter();
        lines.extend(masks.map(|pointer| format!("endpoint `{name}`: a mask at {pointer}")));
    }
    for command in &needs.commands {
        let name = &command.name;
        let shapes = command.args.iter().map(|shape| on_one_line(shape));
        lines.extend(shapes.map(|shape| format!("command `{name}`: {shape}")));
    }
    lines.extend(needs.vault.as_ref().map(|_| "the sealed store".to_owned()));
    lines.extend(needs.reveal.as_ref().map(|_| "the bytes of secrets".to_owned()));
    Ok(lines)
}

/// Runs this program with some arguments, on the terminal of this one, with the `plugins.toml` of a project if it has one.
///
/// # Errors
/// It cannot be started.
pub fn run_with_project(
    program: &Path,
    folder: &Path,
    words: &[OsString],
) -> Result<ExitStatus, Error> {
    let mut command = Command::new(program);
    let plugins = folder.join("plugins.toml");
    if plugins.is_file() {
        command.arg("--plugins").arg(plugins);
    }
    command.args(words).status().map_err(|error| {
        Error::new(Kind::Other, "this program cannot be started once more").because(error)
    })
}
