//! Which component is tried out, and where.

use std::collections::BTreeMap;
use std::path::Path;

use super::recording::Recording;
use crate::model::{Error, Kind};
use crate::operations::inspect;
use crate::policy::admin::ConfiguredBy;
use crate::policy::{CommandNeed, Grants, Limits, Needs};
use crate::settings::{self, BackendSettings, ConnectorSettings, Settings};

/// What stands where a file and line stand in settings.
const SOURCE: &str = "the command line";

/// The same for a recording.
const RECORDING: &str = "the recording";

/// A component, and the place where it is tried out.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The connector.
    pub connector: ConnectorSettings,
    /// What it declares.
    pub inspected: crate::runtime::Inspected,
    /// Where it works.
    pub place: Place,
}

/// Where a component works while it is tried out.
#[derive(Clone, Debug)]
pub enum Place {
    /// A backend of the settings.
    Backend(BackendSettings),
    /// A store of its own, which is gone afterwards: the component needs nothing else.
    Scratch(BackendSettings),
    /// A recording. A store is thrown away afterwards here, too.
    Recording(BackendSettings),
    /// Nowhere: it needs endpoints, and nobody said where they are.
    Nowhere,
}

impl Place {
    /// The backend, if there is one.
    pub fn backend(&self) -> Option<&BackendSettings> {
        match self {
            Self::Backend(backend) | Self::Scratch(backend) | Self::Recording(backend) => {
                Some(backend)
            }
            Self::Nowhere => None,
        }
    }
}

/// Finds what is meant by the name of a connector or backend, or by the path of a component. `backend` is the one to work on; a file takes
/// the place of that backend's component, and its lock and signatures do not count then. Policy does.
///
/// # Errors
/// There is no such thing, or it is not clear on which backend to work.
pub fn choose(settings: &Settings, text: &str, backend: Option<&str>) -> Result<Chosen, Error> {
    if let Some(connector) = settings.connectors.get(text) {
        let backend = match backend {
            Some(name) => named(settings, name, text)?,
            None => only(settings, text)?,
        };
        return chosen(connector.clone(), Place::Backend(backend.clone()));
    }
    if backend.is_none() && settings.backends.contains_key(text) {
        let (backend, connector) = settings.backend(text)?;
        return chosen(connector.clone(), Place::Backend(backend.clone()));
    }
    let path = Path::new(text);
    if !path.exists() {
        return Err(unknown(settings, text));
    }
    match backend {
        Some(name) => {
            let (backend, connector) = settings.backend(name)?;
            let connector = ConnectorSettings {
                component: path.to_owned(),
                locked: None,
                trusted: None,
                signed_by: Vec::new(),
                ..connector.clone()
            };
            chosen(connector, Place::Backend(backend.clone()))
        }
        None => unconfigured(path),
    }
}

/// Finds what is meant by the name of a connector, or by the path of a component, to play a recording to it. Where the connector works and
/// what it is granted is as it was when it was recorded.
///
/// # Errors
/// There is no such thing.
pub fn choose_to_play(
    settings: &Settings,
    text: &str,
    recording: &Recording,
) -> Result<Chosen, Error> {
    let path = Path::new(text);
    let Chosen { connector, inspected, .. } = match settings.connectors.get(text) {
        Some(connector) => chosen(connector.clone(), Place::Nowhere)?,
        None if path.exists() => unconfigured(path)?,
        None => return Err(unknown(settings, text)),
    };
    let backend = BackendSettings {
        name: connector.name.clone(),
        connector: connector.name.clone(),
        scope: recording.scope.clone(),
        settings: recording.settings(),
        endpoints: inspected.needs.endpoints.iter().map(|need| nowhere(&need.name)).collect(),
        source: RECORDING.to_owned(),
    };
    let grants = recording.grants(&inspected.needs, RECORDING);
    let connector = ConnectorSettings { grants, ..connector };
    Ok(Chosen { connector, inspected, place: Place::Recording(backend) })
}

/// An endpoint to which nobody connects.
fn nowhere(name: &str) -> (String, settings::Place) {
    let url = Some("https://recording.invalid".to_owned());
    (name.to_owned(), settings::Place { url, ..settings::Place::default() })
}

fn chosen(connector: ConnectorSettings, place: Place) -> Result<Chosen, Error> {
    let (_, inspected, _) = inspect(&connector.component)?;
    Ok(Chosen { connector, inspected, place })
}

/// A component that nobody configured: it gets a store if it needs one, and nothing else.
fn unconfigured(path: &Path) -> Result<Chosen, Error> {
    let (_, inspected, _) = inspect(path)?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = stem.unwrap_or_else(|| "component".to_owned());
    let connector = ConnectorSettings {
        name: name.clone(),
        component: path.to_owned(),
        locked: None,
        trusted: None,
        signed_by: Vec::new(),
        grants: grants(&inspected.needs),
        limits: Limits::default(),
        source: SOURCE.to_owned(),
        configured_by: ConfiguredBy::User,
    };
    let backend = BackendSettings {
        name: name.clone(),
        connector: name,
        scope: None,
        settings: Vec::new(),
        endpoints: BTreeMap::new(),
        source: SOURCE.to_owned(),
    };
    let is_alone = inspected.needs.endpoints.is_empty() && inspected.needs.reveal.is_none();
    let place = if is_alone { Place::Scratch(backend) } else { Place::Nowhere };
    Ok(Chosen { connector, inspected, place })
}

fn grants(needs: &Needs) -> Grants {
    // No program is run on trial; a connector that can do without one has to be able to start.
    let commands = needs.commands.iter().map(CommandNeed::granted).collect();
    Grants {
        commands,
        vault: needs.vault.is_some(),
        source: SOURCE.to_owned(),
        ..Grants::default()
    }
}

fn named<'s>(
    settings: &'s Settings,
    backend: &str,
    connector: &str,
) -> Result<&'s BackendSettings, Error> {
    let (backend, own) = settings.backend(backend)?;
    if own.name == connector {
        return Ok(backend);
    }
    Err(Error::invalid(format!(
        "backend `{}` is one of connector `{}`, not of `{connector}`",
        backend.name, own.name
    )))
}

/// The backend of a connector when none is named: that of its name, or its only one.
fn only<'s>(settings: &'s Settings, connector: &str) -> Result<&'s BackendSettings, Error> {
    let own = settings.backends.values().filter(|backend| backend.connector == connector);
    let own: Vec<&BackendSettings> = own.collect();
    match &own[..] {
        [one] => Ok(one),
        [] => Err(Error::invalid(format!("connector `{connector}` has no backend"))
            .hint(format!("write `[backends.{connector}]` with `connector = \"{connector}\"`"))),
        many => many.iter().find(|backend| backend.name == connector).copied().ok_or_else(|| {
            let names: Vec<&str> = many.iter().map(|backend| backend.name.as_str()).collect();
            Error::invalid(format!("connector `{connector}` has several backends"))
                .hint(format!("name one with `--backend`: {}", names.join(", ")))
        }),
    }
}

fn unknown(settings: &Settings, text: &str) -> Error {
    let known: Vec<&str> = settings.connectors.keys().map(String::as_str).collect();
    Error::new(Kind::NotFound, format!("there is neither a connector nor a file `{text}`"))
        .hint(format!("the connectors are {}", known.join(", ")))
}
