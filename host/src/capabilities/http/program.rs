//! Runs a program that prints a credential.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use zeroize::Zeroizing;

use super::config::Terminal;
use crate::model::withhold_secrets;

/// The most that a program may print, in bytes. Tokens have a few thousand.
const MAX_OUTPUT: u64 = 1 << 20;

/// Why a program gave no output. What it printed is not kept: it may be half a credential.
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
    #[error("`{program}` printed more than {MAX_OUTPUT} bytes")]
    Output {
        /// The program.
        program: String,
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
    /// How long it may take.
    pub limit: Duration,
}

impl Program<'_> {
    /// Runs it and returns what it printed. It is killed when the time is over or nobody waits any more.
    ///
    /// # Errors
    /// It could not be started, failed, or did not end.
    pub async fn output(&self) -> Result<Zeroizing<Vec<u8>>, ProgramFailure> {
        let program = || self.program.to_owned();
        match tokio::time::timeout(self.limit, self.run()).await {
            Ok(result) => result,
            Err(_) => Err(ProgramFailure::Time { program: program(), limit: self.limit }),
        }
    }

    async fn run(&self) -> Result<Zeroizing<Vec<u8>>, ProgramFailure> {
        let started = |source| ProgramFailure::Start { program: self.program.to_owned(), source };
        let mut child = self.command().spawn().map_err(started)?;
        let printed = match child.stdout.take() {
            Some(stdout) => read(stdout).await.map_err(started)?,
            None => Zeroizing::default(),
        };
        if printed.len() as u64 > MAX_OUTPUT {
            return Err(ProgramFailure::Output { program: self.program.to_owned() });
        }
        let status = child.wait().await.map_err(started)?;
        if !status.success() {
            return Err(ProgramFailure::Status { program: self.program.to_owned(), status });
        }
        Ok(printed)
    }

    fn command(&self) -> Command {
        let talk = || match self.terminal {
            Terminal::Attached => Stdio::inherit(),
            Terminal::Absent => Stdio::null(),
        };
        let mut command = Command::new(Path::new(self.program));
        command
            .args(self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(talk())
            .stdout(Stdio::piped())
            .stderr(talk())
            .kill_on_drop(true);
        withhold_secrets(command.as_std_mut());
        command
    }
}

async fn read(stdout: impl AsyncRead + Unpin) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut printed = Zeroizing::new(Vec::with_capacity(8 << 10));
    stdout.take(MAX_OUTPUT + 1).read_to_end(&mut printed).await?;
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell(script: &str) -> Result<Zeroizing<Vec<u8>>, ProgramFailure> {
        let arguments = ["-c".to_owned(), script.to_owned()];
        let program = Program {
            program: "sh",
            arguments: &arguments,
            environment: vec![("GREETING".to_owned(), "hello".to_owned())],
            terminal: Terminal::Absent,
            limit: Duration::from_millis(1500),
        };
        program.output().await
    }

    #[tokio::test]
    async fn the_output_is_returned() {
        assert_eq!(&**shell("printf %s \"$GREETING\"").await.unwrap(), b"hello");
        assert_eq!(&**shell("cat").await.unwrap(), b"", "standard input is empty");
    }

    #[tokio::test]
    async fn failures_do_not_quote_the_output() {
        let failure = shell("echo s3cret; echo s3cret >&2; exit 3").await.unwrap_err();
        assert!(!format!("{failure} {failure:?}").contains("s3cret"), "{failure:?}");
        assert!(matches!(failure, ProgramFailure::Status { .. }));
        assert!(matches!(shell("sleep 5").await.unwrap_err(), ProgramFailure::Time { .. }));
        let failure = shell("yes | head -c 2000000").await.unwrap_err();
        assert!(matches!(failure, ProgramFailure::Output { .. }), "{failure}");
    }

    #[tokio::test]
    async fn a_program_that_takes_too_long_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("lived-on");
        let arguments = ["-c".to_owned(), format!("sleep 0.5; touch {}", mark.display())];
        let program = Program {
            program: "sh",
            arguments: &arguments,
            environment: Vec::new(),
            terminal: Terminal::Absent,
            limit: Duration::from_millis(100),
        };
        assert!(program.output().await.is_err());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!mark.exists());
    }

    #[tokio::test]
    async fn a_missing_program_is_told_apart() {
        let program = Program {
            program: "connhub-no-such-program",
            arguments: &[],
            environment: Vec::new(),
            terminal: Terminal::Absent,
            limit: Duration::from_secs(1),
        };
        assert!(program.output().await.unwrap_err().is_missing());
    }
}
