//! `origin.toml` of a released version: what its files were made from, and how to see that nobody changed them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The file's name, in the folder of the version.
const FILE: &str = "origin.toml";

/// Where a released version comes from.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The commit of this repository.
    pub commit: String,
    /// What compiled the component, as it calls itself.
    pub compiler: String,
    /// The SHA-256 of every other file, by its path in the folder.
    sha256: BTreeMap<String, String>,
}

impl Origin {
    /// Describes the files that are in a folder.
    pub fn of(folder: &Path, commit: String, compiler: String) -> Result<Self> {
        Ok(Self { commit, compiler, sha256: digests(folder)? })
    }

    /// Writes it beside the files.
    pub fn write(&self, folder: &Path) -> Result<()> {
        Ok(fs_err::write(folder.join(FILE), toml::to_string(self)?)?)
    }
}

/// Checks that the files of a released version are those that were frozen.
pub fn verify(folder: &Path) -> Result<()> {
    let text = fs_err::read_to_string(folder.join(FILE))?;
    let shown = folder.file_name().unwrap_or_default().display();
    let origin: Origin =
        toml::from_str(&text).with_context(|| format!("`{FILE}` of {shown} cannot be read"))?;
    let found = digests(folder)?;
    let names = origin.sha256.keys().chain(found.keys());
    for name in names {
        if origin.sha256.get(name) != found.get(name) {
            bail!(
                "`{name}` of the released version {shown} is not what was frozen; restore it: `git log` of its folder has it"
            );
        }
    }
    Ok(())
}

fn digests(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut digests = BTreeMap::new();
    collect(folder, "", &mut digests)?;
    digests.remove(FILE);
    Ok(digests)
}

fn collect(folder: &Path, prefix: &str, digests: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().context("an entry has a name")?.to_string_lossy();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), digests)?;
        } else {
            let digest = Sha256::digest(fs_err::read(&path)?);
            let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            digests.insert(name, digest);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_added_or_removed_is_named() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs_err::write(place.path().join(name), text).unwrap();
        fs_err::create_dir(place.path().join("wit")).unwrap();
        write("wit/log.wit", "interface log {}");
        write("keeps.wasm", "component");
        let origin = Origin::of(place.path(), "abc".into(), "rustc".into()).unwrap();
        origin.write(place.path()).unwrap();
        verify(place.path()).unwrap();
        let check = |name: &str| {
            let error = verify(place.path()).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")), "{error}");
        };
        write("wit/log.wit", "interface log { }");
        check("wit/log.wit");
        write("wit/log.wit", "interface log {}");
        write("more.wasm", "");
        check("more.wasm");
        fs_err::remove_file(place.path().join("more.wasm")).unwrap();
        fs_err::remove_file(place.path().join("keeps.wasm")).unwrap();
        check("keeps.wasm");
    }
}
