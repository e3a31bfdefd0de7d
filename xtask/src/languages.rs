//! The connectors of the templates as components, for the suite `languages`: the same small connector in every language.
//!
//! All but the first are built as an author builds them: `connhub plugin new`, the tests of the project, `connhub plugin build`. A project
//! whose files are those of the last build is not built again. The one in Rust is a crate of this workspace, and built as the connectors are.

mod js;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Profile};
use crate::{c_toolchain, guest, guests, host, plugin_files, process, venv};

/// What connector and package of every template are called.
const NAME: &str = "example-store";

/// A language whose tools are not Rust's.
struct Language {
    /// Its word for `plugin new --lang`.
    word: &'static str,
    /// Gets the tools, in fixed versions, and returns the folder of the programs.
    tools: fn() -> Result<PathBuf>,
    /// Runs the tests of a project natively.
    tests: &'static [&'static str],
    /// Gives the project its tools where they belong to it, and checks what only they can tell of it.
    equip: fn(project: &Path, tools: &Path) -> Result<()>,
}

const LANGUAGES: &[Language] = &[
    Language {
        word: "c",
        tools: c_toolchain::prepare,
        tests: &["make", "test"],
        // The makefile makes the bindings, so that they cannot be old.
        equip: |_, _| Ok(()),
    },
    Language {
        word: "python",
        tools: python_tools,
        tests: &["python3", "-m", "unittest"],
        equip: python_bindings,
    },
    js::JS,
];

/// The folder of the components: `rust.wasm` and so on.
pub fn folder() -> PathBuf {
    workspace::target().join("languages")
}

/// Builds the components of all languages with the debug build of the host.
///
/// # Errors
/// Tools cannot be had, or they do not accept their template.
pub fn prepare(source: guest::Source) -> Result<()> {
    fs_err::create_dir_all(folder())?;
    let program = host::build(Profile::Debug)?;
    process::ensure("make", "make")?;
    rust(source, &program)?;
    LANGUAGES.iter().try_for_each(Language::prepare)
}

/// Cargo knows what has to be built again.
fn rust(source: guest::Source, program: &Path) -> Result<()> {
    let environment = guest::Environment::new(source)?;
    let project = Path::new("sdk/templates/rust");
    guests::build_project(program, project, &environment, &folder().join("rust.wasm"))
}

fn component() -> String {
    format!("{}.wasm", NAME.replace('-', "_"))
}

fn place(language: &str, built: &Path) -> Result<()> {
    let component = fs_err::read(built).context("a template made no component")?;
    plugin_files::replace(&folder().join(format!("{language}.wasm")), &component)?;
    eprintln!("{:>9} bytes  the template for {language}", component.len());
    Ok(())
}

impl Language {
    fn prepare(&self) -> Result<()> {
        let project = self.new_project()?;
        let stamp = folder().join(format!("{}.txt", self.word));
        let wanted = format!("{}{}", self.own_code()?, texts(&project)?);
        let is_built = folder().join(format!("{}.wasm", self.word)).is_file();
        if is_built && fs_err::read_to_string(&stamp).is_ok_and(|built| built == wanted) {
            return Ok(());
        }
        let tools = (self.tools)()?;
        (self.equip)(&project, &tools)?;
        let path = path_with(&tools)?;
        // The program itself is looked up on that path, too.
        let mut tests = Command::new("env");
        process::run(tests.args(self.tests).env("PATH", &path).current_dir(&project))?;
        let mut build = Command::new(host::program(Profile::Debug));
        build.args(["plugin", "build", "--quiet"]).arg(&project).env("PATH", path);
        process::run(&mut build)?;
        place(self.word, &project.join("target").join(component()))?;
        fs_err::write(stamp, wanted)?;
        Ok(())
    }

    /// A project as `plugin new` makes it.
    fn new_project(&self) -> Result<PathBuf> {
        let project = folder().join(self.word);
        if project.exists() {
            fs_err::remove_dir_all(&project)?;
        }
        let mut new = Command::new(host::program(Profile::Debug));
        new.args(["plugin", "new", NAME, "--quiet", "--lang", self.word, "--dir"]).arg(&project);
        process::run(&mut new)?;
        Ok(project)
    }

    /// What decides how the host builds it, and with which tools.
    fn own_code(&self) -> Result<String> {
        let file = format!("host/src/operations/plugin/languages/{}.rs", self.word);
        let tools = workspace::root().join("tests/toolchains").join(self.word);
        let tools = if tools.is_dir() { texts(&tools)? } else { String::new() };
        Ok(fs_err::read_to_string(workspace::root().join(file))? + &tools)
    }
}

/// All files of a project with their paths, in order.
fn texts(folder: &Path) -> Result<String> {
    let mut texts = String::new();
    let entries = fs_err::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs_err::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            texts.push_str(&self::texts(&path)?);
        } else {
            writeln!(texts, "=== {}\n{}", path.display(), fs_err::read_to_string(&path)?)?;
        }
    }
    Ok(texts)
}

fn path_with(tools: &Path) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools.to_owned()].into_iter().chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

fn python_tools() -> Result<PathBuf> {
    let folder = workspace::target().join("toolchains/python");
    // Exactly what authors are told to install.
    venv::prepare(&folder, "sdk/templates/python/requirements.txt")?;
    Ok(folder.join("bin"))
}

/// The bindings of the template are those of the contract.
fn python_bindings(project: &Path, tools: &Path) -> Result<()> {
    let fresh = folder().join("python-bindings");
    if fresh.exists() {
        fs_err::remove_dir_all(&fresh)?;
    }
    let mut tool = Command::new(tools.join("componentize-py"));
    tool.args(["--wit-path", "wit", "--world", "connector", "bindings"]).arg(&fresh);
    process::run(tool.current_dir(project))?;
    for part in ["wit_world", "componentize_py_types.py"] {
        let (kept, made) = (project.join("bindings").join(part), fresh.join(part));
        let mut diff = Command::new("diff");
        diff.args(["--recursive", "--exclude=__pycache__"]).arg(&kept).arg(&made);
        if process::run(&mut diff).is_err() {
            bail!(
                "the contract has changed: copy `{}` to `sdk/templates/python/bindings`",
                made.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_built() {
        let templates = workspace::folders_in("sdk/templates").unwrap();
        let words = LANGUAGES.iter().map(|language| language.word).chain(["rust"]);
        let mut words: Vec<_> = words.collect();
        words.sort_unstable();
        assert_eq!(words, templates);
    }

    #[test]
    fn another_text_or_path_is_another_project() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("src")).unwrap();
        let file = folder.path().join("src/app.py");
        fs_err::write(&file, "one").unwrap();
        let one = texts(folder.path()).unwrap();
        fs_err::write(&file, "two").unwrap();
        let two = texts(folder.path()).unwrap();
        fs_err::rename(&file, folder.path().join("src/other.py")).unwrap();
        assert!(one != two && two != texts(folder.path()).unwrap());
    }
}
