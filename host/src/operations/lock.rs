//! Writing `plugins.lock`: from now on these components and no others.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, value};

use super::inspect::{Digest, inspect};
use crate::model::{Error, Kind};

/// Everybody may read it: digests are no secret, and the file of a system is for all its users.
const MODE: u32 = 0o644;

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

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockChange {
    /// It is new.
    New,
    /// It named another component.
    Changed,
    /// It is the same.
    Same,
}

/// Locks the connectors of a `plugins.toml`: those that are named, or all.
///
/// # Errors
/// A file cannot be read or written, or a component is no connector. The lock is written whole or not at all.
pub fn lock(plugins: &Path, names: &[String]) -> Result<Lock, Error> {
    let configured = configured(plugins)?;
    if let Some(name) = names.iter().find(|name| !configured.iter().any(|one| one.0 == **name)) {
        return Err(unknown(plugins, name, &configured));
    }
    let file = plugins.with_file_name("plugins.lock");
    let mut document = read_lock(&file)?;
    document["version"] = value(1);
    let table = document["connectors"].or_insert(Item::Table(implicit_table()));
    let table = table.as_table_mut().ok_or_else(|| damaged(&file))?;
    if names.is_empty() {
        table.retain(|name, _| configured.iter().any(|one| one.0 == name));
    }
    let mut connectors = Vec::new();
    for (name, component) in configured {
        if names.is_empty() || names.contains(&name) {
            let path = plugins.parent().unwrap_or(Path::new("")).join(&component);
            let digest = inspect(&path)?.0;
            let change = enter(table, &name, &component, &digest);
            connectors.push(LockedConnector { name, change, digest });
        }
    }
    write(&file, &document.to_string())?;
    Ok(Lock { file, connectors })
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

fn read_lock(file: &Path) -> Result<DocumentMut, Error> {
    let text = match fs_err::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::new(Kind::Other, "the lock cannot be read").because(error)),
    };
    text.parse().map_err(|error: toml_edit::TomlError| damaged(file).because(error))
}

fn damaged(file: &Path) -> Error {
    Error::refused(format!("the lock file `{}` is damaged", file.display()))
        .hint("restore it, or remove it and lock again after you have looked at each component")
}

fn implicit_table() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn enter(table: &mut Table, name: &str, component: &str, digest: &Digest) -> LockChange {
    let before = table.get(name).and_then(|entry| entry.get("sha256")).and_then(Item::as_str);
    let change = match before {
        None => LockChange::New,
        Some(sha256) if sha256 == digest.sha256 => LockChange::Same,
        Some(_) => LockChange::Changed,
    };
    let entry = table.entry(name).or_insert(Item::Table(Table::new()));
    entry["component"] = value(component);
    entry["sha256"] = value(&digest.sha256);
    entry["size"] = value(i64::try_from(digest.size).unwrap_or(i64::MAX));
    change
}

/// The file is there as it was or as it will be, never in between.
fn write(file: &Path, text: &str) -> Result<(), Error> {
    let failed = |error: std::io::Error| {
        Error::new(Kind::Other, format!("`{}` cannot be written", file.display())).because(error)
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut new =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    new.write_all(text.as_bytes()).map_err(failed)?;
    new.as_file().set_permissions(std::fs::Permissions::from_mode(MODE)).map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    new.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
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
            let lock = lock(&self.0.path().join("plugins.toml"), &names)?;
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
        assert_eq!(lock.connectors["b"].component, "b.wasm");
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
