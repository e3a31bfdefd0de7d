//! What a connector costs.

use std::io::{self, Write};

use crate::ui::json::BenchForm;
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

/// Writes the steps, and the sizes below them.
///
/// # Errors
/// `out` cannot be written.
pub fn bench(
    form: &BenchForm<'_>,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    write!(out, "{} {}", style.paint(Tone::Strong, "Connector:"), form.connector)?;
    if let Some(backend) = form.backend {
        write!(out, "   {} {backend}", style.paint(Tone::Strong, "Backend:"))?;
    }
    writeln!(out)?;
    let mut table = Table::new(vec!["STEP", "MEDIAN", "P95", "PER SECOND", "SAMPLES"]);
    for item in &form.items {
        table.row([
            Cell::from(item.step),
            Cell::from(milliseconds(item.median_microseconds)),
            Cell::from(milliseconds(item.p95_microseconds)),
            Cell::from(item.per_second.to_string()),
            Cell::from(item.samples.to_string()),
        ]);
    }
    table.write(out, style, headers)?;
    writeln!(
        out,
        "{} component, {} compiled, {} of memory in the sandbox",
        kibibytes(form.component_bytes),
        kibibytes(form.compiled_bytes),
        kibibytes(form.memory_bytes as u64)
    )
}

fn milliseconds(microseconds: u128) -> String {
    format!("{}.{:03} ms", microseconds / 1000, microseconds % 1000)
}

fn kibibytes(bytes: u64) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_units() {
        assert_eq!(milliseconds(12), "0.012 ms");
        assert_eq!(milliseconds(1_234_567), "1234.567 ms");
        assert_eq!(kibibytes(1025), "2 KiB");
    }
}
