//! What a user sees if the program itself has a fault.

use std::io::Write;
use std::panic;
use std::process;

use super::terminal;

/// Lets a panic end the program with a short text. The message of the panic is left out, since it may hold values.
pub fn report_panics() {
    panic::set_hook(Box::new(|panic| {
        terminal::restore();
        let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line()));
        let text = format!(
            "\nerror: connhub has a fault{}\n\nhint: please report this line and the command, without values, to the project\n",
            place.unwrap_or_default()
        );
        // There is nobody left to tell if stderr is closed.
        std::io::stderr().write_all(text.as_bytes()).unwrap_or_default();
        process::exit(1);
    }));
}
