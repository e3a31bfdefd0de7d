//! Where an address leads to.

use std::io::{self, Write};

use crate::ui::json::LocationForm;
use crate::ui::style::{Style, Tone};

/// The width of the names.
const NAMES: usize = 12;

/// Writes the place of an address, a line for each thing that is known.
///
/// # Errors
/// `out` cannot be written.
pub fn location(form: &LocationForm<'_>, out: &mut dyn Write, style: Style) -> io::Result<()> {
    let mut line = |name: &str, value: &str| {
        let gap = " ".repeat(NAMES.saturating_sub(name.len() + 1));
        match value {
            "" => Ok(()),
            value => {
                writeln!(out, "{}{gap} {value}", style.paint(Tone::Strong, &format!("{name}:")))
            }
        }
    };
    line("Location", form.location.unwrap_or_default())?;
    for (name, value) in &form.fields {
        line(name, value)?;
    }
    line("Path", form.path)?;
    for (name, value) in form.levels.iter().map(|(name, value)| (name.as_str(), value.as_str())) {
        line(&format!("- {name}"), value)?;
    }
    for (name, value) in &form.parameters {
        line(&format!("? {name}"), value)?;
    }
    line("Connection", form.connection)?;
    line("Type", form.type_name)?;
    line("Backend", form.backend)?;
    line("Scope", form.scope.unwrap_or_default())
}
