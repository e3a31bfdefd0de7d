//! Building a connector's project with the tools that are there.

use std::path::{Path, PathBuf};

use super::declare::declare;
use super::files::{self, Change};
use super::languages::{Compiled, LANGUAGES, Language, NeedsBy, Workshop, no_bill};
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
    /// How many packages it is made of; none if the tools do not tell.
    pub packages: Option<usize>,
}

/// Builds the project in a folder. What the tools say goes to stderr.
///
/// # Errors
/// It is no project, there are no tools for it, they know no profiles and one is named, or they refuse.
pub fn build(workshop: &Workshop) -> Result<Built, Error> {
    let folder = workshop.folder;
    let language = language_of(folder)?;
    check_profile(language, workshop.profile)?;
    let Compiled { component, bill, tools } = (language.compile)(workshop)?;
    if let NeedsBy::Host(version) = language.needs {
        declare(&component, folder, language, version)?;
    }
    let told = read(&component)?;
    let mut bytes = connhub_sbom::with_tools(&told, &tools).map_err(no_bill)?;
    if let Some(bill) = &bill {
        bytes = connhub_sbom::with_bill(&bytes, bill).map_err(no_bill)?;
    }
    if bytes != told {
        // Renamed into its place: the compiler's own file has another name for the same bytes, which it goes on with.
        files::apply(vec![Change::write(&component, bytes.clone())])?;
    }
    let file = ComponentFile::from(bytes);
    Ok(Built {
        size: file.bytes().len(),
        sha256: file.sha256.clone(),
        packages: bill.map(|bill| bill.packages().len()),
        component,
    })
}

fn check_profile(language: &Language, profile: Option<&str>) -> Result<(), Error> {
    match profile {
        Some(_) if !language.has_profiles => {
            let what = format!("the tools for `{}` know no profiles", language.word);
            Err(Error::invalid(what).hint("leave `--profile` out: it is for connectors in Rust"))
        }
        _ => Ok(()),
    }
}

/// Whether a folder holds a project that can be built.
///
/// # Errors
/// It holds none, and what would be one.
pub fn check_project(folder: &Path) -> Result<(), Error> {
    language_of(folder).map(drop)
}

fn language_of(folder: &Path) -> Result<&'static Language, Error> {
    Language::of_folder(folder).ok_or_else(|| no_project(folder))
}

fn read(component: &Path) -> Result<Vec<u8>, Error> {
    let shown = component.display();
    let missing = || Error::new(Kind::NotFound, format!("the component `{shown}` is gone"));
    fetch::read(component, fetch::MAX_COMPONENT)?.ok_or_else(missing)
}

fn no_project(folder: &Path) -> Error {
    let manifests = LANGUAGES.iter().map(|language| format!("`{}`", language.manifest));
    let manifests = manifests.collect::<Vec<_>>().join(" or ");
    let what = format!("`{}` holds no {manifests}", folder.display());
    let hint = "name the folder of a project, or make one: `connhub plugin new NAME`; \
                other languages are built by their own tools";
    Error::new(Kind::NotFound, what).hint(hint)
}
