//! Building a connector's project with the compiler that is there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use connhub_sbom::Bill;

use super::files::{self, Change};
use crate::fetch;
use crate::model::{Error, Kind, withhold_secrets};
use crate::runtime::ComponentFile;

/// The target that every connector is built for.
const TARGET: &str = "wasm32-wasip2";

/// A component that was built.
#[derive(Debug)]
pub struct Built {
    /// Where it is.
    pub component: PathBuf,
    /// Its size in bytes.
    pub size: usize,
    /// Its digest.
    pub sha256: String,
    /// How many packages it is made of.
    pub packages: usize,
}

/// What the compiler says.
struct Compiled {
    component: PathBuf,
    /// The name of the component's package.
    package: String,
    /// Everything that it said, as JSON.
    messages: String,
}

/// Builds the project in a folder. What the compiler says goes to stderr.
///
/// # Errors
/// It is no project, there is no compiler for it, or the compiler refuses.
pub fn build(folder: &Path) -> Result<Built, Error> {
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        let shown = folder.display();
        return Err(Error::new(Kind::NotFound, format!("`{shown}` holds no `Cargo.toml`")).hint(
            "name the folder of a project, or make one: `connhub plugin new NAME`; other languages are built by their own tools",
        ));
    }
    check_compiler(folder)?;
    let compiled = compile(folder, &manifest)?;
    let bill = bill(folder, &compiled)?;
    let component = compiled.component;
    let shown = component.display();
    let missing = || Error::new(Kind::NotFound, format!("the component `{shown}` is gone"));
    let bytes = fetch::read(&component, fetch::MAX_COMPONENT)?.ok_or_else(missing)?;
    let bytes = connhub_sbom::with_bill(&bytes, &bill).map_err(no_bill)?;
    let file = ComponentFile::from(bytes);
    // Renamed into its place: the compiler's own file has another name for the same bytes, which it goes on with.
    files::apply(vec![Change::write(&component, file.bytes())])?;
    Ok(Built {
        size: file.bytes().len(),
        sha256: file.sha256.clone(),
        packages: bill.packages().len(),
        component,
    })
}

/// The packages that the compiler has put into the component.
fn bill(folder: &Path, compiled: &Compiled) -> Result<Bill, Error> {
    let mut cargo = program("cargo", folder);
    cargo.args(["locate-project", "--workspace", "--message-format", "plain"]);
    cargo.stdin(Stdio::null()).stderr(Stdio::inherit());
    let answer = cargo.output().map_err(|error| no_program("cargo", error))?;
    let manifest = String::from_utf8_lossy(&answer.stdout);
    let lock = Path::new(manifest.trim_end()).with_file_name("Cargo.lock");
    let lock = fs_err::read_to_string(lock).map_err(no_bill)?;
    connhub_sbom::bill_of_build(&compiled.package, TARGET, &lock, &compiled.messages)
        .map_err(no_bill)
}

fn no_bill(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::Other, "what the component is made of cannot be told").because(error)
}

/// Asks the compiler that the folder uses whether it has the standard library of the target.
fn check_compiler(folder: &Path) -> Result<(), Error> {
    let mut rustc = program("rustc", folder);
    rustc.args(["--print", "target-libdir", "--target", TARGET]).stdin(Stdio::null());
    let answer =
        rustc.stderr(Stdio::null()).output().map_err(|error| no_program("rustc", error))?;
    let library = String::from_utf8_lossy(&answer.stdout);
    if answer.status.success() && Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    let what = format!("the Rust compiler of this folder has no standard library for `{TARGET}`");
    Err(Error::new(Kind::Other, what).hint(format!("rustup target add {TARGET}")))
}

fn compile(folder: &Path, manifest: &Path) -> Result<Compiled, Error> {
    let mut cargo = program("cargo", folder);
    cargo.args(["build", "--release", "--target", TARGET]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    cargo.stdin(Stdio::null()).stderr(Stdio::inherit());
    let answer = cargo.output().map_err(|error| no_program("cargo", error))?;
    if !answer.status.success() {
        let what = format!("`{}` cannot be built", manifest.display());
        return Err(Error::new(Kind::Other, what).hint("what the compiler said is above"));
    }
    let messages = String::from_utf8_lossy(&answer.stdout).into_owned();
    let (component, package) = component(&messages).ok_or_else(|| {
        let what = format!("`{}` makes no component", manifest.display());
        Error::invalid(what).hint("write `crate-type = [\"cdylib\", \"rlib\"]` below `[lib]`")
    })?;
    Ok(Compiled { component, package, messages })
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

/// A program of the user's `PATH`. It needs the environment, and no secrets of connections.
fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder);
    withhold_secrets(&mut command);
    command
}

fn no_program(name: &str, error: std::io::Error) -> Error {
    Error::new(Kind::NotFound, format!("`{name}` cannot be started"))
        .because(error)
        .hint("install Rust from https://rustup.rs, or put it on `PATH`")
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
