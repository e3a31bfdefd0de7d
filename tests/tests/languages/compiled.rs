//! Components that are compiled already: one that holds the engine of a language takes seconds, and every test has a home of its own.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use connhub_tests::cli::{TestEnv, files_below, program};

use crate::Language;
use crate::site::{NAME, component, template};

/// The languages whose homes are known to be good. Held while one is compiled, so that it is compiled once.
static COMPILED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());

/// Gives the home of a user what the program leaves behind that has run the component of this language before.
pub fn give(env: &TestEnv, language: &Language) {
    let compiled = home(language);
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if known.insert(language.name) {
        compile(language, &compiled);
    }
    drop(known);
    for folder in ["cache", "state"] {
        for file in files_below(&compiled.join(folder)) {
            let place = env.home().join(file.strip_prefix(&compiled).expect("it was found below"));
            make_private(place.parent().expect("a file is in a folder"));
            fs_err::copy(&file, &place).expect("a new home takes files");
        }
    }
}

/// A home of the component that is there now: that of an older one goes.
fn compile(language: &Language, home: &Path) {
    let stamp = home.join("component.wasm");
    let component = fs_err::read(component(language)).expect("it is there");
    if fs_err::read(&stamp).is_ok_and(|compiled| compiled == component) {
        // A host of another engine compiles again; until then every test would.
        return run(language, home);
    }
    if home.exists() {
        fs_err::remove_dir_all(home).expect("it belongs to the tests");
    }
    make_private(home);
    run(language, home);
    fs_err::write(stamp, component).expect("a home takes files");
}

/// The store is not there, which is found out after the component was compiled.
fn run(language: &Language, home: &Path) {
    let plugins = home.join("plugins.toml");
    fs_err::write(&plugins, template(language).to_string()).expect("a home takes files");
    let mut list = Command::new(program());
    list.args(["list", "--backend", NAME, "--plugins"]).arg(plugins).env_clear();
    list.env("CONNHUB_HOME", home).env("EXAMPLE_STORE_TOKEN", "none").stdin(Stdio::null());
    list.output().expect("the program was built: `cargo xtask test`");
}

fn home(language: &Language) -> PathBuf {
    component(language).with_file_name(format!("home-{}", language.name))
}

/// The cache is read only if nobody else may write to its folders.
fn make_private(folder: &Path) {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).expect("the folder of a test takes folders");
}
