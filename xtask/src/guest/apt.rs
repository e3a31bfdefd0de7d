//! Debian's package tools, used without root and without installing anything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// Libraries that every machine with a C compiler has. Unpacked copies of these must never be
/// loaded, since they belong to the dynamic loader of the machine.
const OF_THE_MACHINE: &[&str] = &["libc6", "libgcc-s1", "libstdc++6"];

/// The package lists of the machine, or private ones where it has none.
pub struct Apt {
    options: Vec<String>,
}

/// A package at the version that `apt` would install.
#[derive(Debug, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// The names in `Depends`, the first of each set of alternatives.
    pub depends: Vec<String>,
}

impl Apt {
    /// Finds lists that know `wanted`, fetching private ones into `folder` if need be.
    pub fn knowing(wanted: &str, folder: &Path) -> Result<Self> {
        for program in ["apt-get", "apt-cache", "dpkg"] {
            if !process::exists(program) {
                bail!("this is no Debian: there is no `{program}`");
            }
        }
        let machine = Self { options: Vec::new() };
        if machine.package(wanted)?.is_some() {
            return Ok(machine);
        }
        let private = Self { options: private_lists(folder)? };
        process::run(&mut private.command("apt-get", &["update", "--quiet"]))?;
        match private.package(wanted)? {
            Some(_) => Ok(private),
            None => bail!("no package `{wanted}` in the sources that apt is configured with"),
        }
    }

    /// Looks a package up.
    pub fn package(&self, name: &str) -> Result<Option<Package>> {
        let mut show = self.command("apt-cache", &["show", "--no-all-versions", name]);
        Ok(process::output(&mut show).ok().as_deref().and_then(parse_record))
    }

    /// Like [`Apt::package`] for one that must be there.
    pub fn required(&self, name: &str) -> Result<Package> {
        self.package(name)?.with_context(|| format!("apt knows no package `{name}`"))
    }

    /// The libraries below `package` that this machine does not have, found by their names.
    pub fn missing_libraries(&self, package: &Package) -> Result<Vec<Package>> {
        let mut seen = BTreeSet::from([package.name.clone()]);
        let mut queue = package.depends.clone();
        let mut missing = Vec::new();
        while let Some(name) = queue.pop() {
            if !wanted_library(&name) || !seen.insert(name.clone()) || installed(&name) {
                continue;
            }
            let library = self.required(&name)?;
            queue.extend(library.depends.iter().cloned());
            missing.push(library);
        }
        Ok(missing)
    }

    /// Downloads packages into `folder`; apt checks them against the signed lists.
    pub fn download(&self, packages: &[Package], folder: &Path) -> Result<Vec<PathBuf>> {
        let mut download = self.command("apt-get", &["download", "--quiet"]);
        download
            .args(packages.iter().map(|package| format!("{}={}", package.name, package.version)));
        process::run(download.current_dir(folder))?;
        let mut files = Vec::new();
        for entry in fs_err::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                files.push(path);
            }
        }
        Ok(files)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = process::command(program);
        // The user `_apt` cannot write to a folder of somebody's checkout.
        command.args(["-o", "APT::Sandbox::User=root"]);
        command.args(&self.options).args(arguments).env("LC_ALL", "C");
        command
    }
}

/// Unpacks one package.
pub fn unpack(package: &Path, folder: &Path) -> Result<()> {
    process::run_quietly(process::command("dpkg").arg("-x").arg(package).arg(folder))
}

fn private_lists(folder: &Path) -> Result<Vec<String>> {
    let (lists, cache) = (folder.join("lists"), folder.join("cache"));
    fs_err::create_dir_all(lists.join("partial"))?;
    fs_err::create_dir_all(cache.join("archives/partial"))?;
    let places = [("Dir::State::lists", lists), ("Dir::Cache", cache)];
    let option = |(key, place): (&str, PathBuf)| format!("-o{key}={}", place.display());
    Ok(places.map(option).to_vec())
}

fn wanted_library(name: &str) -> bool {
    name.starts_with("lib") && !name.ends_with("-dev") && !OF_THE_MACHINE.contains(&name)
}

fn installed(name: &str) -> bool {
    let mut query = process::command("dpkg-query");
    query.args(["--show", "--showformat", "${db:Status-Status}", name]);
    process::output(&mut query).is_ok_and(|status| status.starts_with("installed"))
}

fn parse_record(text: &str) -> Option<Package> {
    let field =
        |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    Some(Package {
        name: field("Package")?.to_owned(),
        version: field("Version")?.to_owned(),
        depends: field("Depends").map(parse_depends).unwrap_or_default(),
    })
}

fn parse_depends(list: &str) -> Vec<String> {
    let name = |entry: &str| entry.trim().split([' ', '(', '|', ':']).next().map(str::to_owned);
    list.split(',').filter_map(name).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_version_and_first_alternatives() {
        let text = "Package: rustc-web\nVersion: 1.96.0+dfsg1-1\n\
            Depends: libc6 (>= 2.34), libstd-rust-web-dev (= 1.96.0), gcc:any | clang, binutils\n\
            Description: a compiler\n";
        let package = parse_record(text).unwrap();
        assert_eq!(package.version, "1.96.0+dfsg1-1");
        assert_eq!(package.depends, ["libc6", "libstd-rust-web-dev", "gcc", "binutils"]);
        assert_eq!(parse_record("N: no packages found"), None);
    }

    #[test]
    fn only_shared_libraries_are_followed() {
        let check = |name, expected| assert_eq!(wanted_library(name), expected, "{name}");
        check("libllvm22", true);
        check("libz3-4", true);
        check("libc6", false);
        check("libc6-dev", false);
        check("gcc", false);
    }
}
