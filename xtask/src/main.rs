//! `cargo xtask …`: everything in this repository that takes more than one command.

mod bench;
mod c_toolchain;
mod ci;
mod consumers;
mod contract;
mod counts;
mod demo;
mod dist;
mod fuzz;
mod guest;
mod guests;
mod host;
mod languages;
mod order;
mod plugin_files;
mod process;
mod profile;
mod servers;
mod structure;
mod suites;
mod supply_chain;
mod venv;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Profile;

/// The tasks of the connhub repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    /// Where the compiler for WebAssembly comes from
    #[arg(long, global = true, value_enum, default_value_t)]
    guest_toolchain: guest::Source,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the connectors, and write `plugins.toml` and `plugins.lock` beside them
    Guests(guests::Arguments),
    /// Build everything and run every test
    Test(suites::Arguments),
    /// Unpack the real servers of the tests below `target`: PostgreSQL, MariaDB, a registry
    Servers,
    /// Build the connectors of the templates, one in each language, for the suite `languages`
    Languages,
    /// Run what the continuous integration runs
    Ci,
    /// Check the rules of the code base that the compiler does not know
    Structure,
    /// Compare the contract in `wit/` with every released version
    Contract,
    /// Keep the contract in `wit/` and a component of it as a released version
    Freeze,
    /// Feed the targets of `tests/fuzz` with inputs that reach ever more of the host
    Fuzz(fuzz::Arguments),
    /// Check the dependencies against the advisory database (needs the network)
    Advisories,
    /// Build everything and walk through create, list, get, update and delete
    Demo(demo::Arguments),
    /// Time whole commands beside those of other tools
    Bench(bench::Arguments),
    /// Count the instructions of the main commands, and compare them with the figures that are kept; needs valgrind
    Counts(counts::Arguments),
    /// Say what the main commands are made of, by samples of the processor's clock; needs perf
    Profile(profile::Arguments),
    /// Run one command and print what it cost; used by `bench`
    #[command(hide = true)]
    Measure(bench::Measure),
    /// Find out anew which functions common commands run, and keep them in `host/functions.txt`
    Order,
    /// Make the installed layout and an archive of it below `target/dist`
    Dist,
}

fn main() -> ExitCode {
    if let Some(code) = fuzz::wrapped_compiler().or_else(order::linker::wrapped) {
        return code;
    }
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let source = arguments.guest_toolchain;
    match arguments.task {
        Task::Guests(arguments) => guests::run(source, &arguments),
        Task::Test(arguments) => suites::run(source, &arguments),
        Task::Servers => servers::prepare(),
        Task::Languages => languages::prepare(source),
        Task::Ci => ci::run(source),
        Task::Structure => structure::run(),
        Task::Contract => contract::check(),
        Task::Freeze => contract::freeze(source),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Advisories => supply_chain::check(&["advisories"]),
        Task::Demo(arguments) => demo::run(source, &arguments),
        Task::Bench(arguments) => bench::run(source, &arguments),
        Task::Counts(arguments) => counts::run(source, &arguments),
        Task::Profile(arguments) => profile::run(source, &arguments),
        Task::Measure(measure) => measure.run(),
        Task::Order => order::run(source),
        Task::Dist => {
            let program = host::build(Profile::Release)?;
            guests::build_connectors(source, Profile::Release, &program)?;
            dist::run()
        }
    }
}
