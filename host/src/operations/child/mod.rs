//! Runs a command of the user's with the values of connections.
//!
//! Without files and without masking the command takes the place of this process, so that signals, terminal and exit code are its own.
//! Otherwise this process stays beside it, passes signals on, and cleans up when it ends.

mod files;
mod parent;
mod signals;

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

pub use files::FilePlaces;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::consumers::{Form, Plan};
use crate::model::{Error, Kind, Secret, withhold_secrets};
use crate::scrub::StreamScrubber;
use files::PrivateFiles;

/// What shells and `env` report for a command that does not exist.
const NOT_FOUND: u8 = 127;
/// What they report for a command that cannot be run.
const NOT_RUNNABLE: u8 = 126;

/// A command and what it gets.
pub struct Child {
    /// The command and its arguments.
    pub words: Vec<OsString>,
    /// Its variables.
    pub plan: Plan,
    /// Where files with secrets may be.
    pub places: FilePlaces,
    /// Its limit of core dumps, which this process forbids itself.
    pub core_dumps: Rlimit,
}

/// Where the output of a command goes without its secrets.
pub struct Masked {
    /// The secrets.
    pub secrets: StreamScrubber,
    /// In place of stdout.
    pub stdout: Box<dyn Write + Send>,
    /// In place of stderr.
    pub stderr: Box<dyn Write + Send>,
}

/// How a command ended.
pub struct Ended {
    /// The exit code: the command's own, 128 and the number of the signal that ended it, 127 if it does not exist, 126 if it cannot be run.
    pub code: u8,
    /// Why it did not run.
    pub error: Option<Error>,
}

impl Child {
    /// Runs the command. Where it takes the place of this process, this returns only if that fails.
    ///
    /// # Errors
    /// A file cannot be made.
    pub fn run(self, masked: Option<Masked>) -> Result<Ended, Error> {
        let is_file = |variable: &&crate::consumers::Variable| variable.form == Form::File;
        let needs_files = self.plan.set.iter().any(|variable| is_file(&variable));
        if !needs_files && masked.is_none() {
            let mut command = self.command(&PathBuf::new());
            // Raising it to what it was is always allowed.
            setrlimit(Resource::Core, self.core_dumps).unwrap_or_default();
            let failure = command.exec();
            return Ok(not_started(&self.words[0], failure));
        }
        // From here on a signal must find the files gone.
        let signals = signals::Caught::start().map_err(no_resources)?;
        let files = PrivateFiles::make(&self.places, &self.plan)?;
        let command = self.command(files.folder());
        let ended = parent::run(command, masked, signals, self.core_dumps).map_err(no_resources)?;
        drop(files);
        Ok(ended.unwrap_or_else(|failure| not_started(&self.words[0], failure)))
    }

    fn command(&self, folder: &std::path::Path) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        withhold_secrets(&mut command);
        for name in &self.plan.removed {
            command.env_remove(name);
        }
        for variable in &self.plan.set {
            match variable.form {
                Form::Text => command.env(&variable.name, value(&variable.value)),
                Form::File => command.env(&variable.name, folder.join(files::name(variable))),
            };
        }
        command
    }
}

fn value(secret: &Secret) -> OsString {
    OsString::from_vec(secret.expose().to_vec())
}

fn not_started(program: &OsString, failure: io::Error) -> Ended {
    let program = program.to_string_lossy();
    let code = if failure.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUNNABLE };
    let error = match failure.raw_os_error() {
        Some(code) if code == rustix::io::Errno::TOOBIG.raw_os_error() => {
            Error::new(Kind::Other, format!("`{program}` cannot be run: its variables and arguments are too large for the system"))
                .hint("leave out what it does not need with `--only`")
        }
        _ if failure.kind() == io::ErrorKind::NotFound => {
            Error::new(Kind::Other, format!("there is no command `{program}`"))
        }
        _ => Error::new(Kind::Other, format!("`{program}` cannot be run")).because(failure),
    };
    Ended { code, error: Some(error) }
}

fn no_resources(error: io::Error) -> Error {
    Error::new(Kind::Other, "the system has no resources left").because(error)
}
