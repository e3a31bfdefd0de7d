//! `connhub check`.

use futures_util::future::join_all;

use super::app::{App, Chosen};
use super::args::CheckArgs;
use crate::model::{Error, Kind, Report, SCOPE_WORD, Verdict};
use crate::operations::{self, Completed};
use crate::plugins::Backend;
use crate::ui::json::{BackendError, Checked, Document, Items, check_keys};
use crate::ui::{Format, view};

/// What one backend answered.
type Answer = (String, Result<Answered, Error>);

/// A report, and what it comes to.
struct Answered {
    report: Report,
    exit_code: u8,
    /// Why nothing could be completed, which is no reason to hide what was found.
    failed: Option<Error>,
}

pub(super) fn run(args: &CheckArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Checked::KEYS)?;
    match app.backends()? {
        Chosen::One(name) => one(name, args, app),
        Chosen::All(names) => all(&names, args, app),
    }
}

fn one(name: &str, args: &CheckArgs, app: &App) -> Result<u8, Error> {
    let mut backend = app.open(name)?;
    let job = format!("checking `{name}`");
    let answered = app.wait(&job, examine(&mut backend, args, app.scope()))?;
    let Answered { report, exit_code, failed } = answered;
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            Document::new("Report", Checked::new(name, &report)).write(form, out)
        }
        Format::Name => writeln!(out, "{name}"),
        _ => view::findings(name, &report, out, style, app.headers()),
    })?;
    failed.map_or(Ok(exit_code), Err)
}

async fn examine(
    backend: &mut Backend,
    args: &CheckArgs,
    scope: Option<&str>,
) -> Result<Answered, Error> {
    let mut report = operations::check(backend, scope).await?;
    let failed = match args.fix {
        true => fix(backend, scope, &mut report).await.err(),
        false => None,
    };
    let is_bad = report.findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    let scope_word = match is_bad {
        true => backend.connector.describe().await.map(|of| of.scope_word().to_owned()),
        false => Ok(SCOPE_WORD.to_owned()),
    };
    let exit_code = exit_code(&report, scope_word.as_deref().unwrap_or(SCOPE_WORD));
    Ok(Answered { report, exit_code, failed })
}

fn all(names: &[&str], args: &CheckArgs, app: &App) -> Result<u8, Error> {
    let answers = ask(names, args, app)?;
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => document(&answers).write(form, out),
        Format::Name => reports(&answers).try_for_each(|(name, _)| writeln!(out, "{name}")),
        _ => {
            for (index, (name, report)) in reports(&answers).enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                view::findings(name, report, out, style, app.headers())?;
            }
            Ok(())
        }
    })?;
    let mut codes = Vec::new();
    for (name, answer) in &answers {
        codes.push(match problem(answer) {
            None => answer.as_ref().map_or(0, |answered| answered.exit_code),
            Some(error) => {
                app.warn_about(name, error);
                error.kind.exit_code()
            }
        });
    }
    Ok(codes.into_iter().find(|code| *code != 0).unwrap_or(0))
}

/// Asks all backends at once; the answers come in the order of the names.
fn ask(names: &[&str], args: &CheckArgs, app: &App) -> Result<Vec<Answer>, Error> {
    let opened: Vec<(&str, Result<Backend, Error>)> =
        names.iter().map(|name| (*name, app.open(name))).collect();
    let job = format!("checking {} backends", names.len());
    let asked = opened.into_iter().map(|(name, opened)| async move {
        let answer = match opened {
            Ok(mut backend) => examine(&mut backend, args, app.scope()).await,
            Err(error) => Err(error),
        };
        (name.to_owned(), answer)
    });
    app.wait(&job, async { Ok(join_all(asked).await) })
}

/// Has the backend complete what it warns about, and adds what became of it to the report.
async fn fix(backend: &mut Backend, scope: Option<&str>, report: &mut Report) -> Result<(), Error> {
    let completed = operations::complete_all(backend, scope).await?;
    report.findings.extend(completed.iter().filter_map(Completed::finding));
    Ok(())
}

/// Why a backend could not be asked, or completed nothing.
fn problem(answer: &Result<Answered, Error>) -> Option<&Error> {
    match answer {
        Ok(answered) => answered.failed.as_ref(),
        Err(error) => Some(error),
    }
}

fn reports<'a>(answers: &'a [Answer]) -> impl Iterator<Item = (&'a str, &'a Report)> {
    let report = |(name, answer): &'a Answer| Some((name.as_str(), &answer.as_ref().ok()?.report));
    answers.iter().filter_map(report)
}

fn document(answers: &[Answer]) -> Document<Items<'_, Checked<'_>>> {
    let failed = answers
        .iter()
        .filter_map(|(name, answer)| Some(BackendError::new(name, None, problem(answer)?)));
    let items = reports(answers).map(|(name, report)| Checked::new(name, report)).collect();
    Document::new("ReportList", Items { items, errors: failed.collect() })
}

/// A login or a permission that is missing, and a scope that does not exist, are told from everything else that does not work.
fn exit_code(report: &Report, scope_word: &str) -> u8 {
    let bad = report.findings.iter().filter(|finding| finding.verdict == Verdict::Bad);
    let subjects: Vec<&str> = bad.map(|finding| finding.subject.as_str()).collect();
    let is_about_access =
        |subject: &&str| subject.starts_with("login") || subject.starts_with("permission");
    match &subjects[..] {
        [] => 0,
        bad if bad.iter().any(is_about_access) => Kind::Forbidden.exit_code(),
        bad if bad.contains(&scope_word) => Kind::NotFound.exit_code(),
        _ => Kind::Other.exit_code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Finding;

    #[test]
    fn the_exit_code_tells_access_from_the_rest() {
        let check = |findings: &[(&str, Verdict)], expected| {
            let finding = |(subject, verdict): &(&str, Verdict)| Finding {
                subject: (*subject).to_owned(),
                verdict: *verdict,
                message: String::new(),
            };
            let report =
                Report { findings: findings.iter().map(finding).collect(), ..Report::default() };
            assert_eq!(exit_code(&report, "project"), expected, "{findings:?}");
        };
        check(&[], 0);
        check(&[("login", Verdict::Good), ("x", Verdict::Warning), ("y", Verdict::Unknown)], 0);
        check(&[("login", Verdict::Bad)], 4);
        check(&[("store", Verdict::Bad), ("permission to list", Verdict::Bad)], 4);
        check(&[("store", Verdict::Bad)], 1);
        check(&[("store", Verdict::Bad), ("project", Verdict::Bad)], 3);
        check(&[("project", Verdict::Bad), ("login", Verdict::Bad)], 4);
        check(&[("project", Verdict::Unknown)], 0);
    }
}
