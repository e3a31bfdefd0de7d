//! `connhub plugin why-denied`.

use super::describe::state;
use super::look::{Look, look};
use crate::cli::app::App;
use crate::cli::args::ConnectorArgs;
use crate::cli::policy;
use crate::model::Error;
use crate::policy::authorize;
use crate::settings::ConnectorSettings;
use crate::ui::json::{Document, ReasonForm, RefusalForm, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &ConnectorArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), RefusalForm::KEYS)?;
    let settings = app.plugins()?.settings();
    let connector = policy::connector(&args.connector, settings)?;
    let reasons = reasons(&look(settings, connector)?, connector);
    let shown =
        RefusalForm { connector: connector.name.clone(), denied: !reasons.is_empty(), reasons };
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => Document::new("Refusal", &shown).write(form, out),
        Format::Name if shown.denied => writeln!(out, "{}", shown.connector),
        Format::Name => Ok(()),
        _ => view::refusal(&shown, out, style),
    })?;
    Ok(0)
}

/// Everything that is in the way, in the order in which it is met when the connector is started.
fn reasons(look: &Look, connector: &ConnectorSettings) -> Vec<ReasonForm> {
    let mut reasons = Vec::new();
    if state(connector.locked.as_ref(), Some(&look.digest)) == "changed" {
        reasons.push(ReasonForm {
            by: "lock",
            message: "it is not the component that was locked".to_owned(),
            hint: "if you trust it, lock it with `connhub plugin lock`".to_owned(),
        });
    }
    let denials = look.findings.iter().filter_map(|finding| finding.denial(&connector.name));
    reasons.extend(denials.map(|denial| ReasonForm {
        by: "policy",
        hint: denial.hint(),
        message: denial.what,
    }));
    let inspected = &look.inspected;
    let authorized =
        authorize(&connector.name, &inspected.needs, &connector.grants, &inspected.capabilities);
    if let Err(refusal) = authorized {
        reasons.push(ReasonForm { by: "grant", message: refusal.message, hint: refusal.hint });
    }
    reasons
}
