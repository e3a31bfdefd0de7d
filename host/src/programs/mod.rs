//! Runs programs that print a secret: key commands, passphrase commands, logins, credential plugins; and the tools of connectors, which
//! get one ([`Tool`]).
//!
//! One runner serves all of the former, so that each has an end and a bound, inherits no secret of a connection, and is not quoted in any message:
//! what it printed may be half a credential. No shell sees the arguments.

mod private_folder;
mod tool;

pub use private_folder::PrivateFolder;
pub use tool::{Ended, Printed, Tool};

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::resume_unwind;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use zeroize::Zeroizing;

use crate::model::withhold_secrets;

/// How long a program may take that asks nobody.
const SILENT_LIMIT: Duration = Duration::from_secs(60);

/// How long a program may take that waits for a person.
const ATTENDED_LIMIT: Duration = Duration::from_secs(600);

/// The most that a program may print, in bytes. Tokens have a few thousand.
const MAX_OUTPUT: usize = 1 << 20;

/// Whether there is a person to ask.
#[derive(Clone, Default)]
pub enum Terminal {
    /// Nobody: the program's input is empty.
    #[default]
    Absent,
    /// The program may read from the terminal at stdin. What we have drawn there is taken away meanwhile.
    Attached(Arc<dyn Screen>),
}

/// What becomes of what a program says on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stderr {
    /// It is not shown: a login that fails may quote what it got, and logs of others may keep it.
    Hidden,
    /// It is the user's, so that the program can explain itself.
    Shown,
}

/// What we have drawn on the terminal.
pub trait Screen: Send + Sync {
    /// Takes it away until the returned value is dropped.
    fn clear(&self) -> Box<dyn Any + Send>;
}

impl Terminal {
    /// Whether a program may ask.
    pub fn is_attached(&self) -> bool {
        matches!(self, Self::Attached(_))
    }

    /// How long a program may take, unless there is a reason for another limit.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Absent => SILENT_LIMIT,
            Self::Attached(_) => ATTENDED_LIMIT,
        }
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_attached() { "Attached" } else { "Absent" })
    }
}

/// Why a program gave no output. What it printed is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ProgramFailure {
    /// It is not there or may not be run.
    #[error("`{program}` cannot be started")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It says itself that it failed.
    #[error("`{program}` failed ({status})")]
    Status {
        /// The program.
        program: String,
        /// Its exit status.
        status: std::process::ExitStatus,
    },
    /// It did not end.
    #[error("`{program}` did not end within {} seconds", .limit.as_secs())]
    Time {
        /// The program.
        program: String,
        /// How long it had.
        limit: Duration,
    },
    /// It printed too much.
    #[error("`{program}` printed more than {most} bytes")]
    Output {
        /// The program.
        program: String,
        /// How much it may print.
        most: usize,
    },
}

impl ProgramFailure {
    /// Whether the program was not found.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Start { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// A program and how to run it.
pub struct Program<'p> {
    /// A path or a name to look for in `PATH`.
    pub program: &'p str,
    /// Its arguments. No shell sees them.
    pub arguments: &'p [String],
    /// Variables besides those of this process.
    pub environment: Vec<(String, String)>,
    /// Whether it may talk to the user.
    pub terminal: Terminal,
    /// What becomes of what it says on stderr.
    pub stderr: Stderr,
    /// How long it may take.
    pub limit: Duration,
    /// How many bytes it may print.
    pub most: usize,
}

impl<'p> Program<'p> {
    /// A program and its arguments in one list; none if the list is empty.
    pub fn of(command: &'p [String], terminal: Terminal) -> Option<Self> {
        let (program, arguments) = command.split_first()?;
        Some(Self::new(program, arguments, terminal))
    }

    /// A program with the usual limits. It is heard if there is a person to hear it.
    pub fn new(program: &'p str, arguments: &'p [String], terminal: Terminal) -> Self {
        let limit = terminal.patience();
        let stderr = if terminal.is_attached() { Stderr::Shown } else { Stderr::Hidden };
        let environment = Vec::new();
        Self { program, arguments, environment, terminal, stderr, limit, most: MAX_OUTPUT }
    }

    /// Runs it and returns what it printed. It is killed when the time is over or nobody waits any more.
    ///
    /// # Errors
    /// It could not be started, failed, or did not end.
    pub async fn output(&self) -> Result<Zeroizing<Vec<u8>>, ProgramFailure> {
        let _cleared = match &self.terminal {
            Terminal::Attached(screen) => Some(screen.clear()),
            Terminal::Absent => None,
        };
        let late = || ProgramFailure::Time { program: self.program.to_owned(), limit: self.limit };
        tokio::time::timeout(self.limit, self.run()).await.unwrap_or_else(|_| Err(late()))
    }

