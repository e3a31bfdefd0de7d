//! `connhub policy explain`.

use crate::cli::app::App;
use crate::cli::args::ConnectorArgs;
use crate::cli::plugin::{Look, finding, look};
use crate::model::Error;
use crate::policy::admin::PolicySet;
use crate::settings::ConnectorSettings;
use crate::ui::json::{Document, ExplanationForm, LimitForm, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &ConnectorArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), ExplanationForm::KEYS)?;
    let settings = app.plugins()?.settings();
    let connector = super::connector(&args.connector, settings)?;
    let shown = form(&look(settings, connector)?, connector, &settings.policy);
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => Document::new("PolicyExplanation", &shown).write(form, out),
        Format::Name if shown.allowed => writeln!(out, "{}", shown.connector),
        Format::Name => Ok(()),
        _ => view::explanation(&shown, out, style, app.headers()),
    })?;
    Ok(0)
}

fn form(look: &Look, connector: &ConnectorSettings, policy: &PolicySet) -> ExplanationForm {
    let denial = look.findings.iter().find_map(|finding| finding.denial(&connector.name));
    let limit = |(key, most, lowers)| LimitForm { key, most, lowers };
    ExplanationForm {
        connector: connector.name.clone(),
        component: connector.component.display().to_string(),
        sha256: look.facts.sha256.clone(),
        source: look.facts.source.clone(),
        signers: look.facts.signers.iter().map(|signer| signer.id.clone()).collect(),
        policy_hash: policy.hash(),
        allowed: denial.is_none(),
        refusal: denial.as_ref().map(|denial| denial.what.clone()),
        hint: denial.as_ref().map(crate::policy::admin::PolicyDenial::hint),
        rules: look.findings.iter().map(finding).collect(),
        capabilities: look.capabilities(connector, policy),
        limits: policy.limits(&connector.name, &connector.limits).into_iter().map(limit).collect(),
    }
}
