//! Building the connectors and the hostile components of the tests.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

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
    process::run(&mut cargo)?;
    let folder = folder(profile, kind);
    fs_err::create_dir_all(&folder)?;
    for name in &names {
        place(kind, name, &folder)?;
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

fn place(kind: Kind, name: &str, folder: &Path) -> Result<()> {
    let file = format!("{}{name}.wasm", kind.prefix()).replace('-', "_");
    let built = guest::output().join(guest::TARGET).join("guest").join(file);
    let component = fs_err::read(&built)
        .with_context(|| format!("`{name}` made no component; is it a `cdylib`?"))?;
    if !component.starts_with(COMPONENT) {
        bail!("`{}` is no component", built.display());
    }
    plugin_files::replace(&folder.join(format!("{name}.wasm")), &component)?;
    eprintln!("{:>9} bytes  {name}", component.len());
    Ok(())
}
