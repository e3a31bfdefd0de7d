//! The programs that build.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::model::{Error, Kind, withhold_secrets};

/// A program of the user's `PATH`, or one by its path. It needs the environment, and no secrets of connections.
pub(super) fn program(name: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder).stdin(Stdio::null());
    withhold_secrets(&mut command);
    command
}

/// Runs a program of a build. What it says goes to stderr: stdout is for our own data.
///
/// # Errors
/// It cannot be started, for which `install` is the hint, or it fails.
pub(super) fn run(command: &mut Command, name: &str, install: &str) -> Result<(), Error> {
    let answer = command.stdout(std::io::stderr()).stderr(Stdio::inherit()).status();
    let status = answer.map_err(|error| missing(name, error, install))?;
    if status.success() {
        return Ok(());
    }
    let what = format!("`{name}` cannot build this project ({status})");
    Err(Error::new(Kind::Other, what).hint("what it said is above"))
}

/// A program that is not there.
pub(super) fn missing(name: &str, error: std::io::Error, install: &str) -> Error {
    Error::new(Kind::NotFound, format!("`{name}` cannot be started")).because(error).hint(install)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_missing_or_fails_is_named() {
        let here = Path::new(".");
        let none = "connhub-no-such-program";
        let error = run(&mut program(none, here), none, "install it").unwrap_err();
        assert_eq!((error.kind, error.to_string().contains(none)), (Kind::NotFound, true));
        let error = run(&mut program("false", here), "false", "").unwrap_err();
        assert!(
            error.to_string().contains("cannot build this project (exit status: 1)"),
            "{error}"
        );
        run(&mut program("true", here), "true", "").unwrap();
    }
}
