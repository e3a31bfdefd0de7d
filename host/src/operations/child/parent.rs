//! A command beside this process.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use rustix::process::{Pid, Resource, Rlimit, WaitId, WaitIdOptions, prlimit, waitid};

use super::signals::Caught;
use super::{Ended, Masked};
use crate::scrub::StreamScrubber;

/// What is read at once, in bytes.
const CHUNK: usize = 64 << 10;

/// Shells report 128 and the number of the signal.
const SIGNALED: i32 = 128;

/// Runs the command to its end. The inner error says why it did not start.
pub fn run(
    mut command: Command,
    masked: Option<Masked>,
    signals: Caught,
    core_dumps: Rlimit,
) -> io::Result<Result<Ended, io::Error>> {
    if masked.is_some() {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Err(error)),
    };
    let process = Pid::from_child(&child);
    // A program with rights of its own keeps the limit that it inherited.
    prlimit(Some(process), Resource::Core, core_dumps).map(drop).unwrap_or_default();
    let passed = signals.pass_to(process)?;
    if let Some(masked) = masked {
        show(&mut child, masked);
    }
    // The process stays known until no signal can be sent to it any more.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    rustix::io::retry_on_intr(|| waitid(WaitId::Pid(process), options))?;
    drop(passed);
    Ok(Ok(Ended { code: code(child.wait()?), error: None }))
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| SIGNALED + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// Shows what the command prints, until it has closed both streams.
fn show(child: &mut Child, masked: Masked) {
    let Masked { secrets, stdout, stderr } = masked;
    let (from_stdout, from_stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let secrets = &secrets;
        scope.spawn(move || from_stdout.map(|pipe| pump(pipe, stdout, secrets)));
        scope.spawn(move || from_stderr.map(|pipe| pump(pipe, stderr, secrets)));
    });
}

/// A reader that is gone ends it, and the command learns of it at its next write.
fn pump(mut from: impl Read, mut to: impl Write, secrets: &StreamScrubber) {
    let mut stream = secrets.stream();
    let mut chunk = zeroize::Zeroizing::new(vec![0; CHUNK]);
    let mut show = |bytes: &[u8]| to.write_all(bytes).and_then(|()| to.flush());
    loop {
        let shown = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => show(&stream.push(&chunk[..count])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        };
        if shown.is_err() {
            return;
        }
    }
    // Nobody is left to tell if this fails.
    show(&stream.finish()).unwrap_or_default();
}
