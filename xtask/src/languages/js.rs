//! The tools for the template for JavaScript. Node.js comes from PyPI, the packages from npm, both in pinned versions and below `target`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Language, path_with};
use crate::{process, venv, workspace};

pub(super) const JS: Language =
    Language { word: "js", tools, tests: &["npm", "--silent", "test"], equip: link_packages };

/// Node.js with npm.
const NODE: &str = "tests/toolchains/js/requirements.txt";
/// What the template names, and the lock of everything below that: authors get what npm finds, the tests what they were written with.
const PACKAGES: [&str; 2] =
    ["tests/toolchains/js/package.json", "tests/toolchains/js/package-lock.json"];

/// Makes the folder of the tools, anew whenever the pinned versions have changed. Returns that of the programs of Node.js.
fn tools() -> Result<PathBuf> {
    let node = folder().join("node");
    venv::prepare(&node, NODE)?;
    let programs = node.join("bin");
    let root = workspace::root();
    let wanted = PACKAGES.map(|file| fs_err::read_to_string(root.join(file)));
    let wanted = wanted.into_iter().collect::<std::io::Result<String>>()?;
    // Written last, so that an installation that broke off is begun again.
    let stamp = folder().join("installed.txt");
    if fs_err::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    for file in PACKAGES {
        let path = root.join(file);
        fs_err::copy(&path, folder().join(path.file_name().context("it is a file")?))?;
    }
    // No package runs anything when it is installed: none of them needs it.
    let mut npm = Command::new(programs.join("npm"));
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    process::run(npm.current_dir(folder()).env("PATH", path_with(&programs)?))?;
    fs_err::write(&stamp, wanted)?;
    Ok(programs)
}

fn folder() -> PathBuf {
    workspace::target().join("toolchains/js")
}

/// npm puts packages into the project that uses them.
fn link_packages(project: &Path, _: &Path) -> Result<()> {
    let packages = folder().join("node_modules");
    Ok(fs_err::os::unix::fs::symlink(packages, project.join("node_modules"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_are_those_that_the_template_names() {
        let read = |path: &str| -> serde_json::Value {
            serde_json::from_slice(&fs_err::read(workspace::root().join(path)).unwrap()).unwrap()
        };
        let template = read("sdk/templates/js/package.json");
        let ours = read(PACKAGES[0]);
        assert_eq!(ours["devDependencies"], template["devDependencies"]);
        let locked = read(PACKAGES[1]);
        for (name, version) in ours["devDependencies"].as_object().unwrap() {
            let place = format!("node_modules/{name}");
            assert_eq!(&locked["packages"][place.as_str()]["version"], version, "{name}");
        }
    }

    #[test]
    fn every_package_is_pinned_by_its_digest() {
        let path = workspace::root().join(PACKAGES[1]);
        let locked: serde_json::Value =
            serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
        let packages = locked["packages"].as_object().unwrap();
        for (place, package) in packages.iter().filter(|(place, _)| !place.is_empty()) {
            assert!(package["integrity"].is_string(), "{place}");
        }
    }
}
