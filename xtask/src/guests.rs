//! Building the connectors and the hostile components of the tests.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use connhub_sbom::Bill;

use crate::workspace::{self, Profile};
use crate::{guest, plugin_files, process};

/// The first bytes of a component: the magic number, version 13 and layer 1.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// What `cargo xtask guests` accepts.
#[derive(clap::Args)]
pub struct Arguments {
    /// Put the connectors beside the release build of the host
    #[arg(long)]
    release: bool,
    /// Build the hostile components of the tests too
    #[arg(long)]
    tests: bool,
}

/// The two kinds of guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The shipped connectors.
    Connectors,
    /// The components that misbehave on purpose.
    TestComponents,
}

impl Kind {
    /// The folder of the crates, relative to the root.
    fn sources(self) -> &'static str {
        match self {
            Self::Connectors => "connectors",
            Self::TestComponents => "tests/components",
        }
    }

    /// What a package's name begins with; the rest is the name of its folder.
    fn prefix(self) -> &'static str {
        match self {
            Self::Connectors => "connhub-connector-",
            Self::TestComponents => "connhub-test-",
        }
    }

    /// The folder for the components, beside the host's program.
    fn folder(self) -> &'static str {
        match self {
            Self::Connectors => "connectors",
            Self::TestComponents => "test-components",
        }
    }
}

/// Runs `cargo xtask guests`.
pub fn run(source: guest::Source, arguments: &Arguments) -> Result<()> {
    let profile = if arguments.release { Profile::Release } else { Profile::Debug };
    build(source, profile, Kind::Connectors)?;
    if arguments.tests {
        build(source, profile, Kind::TestComponents)?;
    }
    Ok(())
}

/// Builds all guests of a kind and puts them beside the host's program.
pub fn build(source: guest::Source, profile: Profile, kind: Kind) -> Result<()> {
    let names = workspace::crates_in(kind.sources())?;
    if names.is_empty() {
        return Ok(());
    }
    // Another task must not link a component again while this one copies it.
    let _lock = lock()?;
    let mut cargo = guest::cargo(source, "build")?;
    names.iter().for_each(|name| {
        cargo.arg("--package").arg(format!("{}{name}", kind.prefix()));
    });
    cargo.args(["--message-format", "json-render-diagnostics"]);
    eprintln!("$ {}", process::shown(&cargo));
    let messages = process::output(cargo.stderr(Stdio::inherit()))?;
    let lock = fs_err::read_to_string(workspace::root().join("Cargo.lock"))?;
    let folder = folder(profile, kind);
    fs_err::create_dir_all(&folder)?;
    for name in &names {
        let package = format!("{}{name}", kind.prefix());
        let bill = connhub_sbom::bill_of_build(&package, guest::TARGET, &lock, &messages)
            .with_context(|| format!("what `{name}` is made of cannot be told"))?;
        place(kind, name, &bill, &folder)?;
    }
    match kind {
        Kind::Connectors => plugin_files::write(&folder, &names),
        Kind::TestComponents => Ok(()),
    }
}

/// Where the guests of a kind are after [`build`].
pub fn folder(profile: Profile, kind: Kind) -> PathBuf {
    workspace::programs(profile).join(kind.folder())
}

fn lock() -> Result<File> {
    fs_err::create_dir_all(guest::output())?;
    let file = File::create(guest::output().join("lock"))?;
    file.lock().context("the folder of the guests cannot be locked")?;
    Ok(file)
}

/// Puts a component where it is used, with the list of its packages.
fn place(kind: Kind, name: &str, bill: &Bill, folder: &Path) -> Result<()> {
    let file = format!("{}{name}.wasm", kind.prefix()).replace('-', "_");
    let built = guest::output().join(guest::TARGET).join("guest").join(file);
    let component = fs_err::read(&built)
        .with_context(|| format!("`{name}` made no component; is it a `cdylib`?"))?;
    if !component.starts_with(COMPONENT) {
        bail!("`{}` is no component", built.display());
    }
    let component = connhub_sbom::with_bill(&component, bill)?;
    plugin_files::replace(&folder.join(format!("{name}.wasm")), &component)?;
    eprintln!("{:>9} bytes  {name}, {} packages", component.len(), bill.packages().len());
    Ok(())
}
