//! Files and folders that only their owner can reach.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::error::{VaultError, quoted};

/// The largest file that [`read_private`] takes, in bytes. A key file has about 70.
const MAX_SMALL_FILE: usize = 4096;

/// Makes the folder and those above it, if they are not there, and checks it. Returns its path
/// without symbolic links.
pub(super) fn make_directory(path: &Path) -> Result<PathBuf, VaultError> {
    if let Some(found) = find_directory(path)? {
        return Ok(found);
    }
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    let mut builder = std::fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(path);
    made.map_err(|source| VaultError::io("make the folder", path, source))?;
    // A record that is durable in a folder that is not would be lost with it.
    missing.into_iter().try_for_each(|folder| sync_directory(folder_of(folder)))?;
    find_directory(path)?.ok_or_else(|| {
        VaultError::io("make the folder", path, io::Error::from(ErrorKind::NotFound))
    })
}

/// The path of the folder without symbolic links, once it is checked; none if it is not there.
pub(super) fn find_directory(path: &Path) -> Result<Option<PathBuf>, VaultError> {
    let found = match fs_err::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(|source| VaultError::io("find", path, source))?,
    };
    let metadata =
        fs_err::metadata(&found).map_err(|source| VaultError::io("look at", &found, source))?;
    if !metadata.is_dir() {
        return Err(refusal(&found, &metadata, "is not a folder", "ls -ld"));
    }
    check_private(&found, &metadata, "chmod 700")?;
    Ok(Some(found))
}

/// Whether there is a file. One that is not plain, or that others can reach, is refused.
pub(super) fn find_private(path: &Path) -> Result<bool, VaultError> {
    match fs_err::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(VaultError::io("look at", path, source)),
        Ok(metadata) => check_file(path, &metadata).map(|()| true),
    }
}

/// The contents of a small file that only its owner can reach; none if it is not there.
pub(super) fn read_private(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    if !find_private(path)? {
        return Ok(None);
    }
    let failed = |source| VaultError::io("read", path, source);
    let file = open_private(path, OpenOptions::new().read(true)).map_err(failed)?;
    // The file may have been replaced since it was looked at; what counts is the one that is open.
    check_file(path, &file.metadata().map_err(failed)?)?;
    let mut contents = Zeroizing::new(Vec::with_capacity(MAX_SMALL_FILE + 1));
    file.take(MAX_SMALL_FILE as u64 + 1).read_to_end(&mut contents).map_err(failed)?;
    Ok(Some(contents))
}

/// Opens a file that exists, not following a symbolic link and not waiting for a pipe.
pub(super) fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    options.custom_flags(flags.bits().cast_signed()).open(path)
}

/// Makes an empty file of mode 0600. Fails if there is anything of that name.
pub(super) fn create_private(path: &Path) -> Result<File, VaultError> {
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|source| VaultError::io("make", path, source))
}

/// What became of a file that was to be written once.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Publication {
    /// It is there, durably and with all of its contents.
    Done,
    /// There was one already; nothing was changed.
    Taken,
}

/// Writes a file of mode 0600 that appears with all of its contents or not at all, and never in
/// the place of another.
pub(super) fn publish(path: &Path, contents: &[u8]) -> Result<Publication, VaultError> {
    let failed = |source| VaultError::io("write", path, source);
    let folder = folder_of(path);
    let mut draft = tempfile::Builder::new().prefix(".new-").tempfile_in(folder).map_err(failed)?;
    draft.write_all(contents).map_err(failed)?;
    draft.as_file().sync_all().map_err(failed)?;
    match draft.persist_noclobber(path) {
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
            return Ok(Publication::Taken);
        }
        published => published.map_err(|refused| failed(refused.error))?,
    };
    sync_directory(folder)?;
    Ok(Publication::Done)
}

/// Writes a file of mode 0600 in the place of the one that is there, durably. At any moment there is one or the other, whole.
pub(super) fn replace(path: &Path, contents: &[u8]) -> Result<(), VaultError> {
    let failed = |source| VaultError::io("write", path, source);
    let folder = folder_of(path);
    let mut draft = tempfile::Builder::new().prefix(".new-").tempfile_in(folder).map_err(failed)?;
    draft.write_all(contents).map_err(failed)?;
    draft.as_file().sync_all().map_err(failed)?;
    draft.persist(path).map_err(|refused| failed(refused.error))?;
    sync_directory(folder)
}

/// Makes the names in a folder durable.
pub(super) fn sync_directory(path: &Path) -> Result<(), VaultError> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|source| VaultError::io("write", path, source))
}

/// Removes a file; one that is not there is fine.
pub(super) fn remove(path: &Path) -> Result<(), VaultError> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|source| VaultError::io("remove", path, source)),
    }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Refuses what is not a plain file, and what others can reach.
