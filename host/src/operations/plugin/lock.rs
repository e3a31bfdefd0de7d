//! Writing `plugins.lock`: from now on these components and no others.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use super::files;
use super::lock_file::{Entry, LockChange, LockDocument};
use crate::model::{Error, Kind};
use crate::operations::inspect::{Digest, inspect};
use crate::plugins::signatures_beside;
use crate::settings::Signer;
use crate::signing::{Signed, signed_by};

/// What was written.
#[derive(Debug)]
pub struct Lock {
    /// The lock file.
    pub file: PathBuf,
    /// The connectors that were locked, by name.
    pub connectors: Vec<LockedConnector>,
}

/// A connector that was locked.
#[derive(Debug, PartialEq, Eq)]
pub struct LockedConnector {
    /// Its name.
    pub name: String,
    /// What became of its entry.
    pub change: LockChange,
    /// What its component is.
    pub digest: Digest,
}

/// Locks the connectors of a `plugins.toml`: those that are named, or all. `signers` are the known ones.
///
/// # Errors
/// A file cannot be read or written, or a component is no connector. The lock is written whole or not at all.
pub fn lock(plugins: &Path, names: &[String], signers: &[Signer]) -> Result<Lock, Error> {
    let configured = configured(plugins)?;
    if let Some(name) = names.iter().find(|name| !configured.iter().any(|one| one.0 == **name)) {
        return Err(unknown(plugins, name, &configured));
    }
    let folder = plugins.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let _guard = files::guard(folder)?;
    let mut document = LockDocument::beside(plugins)?;
    if names.is_empty() {
        document.retain(|name| configured.iter().any(|one| one.0 == name))?;
    }
    let mut connectors = Vec::new();
    for (name, component) in configured {
        if names.is_empty() || names.contains(&name) {
            let locked = enter(&mut document, folder, name, &component, signers)?;
            connectors.push(locked);
        }
    }
    let file = document.path.clone();
    files::apply(vec![document.change()])?;
    Ok(Lock { file, connectors })
}

fn enter(
    document: &mut LockDocument,
    folder: &Path,
    name: String,
    component: &str,
    signers: &[Signer],
) -> Result<LockedConnector, Error> {
    let path = folder.join(component);
    let (digest, inspected, bytes) = inspect(&path)?;
    let signatures = signatures_beside(&path)?;
    let sha256 = digest.bytes;
    let signed = Signed { sha256: &sha256, bytes: &bytes };
    let keys = signers.iter().map(|signer| &signer.key);
    let signers = signed_by(keys, &signatures, signed);
    let source = document.source_of(&name, &digest.sha256);
    let entry = Entry {
        component,
        source: source.as_deref().unwrap_or(component),
        sha256: &digest.sha256,
        size: digest.size,
        inspected: &inspected,
        signers: signers.iter().map(ToString::to_string).collect(),
    };
    let change = document.enter(&name, &entry)?;
    Ok(LockedConnector { name, change, digest })
}

/// The connectors of the file, each with its component as the file names it.
fn configured(plugins: &Path) -> Result<Vec<(String, String)>, Error> {
    let text = fs_err::read_to_string(plugins).map_err(|error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => Kind::NotFound,
            _ => Kind::Other,
        };
        Error::new(kind, "there is no `plugins.toml` whose connectors could be locked")
            .because(error)
            .hint("name another file with `--plugins FILE`")
    })?;
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Error::invalid(format!("`{}` is not valid TOML", plugins.display())).because(error)
    })?;
    let connectors = document.get("connectors").and_then(Item::as_table_like);
    let connectors = connectors.into_iter().flat_map(|table| table.iter());
    let component = |(name, section): (&str, &Item)| {
        Some((name.to_owned(), section.get("component")?.as_str()?.to_owned()))
    };
    Ok(connectors.filter_map(component).collect())
}

