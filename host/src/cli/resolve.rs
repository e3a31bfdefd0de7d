//! `connhub resolve`.

use super::app::{App, Chosen};
use super::args::ResolveArgs;
use crate::model::{Address, Connection, Error, Kind};
use crate::operations;
use crate::ui::json::{Document, LocationForm, check_keys};
use crate::ui::{Format, view};

/// A connection that the address leads to, and its backend.
struct Found {
    backend: String,
    connection: Connection,
}

pub(super) fn run(args: &ResolveArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), LocationForm::KEYS)?;
    let address = Address::parse(&args.address)?;
    let Found { backend, connection } = find(&address, app)?;
    let location = address.locate(&connection);
    let form = LocationForm::new(&args.address, &backend, &connection, &address, &location);
    app.console.data(|out, style| match &app.format {
        Format::Structured(shape) => Document::new("Location", &form).write(shape, out),
        Format::Name => writeln!(out, "{}", location.url.as_deref().unwrap_or(&location.path)),
        _ => view::location(&form, out, style),
    })?;
    Ok(0)
}

/// Asks every backend that can have such addresses. One that fails matters only if no other has the connection.
fn find(address: &Address, app: &App) -> Result<Found, Error> {
    let mut found = Vec::new();
    let mut failed = Vec::new();
    let names = candidates(address, app)?;
    for name in &names {
        match ask(name, address, app) {
            Ok(connection) => found
                .extend(connection.map(|connection| Found { backend: name.clone(), connection })),
            Err(error) => failed.push((name, error)),
        }
    }
    match found.len() {
        0 => Err(failed
            .into_iter()
            .next()
            .map_or_else(|| nowhere(address, &names), |(_, error)| error)),
        1 => {
            failed.iter().for_each(|(name, error)| app.warn_about(name, error));
            Ok(found.remove(0))
        }
        _ => {
            let names: Vec<_> = found.iter().map(|one| format!("`{}`", one.backend)).collect();
            let text = format!("several backends have `{}`: {}", address.base, names.join(", "));
            Err(Error::invalid(text).hint("name one of them with `--backend NAME`"))
        }
    }
}

fn ask(name: &str, address: &Address, app: &App) -> Result<Option<Connection>, Error> {
    let mut backend = app.open(name)?;
    let job = format!("reading from `{name}`");
    app.wait(&job, operations::resolve(&mut backend, app.scope(), address))
}

/// The backend that was named; else those of the connectors that are known for such addresses; else all.
fn candidates(address: &Address, app: &App) -> Result<Vec<String>, Error> {
    if app.named_backend().is_some()
        && let Chosen::One(name) = app.backends()?
    {
        return Ok(vec![name.to_owned()]);
    }
    let plugins = app.plugins()?;
    let all = plugins.configured_backends();
    let known = address.connectors();
    let is_known = |name: &&&str| {
        let backend = plugins.settings().backends.get(**name);
        backend.is_some_and(|backend| known.contains(&backend.connector))
    };
    let likely: Vec<String> = all.iter().filter(is_known).map(|name| (*name).to_owned()).collect();
    match likely.is_empty() {
        true => Ok(all.into_iter().map(str::to_owned).collect()),
        false => Ok(likely),
    }
}

fn nowhere(address: &Address, asked: &[String]) -> Error {
    let asked: Vec<_> = asked.iter().map(|name| format!("`{name}`")).collect();
    let asked = if asked.is_empty() { "there are none".to_owned() } else { asked.join(", ") };
    let text = format!("no backend has a connection with the address `{}`", address.base);
    Error::new(Kind::NotFound, text)
        .hint(format!("backends that were asked: {asked}; `connhub list -o wide` shows addresses"))
}
