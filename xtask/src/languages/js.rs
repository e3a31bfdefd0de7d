//! The template for JavaScript. Node.js comes from PyPI, the tools from npm, both in pinned versions and below `target`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{digests, place};
use crate::workspace::{self, Profile};
use crate::{host, process};

/// What is installed: Node.js, and the tools with everything below them.
const NODE: &str = "tests/toolchains/js/requirements.txt";
const PACKAGES: [&str; 2] =
    ["tests/toolchains/js/package.json", "tests/toolchains/js/package-lock.json"];

/// What the component is made of.
const SOURCES: [&str; 2] = ["sdk/templates/js", "wit"];

const NAME: &str = "example-store";

/// Makes the project with `plugin new`, runs its tests, builds it with `plugin build`.
///
/// # Errors
/// The tools cannot be had, a test of the template fails, or it cannot be built.
pub fn prepare() -> Result<()> {
    let root = workspace::root();
    let sources: Vec<_> = SOURCES.iter().chain(&PACKAGES).map(|path| root.join(path)).collect();
    let wanted = digests(&sources)?;
    let project = super::folder().join("js");
    let component = project.join("target/example_store.wasm");
    // Written last, so that what broke off is begun again.
    let stamp = super::folder().join("js.txt");
    if !(component.is_file() && fs_err::read_to_string(&stamp).is_ok_and(|built| built == wanted)) {
        let tools = tools()?;
        build(&project, &tools)?;
        fs_err::write(&stamp, wanted)?;
    }
    place("js", &component)
}

fn build(project: &Path, tools: &Path) -> Result<()> {
    if project.exists() {
        fs_err::remove_dir_all(project)?;
    }
    let program = host::program(Profile::Debug);
    let mut new = Command::new(&program);
    process::run(new.args(["plugin", "new", NAME, "--lang", "js", "--dir"]).arg(project))?;
    fs_err::os::unix::fs::symlink(tools.join("node_modules"), project.join("node_modules"))?;
    process::run(with_node("npm", tools)?.arg("test").current_dir(project))?;
    let mut build = with_node(&program, tools)?;
    process::run(build.args(["plugin", "build"]).arg(project))
}

/// The folder that holds Node.js and `node_modules`, made anew whenever the pinned versions have changed.
fn tools() -> Result<PathBuf> {
    let folder = workspace::target().join("toolchains").join("js");
    let root = workspace::root();
    let wanted = digests(&[root.join(NODE), root.join(PACKAGES[0]), root.join(PACKAGES[1])])?;
    let stamp = folder.join("installed.txt");
    if fs_err::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fs_err::create_dir_all(&folder)?;
    process::ensure("python3", "python3-venv")?;
    process::run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("node")))
        .context("on Debian `python3 -m venv` is in the package `python3-venv`")?;
    let mut pip = process::command(folder.join("node/bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-compile"]);
    process::run(pip.args(["--requirement", NODE]))?;
    for file in PACKAGES {
        let path = root.join(file);
        fs_err::copy(&path, folder.join(path.file_name().context("it is a file")?))?;
    }
    let mut npm = with_node("npm", &folder)?;
    // No package runs anything when it is installed: none of them needs it.
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    process::run(&mut npm)?;
    fs_err::write(&stamp, wanted)?;
    Ok(folder)
}

/// A command for which the pinned Node.js is the first on `PATH`.
fn with_node(program: impl AsRef<Path>, tools: &Path) -> Result<Command> {
    let own = tools.join("node/bin");
    let program = program.as_ref();
    // The path is looked up before the command's own `PATH` counts.
    let program = if program == Path::new("npm") { &own.join("npm") } else { program };
    let mut command = process::command(program);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(own).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(path)?);
    Ok(command)
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
