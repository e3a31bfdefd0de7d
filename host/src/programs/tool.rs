//! Runs a tool for a connector: everything that it has is given, and everything that it started ends with it.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use zeroize::Zeroizing;

use super::ProgramFailure;
use crate::model::{End, Ending, withhold_secrets};

/// How long is waited for what was printed before a program ended. Only something that escaped from its process group holds it back.
const GRACE: Duration = Duration::from_millis(500);

/// What is read at once of what nobody keeps, in bytes.
const DISCARDED: usize = 64 << 10;

/// A program and everything that it gets.
pub struct Tool<'t> {
    /// Its path.
    pub program: &'t Path,
    /// The path under which it is started: some programs do what their name says, and are reached by links.
    pub called: &'t Path,
    /// Its arguments. No shell sees them.
    pub arguments: &'t [OsString],
    /// Its whole environment.
    pub environment: &'t [(String, OsString)],
    /// Its working folder.
    pub folder: &'t Path,
    /// Its standard input.
    pub input: &'t [u8],
    /// How long it may take.
    pub limit: Duration,
    /// How many bytes are kept of each of its streams. What it prints beyond them is read and thrown away.
    pub most: usize,
}

/// How a program ended.
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// What it printed on its standard output.
    pub stdout: Printed,
    /// What it printed on its standard error.
    pub stderr: Printed,
}

/// What a program printed on a stream.
#[derive(Default)]
pub struct Printed {
    /// The beginning.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether there was more.
    pub truncated: bool,
}

/// A program and whatever it started, as far as that stayed in its process group. All of it is killed when this is dropped, or when a
/// signal ends this process.
struct Group {
    child: Child,
    ending: Ending,
}

impl Tool<'_> {
    /// Runs it to its end. That it ended with another code than 0 is no failure.
    ///
    /// # Errors
    /// It could not be started, or did not end in time.
    pub async fn run(&self) -> Result<Ended, ProgramFailure> {
        let program = || self.program.display().to_string();
        let late = || ProgramFailure::Time { program: program(), limit: self.limit };
        let running = tokio::time::timeout(self.limit, self.run_to_end());
        let ended = running.await.map_err(|_| late())?;
        ended.map_err(|source| ProgramFailure::Start { program: program(), source })
    }

    async fn run_to_end(&self) -> io::Result<Ended> {
        let mut group = Group::start(self.command())?;
        let streams =
            (group.child.stdin.take(), group.child.stdout.take(), group.child.stderr.take());
        let (mut stdout, mut stderr) = (Printed::default(), Printed::default());
        let status = {
            let talk = async {
                tokio::join!(
                    feed(streams.0, self.input),
                    stdout.read(streams.1, self.most),
                    stderr.read(streams.2, self.most),
                )
            };
            let mut talk = std::pin::pin!(talk);
            tokio::select! {
                status = group.child.wait() => {
                    group.end();
                    // What is printed is in the pipes by now.
                    let _ = tokio::time::timeout(GRACE, talk).await;
                    status?
                }
                _ = &mut talk => {
                    let status = group.child.wait().await?;
                    group.end();
                    status
                }
            }
        };
        Ok(Ended { status, stdout, stderr })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command
            .arg0(self.called)
            .args(self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder)
            .stdin(if self.input.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        withhold_secrets(command.as_std_mut());
        command
    }
}

impl Group {
    fn start(mut command: Command) -> io::Result<Self> {
        let (child, ending) = Ending::of(|| {
            let child = command.spawn()?;
            let leader = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
            let end: End = Box::new(move || {
                // It may be gone already, and then there is nothing to kill.
                let _ = leader.map(|leader| kill_process_group(leader, Signal::KILL));
            });
            io::Result::Ok((child, end))
        })?;
        Ok(Self { child, ending })
    }

    /// Kills what the program left behind, at once after it ended: later its number could be that of another group.
    fn end(self) {
        drop(self.ending);
    }
}

