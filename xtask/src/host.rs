//! Building the host's program.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::order::linker::{self, Symbols};
use crate::process;
use crate::workspace::{self, Profile};

/// Optimizes the program as one: tables that parts of it have in common are there once, which is a third of what is relocated at each start. It
/// takes some minutes on one processor, so that `cargo build --release`, and the stand-ins, do without.
const WHOLE_PROGRAM: [&str; 2] = ["-C", "lto=fat"];

/// Builds `connhub` and returns its path. The functions of the release build are put in order.
pub fn build(profile: Profile) -> Result<PathBuf> {
    match profile {
        Profile::Release => build_in_order(Symbols::Stripped),
        Profile::Debug => {
            build_package("connhub", profile)?;
            Ok(program(profile))
        }
    }
}

/// Builds the release program with the names of its functions.
pub fn build_with_symbols() -> Result<PathBuf> {
    build_in_order(Symbols::Kept)
}

fn build_in_order(symbols: Symbols) -> Result<PathBuf> {
    let mut cargo = cargo("rustc");
    cargo.args(["--package", "connhub", "--bin", "connhub", "--release"]);
    linker::install(&mut cargo, symbols)?;
    cargo.args(WHOLE_PROGRAM);
    process::run(&mut cargo)?;
    let program = program(Profile::Release);
    lay_out(&program)?;
    Ok(program)
}

/// Copies a program onto itself. What a linker wrote piece by piece, the system keeps in small pieces and maps page by page; what was copied, as an
/// installation does, it maps in larger ones.
fn lay_out(program: &Path) -> Result<()> {
    let copy = program.with_extension("copy");
    fs_err::copy(program, &copy)?;
    Ok(fs_err::rename(copy, program)?)
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
