//! The sources of a project, and whether they change.
//!
//! They are looked at again and again instead of asking the system for news: it works on every file system, and a project is small.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::model::Error;

/// The time between two looks. A change is seen when two looks in a row find the same: editors write a file in several steps.
const PAUSE: Duration = Duration::from_millis(200);
/// A project has fewer files; a home folder that was meant by mistake has more.
const MOST: usize = 20_000;
/// Folders into which tools write. Hidden ones are left out, too.
const BUILT: &[&str] = &["target", "node_modules", "dist", "build", "__pycache__", "venv"];
/// Files that tools write.
const WRITTEN: &[&str] = &["Cargo.lock", "package-lock.json"];

/// What a look finds of a file: when it was written, and its size.
type Stamp = (Option<SystemTime>, u64);

/// The sources of a project, as they were at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Stamp>,
}

impl Sources {
    /// The sources as they are.
    ///
    /// # Errors
    /// The folder cannot be read, or holds far too much.
    pub fn of(folder: &Path) -> Result<Self, Error> {
        let mut sources = Self { folder: folder.to_owned(), files: BTreeMap::new() };
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            let entries = match fs_err::read_dir(&next) {
                Ok(entries) => entries,
                Err(error) if next == folder => {
                    return Err(Error::invalid("the project cannot be read").because(error));
                }
                // It was removed meanwhile.
                Err(_) => continue,
            };
            for entry in entries.flatten() {
                sources.look_at(&entry.path(), &mut folders);
            }
            if sources.files.len() > MOST {
                let what = format!("`{}` has more than {MOST} files", folder.display());
                return Err(Error::invalid(what).hint("name the folder of the project alone"));
            }
        }
        Ok(sources)
    }

    fn look_at(&mut self, path: &Path, folders: &mut Vec<PathBuf>) {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        if name.starts_with('.') {
            return;
        }
        // A link is looked at as such: what it leads to is no part of the project.
        let Ok(metadata) = fs_err::symlink_metadata(path) else { return };
        if metadata.is_dir() && !BUILT.contains(&&*name) {
            folders.push(path.to_owned());
        } else if metadata.is_file() && !WRITTEN.contains(&&*name) && !name.ends_with(".wasm") {
            self.files.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
        }
    }

    /// Waits until something is another than it was, and nothing changes any more. Returns one of the files, below the folder.
    ///
    /// # Errors
    /// As for [`Sources::of`].
    pub fn wait(&self) -> Result<PathBuf, Error> {
        let mut last = Self::of(&self.folder)?;
        loop {
            if let Some(changed) = self.changed(&last) {
                let again = after_a_pause(&self.folder)?;
                if again == last {
                    let shown = changed.strip_prefix(&self.folder).unwrap_or(changed);
                    return Ok(shown.to_owned());
                }
                last = again;
            } else {
                last = after_a_pause(&self.folder)?;
            }
        }
    }

    fn changed<'a>(&'a self, now: &'a Self) -> Option<&'a Path> {
        let differs = |(path, stamp): &(&'a PathBuf, &Stamp)| self.files.get(*path) != Some(*stamp);
        let written = now.files.iter().find(differs).map(|(path, _)| path);
        let gone = || self.files.keys().find(|path| !now.files.contains_key(*path));
        written.or_else(gone).map(PathBuf::as_path)
    }
}

fn after_a_pause(folder: &Path) -> Result<Sources, Error> {
    sleep(PAUSE);
    Sources::of(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in ["src", "target", ".git"] {
            fs_err::create_dir(folder.path().join(path)).unwrap();
        }
        fs_err::write(folder.path().join("src/lib.rs"), "1").unwrap();
        folder
    }

    #[test]
    fn what_tools_write_is_no_source() {
        let folder = project();
        let before = Sources::of(folder.path()).unwrap();
        for path in ["target/a", ".git/b", "Cargo.lock", "c.wasm", ".hidden"] {
            fs_err::write(folder.path().join(path), "x").unwrap();
        }
        assert_eq!(Sources::of(folder.path()).unwrap(), before);
    }

    #[test]
    fn what_is_written_new_or_gone_is_a_change() {
        let folder = project();
        let before = Sources::of(folder.path()).unwrap();
        let changed = |path: &str| {
            let now = Sources::of(folder.path()).unwrap();
            before.changed(&now).is_some_and(|changed| changed.ends_with(path))
        };
        fs_err::write(folder.path().join("src/new.rs"), "").unwrap();
        assert!(changed("src/new.rs"));
        fs_err::remove_file(folder.path().join("src/new.rs")).unwrap();
        assert!(!changed(""));
        fs_err::write(folder.path().join("src/lib.rs"), "23").unwrap();
        assert!(changed("src/lib.rs"));
        assert_eq!(before.wait().unwrap(), Path::new("src/lib.rs"));
        fs_err::remove_file(folder.path().join("src/lib.rs")).unwrap();
        assert!(changed("src/lib.rs"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert!(Sources::of(Path::new("/no/such/folder")).is_err());
    }
}
