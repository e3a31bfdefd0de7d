//! What a trial of a connector found out.

use std::io::{self, Write};

use crate::ui::json::TrialForm;
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

/// Writes the checks, section by section, and what they come to.
///
/// # Errors
/// `out` cannot be written.
pub fn trial(
    form: &TrialForm<'_>,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    write!(out, "{} {}", style.paint(Tone::Strong, "Connector:"), form.connector)?;
    for (name, value) in [("Backend", form.backend), ("Type", form.type_name)] {
        if let Some(value) = value {
            write!(out, "   {} {value}", style.paint(Tone::Strong, &format!("{name}:")))?;
        }
    }
    writeln!(out)?;
    let mut table = Table::new(vec!["RESULT", "CHECK", "MESSAGE"]);
    for item in &form.items {
        let (word, tone) = match item.result {
            "passed" => ("ok", Tone::Good),
            "failed" => ("fail", Tone::Bad),
            _ => ("skip", Tone::Caution),
        };
        let message = match item.reason {
            Some(reason) => Cell::from(reason),
            None => Cell::toned(item.why, Tone::Faint),
        };
        table.row([Cell::toned(word, tone), Cell::from(item.id), message]);
    }
    table.write(out, style, headers)?;
    let summary = form.summary;
    let (passed, failed, skipped) = (summary.passed, summary.failed, summary.skipped);
    let text = format!("{passed} passed, {failed} failed, {skipped} skipped");
    let tone = if failed == 0 { Tone::Good } else { Tone::Bad };
    writeln!(out, "{}", style.paint(tone, &text))
}
