//! The real servers of the tests, two databases, a pooler and a registry: Debian's packages, unpacked below `target` and not installed.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::guest::{Apt, unpack};
use crate::workspace;

/// What is unpacked, with the libraries below that the machine does not have. The first is a name for the usual version.
const POSTGRESQL: &str = "postgresql";
const MARIADB: &str = "mariadb-server-core";
const POOLER: &str = "pgbouncer";
const REGISTRY: &str = "docker-registry";

/// The folder that stands for `/`.
pub fn folder() -> PathBuf {
    workspace::target().join("servers")
}

/// Unpacks the servers, anew whenever Debian has other versions.
///
/// # Errors
/// This is no Debian, or a package cannot be had.
pub fn prepare() -> Result<()> {
    let folder = folder();
    let downloads = folder.join("packages");
    fs_err::create_dir_all(&downloads)?;
    let apt = Apt::knowing(MARIADB, &downloads)?;
    let usual = apt.required(POSTGRESQL)?;
    let versioned = usual.depends.iter().find(|name| name.starts_with("postgresql-"));
    let versioned = versioned.context("the package `postgresql` names no version")?;
    let mut packages = Vec::new();
    for name in [versioned, POOLER, MARIADB, REGISTRY] {
        let server = apt.required(name)?;
        packages.extend(apt.missing_libraries(&server)?);
        packages.push(server);
    }
    let wanted: String =
        packages.iter().map(|package| format!("{} {}\n", package.name, package.version)).collect();
    // Written last, so that what broke off is begun again.
    let stamp = folder.join("unpacked.txt");
    if fs_err::read_to_string(&stamp).is_ok_and(|unpacked| unpacked == wanted) {
        return Ok(());
    }
    let usr = folder.join("usr");
    if usr.exists() {
        fs_err::remove_dir_all(usr)?;
    }
    for file in apt.download(&packages, &downloads)? {
        unpack(&file, &folder)?;
        fs_err::remove_file(file)?;
    }
    fs_err::write(&stamp, wanted)?;
    Ok(())
}
