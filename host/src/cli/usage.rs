//! Help, and command lines that cannot be understood.

use clap::error::ErrorKind;

use super::args::Global;
use super::colors;
use crate::model::{Error, Kind};
use crate::settings::{Environment, env};
use crate::ui::json::{Document, ErrorForm};
use crate::ui::{ColorChoice, Console, Streams, Structured, Style};

/// Shows what clap has to say, and returns the exit code: help that was asked for is data, everything else is an error.
pub(super) fn show(error: &clap::Error, environment: &Environment) -> u8 {
    let console = Console::new(Streams {
        color: color_of_arguments(),
        signals: colors::signals(environment),
        ..Streams::default()
    });
    if !error.use_stderr() {
        let text = |style| rendered(error, style);
        let written = console.data(|out, style| out.write_all(text(style).as_bytes()));
        return written.map_or_else(|error| error.kind.exit_code(), |()| 0);
    }
    let talk = console.talk();
    if wants_json() {
        talk.write(&json(error));
    } else {
        talk.write(&rendered(error, talk.style()));
    }
    Kind::Invalid.exit_code()
}

fn rendered(error: &clap::Error, style: Style) -> String {
    let text = error.render();
    match style {
        Style::Plain => text.to_string(),
        Style::Colored => text.ansi().to_string(),
    }
}

fn json(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let message = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "no command is given",
        _ => text.lines().next().unwrap_or_default().trim_start_matches("error: "),
    };
    let tips = text.lines().filter_map(|line| line.trim_start().strip_prefix("tip: "));
    let error = tips.fold(Error::invalid(message), Error::hint);
    let error = error.hint("`--help` shows what can be typed");
    let mut out = Vec::new();
    // Writing into memory does not fail.
    Document::new("Error", ErrorForm::from(&error))
        .write(&Structured::Json, &mut out)
        .unwrap_or_default();
    String::from_utf8_lossy(&out).into_owned()
}

/// The command line was not understood, so its flags are looked for by their spelling.
fn color_of_arguments() -> ColorChoice {
    let is_given = |flags: &[&str]| {
        env::arguments().any(|argument| flags.iter().any(|flag| argument == *flag))
    };
    let global =
        Global { no_color: is_given(&["--no-color", "--color=never"]), ..Global::default() };
    colors::choice(&global)
}

fn wants_json() -> bool {
    let arguments: Vec<_> = env::arguments().collect();
    let is_one = |argument: &std::ffi::OsString| {
        ["-ojson", "-o=json", "--output=json", "--json"].iter().any(|flag| argument == *flag)
    };
    let is_pair = |pair: &[std::ffi::OsString]| {
        (pair[0] == "-o" || pair[0] == "--output") && pair[1] == "json"
    };
    arguments.iter().any(is_one) || arguments.windows(2).any(is_pair)
}
