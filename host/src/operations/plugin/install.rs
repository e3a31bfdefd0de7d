//! Adding, updating and removing connectors: component, signatures, lock and `plugins.toml` in one change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::candidate::Candidate;
use super::configuration::{Configuration, EndpointPlace};
use super::files::{self, Change};
use super::lock_file::{Entry, LockDocument};
use crate::fetch::Source;
use crate::model::{Error, Kind};
use crate::plugins::{Newcomer, Plugins, SIGNATURE_ENDINGS, Signed, permit_newcomer};
use crate::policy::{Grants, Needs};
use crate::settings::{ConnectorSettings, Settings, Signer};

/// A connector that is to be added.
pub struct Addition<'a> {
    /// What it is to be called.
    pub name: &'a str,
    /// The component.
    pub candidate: &'a Candidate,
    /// Where its endpoints are.
    pub places: BTreeMap<String, EndpointPlace>,
    /// Who must have signed it from now on.
    pub signed_by: Vec<Signer>,
    /// Those of them that `plugins.toml` does not have yet, with the text of their keys.
    pub new_signers: Vec<(String, String)>,
}

/// The `plugins.toml` that is changed, and the folder for components.
#[derive(Clone, Debug)]
pub struct Home {
    /// The file.
    pub plugins: PathBuf,
    /// The user's folder of data.
    pub data: PathBuf,
}

/// Adds a connector and a backend of the same name.
///
/// # Errors
/// The name is taken, the component cannot be compiled, or a file cannot be written. Nothing is changed then.
pub fn add(home: &Home, addition: &Addition<'_>, plugins: &Plugins) -> Result<PathBuf, Error> {
    let candidate = addition.candidate;
    plugins.compile(&candidate.file, &candidate.source.to_string())?;
    let _guard = files::guard(folder_of(&home.plugins))?;
    files::apply(added(home, addition, plugins.settings())?)?;
    Ok(candidate.place(&home.data, addition.name))
}

/// The files of a new connector, in an order in which a kill leaves files that nobody asks for, or the connector: `plugins.toml` comes last.
fn added(home: &Home, addition: &Addition<'_>, settings: &Settings) -> Result<Vec<Change>, Error> {
    let Addition { name, candidate, places, signed_by, new_signers } = addition;
    let mut configuration = Configuration::read(&home.plugins)?;
    check_name(name, settings)?;
    if configuration.has("connectors", name) || configuration.has("backends", name) {
        return Err(taken(name, &home.plugins.display().to_string()));
    }
    let place = candidate.place(&home.data, name);
    let component = written(&place, &home.plugins);
    for (signer, key) in new_signers {
        configuration.add_signer(signer, key)?;
    }
    let names: Vec<String> = signed_by.iter().map(|signer| signer.name.clone()).collect();
    configuration.add_connector(name, &component, &candidate.inspected.needs, places, &names)?;
    configuration.add_backend(name, places)?;
    let known = settings.signers.values().chain(signed_by);
    let mut lock = LockDocument::beside(&home.plugins)?;
    enter(&mut lock, name, &component, candidate, known)?;
    let mut changes = candidate.changes(&place);
    changes.extend([lock.change(), configuration.change(settings)?]);
    Ok(changes)
}

/// Whether policy would let a component run as a connector of this name. Nothing is compiled or written before that is known.
///
/// # Errors
/// It would not: which rule, in which file and line, and who may change it.
pub fn permitted(
    home: &Home,
    name: &str,
    candidate: &Candidate,
    settings: &Settings,
) -> Result<(), Error> {
    let newcomer = Newcomer {
        name,
        configured_in: &home.plugins.display().to_string(),
        source: &candidate.source.to_string(),
        place: &candidate.place(&home.data, name),
        sha256: &candidate.file.sha256,
        signed: Signed { sha256: candidate.file.digest(), bytes: candidate.file.bytes() },
        signatures: &candidate.signatures,
    };
    permit_newcomer(settings, newcomer, &candidate.inspected.needs)
}

/// Replaces the component of a connector, and adds to its grants what the new one needs more than the old one.
///
/// # Errors
/// The component cannot be compiled, or a file cannot be written. Nothing is changed then.
pub fn update(
    home: &Home,
    connector: &ConnectorSettings,
    candidate: &Candidate,
    more: &Needs,
    plugins: &Plugins,
) -> Result<PathBuf, Error> {
    plugins.compile(&candidate.file, &candidate.source.to_string())?;
    let _guard = files::guard(folder_of(&home.plugins))?;
    files::apply(updated(home, connector, candidate, more, plugins.settings())?)?;
    Ok(candidate.place(&home.data, &connector.name))
}

