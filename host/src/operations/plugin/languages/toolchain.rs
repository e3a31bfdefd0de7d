//! The programs that build.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::model::{Error, Kind, withhold_secrets};

/// A program of the user's `PATH`, or one by its path. It needs the environment, and no secrets of connections.
pub(super) fn program(name: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder).stdin(Stdio::null());
    withhold_secrets(&mut command);
    command
}

/// A tool in a folder of programs of the project's own, if it is there, else one of `PATH`.
pub(super) fn tool(name: &str, folder: &Path, programs: &str) -> Command {
    // A program that is given by a relative path is looked for elsewhere when the folder is another.
    let own = std::path::absolute(folder.join(programs).join(name));
    let own = own.ok().filter(|own| own.is_file());
    program(own.unwrap_or_else(|| PathBuf::from(name)), folder)
}

/// Where the component of a project of this name is to be, below its folder: a place in which there is none any more. What a build of before
/// has left must not be taken for that of this one.
///
/// # Errors
/// The folder cannot be made, or the older component cannot be removed.
pub(super) fn place_for(name: &str, folder: &Path) -> Result<PathBuf, Error> {
    let place = Path::new("target").join(format!("{}.wasm", name.replace('-', "_")));
    let made = fs_err::create_dir_all(folder.join("target"));
    let cleared = made.and_then(|()| match fs_err::remove_file(folder.join(&place)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    });
    let what = || format!("`{}` cannot be written", folder.join(&place).display());
    cleared.map_err(|error| Error::new(Kind::Other, what()).because(error))?;
    Ok(place)
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

    #[test]
    fn a_tool_of_the_project_comes_before_that_of_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let found = || tool("compiler", folder.path(), "own/bin").get_program().to_owned();
        assert_eq!(found(), "compiler");
        fs_err::create_dir_all(folder.path().join("own/bin")).unwrap();
        let own = folder.path().join("own/bin/compiler");
        fs_err::write(&own, "").unwrap();
        assert_eq!(found(), own.as_os_str());
    }

    #[test]
    fn an_older_component_is_not_taken_for_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let place = place_for("acme-store", folder.path()).unwrap();
        assert_eq!(place, Path::new("target/acme_store.wasm"));
        fs_err::write(folder.path().join(&place), "old").unwrap();
        assert_eq!(place_for("acme-store", folder.path()).unwrap(), place);
        assert!(!folder.path().join(&place).exists());
        fs_err::create_dir(folder.path().join(&place)).unwrap();
        assert!(place_for("acme-store", folder.path()).is_err());
    }
}