pub(super) fn check_file(path: &Path, metadata: &std::fs::Metadata) -> Result<(), VaultError> {
    if metadata.is_symlink() {
        return Err(refusal(path, metadata, "is a symbolic link", "readlink -f"));
    }
    if !metadata.is_file() {
        return Err(refusal(path, metadata, "is not a plain file", "ls -ld"));
    }
    check_private(path, metadata, "chmod 600")
}

fn check_private(
    path: &Path,
    metadata: &std::fs::Metadata,
    narrowing: &str,
) -> Result<(), VaultError> {
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        let what = format!("belongs to the user {}, not to you ({user})", metadata.uid());
        return Err(refusal(path, metadata, &what, &format!("sudo chown {user}")));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let what = format!("can be reached by others (mode {mode:04o})");
        return Err(refusal(path, metadata, &what, narrowing));
    }
    Ok(())
}

fn refusal(path: &Path, metadata: &std::fs::Metadata, what: &str, command: &str) -> VaultError {
    VaultError::Permissions {
        path: path.to_owned(),
        mode: metadata.mode() & 0o7777,
        what: what.to_owned(),
        hint: format!("`{command} {}`", quoted(path)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::Builder::new().permissions(mode(0o700)).tempdir().expect("a folder")
    }

    fn mode(bits: u32) -> std::fs::Permissions {
        std::fs::Permissions::from_mode(bits)
    }

    fn mode_of(path: &Path) -> u32 {
        fs_err::metadata(path).expect("it is there").mode() & 0o7777
    }

    #[test]
    fn folders_are_made_for_the_owner_alone() {
        let root = folder();
        let made = make_directory(&root.path().join("a/b")).expect("made");
        assert_eq!(mode_of(&made), 0o700);
        assert_eq!(mode_of(&root.path().join("a")), 0o700);
        assert_eq!(make_directory(&made).expect("found"), made);
        assert_eq!(find_directory(&root.path().join("none")).expect("fine"), None);
    }

    #[test]
    fn a_folder_that_others_reach_is_refused_with_the_command() {
        let root = folder();
        fs_err::set_permissions(root.path(), mode(0o750)).expect("chmod");
        let error = find_directory(root.path()).expect_err("too open");
        assert!(error.to_string().contains("mode 0750"), "{error}");
        let hint = error.hint().expect("a hint");
        assert!(hint.starts_with("`chmod 700 '/"), "{hint}");
    }

    #[test]
    fn files_are_published_whole_private_and_once() {
        let root = folder();
        let path = root.path().join("file");
        assert_eq!(publish(&path, b"one").expect("written"), Publication::Done);
        assert_eq!(publish(&path, b"two").expect("refused"), Publication::Taken);
        assert_eq!(read_private(&path).expect("read").expect("there").as_slice(), b"one");
        assert_eq!(mode_of(&path), 0o600);
        assert_eq!(fs_err::read_dir(root.path()).expect("folder").count(), 1);
    }

    #[test]
    fn created_files_are_private_and_new() {
        let root = folder();
        let path = root.path().join("file");
        create_private(&path).expect("created");
        assert_eq!(mode_of(&path), 0o600);
        assert!(create_private(&path).is_err());
    }

    #[test]
    fn links_pipes_and_open_modes_are_refused() {
        let root = folder();
        let plain = root.path().join("plain");
        create_private(&plain).expect("created");
        let link = root.path().join("link");
        symlink(&plain, &link).expect("linked");
        let directory = root.path().join("directory");
        fs_err::create_dir(&directory).expect("made");
        let open = root.path().join("it's open");
        create_private(&open).expect("created");
        fs_err::set_permissions(&open, mode(0o640)).expect("chmod");
        let check = |path: &Path, what: &str, hint: &str| {
            let error = read_private(path).expect_err("refused");
            assert!(error.to_string().contains(what), "{error}");
            let found = error.hint().expect("a hint");
            assert!(found.contains(hint), "{found}");
        };
        check(&link, "is a symbolic link", "readlink -f");
        check(&directory, "is not a plain file", "ls -ld");
        check(&open, "mode 0640", r"it'\''s open'");
        assert!(open_private(&link, OpenOptions::new().read(true)).is_err());
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let path = Path::new("/etc/hostname");
        let metadata = fs_err::metadata("/proc/self").expect("there");
        let mine = metadata.uid() == rustix::process::geteuid().as_raw();
        assert!(mine, "the folder of a process belongs to its user");
        let root = folder();
        let other = root.path().join("other");
        create_private(&other).expect("created");
        if std::os::unix::fs::chown(&other, Some(4711), None).is_ok() {
            let error = find_private(&other).expect_err("another owner");
            assert!(error.to_string().contains("belongs to the user 4711"), "{error}");
        } else {
            // Only the system's administrator can give files away; others own nothing in `/etc`.
            assert!(find_private(path).is_err());
        }
    }
}
