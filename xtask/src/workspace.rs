//! Where things are in the checkout.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// The two builds of the host that the tasks make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    #[default]
    Debug,
    Release,
}

impl Profile {
    /// The name of cargo's folder for this build below the target folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the checkout")
}

/// Cargo's target folder for the host: `CARGO_TARGET_DIR` if it is set, else `target`.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// What is built once for every target folder: guests, their toolchain and tools.
pub fn shared_target() -> PathBuf {
    root().join("target")
}

/// The folder where cargo puts the programs of a build.
pub fn programs(profile: Profile) -> PathBuf {
    target().join(profile.folder())
}

/// The cargo that runs this task.
pub fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// The names of the folders in `folder` (relative to the root) that hold a crate, sorted.
///
/// A folder that does not exist holds none.
pub fn crates_in(folder: &str) -> Result<Vec<String>> {
    let folder = root().join(folder);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The names of the folders in `folder` (relative to the root), sorted.
pub fn folders_in(folder: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(root().join(folder))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// What the tasks need from `[workspace.package]` of the root manifest.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Package {
    pub version: String,
    pub rust_version: String,
}

/// Reads `[workspace.package]`.
pub fn package() -> Result<Package> {
    #[derive(Deserialize)]
    struct Manifest {
        workspace: Workspace,
    }
    #[derive(Deserialize)]
    struct Workspace {
        package: Package,
    }
    let path = root().join("Cargo.toml");
    let manifest: Manifest = toml::from_str(&fs_err::read_to_string(&path)?)
        .with_context(|| format!("`{}` cannot be read", path.display()))?;
    Ok(manifest.workspace.package)
}
