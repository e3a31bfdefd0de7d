//! Components that are to be trusted, and what has become of them. Whatever a component says is shown with everything visible that would steer the
//! terminal.

use std::io::{self, Write};
use std::path::Path;

use crate::scrub::sanitize;
use crate::ui::json::{GrantsForm, Inspection, PluginChange, TrustedForm, VerifiedForm};
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

use super::Detail;
use super::inspection::inspection;
use super::plugins::grants;

/// The most that is shown of one text of a component, in bytes.
const MAX_TEXT: usize = 500;

/// A component before it is configured: what it is, and every single thing that it would be granted.
///
/// # Errors
/// `out` cannot be written.
pub fn candidate(
    shown: &Inspection,
    rules: &[String],
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    inspection(shown, Detail::Narrow, out, style, headers)?;
    writeln!(out, "\n{}:", style.paint(Tone::Strong, "Would be granted"))?;
    for rule in rules {
        writeln!(out, "  {}", sanitize(rule, MAX_TEXT))?;
    }
    if rules.is_empty() {
        writeln!(out, "  nothing")?;
    }
    Ok(())
}

/// What is different in one respect between two components; nothing if nothing is.
pub fn replaced(what: &str, gone: &[String], added: &[String], style: Style) -> String {
    if gone.is_empty() && added.is_empty() {
        return String::new();
    }
    let lines = |mark: &str, texts: &[String], tone: Tone| -> String {
        let line = |text: &String| {
            let text = format!("{mark} {}", sanitize(text, MAX_TEXT));
            format!("  {}\n", style.paint(tone, &text))
        };
        texts.iter().map(line).collect()
    };
    let title = style.paint(Tone::Strong, what);
    format!("{title}:\n{}{}", lines("-", gone, Tone::Bad), lines("+", added, Tone::Good))
}

/// What has become of a connector, in a sentence.
///
/// # Errors
/// `out` cannot be written.
pub fn plugin_change(change: &PluginChange, out: &mut dyn Write) -> io::Result<()> {
    let PluginChange { name, outcome, file, .. } = change;
    let backends: Vec<String> = change.backends.iter().map(|one| format!("`{one}`")).collect();
    let backends = match backends.len() {
        0 => String::new(),
        1 => format!(" and backend {}", backends[0]),
        _ => format!(" and backends {}", backends.join(", ")),
    };
    match &change.sha256 {
        Some(sha256) => {
            let version = versions(change);
            writeln!(
                out,
                "{outcome} connector `{name}`{version}{backends} in {file}, sha256 {sha256}"
            )
        }
        None => writeln!(out, "{outcome} connector `{name}`{backends} in {file}"),
    }
}

/// The version of a component, and the one before it if that was another.
fn versions(change: &PluginChange) -> String {
    let clean = |version: &String| sanitize(version, MAX_TEXT).into_owned();
    let (old, new) = (&change.previous_version, &change.version);
    match (old.as_ref().map(clean), new.as_ref().map(clean)) {
        (Some(old), Some(new)) if old != new => format!(" from version {old} to {new}"),
        (Some(old), None) => format!(" from version {old} to one without a version"),
        (_, Some(new)) => format!(" version {new}"),
        (None, None) => String::new(),
    }
}

/// A table of what was checked.
pub fn verified<'a>(items: &'a [VerifiedForm<'a>]) -> Table {
    let mut table = Table::new(vec!["CONNECTOR", "VERSION", "STATE", "SIGNED BY", "VERDICT"]);
    for item in items {
        let (verdict, tone) = match &item.error {
            None => ("ok".to_owned(), Tone::Good),
            Some(error) => (format!("refused: {}", error.message()), Tone::Bad),
        };
        table.row([
            Cell::from(item.name),
            Cell::from(sanitize(item.version.unwrap_or("-"), MAX_TEXT).into_owned()),
            Cell::from(item.state),
            Cell::from(item.signed_by.join(", ")),
            Cell::toned(sanitize(&verdict, MAX_TEXT).into_owned(), tone),
        ]);
    }
    table
}

/// A table of trusted files.
pub fn trusted(items: &[TrustedForm]) -> Table {
    let mut table = Table::new(vec!["FILE", "STATE", "SINCE"]);
    for item in items {
        let tone = if item.state == "trusted" { Tone::Good } else { Tone::Caution };
        table.row([
            Cell::from(&*item.file),
            Cell::toned(item.state, tone),
            Cell::from(item.when.as_deref().unwrap_or_default()),
        ]);
    }
    table
}

/// A connector of a file that is to be trusted.
pub fn trust_review(name: &str, component: &str, sha256: &str, granted: &GrantsForm) -> String {
    format!(
        "connector {}: {} (sha256 {sha256})\n  is granted: {}\n",
        sanitize(name, MAX_TEXT),
        sanitize(component, MAX_TEXT),
        match grants(granted) {
            nothing if nothing.is_empty() => "nothing".to_owned(),
            granted => sanitize(&granted, MAX_TEXT).into_owned(),
        }
    )
}

/// All that a file says that is to be trusted, uncut: what is not shown is not agreed to.
pub fn trust_text(file: &Path, says: &str) -> String {
    let mut text = format!("`{}` says:\n", sanitize(&file.display().to_string(), MAX_TEXT));
    for line in says.lines().filter(|line| !line.is_empty()) {
        text += &format!("  {}\n", sanitize(line, usize::MAX));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_two_sides_or_is_not_shown() {
        let texts =
            |texts: &[&str]| -> Vec<String> { texts.iter().map(ToString::to_string).collect() };
        let shown = replaced("needs", &texts(&["a"]), &texts(&["b", "c\u{1b}[2J"]), Style::Plain);
        assert_eq!(shown, "needs:\n  - a\n  + b\n  + c␛[2J\n");
        assert_eq!(replaced("needs", &[], &[], Style::Plain), "");
    }

    #[test]
    fn a_change_is_a_sentence() {
        let change = PluginChange {
            name: "x".to_owned(),
            outcome: "added",
            file: "/p".to_owned(),
            sha256: Some("ab".to_owned()),
            backends: vec!["x".to_owned()],
            ..PluginChange::default()
        };
        let mut out = Vec::new();
        plugin_change(&change, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "added connector `x` and backend `x` in /p, sha256 ab\n"
        );
    }
}
