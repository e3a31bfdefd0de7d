//! Saying that a `plugins.toml` of a folder counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{self, Change};
use super::lock_file::now;
use crate::model::{Error, Kind};
use crate::runtime::ComponentFile;
use crate::settings::{ConnectorSettings, PROJECT_FILE, ProjectFile, Settings, TrustFile, Trusted};

/// A file that may come to be trusted.
#[derive(Debug)]
pub struct Review {
    project: ProjectFile,
    /// Its connectors, with their grants.
    pub connectors: BTreeMap<String, ConnectorSettings>,
    /// The digests of the components.
    pub components: BTreeMap<String, String>,
}

impl Review {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.project.path
    }

    /// Everything that it says, in plain TOML without comments: whatever will count after it was trusted, the programs that are run for a login or for
    /// the key of a store among it. Blank lines, comments and quotation of its author's choice cannot hide anything.
    pub fn says(&self) -> String {
        let table: Option<toml::Table> = toml::from_str(&self.project.text).ok();
        table
            .and_then(|table| toml::to_string(&table).ok())
            .unwrap_or_else(|| self.project.text.clone())
    }
}

/// Reads a file and everything that it names.
///
/// # Errors
/// It is not there, does not say what it must, or names a component that cannot be read.
pub fn review(file: &Path, settings: &Settings) -> Result<Review, Error> {
    let path = absolute(file)?;
    if path.file_name().is_none_or(|name| name != PROJECT_FILE) {
        return Err(Error::invalid(format!("`{}` is not named `{PROJECT_FILE}`", file.display()))
            .hint("a file of another name counts only if it is named with `--plugins FILE`, and needs no trust then"));
    }
    let project = ProjectFile::read(&path)?.ok_or_else(|| {
        Error::new(Kind::NotFound, format!("there is no file `{}`", path.display()))
    })?;
    let connectors = settings.read_review(&project)?;
    let mut components = BTreeMap::new();
    for (name, connector) in &connectors {
        let found = ComponentFile::read(&connector.component).map_err(|error| {
            Error::new(
                Kind::NotFound,
                format!("the component of connector `{name}` cannot be read"),
            )
            .because(error)
            .hint(format!("it is named in {}", connector.source))
        })?;
        components.insert(name.clone(), found.sha256);
    }
    Ok(Review { project, connectors, components })
}

/// Lets a file count as it is now.
///
/// # Errors
/// The record cannot be written.
pub fn trust(review: &Review, settings: &Settings) -> Result<(), Error> {
    change(settings, |file| {
        file.trusted.retain(|one| one.file != review.project.path);
        file.trusted.push(Trusted {
            file: review.project.path.clone(),
            digest: review.project.digest(),
            when: now(),
            components: review.components.clone(),
        });
        Ok(())
    })
}

/// Lets a file count no longer, whether it still exists or not.
///
/// # Errors
/// It was not trusted, or the record cannot be written.
pub fn revoke(file: &Path, settings: &Settings) -> Result<PathBuf, Error> {
    let path = absolute(file)?;
    change(settings, |trusted| {
        let before = trusted.trusted.len();
        trusted.trusted.retain(|one| one.file != path);
        match trusted.trusted.len() == before {
            false => Ok(()),
            true => Err(Error::new(Kind::NotFound, format!("`{}` is not trusted", path.display()))
                .hint("see what is trusted with `connhub trust --list`")),
        }
    })?;
    Ok(path)
}

/// A trusted file, and whether it is still as it was.
#[derive(Debug)]
pub struct TrustedNow {
    /// The entry.
    pub trusted: Trusted,
    /// `trusted`, `changed` or `missing`.
    pub state: &'static str,
}

/// Everything that is trusted.
///
/// # Errors
/// The record cannot be read.
pub fn trusted(settings: &Settings) -> Result<Vec<TrustedNow>, Error> {
    let file = TrustFile::read(&settings.paths.state)?;
    let state = |trusted: &Trusted| match ProjectFile::read(&trusted.file) {
        Ok(Some(project)) if project.digest() == trusted.digest => "trusted",
        Ok(None) => "missing",
        _ => "changed",
    };
    let now = |trusted: Trusted| TrustedNow { state: state(&trusted), trusted };
    Ok(file.trusted.into_iter().map(now).collect())
}

fn change(
    settings: &Settings,
    edit: impl FnOnce(&mut TrustFile) -> Result<(), Error>,
) -> Result<(), Error> {
    let state = &settings.paths.state;
    let _guard = files::guard(state)?;
    let mut file = TrustFile::read(state)?;
    edit(&mut file)?;
    let text = toml::to_string(&file).map_err(|error| {
        Error::invalid("a path that is not UTF-8 cannot be trusted").because(error)
    })?;
    files::apply(vec![Change::private(TrustFile::path(state), text)])
}

/// The path of a file whose folder exists: as the current directory would be written.
fn absolute(file: &Path) -> Result<PathBuf, Error> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs_err::canonicalize(folder.unwrap_or(Path::new(".")))
        .map_err(|error| Error::new(Kind::NotFound, "there is no such folder").because(error))?;
    match file.file_name() {
        Some(name) => Ok(folder.join(name)),
        None => Err(Error::invalid(format!("`{}` is not a file", file.display()))),
    }
}
