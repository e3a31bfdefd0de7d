//! `connhub plugin list`.

use super::describe::{grants, state, warn};
use crate::cli::app::App;
use crate::model::{Description, Error};
use crate::operations::{digest, inspect};
use crate::policy::unmasked;
use crate::settings::{ConnectorSettings, Settings};
use crate::ui::Format;
use crate::ui::json::{BackendForm, Document, Items, PluginForm, check_keys};
use crate::ui::view::{self, Detail};

pub(super) fn run(app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), PluginForm::KEYS)?;
    let settings = app.plugins()?.settings();
    let mut items: Vec<PluginForm> =
        settings.connectors.values().map(|connector| form(connector, settings)).collect();
    if app.format == Format::Wide {
        items.iter_mut().for_each(|item| add_description(item, app));
    }
    items.iter().for_each(|item| warn(&item.name, &item.warnings, app));
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            Document::new("PluginList", Items { items, errors: Vec::new() }).write(form, out)
        }
        Format::Name => items.iter().try_for_each(|item| writeln!(out, "{}", item.name)),
        Format::Wide => view::plugins(&items, Detail::Wide).write(out, style, app.headers()),
        _ => view::plugins(&items, Detail::Narrow).write(out, style, app.headers()),
    })?;
    if settings.connectors.is_empty() {
        app.console.talk().line(&format!(
            "no connectors are configured; add `[connectors.NAME]` to `{}`, or name a file with `--plugins`",
            settings.paths.config.join("plugins.toml").display()
        ));
    }
    Ok(0)
}

fn form(connector: &ConnectorSettings, settings: &Settings) -> PluginForm {
    let (digest, warnings) = match inspect(&connector.component) {
        Ok((digest, inspected, _)) => (Some(digest), unmasked(&inspected.needs, &connector.grants)),
        // What is no connector has a digest, too.
        Err(_) => (digest(&connector.component).ok(), Vec::new()),
    };
    let backends = settings.backends.values().filter(|backend| backend.connector == connector.name);
    let backends = backends.map(|backend| BackendForm {
        name: backend.name.clone(),
        scope: backend.scope.clone(),
        is_default: backend.name == settings.default_backend,
        source: backend.source.clone(),
    });
    PluginForm {
        name: connector.name.clone(),
        version: None,
        summary: None,
        component: connector.component.display().to_string(),
        state: state(connector.locked.as_ref(), digest.as_ref()),
        size: digest.as_ref().map(|digest| digest.size),
        sha256: digest.map(|digest| digest.sha256),
        grants: grants(&connector.grants),
        warnings,
        backends: backends.collect(),
        source: connector.source.clone(),
    }
}

/// Only the connector itself knows its version, so it has to be started; one that cannot be started has none.
fn add_description(item: &mut PluginForm, app: &App) {
    let Some(backend) = item.backends.first() else {
        return;
    };
    let describe = || -> Result<Description, Error> {
        let mut opened = app.open(&backend.name)?;
        app.wait(&format!("asking `{}`", backend.name), opened.connector.describe())
    };
    match describe() {
        Ok(description) => {
            item.version = Some(description.version);
            item.summary = Some(description.summary);
        }
        Err(error) => app.warn_about(&backend.name, &error),
    }
}
