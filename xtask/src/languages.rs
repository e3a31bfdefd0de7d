//! The connectors of the templates as components, for the suite `languages`: the same small connector in every language.
//!
//! What a component is made of has a digest; one whose digest is that of the last build is not built again.

mod js;

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
    rust(source)?;
    js::prepare()
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

/// What files, and everything in folders, hold: a line with path and digest for each.
fn digests(paths: &[PathBuf]) -> Result<String> {
    let mut lines = Vec::new();
    let mut left = paths.to_vec();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            for entry in fs_err::read_dir(&path)? {
                left.push(entry?.path());
            }
        } else {
            let digest = plugin_files::sha256(&fs_err::read(&path)?);
            lines.push(format!("{digest}  {}\n", path.display()));
        }
    }
    lines.sort_unstable();
    Ok(lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_anywhere_in_a_folder_is_another_digest() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs_err::create_dir(&inner).unwrap();
        let of = |text: &str| {
            fs_err::write(inner.join("file"), text).unwrap();
            digests(&[folder.path().to_owned()]).unwrap()
        };
        let (first, second) = (of("a"), of("b"));
        assert_ne!(first, second);
        assert_eq!(of("a"), first);
    }
}
