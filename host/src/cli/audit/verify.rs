//! `connhub audit verify`.

use super::args::VerifyArgs;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations;
use crate::ui::Format;
use crate::ui::json::{AuditReport, Document, check_keys};
use crate::ui::view;

pub(super) fn run(args: &VerifyArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), AuditReport::KEYS)?;
    let place = app.trail()?.place().clone();
    let report = operations::audit_verify(&place, args.file.as_deref())?;
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            Document::new("AuditReport", AuditReport::from(&report)).write(form, out)
        }
        Format::Name => report
            .findings
            .iter()
            .try_for_each(|finding| writeln!(out, "{}", finding.what.as_str())),
        _ => view::report(&report, out, style, app.headers()),
    })?;
    let talk = app.console.talk();
    report.notes.iter().for_each(|note| talk.note(note));
    if args.file.is_some() && !report.is_keyed && report.good > 0 {
        talk.warning(
            "the key of this log is not here, so only the chain was checked: whoever has the file could have written all of it anew",
        );
    }
    if report.findings.is_empty() {
        return Ok(0);
    }
    talk.line(
        "the log is not as it was written; what is shown above stays until its file is pruned",
    );
    Ok(Kind::Refused.exit_code())
}
