//! The compiler for guests: components for `wasm32-wasip2`.
//!
//! Rustup's standard library for the target is used if it is there or can be fetched. Where it
//! cannot, as in a closed network with a mirror of a distribution, Debian's compiler is unpacked
//! below `target/` and builds the standard library from its source.

mod apt;
mod debian;
pub mod rustup;

use std::process::Command;

use anyhow::{Result, bail};

use crate::{process, workspace};

pub use apt::{Apt, Package, unpack};
pub use debian::Debian;

/// The target that every guest is built for.
pub const TARGET: &str = "wasm32-wasip2";

/// How guests are optimized. The host compiles them before their first use and reads the result at
/// every start, so size is time. Custom sections are kept: they say what a component needs.
const PROFILE: &[&str] = &[
    r#"profile.guest.inherits="release""#,
    r#"profile.guest.opt-level="s""#,
    r#"profile.guest.lto="fat""#,
    "profile.guest.codegen-units=1",
    r#"profile.guest.panic="abort""#,
    r#"profile.guest.strip="symbols""#,
];

/// Variables that would change what a guest is compiled to, or where to.
const FOREIGN_VARIABLES: &[&str] = &[
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
    "CARGO_TARGET_WASM32_WASIP2_LINKER",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
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
    cargo.arg(subcommand).args(["--profile", "guest", "--target", TARGET]);
    cargo.arg("--target-dir").arg(output());
    PROFILE.iter().for_each(|setting| {
        cargo.args(["--config", setting]);
    });
    FOREIGN_VARIABLES.iter().for_each(|variable| {
        cargo.env_remove(variable);
    });
    if let Some(debian) = toolchain(source)? {
        debian.apply(&mut cargo)?;
    }
    Ok(cargo)
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
