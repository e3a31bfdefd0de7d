//! The languages that a connector can be written in. Each is a value in a file of its own; what all have in common is in `project` and `build`.
//!
//! A further language is a folder in `sdk/templates`, a file here with a [`Language`], and a line in [`LANGUAGES`].

mod c;
mod js;
mod python;
mod rust;
mod toolchain;

use std::path::{Path, PathBuf};

use connhub_sbom::{Bill, Tool};

use crate::model::{Error, Kind};

/// Every language, in the order in which a folder is held against them: one that holds the manifests of two belongs to the first.
pub const LANGUAGES: &[&Language] = &[&rust::RUST, &python::PYTHON, &js::JS, &c::C];

/// A language that a project can be written in.
#[derive(Debug)]
pub struct Language {
    /// The word for it on the command line, and the name of its folder in `sdk/templates`.
    pub word: &'static str,
    /// The file by which a folder is recognized as one of its projects.
    pub(super) manifest: &'static str,
    /// The files of the template: path and text.
    pub(super) template: &'static [TextFile],
    /// Text that a project has at the end of a file, and the template has not.
    pub(super) endings: &'static [TextFile],
    /// What else is replaced in the template, given the folder of an SDK.
    pub(super) replacements: fn(Option<&Path>) -> Result<Vec<Replacement>, Error>,
    /// Whether the files of the contract belong to a project: its tools make the bindings from them.
    pub(super) has_contract: bool,
    /// Whether its tools build in profiles of the author's own.
    pub(super) has_profiles: bool,
    /// Runs the tools in the folder of a project.
    ///
    /// # Errors
    /// The tools are not there, or they refuse.
    pub(super) compile: fn(&Workshop) -> Result<Compiled, Error>,
    /// How the needs get into the component.
    pub(super) needs: NeedsBy,
}

/// A project, and what its author says about the tools.
#[derive(Clone, Copy, Debug)]
pub struct Workshop<'a> {
    /// The folder of the project.
    pub folder: &'a Path,
    /// The profile of Cargo to build with; `release` if none is named.
    pub profile: Option<&'a str>,
    /// The Rust compiler that variables tell Cargo to use; that of `PATH` if none is named. It is asked what it lacks after a build that failed.
    pub rustc: Option<&'a Path>,
}

impl<'a> Workshop<'a> {
    /// A project that is built with the usual tools.
    pub fn of(folder: &'a Path) -> Self {
        Self { folder, profile: None, rustc: None }
    }
}

/// What the tools of a language have made.
#[derive(Debug)]
pub(super) struct Compiled {
    /// The component, whose name is the project's own.
    pub(super) component: PathBuf,
    /// The packages that are in it, where the tools tell.
    pub(super) bill: Option<Bill>,
    /// The tools that are named in the component, beside those that named themselves.
    pub(super) tools: Vec<Tool>,
}

impl Compiled {
    /// A component of tools that do not tell what is in it, and name themselves.
    fn untold(component: PathBuf) -> Self {
        Self { component, bill: None, tools: Vec::new() }
    }
}

pub(super) fn no_bill(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::Other, "what the component is made of cannot be told").because(error)
}

/// A path within a project, and what the file holds.
pub(super) type TextFile = (&'static str, &'static str);

/// Who writes the section `connhub:needs` into the component.
#[derive(Clone, Copy, Debug)]
pub(super) enum NeedsBy {
    /// The compiler, as the SDK tells it.
    Compiler,
    /// This program, after the tools: from `needs.toml`, which has to hold the version that the text of the manifest says, if it says one.
    Host(fn(&str) -> Option<String>),
}

/// A text of the template, and what stands in its place in a project.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) from: &'static str,
    pub(super) to: String,
}

impl Language {
    /// The language of this word.
    pub fn of_word(word: &str) -> Option<&'static Self> {
        LANGUAGES.iter().find(|language| language.word == word).copied()
    }

    /// The language of the project in a folder.
    pub(super) fn of_folder(folder: &Path) -> Option<&'static Self> {
        LANGUAGES.iter().find(|language| folder.join(language.manifest).is_file()).copied()
    }
}