    /// Runs it as [`Self::output`] does, where nothing can be awaited: a runtime must not be entered twice in one thread, so it gets a
    /// thread of its own.
    ///
    /// # Errors
    /// It could not be started, failed, or did not end.
    pub fn output_blocking(&self) -> Result<Zeroizing<Vec<u8>>, ProgramFailure> {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|source| self.not_started(source))?;
            runtime.block_on(self.output())
        };
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().spawn_scoped(scope, run);
            let thread = thread.map_err(|source| self.not_started(source))?;
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    async fn run(&self) -> Result<Zeroizing<Vec<u8>>, ProgramFailure> {
        let failed = |source| self.not_started(source);
        let mut child = self.command().spawn().map_err(failed)?;
        let printed = match child.stdout.take() {
            Some(stdout) => read(stdout, self.most).await.map_err(failed)?,
            None => Zeroizing::default(),
        };
        if printed.len() > self.most {
            return Err(ProgramFailure::Output {
                program: self.program.to_owned(),
                most: self.most,
            });
        }
        let status = child.wait().await.map_err(failed)?;
        if !status.success() {
            return Err(ProgramFailure::Status { program: self.program.to_owned(), status });
        }
        Ok(printed)
    }

    fn not_started(&self, source: io::Error) -> ProgramFailure {
        ProgramFailure::Start { program: self.program.to_owned(), source }
    }

    fn command(&self) -> Command {
        let input = match self.terminal {
            Terminal::Attached(_) => Stdio::inherit(),
            Terminal::Absent => Stdio::null(),
        };
        let speech = match self.stderr {
            Stderr::Shown => Stdio::inherit(),
            Stderr::Hidden => Stdio::null(),
        };
        let mut command = Command::new(self.program);
        command
            .args(self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(speech)
            .kill_on_drop(true);
        withhold_secrets(command.as_std_mut());
        command
    }
}

async fn read(stdout: impl AsyncRead + Unpin, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // More than the full size from the start: growing would leave copies behind. Memory that is not used is never touched.
    let mut printed = Zeroizing::new(Vec::with_capacity(most + 64));
    stdout.take(most as u64 + 1).read_to_end(&mut printed).await?;
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> [String; 3] {
        ["sh", "-c", text].map(str::to_owned)
    }

    async fn shell(text: &str) -> Result<Zeroizing<Vec<u8>>, ProgramFailure> {
        let command = script(text);
        let program = Program::of(&command, Terminal::Absent).unwrap();
        let environment = vec![("GREETING".to_owned(), "hello".to_owned())];
        Program { environment, limit: Duration::from_millis(1500), ..program }.output().await
    }

    #[tokio::test]
    async fn the_output_is_returned() {
        assert_eq!(&**shell("printf %s \"$GREETING\"").await.unwrap(), b"hello");
        assert_eq!(&**shell("cat").await.unwrap(), b"", "standard input is empty");
    }

    #[tokio::test]
    async fn it_runs_where_nothing_can_be_awaited() {
        let command = ["printf", "%s", "$HOME;`id`"].map(str::to_owned);
        let program = Program::of(&command, Terminal::Absent).unwrap();
        let printed = program.output_blocking().unwrap();
        assert_eq!(&**printed, b"$HOME;`id`", "no shell sees the arguments");
        assert!(Program::of(&[], Terminal::Absent).is_none());
    }

    #[tokio::test]
    async fn failures_do_not_quote_the_output() {
        let failure = shell("echo s3cret; echo s3cret >&2; exit 3").await.unwrap_err();
        assert!(!format!("{failure} {failure:?}").contains("s3cret"), "{failure:?}");
        assert!(matches!(failure, ProgramFailure::Status { .. }));
        for late in ["exec sleep 5", "exec >&-; exec sleep 5"] {
            assert!(
                matches!(shell(late).await.unwrap_err(), ProgramFailure::Time { .. }),
                "{late}"
            );
        }
        let failure = shell("yes | head -c 2000000").await.unwrap_err();
        assert!(matches!(failure, ProgramFailure::Output { .. }), "{failure}");
    }

    #[tokio::test]
    async fn a_program_that_takes_too_long_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("lived-on");
        let command = script(&format!("sleep 0.5; touch {}", mark.display()));
        let program = Program::of(&command, Terminal::Absent).unwrap();
        let program = Program { limit: Duration::from_millis(100), ..program };
        assert!(program.output().await.is_err());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!mark.exists());
    }

    #[tokio::test]
    async fn a_missing_program_is_told_apart() {
        let program = Program::new("connhub-no-such-program", &[], Terminal::Absent);
        assert!(program.output().await.unwrap_err().is_missing());
    }

    #[test]
    fn people_are_given_more_time_and_a_clear_screen() {
        struct Drawn;
        impl Screen for Drawn {
            fn clear(&self) -> Box<dyn Any + Send> {
                Box::new(())
            }
        }
        let attached = Terminal::Attached(Arc::new(Drawn));
        assert!(attached.patience() > Terminal::Absent.patience());
        assert_eq!(format!("{attached:?} {:?}", Terminal::Absent), "Attached Absent");
    }
}
