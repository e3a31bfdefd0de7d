//! `cargo xtask fuzz`: the targets of `tests/fuzz`, guided by which code of the host they reach.
//!
//! Only the host is instrumented: a wrapper around the compiler adds the flags for its crate, so that everything below it is taken as it was
//! built for the tests. Neither a nightly compiler nor another one than Rust's is needed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Profile};
use crate::{host, process};

/// Says that this program was started as a wrapper around the compiler.
const WRAPPER: &str = "CONNHUB_FUZZ_RUSTC";
/// The crate whose code guides the search.
const INSTRUMENTED: &str = "connhub";
/// Edges are counted in line, without a call.
const FLAGS: [&str; 3] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=3",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
];
/// A kept corpus is small.
const KEPT: usize = 60;

/// What `cargo xtask fuzz` accepts.
#[derive(clap::Args)]
pub struct Arguments {
    /// The target; all of them one after another if none is named
    target: Option<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Replace the kept corpus by the smallest that reaches as much, inputs that were found included
    #[arg(long)]
    keep: bool,
}

/// Runs `cargo xtask fuzz`. What was found lies below `target/fuzz`.
pub fn run(arguments: &Arguments) -> Result<()> {
    let program = build()?;
    let all = workspace::folders_in("tests/fuzz/corpus")?;
    let targets = match &arguments.target {
        None => all,
        Some(target) if all.contains(target) => vec![target.clone()],
        Some(target) => bail!("there is no target `{target}`; there are {}", all.join(", ")),
    };
    let mut failed = Vec::new();
    for target in targets {
        let place = Place::of(&target)?;
        let result = match arguments.keep {
            true => place.keep(&program),
            false => place.search(&program, arguments.seconds),
        };
        if let Err(error) = result {
            eprintln!("{error:#}");
            failed.push(target);
        }
    }
    if !failed.is_empty() {
        let folder = place_of_finds();
        bail!("found something in {}: see `{}`", failed.join(", "), folder.display());
    }
    Ok(())
}

/// Compiles for another cargo, if this program was started as its wrapper: the first argument is then the compiler.
pub fn wrapped_compiler() -> Option<ExitCode> {
    std::env::var_os(WRAPPER)?;
    let mut words = std::env::args_os().skip(1);
    let mut compiler = Command::new(words.next()?);
    let words: Vec<OsString> = words.collect();
    if is_instrumented(&words) {
        compiler.args(FLAGS);
    }
    let status = compiler.args(&words).status();
    Some(if status.is_ok_and(|status| status.success()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn is_instrumented(words: &[OsString]) -> bool {
    let named = words.windows(2).find(|pair| pair[0] == "--crate-name");
    named.is_some_and(|pair| pair[1] == INSTRUMENTED)
}

fn build() -> Result<PathBuf> {
    let wrapper = std::env::current_exe().context("this program has no path")?;
    let mut cargo = host::cargo("build");
    cargo.args(["--package", "connhub-fuzz"]);
    cargo.env(WRAPPER, "1").env("RUSTC_WORKSPACE_WRAPPER", wrapper);
    process::run(&mut cargo)?;
    Ok(workspace::programs(Profile::Debug).join("connhub-fuzz"))
}

fn place_of_finds() -> PathBuf {
    workspace::target().join("fuzz")
}

/// Where the inputs of one target are.
struct Place {
    target: String,
    /// In the repository.
    kept: PathBuf,
    /// What long runs found to reach more.
    found: PathBuf,
    /// What made the target fail.
    failures: PathBuf,
}

impl Place {
    fn of(target: &str) -> Result<Self> {
        let finds = place_of_finds();
        let place = Self {
            target: target.to_owned(),
            kept: workspace::root().join("tests/fuzz/corpus").join(target),
            found: finds.join("corpus").join(target),
            failures: finds.join("failures").join(target),
        };
        fs_err::create_dir_all(&place.found)?;
        fs_err::create_dir_all(&place.failures)?;
        Ok(place)
    }

    fn search(&self, program: &Path, seconds: u64) -> Result<()> {
        let mut search = self.engine(program, "search", seconds);
        process::run_quietly(search.arg(&self.failures))
    }

    /// The smallest set of inputs goes into a new folder, which then takes the place of the old one.
    fn keep(&self, program: &Path) -> Result<()> {
        let new = self.found.with_extension("kept");
        fs_err::create_dir_all(&new)?;
        fs_err::remove_dir_all(&new)?;
        fs_err::create_dir_all(&new)?;
        process::run_quietly(self.engine(program, "distill", KEPT as u64).arg(&new))?;
        fs_err::remove_dir_all(&self.kept)?;
        fs_err::create_dir_all(&self.kept)?;
        for entry in fs_err::read_dir(&new)? {
            let entry = entry?;
            fs_err::copy(entry.path(), self.kept.join(entry.file_name()))?;
        }
        Ok(())
    }

    fn engine(&self, program: &Path, job: &str, number: u64) -> Command {
        let mut engine = process::command(program);
        engine.args([&self.target, job, &number.to_string()]).args([&self.kept, &self.found]);
        engine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_crates_are_instrumented() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(is_instrumented(&words("--crate-name connhub --edition 2024")));
        assert!(!is_instrumented(&words("--crate-name wasmtime --cfg connhub")));
        assert!(!is_instrumented(&words("-vV")));
    }

    #[test]
    fn every_target_has_a_folder() {
        let folders = workspace::folders_in("tests/fuzz/corpus").unwrap();
        assert!(folders.len() > 5 && folders.contains(&"scrub".to_owned()), "{folders:?}");
    }
}
