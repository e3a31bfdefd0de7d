//! `connhub plugin inspect`.

use std::path::Path;

use super::args::InspectArgs;
use super::describe::{capabilities, state};
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations;
use crate::policy::{Grants, authorize};
use crate::settings::{ConnectorSettings, Settings};
use crate::ui::json::{Document, Inspection, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &InspectArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Inspection::KEYS)?;
    let settings = app.plugins()?.settings();
    let inspection = match settings.connectors.get(&args.connector) {
        Some(connector) => inspect(&connector.component, Some(connector))?,
        None if Path::new(&args.connector).is_file() => inspect(Path::new(&args.connector), None)?,
        None => return Err(unknown(&args.connector, settings)),
    };
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => Document::new("Inspection", &inspection).write(form, out),
        Format::Name => writeln!(out, "{}", args.connector),
        _ => view::inspection(&inspection, out, style, app.headers()),
    })?;
    Ok(0)
}

fn inspect(component: &Path, connector: Option<&ConnectorSettings>) -> Result<Inspection, Error> {
    let (digest, inspected, _) = operations::inspect(component)?;
    let nothing = Grants { source: "no `plugins.toml`".to_owned(), ..Grants::default() };
    let grants = connector.map_or(&nothing, |connector| &connector.grants);
    let name = connector.map_or("NAME", |connector| &connector.name);
    let state = state(connector.and_then(|connector| connector.locked.as_ref()), Some(&digest));
    let (refusal, hint) = match authorize(name, &inspected.needs, grants, &inspected.capabilities) {
        Err(refusal) => (Some(refusal.message), Some(refusal.hint)),
        Ok(()) if state == "changed" => (
            Some("it is not the component that was locked".to_owned()),
            Some("if you trust it, lock it with `connhub plugin lock`".to_owned()),
        ),
        Ok(()) => (None, None),
    };
    Ok(Inspection {
        connector: connector.map(|connector| connector.name.clone()),
        component: component.display().to_string(),
        source: connector.map(|connector| connector.source.clone()),
        state,
        sha256: digest.sha256,
        size: digest.size,
        contract: inspected.needs.contract.to_string(),
        capabilities: capabilities(&inspected.needs, grants),
        imports: inspected.imports,
        exports: inspected.exports,
        may_start: refusal.is_none(),
        refusal,
        hint,
    })
}

fn unknown(name: &str, settings: &Settings) -> Error {
    let known: Vec<&str> = settings.connectors.keys().map(String::as_str).collect();
    Error::new(Kind::NotFound, format!("there is neither a connector nor a file `{name}`"))
        .hint(format!("the connectors are {}", known.join(", ")))
}
