//! C, with make: clang, wasi-libc, and the bindings that `wit-bindgen` makes of the contract.

use super::toolchain::{place_for, program, run};
use super::{Compiled, Language, NeedsBy, Workshop, no_sdk, template};
use crate::model::Error;

pub(super) const C: Language = Language {
    word: "c",
    manifest: MANIFEST,
    template: template![
        "c": "Makefile",
        "needs.toml",
        "plugins.toml",
        "README.md",
        "src/contract.c",
        "src/contract.h",
        "src/jsmn.h",
        "src/json.c",
        "src/json.h",
        "src/operations.c",
        "src/store.c",
        "src/store.h",
        "tests/json_test.c",
        ".github/workflows/ci.yml",
        ".gitignore",
    ],
    endings: &[],
    replacements: no_sdk,
    has_contract: true,
    has_profiles: false,
    compile,
    needs: NeedsBy::Host(version),
};

const MANIFEST: &str = "Makefile";

const TOOL: &str = "make";

const INSTALL: &str = "on Debian: apt-get install make clang lld wasi-libc libclang-rt-dev-wasm32; the README has the rest";

/// The makefile looks for the other tools, and says all that are missing. To make, a component that has its declaration already would be up
/// to date.
fn compile(workshop: &Workshop) -> Result<Compiled, Error> {
    let folder = workshop.folder;
    let name = variable(&fs_err::read_to_string(folder.join(MANIFEST)).unwrap_or_default(), "NAME");
    let what = "the `Makefile` names no connector";
    let name = name.ok_or_else(|| Error::invalid(what).hint("write `NAME = …` in it"))?;
    let component = place_for(&name, folder)?;
    run(program(TOOL, folder).arg("component"), TOOL, INSTALL)?;
    Ok(Compiled::untold(folder.join(component)))
}

fn version(manifest: &str) -> Option<String> {
    variable(manifest, "VERSION")
}

/// What a makefile sets a variable to, in a line of its own.
fn variable(manifest: &str, name: &str) -> Option<String> {
    let assigned =
        manifest.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='));
    assigned.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_version_are_those_of_the_makefile() {
        let manifest = "NAMES = 1\n# NAME = no\nNAME = acme-store\nVERSION=0.2.0\nEMPTY =\n";
        assert_eq!(variable(manifest, "NAME").as_deref(), Some("acme-store"));
        assert_eq!(version(manifest).as_deref(), Some("0.2.0"));
        assert_eq!(variable(manifest, "EMPTY"), None);
        assert_eq!(version("VERSION ?= 1"), None);
    }

    #[test]
    fn what_the_template_says_of_itself_is_found() {
        let (_, makefile) = C.template[0];
        assert_eq!(variable(makefile, "NAME").as_deref(), Some("example-store"));
        assert!(version(makefile).is_some());
    }

    #[test]
    fn a_makefile_of_something_else_is_no_project() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join(MANIFEST), "all:\n\ttrue\n").unwrap();
        assert!(
            compile(&Workshop::of(folder.path()))
                .unwrap_err()
                .to_string()
                .contains("names no connector")
        );
    }
}
