//! What a command of the user's prints, as a key or a passphrase.

use std::time::Duration;

use zeroize::Zeroizing;

use super::super::error::Cause;
use crate::model::Secret;
use crate::programs::{Program, Stderr, Terminal};

/// How long a command may take: long enough for a person to touch a token.
const TIME_OUT: Duration = Duration::from_secs(30);

/// The most that a command may print, in bytes.
const MAX_OUTPUT: usize = 64 * 1024;

/// Runs a program with its arguments, without a shell, and gives what it prints without one line
/// end. Its standard error is the user's, so that it can explain itself; its input is empty.
pub(in super::super) fn run(argv: &[String]) -> Result<Secret, Cause> {
    run_within(argv, TIME_OUT)
}

fn run_within(argv: &[String], limit: Duration) -> Result<Secret, Cause> {
    let program = Program::of(argv, Terminal::Absent).ok_or("no program is named")?;
    let program = Program { stderr: Stderr::Shown, limit, most: MAX_OUTPUT, ..program };
    trim(program.output_blocking()?)
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
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            let text = format!("{error}: {cause}");
            assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
        };
        check(&shell("echo hunter2; exit 3"), "exit status: 3");
        check(&shell("true"), "printed nothing");
        check(&shell("echo hunter2; exec sleep 5"), "did not end within");
        check(&shell("exec sleep 5"), "did not end within");
        check(&shell("exec >&-; exec sleep 5"), "did not end within");
        check(&shell("head -c 70000 /dev/zero"), "more than 65536");
        check(&[], "no program");
        check(&["/nonexistent/program".to_owned()], "No such file");
    }
}
