//! Debian's compiler, unpacked below `target/`.
//!
//! It brings no standard library for guests; cargo builds that from Debian's source package with
//! `-Zbuild-std`, linked against wasi-libc by rustup's own linker.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::apt::{self, Apt, Package};
use super::{TARGET, rustup};
use crate::workspace;

/// The packages beside the compiler's own libraries. The compiler comes first.
const COMPILER: &str = "rustc-web";
const AT_THE_COMPILERS_VERSION: &[&str] = &["libstd-rust-web-dev", "rust-web-src"];
const C_LIBRARY: &str = "wasi-libc";

/// Where wasi-libc may keep its objects. Debian's is for preview 1; the linker adapts it.
const C_LIBRARY_FOLDERS: &[&str] = &["usr/lib/wasm32-wasip2", "usr/lib/wasm32-wasi"];

/// An unpacked compiler.
pub struct Debian {
    root: PathBuf,
}

impl Debian {
    /// The compiler of an earlier run.
    pub fn installed() -> Result<Option<Self>> {
        // The folder gets this name by a rename after everything in it is complete.
        let root = home().join("debian");
        Ok(root.is_dir().then_some(Self { root }))
    }

    /// The compiler of an earlier run, or a new one.
    pub fn get_or_install() -> Result<Self> {
        fs_err::create_dir_all(home())?;
        let lock = File::create(home().join("lock"))?;
        lock.lock().context("the folder of the guest toolchain cannot be locked")?;
        if let Some(debian) = Self::installed()? {
            return Ok(debian);
        }
        install()
    }

    /// What makes Cargo build with this compiler, and with a standard library that it builds. Build
    /// scripts and macros get none of the flags, since a target is named in every call.
    pub fn variables(&self) -> Result<Vec<(&'static str, OsString)>> {
        let linkers = linker_folder()?;
        let mut flags = OsString::from("-Clink-self-contained=yes");
        flags.push("\u{1f}-Clink-arg=--wasm-ld-path=");
        flags.push(linkers.join("gcc-ld/wasm-ld"));
        Ok(vec![
            ("RUSTC", self.root.join("usr/bin/rustc").into()),
            ("RUSTC_BOOTSTRAP", "1".into()),
            ("LD_LIBRARY_PATH", self.libraries()?.into()),
            ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort".into()),
            ("CARGO_TARGET_WASM32_WASIP2_LINKER", linkers.join("wasm-component-ld").into()),
            ("CARGO_ENCODED_RUSTFLAGS", flags),
        ])
    }

    /// The folder of the compiler's shared libraries, named after the machine's multiarch tuple.
    fn libraries(&self) -> Result<PathBuf> {
        for entry in fs_err::read_dir(self.root.join("usr/lib"))? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with("-linux-gnu") {
                return Ok(path);
            }
        }
        bail!("the unpacked packages hold no shared libraries")
    }
}

fn install() -> Result<Debian> {
    let home = home();
    let apt = Apt::knowing(COMPILER, &home.join("apt"))?;
    let packages = packages(&apt)?;
    let work = fresh_folder(&home.join("unfinished"))?;
    let downloads = fresh_folder(&work.join("downloads"))?;
    for file in apt.download(&packages, &downloads)? {
        apt::unpack(&file, &work)?;
    }
    place_c_library(&work)?;
    drop_what_is_not_used(&work)?;
    let root = home.join("debian");
    fs_err::rename(&work, &root)?;
    Ok(Debian { root })
}

/// The compiler, the standard library's source, and every library that the machine lacks.
fn packages(apt: &Apt) -> Result<Vec<Package>> {
    let compiler = apt.required(COMPILER)?;
    check_version(&compiler.version, &workspace::package()?.rust_version)?;
    let mut packages = vec![apt.required(C_LIBRARY)?];
    for name in AT_THE_COMPILERS_VERSION {
        let package = apt.required(name)?;
        if package.version != compiler.version {
            bail!("`{name}` is {}, the compiler is {}", package.version, compiler.version);
        }
        packages.extend(apt.missing_libraries(&package)?);
        packages.push(package);
    }
    packages.push(compiler);
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    packages.dedup_by(|one, other| one.name == other.name);
    Ok(packages)
}

fn check_version(found: &str, needed: &str) -> Result<()> {
    let number = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??))
    };
    if number(found) < number(needed) {
        bail!("Debian's compiler is {found}, this checkout needs {needed}");
    }
    Ok(())
}

/// Puts wasi-libc where the compiler looks for the objects of a self-contained target.
fn place_c_library(root: &Path) -> Result<()> {
    let from = C_LIBRARY_FOLDERS.iter().map(|folder| root.join(folder)).find(|path| path.is_dir());
    let from = from.with_context(|| format!("`{C_LIBRARY}` holds no objects for {TARGET}"))?;
    let to = root.join("usr/lib/rustlib").join(TARGET).join("lib/self-contained");
    fs_err::create_dir_all(&to)?;
    for entry in fs_err::read_dir(from)? {
        let path = entry?.path();
        fs_err::copy(&path, to.join(path.file_name().expect("an entry has a name")))?;
    }
    Ok(())
}

/// The packages, documents and the compiler's own source are most of a gigabyte.
fn drop_what_is_not_used(root: &Path) -> Result<()> {
    fs_err::remove_dir_all(root.join("downloads"))?;
    fs_err::remove_dir_all(root.join("usr/share"))?;
    let library = fs_err::canonicalize(root.join("usr/lib/rustlib/src/rust"))?;
    for entry in fs_err::read_dir(library)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "library") {
            fs_err::remove_dir_all(path)?;
        }
    }
    Ok(())
}

fn fresh_folder(path: &Path) -> Result<PathBuf> {
    if path.exists() {
        fs_err::remove_dir_all(path)?;
    }
    fs_err::create_dir_all(path)?;
    Ok(path.to_owned())
}

/// The folder of the active toolchain that holds the linkers.
fn linker_folder() -> Result<PathBuf> {
    let folder = rustup::sysroot()?.join("lib/rustlib").join(rustup::host()?).join("bin");
    if !folder.join("wasm-component-ld").is_file() {
        bail!("the active toolchain holds no `wasm-component-ld`; install Rust with rustup");
    }
    Ok(folder)
}

fn home() -> PathBuf {
    workspace::shared_target().join("guest-toolchain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_compiler_is_refused_before_anything_is_downloaded() {
        let check = |found, expected| {
            assert_eq!(check_version(found, "1.95").is_ok(), expected, "{found}");
        };
        check("1.96.0+dfsg1-1~deb12u2", true);
        check("1.95.0+dfsg1", true);
        check("2.0.0", true);
        check("1.85.0+dfsg3-1~deb12u3", false);
        check("1.9.0", false);
        check("nonsense", false);
    }
}
