//! `cargo xtask freeze`: keeps the contract of today, and a component that was built for it, for all times.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::origin::Origin;
use super::{FROZEN, TODAY, folder, judge, read, released};
use crate::guests::{self, Kind};
use crate::workspace::{self, Profile};
use crate::{guest, process};

/// The component of the tests that uses every part of the contract.
const COMPONENT: &str = "keeps.wasm";

/// The largest component that is kept, in bytes: it stays in the history for ever.
const MAX_COMPONENT: usize = 150_000;

/// Freezes the version in `wit/`. It is done once for each version, from a commit with nothing beside it.
pub fn run(source: guest::Source) -> Result<()> {
    let today = read(&workspace::root().join(TODAY))?;
    let version = today.version.to_string();
    let folder = folder(&version);
    if folder.exists() {
        bail!(
            "`{FROZEN}/{version}` is there: a released version never changes; give the package in `{TODAY}` a new one"
        );
    }
    judge(&released()?, &today)?;
    let commit = commit()?;
    guests::build_test_components(source, Profile::Debug)?;
    let built = guests::folder(Profile::Debug, Kind::TestComponents).join(COMPONENT);
    let component = fs_err::read(built)?;
    if component.len() > MAX_COMPONENT {
        bail!("the component has {} bytes; {MAX_COMPONENT} are the most", component.len());
    }
    check_paths(&component)?;
    copy_contract(&folder.join("wit"))?;
    fs_err::write(folder.join(COMPONENT), &component)?;
    let compiler = process::output(process::command("rustc").arg("--version"))?;
    Origin::of(&folder, commit, compiler.trim().to_owned())?.write(&folder)?;
    eprintln!(
        "`{FROZEN}/{version}` is new; commit it, and see `cargo test -p connhub-tests --test frozen`"
    );
    Ok(())
}

/// The commit that everything is made from.
fn commit() -> Result<String> {
    let changed = process::output(process::command("git").args(["status", "--porcelain"]))?;
    if !changed.trim().is_empty() {
        bail!(
            "there are changes that are not committed; what is frozen has to be made from a commit"
        );
    }
    let commit = process::output(process::command("git").args(["rev-parse", "HEAD"]))?;
    Ok(commit.trim().to_owned())
}

/// A message of a panic names the file of a library, with the folder of whoever built it.
fn check_paths(component: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(component);
    let root = workspace::root().display().to_string();
    match [root.as_str(), "/.cargo/registry/"].into_iter().find(|path| text.contains(path)) {
        Some(path) => bail!("the component holds the path `{path}` of this machine"),
        None => Ok(()),
    }
}

fn copy_contract(to: &Path) -> Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(workspace::root().join(TODAY))? {
        let path = entry?.path();
        let name = path.file_name().context("an entry has a name")?;
        if !path.is_file() {
            bail!("`{TODAY}` holds the folder `{}`, which is not kept yet", name.display());
        }
        fs_err::copy(&path, to.join(name))?;
    }
    Ok(())
}
