//! Building a connector's project with the tools that are there.

use std::path::{Path, PathBuf};

use super::declare::declare;
use super::languages::{LANGUAGES, Language, NeedsBy};
use crate::fetch;
use crate::model::{Error, Kind};
use crate::runtime::ComponentFile;

/// A component that was built.
#[derive(Debug)]
pub struct Built {
    /// Where it is.
    pub component: PathBuf,
    /// Its size in bytes.
    pub size: usize,
    /// Its digest.
    pub sha256: String,
}

/// Builds the project in a folder. What the tools say goes to stderr.
///
/// # Errors
/// It is no project, there are no tools for it, or they refuse.
pub fn build(folder: &Path) -> Result<Built, Error> {
    let language = Language::of_folder(folder).ok_or_else(|| no_project(folder))?;
    let component = (language.compile)(folder)?;
    if let NeedsBy::Host(version) = language.needs {
        declare(&component, folder, language, version)?;
    }
    let shown = component.display();
    let missing = || Error::new(Kind::NotFound, format!("the component `{shown}` is gone"));
    let bytes = fetch::read(&component, fetch::MAX_COMPONENT)?.ok_or_else(missing)?;
    let file = ComponentFile::from(bytes);
    Ok(Built { size: file.bytes().len(), sha256: file.sha256.clone(), component })
}

fn no_project(folder: &Path) -> Error {
    let manifests = LANGUAGES.iter().map(|language| format!("`{}`", language.manifest));
    let manifests = manifests.collect::<Vec<_>>().join(" or ");
    let what = format!("`{}` holds no {manifests}", folder.display());
    let hint = "name the folder of a project, or make one: `connhub plugin new NAME`; \
                other languages are built by their own tools";
    Error::new(Kind::NotFound, what).hint(hint)
}
