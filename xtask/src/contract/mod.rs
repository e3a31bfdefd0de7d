//! The law of the contract in `wit/`: a released version never changes, and within a major version components keep running.
//!
//! Each released version is kept whole in `tests/frozen/VERSION/wit`; `cargo xtask freeze` puts it there.

mod freeze;
mod law;
mod origin;
mod outline;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use semver::Version;
use wit_parser::Resolve;

use crate::workspace;
use law::Break;
use outline::Outline;

pub use freeze::run as freeze;

/// Today's contract, relative to the root.
const TODAY: &str = "wit";
/// The released versions, a folder each, relative to the root.
const FROZEN: &str = "tests/frozen";

/// Compares the contract with every released version, and prints what breaks the law.
pub fn check() -> Result<()> {
    let released = released()?;
    if released.is_empty() {
        bail!("`{FROZEN}` holds no released version of the contract; it has to hold all of them");
    }
    judge(&released, &read(&workspace::root().join(TODAY))?)
}

fn judge(released: &[Outline], today: &Outline) -> Result<()> {
    let breaks = breaks_of(released, today)?;
    for found in &breaks {
        eprintln!("{found}");
    }
    if !breaks.is_empty() {
        bail!(
            "changes that break the law of the contract: {}; CONTRIBUTING.md has it, \"Changing the contract\"",
            breaks.len()
        );
    }
    Ok(())
}

/// What breaks the law, an item once: the newest release that it breaks with is named.
fn breaks_of(released: &[Outline], today: &Outline) -> Result<Vec<Break>> {
    check_version(released, &today.version)?;
    let mut breaks: Vec<Break> = Vec::new();
    for version in released.iter().rev().filter(|one| one.version.major == today.version.major) {
        for found in law::breaks(version, today) {
            if !breaks.iter().any(|known| known.item == found.item && known.place == found.place) {
                breaks.push(found);
            }
        }
    }
    Ok(breaks)
}

/// The version of a contract only grows, and is one that components can be built for.
fn check_version(released: &[Outline], today: &Version) -> Result<()> {
    if !today.pre.is_empty() || !today.build.is_empty() {
        bail!(
            "the contract has the version {today}; a component of such a version runs on no other host"
        );
    }
    match released.last() {
        Some(newest) if *today < newest.version => bail!(
            "the contract has the version {today}, and {} is released; a version never goes back",
            newest.version
        ),
        _ => Ok(()),
    }
}

/// The released versions, the oldest first.
fn released() -> Result<Vec<Outline>> {
    let mut released = Vec::new();
    if !workspace::root().join(FROZEN).is_dir() {
        return Ok(released);
    }
    for name in workspace::folders_in(FROZEN)? {
        let outline = read(&folder(&name).join("wit"))?;
        if outline.version.to_string() != name {
            bail!("`{FROZEN}/{name}` holds the contract {}", outline.version);
        }
        origin::verify(&folder(&name))?;
        released.push(outline);
    }
    released.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(released)
}

/// The folder of a released version.
fn folder(version: &str) -> PathBuf {
    workspace::root().join(FROZEN).join(version)
}

fn read(folder: &Path) -> Result<Outline> {
    let mut resolve = Resolve::default();
    let shown = folder.strip_prefix(workspace::root()).unwrap_or(folder);
    let (package, _) = resolve
        .push_dir(folder)
        .with_context(|| format!("the contract in `{}` cannot be read", shown.display()))?;
    let mut outline = Outline::of(&resolve, package)?;
    let prefix = format!("{}/", workspace::root().display());
    for item in outline.items.values_mut() {
        item.place = item.place.replace(&prefix, "");
    }
    Ok(outline)
}
