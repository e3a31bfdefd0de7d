//! Where the program under test and its connectors are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::files_below;

/// The program: `CONNHUB_BIN` if it is set, else the one of the build that this test belongs to.
pub fn program() -> PathBuf {
    std::env::var_os("CONNHUB_BIN").map_or_else(|| build_folder().join("connhub"), PathBuf::from)
}

/// The folder of the shipped connectors.
pub fn components() -> PathBuf {
    program().with_file_name("connectors")
}

/// `target/debug` or `target/release`: test programs are in its `deps`.
fn build_folder() -> PathBuf {
    let this = std::env::current_exe().expect("a running program has a path");
    let folder = this.ancestors().nth(2).expect("tests lie in the target folder");
    folder.to_owned()
}

/// Gives a home the compiled form of the shipped connectors, as if the program had run before.
pub(super) fn give_compiled_components(home: &Path) {
    let compiled = compiled_home();
    for folder in ["cache", "state"] {
        for file in files_below(&compiled.join(folder)) {
            let place = home.join(file.strip_prefix(compiled).expect("it was found below"));
            make_private(place.parent().expect("a file is in a folder"));
            fs_err::copy(&file, &place).expect("a new home takes files");
        }
    }
}

/// Whether a file of a home is one that [`give_compiled_components`] put there. It was made without
/// any secret, and is large.
pub(super) fn is_shipped_cache(file: &Path, bytes: &[u8]) -> bool {
    let Some(name) = file.file_name() else {
        return false;
    };
    let shipped = compiled_home().join("cache/components").join(name);
    bytes.len() > 100_000 && fs_err::read(shipped).is_ok_and(|shipped| shipped == bytes)
}

/// A home that all test programs of this build share, in which only cache and state are of interest.
/// What is out of date in it costs time and nothing else: the program checks what it finds.
fn compiled_home() -> &'static Path {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = build_folder().join("test-home");
        make_private(&home);
        for backend in shipped_connectors() {
            let mut check = Command::new(program());
            check.args(["check", "--backend", &backend]).env_clear();
            check.env("CONNHUB_HOME", &home).stdin(Stdio::null());
            // Without a cluster and without a server some fail, after they were compiled.
            check.output().expect("the program was built: `cargo xtask test`");
        }
        home
    })
}

/// Each shipped connector has a backend of its own name.
fn shipped_connectors() -> Vec<String> {
    let files = files_below(&components());
    let connectors = files.iter().filter(|file| file.extension().is_some_and(|e| e == "wasm"));
    let names = connectors.filter_map(|file| file.file_stem()?.to_str().map(str::to_owned));
    let names: Vec<String> = names.collect();
    let folder = components();
    assert!(!names.is_empty(), "no connectors in `{}`: `cargo xtask guests`", folder.display());
    names
}

/// The cache is read only if nobody else may write to its folders.
fn make_private(folder: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).expect("the folder of a test takes folders");
}
