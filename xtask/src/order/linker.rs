//! The linker of the release build: the machine's own, told which functions belong together.
//!
//! The names are mapped to those of this build while it is linked, since they contain hashes. Whatever does not fit, an old list or a linker
//! that cannot do it, leads to what the compiler alone would have made, and not to an error.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use super::names::Names;
use super::{direct, symbols};
use crate::plugin_files;

/// Says that this program was started as a linker.
const MARK: &str = "CONNHUB_LINKER";
/// What the compiler itself calls to link.
const LINKER: &str = "cc";
/// The library that walks the stack after a panic, and its form that becomes part of the program: one file less to find and map at each start.
const UNWINDER: (&str, &str) = ("-lgcc_s", "-lgcc_eh");
/// Addresses that the loader has to set at each start, as a map of bits instead of 24 bytes each. Such a program asks for the loader that
/// [`reads_compact_relocations`].
const COMPACT: &str = "-Wl,-z,pack-relative-relocs";
/// Where somebody chose how to link in the environment, that is left alone.
const CHOSEN: [&str; 3] =
    ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER"];

/// Whether the program keeps the names of its functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    Stripped,
    Kept,
}

/// Makes a `cargo rustc` link with this program where that is known to work. Its last arguments are those of the compiler.
///
/// # Errors
/// This program has no path.
pub fn install(cargo: &mut Command, symbols: Symbols) -> Result<()> {
    cargo.arg("--");
    if symbols == Symbols::Kept {
        cargo.args(["-C", "strip=none"]);
    }
    let is_known = cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"));
    if is_known && CHOSEN.iter().all(|variable| std::env::var_os(variable).is_none()) {
        let mut option = OsString::from("linker=");
        option.push(std::env::current_exe().context("this program has no path")?);
        cargo.arg("-C").arg(option).env(MARK, "1");
        // Cargo does not know the list: a name that depends on it makes it link again.
        let list = plugin_files::sha256(&fs_err::read(super::list())?);
        cargo.arg(format!("--cfg=functions=\"{list}\""));
    }
    Ok(())
}

/// Links for a compiler, if this program was started as its linker.
pub fn wrapped() -> Option<ExitCode> {
    std::env::var_os(MARK)?;
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let better = link_better(&words).unwrap_or(false);
    Some(if better || link(&words) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn link_better(words: &[OsString]) -> Result<bool> {
    let program = output(words).context("nothing is made")?;
    let folder = tempfile::tempdir_in(program.parent().context("a program has a folder")?)?;
    Ok(link(&prepared(words, folder.path())?))
}

fn link(words: &[OsString]) -> bool {
    Command::new(LINKER).args(words).status().is_ok_and(|status| status.success())
}

/// The words with changed copies of the inputs, which are put into the folder, and with the order of functions.
fn prepared(words: &[OsString], folder: &Path) -> Result<Vec<OsString>> {
    let names = Names::parse(&fs_err::read_to_string(super::list())?);
    let mut changed = Vec::with_capacity(words.len() + 1);
    let mut files = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let path = Path::new(word);
        let (true, Some(name)) = (is_input(path), path.file_name()) else {
            changed.push(if word == UNWINDER.0 { UNWINDER.1.into() } else { word.clone() });
            continue;
        };
        let mut file = fs_err::read(path)?;
        direct::free(&mut file);
        // Archives of different folders can have one name.
        let copy = folder.join(format!("{number}-{}", name.to_string_lossy()));
        fs_err::write(&copy, &file)?;
        changed.push(copy.into_os_string());
        files.push(file);
    }
    let order = folder.join("order");
    let functions = files.iter().flat_map(|file| symbols::functions(file));
    fs_err::write(&order, names.symbols(functions).join("\n"))?;
    let mut option = OsString::from("-Wl,--no-warn-symbol-ordering,--symbol-ordering-file=");
    option.push(order);
    changed.push(option);
    if reads_compact_relocations() {
        changed.push(COMPACT.into());
    }
    Ok(changed)
}

/// Whether the C library of this machine, and so of those that the program is made for, is one that does (glibc 2.36).
fn reads_compact_relocations() -> bool {
    let version = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    version.is_ok_and(|output| is_at_least(&String::from_utf8_lossy(&output.stdout), (2, 36)))
}

/// Reads `glibc 2.36`.
fn is_at_least(version: &str, least: (u32, u32)) -> bool {
    let numbers = version.trim().strip_prefix("glibc ").and_then(|text| text.split_once('.'));
    numbers
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
        .is_some_and(|version: (u32, u32)| version >= least)
}

fn is_input(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["o", "rlib", "a"].iter().any(|known| end == *known))
}

fn output(words: &[OsString]) -> Option<&Path> {
    let pair = words.windows(2).find(|pair| pair[0] == "-o")?;
    Some(Path::new(&pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_library_that_is_known_to_reads_them() {
        for (version, reads) in
            [("glibc 2.36\n", true), ("glibc 3.0", true), ("glibc 2.35\n", false), ("", false)]
        {
            assert_eq!(is_at_least(version, (2, 36)), reads, "{version}");
        }
    }

    #[test]
    fn inputs_are_told_from_options_and_libraries() {
        let words = "-m64 /t/main.o /t/libstd.rlib -Wl,--as-needed -o /t/connhub -lc";
        let inputs = words.split(' ').map(Path::new).filter(|path| is_input(path));
        assert_eq!(
            inputs.collect::<Vec<_>>(),
            [Path::new("/t/main.o"), Path::new("/t/libstd.rlib")]
        );
    }
}
