//! Changing a connection that exists: each step is undone if a later one fails.
//!
//! The Depot goes first and the Secret second, because an old Depot can be put back and the old values of a Secret cannot be known.

use connhub_sdk::{Error, Json, Outcome, Written};
use serde_json::{Map, Value};

use crate::client::{Client, Kind};
use crate::depot::{Depot, Shape};
use crate::fault::Fault;
use crate::fields::Keys;
use crate::loaded::{Loaded, SecretState, UsedSecret, connection_of};
use crate::removal::{annotate, left_over, remove, secret_words, undo_if_stored};
use crate::resource::Resource;
use crate::settings::Settings;
use crate::{dependants, wait};

/// A change of a connection.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) name: &'a str,
    /// The Depot's manifest as it is.
    pub(crate) before: Map<String, Value>,
    /// The Depot's manifest as it is to be.
    pub(crate) after: Map<String, Value>,
    pub(crate) secret: SecretChange<'a>,
}

/// What becomes of the Secret.
#[derive(Debug)]
pub(crate) enum SecretChange<'a> {
    Keep,
    Create { name: String, manifest: Json<'a> },
    Replace { name: String, manifest: Json<'a> },
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    Written,
}

impl Change<'_> {
    /// Carries it out. What does not need the caller to do anything else is told in `notes`.
    pub(crate) fn apply(
        self,
        client: &Client<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Effect, Error> {
        let Self { name, before, after, secret } = self;
        let depot = DepotChange { client, name, before, after };
        match secret {
            SecretChange::Keep if depot.is_nothing() => return Ok(Effect::Nothing),
            SecretChange::Keep => depot.write()?,
            SecretChange::Create { name: secret, manifest } => {
                depot.with_new_secret(&secret, manifest)?;
            }
            SecretChange::Replace { name: secret, manifest } => {
                depot.with_replaced_secret(&secret, manifest, notes)?;
            }
        }
        Ok(Effect::Written)
    }
}

struct DepotChange<'a> {
    client: &'a Client<'a>,
    name: &'a str,
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl DepotChange<'_> {
    fn is_nothing(&self) -> bool {
        self.before == self.after
    }

    /// Writes the new manifest; puts the old one back if nobody knows whether the new one was taken.
    fn write(&self) -> Result<(), Error> {
        let Err(fault) = self.put(&self.after) else {
            return Ok(());
        };
        let uncertain = fault.is_uncertain();
        let error = fault.into_error(&format!("replace the Depot `{}`", self.name));
        Err(if uncertain { self.put_back(error) } else { error })
    }

    fn with_new_secret(&self, secret: &str, manifest: Json<'_>) -> Result<(), Error> {
        if let Err(fault) = self.client.create(Kind::Secret, manifest.clone()) {
            if fault.is_taken() {
                self.take_over(secret, manifest)?;
                return self.write().map_err(|error| self.remove_secret(secret, error));
            }
            let uncertain = fault.is_uncertain();
            let error = fault.into_error(&format!("create the Secret `{secret}`"));
            return Err(match uncertain {
                true => undo_if_stored(self.client, (self.name, secret), error, |error| {
                    self.remove_secret(secret, error)
                }),
                false => error,
            });
        }
        self.write().map_err(|error| self.remove_secret(secret, error))
    }

    /// Gives a Secret that an earlier run left the values of this one. One of anybody else is not touched.
    fn take_over(&self, secret: &str, manifest: Json<'_>) -> Result<(), Error> {
        let failed = |doing: &str| format!("{doing} the Secret `{secret}`");
        let left = self.client.read(Kind::Secret, secret);
        if !left.map_err(|fault| fault.into_error(&failed("read")))?.is_secret_of(self.name) {
            return Err(not_ours(self.client.settings, secret));
        }
        let replaced = self.client.replace(Kind::Secret, secret, manifest);
        replaced.map_err(|fault| {
            let error = fault.into_error(&failed("replace"));
            let words = secret_words(self.client.settings, secret);
            annotate(error, &format!("an earlier run had left {words}"))
        })
    }

    fn with_replaced_secret(
        &self,
        secret: &str,
        manifest: Json<'_>,
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        if !self.is_nothing() {
            self.write()?;
        }
        if let Err(fault) = self.replace_secret(secret, manifest) {
            let uncertain = fault.is_uncertain();
            let error = fault.into_error(&format!("replace the Secret `{secret}`"));
            return Err(self.after_failed_secret(secret, error, uncertain));
        }
        // That a Depot takes up new values by itself is not documented.
        if let Err(fault) = self.put(&self.after) {
            let why = fault.into_error("write the Depot again").message();
            notes.push(format!(
                "the Depot may still use the old values of its Secret ({why}); `connhub update {} \
                 FIELD=-` with the same value writes it again",
                self.name
            ));
        }
        notes.extend(dependants::write_again(self.client, self.name, secret));
        Ok(())
    }

    /// Writing the same values twice is writing them once, so an answer that was lost is asked for again.
    fn replace_secret(&self, secret: &str, manifest: Json<'_>) -> Result<(), Fault> {
        match self.client.replace(Kind::Secret, secret, manifest.clone()) {
            Err(fault) if fault.is_uncertain() => {
                self.client.replace(Kind::Secret, secret, manifest)
            }
            first => first,
        }
    }

    fn after_failed_secret(&self, secret: &str, error: Error, uncertain: bool) -> Error {
        let error = if self.is_nothing() { error } else { self.put_back(error) };
        if !uncertain {
            return error;
        }
        let text = format!(
            "whether {} has its new values is unknown; run the same command again, or, if that says \
             that nothing changes, `connhub update {} FIELD=-` with the same value",
            secret_words(self.client.settings, secret),
            self.name
        );
        annotate(error, &text)
    }

    fn put_back(&self, error: Error) -> Error {
        let Err(fault) = self.put(&self.before) else {
            return error;
        };
        let why = fault.into_error("replace it").message();
        let text = format!(
            "putting the old Depot `{}` back failed too ({why}), so it may have its new fields",
            self.name
        );
        annotate(error, &text)
    }

    fn remove_secret(&self, secret: &str, error: Error) -> Error {
        match remove(self.client, Kind::Secret, secret) {
            Ok(()) => error,
            Err(fault) => {
                let why = fault.into_error("delete it");
                left_over(self.client.settings, error, Kind::Secret, secret, &why)
            }
        }
    }

    fn put(&self, manifest: &Map<String, Value>) -> Result<(), Fault> {
        let manifest = Json::from(Value::Object(manifest.clone()));
        self.client.replace(Kind::Depot, self.name, manifest)
    }
}

