//! The programs that use connections in the tests: Python packages in an environment of their own.

use std::path::PathBuf;

use anyhow::Result;

use crate::{venv, workspace};

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
    venv::prepare(&folder(), REQUIREMENTS)
}
