//! From a build of Cargo to the packages of its component.
//!
//! What is locked and what the build compiled for the target say together which packages are in a component, without a further command and
//! without the network. Procedural macros and build scripts are compiled for the machine that builds, so they are not among them.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::path::{Component, Path};

use auditable_serde::{DependencyKind, Package, Source};
use serde::Deserialize;

use crate::bill::{Bill, Unreadable};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Why the packages of a build cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum NoBill {
    /// Not the file that it must be.
    #[error("`Cargo.lock` cannot be read")]
    Lock(#[source] toml::de::Error),
    /// The package is not in the lock file.
    #[error("`Cargo.lock` has no package `{0}`")]
    NoRoot(String),
    /// Something else that a list may not hold.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

#[derive(Deserialize)]
struct LockFile {
    #[serde(default, rename = "package")]
    packages: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: semver::Version,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The packages that a build put into the component of the package `root`: what is reachable from it in `lock`, the text of `Cargo.lock`, and was
/// compiled for `target` by the `messages` of `cargo build --message-format json`.
///
/// # Errors
/// The lock file cannot be read or does not know the package.
pub fn bill_of_build(root: &str, target: &str, lock: &str, messages: &str) -> Result<Bill, NoBill> {
    let lock: LockFile = toml::from_str(lock).map_err(NoBill::Lock)?;
    let compiled = compiled(messages, target);
    let is_compiled = |at: &usize| {
        let package = &lock.packages[*at];
        compiled.contains(&(package.name.clone(), package.version.to_string()))
    };
    let is_root = |package: &Locked| package.name == root && package.source.is_none();
    let first = lock.packages.iter().position(is_root);
    let first = first.ok_or_else(|| NoBill::NoRoot(root.to_owned()))?;
    let edges = |at: usize| -> Vec<usize> {
        let wanted = lock.packages[at].dependencies.iter();
        wanted.filter_map(|text| find(&lock.packages, text)).filter(is_compiled).collect()
    };
    let mut found = BTreeMap::new();
    let mut open = vec![first];
    while let Some(at) = open.pop() {
        if let Entry::Vacant(place) = found.entry(at) {
            open.extend(place.insert(edges(at)).iter());
        }
    }
    Ok(Bill::of([packages(&lock.packages, &found, first)])?)
}

fn packages(all: &[Locked], found: &BTreeMap<usize, Vec<usize>>, root: usize) -> Vec<Package> {
    let places: BTreeMap<usize, usize> =
        found.keys().enumerate().map(|(place, at)| (*at, place)).collect();
    let package = |(at, dependencies): (&usize, &Vec<usize>)| Package {
        name: all[*at].name.clone(),
        version: all[*at].version.clone(),
        source: source(all[*at].source.as_deref()),
        kind: DependencyKind::Runtime,
        dependencies: dependencies.iter().map(|at| places[at]).collect(),
        root: *at == root,
    };
    found.iter().map(package).collect()
}

fn source(text: Option<&str>) -> Source {
    match text {
        None => Source::Local,
        Some(CRATES_IO) => Source::CratesIo,
        Some(text) if text.starts_with("git+") => Source::Git,
        Some(_) => Source::Registry,
    }
}

/// The package that a dependency of a lock file names: `NAME`, `NAME VERSION` or `NAME VERSION (SOURCE)`.
fn find(all: &[Locked], text: &str) -> Option<usize> {
    let mut words = text.split(' ');
    let (name, version, source) = (words.next()?, words.next(), words.next());
    all.iter().position(|package| {
        package.name == name
            && version.is_none_or(|version| package.version.to_string() == version)
            && source.is_none_or(|source| {
                package.source.as_deref() == Some(source.trim_matches(['(', ')']))
            })
    })
}

/// What a build reports of one package.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<String>,
}

/// Names and versions of what was compiled for a target, now or before.
fn compiled(messages: &str, target: &str) -> BTreeSet<(String, String)> {
    let for_target = |file: &String| {
        Path::new(file).components().any(|part| part == Component::Normal(target.as_ref()))
    };
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    messages
        .filter(|message| {
            message.reason == "compiler-artifact" && message.filenames.iter().any(for_target)
        })
        .filter_map(|message| name_and_version(&message.package_id))
        .collect()
}

/// Name and version of a package id of Cargo: `URL#NAME@VERSION`, or `URL#VERSION` where the name is the end of the address.
pub fn name_and_version(id: &str) -> Option<(String, String)> {
    let (url, fragment) = id.rsplit_once('#')?;
    let (name, version) = match fragment.rsplit_once('@') {
        Some(both) => both,
        None => {
            let path = url.split('?').next()?;
            (path.rsplit('/').next()?, fragment)
        }
    };
    Some((name.to_owned(), version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "acme"
version = "0.1.0"
dependencies = ["serde", "serde_derive", "shared 2.0.0", "tested"]

[[package]]
name = "serde"
version = "1.0.2"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["serde_derive"]

[[package]]
name = "serde_derive"
version = "1.0.2"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["shared 1.0.0"]

[[package]]
name = "shared"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "shared"
version = "2.0.0"
source = "git+https://example.com/shared?tag=v2#0123"

[[package]]
name = "tested"
version = "3.0.0"
source = "registry+https://registry.example.com/index"
"#;

    fn artifact(id: &str, folder: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","filenames":["/t/{folder}/release/x.rlib"]}}"#
        )
    }

    #[test]
    fn what_was_compiled_for_the_target_is_listed() {
        let messages = [
            artifact("registry+https://github.com/rust-lang/crates.io-index#serde@1.0.2", "wasm32"),
            artifact(
                "registry+https://github.com/rust-lang/crates.io-index#serde_derive@1.0.2",
                "release",
            ),
            artifact(
                "registry+https://github.com/rust-lang/crates.io-index#shared@1.0.0",
                "release",
            ),
            artifact("git+https://example.com/shared?tag=v2#2.0.0", "wasm32"),
            artifact("path+file:///p/acme#0.1.0", "wasm32"),
            "no json".to_owned(),
        ];
        let bill = bill_of_build("acme", "wasm32", LOCK, &messages.join("\n")).unwrap();
        let shown: Vec<String> = bill
            .packages()
            .iter()
            .map(|one| {
                let source = String::from(one.source.clone());
                format!("{} {} {source} {:?} {}", one.name, one.version, one.dependencies, one.root)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "acme 0.1.0 local [1, 2] true",
                "serde 1.0.2 crates.io [] false",
                "shared 2.0.0 git [] false",
            ]
        );
    }

    #[test]
    fn a_package_that_is_not_locked_is_an_error() {
        let check = |root: &str, lock: &str, words: &str| {
            let error = bill_of_build(root, "wasm32", lock, "").unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        };
        check("other", LOCK, "no package `other`");
        check("serde", LOCK, "no package `serde`");
        check("acme", "packages", "cannot be read");
    }
}