/// The replacements of a language that has no SDK of its own: none, and an SDK is refused.
fn no_sdk(sdk: Option<&Path>) -> Result<Vec<Replacement>, Error> {
    match sdk {
        None => Ok(Vec::new()),
        Some(_) => Err(Error::invalid("a project in this language uses no SDK")
            .hint("leave `--sdk` out: the bindings are made from the files in `wit`")),
    }
}

/// What tools are given of the world becomes imports of the component, used or not, and an import has to be declared.
const VAULT: &str = "    import vault;\n";
const NO_VAULT: &str = "    // Write `import vault;` here if `needs.toml` has a table `[vault]`.\n";
const COMMAND: &str = "    @since(version = 1.1.0)\n    import command;\n";
const NO_COMMAND: &str =
    "    // Write `import command;` here if `needs.toml` has a list `[[command]]`.\n";

/// The replacements of a language whose tools import all of the world: its projects have one without the vault and programs,
/// which few connectors need.
fn own_world(sdk: Option<&Path>) -> Result<Vec<Replacement>, Error> {
    let mut replacements = no_sdk(sdk)?;
    replacements.push(Replacement { from: VAULT, to: NO_VAULT.to_owned() });
    replacements.push(Replacement { from: COMMAND, to: NO_COMMAND.to_owned() });
    Ok(replacements)
}

/// The files of a template, whose texts become part of the program.
macro_rules! template {
    ($language:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../../sdk/templates/", $language, "/", $path)))),*]
    };
}
use template;

macro_rules! contract {
    ($($name:literal),* $(,)?) => {
        &[$((concat!("wit/", $name), include_str!(concat!("../../../../../wit/", $name)))),*]
    };
}

/// The contract, as the project of a language gets it that makes its bindings from it.
pub(super) const CONTRACT: &[TextFile] = contract![
    "backend.wit",
    "command.wit",
    "http.wit",
    "log.wit",
    "secrets.wit",
    "types.wit",
    "vault.wit",
    "world.wit",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn checkout() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn words_and_manifests_are_unique() {
        let words: BTreeSet<_> = LANGUAGES.iter().map(|language| language.word).collect();
        let manifests: BTreeSet<_> = LANGUAGES.iter().map(|language| language.manifest).collect();
        assert_eq!((words.len(), manifests.len()), (LANGUAGES.len(), LANGUAGES.len()));
        assert!(Language::of_word("rust").is_some() && Language::of_word("cobol").is_none());
    }

    #[test]
    fn every_template_holds_what_every_project_needs() {
        for language in LANGUAGES {
            let paths: BTreeSet<_> = language.template.iter().map(|(path, _)| *path).collect();
            let common = ["needs.toml", "plugins.toml", "README.md", ".gitignore"];
            let needed = common.iter().chain([&language.manifest]);
            let missing: Vec<_> = needed.filter(|path| !paths.contains(**path)).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", language.word);
        }
    }

    /// The same store, the same needs: only the language is another.
    #[test]
    fn every_template_is_in_its_folder_and_declares_its_endpoint() {
        for language in LANGUAGES {
            let folder = checkout().join("sdk/templates").join(language.word);
            assert!(folder.join(language.manifest).is_file(), "{}", folder.display());
            let found = Language::of_folder(&folder).map(|language| language.word);
            assert_eq!(found, Some(language.word));
        }
        assert!(Language::of_folder(&checkout().join("wit")).is_none());
    }

    #[test]
    fn the_contract_is_all_of_it() {
        let files = fs_err::read_dir(checkout().join("wit")).unwrap();
        let files = files.map(|file| format!("wit/{}", file.unwrap().file_name().display()));
        let wit = files.filter(|name| name.ends_with(".wit")).collect::<BTreeSet<_>>();
        let ours = CONTRACT.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(ours, wit);
    }

    #[test]
    fn an_sdk_is_for_the_language_that_has_one() {
        assert!(no_sdk(None).unwrap().is_empty());
        assert!(no_sdk(Some(Path::new("."))).is_err());
    }
}
