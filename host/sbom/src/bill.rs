//! A list of packages in one order, whoever wrote it.

use std::collections::BTreeMap;

use auditable_serde::{DependencyKind, Package, Source, VersionInfo};

/// The longest name of a package or of a kind of source, in bytes; registries allow 64.
const MAX_NAME: usize = 128;
/// The longest version, in bytes.
const MAX_VERSION: usize = 128;

/// The packages of a component, each once, sorted by name, version and source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    packages: Vec<Package>,
}

/// Why a list of packages cannot be used. Nothing of the section is quoted: it may be hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The component around it.
    #[error("the component is damaged")]
    Component,
    /// More sections than any linker makes.
    #[error("there are more than {0} sections `.dep-v0`")]
    Sections(usize),
    /// Larger than it may be, compressed or not.
    #[error("the sections `.dep-v0` hold more than {0} bytes")]
    TooLarge(u64),
    /// Not what zlib wrote.
    #[error("the section `.dep-v0` is not compressed with zlib, or is damaged")]
    Compression,
    /// Not the JSON that it must be.
    #[error("the section `.dep-v0` does not hold the JSON of `cargo auditable`")]
    Json,
    /// A name that no registry accepts.
    #[error("a package in the section `.dep-v0` has a name or version that no package can have")]
    Name,
    /// A dependency on a package that is not in the list.
    #[error("a package in the section `.dep-v0` depends on one that is not listed")]
    Dependency,
}

impl Bill {
    /// Puts lists together. Dependencies are places in their own list.
    ///
    /// # Errors
    /// A name cannot be one, or a dependency leads nowhere.
    pub fn of(lists: impl IntoIterator<Item = Vec<Package>>) -> Result<Self, Unreadable> {
        let mut merged: BTreeMap<Key, Merged> = BTreeMap::new();
        for list in lists {
            check(&list)?;
            let keys: Vec<Key> = list.iter().map(key).collect();
            for (package, own) in list.iter().zip(&keys) {
                let entry = merged.entry(own.clone()).or_insert_with(Merged::new);
                entry.kind = entry.kind.max(package.kind);
                entry.root |= package.root;
                entry.dependencies.extend(package.dependencies.iter().map(|at| keys[*at].clone()));
            }
        }
        Ok(Self { packages: numbered(merged) })
    }

    /// The packages.
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The form in which a section holds it.
    pub(crate) fn version_info(&self) -> VersionInfo {
        // Procedural macros and what only they need are no packages of the component.
        VersionInfo { packages: self.packages.clone(), format: 1 }
    }
}

type Key = (String, semver::Version, Source);

fn key(package: &Package) -> Key {
    (package.name.clone(), package.version.clone(), package.source.clone())
}

/// What all lists say about one package.
struct Merged {
    kind: DependencyKind,
    root: bool,
    dependencies: Vec<Key>,
}

impl Merged {
    fn new() -> Self {
        Self { kind: DependencyKind::Build, root: false, dependencies: Vec::new() }
    }
}

fn numbered(merged: BTreeMap<Key, Merged>) -> Vec<Package> {
    let places: BTreeMap<Key, usize> =
        merged.keys().enumerate().map(|(place, key)| (key.clone(), place)).collect();
    let package = |((name, version, source), found): (Key, Merged)| {
        let mut dependencies: Vec<usize> =
            found.dependencies.iter().map(|key| places[key]).collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        Package { name, version, source, kind: found.kind, dependencies, root: found.root }
    };
    merged.into_iter().map(package).collect()
}

/// Names are shown on terminals and written into reports: they are those that Cargo accepts.
fn check(list: &[Package]) -> Result<(), Unreadable> {
    let is_name = |text: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !text.is_empty() && text.len() <= MAX_NAME && text.chars().all(is_plain)
    };
    for package in list {
        let source = String::from(package.source.clone());
        let is_version = package.version.to_string().len() <= MAX_VERSION;
        if !is_name(&package.name) || !is_name(&source) || !is_version {
            return Err(Unreadable::Name);
        }
        if package.dependencies.iter().any(|place| *place >= list.len()) {
            return Err(Unreadable::Dependency);
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn package(name: &str, version: &str, dependencies: &[usize]) -> Package {
        Package {
            name: name.to_owned(),
            version: version.parse().unwrap(),
            source: Source::CratesIo,
            kind: DependencyKind::Runtime,
            dependencies: dependencies.to_vec(),
            root: false,
        }
    }

    #[test]
    fn lists_become_one_in_the_same_order() {
        let one = vec![package("b", "1.0.0", &[1]), package("a", "2.0.0", &[])];
        let two = vec![package("a", "2.0.0", &[]), package("c", "1.0.0", &[0])];
        let bill = Bill::of([one.clone(), two.clone()]).unwrap();
        assert_eq!(bill, Bill::of([two, one]).unwrap());
        let seen: Vec<(&str, &[usize])> =
            bill.packages().iter().map(|one| (&*one.name, &*one.dependencies)).collect();
        assert_eq!(seen, [("a", &[][..]), ("b", &[0]), ("c", &[0])]);
    }

    #[test]
    fn what_no_package_can_be_is_refused() {
        let check = |package: Package, expected: Unreadable| {
            assert_eq!(Bill::of([vec![package]]), Err(expected));
        };
        for name in ["", "a b", "\u{1b}[2J", "a\u{9b}", "a/b", "|", &"a".repeat(129)] {
            check(package(name, "1.0.0", &[]), Unreadable::Name);
        }
        check(package("a", "1.0.0", &[1]), Unreadable::Dependency);
        let source = Source::Other("\u{1b}".to_owned());
        check(Package { source, ..package("a", "1.0.0", &[]) }, Unreadable::Name);
        let long = format!("1.0.0-{}", "a".repeat(200));
        check(package("a", &long, &[]), Unreadable::Name);
    }
}
