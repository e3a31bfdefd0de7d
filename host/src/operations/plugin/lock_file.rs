//! `plugins.lock` as a text that people may have written in: what they wrote stays.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::files::Change;
use crate::model::{Error, Kind};
use crate::runtime::Inspected;
use crate::settings::{LOCK_VERSION, LockFile};

/// What is written about one connector.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The component, as `plugins.toml` names it.
    pub component: &'a str,
    /// Where it came from.
    pub source: &'a str,
    /// The digest of the component.
    pub sha256: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// What it declares.
    pub inspected: &'a Inspected,
    /// The names of the known keys that signed it.
    pub signers: Vec<String>,
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

/// The lock beside a `plugins.toml`.
#[derive(Clone)]
pub struct LockDocument {
    /// Where it is.
    pub path: PathBuf,
    document: DocumentMut,
}

impl LockDocument {
    /// Reads it; one that is not there is empty.
    ///
    /// # Errors
    /// It is there and cannot be used.
    pub fn beside(plugins: &Path) -> Result<Self, Error> {
        let path = LockFile::path_beside(plugins);
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Error::new(Kind::Other, "the lock cannot be read").because(error));
            }
        };
        let damaged = |error: toml_edit::TomlError| damaged(&path).because(error);
        let mut document: DocumentMut = text.parse().map_err(damaged)?;
        let version = document.get("version").and_then(Item::as_integer).unwrap_or(0);
        if version > i64::from(LOCK_VERSION) {
            return Err(Error::refused(format!(
                "`{}` is of version {version}, and this connhub writes version {LOCK_VERSION}",
                path.display()
            ))
            .hint("update connhub"));
        }
        document["version"] = value(i64::from(LOCK_VERSION));
        Ok(Self { path, document })
    }

    /// Writes an entry. One that says the same stays as it is, its time included.
    ///
    /// # Errors
    /// The lock is not what it must be.
    pub fn enter(&mut self, name: &str, entry: &Entry<'_>) -> Result<LockChange, Error> {
        let table = self.connectors()?;
        let text = |key: &str| table.get(name)?.get(key)?.as_str().map(str::to_owned);
        let change = match text("sha256") {
            None => LockChange::New,
            Some(sha256) if sha256 == entry.sha256 => LockChange::Same,
            Some(_) => LockChange::Changed,
        };
        // A file that was changed by hand is no longer what was fetched.
        let time = text("locked").filter(|_| change == LockChange::Same);
        let section = table.entry(name).or_insert(Item::Table(Table::new()));
        section["component"] = value(entry.component);
        section["source"] = value(entry.source);
        section["sha256"] = value(entry.sha256);
        section["size"] = value(i64::try_from(entry.size).unwrap_or(i64::MAX));
        section["contract"] = value(entry.inspected.needs.contract.to_string());
        section["needs"] = value(array(&entry.inspected.needs.list()));
        section["imports"] = value(array(&entry.inspected.imports));
        section["signers"] = value(array(&entry.signers));
        section["locked"] = value(time.unwrap_or_else(now));
        self.settle(name)?;
        Ok(change)
    }

    /// The components of a connector that the lock knows, as `plugins.toml` names them or did.
    pub fn components(&self, name: &str) -> Vec<&str> {
        let entry = self.document.get("connectors").and_then(|all| all.get(name));
        let older = entry.and_then(|entry| entry.get("previous"));
        let entries = [entry, older].into_iter().flatten();
        entries.filter_map(|entry| entry.get("component")?.as_str()).collect()
    }

    /// Ends what [`Self::with_previous`] began.
    ///
    /// # Errors
    /// The lock is not what it must be.
    pub fn settle(&mut self, name: &str) -> Result<(), Error> {
        let entry = self.connectors()?.get_mut(name).and_then(Item::as_table_like_mut);
        entry.and_then(|entry| entry.remove("previous"));
        Ok(())
    }

    /// The same lock, but one that is true of `old` as well: the component that `plugins.toml` names until that is written, too. None if there
    /// is nothing about that component.
    ///
    /// # Errors
    /// The lock is not what it must be.
    pub fn with_previous(
        &self,
        name: &str,
        old: &str,
        before: &Self,
    ) -> Result<Option<Self>, Error> {
        let names = |entry: &&Item| entry.get("component").and_then(Item::as_str) == Some(old);
        let entry = before.document.get("connectors").and_then(|all| all.get(name));
        let older = entry.and_then(|entry| entry.get("previous"));
        let Some(entry) = [entry, older].into_iter().flatten().find(names) else {
            return Ok(None);
        };
        let mut previous = entry.clone();
        if let Some(table) = previous.as_table_like_mut() {
            table.remove("previous");
        }
        let mut both = self.clone();
        both.connectors()?[name]["previous"] = previous;
        Ok(Some(both))
    }

    /// Takes an entry out.
    ///
    /// # Errors
    /// The lock is not what it must be.
    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        self.connectors()?.remove(name);
        Ok(())
    }

    /// Takes out what is about other connectors than these.
    ///
    /// # Errors
    /// The lock is not what it must be.
    pub fn retain(&mut self, is_kept: impl Fn(&str) -> bool) -> Result<(), Error> {
        self.connectors()?.retain(|name, _| is_kept(name));
        Ok(())
    }

    /// Where a connector came from, if its entry is about this digest.
    pub fn source_of(&self, name: &str, sha256: &str) -> Option<String> {
        let entry = self.document.get("connectors")?.get(name)?;
        let is_same = entry.get("sha256")?.as_str()? == sha256;
        entry.get("source")?.as_str().filter(|_| is_same).map(str::to_owned)
    }

    /// The file as it is to be.
    pub fn change(&self) -> Change {
        Change::write(&self.path, self.document.to_string())
    }

    fn connectors(&mut self) -> Result<&mut Table, Error> {
        let path = &self.path;
        let item = self.document["connectors"].or_insert(Item::Table(implicit_table()));
        item.as_table_mut().ok_or_else(|| damaged(path))
    }
}

/// This moment, in RFC 3339 and whole seconds.
pub fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
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

/// One text per line, so that a difference can be read.
fn array(texts: &[String]) -> Array {
    let mut array: Array = texts.iter().map(String::as_str).collect();
    if array.len() > 1 {
        array.iter_mut().for_each(|text| text.decor_mut().set_prefix("\n  "));
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    array
}