/// The files of a new version, in an order in which a kill leaves the old one or the new one, and never one that its lock refuses: until
/// `plugins.toml` names the new one, the lock is true of both.
fn updated(
    home: &Home,
    connector: &ConnectorSettings,
    candidate: &Candidate,
    more: &Needs,
    settings: &Settings,
) -> Result<Vec<Change>, Error> {
    let name = &connector.name;
    let mut configuration = Configuration::read(&home.plugins)?;
    let place = candidate.place(&home.data, name);
    let component = written(&place, &home.plugins);
    let old = configuration.component(name).unwrap_or_default().to_owned();
    configuration.set_component(name, &component)?;
    configuration.grant(name, more, &BTreeMap::new())?;
    let before = LockDocument::beside(&home.plugins)?;
    let mut lock = before.clone();
    enter(&mut lock, name, &component, candidate, settings.signers.values())?;
    let mut changes = candidate.changes(&place);
    changes.extend(leftovers(home, &before, name, &[&old, &component]));
    // A connector that was not locked stays so until `plugins.toml` names the new component.
    changes.extend(lock.with_previous(name, &old, &before)?.map(|both| both.change()));
    changes.push(configuration.change(settings)?);
    if connector.component != place {
        changes.extend(component_files(&connector.component, home));
    }
    changes.push(lock.change());
    Ok(changes)
}

/// Ends an update of which only the end is missing: the older component goes, and the lock is about the newer one alone.
///
/// # Errors
/// A file cannot be read or written.
pub fn settle(home: &Home, name: &str) -> Result<(), Error> {
    let _guard = files::guard(folder_of(&home.plugins))?;
    let configuration = Configuration::read(&home.plugins)?;
    let used = configuration.component(name).unwrap_or_default();
    let before = LockDocument::beside(&home.plugins)?;
    let mut lock = before.clone();
    lock.settle(name)?;
    let mut changes = leftovers(home, &before, name, &[used]);
    changes.push(lock.change());
    files::apply(changes)
}

/// The files of components that the lock knows of updates that were killed, but for those that stay.
fn leftovers(home: &Home, lock: &LockDocument, name: &str, stay: &[&str]) -> Vec<Change> {
    let gone = lock.components(name).into_iter().filter(|component| !stay.contains(component));
    let files = gone.map(|component| folder_of(&home.plugins).join(component));
    files.flat_map(|file| component_files(&file, home)).collect()
}

/// What goes when a connector is removed.
#[derive(Debug, PartialEq, Eq)]
pub struct Removal {
    /// The backends of the same file that are of this connector.
    pub backends: Vec<String>,
    /// The component, if it was put there by `plugin add`.
    pub file: Option<PathBuf>,
}

/// Looks what would go.
///
/// # Errors
/// The file has no such connector.
pub fn removal(home: &Home, name: &str, settings: &Settings) -> Result<Removal, Error> {
    let configuration = Configuration::read(&home.plugins)?;
    if !configuration.has("connectors", name) {
        return Err(elsewhere(name, home, settings));
    }
    let folder = folder_of(&home.plugins);
    let component = configuration.component(name).map(|written| folder.join(written));
    let file = component.filter(|path| is_ours(path, home));
    Ok(Removal { backends: configuration.backends_of(name), file })
}

/// Removes a connector, its backends, its entry in the lock, and its component if it was put there by `plugin add`.
///
/// # Errors
/// The file has no such connector, or a file cannot be written. Nothing is changed then.
pub fn remove(home: &Home, name: &str, settings: &Settings) -> Result<Removal, Error> {
    let _guard = files::guard(folder_of(&home.plugins))?;
    let removal = removal(home, name, settings)?;
    let mut configuration = Configuration::read(&home.plugins)?;
    if let Some(default) = configuration.default_backend()
        && removal.backends.iter().any(|backend| backend == default)
    {
        let message = format!("`{default}` is the default backend in `{}`", home.plugins.display());
        return Err(Error::new(Kind::InUse, message).hint("change `default-backend` there first"));
    }
    configuration.remove("connectors", name);
    for backend in &removal.backends {
        configuration.remove("backends", backend);
    }
    let before = LockDocument::beside(&home.plugins)?;
    let mut lock = before.clone();
    lock.remove(name)?;
    let mut changes = vec![configuration.change(settings)?, lock.change()];
    changes.extend(removal.file.iter().flat_map(|file| component_files(file, home)));
    changes.extend(leftovers(home, &before, name, &[]));
    files::apply(changes)?;
    Ok(removal)
}

