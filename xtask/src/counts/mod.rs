//! How many instructions the main commands execute, compared with the figures that are kept in `xtask/counts.toml`.
//!
//! Other than a time, a count is the same on a busy machine, so that a command that became slower is seen in the continuous integration. The
//! debug build is counted, which the tests need anyway: a release build takes longer than all tests together. Its counts say nothing of how
//! fast the program is, and as much of whether a change made it do more. Beside them stands the memory that a command takes for each connection.

mod figures;
mod growth;
mod stage;

use anyhow::{Result, bail, ensure};

use crate::workspace::Profile;
use crate::{bench, guest, guests, host, process};
use figures::{Figures, Kept};
use stage::Stage;

/// What `cargo xtask counts` accepts.
#[derive(clap::Args, Default)]
pub struct Arguments {
    /// Keep what is counted as the new figures
    #[arg(long)]
    update: bool,
    /// Whether the suites have built the stand-ins just now. Building them alone takes other features of what they are made of, and a minute.
    #[arg(skip)]
    has_stand_ins: bool,
}

impl Arguments {
    /// Those for a run right behind the suites.
    pub fn behind_suites() -> Self {
        Self { has_stand_ins: true, ..Self::default() }
    }
}

/// Runs `cargo xtask counts`.
///
/// # Errors
/// A command fails, or its count differs from the one that is kept. Where nothing can be counted, or the figures are those of another kind of
/// machine, that is said and is no error.
pub fn run(source: guest::Source, arguments: &Arguments) -> Result<()> {
    let Some(machine) = machine() else {
        ensure!(!arguments.update, "nothing can be counted here");
        eprintln!(
            "NOT COUNTED: it takes Linux on x86-64, glibc and valgrind (on Debian `apt-get install valgrind`)"
        );
        return Ok(());
    };
    let program = host::build(Profile::Debug)?;
    if !arguments.has_stand_ins {
        host::build_package("connhub-tests", Profile::Debug)?;
    }
    if !guests::are_built(Profile::Debug) {
        guests::build_connectors(source, Profile::Debug, &program)?;
    }
    let stage = Stage::set_up(program)?;
    growth::judge(&stage)?;
    let counted = Figures { machine, commands: count(&stage)? };
    if arguments.update {
        return counted.write();
    }
    judge(&counted, &Figures::read()?)
}

fn count(stage: &Stage) -> Result<Vec<Kept>> {
    let commands = stage.commands().into_iter().map(|command| {
        let instructions = bench::instructions(&command.words, &stage.environment(command.home))?;
        eprintln!("{instructions:>13} instructions  {}", command.name);
        Ok(Kept { name: command.name.to_owned(), why: command.why.to_owned(), instructions })
    });
    commands.collect()
}

fn judge(counted: &Figures, kept: &Figures) -> Result<()> {
    if counted.machine != kept.machine {
        eprintln!(
            "NOT COMPARED: the figures are those of `{}`, and this is `{}`",
            kept.machine, counted.machine
        );
        return Ok(());
    }
    let differences = kept.differences(counted);
    if !differences.is_empty() {
        let list = differences.join("\n  ");
        bail!(
            "counts differ:\n  {list}\nif that is meant, keep them with `cargo xtask counts --update`"
        );
    }
    Ok(())
}

/// What has a say in the counts beside the program: the C library does the loading and copying, and valgrind hides what it does not know of a
/// processor. None where nothing can be counted.
fn machine() -> Option<String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return None;
    }
    process::ensure("valgrind", "valgrind").ok()?;
    let library =
        process::output(std::process::Command::new("getconf").arg("GNU_LIBC_VERSION")).ok()?;
    let processor = if avx2() { "AVX2" } else { "no AVX2" };
    Some(format!("x86-64, {processor}, {}", library.trim()))
}

fn avx2() -> bool {
    fs_err::read_to_string("/proc/cpuinfo")
        .is_ok_and(|text| text.split_whitespace().any(|word| word == "avx2"))
}
