//! How much memory a command takes for each connection more: what a call leaked would be there once for each.

use anyhow::{Result, bail};

use super::stage::{LARGE, MANIFEST, MIDDLE, Stage};
use crate::bench;

/// What the system adds: how many pages of a file it maps around a fault differs from run to run, in bytes.
const NOISE: u64 = 3 << 20;

/// A command whose peak memory is compared between two sizes.
struct Growing {
    name: &'static str,
    why: &'static str,
    words: &'static [&'static str],
    /// Bytes for each connection, at most.
    limit: u64,
}

const APPLY: Growing = Growing {
    name: "apply, the same again",
    why: "the text of the file is held, and a trace of each connection",
    words: &["apply", "--quiet", "-f", MANIFEST],
    limit: 600,
};

const COMMANDS: &[Growing] = &[
    APPLY,
    Growing { name: "list", why: "lines are sorted", words: &["list"], limit: 300 },
    Growing {
        name: "list -o json",
        why: "items are sorted, as text",
        words: &["list", "-o", "json"],
        limit: 700,
    },
    Growing {
        name: "list -o json --unsorted",
        why: "no connection is kept",
        words: &["list", "-o", "json", "--unsorted"],
        limit: 0,
    },
];

/// Compares the peak memory of commands on stores of two sizes.
///
/// # Errors
/// A command fails, or takes more for each connection than it may.
pub fn judge(stage: &Stage) -> Result<()> {
    let mut broken = Vec::new();
    let mut judge = |name: &str, why: &str, limit: u64, peaks: [u64; 2]| {
        let growth = peaks[1].saturating_sub(peaks[0]);
        let each = growth as f64 / (LARGE - MIDDLE) as f64;
        eprintln!("{each:>13.0} bytes for each connection  {name}");
        if growth > limit * (LARGE - MIDDLE) as u64 + NOISE {
            broken.push(format!("{name}: {each:.0} bytes, and it may take {limit}: {why}"));
        }
    };
    judge(
        "apply, new",
        APPLY.why,
        APPLY.limit,
        [MIDDLE, LARGE].map(|size| stage.peak_of_filling(size)),
    );
    for command in COMMANDS {
        let peaks = [peak(stage, command, MIDDLE)?, peak(stage, command, LARGE)?];
        judge(command.name, command.why, command.limit, peaks);
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!("commands take more memory for each connection:\n  {}", broken.join("\n  "))
}

/// In bytes.
fn peak(stage: &Stage, command: &Growing, size: usize) -> Result<u64> {
    Ok(bench::once(&stage.words(command.words, size), &stage.environment(size))?.peak_kib << 10)
}
