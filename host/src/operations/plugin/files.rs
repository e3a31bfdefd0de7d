//! Files that change together.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::model::{Error, Kind};

/// A file and what it is to hold.
#[derive(Debug)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// Its content; none to remove it.
    pub content: Option<Vec<u8>>,
    /// The mode of a new file. One that is there keeps its own.
    pub mode: u32,
}

impl Change {
    /// A file that everybody may read.
    pub fn write(path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: Some(content.into()), mode: 0o644 }
    }

    /// A file for its owner alone.
    pub fn private(path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        Self { mode: 0o600, ..Self::write(path, content) }
    }

    /// A file that is to be gone.
    pub fn remove(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), content: None, mode: 0 }
    }
}

/// Keeps other commands from changing the same files until it is dropped.
#[derive(Debug)]
pub struct Guard(
    #[expect(dead_code, reason = "the lock is held as long as it is open")] fs_err::File,
);

/// Waits until nobody else changes files of this folder, which is made if it is not there.
pub fn guard(folder: &Path) -> Result<Guard, Error> {
    make_folder(folder)?;
    let failed = |error: std::io::Error| {
        Error::new(Kind::Other, format!("`{}` cannot be locked", folder.display())).because(error)
    };
    let file = fs_err::File::open(folder).map_err(failed)?;
    file.file().lock().map_err(failed)?;
    Ok(Guard(file))
}

/// Makes all changes or none. Everything is written beside its place first; then each is put in its place, in order, and what was put there is
/// taken back if a later one fails. Each file is at every moment what it was or what it will be. A kill or a power failure leaves the first
/// changes done and the others not, so the caller's order must be one that can end anywhere.
pub fn apply(changes: Vec<Change>) -> Result<(), Error> {
    let staged = changes.into_iter().map(stage).collect::<Result<Vec<_>, _>>()?;
    let mut done: Vec<Change> = Vec::new();
    for step in staged {
        let before = step.before();
        if let Err(error) = step.finish() {
            // What cannot be taken back is not worse than the failure that is reported.
            done.into_iter().rev().for_each(|change| {
                let _ = stage(change).and_then(Staged::finish);
            });
            return Err(error);
        }
        done.push(before);
    }
    Ok(())
}

/// A change that only has to be put in its place.
struct Staged {
    path: PathBuf,
    new: Option<NamedTempFile>,
}

fn stage(change: Change) -> Result<Staged, Error> {
    // A link keeps leading to the file that is changed.
    let path = fs_err::canonicalize(&change.path).unwrap_or(change.path);
    let Some(content) = change.content else { return Ok(Staged { path, new: None }) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    make_folder(folder)?;
    let failed = |error| unwritable(&path, error);
    let mut new = tempfile::Builder::new().prefix(".new-").tempfile_in(folder).map_err(failed)?;
    new.write_all(&content).map_err(failed)?;
    let mode = fs_err::metadata(&path).map_or(change.mode, |there| there.permissions().mode());
    new.as_file().set_permissions(std::fs::Permissions::from_mode(mode & 0o777)).map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    Ok(Staged { path, new: Some(new) })
}

impl Staged {
    /// The change that takes this one back.
    fn before(&self) -> Change {
        let mode = fs_err::metadata(&self.path).map_or(0o600, |there| there.permissions().mode());
        Change { path: self.path.clone(), content: fs_err::read(&self.path).ok(), mode }
    }

    fn finish(self) -> Result<(), Error> {
        let path = self.path;
        let done = match self.new {
            Some(new) => new.persist(&path).map(drop).map_err(|error| error.error),
            None => match fs_err::remove_file(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
                done => done,
            },
        };
        done.and_then(|()| sync_folder(&path)).map_err(|error| unwritable(&path, error))
    }
}

/// Makes the name of a file durable, before the next one is written.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs_err::File::open(folder)?.sync_all(),
        None => fs_err::File::open(".")?.sync_all(),
    }
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| {
        Error::new(Kind::Other, format!("the folder `{}` cannot be made", folder.display()))
            .because(error)
    })
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::new(Kind::Other, format!("`{}` cannot be written", path.display())).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_change_or_none_does() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs_err::write(at("old"), "1").unwrap();
        fs_err::create_dir(at("blocked")).unwrap();
        fs_err::write(at("blocked/file"), "").unwrap();
        let changes = |last: &str| {
            vec![
                Change::write(at("old"), "2"),
                Change::private(at("new/file"), "3"),
                Change::write(at(last), "4"),
            ]
        };
        assert!(apply(changes("blocked")).is_err());
        assert_eq!(fs_err::read_to_string(at("old")).unwrap(), "1");
        assert!(!at("new/file").exists());
        apply(changes("last")).unwrap();
        assert_eq!(fs_err::read_to_string(at("old")).unwrap(), "2");
        let mode = fs_err::metadata(at("new/file")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        apply(vec![Change::remove(at("old")), Change::remove(at("never"))]).unwrap();
        assert!(!at("old").exists());
        let left: Vec<_> = fs_err::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }

    #[test]
    fn a_link_keeps_leading_to_the_file_and_the_file_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs_err::write(&file, "1").unwrap();
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        fs_err::os::unix::fs::symlink(&file, &link).unwrap();
        apply(vec![Change::write(&link, "2")]).unwrap();
        assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs_err::read_to_string(&file).unwrap(), "2");
        assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
