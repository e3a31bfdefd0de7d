//! `plugins.lock`: which component each connector is, by digest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::resolve::line_of;
use crate::model::{Error, Kind};

/// The version that is written. Version 1 had digest and size alone and is still read.
pub const LOCK_VERSION: u32 = 2;

/// The file, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LockFile {
    /// 1 or 2.
    pub version: u32,
    /// By the connector's name.
    #[serde(default)]
    pub connectors: BTreeMap<String, Spanned<Locked>>,
}

/// What one connector is. All but the first three keys came with version 2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Locked {
    /// The component, as `plugins.toml` names it.
    pub component: String,
    /// The SHA-256 of the component, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// Where it came from: a path, an address or a reference of a registry.
    pub source: Option<String>,
    /// The version of the contract that it was built for.
    pub contract: Option<String>,
    /// What it declares that it needs, one text each, in order.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The interfaces that it imports, in order.
    #[serde(default)]
    pub imports: Vec<String>,
    /// The names of the known keys that had signed it.
    #[serde(default)]
    pub signers: Vec<String>,
    /// When it was locked, in RFC 3339.
    pub locked: Option<String>,
    /// What it was before an update, as long as `plugins.toml` may still name that component.
    pub previous: Option<Box<Locked>>,
    /// The file and line of the entry, for messages.
    #[serde(skip)]
    pub place: String,
}

impl Locked {
    /// What counts for a component as `plugins.toml` names it. An update that was killed between the two files has written a lock about
    /// both components, each of which somebody agreed to; without one of that name the newer one counts.
    pub fn of(&self, component: &Path) -> Self {
        let names = |locked: &Self| Path::new(&locked.component) == component;
        let previous = self.previous.as_deref().filter(|previous| !names(self) && names(previous));
        let place = self.place.clone();
        previous.map_or_else(|| self.clone(), |previous| Self { place, ..previous.clone() })
    }

    fn has_digest(&self) -> bool {
        is_digest(&self.sha256) && self.previous.as_deref().is_none_or(Self::has_digest)
    }
}

impl LockFile {
    /// The lock that belongs to a `plugins.toml`.
    pub fn path_beside(plugins: &Path) -> PathBuf {
        plugins.with_file_name("plugins.lock")
    }

    /// Reads the lock beside a `plugins.toml`. No file is an empty lock.
    ///
    /// # Errors
    /// It is there and cannot be used. Its connectors must not start then: nobody knows what was locked.
    pub fn beside(plugins: &Path) -> Result<BTreeMap<String, Locked>, Error> {
        let path = Self::path_beside(plugins);
        match super::text::read_file(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(unreadable(&format!("`{}`", path.display())).because(error)),
        }
    }

    /// Reads the text of a lock; `path` is for messages.
    ///
    /// # Errors
    /// It is not what it must be, with file and line.
    pub fn parse(path: &Path, text: &str) -> Result<BTreeMap<String, Locked>, Error> {
        let at = |offset| format!("{}:{}", path.display(), line_of(text, offset));
        let file: Self = toml::from_str(text).map_err(|error| {
            let place = at(error.span().map_or(0, |span| span.start));
            wrong(&place, error.message())
        })?;
        if !(1..=LOCK_VERSION).contains(&file.version) {
            let what = format!(
                "`version = {}` is unknown, this connhub reads versions 1 to {LOCK_VERSION}",
                file.version
            );
            return Err(wrong(&at(0), &what));
        }
        let entry = |(name, entry): (String, Spanned<Locked>)| {
            let place = at(entry.span().start);
            let locked = Locked { place, ..entry.into_inner() };
            locked
                .has_digest()
                .then_some((name, locked.clone()))
                .ok_or_else(|| wrong(&locked.place, "`sha256` is not 64 hexadecimal digits"))
        };
        file.connectors.into_iter().map(entry).collect()
    }
}

/// Whether a text is a SHA-256 in lower-case hexadecimal.
pub fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn wrong(place: &str, what: &str) -> Error {
    restore(Error::new(Kind::Refused, format!("{place}: {what}")))
}

fn unreadable(what: &str) -> Error {
    restore(Error::new(Kind::Refused, format!("the lock file {what} cannot be read")))
}

fn restore(error: Error) -> Error {
    error.hint("restore it, or write it again with `connhub plugin lock`")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn parse(text: &str) -> Result<BTreeMap<String, Locked>, Error> {
        LockFile::parse(Path::new("/x/plugins.lock"), &text.replace("DIGEST", DIGEST))
    }

    #[test]
    fn both_versions_are_read() {
        let one =
            "version = 1\n[connectors.a]\ncomponent = \"a.wasm\"\nsha256 = \"DIGEST\"\nsize = 3\n";
        let locked = &parse(one).unwrap()["a"];
        assert_eq!((locked.sha256.as_str(), locked.size), (DIGEST, 3));
        assert_eq!(locked.source, None);
        assert_eq!(locked.place, "/x/plugins.lock:2");
        let two = format!(
            "{}source = \"https://h/a.wasm\"\ncontract = \"1.0.0\"\nneeds = [\"vault\"]\nimports = []\nsigners = []\nlocked = \"2026-01-02T03:04:05Z\"\n",
            one.replace("version = 1", "version = 2")
        );
        assert_eq!(parse(&two).unwrap()["a"].needs, ["vault"]);
    }

    #[test]
    fn between_two_files_of_an_update_either_component_counts_under_its_own_name_alone() {
        let other = DIGEST.replace("ba78", "0000");
        let text = format!(
            "version = 2\n[connectors.a]\ncomponent = \"new.wasm\"\nsha256 = \"DIGEST\"\nsize = 3\n[connectors.a.previous]\ncomponent = \"old.wasm\"\nsha256 = \"{other}\"\nsize = 4\n"
        );
        let locked = &parse(&text).unwrap()["a"];
        let check = |component: &str, sha256: &str| {
            let found = locked.of(Path::new(component));
            assert_eq!((&*found.sha256, &*found.place), (sha256, "/x/plugins.lock:2"));
        };
        check("new.wasm", DIGEST);
        check("old.wasm", &other);
        check("else.wasm", DIGEST);
        assert!(parse(&text.replace("0000", "no")).is_err());
    }

    #[test]
    fn a_lock_that_says_something_else_is_refused_with_file_and_line() {
        let check = |text: &str, words: &str| {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind, Kind::Refused, "{text}");
            assert!(error.message.contains(words), "{}", error.message);
            assert!(error.hints[0].contains("plugin lock"));
        };
        let entry = "[connectors.a]\ncomponent = \"a.wasm\"\nsha256 = \"DIGEST\"\nsize = 3\n";
        check(&format!("version = 2\n{entry}allow = true\n"), "/x/plugins.lock:6: unknown field");
        check(&format!("version = 3\n{entry}"), "reads versions 1 to 2");
        check(&format!("version = 0\n{entry}"), "`version = 0`");
        check("version = 2\n[connectors.a]\ncomponent = \"a\"\nsize = 3\n", ":2: missing field");
        check(&format!("version = 2\n{}", entry.replace("DIGEST", "ABC")), ":2: `sha256`");
        check("version = [", ":1");
        check("", ":1: missing field `version`");
    }
}
