//! `cargo deny`: licenses, sources, duplicates and advisories of the dependencies.

use std::path::PathBuf;

use anyhow::Result;

use crate::{host, process, workspace};

/// The release that is installed where there is none, for the same answer everywhere.
const VERSION: &str = "0.20.2";

/// Runs the named checks of `deny.toml`.
pub fn check(checks: &[&str]) -> Result<()> {
    let mut deny = process::command(program()?);
    process::run(deny.args(["--workspace", "--all-features", "--locked", "check"]).args(checks))
}

fn program() -> Result<PathBuf> {
    let tools = workspace::shared_target().join("tools");
    let program = tools.join("bin/cargo-deny");
    if !installed(&program) {
        // An optimized build takes several times as long as all the checks that it would speed up.
        let mut install = host::cargo("install");
        install.args(["--locked", "--profile", "dev", "--version", VERSION, "--root"]);
        install.arg(&tools).arg("cargo-deny").env("CARGO_TARGET_DIR", tools.join("build"));
        install.env("CARGO_PROFILE_DEV_DEBUG", "false");
        process::run(&mut install)?;
    }
    Ok(program)
}

fn installed(program: &std::path::Path) -> bool {
    let version = process::output(process::command(program).arg("--version"));
    version.is_ok_and(|version| version.trim_end().ends_with(VERSION))
}
