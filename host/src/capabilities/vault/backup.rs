//! Copies of a store, and a store of a copy.
//!
//! A copy is sealed as the store is, and its key is not in it: who has the copy has nothing without
//! the key that the store had then. A copy becomes a store only after all of it was opened.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use super::config::VaultConfig;
use super::database::Database;
use super::error::VaultError;
use super::files;
use super::layout::Layout;
use super::lock::Lock;
use super::postgres::Server;
use super::store::Store;
use super::unlock::unlock_copy;

/// The most bytes that a copy to restore has.
const MAX_COPY: u64 = 64 << 30;

/// What is done with something that is in the place already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// It is an error.
    Refuse,
    /// It makes place.
    Replace,
}

/// A store that was made of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How many records it has.
    pub records: u64,
    /// Where the store is that was there before, if one was.
    pub before: Option<PathBuf>,
}

impl Store {
    /// Writes a copy of the store as it is at one moment, which others may go on to change meanwhile. Returns the number of its records,
    /// all of which were opened; none if there is no store. The file appears whole or not at all, and of mode 0600.
    ///
    /// # Errors
    ///
    /// [`VaultError::Occupied`], a full disk, and those of [`Store::verify`].
    pub fn backup(
        config: &VaultConfig,
        to: &Path,
        present: Present,
    ) -> Result<Option<u64>, VaultError> {
        let Some(store) = Self::open_existing(config)? else { return Ok(None) };
        check_free(to, present)?;
        let folder = files::folder_of(to);
        let draft = scratch(folder, to)?;
        let layout = Layout::new(draft.path().to_owned());
        files::create_private(&layout.store())?;
        store.database.copy_to(&layout.store())?;
        let copy = Self::check_copy(config, &layout.store())?;
        put(&layout.store(), to, present)?;
        files::sync_directory(folder)?;
        Ok(Some(copy))
    }

    /// Opens every record of a copy that [`Store::backup`] wrote, with the key that the configuration names. Returns their number.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open`] and [`Store::verify`].
    pub fn check_copy(config: &VaultConfig, copy: &Path) -> Result<u64, VaultError> {
        let path =
            fs_err::canonicalize(copy).map_err(|source| VaultError::io("find", copy, source))?;
        let folder = files::folder_of(&path).to_owned();
        let database = Database::open_frozen(&path)?;
        let unlocked = unlock_copy(config, &database)?;
        // A copy has no mark: it is meant to be older than the store.
        Self::assemble(config, database, unlocked, &Layout::without_mark(folder))?.verify()
    }

    /// Makes the store of a copy, after all of it was opened with the key that the configuration names.
    ///
    /// A store that is there is moved aside as a whole in the moment in which the restored one takes its place. Processes that have it open
    /// go on with the one aside.
    ///
    /// # Errors
    ///
    /// [`VaultError::Occupied`], a full disk, and those of [`Store::verify`]. Nothing was changed then.
    pub fn restore(
        config: &VaultConfig,
        from: &Path,
        present: Present,
    ) -> Result<Restored, VaultError> {
        if let Some(server) = &config.server {
            return Err(no_restore(server));
        }
        let parent = parent(&config.directory)?;
        let name = config.directory.file_name().unwrap_or_default();
        let place = parent.join(name);
        let draft = scratch(&parent, &place)?;
        let layout = Layout::new(draft.path().to_owned());
        copy_in(from, &layout.store())?;
        let records = {
            let made =
                VaultConfig { directory: draft.path().to_owned(), server: None, ..config.clone() };
            let mut store = Self::open_existing(&made)?.ok_or(VaultError::Missing)?;
            let records = store.verify()?;
            store.remark()?;
            records
        };
        files::sync_directory(draft.path())?;
        let before = move_in(draft, &place, present)?;
        files::sync_directory(&parent)?;
        Ok(Restored { records, before })
    }

    /// Writes the mark of a store that had none.
    fn remark(&mut self) -> Result<(), VaultError> {
        let state = self.database.read(|connection| self.current_state(connection, 0))?;
        self.mark.raise(&self.keys, state.generation);
        Ok(())
    }
}

/// The folder that a store is in, which others may look into.
fn parent(directory: &Path) -> Result<PathBuf, VaultError> {
    let folder = files::folder_of(directory);
    if !folder.exists() {
        return files::make_directory(folder);
    }
    fs_err::canonicalize(folder).map_err(|source| VaultError::io("find", folder, source))
}

