//! What `import` is about to do.

use std::io::{self, Write};

use crate::model::Connection;
use crate::scrub::sanitize;
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};
use crate::ui::view::target;

/// What is shown of a text of the source.
const MAX_SHOWN: usize = 200;

/// One thing of a source, and what becomes of it.
pub struct Import<'a> {
    /// What the source calls it.
    pub source: &'a str,
    /// Where it stands there.
    pub place: &'a str,
    /// `new`, `same`, `exists`, `skipped` or `invalid`.
    pub state: &'static str,
    /// What it becomes, if it is a connection.
    pub connection: Option<&'a Connection>,
    /// Where to.
    pub backend: Option<&'a str>,
    /// What a person should know.
    pub reasons: &'a [String],
}

/// Writes a line for each.
///
/// # Errors
/// `out` cannot be written.
pub fn imports(
    all: &[Import<'_>],
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    let mut table = Table::new(vec!["NAME", "TYPE", "TARGET", "INTO", "STATE", "REASON"]);
    for one in all {
        let name = one.connection.map_or(one.source, |connection| &connection.name);
        let place = one.connection.map(|connection| target(connection)).unwrap_or_default();
        table.row([
            Cell::from(sanitize(name, MAX_SHOWN)),
            Cell::from(one.connection.map_or("-", |connection| connection.type_name.as_str())),
            Cell::from(sanitize(&place, MAX_SHOWN)),
            Cell::from(into(one)),
            Cell::toned(one.state, tone(one.state)),
            Cell::from(sanitize(&one.reasons.join("; "), 4 * MAX_SHOWN)),
        ]);
    }
    table.write(out, style, headers)
}

fn into(one: &Import<'_>) -> String {
    match (one.backend, one.connection) {
        (Some(backend), Some(connection)) => match &connection.scope {
            Some(scope) => format!("{backend}/{scope}"),
            None => backend.to_owned(),
        },
        _ => String::new(),
    }
}

fn tone(state: &str) -> Tone {
    match state {
        "new" => Tone::Good,
        "exists" => Tone::Caution,
        "invalid" => Tone::Bad,
        _ => Tone::Faint,
    }
}
