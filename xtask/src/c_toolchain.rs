//! The tools for a connector in C, below `target` and not installed: clang and wasi-libc of Debian, `wit-bindgen` of crates.io, and the
//! linkers that rustup brings along.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::guest::{Apt, Package, rustup, unpack};
use crate::{host, process, workspace};

/// The package that is a name for the usual version of clang.
const CLANG: &str = "clang";
const C_LIBRARY: &str = "wasi-libc";

/// The version of `wit-bindgen-cli`, which the template's README and CI name too.
pub const WIT_BINDGEN: &str = "0.61.1";

/// The tools.
pub struct CToolchain {
    /// The unpacked packages.
    root: PathBuf,
    /// The folder of rustup's linkers.
    linkers: PathBuf,
}

impl CToolchain {
    /// The tools of an earlier run, or new ones.
    ///
    /// # Errors
    /// This is no Debian, or a package or `wit-bindgen` cannot be had.
    pub fn get_or_install() -> Result<Self> {
        let root = workspace::target().join("c-toolchain");
        fs_err::create_dir_all(&root)?;
        unpack_clang(&root)?;
        install_wit_bindgen(&root)?;
        let linkers = rustup::sysroot()?.join("lib/rustlib").join(rustup::host()?).join("bin");
        Ok(Self { root, linkers })
    }

    /// Makes a build use these tools: they are what the template's makefile asks the environment for.
    pub fn apply(&self, command: &mut Command) {
        command
            .env("CLANG", self.root.join("clang"))
            .env("SYSROOT", self.root.join("usr"))
            .env("WIT_BINDGEN", self.root.join("bin/wit-bindgen"))
            .env("COMPONENT_LD", self.linkers.join("wasm-component-ld"))
            .env("WASM_LD", self.linkers.join("gcc-ld/wasm-ld"));
    }
}

/// Unpacks clang and wasi-libc, anew whenever Debian has other versions.
fn unpack_clang(root: &Path) -> Result<()> {
    let downloads = root.join("packages");
    fs_err::create_dir_all(&downloads)?;
    let apt = Apt::knowing(CLANG, &downloads)?;
    let packages = packages(&apt)?;
    let line = |package: &Package| format!("{} {}\n", package.name, package.version);
    let wanted: String = packages.iter().map(line).collect();
    // Written last, so that what broke off is begun again.
    let stamp = root.join("unpacked.txt");
    if fs_err::read_to_string(&stamp).is_ok_and(|unpacked| unpacked == wanted) {
        return Ok(());
    }
    let usr = root.join("usr");
    if usr.exists() {
        fs_err::remove_dir_all(&usr)?;
    }
    for file in apt.download(&packages, &downloads)? {
        unpack(&file, root)?;
        fs_err::remove_file(file)?;
    }
    write_start(root, &version_of(&apt)?)?;
    fs_err::write(&stamp, wanted)?;
    Ok(())
}

fn packages(apt: &Apt) -> Result<Vec<Package>> {
    let version = version_of(apt)?;
    let compiler = apt.required(&format!("clang-{version}"))?;
    let mut packages = apt.missing_libraries(&compiler)?;
    packages.push(compiler);
    let own = format!("libclang-common-{version}-dev");
    let builtins = format!("libclang-rt-{version}-dev-wasm32");
    for name in [own.as_str(), &builtins, C_LIBRARY] {
        packages.push(apt.required(name)?);
    }
    Ok(packages)
}

/// The number in the name of the compiler's package.
fn version_of(apt: &Apt) -> Result<String> {
    let usual = apt.required(CLANG)?;
    let number = usual.depends.iter().find_map(|name| name.strip_prefix("clang-"));
    Ok(number.context("the package `clang` names no version")?.to_owned())
}

/// A script that starts clang with its own libraries. The other tools of a build must not load them.
fn write_start(root: &Path, version: &str) -> Result<()> {
    let libraries = format!("{}/usr/lib/{}-linux-gnu", root.display(), std::env::consts::ARCH);
    let program = format!("{}/usr/lib/llvm-{version}/bin/clang", root.display());
    let script = format!("#!/bin/sh\nLD_LIBRARY_PATH='{libraries}' exec '{program}' \"$@\"\n");
    let path = root.join("clang");
    fs_err::write(&path, script)?;
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Cargo leaves a program of this version alone.
fn install_wit_bindgen(root: &Path) -> Result<()> {
    let mut install = host::cargo("install");
    install.args(["--locked", "--debug", "--quiet", "wit-bindgen-cli", "--version", WIT_BINDGEN]);
    install.args(["--no-default-features", "--features", "c", "--root"]).arg(root);
    process::run(install.env("CARGO_TARGET_DIR", root.join("build")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_names_the_version_that_it_is_tested_with() {
        let template = workspace::root().join("sdk/templates/c");
        for file in ["README.md", ".github/workflows/ci.yml"] {
            let text = fs_err::read_to_string(template.join(file)).unwrap();
            assert!(text.contains(&format!("wit-bindgen-cli@{WIT_BINDGEN} ")), "{file}");
        }
    }
}
