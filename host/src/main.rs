//! The program `connhub`.

use std::process::ExitCode;

fn main() -> ExitCode {
    connhub::cli::run()
}
