//! One command, from its arguments to its end.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::outcome::Outcome;
use super::terminal::Terminal;
use super::{TestEnv, program};

/// A command that takes longer than this hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

/// A command to be run. Its environment holds `CONNHUB_HOME`, `TMPDIR` and what is added here.
#[derive(Debug)]
pub struct Run<'env> {
    env: &'env TestEnv,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, Option<OsString>)>,
    stdin: Input,
    folder: PathBuf,
    before: Vec<OsString>,
    stdout: Stdout,
}

/// What stdout may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stdout {
    NoSecrets,
    AskedForSecrets,
}

#[derive(Debug)]
enum Input {
    Bytes(Vec<u8>),
    Open,
}

impl<'env> Run<'env> {
    pub(super) fn new(
        env: &'env TestEnv,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let run = Self {
            env,
            arguments: arguments.into_iter().map(|word| word.as_ref().to_owned()).collect(),
            variables: Vec::new(),
            stdin: Input::Bytes(Vec::new()),
            folder: env.files(),
            before: Vec::new(),
            stdout: Stdout::NoSecrets,
        };
        let run = run.variable("CONNHUB_HOME", env.home()).variable("TMPDIR", env.temporary());
        let ours = env.variables().iter();
        ours.fold(run, |run, (name, value)| run.variable(name, value))
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn variable(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Leaves an environment variable out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.variables.push((name.into(), None));
        self
    }

    /// What stands on stdin.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(bytes.into());
        self
    }

    /// Keeps stdin open, so that a command that reads it waits.
    #[must_use]
    pub fn open_stdin(mut self) -> Self {
        self.stdin = Input::Open;
        self
    }

    /// The current directory; otherwise that of the user's files.
    #[must_use]
    pub fn inside(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    /// Uses another `CONNHUB_HOME`.
    #[must_use]
    pub fn at_home(self, home: &Path) -> Self {
        self.variable("CONNHUB_HOME", home)
    }

    /// Has another program run it, which is given the whole command as its last arguments.
    #[must_use]
    pub fn by(mut self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.before = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// Runs it as another user, to whom all files of this user belong and who is not root. See
    /// [`can_change_user`].
    #[must_use]
    pub fn as_user(self, id: u32) -> Self {
        self.by(["unshare", "--user", &format!("--map-user={id}"), "--"])
    }

    /// Runs it on a machine whose `/etc/connhub` is [`TestEnv::system`].
    #[must_use]
    pub fn on_own_machine(self) -> Self {
        let words = super::system::words(self.env);
        self.by(words)
    }

    /// Says that the command is asked for secrets: stdout is not searched for them. stderr is.
    #[must_use]
    pub fn revealing(mut self) -> Self {
        self.stdout = Stdout::AskedForSecrets;
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(self) -> Outcome {
        self.start().finish()
    }

    /// Starts it.
    #[track_caller]
    pub fn start(self) -> Running<'env> {
        let mut command = self.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("the program was built: `cargo xtask test`");
        let mut stdin = child.stdin.take();
        if let Input::Bytes(bytes) = self.stdin {
            let pipe = stdin.take();
            // A program that does not read its stdin breaks the pipe, which is its right.
            std::thread::spawn(move || pipe.map(|mut pipe| pipe.write_all(&bytes)));
        }
        Running {
            env: self.env,
            may_hold: self.stdout,
            stdout: reader(child.stdout.take()),
            stderr: reader(child.stderr.take()),
            stdin,
            child,
            started,
        }
    }

    /// Runs it on a terminal of its own: stdin, stdout and stderr.
    #[track_caller]
    pub fn on_terminal(self) -> Terminal<'env> {
        Terminal::start(self.env, self.command())
    }

    /// The command for tests that start it in their own way. What it then prints is not searched.
    pub fn command(&self) -> Command {
        let mut words = self.before.iter().cloned().chain([program().into_os_string()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(&self.arguments).current_dir(&self.folder).env_clear();
        if !self.before.is_empty() {
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        }
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }
}

/// Whether [`Run::as_user`] works here: `unshare` of util-linux, and a kernel that lets users have
/// namespaces.
pub fn can_change_user() -> bool {
    let mut probe = Command::new("unshare");
    probe.args(["--user", "--map-user=12345", "--", "true"]);
    let probed = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
    probed.is_ok_and(|status| status.success())
}

/// A command that runs.
#[derive(Debug)]
pub struct Running<'env> {
    env: &'env TestEnv,
    child: Child,
    stdin: Option<ChildStdin>,
    may_hold: Stdout,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
    started: Instant,
}

impl Running<'_> {
    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes to the stdin that was kept open.
    ///
    /// # Panics
    /// It was not, or the program has gone.
    #[track_caller]
    pub fn writes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("`open_stdin` was asked for");
        stdin.write_all(bytes).expect("the program reads its stdin");
    }

    /// Kills the process as `kill -9` does, and waits for its end.
    pub fn kill(mut self) -> Outcome {
        self.child.kill().expect("a child can be killed");
        self.finish()
    }

    /// Closes stdin and waits for the end.
    #[track_caller]
    pub fn finish(mut self) -> Outcome {
        drop(self.stdin.take());
        let status = wait(&mut self.child, self.started);
        let outcome = Outcome {
            code: code(status),
            stdout: text(self.stdout),
            stderr: text(self.stderr),
            elapsed: self.started.elapsed(),
            filters: self.env.filters().clone(),
        };
        match self.may_hold {
            Stdout::NoSecrets => check(self.env, &outcome),
            Stdout::AskedForSecrets => check_text(self.env, "stderr", &outcome.stderr),
        }
        outcome
    }
}

/// Refuses a result that holds a secret.
#[track_caller]
pub(super) fn check(env: &TestEnv, outcome: &Outcome) {
    check_text(env, "stdout", &outcome.stdout);
    check_text(env, "stderr", &outcome.stderr);
}

#[track_caller]
fn check_text(env: &TestEnv, name: &str, text: &str) {
    if let Some(leak) = env.canaries().find(text.as_bytes()) {
        panic!("{name} holds {leak}");
    }
}

#[track_caller]
pub(super) fn wait(child: &mut Child, started: Instant) -> ExitStatus {
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status;
        }
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("the command does not end");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn text(reader: JoinHandle<Vec<u8>>) -> String {
    let bytes = reader.join().expect("reading a pipe does not panic");
    String::from_utf8_lossy(&bytes).into_owned()
}
