//! The compiler for guests: components for `wasm32-wasip2`.
//!
//! Rustup's standard library for the target is used if it is there or can be fetched. Where it
//! cannot, as in a closed network with a mirror of a distribution, Debian's compiler is unpacked
//! below `target/` and builds the standard library from its source.

mod apt;
mod debian;
pub mod rustup;

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{process, workspace};

pub use apt::{Apt, Package, unpack};
pub use debian::Debian;

/// The target that every guest is built for.
pub const TARGET: &str = "wasm32-wasip2";

/// The profile of the workspace for guests.
pub const PROFILE: &str = "guest";

/// Variables that would change what a guest is compiled to, or where to.
const FOREIGN_VARIABLES: &[&str] = &[
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
    "CARGO_TARGET_WASM32_WASIP2_LINKER",
    "CARGO_BUILD_TARGET",
];

/// Which compiler to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Source {
    /// Rustup's if it is there or can be fetched, else Debian's
    #[default]
    Auto,
    /// Rustup's
    Rustup,
    /// Debian's packages, unpacked below `target/`
    Debian,
}

/// A cargo command that builds guests into `target/guests`, with everything set that the
/// compiler found needs. The first call on a fresh machine fetches the compiler.
pub fn cargo(source: Source, subcommand: &str) -> Result<Command> {
    let mut cargo = process::command(workspace::cargo());
    cargo.arg(subcommand).args(["--profile", PROFILE, "--target", TARGET]);
    Environment::new(source)?.apply(&mut cargo);
    Ok(cargo)
}

/// What Cargo is told by its environment when it builds guests, whoever calls it.
pub struct Environment {
    variables: Vec<(&'static str, OsString)>,
}

impl Environment {
    /// The first call on a fresh machine fetches the compiler.
    pub fn new(source: Source) -> Result<Self> {
        let mut variables = vec![("CARGO_TARGET_DIR", output().into())];
        if let Some(debian) = toolchain(source)? {
            variables.extend(debian.variables()?);
        }
        Ok(Self { variables })
    }

    /// Makes a command, and every Cargo below it, build guests.
    pub fn apply(&self, command: &mut Command) {
        FOREIGN_VARIABLES.iter().for_each(|variable| {
            command.env_remove(variable);
        });
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

/// Cargo's target folder for guests.
pub fn output() -> std::path::PathBuf {
    workspace::shared_target().join("guests")
}

/// Debian's compiler, or nothing where rustup's does.
fn toolchain(source: Source) -> Result<Option<Debian>> {
    match source {
        Source::Rustup if rustup::ready()? => Ok(None),
        Source::Rustup => match rustup::add_target() {
            Ok(()) => Ok(None),
            Err(error) => Err(error.context(hint())),
        },
        Source::Debian => Debian::get_or_install().map(Some),
        Source::Auto => automatic(),
    }
}

fn automatic() -> Result<Option<Debian>> {
    if rustup::ready()? {
        return Ok(None);
    }
    if let Some(debian) = Debian::installed()? {
        return Ok(Some(debian));
    }
    let Err(refused) = rustup::add_target() else {
        return Ok(None);
    };
    eprintln!("{refused:#}\ntaking Debian's compiler instead, unpacked below `target/`");
    match Debian::get_or_install() {
        Ok(debian) => Ok(Some(debian)),
        Err(error) => bail!("{}: {error:#}\nearlier: {refused:#}", hint()),
    }
}

fn hint() -> String {
    format!("no compiler for {TARGET}; with a network: `rustup target add {TARGET}`")
}
