//! `connhub plugin inspect`.

use std::path::Path;

use super::args::InspectArgs;
use super::describe::{capabilities, state};
use super::look::{Look, look};
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations::{self, Digest, Inspected};
use crate::policy::{Grants, Refusal, authorize};
use crate::settings::{ConnectorSettings, Settings};
use crate::ui::json::{CapabilityForm, Document, Inspection, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &InspectArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Inspection::KEYS)?;
    let settings = app.plugins()?.settings();
    let inspection = match settings.connectors.get(&args.connector) {
        Some(connector) => configured(connector, settings)?,
        None if Path::new(&args.connector).is_file() => file(Path::new(&args.connector))?,
        None => return Err(unknown(&args.connector, settings)),
    };
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => Document::new("Inspection", &inspection).write(form, out),
        Format::Name => writeln!(out, "{}", args.connector),
        _ => view::inspection(&inspection, out, style, app.headers()),
    })?;
    Ok(0)
}

fn configured(connector: &ConnectorSettings, settings: &Settings) -> Result<Inspection, Error> {
    let look = look(settings, connector)?;
    let capabilities = look.capabilities(connector, &settings.policy);
    let refusal = refusal(&look, connector);
    let state = state(connector.locked.as_ref(), Some(&look.digest));
    Ok(Inspection {
        connector: Some(connector.name.clone()),
        source: Some(connector.source.clone()),
        policy_hash: settings.policy.hash(),
        ..form(&connector.component, state, look.digest, look.inspected, capabilities, refusal)
    })
}

fn file(component: &Path) -> Result<Inspection, Error> {
    let (digest, inspected, _) = operations::inspect(component)?;
    let nothing = Grants { source: "`plugins.toml`".to_owned(), ..Grants::default() };
    let state = state(None, Some(&digest));
    let refusal = authorize("NAME", &inspected.needs, &nothing, &inspected.capabilities).err();
    let capabilities = capabilities(&inspected.needs, &nothing);
    Ok(form(component, state, digest, inspected, capabilities, refusal))
}

/// The first thing that is in the way.
fn refusal(look: &Look, connector: &ConnectorSettings) -> Option<Refusal> {
    let denial = look.findings.iter().find_map(|finding| finding.denial(&connector.name));
    if let Some(denial) = denial {
        return Some(Refusal { hint: denial.hint(), message: denial.what });
    }
    let Inspected { needs, capabilities, .. } = &look.inspected;
    if let Err(refusal) = authorize(&connector.name, needs, &connector.grants, capabilities) {
        return Some(refusal);
    }
    let is_changed = state(connector.locked.as_ref(), Some(&look.digest)) == "changed";
    is_changed.then(|| Refusal {
        message: "it is not the component that was locked".to_owned(),
        hint: "if you trust it, lock it with `connhub plugin lock`".to_owned(),
    })
}

fn form(
    component: &Path,
    state: &'static str,
    digest: Digest,
    inspected: Inspected,
    capabilities: Vec<CapabilityForm>,
    refusal: Option<Refusal>,
) -> Inspection {
    let (refusal, hint) = refusal.map(|refusal| (refusal.message, refusal.hint)).unzip();
    Inspection {
        connector: None,
        component: component.display().to_string(),
        source: None,
        state,
        sha256: digest.sha256,
        size: digest.size,
        contract: inspected.needs.contract.to_string(),
        version: inspected.needs.version,
        policy_hash: None,
        capabilities,
        imports: inspected.imports,
        exports: inspected.exports,
        may_start: refusal.is_none(),
        refusal,
        hint,
    }
}

fn unknown(name: &str, settings: &Settings) -> Error {
    let known: Vec<&str> = settings.connectors.keys().map(String::as_str).collect();
    Error::new(Kind::NotFound, format!("there is neither a connector nor a file `{name}`"))
        .hint(format!("the connectors are {}", known.join(", ")))
}
