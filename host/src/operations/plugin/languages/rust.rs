//! Rust, with the SDK.

use std::io::Read as _;
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

/// What a file begins with that a compiler wrote for later compilations, and the most bytes until it has said who it is.
const METADATA: &[u8] = b"rust\0\0\0";
const MAX_HEAD: u64 = 256;

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
    let told = run_cargo(workshop)?;
    let bill = bill(workshop.folder, &told)?;
    let tools = tools(compiler(&told.messages), &bill);
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
fn tools(rustc: Option<String>, bill: &Bill) -> Vec<Tool> {
    let tool = |role: &str, name: &str, version: String| Tool {
        role: role.to_owned(),
        name: name.to_owned(),
        version,
    };
    let sdk = bill.packages().iter().find(|package| package.name == SDK_PACKAGE);
    let sdk = sdk.map(|package| tool("sdk", SDK_PACKAGE, package.version.to_string()));
    let rustc = rustc.map(|version| tool("processed-by", "rustc", version));
    let language = [tool("language", "Rust", String::new())];
    language.into_iter().chain(rustc).chain(sdk).collect()
}

/// The version of the compiler, as it wrote it into what it made for the component's own target. Which one it was is said in many places: variables, the
/// configuration of Cargo in several folders, rustup. None if it did not say.
fn compiler(messages: &str) -> Option<String> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
    let files: Vec<PathBuf> = messages
        .filter_map(|message: serde_json::Value| message["filenames"].as_array().cloned())
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .filter(|file| file.extension().is_some_and(|ending| ending == "rmeta"))
        .filter(|file| file.components().any(|step| step.as_os_str() == TARGET))
        .collect();
    files.iter().rev().find_map(|file| {
        let mut head = Vec::new();
        fs_err::File::open(file).ok()?.take(MAX_HEAD).read_to_end(&mut head).ok()?;
        version(&head)
    })
}

/// What `rustc --version` says, without its name.
fn version(head: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"rustc ";
    let said = head.strip_prefix(METADATA)?;
    let at = said.windows(NAME.len()).position(|window| window == NAME)?;
    let is_text = |byte: &&u8| byte.is_ascii_graphic() || **byte == b' ';
    let version = said[at + NAME.len()..].iter().take_while(is_text);
    let version: String = version.map(|byte| char::from(*byte)).collect();
    (!version.is_empty()).then_some(version)
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
            named(tools(Some("1.95.0".to_owned()), &bill)),
            ["language Rust ", "processed-by rustc 1.95.0", "sdk connhub-sdk 0.3.0"]
        );
        assert_eq!(named(tools(None, &Bill::default())), ["language Rust "]);
    }

    #[test]
    fn the_compiler_is_the_one_that_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let message = |place: &str, bytes: &[u8]| {
            let file = folder.path().join(place);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(&file, bytes).unwrap();
            serde_json::json!({ "reason": "compiler-artifact", "filenames": ["/x.rlib", file] })
                .to_string()
        };
        let own = b"rust\0\0\0\n\0\0\0\0\x20rustc 1.96.0 (ac68faa20 2026-05-25)\xc1rest";
        let own = message("wasm32-wasip2/release/deps/libacme.rmeta", own);
        let hosts = message("release/deps/libmacro.rmeta", b"rust\0\0\0\nrustc 1.70.0\xc1");
        let other = message("wasm32-wasip2/release/deps/libother.rmeta", b"rustc 1.70.0\xc1");
        let said = Some("1.96.0 (ac68faa20 2026-05-25)".to_owned());
        assert_eq!(compiler(&[&own[..], &hosts, &other, "no json"].join("\n")), said);
        for unknown in [&hosts[..], &other, "", r#"{"filenames":["/wasm32-wasip2/gone.rmeta"]}"#] {
            assert_eq!(compiler(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_compiler_of_these_tests_says_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let rustc = || std::process::Command::new("rustc");
        fs_err::write(folder.path().join("lib.rs"), "").unwrap();
        let place = folder.path().join("wasm32-wasip2");
        fs_err::create_dir(&place).unwrap();
        let mut made = rustc();
        made.args(["--crate-type=rlib", "--emit=metadata", "lib.rs", "--out-dir"]).arg(&place);
        assert!(made.current_dir(folder.path()).status().unwrap().success());
        let told = rustc().arg("--version").current_dir(folder.path()).output().unwrap().stdout;
        let told = String::from_utf8(told).unwrap();
        let message = serde_json::json!({ "filenames": [place.join("liblib.rmeta")] }).to_string();
        assert_eq!(format!("rustc {}", compiler(&message).unwrap()), told.trim());
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
