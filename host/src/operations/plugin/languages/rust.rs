//! Rust, with the SDK.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use connhub_sbom::Bill;

use super::toolchain::{missing, program};
use super::{Compiled, Language, NeedsBy, Replacement, no_bill, template};
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

/// What the compiler says.
struct Told {
    component: PathBuf,
    /// The name of the component's package.
    package: String,
    /// Everything that it said, as JSON.
    messages: String,
}

fn compile(folder: &Path) -> Result<Compiled, Error> {
    check_compiler(folder)?;
    let told = run_compiler(folder)?;
    let bill = Some(bill(folder, &told)?);
    Ok(Compiled { component: told.component, bill })
}

fn run_compiler(folder: &Path) -> Result<Told, Error> {
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
    let messages = String::from_utf8_lossy(&answer.stdout).into_owned();
    let (component, package) = component(&messages).ok_or_else(|| {
        let what = format!("`{}` makes no component", manifest.display());
        Error::invalid(what).hint("write `crate-type = [\"cdylib\", \"rlib\"]` below `[lib]`")
    })?;
    Ok(Told { component, package, messages })
}

/// The packages that the compiler has put into the component.
fn bill(folder: &Path, told: &Told) -> Result<Bill, Error> {
    let mut cargo = program("cargo", folder);
    cargo.args(["locate-project", "--workspace", "--message-format", "plain"]);
    let answer = cargo.stderr(Stdio::inherit()).output();
    let answer = answer.map_err(|error| missing("cargo", error, INSTALL))?;
    let manifest = String::from_utf8_lossy(&answer.stdout);
    let lock = Path::new(manifest.trim_end()).with_file_name("Cargo.lock");
    let lock = fs_err::read_to_string(lock).map_err(no_bill)?;
    connhub_sbom::bill_of_build(&told.package, TARGET, &lock, &told.messages).map_err(no_bill)
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

/// The last library that cargo reports, and the name of its package: dependencies come before what needs them.
fn component(messages: &str) -> Option<(PathBuf, String)> {
    let is_library = |message: &serde_json::Value| {
        message["reason"] == "compiler-artifact"
            && message["target"]["kind"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
    };
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
    let library = messages.rfind(is_library)?;
    let files = library["filenames"].as_array()?.iter().filter_map(|file| file.as_str());
    let file = files.filter(|file| file.ends_with(".wasm")).map(PathBuf::from).next()?;
    let (package, _) = connhub_sbom::name_and_version(library["package_id"].as_str()?)?;
    Some((file, package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_the_last_library_of_the_messages() {
        let artifact = |kind: &str, file: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"path+file:///p/{file}#0.1.0","target":{{"kind":["{kind}"]}},"filenames":["/t/{file}.rlib","/t/{file}.wasm"]}}"#
            )
        };
        let check = |lines: &[String], expected: Option<&str>| {
            let found = component(&lines.join("\n"));
            let expected = expected.map(|name| (format!("/t/{name}.wasm").into(), name.to_owned()));
            assert_eq!(found, expected, "{lines:?}");
        };
        let done = r#"{"reason":"build-finished","success":true}"#.to_owned();
        check(&[artifact("lib", "serde"), artifact("cdylib", "acme"), done.clone()], Some("acme"));
        check(&[artifact("cdylib", "other"), artifact("cdylib", "acme")], Some("acme"));
        check(&[artifact("lib", "acme"), done], None);
        check(&["no json".to_owned()], None);
    }
}
