//! The audit log.

use std::io::{self, Write};

use super::Detail;
use crate::audit::{Outcome, Record, Report, Stage};
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

/// Seconds are enough to read.
const SECONDS: usize = "2026-01-31T08:00:00".len();

/// A table of records.
pub fn records(records: &[Record], detail: Detail) -> Table {
    let mut headers = vec!["TIME", "USER", "OPERATION", "BACKEND", "CONNECTION", "OUTCOME"];
    if detail == Detail::Wide {
        headers.extend(["SCOPE", "COMMAND", "CONNECTOR", "FIELDS", "ENDPOINTS", "REFUSED", "SEQ"]);
    }
    let mut table = Table::new(headers);
    for record in records {
        table.row(row(record, detail));
    }
    table
}

fn row(record: &Record, detail: Detail) -> Vec<Cell<'_>> {
    let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let operation = match record.mark {
        Some(mark) => mark.found.words().to_owned(),
        None => text(&record.operation),
    };
    let mut cells = vec![
        Cell::from(format!("{}Z", record.time.get(..SECONDS).unwrap_or(&record.time))),
        Cell::from(record.user.name.clone().unwrap_or_else(|| record.user.uid.to_string())),
        Cell::from(operation),
        Cell::from(text(&record.backend)),
        Cell::from(text(&record.connection)),
        outcome(record),
    ];
    if detail == Detail::Wide {
        let endpoints = record.endpoints.iter().map(|used| {
            format!(
                "{} {} requests, {}/{} bytes",
                used.name, used.requests, used.sent, used.received
            )
        });
        let programs = record.programs.iter().map(|used| {
            format!("{} {} runs, {}/{} bytes", used.name, used.runs, used.sent, used.received)
        });
        let endpoints = endpoints.chain(programs);
        let connector = record.connector.as_ref().map(|connector| connector.name.clone());
        cells.extend([
            Cell::from(text(&record.scope)),
            Cell::from(text(&record.command)),
            Cell::from(connector.unwrap_or_default()),
            Cell::from(record.fields.join(", ")),
            Cell::from(endpoints.collect::<Vec<_>>().join("; ")),
            Cell::from(record.denials.join("; ")),
            Cell::from(record.seq.to_string()),
        ]);
    }
    cells
}

fn outcome(record: &Record) -> Cell<'_> {
    let Some(ended) = &record.outcome else {
        return match record.event {
            Stage::Attempt => Cell::toned("attempt", Tone::Faint),
            _ => Cell::toned("mark", Tone::Caution),
        };
    };
    let detail = ended.did.as_ref().or(ended.code.as_ref());
    let text = match detail {
        Some(detail) => format!("{} ({detail})", ended.result.as_str()),
        None => ended.result.as_str().to_owned(),
    };
    let tone = match ended.result {
        Outcome::Done => Tone::Good,
        Outcome::Denied => Tone::Bad,
        Outcome::Failed => Tone::Caution,
    };
    Cell::toned(text, tone)
}

/// Says whether a log is as it was written.
///
/// # Errors
/// `out` cannot be written.
pub fn report(
    report: &Report,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    if !report.findings.is_empty() {
        let mut table = Table::new(vec!["FILE", "LINE", "WHAT", "MESSAGE"]);
        for finding in &report.findings {
            let line = if finding.line == 0 { String::new() } else { finding.line.to_string() };
            table.row([
                Cell::from(&*finding.file),
                Cell::from(line),
                Cell::toned(finding.what.as_str(), Tone::Bad),
                Cell::from(&*finding.message),
            ]);
        }
        return table.write(out, style, headers);
    }
    let (Some(first), Some(last)) = (&report.first, &report.last) else {
        return writeln!(out, "{}: nothing was recorded yet", style.paint(Tone::Good, "ok"));
    };
    let files = match report.files.len() {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    writeln!(
        out,
        "{}: records {} to {} in {files}, from {} to {}",
        style.paint(Tone::Good, "ok"),
        first.0,
        last.0,
        first.1,
        last.1
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Ended;
    use crate::model::Error;

    #[test]
    fn a_record_is_one_line() {
        let mut record = Record {
            time: "2026-03-01T10:00:00.123456Z".to_owned(),
            backend: Some("local".to_owned()),
            connection: Some("lake".to_owned()),
            ..Record::of("create")
        };
        record.user.uid = 7;
        record.outcome = Some(Ended::done("created"));
        let mut denied =
            Record { outcome: Some(Ended::failed(&Error::refused("x"))), ..record.clone() };
        denied.user.name = Some("ada".to_owned());
        let mut out = Vec::new();
        let list = [record, denied];
        records(&list, Detail::Narrow).write(&mut out, Style::Plain, Headers::Hidden).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "2026-03-01T10:00:00Z   7     create   local   lake   done (created)\n\
             2026-03-01T10:00:00Z   ada   create   local   lake   denied (refused)\n"
        );
    }

    #[test]
    fn a_wide_line_has_a_cell_for_each_column() {
        let list = [Record::of("open")];
        let mut out = Vec::new();
        records(&list, Detail::Wide).write(&mut out, Style::Plain, Headers::Shown).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("REFUSED"));
    }
}
