//! The tools for a connector in C, below `target` and not installed: clang and wasi-libc of Debian, `wit-bindgen` of crates.io, and the
//! linkers that rustup brings along.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::guest::{Apt, Package, rustup, unpack};
use crate::{host, process, workspace};

/// The package that is a name for the usual version of clang.
const CLANG: &str = "clang";
const C_LIBRARY: &str = "wasi-libc";

/// The version of `wit-bindgen-cli`, which the template's README and CI name too.
const WIT_BINDGEN: &str = "0.61.1";

/// Gets the tools and returns the folder of the programs, under the names that the template's makefile looks for.
///
/// # Errors
/// This is no Debian, or a package or `wit-bindgen` cannot be had.
pub fn prepare() -> Result<PathBuf> {
    let root = workspace::target().join("toolchains/c");
    let programs = root.join("bin");
    fs_err::create_dir_all(&programs)?;
    unpack_clang(&root)?;
    install_wit_bindgen(&root)?;
    let linkers = rustup::sysroot()?.join("lib/rustlib").join(rustup::host()?).join("bin");
    for (name, place) in [("wasm-component-ld", ""), ("wasm-ld", "gcc-ld")] {
        link(&linkers.join(place).join(name), &programs.join(name))?;
    }
    Ok(programs)
}

/// The compiler of today may be another than that of the last run.
fn link(program: &Path, name: &Path) -> Result<()> {
    if name.is_symlink() {
        fs_err::remove_file(name)?;
    }
    Ok(fs_err::os::unix::fs::symlink(program, name)?)
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
        return write_start(root, &version_of(&apt)?);
    }
    let usr = root.join("usr");
    if usr.exists() {
        fs_err::remove_dir_all(&usr)?;
    }
    for file in apt.download(&packages, &downloads)? {
        unpack(&file, root)?;
        fs_err::remove_file(file)?;
    }
    fs_err::write(&stamp, wanted)?;
    write_start(root, &version_of(&apt)?)
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

/// A script that starts clang with its own libraries, which the other tools of a build must not load, and with the unpacked wasi-libc.
fn write_start(root: &Path, version: &str) -> Result<()> {
    let libraries = format!("{}/usr/lib/{}-linux-gnu", root.display(), std::env::consts::ARCH);
    let program = format!("{}/usr/lib/llvm-{version}/bin/clang", root.display());
    // Of two folders for the library the last counts.
    let usr = format!("{}/usr", root.display());
    let start = format!("LD_LIBRARY_PATH='{libraries}' exec '{program}' \"$@\" --sysroot='{usr}'");
    let script = format!("#!/bin/sh\n{start}\n");
    let path = root.join("bin/clang");
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
