//! The command line: from arguments to one operation, and from its result to what is shown.

mod app;
mod apply;
mod args;
mod audit;
mod check;
mod colors;
mod completion;
mod copy;
mod create;
mod delete;
mod delete_files;
mod diff;
mod get;
mod input;
mod interview;
mod keyboard;
mod list;
mod man;
mod many;
mod messages;
mod passphrase;
mod plugin;
mod policy;
mod prune;
mod rotate;
mod sort;
mod spot;
mod trust;
mod types;
mod update;
mod usage;
mod version;
mod written;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::model::Error;
use crate::plugins::compile_if_asked;
use crate::settings::{Environment, env};
use crate::ui::report_panics;
use app::App;
use args::{Cli, Command};
pub use input::check_manifest;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    report_panics();
    forbid_core_dumps();
    if let Some(code) = compile_if_asked(env::arguments()) {
        return code;
    }
    let environment = Environment::of_process();
    let code = match parse() {
        Ok((cli, command)) => {
            let app = App::new(environment, command, cli.global);
            let code = dispatch(cli.command, &app).unwrap_or_else(|error| app.fail(&error));
            app.finish();
            code
        }
        Err(error) => usage::show(&error, &environment),
    };
    ExitCode::from(code)
}

/// What was typed, and the name of the command for the audit log.
fn parse() -> Result<(Cli, Option<String>), clap::Error> {
    let mut program = Cli::command();
    let matches = program.try_get_matches_from_mut(env::arguments())?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut program))?;
    let mut names = Vec::new();
    let mut level = &matches;
    while let Some((name, below)) = level.subcommand() {
        names.push(name);
        level = below;
    }
    Ok((cli, (!names.is_empty()).then(|| names.join(" "))))
}

/// A crash must not write secrets in memory to a file. The programs of a user that are started from here can raise their limit again.
fn forbid_core_dumps() {
    let limit = getrlimit(Resource::Core);
    let none = Rlimit { current: Some(0), ..limit };
    // Lowering one's own limit is always allowed.
    setrlimit(Resource::Core, none).unwrap_or_default();
}

/// The exit code, or why there is no result.
fn dispatch(command: Command, app: &App) -> Result<u8, Error> {
    match command {
        Command::Create(args) => create::run(&args, app),
        Command::Get(args) => get::run(&args, app),
        Command::List(args) => list::run(&args, app),
        Command::Update(args) => update::run(args, app),
        Command::Delete(args) if args.files.is_empty() => delete::run(&args, app),
        Command::Delete(args) => delete_files::run(&args, app),
        Command::Apply(args) => apply::run(&args, app),
        Command::Diff(args) => diff::run(&args, app),
        Command::Copy(args) => copy::run(&args, app),
        Command::Rotate(args) => rotate::run(&args, app),
        Command::Check => check::run(app),
        Command::Types(args) => types::run(&args, app),
        Command::Audit(command) => audit::run(&command, app),
        Command::Plugin(command) => plugin::run(&command, app),
        Command::Policy(command) => policy::run(&command, app),
        Command::Trust(args) => trust::run(&args, app),
        Command::Completion(args) => completion::run(&args, app),
        Command::Man(args) => man::run(&args, app),
        Command::Version => version::run(app),
    }
}
