//! How a connection differs from a file.

use std::io::{self, Write};

use crate::operations::Comparison;
use crate::scrub::sanitize;
use crate::ui::style::{Style, Tone};

/// What is shown of one value.
const MAX_SHOWN: usize = 200;

/// Writes what would be written; nothing if nothing would be.
///
/// # Errors
/// `out` cannot be written.
pub fn difference(
    backend: &str,
    comparison: &Comparison,
    out: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    if !comparison.differs() {
        return Ok(());
    }
    let after = &comparison.after;
    let scope = after.scope.as_ref().map(|scope| format!("{scope}/")).unwrap_or_default();
    let (sign, tone) = match comparison.before {
        Some(_) => ("~", Tone::Caution),
        None => ("+", Tone::Good),
    };
    let sign = style.paint(tone, sign);
    writeln!(out, "{sign} {backend}/{scope}{} ({})", after.name, after.type_name)?;
    let is_new = comparison.before.is_none();
    for change in comparison.changes() {
        let shown = |value: &Option<String>| match value {
            Some(value) => sanitize(value, MAX_SHOWN).replace('\n', " "),
            None => "(nothing)".to_owned(),
        };
        let before = match is_new {
            true => String::new(),
            false => format!("{} {} ", shown(&change.before), style.paint(Tone::Faint, "→")),
        };
        writeln!(out, "    {}: {before}{}", change.name, shown(&change.after))?;
    }
    Ok(())
}
