//! The connectors of the templates as components, for the suite `languages`: the same small connector in every language.
//!
//! What a component is made of has a digest; one whose digest is that of the last build is not built again.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::c_toolchain::CToolchain;
use crate::workspace::{self, Profile};
use crate::{guest, host, plugin_files, process};

/// The connector of every template, and the package of the one for Rust.
const NAME: &str = "example-store";

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
    c()
}

/// Cargo knows what has to be built again.
fn rust(source: guest::Source) -> Result<()> {
    let mut cargo = guest::cargo(source, "build")?;
    process::run(cargo.args(["--package", NAME]))?;
    let file = format!("{}.wasm", NAME.replace('-', "_"));
    place("rust", &guest::output().join(guest::TARGET).join("guest").join(file))
}

/// A project as `plugin new` makes it, built as `plugin build` does.
fn c() -> Result<()> {
    process::ensure("make", "make")?;
    let tools = CToolchain::get_or_install()?;
    let connhub = host::build(Profile::Debug)?;
    let project = folder().join("c");
    if project.exists() {
        fs_err::remove_dir_all(&project)?;
    }
    let mut new = process::command(&connhub);
    process::run(new.args(["plugin", "new", NAME, "--lang", "c", "--dir"]).arg(&project))?;
    process::run(process::command("make").arg("test").arg("-C").arg(&project))?;
    let mut build = process::command(&connhub);
    tools.apply(build.args(["plugin", "build"]).arg(&project));
    process::run(&mut build)?;
    place("c", &project.join("target/example_store.wasm"))
}

fn place(language: &str, built: &Path) -> Result<()> {
    let component = fs_err::read(built).context("a template made no component")?;
    plugin_files::replace(&folder().join(format!("{language}.wasm")), &component)?;
    eprintln!("{:>9} bytes  the template for {language}", component.len());
    Ok(())
}
