//! A Depot together with its Secrets: a connection.

use connhub_sdk::{Connection, Error};

use crate::client::{Client, Kind};
use crate::depot::{Depot, Shape};
use crate::fields::Keys;
use crate::resource::{Resource, label_of};
use crate::settings::Settings;

/// A Depot and what is known about its Secrets.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) depot: Depot,
    pub(crate) secrets: Vec<UsedSecret>,
}

/// A Secret of the tenant that the Depot uses.
#[derive(Debug)]
pub(crate) struct UsedSecret {
    pub(crate) name: String,
    pub(crate) state: SecretState,
}

/// What a look at a Secret showed.
#[derive(Debug)]
pub(crate) enum SecretState {
    There(Resource),
    Missing,
    /// The caller may not see it.
    Hidden,
}

impl Loaded {
    /// Reads a connection.
    pub(crate) fn read(client: &Client<'_>, name: &str) -> Result<Self, Error> {
        Self::of(client, Depot::read(client, name)?)
    }

    /// Reads the Secrets of a Depot.
    pub(crate) fn of(client: &Client<'_>, depot: Depot) -> Result<Self, Error> {
        let names = depot.secret_names(client.settings);
        let used = names.into_iter().map(|name| UsedSecret::look(client, name));
        Ok(Self { secrets: used.collect::<Result<_, _>>()?, depot })
    }

    /// What a user is shown.
    pub(crate) fn connection(&self, settings: &Settings) -> Connection {
        let keys = self.keys(settings);
        let known = keys.as_deref().map_or(Keys::Unknown, Keys::Known);
        let mut connection = connection_of(&self.depot, settings, known);
        connection.revision = self.revision();
        connection.warnings.extend(self.secret_warnings(settings));
        connection
    }

    /// The generations of the Depot and of its Secrets; none if the server does not count.
    pub(crate) fn revision(&self) -> Option<String> {
        let mut revision = self.depot.resource.as_ref()?.generation()?;
        for secret in &self.secrets {
            let generation = match &secret.state {
                SecretState::There(resource) => resource.generation(),
                SecretState::Missing | SecretState::Hidden => None,
            };
            revision.push('.');
            revision.push_str(generation.as_deref().unwrap_or("-"));
        }
        Some(revision)
    }

    /// Fails if this is not the revision that was expected.
    pub(crate) fn check_revision(&self, expected: Option<&str>) -> Result<(), Error> {
        let Some(expected) = expected else {
            return Ok(());
        };
        match self.revision() {
            Some(now) if now == expected => Ok(()),
            Some(now) => Err(Error::stale(&self.depot.name, now)),
            None => Err(Error::Unsupported(
                "this DataOS does not count revisions, so none can be expected".into(),
            )),
        }
    }

    /// Whether the Depot uses a Secret of this name.
    pub(crate) fn has(&self, secret: &str) -> bool {
        self.secrets.iter().any(|used| used.name == secret)
    }

    /// All keys in the Secrets for the purposes of the settings; none if they are not all known.
    pub(crate) fn keys(&self, settings: &Settings) -> Option<Vec<String>> {
        if !self.depot.foreign_secrets(settings).is_empty() {
            return None;
        }
        let mut all: Vec<String> = Vec::new();
        for secret in self.covered(settings) {
            let SecretState::There(resource) = &secret.state else {
                return None;
            };
            let keys = resource.secret_keys();
            if keys.is_empty() {
                return None;
            }
            let new: Vec<_> = keys.into_iter().filter(|key| !all.contains(key)).collect();
            all.extend(new);
        }
        Some(all)
    }

    fn secret_warnings(&self, settings: &Settings) -> Vec<String> {
        let of_secret = |secret: &UsedSecret| match &secret.state {
            SecretState::There(_) => None,
            SecretState::Missing => Some(format!(
                "its Secret `{}` does not exist; set its secret fields again",
                secret.name
            )),
            SecretState::Hidden => Some(format!("you may not see its Secret `{}`", secret.name)),
        };
        let foreign = self.depot.foreign_secrets(settings);
        let is_split = self.covered(settings).len() > 1;
        let split = is_split.then(|| {
            format!(
                "it has different Secrets for different purposes ({}); the setting `purposes` says \
                 which are read and changed",
                self.depot.uses()
            )
        });
        let of_foreign = |id: &&str| format!("its Secret `{id}` belongs to another tenant");
        let mut warnings: Vec<_> = self.secrets.iter().filter_map(of_secret).collect();
        warnings.extend(foreign.iter().map(of_foreign));
        warnings.extend(split);
        warnings
    }
}

impl UsedSecret {
    /// Whether it was made for this connection alone.
    pub(crate) fn is_own(&self, settings: &Settings, connection: &str) -> bool {
        let tagged = match &self.state {
            SecretState::There(resource) => resource.is_secret_of(connection),
            SecretState::Missing | SecretState::Hidden => false,
        };
        tagged || self.name == settings.secret_name_of(connection)
    }

    fn look(client: &Client<'_>, name: String) -> Result<Self, Error> {
        let state = match client.read(Kind::Secret, &name) {
            Ok(resource) => SecretState::There(resource),
            Err(fault) if fault.is_missing() => SecretState::Missing,
            Err(fault) if fault.is_forbidden() => SecretState::Hidden,
            Err(fault) => return Err(fault.into_error(&format!("read the Secret `{name}`"))),
        };
        Ok(Self { name, state })
    }
}

/// What a user is shown of a Depot.
pub(crate) fn connection_of(depot: &Depot, settings: &Settings, keys: Keys<'_>) -> Connection {
    let found = depot.depot_type.read(settings, &depot.spec, keys);
    let mut connection = Connection::new(&depot.name, &depot.depot_type.name);
    connection.scope = Some(settings.tenant.clone());
    connection.fields = found.fields;
    connection.secret_names = found.secret_names;
    connection.description = depot.description.clone();
    connection.labels = depot.tags.iter().map(|tag| label_of(tag)).collect();
    connection.owner = depot.owner.clone();
    connection.address = Some(depot.address());
    connection.status = depot.status.word.clone();
    connection.status_message = depot.status.message.clone();
    connection.created_at = depot.created.clone();
    connection.updated_at = depot.updated.clone();
    let native = &depot.depot_type.native;
    let missing = |name: &&str| {
        format!("`{name}` is not set; every official example of a `{native}` depot has it")
    };
    connection.warnings = found.missing.iter().map(missing).collect();
    connection.warnings.extend(depot.trouble().map(|trouble| format!("it is in error: {trouble}")));
    if depot.shape == Shape::Older {
        let warning = "it has the form of an older DataOS, which connhub reads and does not change";
        connection.warnings.push(warning.into());
    }
    connection
}