impl Printed {
    /// Reads to the end, keeps the beginning, and forgets the rest.
    async fn read(&mut self, stream: Option<impl AsyncRead + Unpin>, most: usize) {
        let Some(mut stream) = stream else { return };
        // The full size from the start: growing would leave copies behind. Memory that is not used is never touched.
        self.bytes.reserve_exact(most);
        let kept = (&mut stream).take(most as u64).read_to_end(&mut self.bytes).await;
        let mut rest = vec![0; DISCARDED];
        while kept.is_ok() {
            match stream.read(&mut rest).await {
                Ok(0) | Err(_) => return,
                Ok(_) => self.truncated = true,
            }
        }
    }
}

/// A program that does not read its input to the end has closed it, which is its affair.
async fn feed(stdin: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(input).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    struct Case {
        folder: tempfile::TempDir,
        environment: Vec<(String, OsString)>,
        limit: Duration,
    }

    impl Case {
        fn new() -> Self {
            let path = ("PATH".to_owned(), OsString::from("/usr/bin:/bin"));
            let folder = tempfile::tempdir().unwrap();
            Self { folder, environment: vec![path], limit: Duration::from_secs(20) }
        }

        async fn shell(&self, text: &str, input: &[u8]) -> Result<Ended, ProgramFailure> {
            let arguments = ["-c", text].map(OsString::from);
            let tool = Tool {
                program: Path::new("/bin/sh"),
                called: Path::new("/bin/sh"),
                arguments: &arguments,
                environment: &self.environment,
                folder: self.folder.path(),
                input,
                limit: self.limit,
                most: 1000,
            };
            tool.run().await
        }
    }

    fn text(printed: &Printed) -> String {
        String::from_utf8(printed.bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn it_has_what_it_is_given_and_no_more() {
        let case = Case::new();
        let ended = case.shell("cat; pwd; echo err >&2; env; exit 3", b"hello\n").await.unwrap();
        let printed = text(&ended.stdout);
        let folder = case.folder.path().display().to_string();
        assert!(printed.starts_with(&format!("hello\n{folder}\n")), "{printed}");
        assert!(!printed.contains("CARGO") && !printed.contains("HOME="), "{printed}");
        assert_eq!((text(&ended.stderr).as_str(), ended.status.code()), ("err\n", Some(3)));
        assert_eq!(text(&case.shell("cat", b"").await.unwrap().stdout), "");
        // What is not read is no failure.
        let ended = case.shell("exit 0", &vec![b'a'; 1 << 20]).await.unwrap();
        assert!(ended.status.success());
    }

    #[tokio::test]
    async fn too_much_is_cut_and_its_end_is_waited_for() {
        let ended = Case::new().shell("yes | head -c 3000000; exit 4", b"").await.unwrap();
        assert_eq!((ended.stdout.bytes.len(), ended.stdout.truncated), (1000, true));
        assert_eq!((ended.stderr.truncated, ended.status.code()), (false, Some(4)));
    }

    #[tokio::test]
    async fn what_it_started_ends_with_it() {
        let mut case = Case::new();
        let alive = |case: &Case| {
            let file = fs_err::read_to_string(case.folder.path().join("pid")).unwrap();
            let pid = Pid::from_raw(file.trim().parse().unwrap()).unwrap();
            // A process that is dead and not yet waited for by its new parent counts as dead.
            fs_err::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
                .is_ok_and(|stat| !stat.contains(") Z"))
        };
        let child = "(sleep 60 >&2 & echo $! > pid); ";
        let begun = Instant::now();
        case.shell(&format!("{child} exit 0"), b"").await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody waits for the child's pipe");
        wait_until(|| !alive(&case));
        case.limit = Duration::from_millis(300);
        let late = case.shell(&format!("{child} sleep 60"), b"").await.err().unwrap();
        assert!(matches!(late, ProgramFailure::Time { .. }), "{late}");
        wait_until(|| !alive(&case));
    }

    fn wait_until(condition: impl Fn() -> bool) {
        let begun = Instant::now();
        while !condition() {
            assert!(begun.elapsed() < Duration::from_secs(10), "it is still alive");
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_told_apart() {
        let case = Case::new();
        let tool = Tool {
            program: Path::new("/no/such/program"),
            called: Path::new("/no/such/program"),
            arguments: &[],
            environment: &[],
            folder: case.folder.path(),
            input: b"",
            limit: case.limit,
            most: 10,
        };
        assert!(tool.run().await.err().unwrap().is_missing());
    }
}
