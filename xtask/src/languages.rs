//! The connectors of the templates as components, for the suite `languages`: the same small connector in every language.
//!
//! What a component is made of has a digest; one whose digest is that of the last build is not built again.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace;
use crate::{guest, plugin_files, process};

/// The package of the template for Rust.
const RUST_PACKAGE: &str = "example-store";

/// The folder of the components: `rust.wasm` and so on.
pub fn folder() -> PathBuf {
    workspace::target().join("languages")
}

/// Builds the components of all languages.
///
/// # Errors
/// A toolchain cannot be had, or does not accept its template.
pub fn prepare(source: guest::Source) -> Result<()> {
    fs_err::create_dir_all(folder())?;
    rust(source)
}

/// Cargo knows what has to be built again.
fn rust(source: guest::Source) -> Result<()> {
    let mut cargo = guest::cargo(source, "build")?;
    process::run(cargo.args(["--package", RUST_PACKAGE]))?;
    let file = format!("{}.wasm", RUST_PACKAGE.replace('-', "_"));
    place("rust", &guest::output().join(guest::TARGET).join("guest").join(file))
}

fn place(language: &str, built: &Path) -> Result<()> {
    let component = fs_err::read(built).context("a template made no component")?;
    plugin_files::replace(&folder().join(format!("{language}.wasm")), &component)?;
    eprintln!("{:>9} bytes  the template for {language}", component.len());
    Ok(())
}