fn no_restore(server: &Server) -> VaultError {
    let (host, port) = (&server.host, server.port);
    VaultError::Invalid {
        what: format!(
            "a copy does not become the store on `{server}`: that would take away what others have written since. Bring single connections \
             back with `connhub copy`, from a home whose `[vault]` has no `url`; or have the whole schema put back by its owner, with \
             `pg_restore -h {host} -p {port}`"
        ),
    }
}

/// A folder of mode 0700 beside the place that its contents are meant for.
fn scratch(folder: &Path, place: &Path) -> Result<TempDir, VaultError> {
    let private = Permissions::from_mode(0o700);
    let made = tempfile::Builder::new().prefix(".vault-").permissions(private).tempdir_in(folder);
    made.map_err(|source| VaultError::io("write", place, source))
}

/// Whether a file may be written there. What is not a plain file never makes place: not a device, and not a folder.
fn check_free(to: &Path, present: Present) -> Result<(), VaultError> {
    match to.symlink_metadata() {
        Ok(_) if present == Present::Refuse => Err(VaultError::Occupied { path: to.to_owned() }),
        Ok(there) if !there.is_file() => {
            let what = format!("`{}` is there and is not a plain file", to.display());
            Err(VaultError::Invalid { what })
        }
        _ => Ok(()),
    }
}

fn put(draft: &Path, to: &Path, present: Present) -> Result<(), VaultError> {
    let flags = match present {
        Present::Refuse => RenameFlags::NOREPLACE,
        Present::Replace => RenameFlags::empty(),
    };
    renameat_with(CWD, draft, CWD, to, flags).map_err(|errno| failed(errno.into(), to))
}

fn failed(source: std::io::Error, path: &Path) -> VaultError {
    match source.kind() {
        ErrorKind::AlreadyExists => VaultError::Occupied { path: path.to_owned() },
        _ => VaultError::io("write", path, source),
    }
}

/// Copies a file of a stranger into one of our own.
fn copy_in(from: &Path, to: &Path) -> Result<(), VaultError> {
    use std::io::Read as _;
    let unreadable = |source| VaultError::io("read", from, source);
    let source = fs_err::File::open(from).map_err(unreadable)?;
    let metadata = source.metadata().map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > MAX_COPY {
        return Err(VaultError::damaged(from, "it is not a copy of a store"));
    }
    let mut target = files::create_private(to)?;
    let copied = std::io::copy(&mut source.take(MAX_COPY), &mut target);
    copied.and_then(|_| target.sync_all()).map_err(|source| VaultError::io("write", to, source))
}

/// Moves a folder to its place in one step. Returns where the one is that was there.
fn move_in(draft: TempDir, place: &Path, present: Present) -> Result<Option<PathBuf>, VaultError> {
    match renameat_with(CWD, draft.path(), CWD, place, RenameFlags::NOREPLACE) {
        Ok(()) => {
            // The folder is not where its guard would remove it.
            let _moved = draft.keep();
            return Ok(None);
        }
        Err(rustix::io::Errno::EXIST) => {}
        Err(errno) => return Err(failed(errno.into(), place)),
    }
    let directory = files::find_directory(place)?.ok_or(VaultError::Missing)?;
    let layout = Layout::new(directory);
    let lock = Lock::acquire(&layout.lock())?;
    // A store that is gone while files of it are left makes place like a whole one.
    let is_there = !matches!(layout.has_store(), Ok(false));
    if is_there && present == Present::Refuse {
        return Err(VaultError::Occupied { path: layout.store() });
    }
    renameat_with(CWD, draft.path(), CWD, layout.directory(), RenameFlags::EXCHANGE)
        .map_err(|errno| failed(errno.into(), place))?;
    drop(lock);
    if !is_there {
        // What was exchanged is an empty folder, which its guard removes.
        return Ok(None);
    }
    let old = draft.keep();
    let aside = aside(place);
    match renameat_with(CWD, &old, CWD, &aside, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(Some(aside)),
        Err(_) => Ok(Some(old)),
    }
}

/// A name for what was in a place: the place, and the seconds since 1970.
fn aside(place: &Path) -> PathBuf {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    super::layout::beside(place, &format!(".before-{seconds}"))
}
