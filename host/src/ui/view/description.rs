//! One connection, line by line.

use std::borrow::Cow;
use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{SecretField, TestResult, TestStatus, expires, in_days};
use crate::scrub::sanitize;
use crate::ui::age::age;
use crate::ui::json::Entry;
use crate::ui::style::{Style, Tone};
use crate::ui::table::columns;

/// What stands for a secret. Its length says nothing.
const MASK: &str = "***";
/// The width of the names of what every connection has.
const NAMES: usize = 15;

/// Writes everything about a connection except its secrets. `scope_word` is what the backend calls a scope.
///
/// # Errors
/// `out` cannot be written.
pub fn description(
    entry: Entry<'_>,
    scope_word: &str,
    now: Timestamp,
    out: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    revealed(entry, &[], scope_word, now, out, style)
}

/// Writes everything about a connection, and the values of those of its secrets that are given.
///
/// # Errors
/// `out` cannot be written.
pub fn revealed(
    entry: Entry<'_>,
    secrets: &[SecretField],
    scope_word: &str,
    now: Timestamp,
    out: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    let connection = entry.connection;
    let scope_word = capitalized(scope_word);
    let time = |time: &Option<String>| {
        time.as_ref().map(|time| match age(time, now) {
            Some(age) => format!("{time} ({age} ago)"),
            None => time.clone(),
        })
    };
    let today = now.to_zoned(TimeZone::UTC).date();
    let status = connection.status.as_ref().map(|status| match &connection.status_message {
        Some(message) => format!("{status}: {message}"),
        None => status.clone(),
    });
    let lines = [
        ("Name", Some(connection.name.clone())),
        ("Type", Some(connection.type_name.clone())),
        ("Backend", Some(entry.backend.to_owned())),
        (scope_word.as_str(), connection.scope.clone()),
        ("Display name", connection.display_name.clone()),
        ("Description", connection.description.clone()),
        ("Owner", connection.owner.clone()),
        ("Address", connection.address.clone()),
        ("Status", status),
        ("Expires", expires(connection).map(|day| format!("{day} ({})", in_days(day, today)))),
        ("Created", time(&connection.created_at)),
        ("Updated", time(&connection.updated_at)),
        ("Last tested", connection.tested.as_ref().map(|tested| last_test(tested, now))),
        ("Revision", connection.revision.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            pair(out, style, "", name, &value, NAMES)?;
        }
    }
    groups(entry, secrets, out, style)
}

/// How the last test ended, when, and what it found.
fn last_test(tested: &TestResult, now: Timestamp) -> String {
    let status = if tested.works { TestStatus::Ok } else { TestStatus::Failed };
    let ago = age(&tested.at, now).map(|age| format!(" {age} ago")).unwrap_or_default();
    format!("{}{ago}: {}", status.word(), tested.message)
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at_checked(1).unwrap_or(("", word));
    first.to_uppercase() + rest
}

fn groups(
    entry: Entry<'_>,
    secrets: &[SecretField],
    out: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    let connection = entry.connection;
    let labels = connection.labels.iter().map(|label| (label.key.as_str(), label.value.as_str()));
    group(out, style, "Labels", labels)?;
    let fields = connection.fields.iter().map(|field| (field.name.as_str(), field.value.as_str()));
    group(out, style, "Fields", fields)?;
    let shown: Vec<Cow<'_, str>> =
        connection.secret_names.iter().map(|name| shown_secret(name, secrets)).collect();
    let values = shown.iter().map(|value| &**value);
    let secrets = connection.secret_names.iter().map(String::as_str).zip(values);
    group(out, style, "Secrets", secrets)?;
    if !connection.warnings.is_empty() {
        writeln!(out, "{}:", style.paint(Tone::Strong, "Warnings"))?;
    }
    for warning in &connection.warnings {
        writeln!(out, "  {}", style.paint(Tone::Caution, warning))?;
    }
    Ok(())
}

/// Stars, or the value in a form that does nothing to the terminal.
fn shown_secret<'a>(name: &str, secrets: &'a [SecretField]) -> Cow<'a, str> {
    let secret = secrets.iter().find(|secret| secret.name == name);
    let Some(value) = secret.map(|secret| String::from_utf8_lossy(secret.value.expose())) else {
        return Cow::Borrowed(MASK);
    };
    match sanitize(&value, usize::MAX) {
        Cow::Borrowed(_) => value,
        Cow::Owned(clean) => Cow::Owned(clean),
    }
}

fn group<'a>(
    out: &mut dyn Write,
    style: Style,
    title: &str,
    pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> io::Result<()> {
    let Some(width) = pairs.clone().map(|(name, _)| columns(name) + 2).max() else {
        return Ok(());
    };
    writeln!(out, "{}:", style.paint(Tone::Strong, title))?;
    for (name, value) in pairs {
        pair(out, Style::Plain, "  ", name, value, width)?;
    }
    Ok(())
}

/// A name and a value; the further lines of a value stand below its first.
fn pair(
    out: &mut dyn Write,
    style: Style,
    indent: &str,
    name: &str,
    value: &str,
    width: usize,
) -> io::Result<()> {
    let blanks = width.saturating_sub(columns(name) + 1);
    let below = format!("\n{:1$}", "", indent.len() + width);
    let value = value.trim_end().replace('\n', &below);
    writeln!(out, "{indent}{}:{:blanks$}{value}", style.paint(Tone::Strong, name), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Connection, Field};

    #[test]
    fn everything_is_there_and_secrets_are_masked() {
        let field =
            |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
        let connection = Connection {
            name: "lake".to_owned(),
            type_name: "s3".to_owned(),
            scope: Some("acme".to_owned()),
            status: Some("error".to_owned()),
            status_message: Some("no such bucket".to_owned()),
            fields: vec![field("bucket", "raw"), field("ca", "line 1\nline 2\n")],
            secret_names: vec!["secret_access_key".to_owned()],
            created_at: Some("2026-03-01T10:00:00Z".to_owned()),
            warnings: vec!["it has no region".to_owned()],
            ..Connection::default()
        };
        let entry = Entry { backend: "local", connection: &connection };
        let mut out = Vec::new();
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        description(entry, "tenant", now, &mut out, Style::Plain).unwrap();
        let expected = "\
Name:          lake
Type:          s3
Backend:       local
Tenant:        acme
Status:        error: no such bucket
Created:       2026-03-01T10:00:00Z (120m ago)
Fields:
  bucket: raw
  ca:     line 1
          line 2
Secrets:
  secret_access_key: ***
Warnings:
  it has no region
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
