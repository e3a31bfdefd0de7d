//! `connhub policy show`.

use crate::cli::app::App;
use crate::model::Error;
use crate::policy::admin::{Keeper, PolicyFile, PolicySet};
use crate::settings::SYSTEM_POLICY;
use crate::ui::json::{Document, PolicyFileForm, PolicyForm, RuleForm, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), PolicyForm::KEYS)?;
    let shown = form(&app.plugins()?.settings().policy);
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => Document::new("Policy", &shown).write(form, out),
        Format::Name => shown.files.iter().try_for_each(|file| writeln!(out, "{}", file.path)),
        _ if shown.files.is_empty() => Ok(()),
        _ => view::policy(&shown, out, style, app.headers()),
    })?;
    if shown.files.is_empty() {
        app.console.talk().line(&format!(
            "no policy is in force: there is no `{SYSTEM_POLICY}`, and none is named by `--policy` or `CONNHUB_POLICY`"
        ));
    }
    Ok(0)
}

fn form(policy: &PolicySet) -> PolicyForm {
    PolicyForm {
        hash: policy.hash(),
        audit_required: policy.audit_required(),
        files: policy.files().iter().map(file).collect(),
    }
}

fn file(file: &PolicyFile) -> PolicyFileForm {
    let rule = |rule: crate::policy::admin::RuleText| RuleForm {
        source: rule.position.to_string(),
        rule: rule.rule.to_owned(),
        text: rule.text,
    };
    PolicyFileForm {
        path: file.source.path.to_string(),
        keeper: match file.source.keeper {
            Keeper::System => "system",
            Keeper::Further { .. } => "further",
        },
        changed_by: file.source.who(),
        sha256: file.sha256.clone(),
        rules: file.rules().into_iter().map(rule).collect(),
    }
}
