//! What a command of the user's prints, as a key or a passphrase.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::model::{Secret, withhold_secrets};

use super::super::error::Cause;

/// How long a command may take: long enough for a person to touch a token.
const TIME_OUT: Duration = Duration::from_secs(30);

/// The most that a command may print, in bytes.
const MAX_OUTPUT: usize = 64 * 1024;

/// The pause between two looks at a command that has printed everything and still runs.
const PAUSE: Duration = Duration::from_millis(2);

/// Runs a program with its arguments, without a shell, and gives what it prints without one line
/// end. Its standard error is the user's, so that it can explain itself; its input is empty.
pub(super) fn run(argv: &[String]) -> Result<Secret, Cause> {
    run_within(argv, TIME_OUT)
}

fn run_within(argv: &[String], limit: Duration) -> Result<Secret, Cause> {
    let deadline = Instant::now() + limit;
    let (program, arguments) = argv.split_first().ok_or("no program is named")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = withhold_secrets(&mut command).spawn()?;
    let output = read_output(&mut child, deadline);
    let output = if output.is_ok() { wait(&mut child, deadline).and(output) } else { output };
    if output.is_err() {
        stop(&mut child);
    }
    trim(output?)
}

fn read_output(child: &mut Child, deadline: Instant) -> Result<Zeroizing<Vec<u8>>, Cause> {
    let stdout = child.stdout.take().ok_or("its output cannot be read")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // The full size from the start leaves no copies behind.
        let mut output = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT + 1));
        let read = stdout.take(MAX_OUTPUT as u64 + 1).read_to_end(&mut output).map(|_| output);
        // Nobody listens when the time is over.
        sender.send(read).unwrap_or_default();
    });
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(read) => check_size(read?),
        Err(RecvTimeoutError::Timeout) => Err(late().into()),
        Err(RecvTimeoutError::Disconnected) => Err("its output cannot be read".into()),
    }
}

fn check_size(output: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Cause> {
    if output.len() > MAX_OUTPUT {
        return Err(format!("it printed more than {MAX_OUTPUT} bytes").into());
    }
    Ok(output)
}

fn wait(child: &mut Child, deadline: Instant) -> Result<(), Cause> {
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("it ended with {status}").into()),
            None if Instant::now() >= deadline => return Err(late().into()),
            None => thread::sleep(PAUSE),
        }
    }
}

fn stop(child: &mut Child) {
    // It may have ended by itself, and then there is nothing to stop.
    child.kill().unwrap_or_default();
    child.wait().map(drop).unwrap_or_default();
}

fn trim(mut output: Zeroizing<Vec<u8>>) -> Result<Secret, Cause> {
    for end in *b"\n\r" {
        if output.last() == Some(&end) {
            output.pop();
        }
    }
    if output.is_empty() {
        return Err("it printed nothing".into());
    }
    Ok(Secret::new(std::mem::take(&mut *output)))
}

fn late() -> &'static str {
    "it took longer than 30 s"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn the_output_loses_one_line_end() {
        let check = |script, expected: &[u8]| {
            assert_eq!(run(&shell(script)).expect("it runs").expose(), expected);
        };
        check("printf 'pass\\n'", b"pass");
        check("printf 'pass\\r\\n'", b"pass");
        check("printf 'pass \\n\\n'", b"pass \n");
        check("printf pass", b"pass");
    }

    #[test]
    fn arguments_are_not_given_to_a_shell() {
        let argv = ["printf", "%s", "$HOME;`id`"].map(str::to_owned);
        assert_eq!(run(&argv).expect("it runs").expose(), b"$HOME;`id`");
    }

    #[test]
    fn failures_say_what_happened_and_not_what_was_printed() {
        let check = |argv: &[String], expected: &str| {
            let error = run_within(argv, Duration::from_millis(300)).expect_err("a failure");
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        };
        check(&shell("echo hunter2; exit 3"), "exit status: 3");
        check(&shell("true"), "printed nothing");
        check(&shell("echo hunter2; exec sleep 5"), "longer than");
        check(&shell("exec sleep 5"), "longer than");
        check(&shell("exec >&-; exec sleep 5"), "longer than");
        check(&shell("head -c 70000 /dev/zero"), "more than 65536");
        check(&[], "no program");
        check(&["/nonexistent/program".to_owned()], "No such file");
    }
}
