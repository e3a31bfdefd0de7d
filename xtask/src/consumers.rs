//! The programs that use connections in the tests: Python packages in an environment of their own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{process, workspace};

/// What is installed, with versions.
const REQUIREMENTS: &str = "tests/requirements.txt";

/// The folder of the environment.
pub fn folder() -> PathBuf {
    workspace::target().join("consumers")
}

/// Makes the environment, anew whenever the requirements have changed.
///
/// # Errors
/// There is no Python with `venv`, or a package cannot be had.
pub fn prepare() -> Result<()> {
    let folder = folder();
    let wanted = fs_err::read_to_string(workspace::root().join(REQUIREMENTS))?;
    // Written last, so that an installation that broke off is begun again.
    let stamp = folder.join("installed.txt");
    if fs_err::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    process::ensure("python3", "python3-venv")?;
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    process::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .context("on Debian `python3 -m venv` is in the package `python3-venv`")?;
    let mut pip = process::command(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-compile"]);
    process::run(pip.args(["--requirement", REQUIREMENTS]))?;
    fs_err::write(&stamp, wanted)?;
    Ok(())
}
