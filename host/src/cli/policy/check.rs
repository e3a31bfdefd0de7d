//! `connhub policy check`.

use crate::cli::app::App;
use crate::cli::args::PolicyCheckArgs;
use crate::model::{Error, Kind};
use crate::plugins::public_key;
use crate::policy::admin::{BadPolicy, PolicyFile};
use crate::settings::check_policy;
use crate::ui::json::{Document, PolicyCheckForm, PolicyProblemForm, check_keys};
use crate::ui::{Format, view};

/// The settings are not read: a policy in force that is broken must not keep anybody from checking its successor.
pub(super) fn run(args: &PolicyCheckArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), PolicyCheckForm::KEYS)?;
    let (problems, advice) = match check_policy(&args.file)? {
        Ok(file) => (keys(&file), file.advice()),
        Err(problems) => (problems, Vec::new()),
    };
    let shown = PolicyCheckForm {
        file: args.file.display().to_string(),
        valid: problems.is_empty(),
        problems: problems.iter().map(form).collect(),
        advice: advice.iter().map(form).collect(),
    };
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => Document::new("PolicyCheck", &shown).write(form, out),
        Format::Name if shown.valid => writeln!(out, "{}", shown.file),
        Format::Name => Ok(()),
        _ if app.is_quiet() && shown.valid => Ok(()),
        _ => view::policy_check(&shown, out, style),
    })?;
    Ok(if shown.valid { 0 } else { Kind::Invalid.exit_code() })
}

/// Keys that cannot be read.
fn keys(file: &PolicyFile) -> Vec<BadPolicy> {
    file.keys().filter_map(|key| public_key(key).err()).collect()
}

fn form(problem: &BadPolicy) -> PolicyProblemForm {
    PolicyProblemForm {
        source: problem.position.to_string(),
        message: problem.problem.clone(),
        hint: problem.hint.clone(),
    }
}
