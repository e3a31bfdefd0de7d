//! JavaScript, with componentize-js: a build of SpiderMonkey and the project become one component.

use super::toolchain::{place_for, run, tool};
use super::{Compiled, Language, NeedsBy, Workshop, own_world, template};
use crate::model::Error;

pub(super) const JS: Language = Language {
    word: "js",
    manifest: MANIFEST,
    template: template![
        "js": "package.json",
        "needs.toml",
        "plugins.toml",
        "README.md",
        "src/connector.js",
        "src/connhub.js",
        "src/store.js",
        "test/fake-host.js",
        "test/store.test.js",
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

const MANIFEST: &str = "package.json";

const TOOL: &str = "componentize-js";

/// Where npm puts the programs of a project, before `PATH`.
const PROGRAMS: &str = "node_modules/.bin";

const INSTALL: &str = "`npm install` in the folder of the project gets it; \
                       npm comes with Node.js 20 or later, https://nodejs.org";

/// The module that exports the connector.
const ENTRY: &str = "src/connector.js";

/// What the component has beside the project: the engine reaches nothing by itself, not even a clock.
const SWITCHED_OFF: [&str; 5] = ["stdio", "random", "clocks", "http", "fetch-event"];

fn compile(workshop: &Workshop) -> Result<Compiled, Error> {
    let folder = workshop.folder;
    let manifest = fs_err::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    let name = name(&manifest).ok_or_else(|| {
        Error::invalid("`package.json` names no project")
            .hint("write a `name` of small letters and hyphens")
    })?;
    let component = place_for(&name, folder)?;
    let mut tool = tool(TOOL, folder, PROGRAMS);
    tool.arg(ENTRY).args(["--wit", "wit", "--world-name", "connector", "--disable"]);
    tool.args(SWITCHED_OFF).arg("--out").arg(&component);
    run(&mut tool, TOOL, INSTALL)?;
    Ok(Compiled::untold(folder.join(component)))
}

/// The name of the package without its scope, if it can be a file's.
fn name(manifest: &str) -> Option<String> {
    let name = text(manifest, "name")?;
    let name = name.rsplit_once('/').map_or(&*name, |(_, name)| name);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain))
        .then(|| name.to_owned())
}

fn version(manifest: &str) -> Option<String> {
    text(manifest, "version")
}

fn text(manifest: &str, key: &str) -> Option<String> {
    let manifest: serde_json::Value = serde_json::from_str(manifest).ok()?;
    manifest.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_called_as_the_package() {
        let check = |manifest: &str, expected: Option<&str>| {
            assert_eq!(name(manifest).as_deref(), expected, "{manifest}");
        };
        check(r#"{"name": "acme-store"}"#, Some("acme-store"));
        check(r#"{"name": "@acme/store"}"#, Some("store"));
        for wrong in ["", "{}", r#"{"name": 1}"#, r#"{"name": ".."}"#, r#"{"name": "@acme/"}"#] {
            check(wrong, None);
        }
    }

    #[test]
    fn the_version_is_that_of_the_package() {
        let manifest = include_str!("../../../../../sdk/templates/js/package.json");
        let needs = include_str!("../../../../../sdk/templates/js/needs.toml");
        let version = version(manifest).expect("it has one");
        assert!(needs.contains(&format!("version = \"{version}\"")), "{needs}");
    }
}
