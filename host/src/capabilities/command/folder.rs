//! The working folder of one run: fresh, for this user alone, and gone afterwards.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::{End, Ending};
use crate::programs::PrivateFolder;

/// What the names of all folders begin with.
const PREFIX: &str = "connhub-command-";

/// A folder, until it is dropped or a signal ends the process.
#[derive(Debug)]
pub struct Folder {
    folder: PrivateFolder,
    _ending: Ending,
}

impl Folder {
    /// Makes a folder in the first of these places where that is possible, and removes those that a killed process left there.
    ///
    /// # Errors
    /// No place can hold one.
    pub fn new(places: &[PathBuf]) -> io::Result<Self> {
        let (folder, ending) = Ending::of(|| {
            let folder = PrivateFolder::make(places, PREFIX)?;
            let path = folder.path().to_owned();
            // Who comes next removes what cannot be removed now.
            let end: End = Box::new(move || drop(fs_err::remove_dir_all(path)));
            io::Result::Ok((folder, end))
        })?;
        Ok(Self { folder, _ending: ending })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a new file that only the user can read.
    ///
    /// # Errors
    /// It is there, or cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        self.folder.write(name, content)
    }
}
