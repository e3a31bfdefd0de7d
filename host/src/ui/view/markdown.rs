//! A component as Markdown, for a ticket in which somebody judges it.
//!
//! What a component says of itself stands in spans of code, in which nothing is a link, a mention, an image or HTML.

use std::io::{self, Write};

use super::inspection::{facts, granted};
use crate::scrub::sanitize;
use crate::ui::json::Inspection;

/// The most that is shown of one text, in bytes.
const MAX_TEXT: usize = 2000;

/// Writes what is known about a component as Markdown.
///
/// # Errors
/// `out` cannot be written.
pub fn inspection(inspection: &Inspection, out: &mut dyn Write) -> io::Result<()> {
    let name = inspection.connector.as_deref().unwrap_or(&inspection.component);
    writeln!(out, "# Connector {}\n", code(name))?;
    let rows = facts(inspection).into_iter().map(|(name, value)| [name.to_owned(), code(&value)]);
    table(["Fact", "Value"], rows, out)?;
    section("Capabilities", out)?;
    let text = |text: &Option<String>| code(text.as_deref().unwrap_or_default());
    let rows = inspection.capabilities.iter().map(|row| {
        let cells = [&row.needs, &row.granted, &row.policy, &row.effective, &row.why].map(text);
        let [needs, granted, policy, effective, why] = cells;
        [code(&row.capability), needs, granted, policy, effective, why]
    });
    table(["Capability", "Needs", "Granted", "Policy", "Effective", "Why"], rows, out)?;
    list("Needs", &inspection.needs, out)?;
    if !inspection.wishes.is_empty() {
        list("Wishes not to see", &inspection.wishes, out)?;
    }
    list("Grants", &granted(inspection), out)?;
    list("Imports", &inspection.imports, out)?;
    list("Exports", &inspection.exports, out)?;
    rules(inspection, out)?;
    packages(inspection, out)
}

fn rules(inspection: &Inspection, out: &mut dyn Write) -> io::Result<()> {
    if inspection.rules.is_empty() {
        return Ok(());
    }
    section("Policy", out)?;
    let rows = inspection
        .rules
        .iter()
        .map(|rule| [code(rule.verdict), code(&rule.rule), code(&rule.source), code(&rule.detail)]);
    table(["Verdict", "Rule", "Where", "Why"], rows, out)
}

fn packages(inspection: &Inspection, out: &mut dyn Write) -> io::Result<()> {
    if inspection.sbom.packages.is_empty() {
        return Ok(());
    }
    section("Packages", out)?;
    let rows = inspection
        .sbom
        .packages
        .iter()
        .map(|package| [code(&package.name), code(&package.version), code(&package.source)]);
    table(["Package", "Version", "From"], rows, out)
}

fn section(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## {title}\n")
}

fn list(title: &str, items: &[String], out: &mut dyn Write) -> io::Result<()> {
    section(title, out)?;
    if items.is_empty() {
        return writeln!(out, "none");
    }
    items.iter().try_for_each(|item| writeln!(out, "- {}", code(item)))
}

fn table<const N: usize>(
    headers: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "| {} |\n|{}", headers.join(" | "), "---|".repeat(N))?;
    for row in rows {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    Ok(())
}

/// A span of code on one line: nothing in it ends the span, the line or the cell of a table.
fn code(text: &str) -> String {
    let text = sanitize(text, MAX_TEXT).replace(['\n', '\t'], " ");
    // A backslash before a bar ends no cell only if the bar has one of its own.
    let text = text.replace('`', "'").replace('|', "¦");
    match text.trim() {
        "" => "–".to_owned(),
        text => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::inspection::tests::hostile;
    use super::*;

    #[test]
    fn nothing_leaves_its_span() {
        assert_eq!(code("a`|b\n# c\u{1b}"), "`a'¦b # c␛`");
        assert_eq!(code("<img src=x> @all [a](b)"), "`<img src=x> @all [a](b)`");
        assert_eq!((code(""), code(" \n")), ("–".to_owned(), "–".to_owned()));
    }

    #[test]
    fn a_review_has_all_of_it() {
        let mut out = Vec::new();
        inspection(&hostile(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for words in [
            "# Connector `x`\n",
            "| May start | `no: it is not granted` |\n",
            "| `vault` | `yes` | – | – | – | `keeps <b>'records'¦\\u{9b} # yes` |\n",
            "## Needs\n\n- `http a: GET /\\u{202e}`\n",
            "## Grants\n\n- `vault`\n",
            "## Exports\n\nnone\n",
            "| `serde` | `1.0.2` | `crates.io` |\n",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        let is_clean = |line: &str| line.matches('`').count().is_multiple_of(2);
        assert!(text.lines().all(is_clean), "{text}");
    }
}
