//! `plugins.toml` and `plugins.lock` beside the shipped connectors.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::workspace;

#[derive(Serialize)]
struct LockFile {
    version: u32,
    connectors: BTreeMap<String, Locked>,
}

#[derive(Serialize)]
struct Locked {
    component: String,
    source: String,
    sha256: String,
    size: u64,
}

/// Writes both files into the folder that holds the components.
pub fn write(folder: &Path, connectors: &[String]) -> Result<()> {
    let plugins = fs_err::read(workspace::root().join("plugins.toml"))?;
    let lock = LockFile { version: 2, connectors: locked(folder, connectors)? };
    replace(&folder.join("plugins.lock"), toml::to_string(&lock)?.as_bytes())?;
    replace(&folder.join("plugins.toml"), &plugins)
}

/// Writes a file by a rename, so that a reader sees the old bytes or the new ones. A file that
/// already holds the bytes keeps its time, on which caches rely.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs_err::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().context("a file has a folder")?;
    let mut builder = tempfile::Builder::new();
    let mut file = readable(&mut builder).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// The lower-case hexadecimal SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn locked(folder: &Path, connectors: &[String]) -> Result<BTreeMap<String, Locked>> {
    connectors
        .iter()
        .map(|name| {
            let component = format!("{name}.wasm");
            let bytes = fs_err::read(folder.join(&component))?;
            let size = bytes.len().try_into()?;
            // The time is left out: the same components have the same lock.
            let source = component.clone();
            Ok((name.clone(), Locked { component, source, sha256: sha256(&bytes), size }))
        })
        .collect()
}

/// A temporary file is the owner's alone; these files are for everybody.
#[cfg(unix)]
fn readable<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_names_each_component_by_digest_and_size() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("local.wasm"), b"abc").unwrap();
        let connectors = locked(folder.path(), &["local".to_owned()]).unwrap();
        let text = toml::to_string(&LockFile { version: 2, connectors }).unwrap();
        assert_eq!(
            text,
            "version = 2\n\n[connectors.local]\ncomponent = \"local.wasm\"\nsource = \"local.wasm\"\n\
             sha256 = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\nsize = 3\n"
        );
    }

    #[test]
    fn equal_bytes_leave_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let inode = || std::os::unix::fs::MetadataExt::ino(&fs_err::metadata(&path).unwrap());
        replace(&path, b"one").unwrap();
        let first = inode();
        replace(&path, b"one").unwrap();
        assert_eq!(inode(), first);
        replace(&path, b"two").unwrap();
        assert_ne!(inode(), first);
        assert_eq!(fs_err::read(&path).unwrap(), b"two");
    }
}
