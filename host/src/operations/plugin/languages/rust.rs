//! Rust, with the SDK.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use connhub_sbom::{Bill, Tool};

use super::toolchain::{missing, program};
use super::{Compiled, Language, NeedsBy, Replacement, Workshop, no_bill, template};
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
    has_profiles: true,
    compile,
    needs: NeedsBy::Compiler,
};

const MANIFEST: &str = "Cargo.toml";

/// The target that every connector is built for.
const TARGET: &str = "wasm32-wasip2";

/// The profile of a project that `plugin new` made.
const PROFILE: &str = "release";

/// The package whose version says which SDK is in the component.
const SDK_PACKAGE: &str = "connhub-sdk";

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

fn compile(workshop: &Workshop) -> Result<Compiled, Error> {
    let rustc = version(&ask_compiler(workshop, &["--version"])?);
    let told = run_cargo(workshop)?;
    let bill = bill(workshop.folder, &told)?;
    let tools = tools(rustc, &bill);
    Ok(Compiled { component: told.component, bill: Some(bill), tools })
}

/// Cargo takes linker, flags, compiler and target folder from the environment and from its own configuration, as for any other build.
fn run_cargo(workshop: &Workshop) -> Result<Told, Error> {
    let manifest = workshop.folder.join(MANIFEST);
    let mut cargo = program("cargo", workshop.folder);
    cargo.args(["build", "--profile", workshop.profile.unwrap_or(PROFILE), "--target", TARGET]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let answer = cargo.stderr(Stdio::inherit()).output();
    let answer = answer.map_err(|error| missing("cargo", error, INSTALL))?;
    if !answer.status.success() {
        check_target(workshop)?;
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

/// What the compiler would say of itself if the linker did not strip it along with the symbols.
fn tools(rustc: String, bill: &Bill) -> Vec<Tool> {
    let tool = |role: &str, name: &str, version: String| Tool {
        role: role.to_owned(),
        name: name.to_owned(),
        version,
    };
    let sdk = bill.packages().iter().find(|package| package.name == SDK_PACKAGE);
    let sdk = sdk.map(|package| tool("sdk", SDK_PACKAGE, package.version.to_string()));
    let compiler = [tool("language", "Rust", String::new()), tool("processed-by", "rustc", rustc)];
    compiler.into_iter().chain(sdk).collect()
}

/// Asks the compiler after a build that failed whether it has the standard library of the target. Not before: Cargo may have been told to build
/// that, too.
fn check_target(workshop: &Workshop) -> Result<(), Error> {
    let library = ask_compiler(workshop, &["--print", "target-libdir", "--target", TARGET])?;
    if Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    let what = format!("the Rust compiler of this folder has no standard library for `{TARGET}`");
    Err(Error::new(Kind::Other, what).hint(format!("rustup target add {TARGET}")))
}

/// What the compiler that Cargo uses prints; nothing if it refuses.
fn ask_compiler(workshop: &Workshop, words: &[&str]) -> Result<String, Error> {
    let mut rustc = program(workshop.rustc.unwrap_or(Path::new("rustc")), workshop.folder);
    let answer = rustc.args(words).stderr(Stdio::null()).output();
    let answer = answer.map_err(|error| missing("rustc", error, INSTALL))?;
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// What `rustc --version` says, as the compiler itself writes it into what it compiles: without its name.
fn version(line: &str) -> String {
    line.trim().trim_start_matches("rustc ").to_owned()
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
    fn compiler_and_sdk_are_named() {
        assert_eq!(
            version("rustc 1.95.0 (59807616e 2026-04-14)\n"),
            "1.95.0 (59807616e 2026-04-14)"
        );
        let lock = "[[package]]\nname = \"acme\"\nversion = \"0.1.0\"\ndependencies = [\"connhub-sdk\"]\n\
                    [[package]]\nname = \"connhub-sdk\"\nversion = \"0.3.0\"\n";
        let artifact = |name: &str, version: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"path+file:///p/{name}#{version}","filenames":["/t/{TARGET}/x.rlib"]}}"#
            )
        };
        let messages = [artifact("acme", "0.1.0"), artifact("connhub-sdk", "0.3.0")].join("\n");
        let bill = connhub_sbom::bill_of_build("acme", TARGET, lock, &messages).unwrap();
        let named = |tools: Vec<Tool>| -> Vec<String> {
            tools
                .iter()
                .map(|tool| format!("{} {} {}", tool.role, tool.name, tool.version))
                .collect()
        };
        assert_eq!(
            named(tools("1.95.0".to_owned(), &bill)),
            ["language Rust ", "processed-by rustc 1.95.0", "sdk connhub-sdk 0.3.0"]
        );
        assert_eq!(tools(String::new(), &Bill::default()).len(), 2, "without the SDK");
    }

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
