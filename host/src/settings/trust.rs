//! Whether the `plugins.toml` of the current directory counts.
//!
//! Such a file grants authority, and whoever made the folder wrote it. It counts only after `connhub trust`, and only as long as it is the same:
//! what is kept is the digest of the file and of the lock beside it, and the digest of each component that it names. The first two are compared
//! whenever the file is found, those of components when they are loaded.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::lock::{LockFile, Locked};
use super::text::read_file;
use crate::model::{Error, Kind};

/// The file in the state folder.
const FILE: &str = "trusted.toml";
/// The name of the file that counts in a folder.
pub const PROJECT_FILE: &str = "plugins.toml";

/// What the user trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustFile {
    /// Always 1.
    pub version: u32,
    /// One entry per file.
    #[serde(default)]
    pub trusted: Vec<Trusted>,
}

/// A file that the user trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trusted {
    /// The file.
    pub file: PathBuf,
    /// [`ProjectFile::digest`] at that time.
    pub digest: String,
    /// When, in RFC 3339.
    pub when: String,
    /// The SHA-256 of the component of each connector at that time.
    #[serde(default)]
    pub components: BTreeMap<String, String>,
}

/// A `plugins.toml` of a folder and the lock beside it, read once: what was compared is what is used.
#[derive(Debug)]
pub struct ProjectFile {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// The text of the lock, if there is one.
    pub lock: Option<String>,
}

/// A file of the current directory that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    /// The file.
    pub file: PathBuf,
    /// Why not.
    pub reason: Distrust,
}

/// Why a file of the current directory does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// The user never said that it should.
    New,
    /// It is not what it was when the user trusted it.
    Changed,
    /// It, or the record of what is trusted, cannot be used.
    Unusable(String),
}

impl Default for TrustFile {
    fn default() -> Self {
        Self { version: 1, trusted: Vec::new() }
    }
}

impl TrustFile {
    /// Where it is, below the state folder.
    pub fn path(state: &Path) -> PathBuf {
        state.join(FILE)
    }

    /// Reads it. No file is nothing trusted.
    ///
    /// # Errors
    /// It cannot be read, or somebody else could have written it.
    pub fn read(state: &Path) -> Result<Self, Error> {
        let path = Self::path(state);
        let unusable = |what: &str| {
            Error::refused(format!("`{}` {what}", path.display()))
                .hint("remove it, and trust again what you trust with `connhub trust`")
        };
        let failed = |error: std::io::Error| unusable("cannot be read").because(error);
        let metadata = match fs_err::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(failed(error)),
        };
        let is_ours = metadata.uid() == rustix::process::geteuid().as_raw();
        if !metadata.is_file() || !is_ours || metadata.mode() & 0o022 != 0 {
            return Err(unusable("could have been written by others"));
        }
        let text = fs_err::read_to_string(&path).map_err(failed)?;
        let file: Self =
            toml::from_str(&text).map_err(|error| unusable("is damaged").because(error))?;
        match file.version {
            1 => Ok(file),
            version => Err(unusable(&format!("has the unknown version {version}"))),
        }
    }

    /// The entry of a file.
    pub fn entry(&self, file: &Path) -> Option<&Trusted> {
        self.trusted.iter().find(|trusted| trusted.file == file)
    }
}

