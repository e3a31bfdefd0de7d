//! `connhub plugin inspect`.

use std::path::Path;

use super::args::InspectArgs;
use super::describe::{capabilities, finding, grants, state};
use super::look::{Look, look};
use super::made;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations::{self, Digest, Inspected};
use crate::plugins::Signed;
use crate::policy::{Grants, Needs, Refusal, Worst, authorize, unmasked};
use crate::settings::{ConnectorSettings, Settings};
use crate::ui::Format;
use crate::ui::json::{CapabilityForm, Document, Inspection, SignaturesForm, check_keys};
use crate::ui::view::{self, Detail};

pub(super) fn run(args: &InspectArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Inspection::KEYS)?;
    let settings = app.plugins()?.settings();
    let inspection = match settings.connectors.get(&args.connector) {
        Some(connector) => configured(connector, settings)?,
        None if Path::new(&args.connector).is_file() => file(Path::new(&args.connector), settings)?,
        None => return Err(unknown(&args.connector, settings)),
    };
    app.console.data(|out, style| match &app.format {
        _ if args.markdown => view::markdown_inspection(&inspection, out),
        Format::Structured(form) => Document::new("Inspection", &inspection).write(form, out),
        Format::Name => writeln!(out, "{}", args.connector),
        Format::Wide => view::inspection(&inspection, Detail::Wide, out, style, app.headers()),
        _ => view::inspection(&inspection, Detail::Narrow, out, style, app.headers()),
    })?;
    Ok(0)
}

fn configured(connector: &ConnectorSettings, settings: &Settings) -> Result<Inspection, Error> {
    let look = look(settings, connector)?;
    let capabilities = look.capabilities(connector, &settings.policy);
    let refusal = refusal(&look, connector);
    let signed = Signed { sha256: &look.digest.bytes, bytes: &look.bytes };
    let mut signatures = made::signatures(settings, &look.place, signed);
    made::add_policy_keys(&mut signatures, &look.facts.signers);
    let seen = Seen { bytes: &look.bytes, digest: &look.digest, inspected: &look.inspected };
    Ok(Inspection {
        connector: Some(connector.name.clone()),
        source: Some(connector.source.clone()),
        policy_hash: settings.policy.hash(),
        at_worst: at_worst(&look.inspected.needs, &connector.grants, &capabilities, &refusal),
        grants: Some(grants(&connector.grants)),
        warnings: unmasked(&look.inspected.needs, &connector.grants),
        rules: look.findings.iter().map(finding).collect(),
        state: state(connector.locked.as_ref(), Some(&look.digest)),
        ..form(&connector.component.display().to_string(), seen, capabilities, signatures, refusal)
    })
}

fn file(component: &Path, settings: &Settings) -> Result<Inspection, Error> {
    let (digest, inspected, bytes) = operations::inspect(component)?;
    let nothing = Grants { source: "`plugins.toml`".to_owned(), ..Grants::default() };
    let refusal = authorize("NAME", &inspected.needs, &nothing, &inspected.capabilities).err();
    let capabilities = capabilities(&inspected.needs, &nothing);
    let signed = Signed { sha256: &digest.bytes, bytes: &bytes };
    let signatures = made::signatures(settings, component, signed);
    let at_worst = at_worst(&inspected.needs, &nothing, &capabilities, &refusal);
    let seen = Seen { bytes: &bytes, digest: &digest, inspected: &inspected };
    let name = component.display().to_string();
    Ok(Inspection { at_worst, ..form(&name, seen, capabilities, signatures, refusal) })
}

/// What the component can reach as it stands, and what it could if nothing stood in its way.
fn at_worst(
    needs: &Needs,
    grants: &Grants,
    capabilities: &[CapabilityForm],
    refusal: &Option<Refusal>,
) -> String {
    let left = |name: &str| {
        capabilities.iter().any(|row| row.capability == name && row.effective.is_some())
    };
    match refusal {
        None => Worst::of(needs, grants, left).to_string(),
        Some(_) => {
            let all = Worst::of_needs(needs);
            format!("nothing, since it may not start; with everything that it needs it {all}")
        }
    }
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

/// A component that was looked at.
pub(super) struct Seen<'a> {
    pub bytes: &'a [u8],
    pub digest: &'a Digest,
    pub inspected: &'a Inspected,
}

/// What can be said of any component; what its configuration and the policy add is left empty.
pub(super) fn form(
    component: &str,
    seen: Seen<'_>,
    capabilities: Vec<CapabilityForm>,
    signatures: SignaturesForm,
    refusal: Option<Refusal>,
) -> Inspection {
    let Seen { bytes, digest, inspected } = seen;
    let (refusal, hint) = refusal.map(|refusal| (refusal.message, refusal.hint)).unzip();
    Inspection {
        connector: None,
        component: component.to_owned(),
        source: None,
        state: state(None, Some(digest)),
        sha256: digest.sha256.clone(),
        size: digest.size,
        contract: inspected.needs.contract.to_string(),
        version: inspected.needs.version.clone(),
        policy_hash: None,
        signatures,
        at_worst: String::new(),
        toolchain: made::toolchain(bytes),
        sbom: made::sbom(bytes),
        imports: inspected.imports.clone(),
        exports: inspected.exports.clone(),
        needs: inspected.needs.list(),
        wishes: inspected.needs.wishes(),
        warnings: Vec::new(),
        grants: None,
        capabilities,
        rules: Vec::new(),
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