/// What a new version of a component declares that an old one did not. A program that the old one declared, too, and that somebody took out of
/// the grants, stays out.
pub fn more_needs(old: &Needs, new: &Needs, granted: &Grants) -> Needs {
    let mut more = new.clone();
    more.vault = more.vault.filter(|_| old.vault.is_none());
    more.reveal = more.reveal.filter(|_| old.reveal.is_none());
    for command in &mut more.commands {
        if let Some(old) = old.command(&command.name) {
            command.args.retain(|shape| !old.args.contains(shape));
            command.secrets_in.retain(|pointer| !old.secrets_in.contains(pointer));
            command.environment.retain(|name| !old.environment.contains(name));
            command.input &= !old.input;
        }
    }
    more.commands.retain(|command| {
        let is_granted = granted.commands.contains_key(&command.name);
        old.command(&command.name).is_none() || (is_granted && command.wants())
    });
    for endpoint in &mut more.endpoints {
        if let Some(old) = old.endpoint(&endpoint.name) {
            endpoint.allow.retain(|rule| !old.allow.contains(rule));
            endpoint.secrets_in.retain(|pointer| !old.secrets_in.contains(pointer));
            endpoint.mask.retain(|pointer| !old.mask.contains(pointer));
        }
    }
    more
}

/// What two lists of texts do not have in common: what is new, and what is gone.
pub fn difference(old: &[String], new: &[String]) -> (Vec<String>, Vec<String>) {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
    let without = |one: &BTreeSet<&String>, other: &BTreeSet<&String>| {
        one.difference(other).map(|text| (*text).clone()).collect()
    };
    (without(&new, &old), without(&old, &new))
}

/// Where a connector was fetched from, as its lock says.
///
/// # Errors
/// The lock does not say, or says what cannot be read.
pub fn source_of(connector: &ConnectorSettings) -> Result<Source, Error> {
    let name = &connector.name;
    let source = connector.locked.as_ref().and_then(|locked| locked.source.as_deref());
    let source = source.ok_or_else(|| {
        Error::invalid(format!("`plugins.lock` does not say where connector `{name}` came from"))
            .hint(format!("say it with `connhub plugin update {name} SOURCE`"))
    })?;
    Source::parse(source)
}

/// Whether a new connector can have this name. Names stand in files, addresses and messages.
///
/// # Errors
/// It cannot be a name, or is taken.
pub fn check_name(name: &str, settings: &Settings) -> Result<(), Error> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(is_plain)
        && !name.starts_with('-')
        && name != "all";
    if !is_name {
        return Err(Error::invalid(format!("`{name}` cannot be the name of a connector"))
            .hint("choose one of lower-case letters, digits and `-` with `--name NAME`"));
    }
    // A connector of another file would be replaced, and whoever uses it would not notice.
    if let Some(there) = settings.connectors.get(name) {
        return Err(taken(name, &there.source));
    }
    match settings.backends.get(name) {
        Some(there) => Err(taken(name, &there.source)),
        None => Ok(()),
    }
}

fn taken(name: &str, place: &str) -> Error {
    Error::new(
        Kind::Exists,
        format!("there is a connector or backend `{name}` already, in {place}"),
    )
    .hint(format!("replace its component with `connhub plugin update {name}`"))
    .hint("or give this one another name with `--name NAME`")
}

fn elsewhere(name: &str, home: &Home, settings: &Settings) -> Error {
    let message = format!("`{}` has no connector `{name}`", home.plugins.display());
    let error = Error::new(Kind::NotFound, message);
    match settings.connectors.get(name) {
        Some(there) => error.hint(format!("it is configured in {}", there.source)),
        None => error.hint("see what there is with `connhub plugin list`"),
    }
}

fn enter<'s>(
    lock: &mut LockDocument,
    name: &str,
    component: &str,
    candidate: &Candidate,
    signers: impl IntoIterator<Item = &'s Signer>,
) -> Result<(), Error> {
    let entry = Entry {
        component,
        source: &candidate.source.to_string(),
        sha256: &candidate.file.sha256,
        size: candidate.file.bytes().len() as u64,
        inspected: &candidate.inspected,
        signers: candidate.key_ids(signers),
    };
    lock.enter(name, &entry).map(drop)
}

/// The path of a component as it is written: short where it lies below the file.
fn written(component: &Path, plugins: &Path) -> String {
    component.strip_prefix(folder_of(plugins)).unwrap_or(component).display().to_string()
}

fn folder_of(plugins: &Path) -> &Path {
    plugins.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a component was put there by `plugin add`: no other file is ours to delete.
fn is_ours(component: &Path, home: &Home) -> bool {
    component.parent() == Some(&*home.data.join("connectors"))
}

fn component_files(component: &Path, home: &Home) -> Vec<Change> {
    if !is_ours(component, home) {
        return Vec::new();
    }
    let signatures = SIGNATURE_ENDINGS.map(|ending| ending.beside(component));
    signatures.into_iter().chain([component.to_owned()]).map(Change::remove).collect()
}

#[cfg(test)]
mod tests;