impl ProjectFile {
    /// Reads a file and its lock. None if there is no such file.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let Some(text) = read(path)? else { return Ok(None) };
        let lock = read(&LockFile::path_beside(path))?;
        Ok(Some(Self { path: path.to_owned(), text, lock }))
    }

    /// What its lock says; nothing if there is none.
    ///
    /// # Errors
    /// The lock does not say what it must.
    pub fn locked(&self) -> Result<BTreeMap<String, Locked>, Error> {
        match &self.lock {
            Some(lock) => LockFile::parse(&LockFile::path_beside(&self.path), lock),
            None => Ok(BTreeMap::new()),
        }
    }

    /// The digest of both texts, in lower-case hexadecimal.
    pub fn digest(&self) -> String {
        let mut digest = Context::new(&SHA256);
        digest.update(b"connhub project 1\0");
        // The lengths keep apart what was in one file and what in the other.
        for text in [Some(&self.text), self.lock.as_ref()] {
            let length = text.map_or(u64::MAX, |text| text.len() as u64);
            digest.update(&length.to_be_bytes());
            digest.update(text.map_or("", |text| text).as_bytes());
        }
        digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Decides about the file of a folder.
pub(super) fn find(
    folder: &Path,
    state: &Path,
) -> Option<Result<(ProjectFile, Trusted), Untrusted>> {
    let path = folder.join(PROJECT_FILE);
    let unusable = |error: Error| {
        let reason = Distrust::Unusable(error.message);
        Some(Err(Untrusted { file: path.clone(), reason }))
    };
    // What no person can have meant to write is not worth a word: a folder, a pipe.
    if !std::path::Path::is_file(&path) {
        return None;
    }
    let project = match ProjectFile::read(&path) {
        Ok(project) => project?,
        Err(error) => return unusable(error),
    };
    let known = match TrustFile::read(state) {
        Ok(known) => known,
        Err(error) => return unusable(error),
    };
    let untrusted = |reason| Some(Err(Untrusted { file: path.clone(), reason }));
    match known.entry(&path) {
        None => untrusted(Distrust::New),
        Some(trusted) if trusted.digest != project.digest() => untrusted(Distrust::Changed),
        Some(trusted) => Some(Ok((project, trusted.clone()))),
    }
}

/// The text of a file; none if it is not there.
fn read(path: &Path) -> Result<Option<String>, Error> {
    match read_file(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let message = format!("`{}` cannot be read", path.display());
            Err(Error::new(Kind::Other, message).because(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            for folder in ["project", "state"] {
                fs_err::create_dir(place.0.path().join(folder)).unwrap();
            }
            place
        }

        fn project(&self) -> PathBuf {
            self.0.path().join("project")
        }

        fn state(&self) -> PathBuf {
            self.0.path().join("state")
        }

        fn write(&self, name: &str, text: &str) {
            fs_err::write(self.project().join(name), text).unwrap();
        }

        fn trust(&self) {
            let path = self.project().join(PROJECT_FILE);
            let project = ProjectFile::read(&path).unwrap().unwrap();
            let entry = Trusted {
                file: path,
                digest: project.digest(),
                when: "2026-01-02T03:04:05Z".to_owned(),
                components: BTreeMap::new(),
            };
            let file = TrustFile { version: 1, trusted: vec![entry] };
            fs_err::write(TrustFile::path(&self.state()), toml::to_string(&file).unwrap()).unwrap();
        }

        fn reason(&self) -> Option<Distrust> {
            find(&self.project(), &self.state()).unwrap().err().map(|untrusted| untrusted.reason)
        }
    }

    #[test]
    fn a_file_counts_only_as_it_was_trusted() {
        let place = Place::new();
        assert!(find(&place.project(), &place.state()).is_none());
        place.write(PROJECT_FILE, "version = 1\n");
        assert_eq!(place.reason(), Some(Distrust::New));
        place.trust();
        assert_eq!(place.reason(), None);
        place.write(PROJECT_FILE, "version = 1\n\n");
        assert_eq!(place.reason(), Some(Distrust::Changed));
        place.write(PROJECT_FILE, "version = 1\n");
        assert_eq!(place.reason(), None);
        place.write("plugins.lock", "");
        assert_eq!(place.reason(), Some(Distrust::Changed), "a lock was added");
        place.trust();
        fs_err::remove_file(place.project().join("plugins.lock")).unwrap();
        assert_eq!(place.reason(), Some(Distrust::Changed), "a lock was taken away");
    }

    #[test]
    fn text_cannot_be_moved_between_the_file_and_its_lock() {
        let digest = |text: &str, lock: Option<&str>| {
            let path = PathBuf::new();
            ProjectFile { path, text: text.to_owned(), lock: lock.map(str::to_owned) }.digest()
        };
        assert_ne!(digest("ab", Some("c")), digest("a", Some("bc")));
        assert_ne!(digest("ab", Some("")), digest("ab", None));
    }

    #[test]
    fn a_record_that_others_could_write_trusts_nothing() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = Place::new();
        place.write(PROJECT_FILE, "version = 1\n");
        place.trust();
        let record = TrustFile::path(&place.state());
        fs_err::set_permissions(&record, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(place.reason(), Some(Distrust::Unusable(_))));
        fs_err::set_permissions(&record, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(place.reason(), None);
        fs_err::write(&record, "version = 1\nmore = 2\n").unwrap();
        assert!(matches!(place.reason(), Some(Distrust::Unusable(_))));
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let place = Place::new();
        fs_err::create_dir(place.project().join(PROJECT_FILE)).unwrap();
        assert!(find(&place.project(), &place.state()).is_none());
        place.write("big", &"#".repeat(5 << 20));
        assert!(ProjectFile::read(&place.project().join("big")).is_err());
        let pipe = place.project().join("pipe");
        let kind = rustix::fs::FileType::Fifo;
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
        assert!(ProjectFile::read(&pipe).is_err());
    }
}