/// The refusal of a Secret that somebody else made.
pub(crate) fn not_ours(settings: &Settings, secret: &str) -> Error {
    Error::AlreadyExists(format!(
        "tenant `{}` has a Secret `{secret}` that was not made for this connection; choose another \
         `secret-name` under `[backends.NAME.settings]`",
        settings.tenant
    ))
}

/// The manifest of a Depot that can be changed.
pub(crate) fn changeable(depot: &Depot) -> Result<Map<String, Value>, Error> {
    let name = &depot.name;
    let Some(resource) = &depot.resource else {
        return Err(Error::Unsupported(format!(
            "the resource manager of DataOS does not know the Depot `{name}`, only the Depot \
             Service does, which is for reading"
        )));
    };
    if depot.shape == Shape::Older {
        return Err(Error::Unsupported(format!(
            "the Depot `{name}` has the form of an older DataOS; change it with `dataos-ctl`"
        )));
    }
    Ok(resource.manifest())
}

/// The one Secret whose values a change can replace; none if the connection has no Secret for the purposes of the settings.
pub(crate) fn only_secret<'a>(
    settings: &Settings,
    loaded: &'a Loaded,
) -> Result<Option<&'a UsedSecret>, Error> {
    let name = &loaded.depot.name;
    if !loaded.depot.foreign_secrets(settings).is_empty() {
        return Err(Error::Unsupported(format!(
            "the Depot `{name}` uses a Secret of another tenant; change that one there"
        )));
    }
    match loaded.covered(settings).as_slice() {
        [] => Ok(None),
        [UsedSecret { state: SecretState::Hidden, name: secret }] => {
            Err(Error::Forbidden(format!(
                "you may not see the Secret `{secret}` of the Depot `{name}`; it takes `Can Use \
                 Secret` and `Can Edit` on it"
            )))
        }
        [secret] => Ok(Some(secret)),
        _ => Err(Error::Unsupported(format!(
            "the Depot `{name}` uses different Secrets for different purposes ({}); say which are \
             meant with the setting `purposes` of a backend, such as `purposes = \"query\"` under \
             `[backends.NAME.settings]`",
            loaded.depot.uses()
        ))),
    }
}

/// Reads a connection back after a change. If it cannot be read, it is `planned` that is shown: the change itself is done.
pub(crate) fn finish(
    client: &Client<'_>,
    planned: &Depot,
    outcome: Outcome,
    mut notes: Vec<String>,
) -> Result<Written, Error> {
    let read = wait::settled(client, &planned.name, &mut notes)
        .and_then(|depot| Loaded::of(client, depot));
    let connection = match read {
        Ok(loaded) => {
            notes.extend(error_note(&loaded.depot));
            loaded.connection(client.settings)
        }
        Err(error) => {
            let why = error.message();
            notes.push(format!("the change is stored, but could not be read back: {why}"));
            connection_of(planned, client.settings, Keys::Unknown)
        }
    };
    Ok(Written::new(outcome, connection).with_notes(notes))
}

fn error_note(depot: &Depot) -> Option<String> {
    let trouble = depot.trouble()?;
    Some(format!("the change is stored, but the Depot is in error now: {trouble}"))
}

/// A Depot as a manifest describes it.
pub(crate) fn planned(manifest: Map<String, Value>) -> Result<Depot, Error> {
    Depot::of_resource(Resource::of(Value::Object(manifest))?)
}
