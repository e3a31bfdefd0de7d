//! Building the connectors and the hostile components of the tests.
//!
//! The connectors are built as an author builds one: `connhub plugin build`, in a profile of this workspace. The components of the tests are
//! not: one call of Cargo makes all of them, and many could not be built as connectors, since they are none.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::workspace::{self, Profile};
use crate::{guest, host, plugin_files, process};

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

    /// The folder for the components, beside the host's program.
    fn folder(self) -> &'static str {
        match self {
            Self::Connectors => "connectors",
            Self::TestComponents => "test-components",
        }
    }
}

/// What `connhub plugin build -o json` says.
#[derive(serde::Deserialize)]
struct Built {
    component: PathBuf,
    sha256: String,
    packages: Option<usize>,
}

/// Runs `cargo xtask guests`.
pub fn run(source: guest::Source, arguments: &Arguments) -> Result<()> {
    let profile = if arguments.release { Profile::Release } else { Profile::Debug };
    build_connectors(source, profile, &host::build(profile)?)?;
    if arguments.tests {
        build_test_components(source, profile)?;
    }
    Ok(())
}

/// Has the host's `program` build all connectors, and puts them beside it with the files that describe them.
pub fn build_connectors(source: guest::Source, profile: Profile, program: &Path) -> Result<()> {
    let kind = Kind::Connectors;
    let names = workspace::crates_in(kind.sources())?;
    let environment = guest::Environment::new(source)?;
    let folder = folder(profile, kind);
    fs_err::create_dir_all(&folder)?;
    for name in &names {
        let project = Path::new(kind.sources()).join(name);
        build_project(program, &project, &environment, &folder.join(format!("{name}.wasm")))
            .with_context(|| format!("the connector `{name}` cannot be built"))?;
    }
    plugin_files::write(&folder, &names)
}

/// Has the host's `program` build a project in Rust of this workspace, and puts the component into its `place`.
pub fn build_project(
    program: &Path,
    project: &Path,
    environment: &guest::Environment,
    place: &Path,
) -> Result<()> {
    // Another task must not link a component again while this one copies it.
    let _lock = lock()?;
    let mut build = process::command(program);
    build.args(["plugin", "build", "--profile", guest::PROFILE, "-o", "json"]).arg(project);
    environment.apply(&mut build);
    eprintln!("$ {}", process::shown(&build));
    let said = process::output(build.stderr(Stdio::inherit()))?;
    let built: Built = serde_json::from_str(&said).context("`plugin build` says no JSON")?;
    let component = fs_err::read(&built.component)?;
    ensure!(plugin_files::sha256(&component) == built.sha256, "it is not what was built");
    plugin_files::replace(place, &component)?;
    let packages = built.packages.context("it does not say what it is made of")?;
    eprintln!("{:>9} bytes  {}, {packages} packages", component.len(), project.display());
    Ok(())
}

/// Builds the components that misbehave on purpose, and puts them beside the host's program.
pub fn build_test_components(source: guest::Source, profile: Profile) -> Result<()> {
    let kind = Kind::TestComponents;
    let names = workspace::crates_in(kind.sources())?;
    let _lock = lock()?;
    let mut cargo = guest::cargo(source, "build")?;
    names.iter().for_each(|name| {
        cargo.arg("--package").arg(package(name));
    });
    process::run(&mut cargo)?;
    let folder = folder(profile, kind);
    fs_err::create_dir_all(&folder)?;
    names.iter().try_for_each(|name| place(name, &folder))
}

/// Where the guests of a kind are after [`build_connectors`].
pub fn folder(profile: Profile, kind: Kind) -> PathBuf {
    workspace::programs(profile).join(kind.folder())
}

/// Whether [`build_connectors`] was done for this build.
pub fn are_built(profile: Profile) -> bool {
    folder(profile, Kind::Connectors).join("plugins.lock").exists()
}

fn lock() -> Result<File> {
    fs_err::create_dir_all(guest::output())?;
    let file = File::create(guest::output().join("lock"))?;
    file.lock().context("the folder of the guests cannot be locked")?;
    Ok(file)
}

fn package(name: &str) -> String {
    format!("connhub-test-{name}")
}

/// Puts a component of the tests where it is used.
fn place(name: &str, folder: &Path) -> Result<()> {
    let file = format!("{}.wasm", package(name)).replace('-', "_");
    let built = guest::output().join(guest::TARGET).join(guest::PROFILE).join(file);
    let component = fs_err::read(&built)
        .with_context(|| format!("`{name}` made no component; is it a `cdylib`?"))?;
    ensure!(component.starts_with(COMPONENT), "`{}` is no component", built.display());
    plugin_files::replace(&folder.join(format!("{name}.wasm")), &component)?;
    eprintln!("{:>9} bytes  {name}", component.len());
    Ok(())
}
