//! Reading the log back: some records of it, or the lines as they stand there.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Write};

use super::files::Place;
use super::filter::Filter;
use super::record::Record;

/// Longer than any line; what is longer is none.
const MAX_LINE: u64 = 64 << 10;

/// The records that were asked for.
#[derive(Debug, Default)]
pub struct Selected {
    /// Oldest first.
    pub records: Vec<Record>,
    /// How many there are in all.
    pub matches: usize,
    /// How many lines are no records.
    pub unreadable: usize,
}

/// The newest records that a filter wants, at most `limit`.
///
/// # Errors
/// A file cannot be read.
pub fn select(place: &Place, filter: &Filter, limit: Option<usize>) -> io::Result<Selected> {
    let mut kept = VecDeque::new();
    let mut selected = Selected::default();
    each_line(place, |line| {
        match serde_json::from_slice::<Record>(line) {
            Ok(record) if filter.wants(&record) => {
                selected.matches += 1;
                if limit.is_some_and(|limit| kept.len() == limit) {
                    kept.pop_front();
                }
                kept.push_back(record);
            }
            Ok(_) => {}
            Err(_) => selected.unreadable += 1,
        }
        Ok(())
    })?;
    selected.records = kept.into();
    Ok(selected)
}

/// Writes the lines of a time, from the first that belongs to it to the last, as they are: the chain stays whole.
///
/// # Errors
/// A file cannot be read, or `out` cannot be written.
pub fn export(place: &Place, filter: &Filter, out: &mut dyn Write) -> io::Result<()> {
    let is_within = |line: &[u8]| {
        serde_json::from_slice::<Record>(line).is_ok_and(|record| filter.covers(&record))
    };
    // What a clock that was set back made look older stands between two lines that belong to it.
    let mut begun = false;
    let mut held = Vec::new();
    each_line(place, |line| {
        let wanted = is_within(line);
        if !wanted && !begun {
            return Ok(());
        }
        begun = true;
        held.extend_from_slice(line);
        held.push(b'\n');
        if wanted {
            out.write_all(&held)?;
            held.clear();
        }
        Ok(())
    })
}

/// Writes records as comma-separated values, as spreadsheets read them (RFC 4180).
///
/// # Errors
/// A file cannot be read, or `out` cannot be written.
pub fn table(place: &Place, filter: &Filter, out: &mut dyn Write) -> io::Result<()> {
    row(out, &COLUMNS.map(str::to_owned))?;
    each_line(place, |line| match serde_json::from_slice::<Record>(line) {
        Ok(record) if filter.covers(&record) => row(out, &values(&record)),
        _ => Ok(()),
    })
}

const COLUMNS: [&str; 25] = [
    "seq",
    "time",
    "event",
    "uid",
    "user",
    "loginUid",
    "host",
    "pid",
    "command",
    "operation",
    "backend",
    "scope",
    "connection",
    "fields",
    "connector",
    "sha256",
    "signers",
    "policy",
    "endpoints",
    "programs",
    "limits",
    "denials",
    "result",
    "exitCode",
    "durationMs",
];

fn values(record: &Record) -> [String; 25] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let connector = record.connector.clone().unwrap_or_default();
    let endpoints: Vec<String> = record.endpoints.iter().map(endpoint).collect();
    let programs: Vec<String> = record.programs.iter().map(program).collect();
    let ended = record.outcome.as_ref();
    [
        record.seq.to_string(),
        record.time.clone(),
        record.event.as_str().to_owned(),
        record.user.uid.to_string(),
        text(&record.user.name),
        record.user.login_uid.map(|uid| uid.to_string()).unwrap_or_default(),
        record.host.clone(),
        record.pid.to_string(),
        text(&record.command),
        text(&record.operation),
        text(&record.backend),
        text(&record.scope),
        text(&record.connection),
        record.fields.join(" "),
        connector.name,
        connector.sha256.unwrap_or_default(),
        connector.signers.join(" "),
        text(&record.policy),
        endpoints.join(" "),
        programs.join(" "),
        record.limits.join(" "),
        record.denials.join("; "),
        ended.map(|ended| ended.result.as_str().to_owned()).unwrap_or_default(),
        ended.map(|ended| ended.exit_code.to_string()).unwrap_or_default(),
        record.duration_ms.map(|ms| ms.to_string()).unwrap_or_default(),
    ]
}

fn endpoint(used: &super::record::EndpointRecord) -> String {
    let super::record::EndpointRecord { name, origin, requests, sent, received } = used;
    format!("{name}={origin} {requests} requests {sent} sent {received} received")
}

fn program(used: &super::record::ProgramRecord) -> String {
    let super::record::ProgramRecord { name, program, runs, sent, received } = used;
    format!("{name}={program} {runs} runs {sent} sent {received} received")
}

fn row(out: &mut dyn Write, values: &[String]) -> io::Result<()> {
    let cells: Vec<String> = values.iter().map(|value| cell(value)).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// A value that begins like a formula is made a text: a spreadsheet would run it.
fn cell(value: &str) -> String {
    let value = match value.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{value}"),
        _ => value.to_owned(),
    };
    match value.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value,
    }
}

/// Hands out every line that has an end, oldest first, without it.
fn each_line(place: &Place, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    for file in place.all()? {
        let mut reader = BufReader::new(fs_err::File::open(file)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = io::Read::take(&mut reader, MAX_LINE).read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            if let Some(line) = line.strip_suffix(b"\n") {
                take(line)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        assert_eq!(cell("a"), "a");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(cell("@x"), "'@x");
    }

    #[test]
    fn every_column_has_a_value() {
        let mut out = Vec::new();
        row(&mut out, &values(&Record::of("create"))).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches(',').count(), COLUMNS.len() - 1, "{text}");
        assert!(text.ends_with("\r\n"));
    }
}
