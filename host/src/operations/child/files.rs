//! Files with secrets that are there only while a command runs: mode 0600, in a folder of mode 0700, in memory where the system has such
//! a place.
//!
//! A process that is killed cannot clean up. So each folder is locked while its process lives, and the next one removes those that
//! nobody holds.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::{FlockOperation, flock};

use crate::consumers::{Form, Plan, Variable};
use crate::model::{Error, Kind};

/// What the name of each folder begins with; the rest is random.
const PREFIX: &str = "connhub-exec-";
/// A folder that is younger may be one that is just being made and not locked yet.
const YOUNG: Duration = Duration::from_secs(60);

/// Where the folder may be made, the best place first.
#[derive(Clone, Debug, Default)]
pub struct FilePlaces(pub Vec<PathBuf>);

/// The files of one command. They are removed when this is dropped.
pub struct PrivateFiles(Option<Folder>);

struct Folder {
    folder: tempfile::TempDir,
    /// Holds the lock.
    _lock: fs_err::File,
}

impl PrivateFiles {
    /// Writes the files of a plan. For one without files nothing is made.
    pub fn make(places: &FilePlaces, plan: &Plan) -> Result<Self, Error> {
        let files: Vec<&Variable> =
            plan.set.iter().filter(|variable| variable.form == Form::File).collect();
        if files.is_empty() {
            return Ok(Self(None));
        }
        let place = places.0.iter().find(|place| is_usable(place)).ok_or_else(no_place)?;
        sweep(place);
        make(place, &files).map(Some).map(Self).map_err(|error| no_file(place).because(error))
    }

    /// The folder; empty if there are no files.
    pub fn folder(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), |folder| folder.folder.path())
    }
}

fn make(place: &Path, files: &[&Variable]) -> std::io::Result<Folder> {
    let folder = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(place)?;
    let lock = fs_err::File::open(folder.path())?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    for variable in files {
        write(&folder.path().join(name(variable)), variable.value.expose())?;
    }
    Ok(Folder { folder, _lock: lock })
}

/// The name of the file of a variable. Some programs go by the ending.
pub fn name(variable: &Variable) -> String {
    let ending = match variable.value.expose().trim_ascii_start().first() {
        Some(b'{' | b'[') => ".json",
        Some(b'-') => ".pem",
        _ => "",
    };
    format!("{}{ending}", variable.name.to_ascii_lowercase())
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file =
        fs_err::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

/// A folder of this user's that others cannot change, or one like `/tmp` in which everybody keeps to their own.
fn is_usable(place: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    let Ok(metadata) = fs_err::metadata(place) else { return false };
    let is_ours =
        metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
    metadata.is_dir() && place.is_absolute() && (is_ours || metadata.mode() & STICKY != 0)
}

/// Removes what processes left that were killed. What belongs to others cannot be opened.
fn sweep(place: &Path) {
    let Ok(entries) = fs_err::read_dir(place) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|metadata| {
                metadata.is_dir()
                    && metadata.uid() == rustix::process::geteuid().as_raw()
                    && metadata
                        .modified()
                        .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > YOUNG))
            });
        if !is_ours {
            continue;
        }
        let unlocked = fs_err::File::open(entry.path())
            .ok()
            .filter(|folder| flock(folder, FlockOperation::NonBlockingLockExclusive).is_ok());
        if unlocked.is_some() {
            // Another process may be sweeping as well.
            fs_err::remove_dir_all(entry.path()).unwrap_or_default();
        }
    }
}

fn no_place() -> Error {
    Error::new(Kind::Other, "there is no safe place for the files that the command needs")
        .hint("set XDG_RUNTIME_DIR or TMPDIR to a folder of yours that others cannot write")
        .hint("or leave the variables that need files out with `--only`")
}

fn no_file(place: &Path) -> Error {
    Error::new(
        Kind::Other,
        format!("the files that the command needs cannot be made in `{}`", place.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::model::Secret;

    fn plan(value: &[u8]) -> Plan {
        let variable = Variable {
            name: "GOOGLE_APPLICATION_CREDENTIALS".to_owned(),
            value: Secret::new(value.to_vec()),
            form: Form::File,
            is_secret: true,
            fields: Vec::new(),
            is_plain: true,
            is_of_field: true,
        };
        Plan { set: vec![variable], ..Plan::default() }
    }

    #[test]
    fn files_are_private_and_gone_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let places =
            FilePlaces(vec!["relative".into(), "/nonexistent".into(), root.path().to_owned()]);
        let files = PrivateFiles::make(&places, &plan(b"{}")).unwrap();
        let folder = files.folder().to_owned();
        let file = folder.join("google_application_credentials.json");
        assert_eq!(fs_err::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs_err::read(&file).unwrap(), b"{}");
        drop(files);
        assert!(!folder.exists());
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_used_stays() {
        let root = tempfile::tempdir().unwrap();
        let places = FilePlaces(vec![root.path().to_owned()]);
        let left = root.path().join("connhub-exec-left");
        let other = root.path().join("other");
        let young = root.path().join("connhub-exec-young");
        for folder in [&left, &other, &young] {
            fs_err::create_dir(folder).unwrap();
            fs_err::write(folder.join("secret"), "x").unwrap();
        }
        let old = SystemTime::now() - 2 * YOUNG;
        for folder in [&left, &other] {
            fs_err::File::open(folder).unwrap().file().set_modified(old).unwrap();
        }
        let used = PrivateFiles::make(&places, &plan(b"a")).unwrap();
        assert!(!left.exists() && other.exists() && young.exists());
        let second = PrivateFiles::make(&places, &plan(b"b")).unwrap();
        assert!(used.folder().exists() && second.folder() != used.folder());
    }

    #[test]
    fn a_folder_that_others_can_write_is_not_used() {
        let root = tempfile::tempdir().unwrap();
        let mode = |mode| {
            fs_err::set_permissions(root.path(), std::fs::Permissions::from_mode(mode)).unwrap()
        };
        mode(0o777);
        assert!(
            PrivateFiles::make(&FilePlaces(vec![root.path().to_owned()]), &plan(b"a")).is_err()
        );
        mode(0o1777);
        assert!(PrivateFiles::make(&FilePlaces(vec![root.path().to_owned()]), &plan(b"a")).is_ok());
    }
}
