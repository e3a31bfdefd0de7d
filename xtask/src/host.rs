//! Building the host's program.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::workspace::{self, Profile};

/// Builds `connhub` and returns its path.
pub fn build(profile: Profile) -> Result<PathBuf> {
    build_package("connhub", profile)?;
    Ok(program(profile))
}

/// Builds the programs of one native package.
pub fn build_package(package: &str, profile: Profile) -> Result<()> {
    let mut cargo = cargo("build");
    cargo.args(["--package", package]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    process::run(&mut cargo)
}

/// Where the built `connhub` is.
pub fn program(profile: Profile) -> PathBuf {
    workspace::programs(profile).join("connhub")
}

/// A cargo command for the native target.
pub fn cargo(subcommand: &str) -> Command {
    let mut cargo = process::command(workspace::cargo());
    cargo.arg(subcommand);
    cargo
}
