//! What `check` found out.

use std::io::{self, Write};

use crate::model::{Report, Verdict};
use crate::ui::json;
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

/// Writes the report of one backend.
///
/// # Errors
/// `out` cannot be written.
pub fn findings(
    backend: &str,
    report: &Report,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    write!(out, "{} {backend}", style.paint(Tone::Strong, "Backend:"))?;
    for (name, value) in [("Platform", &report.platform), ("User", &report.user)] {
        if let Some(value) = value {
            write!(out, "   {} {value}", style.paint(Tone::Strong, &format!("{name}:")))?;
        }
    }
    writeln!(out)?;
    let mut table = Table::new(vec!["RESULT", "SUBJECT", "MESSAGE"]);
    for finding in &report.findings {
        let verdict = Cell::toned(json::verdict_word(finding.verdict), tone(finding.verdict));
        table.row([verdict, Cell::from(&*finding.subject), Cell::from(&*finding.message)]);
    }
    table.write(out, style, headers)
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Good => Tone::Good,
        Verdict::Warning | Verdict::Unknown => Tone::Caution,
        Verdict::Bad => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Finding;

    #[test]
    fn verdicts_are_words() {
        let finding = |subject: &str, verdict, message: &str| Finding {
            subject: subject.to_owned(),
            verdict,
            message: message.to_owned(),
        };
        let report = Report {
            user: Some("ada".to_owned()),
            platform: None,
            findings: vec![
                finding("login", Verdict::Good, "is accepted"),
                finding("permission to delete", Verdict::Bad, "not granted"),
            ],
        };
        let mut out = Vec::new();
        findings("prod", &report, &mut out, Style::Plain, Headers::Shown).unwrap();
        let expected = "\
Backend: prod   User: ada
RESULT   SUBJECT                MESSAGE
ok       login                  is accepted
fail     permission to delete   not granted
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
