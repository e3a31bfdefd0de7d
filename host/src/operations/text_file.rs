//! Files of other programs in which something is changed: read whole, written whole, never half.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::model::{Error, Kind};

/// The most that is read, in bytes: nobody has a larger file of settings.
const MAX_BYTES: u64 = 16 << 20;

/// Changes a file. It is made if it is not there, only for its owner; otherwise it keeps its mode, and a link stays a link. Two processes
/// that change files of one folder at once wait for each other.
///
/// # Errors
/// It cannot be read, is no text, cannot be written, or `change` fails; then the file is as it was.
pub fn edit(path: &Path, change: impl FnOnce(&str) -> Result<String, Error>) -> Result<(), Error> {
    let failed = |error: std::io::Error| unusable(path).because(error);
    let target = target(path).map_err(failed)?;
    let folder = match target.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(unusable(path)),
    };
    make_folder(folder).map_err(failed)?;
    let lock = fs_err::File::open(folder).map_err(failed)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| failed(error.into()))?;
    let before = read(&target)?;
    let after = change(before.as_deref().unwrap_or_default())?;
    if before.as_ref() == Some(&after) {
        return Ok(());
    }
    let mode = match &before {
        Some(_) => fs_err::metadata(&target).map_err(failed)?.permissions().mode() & 0o7777,
        None => 0o600,
    };
    write(&target, folder, after.as_bytes(), mode).map_err(failed)
}

/// Writes a file with secrets: only for its owner, and there as a whole or not at all.
///
/// # Errors
/// It cannot be written; then what was there is still there.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = PrivateFile::create(path)?;
    file.write_all(bytes).map_err(|error| unusable(path).because(error))?;
    file.finish()
}

/// A file with secrets that is being written: it takes its place when it is finished, and is gone if it never is.
pub struct PrivateFile {
    file: tempfile::NamedTempFile,
    target: PathBuf,
}

impl PrivateFile {
    /// Begins a file.
    ///
    /// # Errors
    /// There is something else than a file, or nothing can be written there.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let failed = |error: std::io::Error| unusable(path).because(error);
        let target = target(path).map_err(failed)?;
        if fs_err::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Error::invalid(format!("`{}` is not a file", path.display()))
                .hint("name a file, or leave the option out to write to stdout"));
        }
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = temporary(folder.unwrap_or(Path::new("."))).map_err(failed)?;
        Ok(Self { file, target })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// It cannot be written; then what was there is still there.
    pub fn finish(self) -> Result<(), Error> {
        let Self { file, target } = self;
        put(file, &target, 0o600).map_err(|error| unusable(&target).because(error))
    }
}

impl std::io::Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Where a link leads, so that the link stays.
fn target(path: &Path) -> std::io::Result<PathBuf> {
    match fs_err::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
    }
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    let failed = |error: std::io::Error| unusable(path).because(error);
    match fs_err::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(metadata) if !metadata.is_file() || metadata.len() > MAX_BYTES => {
            return Err(Error::invalid(format!("`{}` is no file of settings", path.display())));
        }
        Ok(_) => {}
    }
    let bytes = fs_err::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| Error::invalid(format!("`{}` is not UTF-8", path.display())))
}

fn write(target: &Path, folder: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let mut file = temporary(folder)?;
    file.write_all(bytes)?;
    put(file, target, mode)
}

fn temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".connhub-").permissions(Permissions::from_mode(0o600)).tempfile_in(folder)
}

fn put(file: tempfile::NamedTempFile, target: &Path, mode: u32) -> std::io::Result<()> {
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist(target)?;
    Ok(())
}

fn unusable(path: &Path) -> Error {
    Error::new(Kind::Other, format!("`{}` cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs_err::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_is_made_for_its_owner_and_keeps_its_mode() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new/config");
        edit(&path, |before| Ok(format!("{before}a"))).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        fs_err::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        edit(&path, |before| Ok(format!("{before}b"))).unwrap();
        assert_eq!((fs_err::read_to_string(&path).unwrap().as_str(), mode(&path)), ("ab", 0o644));
    }

    #[test]
    fn a_link_stays_a_link_and_a_failure_changes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("dotfile"), root.path().join("config"));
        fs_err::write(&file, "a").unwrap();
        fs_err::os::unix::fs::symlink(&file, &link).unwrap();
        edit(&link, |_| Ok("b".to_owned())).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs_err::read_to_string(&file).unwrap(), "b");
        assert!(edit(&link, |_| Err(Error::invalid("no"))).is_err());
        assert_eq!(fs_err::read_to_string(&file).unwrap(), "b");
        fs_err::write(&file, b"\xff").unwrap();
        assert!(edit(&link, |_| Ok(String::new())).is_err());
        assert_eq!(fs_err::read_dir(root.path()).unwrap().count(), 2);
    }

    #[test]
    fn secrets_go_into_files_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("out");
        fs_err::write(&path, "old").unwrap();
        fs_err::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!((fs_err::read(&path).unwrap().as_slice(), mode(&path)), (&b"new"[..], 0o600));
        assert!(write_private(Path::new("/dev/null"), b"x").is_err());
        assert!(write_private(root.path(), b"x").is_err());
    }
}
