//! Python, with componentize-py: the interpreter, its standard library and the project become one component.

use super::toolchain::{place_for, run, tool};
use super::{Compiled, Language, NeedsBy, Workshop, own_world, template};
use crate::model::Error;

pub(super) const PYTHON: Language = Language {
    word: "python",
    manifest: MANIFEST,
    template: template![
        "python": "pyproject.toml",
        "requirements.txt",
        "needs.toml",
        "plugins.toml",
        "README.md",
        "src/app.py",
        "src/connhub.py",
        "tests/__init__.py",
        "tests/fake.py",
        "tests/test_app.py",
        "bindings/componentize_py_types.py",
        "bindings/wit_world/__init__.py",
        "bindings/wit_world/exports/__init__.py",
        "bindings/wit_world/exports/backend.py",
        "bindings/wit_world/imports/__init__.py",
        "bindings/wit_world/imports/http.py",
        "bindings/wit_world/imports/log.py",
        "bindings/wit_world/imports/secrets.py",
        "bindings/wit_world/imports/types.py",
        ".github/workflows/ci.yml",
        ".gitignore",
    ],
    endings: &[],
    replacements: own_world,
    has_contract: true,
    has_profiles: false,
    compile,
    needs: NeedsBy::Host(version),
};

const MANIFEST: &str = "pyproject.toml";

const TOOL: &str = "componentize-py";

/// Where an environment of the project's own is looked for, before `PATH`.
const ENVIRONMENT: &str = ".venv/bin";

const INSTALL: &str =
    "python3 -m venv .venv && .venv/bin/pip install --requirement requirements.txt";

/// The module that holds the connector. One that is called as the world would hide the bindings.
const MODULE: &str = "app";

fn compile(workshop: &Workshop) -> Result<Compiled, Error> {
    let folder = workshop.folder;
    let name = key(&fs_err::read_to_string(folder.join(MANIFEST)).unwrap_or_default(), "name");
    let what = "`pyproject.toml` names no project";
    let name = name.ok_or_else(|| Error::invalid(what).hint("write `name` below `[project]`"))?;
    let component = place_for(&name, folder)?;
    let mut tool = tool(TOOL, folder, ENVIRONMENT);
    tool.args(["--wit-path", "wit", "--world", "connector", "componentize"]);
    tool.args(["--python-path", "src", "--output"]).arg(&component).arg(MODULE);
    run(&mut tool, TOOL, INSTALL)?;
    Ok(Compiled::untold(folder.join(component)))
}

fn version(manifest: &str) -> Option<String> {
    key(manifest, "version")
}

/// A text in the table `project`.
fn key(manifest: &str, key: &str) -> Option<String> {
    let manifest: toml::Table = toml::from_str(manifest).ok()?;
    manifest.get("project")?.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_version_are_those_of_the_project() {
        let manifest = "[tool]\nversion = \"9\"\n[project]\nname = \"acme\"\nversion = \"0.1.0\"\n";
        assert_eq!(version(manifest).as_deref(), Some("0.1.0"));
        assert_eq!(key(manifest, "name").as_deref(), Some("acme"));
        assert_eq!(version("[project]\nname = \"acme\""), None);
        assert_eq!(version("no toml"), None);
    }

    #[test]
    fn the_world_of_a_project_imports_no_more_than_it_needs() {
        let world = super::super::CONTRACT.iter().find(|(path, _)| *path == "wit/world.wit");
        assert!(world.is_some_and(|(_, text)| text.contains(super::super::VAULT)));
    }
}
