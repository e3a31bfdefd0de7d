//! What tests of connections found.

use std::io::{self, Write};

use crate::model::{Connection, TestReport, TestStatus};
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

/// One connection that was tested.
#[derive(Clone, Copy)]
pub struct TestRow<'a> {
    /// The backend that has it, or would.
    pub backend: &'a str,
    /// The connection.
    pub connection: &'a Connection,
    /// What was found.
    pub report: &'a TestReport,
}

/// Writes every rung of one test.
///
/// # Errors
/// `out` cannot be written.
pub fn ladder(
    row: TestRow<'_>,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    let TestRow { backend, connection, report } = row;
    let strong = |word: &'static str| style.paint(Tone::Strong, word);
    let status = report.status();
    write!(
        out,
        "{} {}   {} {backend}",
        strong("Connection:"),
        connection.name,
        strong("Backend:")
    )?;
    writeln!(out, "   {} {}", strong("Result:"), style.paint(tone(status), status.word()))?;
    let mut table = Table::new(vec!["RESULT", "RUNG", "MESSAGE"]);
    for step in &report.steps {
        let result = Cell::toned(step.status.word(), tone(step.status));
        table.row([result, Cell::from(step.rung.word()), Cell::from(&*step.message)]);
    }
    table.write(out, style, headers)
}

/// Writes one line for each test: the rung that decided.
///
/// # Errors
/// `out` cannot be written.
pub fn tests(
    rows: &[TestRow<'_>],
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    let mut table = Table::new(vec!["NAME", "BACKEND", "RESULT", "RUNG", "MESSAGE"]);
    for TestRow { backend, connection, report } in rows {
        let (status, step) = (report.status(), report.decisive());
        table.row([
            Cell::from(connection.name.as_str()),
            Cell::from(*backend),
            Cell::toned(status.word(), tone(status)),
            Cell::from(step.map_or("", |step| step.rung.word())),
            Cell::from(step.map_or("", |step| step.message.as_str())),
        ]);
    }
    table.write(out, style, headers)
}

fn tone(status: TestStatus) -> Tone {
    match status {
        TestStatus::Ok => Tone::Good,
        TestStatus::NotTestable => Tone::Caution,
        TestStatus::Failed => Tone::Bad,
    }
}
