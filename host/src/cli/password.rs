//! Passwords of files: from a program, or from the person at the terminal.

use zeroize::Zeroizing;

use super::app::App;
use super::input::without_line_end;
use super::keyboard;
use crate::model::{Error, Kind, Secret};
use crate::programs::Program;
use crate::ui;

/// How often a new password may be repeated wrongly.
const ATTEMPTS: usize = 3;

/// What a program prints, without one line end. The words are those of a shell, and no shell sees them.
///
/// # Errors
/// It cannot be run, fails, or prints nothing.
pub(super) fn of_command(command: &str, app: &App) -> Result<Secret, Error> {
    let words = shlex::split(command).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| {
        Error::invalid("the command for the password cannot be understood")
            .hint("quote its words as for a shell, for example `pass show \"my backup\"`")
    })?;
    let Some(program) = Program::of(&words, keyboard::terminal(app.console.talk())) else {
        return Err(Error::invalid("the command for the password names no program"));
    };
    let printed: Zeroizing<Vec<u8>> = program.output_blocking().map_err(|error| {
        Error::new(Kind::Other, "the command for the password gave none").because(error)
    })?;
    not_empty(Secret::new(without_line_end(&printed).to_vec()))
}

/// What is typed without echo.
///
/// # Errors
/// Nobody can be asked; `instead` says what to type then.
pub(super) fn asked(label: &str, instead: &str, app: &App) -> Result<Secret, Error> {
    if !ui::is_interactive() {
        return Err(
            Error::invalid(format!("nobody can be asked here for the {label}")).hint(instead)
        );
    }
    ui::secret(app.console.talk(), label)
}

/// What is typed without echo, twice: nobody could tell a slip later.
///
/// # Errors
/// Nobody can be asked, or the two differed each time.
pub(super) fn asked_twice(label: &str, instead: &str, app: &App) -> Result<Secret, Error> {
    for _ in 0..ATTEMPTS {
        let first = asked(label, instead, app)?;
        if first == asked(&format!("{label}, again"), instead, app)? {
            return Ok(first);
        }
        app.console.talk().warning("the two differ");
    }
    Err(Error::invalid(format!("the {label} was not the same twice")))
}

fn not_empty(secret: Secret) -> Result<Secret, Error> {
    match secret.is_empty() {
        true => Err(Error::invalid("the command for the password printed nothing")),
        false => Ok(secret),
    }
}
