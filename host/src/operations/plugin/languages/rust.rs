//! Rust, with the SDK.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::toolchain::{missing, program};
use super::{Language, NeedsBy, Replacement, template};
use crate::model::{Error, Kind};

pub(super) const RUST: Language = Language {
    word: "rust",
    manifest: MANIFEST,
    template: template![
        "rust": "Cargo.toml",
        "needs.toml",
        "plugins.toml",
        "README.md",
        "src/lib.rs",
        "src/tests.rs",
        ".github/workflows/ci.yml",
        ".gitignore",
    ],
    endings: &[(MANIFEST, OWN_WORKSPACE)],
    replacements,
    has_contract: false,
    compile,
    needs: NeedsBy::Compiler,
};

const MANIFEST: &str = "Cargo.toml";

/// The target that every connector is built for.
const TARGET: &str = "wasm32-wasip2";

/// What the template says about the SDK.
const SDK: &str = r#"{ path = "../.." }"#;

const INSTALL: &str = "install Rust from https://rustup.rs, or put it on `PATH`";

/// A project within another's folder is none of its members. A component is compiled before its first use and read at every start, so
/// its size is time.
const OWN_WORKSPACE: &str = r#"
[workspace]

[profile.release]
opt-level = "s"
lto = true
codegen-units = 1
panic = "abort"
strip = true
"#;

fn replacements(sdk: Option<&Path>) -> Result<Vec<Replacement>, Error> {
    Ok(vec![Replacement { from: SDK, to: dependency(sdk)? }])
}

/// What `Cargo.toml` says about the SDK.
fn dependency(sdk: Option<&Path>) -> Result<String, Error> {
    let Some(path) = sdk else {
        let (repository, version) = (env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"));
        return Ok(format!(r#"{{ git = "{repository}", tag = "v{version}" }}"#));
    };
    let shown = path.display();
    let unusable = || Error::invalid(format!("`{shown}` is no checkout of the SDK"));
    let absolute = fs_err::canonicalize(path).map_err(|error| unusable().because(error))?;
    let manifest = fs_err::read_to_string(absolute.join(MANIFEST))
        .map_err(|error| unusable().because(error))?;
    if !manifest.contains("name = \"connhub-sdk\"") {
        return Err(unusable().hint("name the folder `sdk` of the repository"));
    }
    let text = absolute.to_str().ok_or_else(unusable)?;
    Ok(format!("{{ path = {} }}", toml_edit::Value::from(text)))
}

fn compile(folder: &Path) -> Result<PathBuf, Error> {
    check_compiler(folder)?;
    let manifest = folder.join(MANIFEST);
    let mut cargo = program("cargo", folder);
    cargo.args(["build", "--release", "--target", TARGET]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let answer = cargo.stderr(Stdio::inherit()).output();
    let answer = answer.map_err(|error| missing("cargo", error, INSTALL))?;
    if !answer.status.success() {
        let what = format!("`{}` cannot be built", manifest.display());
        return Err(Error::new(Kind::Other, what).hint("what the compiler said is above"));
    }
    component(&String::from_utf8_lossy(&answer.stdout)).ok_or_else(|| {
        let what = format!("`{}` makes no component", manifest.display());
        Error::invalid(what).hint("write `crate-type = [\"cdylib\", \"rlib\"]` below `[lib]`")
    })
}

/// Asks the compiler that the folder uses whether it has the standard library of the target.
fn check_compiler(folder: &Path) -> Result<(), Error> {
    let mut rustc = program("rustc", folder);
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let answer = rustc.stderr(Stdio::null()).output();
    let answer = answer.map_err(|error| missing("rustc", error, INSTALL))?;
    let library = String::from_utf8_lossy(&answer.stdout);
    if answer.status.success() && Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    let what = format!("the Rust compiler of this folder has no standard library for `{TARGET}`");
    Err(Error::new(Kind::Other, what).hint(format!("rustup target add {TARGET}")))
}

/// The last library that cargo reports: dependencies come before what needs them.
fn component(messages: &str) -> Option<PathBuf> {
    let is_library = |message: &serde_json::Value| {
        message["reason"] == "compiler-artifact"
            && message["target"]["kind"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
    };
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
    let library = messages.rfind(is_library)?;
    let files = library["filenames"].as_array()?.iter().filter_map(|file| file.as_str());
    files.filter(|file| file.ends_with(".wasm")).map(PathBuf::from).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_the_last_library_of_the_messages() {
        let artifact = |kind: &str, file: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"]}},"filenames":["/t/{file}.rlib","/t/{file}.wasm"]}}"#
            )
        };
        let check = |lines: &[String], expected: Option<&str>| {
            assert_eq!(component(&lines.join("\n")), expected.map(PathBuf::from), "{lines:?}");
        };
        let done = r#"{"reason":"build-finished","success":true}"#.to_owned();
        check(
            &[artifact("lib", "serde"), artifact("cdylib", "acme"), done.clone()],
            Some("/t/acme.wasm"),
        );
        check(&[artifact("cdylib", "other"), artifact("cdylib", "acme")], Some("/t/acme.wasm"));
        check(&[artifact("lib", "acme"), done], None);
        check(&["no json".to_owned()], None);
    }
}
