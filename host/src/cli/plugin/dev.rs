//! `connhub plugin dev`.

use std::ffi::OsString;
use std::path::Path;

use super::args::DevArgs;
use super::project::compiler;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations::plugin::{self, Built, Sources, Workshop};
use crate::settings::env;
use crate::ui::Format;
use crate::ui::json::{BuildForm, Document, check_keys};

pub(super) fn run(args: &DevArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), BuildForm::KEYS)?;
    plugin::check_project(&args.folder)?;
    let mut needs = Vec::new();
    loop {
        // What changes while it is built is seen afterwards.
        let sources = Sources::of(&args.folder)?;
        if let Err(error) = round(args, &mut needs, app) {
            if error.kind == Kind::Interrupted {
                return Err(error);
            }
            app.fail(&error);
        }
        let talk = app.console.talk();
        talk.line(&format!("waiting for changes in `{}`; Ctrl-C ends", args.folder.display()));
        let changed = sources.wait()?;
        talk.line(&format!("`{}` has changed", changed.display()));
    }
}

/// Builds, says what is different, and runs what is to be run.
fn round(args: &DevArgs, needs: &mut Vec<String>, app: &App) -> Result<(), Error> {
    let rustc = compiler(app);
    let built = plugin::build(&Workshop { rustc: rustc.as_deref(), ..Workshop::of(&args.folder) })?;
    let component = built.component.clone();
    show(built, app)?;
    let now = plugin::needs_of(&component)?;
    tell(needs, &now, app);
    *needs = now;
    if args.test {
        execute(&trial(component.into_os_string(), app), &args.folder, app)?;
    }
    if args.command.is_empty() {
        return Ok(());
    }
    let logs: OsString = if app.is_quiet() { "-q".into() } else { "-v".into() };
    let words: Vec<OsString> = [logs].into_iter().chain(args.command.iter().cloned()).collect();
    execute(&words, &args.folder, app)
}

fn show(built: Built, app: &App) -> Result<(), Error> {
    let form = BuildForm::from(built);
    app.console.data(|out, _| match &app.format {
        Format::Structured(_) => Document::new("PluginBuild", &form).write_line(out),
        Format::Name => writeln!(out, "{}", form.component),
        _ if app.is_quiet() => Ok(()),
        _ => writeln!(out, "built `{}` ({})", form.component, form.size_in_words()),
    })
}

/// Says what the component needs that it did not need before: it is to be granted.
fn tell(before: &[String], now: &[String], app: &App) {
    let (more, less) = plugin::difference(before, now);
    let talk = app.console.talk();
    for line in more {
        talk.line(&format!("+ it needs {line}"));
    }
    for line in less {
        talk.line(&format!("- it needs no more {line}"));
    }
}

/// The words that try a component out, on the backend that was named, if one was.
fn trial(component: OsString, app: &App) -> Vec<OsString> {
    let mut words = vec!["plugin".into(), "test".into(), component];
    if let Some(backend) = app.named_backend() {
        words.extend(["--backend".into(), backend.into()]);
    }
    words
}

/// Runs this program. How it ends is its own affair, and said.
fn execute(words: &[OsString], folder: &Path, app: &App) -> Result<(), Error> {
    let program = env::executable()
        .ok_or_else(|| Error::new(Kind::Other, "the system does not say where this program is"))?;
    let status = plugin::run_with_project(&program, folder, words)?;
    if !status.success() {
        app.console.talk().line(&format!("it ended with {status}"));
    }
    Ok(())
}
