//! Which files only root can change.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Write permission of group and others.
const WRITABLE: u32 = 0o022;

/// Why somebody else than root could change a file.
#[derive(Debug, thiserror::Error)]
pub enum Untrusted {
    /// It or a folder above is another user's.
    #[error("`{}` belongs to the user with the id {uid} and not to root", path.display())]
    Owner {
        /// The file or folder.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// It or a folder above is open to others.
    #[error("`{}` can be written by others than root (mode {mode:o})", path.display())]
    Writable {
        /// The file or folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A link, which leads to where nobody has looked.
    #[error("`{}` is a symbolic link", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Neither a file nor a folder where there should be one.
    #[error("`{}` is not a {expected}", path.display())]
    Kind {
        /// The thing.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// The system does not tell.
    #[error("`{}` cannot be looked at", path.display())]
    Unknown {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Untrusted {
    /// What root types to repair it.
    pub fn repair(&self) -> String {
        match self {
            Self::Owner { path, .. } => format!("chown root: {}", path.display()),
            Self::Writable { path, .. } => format!("chmod go-w {}", path.display()),
            Self::Link { path } => {
                format!("put the file itself in the place of {}", path.display())
            }
            Self::Kind { path, .. } | Self::Unknown { path, .. } => {
                format!("ls -ld {}", path.display())
            }
        }
    }
}

/// Checks that only root can change the file at an absolute path: the file, which is open, and every folder above it. Links are refused,
/// since whoever owns a place on the way could change where they lead.
///
/// # Errors
/// Names the file or folder that somebody else can change.
pub fn only_root_writes(path: &Path, file: &std::fs::Metadata) -> Result<(), Untrusted> {
    if !file.is_file() {
        return Err(Untrusted::Kind { path: path.to_owned(), expected: "file" });
    }
    check(path, file)?;
    for folder in path.ancestors().skip(1) {
        let metadata = fs_err::symlink_metadata(folder)
            .map_err(|source| Untrusted::Unknown { path: folder.to_owned(), source })?;
        if metadata.is_symlink() {
            return Err(Untrusted::Link { path: folder.to_owned() });
        }
        if !metadata.is_dir() {
            return Err(Untrusted::Kind { path: folder.to_owned(), expected: "folder" });
        }
        check(folder, &metadata)?;
    }
    Ok(())
}

/// Whether only root can change the file at a path. Links on the way are followed; where they end counts.
pub fn is_roots(path: &Path) -> bool {
    let real = fs_err::canonicalize(path);
    real.is_ok_and(|real| {
        fs_err::symlink_metadata(&real).is_ok_and(|file| only_root_writes(&real, &file).is_ok())
    })
}

fn check(path: &Path, metadata: &std::fs::Metadata) -> Result<(), Untrusted> {
    let path = || path.to_owned();
    if metadata.uid() != 0 {
        return Err(Untrusted::Owner { path: path(), uid: metadata.uid() });
    }
    match metadata.mode() & WRITABLE {
        0 => Ok(()),
        _ => Err(Untrusted::Writable { path: path(), mode: metadata.mode() & 0o7777 }),
    }
}
