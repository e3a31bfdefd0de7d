//! The program on a terminal, and a person in front of it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::TestEnv;
use super::outcome::Outcome;
use super::run::{check, code, wait};

/// How long a person waits for a text to appear.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal of 100 columns with the program on it.
#[derive(Debug)]
pub struct Terminal<'env> {
    env: &'env TestEnv,
    screen: Arc<Screen>,
    keyboard: File,
    /// Kept open, as the shell keeps it, until the program has ended.
    side: OwnedFd,
    child: Child,
    started: Instant,
    ended: Option<ExitStatus>,
}

/// Everything that the terminal has shown.
#[derive(Debug, Default)]
struct Screen {
    shown: Mutex<Shown>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Shown {
    bytes: Vec<u8>,
    ended: bool,
}

impl<'env> Terminal<'env> {
    /// Starts the command. `setsid` of util-linux makes the terminal the one that Ctrl-C comes from, and `env` gives signals back that are
    /// ignored where the tests run in the background.
    #[track_caller]
    pub(super) fn start(env: &'env TestEnv, command: Command) -> Self {
        let (ours, theirs) = open().expect("the system has pseudo-terminals");
        let mut session = Command::new("env");
        session.args(["--default-signal", "setsid", "--ctty", "--"]);
        session.arg(command.get_program()).args(command.get_args());
        session
            .env_clear()
            .env("TERM", "xterm-256color")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        session.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = command.get_current_dir() {
            session.current_dir(folder);
        }
        let copy = || Stdio::from(theirs.try_clone().expect("a descriptor can be copied"));
        session.stdin(copy()).stdout(copy()).stderr(copy());
        let child = session.spawn().expect("`env` is installed");
        let keyboard = File::from(ours);
        let screen = Arc::new(Screen::default());
        watch(&screen, keyboard.try_clone().expect("a descriptor can be copied"));
        let started = Instant::now();
        Self { env, screen, keyboard, side: theirs, child, started, ended: None }
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until a text has appeared.
    #[track_caller]
    pub fn waits_for(&self, text: &str) {
        let shown = self.screen.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = |shown: &mut Shown| {
            !String::from_utf8_lossy(&shown.bytes).contains(text) && !shown.ended
        };
        let waited = self.screen.changed.wait_timeout_while(shown, PATIENCE, missing);
        let (shown, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let shown = String::from_utf8_lossy(&shown.bytes);
        assert!(shown.contains(text), "`{text}` does not appear; there is:\n{shown}");
    }

    /// Types. A line ends with `\r`, and Ctrl-C is `\x03`.
    #[track_caller]
    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).expect("a terminal takes what is typed");
    }

    /// Whether the terminal shows what is typed, and waits for whole lines: its usual state.
    pub fn is_usual(&self) -> bool {
        let modes = tcgetattr(&self.keyboard).expect("it is a terminal").local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }

    /// Waits until the terminal stops showing what is typed.
    #[track_caller]
    pub fn waits_for_hidden_typing(&self) {
        let since = Instant::now();
        let echoes = || {
            let modes = tcgetattr(&self.keyboard).expect("it is a terminal").local_modes;
            modes.contains(LocalModes::ECHO)
        };
        while echoes() {
            assert!(since.elapsed() < PATIENCE, "typing is not hidden");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until the program has ended; the terminal stays.
    #[track_caller]
    pub fn waits_for_end(&mut self) {
        self.ended = Some(wait(&mut self.child, self.started));
    }

    /// Waits for the end. Stdout of the result is all that was on the screen.
    #[track_caller]
    pub fn finish(mut self) -> Outcome {
        let status = self.ended.unwrap_or_else(|| wait(&mut self.child, self.started));
        let elapsed = self.started.elapsed();
        // Once nobody has the terminal open, everything written to it has been read.
        drop(self.side);
        let shown = self.screen.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.screen.changed.wait_timeout_while(shown, PATIENCE, |shown| !shown.ended);
        let (shown, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let outcome = Outcome {
            code: code(status),
            stdout: String::from_utf8_lossy(&shown.bytes).replace("\r\n", "\n"),
            stderr: String::new(),
            elapsed,
            filters: self.env.filters().clone(),
        };
        check(self.env, &outcome);
        outcome
    }
}

/// Our side and the program's side of a new terminal.
fn open() -> std::io::Result<(OwnedFd, OwnedFd)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let theirs = ioctl_tiocgptpeer(&ours, flags)?;
    let size = Winsize { ws_row: 30, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&theirs, size)?;
    Ok((ours, theirs))
}

/// Collects what appears, until the last process has closed the terminal.
fn watch(screen: &Arc<Screen>, mut ours: File) {
    let screen = Arc::clone(screen);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let read = ours.read(&mut buffer).unwrap_or(0);
            let mut shown = screen.shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.bytes.extend_from_slice(&buffer[..read]);
            shown.ended = read == 0;
            screen.changed.notify_all();
            if shown.ended {
                return;
            }
        }
    });
}
