//! What the continuous integration runs.

use anyhow::{Context, Result};

use crate::{contract, counts, guest, host, process, structure, suites, supply_chain};

/// Runs every check, the quick ones first, and stops at the first that fails.
pub fn run(source: guest::Source) -> Result<()> {
    structure::run()?;
    contract::check()?;
    process::run(host::cargo("fmt").args(["--all", "--check"])).context(MISSING)?;
    let clippy = ["--workspace", "--all-targets", "--features", "connhub-inner/native", "--locked"];
    process::run(host::cargo("clippy").args(clippy).args(["--", "-D", "warnings"]))
        .context(MISSING)?;
    supply_chain::check(&["bans", "licenses", "sources"])?;
    suites::run(source, &suites::Arguments::default())?;
    // The build, the stand-ins and the components of the tests.
    counts::run(source, &counts::Arguments::behind_suites())?;
    document()
}

const MISSING: &str = "if the command is missing: `rustup component add clippy rustfmt`";

fn document() -> Result<()> {
    let mut doc = host::cargo("doc");
    doc.args(["--workspace", "--no-deps", "--document-private-items"]);
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}
