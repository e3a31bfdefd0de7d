//! `connhub get`.

use std::io::{self, Write};

use jiff::Timestamp;

use super::app::App;
use super::args::GetArgs;
use super::reveal;
use crate::model::{Connection, Error, Kind, SCOPE_WORD};
use crate::operations;
use crate::plugins::Backend;
use crate::ui::json::{
    BackendError, CONNECTION_KEYS, ConnectionForm, ConnectionList, Document, Entry, check_keys,
};
use crate::ui::view::{self, Columns, Detail};
use crate::ui::{Format, Style};

pub(super) fn run(args: &GetArgs, app: &App) -> Result<u8, Error> {
    if let Some(field) = &args.reveal {
        return reveal::run(args, field.as_deref(), app);
    }
    check_keys(app.format.structured(), CONNECTION_KEYS)?;
    if args.version.is_some() && args.names.len() > 1 {
        return Err(Error::invalid("`--version` is of one connection")
            .hint("write `connhub get NAME --version NUMBER`"));
    }
    let mut backend = app.open(app.backend()?)?;
    match &args.names[..] {
        [name] => one(name, args, &mut backend, app),
        names => several(names, args, &mut backend, app),
    }
}

fn one(name: &str, args: &GetArgs, backend: &mut Backend, app: &App) -> Result<u8, Error> {
    let Some(connection) = read(name, args, backend, app)? else {
        return Ok(0);
    };
    let word = scope_word(&[&connection], backend, app);
    let entry = Entry { backend: &backend.name, connection: &connection };
    app.console.data(|out, style| match app.format.structured() {
        Some(form) => Document::new("Connection", ConnectionForm::from(entry)).write(form, out),
        None => for_people(&[entry], &word, app, out, style),
    })?;
    Ok(0)
}

/// One that cannot be read does not hide the others.
fn several(
    names: &[String],
    args: &GetArgs,
    backend: &mut Backend,
    app: &App,
) -> Result<u8, Error> {
    let mut found = Vec::new();
    let mut failed: Vec<(&str, Error)> = Vec::new();
    for name in names {
        match read(name, args, backend, app) {
            Ok(connection) => found.extend(connection),
            Err(error) => failed.push((name, error)),
        }
    }
    let word = scope_word(&found.iter().collect::<Vec<_>>(), backend, app);
    let backend = &backend.name;
    let entries: Vec<_> = found.iter().map(|connection| Entry { backend, connection }).collect();
    app.console.data(|out, style| match app.format.structured() {
        Some(form) => {
            let failed = failed.iter();
            let errors = failed.map(|(name, error)| BackendError::new(backend, Some(name), error));
            let errors = errors.collect();
            Document::new("ConnectionList", ConnectionList { items: &entries, errors })
                .write(form, out)
        }
        None => for_people(&entries, &word, app, out, style),
    })?;
    let codes: Vec<u8> = failed.iter().map(|(_, error)| app.fail(error)).collect();
    Ok(codes.first().copied().unwrap_or(0))
}

fn read(
    name: &str,
    args: &GetArgs,
    backend: &mut Backend,
    app: &App,
) -> Result<Option<Connection>, Error> {
    let job = format!("reading from `{}`", backend.name);
    let found = match args.version {
        Some(version) => {
            app.wait(&job, operations::get_version(backend, app.scope(), name, version))
        }
        None => app.wait(&job, operations::get_with_users(backend, app.scope(), name)),
    };
    match found {
        Err(error) if args.ignore_not_found && error.kind == Kind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

/// What the backend calls a scope, if that will be shown.
fn scope_word(found: &[&Connection], backend: &mut Backend, app: &App) -> String {
    let is_shown = app.format == Format::Human && found.iter().any(|one| one.scope.is_some());
    if is_shown { app.scope_word(backend) } else { SCOPE_WORD.to_owned() }
}

fn for_people(
    entries: &[Entry<'_>],
    scope_word: &str,
    app: &App,
    out: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    let now = Timestamp::now();
    let table = |detail| view::connections(entries, &Columns::default(), detail, now);
    match app.format {
        Format::Name => {
            entries.iter().try_for_each(|entry| writeln!(out, "{}", entry.connection.name))
        }
        Format::Table => table(Detail::Narrow).write(out, style, app.headers()),
        Format::Wide => table(Detail::Wide).write(out, style, app.headers()),
        Format::Human | Format::Structured(_) => {
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                view::description(*entry, scope_word, now, out, style)?;
            }
            Ok(())
        }
    }
}
