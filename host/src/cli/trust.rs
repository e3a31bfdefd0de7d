//! `connhub trust`.

use std::path::{Path, PathBuf};

use super::app::App;
use super::args::TrustArgs;
use super::plugin::{ask, can_ask, grants};
use crate::model::Error;
use crate::operations::{self, Decided, plugin};
use crate::settings::PROJECT_FILE;
use crate::ui::json::{Document, Items, TrustedForm, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &TrustArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), TrustedForm::KEYS)?;
    if args.list {
        return list(app);
    }
    let file = args.file.clone().unwrap_or_else(|| PathBuf::from(PROJECT_FILE));
    if args.revoke { revoke(&file, app) } else { trust(&file, args.yes, app) }
}

fn trust(file: &Path, yes: bool, app: &App) -> Result<u8, Error> {
    can_ask(yes, "trust it")?;
    let settings = app.quiet_settings()?;
    let review = plugin::review(file, &settings)?;
    let talk = app.console.talk();
    for (name, connector) in &review.connectors {
        let digest = review.components.get(name).map(String::as_str).unwrap_or_default();
        let component = connector.component.display().to_string();
        talk.write(&view::trust_review(name, &component, digest, &grants(&connector.grants)));
    }
    talk.write(&view::trust_text(review.path(), &review.says()));
    ask(&format!("trust `{}` as it is now?", review.path().display()), yes, app)?;
    operations::recorded(
        &app.trail_of(&settings),
        "trust",
        || plugin::trust(&review, &settings),
        |()| decided(&review),
    )?;
    say(review.path(), "trusted", app)
}

/// What the audit log says: the connectors that may run from now on.
fn decided(review: &plugin::Review) -> Vec<Decided> {
    if review.connectors.is_empty() {
        return vec![Decided { connector: None, did: "trusted" }];
    }
    let one = |name: &String| {
        let digest = review.components.get(name).cloned();
        Decided::about(name, digest, Vec::new(), "trusted")
    };
    review.connectors.keys().map(one).collect()
}

fn revoke(file: &Path, app: &App) -> Result<u8, Error> {
    let settings = app.quiet_settings()?;
    let path = operations::recorded(
        &app.trail_of(&settings),
        "trust",
        || plugin::revoke(file, &settings),
        |_| vec![Decided { connector: None, did: "revoked" }],
    )?;
    say(&path, "revoked", app)
}

fn say(file: &Path, state: &'static str, app: &App) -> Result<u8, Error> {
    let form = TrustedForm { file: file.display().to_string(), state, when: None };
    app.console.data(|out, _| match &app.format {
        Format::Structured(shape) => Document::new("Trust", &form).write(shape, out),
        Format::Name => writeln!(out, "{}", form.file),
        _ if app.is_quiet() => Ok(()),
        _ if state == "trusted" => {
            writeln!(out, "`{}` counts from now on, as it is now", form.file)
        }
        _ => writeln!(out, "`{}` counts no longer", form.file),
    })?;
    Ok(0)
}

fn list(app: &App) -> Result<u8, Error> {
    let trusted = plugin::trusted(&app.quiet_settings()?)?;
    let items: Vec<TrustedForm> = trusted
        .into_iter()
        .map(|one| TrustedForm {
            file: one.trusted.file.display().to_string(),
            state: one.state,
            when: Some(one.trusted.when),
        })
        .collect();
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            Document::new("TrustList", Items { items, errors: Vec::new() }).write(form, out)
        }
        Format::Name => items.iter().try_for_each(|item| writeln!(out, "{}", item.file)),
        _ => view::trusted(&items).write(out, style, app.headers()),
    })?;
    Ok(0)
}
