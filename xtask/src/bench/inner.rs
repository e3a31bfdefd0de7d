//! The parts of the host in one process, and what the sandbox adds to a connector.

use std::process::Command;

use anyhow::{Context, Result};

use super::sample::collected;
use crate::workspace::Profile;
use crate::{host, process};

/// How often something is done in the shorter of two runs, and in the longer one. What both have in common is not counted.
const TIMES: [u64; 2] = [10, 60];

/// Runs `cargo xtask bench --inner`.
///
/// # Errors
/// The benchmark cannot be built, or fails.
pub fn run() -> Result<()> {
    process::run(&mut bench())?;
    if !process::exists("valgrind") {
        eprintln!("no instructions are counted: valgrind is not there");
        return Ok(());
    }
    let sandboxed = instructions("list")?.saturating_sub(instructions("store")?);
    let native = instructions("native-list")?.saturating_sub(instructions("native-store")?);
    println!("a page of 250 connections, without the store below it:");
    println!("  in the sandbox  {sandboxed} instructions");
    println!("  in native code  {native} instructions");
    println!("  ratio           {:.2}", sandboxed as f64 / native.max(1) as f64);
    Ok(())
}

fn bench() -> Command {
    let mut cargo = host::cargo("bench");
    cargo.args(["--package", "connhub-inner", "--features", "native", "--bench", "inner"]);
    cargo.env("CONNHUB_BIN", host::program(Profile::Release));
    cargo
}

/// How many instructions it takes to do something once.
fn instructions(name: &str) -> Result<u64> {
    let [few, many] = TIMES;
    Ok(counted(name, many)?.saturating_sub(counted(name, few)?) / (many - few))
}

fn counted(name: &str, times: u64) -> Result<u64> {
    let mut cargo = bench();
    cargo.args(["--", "count", name, &times.to_string()]);
    let valgrind = "valgrind --tool=callgrind --callgrind-out-file=/dev/null";
    let output = cargo.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", valgrind).output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    collected(&report).with_context(|| format!("valgrind printed no count:\n{report}"))
}
