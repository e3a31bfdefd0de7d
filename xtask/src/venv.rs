//! Environments of Python with packages of fixed versions.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{process, workspace};

/// Makes an environment in a folder, anew whenever the file of requirements (relative to the root) has changed.
///
/// # Errors
/// There is no Python with `venv`, or a package cannot be had.
pub fn prepare(folder: &Path, requirements: &str) -> Result<()> {
    let wanted = fs_err::read_to_string(workspace::root().join(requirements))?;
    // Written last, so that an installation that broke off is begun again.
    let stamp = folder.join("installed.txt");
    if fs_err::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    process::ensure("python3", "python3-venv")?;
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    process::run(Command::new("python3").args(["-m", "venv"]).arg(folder))
        .context("on Debian `python3 -m venv` is in the package `python3-venv`")?;
    let mut pip = process::command(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-compile"]);
    process::run(pip.args(["--requirement", requirements]))?;
    fs_err::write(&stamp, wanted)?;
    Ok(())
}
