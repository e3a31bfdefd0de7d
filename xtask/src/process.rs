//! Running other programs.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What Cargo tells this program of its own package. Build scripts look at some of these: a build below this one would be another than the same
/// build below a shell, and everything above `ring` would be compiled anew at every change between the two.
const OWN_PACKAGE: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_"];

/// A command in the root of the checkout.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(crate::workspace::root());
    for (name, _) in std::env::vars_os() {
        let shown = name.to_string_lossy();
        if OWN_PACKAGE.iter().any(|prefix| shown.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Prints the command, runs it and fails unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", shown(command));
    run_quietly(command)
}

/// Runs the command and fails unless it succeeds.
pub fn run_quietly(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| not_started(command))?;
    if !status.success() {
        bail!("`{}` failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs the command and returns what it prints on stdout. Its stderr is part of the error.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| not_started(command))?;
    if !output.status.success() {
        let talk = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed: {}\n{}", shown(command), output.status, talk.trim_end());
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something other than UTF-8", shown(command)))
}

/// Whether the program is on `PATH`.
pub fn exists(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    !matches!(found, Err(error) if error.kind() == ErrorKind::NotFound)
}

/// Makes sure that a program is there, from the distribution's package where this process may install it.
///
/// # Errors
/// It is not there and cannot be installed.
pub fn ensure(program: &str, package: &str) -> Result<()> {
    if exists(program) {
        return Ok(());
    }
    let missing = format!("`{program}` is needed: on Debian `apt-get install {package}`");
    if !exists("apt-get") {
        bail!(missing);
    }
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends", package]);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    // On a new machine the lists of packages may not be there yet.
    run(&mut install)
        .or_else(|_| run(Command::new("apt-get").arg("update")).and_then(|()| run(&mut install)))
        .context(missing)
}

/// The command as a person would type it, its program without the folder.
pub fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| quoted(&word.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn not_started(command: &Command) -> String {
    format!("`{}` cannot be started", command.get_program().to_string_lossy())
}

/// Writes a program for a test.
///
/// A shell writes it: if this process did, a program that another test starts meanwhile could
/// inherit the open file, and a file that is open for writing cannot be run.
#[cfg(test)]
pub fn write_program(path: &std::path::Path, text: &str) {
    let write = "printf %s \"$1\" > \"$2\" && chmod 700 \"$2\"";
    run_quietly(Command::new("sh").args(["-c", write, "sh", text]).arg(path)).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_they_would_be_typed() {
        let check = |words: &[&str], expected| {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]);
            assert_eq!(shown(&command), expected);
        };
        check(&["/usr/bin/cargo", "test", "-p", "xtask"], "cargo test -p xtask");
        check(&["echo", "two words", ""], "echo 'two words' ''");
        check(&["echo", "it's"], r"echo 'it'\''s'");
    }

    #[test]
    fn a_command_is_told_nothing_of_this_package() {
        assert!(std::env::vars_os().any(|(name, _)| name == "CARGO_PKG_NAME"));
        let seen = output(&mut command("env")).unwrap();
        assert!(seen.contains("PATH=") && !seen.contains("\nCARGO_PKG_"), "{seen}");
    }

    #[test]
    fn failure_names_the_command_and_keeps_its_words() {
        let error = output(Command::new("sh").args(["-c", "echo broken >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        assert!(error.to_string().contains("broken"), "{error}");
    }

    #[test]
    fn a_missing_program_is_told_from_a_failing_one() {
        assert!(exists("sh"));
        assert!(!exists("connhub-no-such-program"));
    }
}
