//! What commands that write have done, in a line.

use std::io::{self, Write};

use crate::model::{Connection, Removed, Written};
use crate::operations::Rehearsal;
use crate::ui::json;
use crate::ui::style::{Style, Tone};

/// A backend, and what it calls a scope.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The backend.
    pub backend: &'a str,
    /// Its word for a scope.
    pub scope_word: &'a str,
}

impl Place<'_> {
    /// The place in words.
    pub fn named(self, scope: Option<&str>) -> String {
        let Self { backend, scope_word } = self;
        match scope {
            Some(scope) => format!("backend `{backend}`, {scope_word} `{scope}`"),
            None => format!("backend `{backend}`"),
        }
    }
}

/// Writes what `create` or `update` did.
///
/// # Errors
/// `out` cannot be written.
pub fn written(
    place: Place<'_>,
    written: &Written,
    rehearsal: Rehearsal,
    out: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    let connection = &written.connection;
    let outcome = style.paint(Tone::Good, json::outcome_word(written.outcome));
    let place = place.named(connection.scope.as_deref());
    let name = &connection.name;
    write!(out, "{outcome} `{name}` ({}) in {place}{}", connection.type_name, suffix(rehearsal))?;
    if !written.differences.is_empty() {
        write!(out, "; it differs in {}", written.differences.join(", "))?;
    }
    writeln!(out)?;
    match &connection.address {
        Some(address) => writeln!(out, "address: {address}"),
        None => Ok(()),
    }
}

/// Writes what `delete` did.
///
/// # Errors
/// `out` cannot be written.
pub fn deleted(
    backend: &str,
    name: &str,
    removed: &[Removed],
    rehearsal: Rehearsal,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "deleted `{name}` in backend `{backend}`{}", suffix(rehearsal))?;
    let is_more = removed.len() > 1 || removed.iter().any(|removed| removed.name != name);
    for removed in removed.iter().filter(|_| is_more) {
        let scope = removed.scope.as_ref().map(|scope| format!(" in {scope}")).unwrap_or_default();
        writeln!(out, "  {} `{}`{scope}", removed.kind, removed.name)?;
    }
    Ok(())
}

/// Writes what `rotate` did in one place.
///
/// # Errors
/// `out` cannot be written.
pub fn rotated(
    outcome: &str,
    place: Place<'_>,
    connection: &Connection,
    fields: &[String],
    out: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    let tone = match outcome {
        "rotated" | "found" => Tone::Good,
        "failed" | "not restored" => Tone::Bad,
        _ => Tone::Caution,
    };
    let outcome = style.paint(tone, outcome);
    let place = place.named(connection.scope.as_deref());
    writeln!(out, "{outcome} `{}` in {place}: {}", connection.name, fields.join(", "))
}

fn suffix(rehearsal: Rehearsal) -> &'static str {
    match rehearsal {
        Rehearsal::None => "",
        Rehearsal::Client => " (dry run, nothing was sent)",
        Rehearsal::Server => " (dry run on the server, nothing was written)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;

    #[test]
    fn a_write_is_one_line_and_the_address() {
        let result = Written {
            outcome: Outcome::Kept,
            connection: Connection {
                name: "lake".to_owned(),
                scope: Some("fraud".to_owned()),
                type_name: "s3".to_owned(),
                address: Some("x://lake".to_owned()),
                ..Connection::default()
            },
            differences: vec!["bucket".to_owned(), "secret_access_key".to_owned()],
            notes: Vec::new(),
        };
        let mut out = Vec::new();
        let place = Place { backend: "prod", scope_word: "tenant" };
        written(place, &result, Rehearsal::Server, &mut out, Style::Plain).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "kept `lake` (s3) in backend `prod`, tenant `fraud` (dry run on the server, nothing was written); \
             it differs in bucket, secret_access_key\naddress: x://lake\n"
        );
    }

    #[test]
    fn everything_that_was_removed_is_named() {
        let removed = |kind: &str, name: &str| Removed {
            kind: kind.to_owned(),
            name: name.to_owned(),
            scope: Some("fraud".to_owned()),
        };
        let check = |all: &[Removed], expected: &str| {
            let mut out = Vec::new();
            deleted("prod", "lake", all, Rehearsal::None, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check(&[removed("connection", "lake")], "deleted `lake` in backend `prod`\n");
        check(
            &[removed("catalog", "lake"), removed("secret", "lake-cred")],
            "deleted `lake` in backend `prod`\n  catalog `lake` in fraud\n  secret `lake-cred` in fraud\n",
        );
    }
}
