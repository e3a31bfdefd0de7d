//! The section `connhub:needs` in a component whose tools cannot write it.

use std::io::Write as _;
use std::path::Path;

use wasm_encoder::{ComponentSection as _, CustomSection};

use super::languages::Language;
use crate::fetch;
use crate::model::{Error, Kind};
use crate::policy::Needs;
use crate::runtime::{Inspected, LoadError};

/// The file of a project that declares what its connector needs.
const NEEDS: &str = "needs.toml";
/// The name of the section.
const SECTION: &str = "connhub:needs";
/// The largest file of needs that the sandbox takes, in bytes.
const MAX_NEEDS: usize = 64 << 10;

/// Puts the project's `needs.toml` into the component, in its place on the disk.
///
/// # Errors
/// The file is not there or declares nothing that the sandbox understands, its version is not the manifest's, or the component has such a
/// section already.
pub(super) fn declare(
    component: &Path,
    folder: &Path,
    language: &Language,
    version: fn(&str) -> Option<String>,
) -> Result<(), Error> {
    let needs = needs(folder)?;
    let manifest = fs_err::read_to_string(folder.join(language.manifest)).unwrap_or_default();
    check_version(&needs, version(&manifest), language.manifest)?;
    let shown = component.display();
    let gone = || Error::new(Kind::NotFound, format!("the component `{shown}` is gone"));
    let bytes = fetch::read(component, fetch::MAX_COMPONENT)?.ok_or_else(gone)?;
    let declared = with_section(bytes, &needs).map_err(|error| {
        Error::new(Kind::Other, format!("`{shown}` is no component of a connector")).because(error)
    })?;
    replace(component, &declared).map_err(|error| {
        Error::new(Kind::Other, format!("`{shown}` cannot be written")).because(error)
    })
}

fn needs(folder: &Path) -> Result<String, Error> {
    let path = folder.join(NEEDS);
    let shown = path.display();
    let none = || {
        Error::new(Kind::NotFound, format!("there is no `{shown}`"))
            .hint("it declares what the connector needs: see `docs/connectors.md`")
    };
    let bytes = fetch::read(&path, MAX_NEEDS)?.ok_or_else(none)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::invalid(format!("`{shown}` is no text")).because(error))?;
    Needs::parse(&text)
        .map_err(|error| Error::invalid(format!("`{shown}` declares nothing")).because(error))?;
    Ok(text)
}

/// Administrators ask for the version in the needs, authors change the one in the manifest.
fn check_version(needs: &str, manifest: Option<String>, file: &str) -> Result<(), Error> {
    let declared = toml::from_str::<toml::Table>(needs).ok();
    let declared = declared.as_ref().and_then(|needs| needs.get("version")?.as_str());
    match (manifest, declared) {
        (Some(own), declared) if declared != Some(own.as_str()) => {
            let other = declared.unwrap_or("none");
            let what = format!("the version in `{NEEDS}` is `{other}`, and in `{file}` `{own}`");
            Err(Error::invalid(what).hint(format!("write `version = \"{own}\"` in `{NEEDS}`")))
        }
        _ => Ok(()),
    }
}

/// The component with the section at its end, held to what the sandbox reads.
fn with_section(mut component: Vec<u8>, needs: &str) -> Result<Vec<u8>, LoadError> {
    let section = CustomSection { name: SECTION.into(), data: needs.as_bytes().into() };
    section.append_to_component(&mut component);
    Inspected::of(&component)?;
    Ok(component)
}

/// Whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS_TEXT: &str = "contract = \"1.0.0\"\nversion = \"0.1.0\"\n";

    fn component(more: &str) -> Vec<u8> {
        let export = "(export \"connhub:connector/backend@1.0.0\" (instance $i))";
        wat::parse_str(format!("(component {more} (instance $i) {export})")).unwrap()
    }

    #[test]
    fn what_is_declared_is_what_the_sandbox_reads() {
        let declared = with_section(component(""), NEEDS_TEXT).unwrap();
        assert_eq!(Inspected::of(&declared).unwrap().needs_text, NEEDS_TEXT);
    }

    #[test]
    fn a_component_declares_once_and_is_a_connector() {
        let twice = with_section(component(""), NEEDS_TEXT).unwrap();
        let check = |bytes: Vec<u8>, words: &str| {
            let error = with_section(bytes, NEEDS_TEXT).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        check(twice, "more than one section");
        check(wat::parse_str("(component)").unwrap(), "exports no");
        check(wat::parse_str("(module)").unwrap(), "core module");
        check(Vec::new(), "not a WebAssembly component");
    }

    #[test]
    fn the_two_versions_are_one() {
        let check = |manifest: Option<&str>, needs: &str| {
            check_version(needs, manifest.map(str::to_owned), "pyproject.toml")
        };
        check(Some("0.1.0"), NEEDS_TEXT).unwrap();
        check(None, NEEDS_TEXT).unwrap();
        let error = check(Some("0.2.0"), NEEDS_TEXT).unwrap_err().to_string();
        assert!(error.contains("`0.1.0`, and in `pyproject.toml` `0.2.0`"), "{error}");
        assert!(check(Some("0.2.0"), "contract = \"1.0.0\"").is_err());
    }

    #[test]
    fn needs_are_read_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(needs(folder.path()).unwrap_err().kind, Kind::NotFound);
        for wrong in ["contract = ", "surprise = true", ""] {
            fs_err::write(folder.path().join(NEEDS), wrong).unwrap();
            assert!(needs(folder.path()).is_err(), "{wrong}");
        }
        fs_err::write(folder.path().join(NEEDS), NEEDS_TEXT).unwrap();
        assert_eq!(needs(folder.path()).unwrap(), NEEDS_TEXT);
    }
}
