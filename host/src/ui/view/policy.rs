//! The administrator's policy.

use std::io::{self, Write};

use super::plugins::capabilities;
use crate::ui::json::{
    ExplanationForm, PolicyCheckForm, PolicyForm, PolicyProblemForm, RefusalForm,
};
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

/// Writes the policy in force.
///
/// # Errors
/// `out` cannot be written.
pub fn policy(
    form: &PolicyForm,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    let strong = |text: &str| style.paint(Tone::Strong, text).into_owned();
    writeln!(out, "{}: {}", strong("Policy"), form.hash.as_deref().unwrap_or("none"))?;
    for file in &form.files {
        writeln!(out, "\n{} ({})", strong(&file.path), file.keeper)?;
        writeln!(out, "sha256 {}; {}\n", file.sha256, file.changed_by)?;
        let mut table = Table::new(vec!["LINE", "RULE", "SAYS"]);
        for rule in &file.rules {
            let line = rule.source.rsplit(':').next().unwrap_or_default();
            table.row([Cell::from(line), Cell::from(&*rule.rule), Cell::from(&*rule.text)]);
        }
        table.write(out, style, headers)?;
    }
    Ok(())
}

/// Writes what policy makes of a connector.
///
/// # Errors
/// `out` cannot be written.
pub fn explanation(
    form: &ExplanationForm,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    let lines = [
        ("Connector", Some(form.connector.clone())),
        ("Component", Some(form.component.clone())),
        ("SHA-256", Some(form.sha256.clone())),
        ("Comes from", Some(form.source.clone())),
        ("Signed by", Some(form.signers.join(", ")).filter(|text| !text.is_empty())),
        ("Policy", Some(form.policy_hash.clone().unwrap_or_else(|| "none is in force".to_owned()))),
        ("May run", Some(may_run(form))),
        ("Hint", form.hint.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            let blanks = 15 - name.len() - 1;
            writeln!(out, "{}:{:blanks$}{value}", style.paint(Tone::Strong, name), "")?;
        }
    }
    if !form.rules.is_empty() {
        writeln!(out)?;
        rules(form).write(out, style, headers)?;
    }
    writeln!(out)?;
    capabilities(&form.capabilities).write(out, style, headers)?;
    if !form.limits.is_empty() {
        writeln!(out)?;
        limits(form).write(out, style, headers)?;
    }
    Ok(())
}

fn may_run(form: &ExplanationForm) -> String {
    match &form.refusal {
        None => "yes".to_owned(),
        Some(refusal) => format!("no: {refusal}"),
    }
}

fn rules(form: &ExplanationForm) -> Table {
    let mut table = Table::new(vec!["VERDICT", "RULE", "WHERE", "WHY"]);
    for rule in &form.rules {
        let tone = match rule.verdict {
            "allows" => Tone::Good,
            "denies" => Tone::Bad,
            "limits" => Tone::Caution,
            _ => Tone::Normal,
        };
        table.row([
            Cell::toned(rule.verdict, tone),
            Cell::from(&*rule.rule),
            Cell::from(&*rule.source),
            Cell::from(&*rule.detail),
        ]);
    }
    table
}

fn limits(form: &ExplanationForm) -> Table {
    let mut table = Table::new(vec!["LIMIT", "AT MOST", "EFFECT"]);
    for limit in &form.limits {
        let effect = if limit.lowers { "lowers what is configured" } else { "none" };
        table.row([Cell::from(limit.key), Cell::from(limit.most.to_string()), Cell::from(effect)]);
    }
    table
}

/// Writes what is wrong with a policy file.
///
/// # Errors
/// `out` cannot be written.
pub fn policy_check(form: &PolicyCheckForm, out: &mut dyn Write, style: Style) -> io::Result<()> {
    for problem in &form.problems {
        line(problem, "error", Tone::Bad, out, style)?;
    }
    for advice in &form.advice {
        line(advice, "advice", Tone::Caution, out, style)?;
    }
    match form.valid {
        true => writeln!(out, "{} is valid", form.file),
        false => writeln!(out, "{} is not valid", form.file),
    }
}

fn line(
    problem: &PolicyProblemForm,
    word: &str,
    tone: Tone,
    out: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    let hint = problem.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    let word = style.paint(tone, word);
    writeln!(out, "{}: {word}: {}{hint}", problem.source, problem.message)
}

/// Writes why a connector may not run.
///
/// # Errors
/// `out` cannot be written.
pub fn refusal(form: &RefusalForm, out: &mut dyn Write, style: Style) -> io::Result<()> {
    if !form.denied {
        return writeln!(out, "nothing keeps connector `{}` from running", form.connector);
    }
    for reason in &form.reasons {
        writeln!(out, "{}: {}", style.paint(Tone::Strong, reason.by), reason.message)?;
        writeln!(out, "  {}", reason.hint)?;
    }
    Ok(())
}
