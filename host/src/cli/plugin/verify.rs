//! `connhub plugin verify`.

use super::args::VerifyArgs;
use super::describe::{state, warn};
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations;
use crate::operations::plugin::{Verified, verify};
use crate::plugins::Plugins;
use crate::settings::ConnectorSettings;
use crate::ui::json::{Document, ErrorForm, Items, VerifiedForm, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &VerifyArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VerifiedForm::KEYS)?;
    let plugins = app.plugins()?;
    let connectors = chosen(&args.connectors, plugins)?;
    let verified: Vec<(&ConnectorSettings, Verified)> =
        connectors.into_iter().map(|connector| (connector, verify(connector, plugins))).collect();
    let items: Vec<VerifiedForm<'_>> =
        verified.iter().map(|(connector, one)| form(connector, one)).collect();
    for item in &items {
        warn(item.name, &item.warnings, app);
    }
    let is_fine = items.iter().all(|item| item.ok);
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            Document::new("Verification", Items { items, errors: Vec::new() }).write(form, out)
        }
        Format::Name => items.iter().try_for_each(|item| writeln!(out, "{}", item.name)),
        _ => view::verified(&items).write(out, style, app.headers()),
    })?;
    Ok(if is_fine { 0 } else { Kind::Refused.exit_code() })
}

fn chosen<'p>(names: &[String], plugins: &'p Plugins) -> Result<Vec<&'p ConnectorSettings>, Error> {
    let connectors = &plugins.settings().connectors;
    if names.is_empty() {
        return Ok(connectors.values().collect());
    }
    let find = |name: &String| {
        connectors.get(name).ok_or_else(|| {
            Error::new(Kind::NotFound, format!("there is no connector `{name}`"))
                .hint("see what there is with `connhub plugin list`")
        })
    };
    names.iter().map(find).collect()
}

fn form<'a>(connector: &ConnectorSettings, verified: &'a Verified) -> VerifiedForm<'a> {
    let digest = operations::digest(&connector.component).ok();
    VerifiedForm {
        name: &verified.name,
        version: verified.version.as_deref(),
        component: connector.component.display().to_string(),
        state: state(connector.locked.as_ref(), digest.as_ref()),
        sha256: verified.sha256.as_deref(),
        signed_by: &verified.signed_by,
        must_be_signed_by: connector.signed_by.iter().map(|one| one.name.clone()).collect(),
        ok: verified.problem.is_none(),
        warnings: verified.warnings.clone(),
        error: verified.problem.as_ref().map(ErrorForm::from),
    }
}
