//! The order of functions in the program: those that commands run lie together, so that less of the program is mapped.
//!
//! `host/functions.txt` names them without what differs between builds, and the release build is linked in this order
//! ([`linker`]). `cargo xtask order` makes the list anew.

mod direct;
pub mod linker;
mod names;
mod symbols;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trace;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::workspace::{self, Profile};
use crate::{bench, guest, host};
use names::{Function, Names};

/// Stores and projects of the commands: a list of more than 500 has threads of its own.
const CONNECTIONS: usize = 1_000;
/// Fewer than this are no trace.
const FEWEST: usize = 500;
const HEAD: &str = "# The functions that common commands run, those of most commands first: name and sizes. Made by `cargo xtask order`.\n";

/// The list in the repository.
fn list() -> PathBuf {
    workspace::root().join("host/functions.txt")
}

/// Runs `cargo xtask order`: builds the program with the names of its functions, and follows the commands of the benchmark.
pub fn run(source: guest::Source) -> Result<()> {
    let program = host::build_with_symbols()?;
    bench::build_company(source, &program)?;
    let program = fs_err::read(program)?;
    let functions = symbols::addresses(&program);
    let names = Names::of_commands(&follow(&functions)?).text();
    ensure!(names.lines().count() > FEWEST, "the commands ran next to nothing");
    fs_err::write(list(), format!("{HEAD}{names}"))?;
    // The program as it is shipped.
    host::build(Profile::Release)?;
    Ok(())
}

/// What each command of the benchmark runs.
fn follow<'a>(functions: &BTreeMap<u64, Vec<Function<'a>>>) -> Result<Vec<Vec<Function<'a>>>> {
    let addresses: Vec<u64> = functions.keys().copied().collect();
    let stage = bench::Runs::everywhere(CONNECTIONS)?;
    let mut commands = Vec::new();
    for job in &stage.jobs {
        // The first run compiles the connector, or makes what the second finds.
        trace::functions(&job.ours(0), &addresses)?;
        let ran = trace::functions(&job.ours(1), &addresses)?;
        eprintln!("{:>6} functions  {}", ran.len(), job.name);
        let ran = ran.iter().filter_map(|address| functions.get(address)).flatten();
        commands.push(ran.copied().collect());
    }
    Ok(commands)
}

/// Elsewhere nobody has written down how a process is followed.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod trace {
    pub fn functions(_: &crate::bench::Run, _: &[u64]) -> anyhow::Result<Vec<u64>> {
        anyhow::bail!("the order of functions is found out on Linux on x86-64")
    }
}
