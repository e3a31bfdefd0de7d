//! The command line: from arguments to one operation, and from its result to what is shown.

mod adopt;
mod app;
mod apply;
mod args;
mod audit;
mod aws;
mod backup;
mod check;
mod colors;
mod completion;
mod copy;
mod create;
mod credential_process;
mod delete;
mod delete_files;
mod diff;
mod env;
mod exec;
mod expiring;
mod export;
mod get;
mod history;
mod import;
mod inject;
mod input;
mod interview;
mod jobs;
mod keyboard;
mod lines;
mod list;
mod man;
mod many;
mod messages;
mod pages;
mod passphrase;
mod password;
mod plugin;
mod policy;
mod prune;
mod records;
mod resolve;
mod reveal;
mod rotate;
mod sheet;
mod sort;
mod spot;
mod stream;
mod taken;
mod test;
mod trust;
mod types;
mod undo;
mod update;
mod usage;
mod vault;
mod version;
mod watch;
mod written;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::FromArgMatches as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::model::Error;
use crate::plugins::compile_if_asked;
use crate::settings::{Environment, env as variables};
use crate::ui::report_panics;
use app::App;
use args::{Cli, Command, only, whole};
pub use input::check_manifest;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    report_panics();
    forbid_core_dumps();
    if let Some(code) = compile_if_asked(variables::arguments()) {
        return code;
    }
    let environment = Environment::of_process();
    let code = match parse() {
        Ok((cli, command)) => {
            let mut app = App::new(environment, command, cli.global);
            let code = dispatch(cli.command, &mut app).unwrap_or_else(|error| app.fail(&error));
            app.finish();
            code
        }
        Err(error) => usage::show(&error, &environment),
    };
    ExitCode::from(code)
}

/// What was typed, and the name of the command for the audit log.
fn parse() -> Result<(Cli, Option<String>), clap::Error> {
    let arguments: Vec<_> = variables::arguments().collect();
    let name = arguments.get(1).and_then(|name| name.to_str());
    if let Some(program) = name.and_then(only)
        && let Ok(parsed) = parse_as(program, &arguments)
    {
        return Ok(parsed);
    }
    parse_as(whole(), &arguments)
}

fn parse_as(
    mut program: clap::Command,
    arguments: &[OsString],
) -> Result<(Cli, Option<String>), clap::Error> {
    let matches = program.try_get_matches_from_mut(arguments)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut program))?;
    let mut names = Vec::new();
    let mut level = &matches;
    while let Some((name, below)) = level.subcommand() {
        names.push(name);
        level = below;
    }
    // The process ends before long; taking the description apart takes longer than parsing did.
    std::mem::forget(program);
    Ok((cli, (!names.is_empty()).then(|| names.join(" "))))
}

/// The limit before it was lowered.
static CORE_DUMPS: OnceLock<Rlimit> = OnceLock::new();

/// A crash must not write secrets in memory to a file.
fn forbid_core_dumps() {
    let limit = users_core_dumps();
    // Lowering one's own limit is always allowed.
    setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit }).unwrap_or_default();
}

/// The limit that the user set, for the user's own command.
fn users_core_dumps() -> Rlimit {
    *CORE_DUMPS.get_or_init(|| getrlimit(Resource::Core))
}

/// The exit code, or why there is no result.
fn dispatch(command: Command, app: &mut App) -> Result<u8, Error> {
    match command {
        Command::Create(args) => create::run(&args, app),
        Command::Get(args) => get::run(&args, app),
        Command::History(args) => history::run(&args, app),
        Command::Undo(args) => undo::run(&args, app),
        Command::List(args) => list::run(&args, app),
        Command::Update(args) => update::run(args.0, app),
        Command::Delete(args) if args.files.is_empty() => delete::run(&args, app),
        Command::Delete(args) => delete_files::run(&args, app),
        Command::Apply(args) => apply::run(&args, app),
        Command::Diff(args) => diff::run(&args, app),
        Command::Copy(args) => copy::run(&args, app),
        Command::Rotate(args) => rotate::run(&args, app),
        Command::Exec(args) => exec::run(args.0, app),
        Command::Env(args) => env::run(&args, app),
        Command::Export(args) => export::run(&args, app),
        Command::Import(args) => import::run(&args, app),
        Command::Inject(args) => inject::run(&args, app),
        Command::CredentialProcess(args) => credential_process::run(&args, app),
        Command::Aws(command) => aws::run(&command, app),
        Command::Test(args) => test::run(&args, app),
        Command::Check(args) => check::run(&args, app),
        Command::Adopt(args) => adopt::run(&args, app),
        Command::Resolve(args) => resolve::run(&args, app),
        Command::Types(args) => types::run(&args, app),
        Command::Audit(command) => audit::run(&command, app),
        Command::Plugin(command) => plugin::run(&command, app),
        Command::Policy(command) => policy::run(&command, app),
        Command::Vault(command) => vault::run(&command, app),
        Command::Trust(args) => trust::run(&args, app),
        Command::Completion(args) => completion::run(&args, app),
        Command::Man(args) => man::run(&args, app),
        Command::Version => version::run(app),
    }
}