fn unknown(plugins: &Path, name: &str, configured: &[(String, String)]) -> Error {
    let names: Vec<&str> = configured.iter().map(|one| one.0.as_str()).collect();
    Error::new(Kind::NotFound, format!("`{}` has no connector `{name}`", plugins.display()))
        .hint(format!("it has {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component that is a connector as far as its declarations go.
    const COMPONENT: &str = r#"(component
        (@custom "connhub:needs" "contract = \"1.0.0\"\n")
        (instance $b)
        (export "connhub:connector/backend@1.0.0" (instance $b)))"#;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            place.write("plugins.toml", "version = 1\n[connectors.a]\ncomponent = \"a.wasm\"\n[connectors.b]\ncomponent = \"b.wasm\"\n");
            place.component("a.wasm");
            place.component("b.wasm");
            place
        }

        fn write(&self, name: &str, content: impl AsRef<[u8]>) {
            fs_err::write(self.0.path().join(name), content).unwrap();
        }

        fn component(&self, name: &str) {
            self.write(name, wat::parse_str(COMPONENT).unwrap());
        }

        fn lock(&self, names: &[&str]) -> Result<Vec<(String, LockChange)>, Error> {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let lock = lock(&self.0.path().join("plugins.toml"), &names, &[])?;
            Ok(lock.connectors.into_iter().map(|one| (one.name, one.change)).collect())
        }

        fn text(&self) -> String {
            fs_err::read_to_string(self.0.path().join("plugins.lock")).unwrap()
        }
    }

    fn changes(pairs: &[(&str, LockChange)]) -> Vec<(String, LockChange)> {
        pairs.iter().map(|(name, change)| ((*name).to_owned(), *change)).collect()
    }

    #[test]
    fn a_lock_follows_the_components_and_keeps_what_people_wrote() {
        use LockChange::{Changed, New, Same};
        let place = Place::new();
        assert_eq!(place.lock(&[]).unwrap(), changes(&[("a", New), ("b", New)]));
        let commented = format!("# reviewed by Ada\n{}", place.text());
        place.write("plugins.lock", commented);
        place.write("b.wasm", wat::parse_str(COMPONENT.replace("1.0.0\\\"", "1.0.1\\\"")).unwrap());
        assert_eq!(place.lock(&["a"]).unwrap(), changes(&[("a", Same)]));
        assert_eq!(place.lock(&[]).unwrap(), changes(&[("a", Same), ("b", Changed)]));
        assert!(place.text().starts_with("# reviewed by Ada\n"), "{}", place.text());
        let lock = crate::settings::LockFile::beside(&place.0.path().join("plugins.toml")).unwrap();
        assert_eq!(lock["b"].component, "b.wasm");
        assert_eq!(lock["b"].source.as_deref(), Some("b.wasm"));
    }

    #[test]
    fn a_lock_of_the_first_version_becomes_one_of_the_second() {
        let place = Place::new();
        place.lock(&[]).unwrap();
        let new = place.text();
        let digest = new.lines().find(|line| line.starts_with("sha256")).unwrap();
        place.write(
            "plugins.lock",
            format!("version = 1\n\n[connectors.a]\ncomponent = \"a.wasm\"\n{digest}\nsize = 99\n"),
        );
        assert_eq!(place.lock(&["a"]).unwrap(), changes(&[("a", LockChange::Same)]));
        let text = place.text();
        for line in ["version = 2", "contract = \"1.0.0\"", "needs = []", "source = \"a.wasm\""] {
            assert!(text.contains(line), "{line} in {text}");
        }
        place.write("plugins.lock", "version = 3\n");
        assert_eq!(place.lock(&[]).unwrap_err().kind, Kind::Refused);
        assert_eq!(place.text(), "version = 3\n", "what is not understood is not replaced");
    }

    #[test]
    fn the_time_stays_as_long_as_the_component_does() {
        let place = Place::new();
        place.lock(&[]).unwrap();
        let old = place.text().replace("locked = \"20", "locked = \"19");
        place.write("plugins.lock", &old);
        place.lock(&[]).unwrap();
        assert_eq!(place.text(), old);
        place.write("b.wasm", wat::parse_str(COMPONENT.replace("1.0.0\\\"", "1.0.1\\\"")).unwrap());
        place.lock(&[]).unwrap();
        assert_eq!(place.text().matches("locked = \"19").count(), 1);
    }

    #[test]
    fn what_is_gone_from_the_file_is_gone_from_the_lock() {
        let place = Place::new();
        place.lock(&[]).unwrap();
        place.write("plugins.toml", "version = 1\n[connectors.a]\ncomponent = \"a.wasm\"\n");
        place.lock(&[]).unwrap();
        assert!(!place.text().contains("b.wasm"), "{}", place.text());
    }

    #[test]
    fn nothing_is_written_if_something_is_wrong() {
        let place = Place::new();
        place.write("b.wasm", "no component");
        assert_eq!(place.lock(&[]).unwrap_err().kind, Kind::Refused);
        assert!(!place.0.path().join("plugins.lock").exists());
        assert_eq!(place.lock(&["c"]).unwrap_err().kind, Kind::NotFound);
        place.write("plugins.lock", "version = [");
        assert_eq!(place.lock(&["a"]).unwrap_err().kind, Kind::Refused);
    }
}
