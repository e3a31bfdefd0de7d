//! Taking over a Depot that somebody made by hand: its Secrets are marked as made for it, so that they are changed and deleted with it.

use connhub_sdk::{Error, Json, Level, Outcome, Patch, Secret, TextChange, Written};
use serde_json::{Value, json};

use crate::catalog;
use crate::change::changeable;
use crate::client::{Client, Kind};
use crate::credentials::{Credential, CredentialValue};
use crate::depot::Depot;
use crate::loaded::{Loaded, SecretState};
use crate::plan::with_secret_body;
use crate::removal::annotate;
use crate::resource::{Resource, own_tag};
use crate::update::check_files;

/// The type that stands for the one that the Depot has.
const ANY_TYPE: &str = "auto";

/// Marks the Secrets of a Depot. `wanted` is the type that it has to have.
pub(crate) fn adopt(
    client: &Client<'_>,
    loaded: &Loaded,
    wanted: &str,
    patch: &Patch,
    dry_run: bool,
) -> Result<Written, Error> {
    check_patch(patch)?;
    check_type(&loaded.depot, wanted)?;
    changeable(&loaded.depot)?;
    let depots = catalog::depots(client).map_err(|fault| fault.into_error("list depots"))?;
    let mut notes: Vec<String> = loaded
        .depot
        .foreign_secrets(client.settings)
        .iter()
        .map(|id| format!("the Secret `{id}` of another tenant was left as it is"))
        .collect();
    let mut outcome = Outcome::Unchanged;
    for secret in &loaded.secrets {
        let step = Adoption { client, depot: &loaded.depot, depots: &depots, secret: &secret.name };
        match step.of(&secret.state, dry_run)? {
            Step::Marked => outcome = Outcome::Updated,
            Step::Nothing => {}
            Step::Left(why) => {
                notes.push(format!("the Secret `{}` was left as it is: {why}", secret.name));
            }
        }
    }
    let connection = match outcome {
        Outcome::Updated if !dry_run => read_back(client, loaded),
        _ => loaded.connection(client.settings),
    };
    Ok(Written::new(outcome, connection).with_notes(notes))
}

fn read_back(client: &Client<'_>, loaded: &Loaded) -> connhub_sdk::Connection {
    match Loaded::read(client, &loaded.depot.name) {
        Ok(now) => now.connection(client.settings),
        Err(error) => {
            client
                .host
                .log(Level::Warn, &format!("it could not be read back: {}", error.message()));
            loaded.connection(client.settings)
        }
    }
}

fn check_patch(patch: &Patch) -> Result<(), Error> {
    let Patch { fields, secrets, remove, display_name, description, labels, remove_labels, .. } =
        patch;
    let keeps = |change: &TextChange| matches!(change, TextChange::Keep);
    let is_empty = fields.is_empty()
        && secrets.is_empty()
        && remove.is_empty()
        && labels.is_empty()
        && remove_labels.is_empty()
        && keeps(display_name)
        && keeps(description);
    if is_empty {
        return Ok(());
    }
    Err(Error::wrong_setting(
        "adopt",
        "is for one call that changes nothing else; take it out of `plugins.toml`",
    ))
}

fn check_type(depot: &Depot, wanted: &str) -> Result<(), Error> {
    let has = &depot.depot_type;
    let is_it = [has.name.as_str(), &has.native, ANY_TYPE];
    if is_it.iter().any(|one| one.eq_ignore_ascii_case(wanted)) {
        return Ok(());
    }
    let message = format!("the Depot `{}` is of type `{}`, not `{wanted}`", depot.name, has.name);
    Err(Error::invalid("type", message))
}

struct Adoption<'a> {
    client: &'a Client<'a>,
    depot: &'a Depot,
    depots: &'a [Depot],
    secret: &'a str,
}

enum Step {
    Marked,
    /// It is marked already.
    Nothing,
    Left(String),
}

impl Adoption<'_> {
    fn of(&self, state: &SecretState, dry_run: bool) -> Result<Step, Error> {
        let name = &self.depot.name;
        let resource = match state {
            SecretState::There(resource) => resource,
            SecretState::Missing => return Ok(Step::Left("it does not exist".into())),
            SecretState::Hidden => {
                return Ok(Step::Left(
                    "you may not see it, which takes `Can Use Secret` on it".into(),
                ));
            }
        };
        if resource.is_secret_of(name) {
            return Ok(Step::Nothing);
        }
        if let Some(other) = self.other_user() {
            return Ok(Step::Left(format!("the Depot `{other}` uses it too")));
        }
        if !dry_run {
            self.mark(resource)?;
        }
        Ok(Step::Marked)
    }

    fn other_user(&self) -> Option<&str> {
        let uses_it = |other: &&Depot| {
            let secrets = other.secret_names(self.client.settings);
            other.name != self.depot.name && secrets.iter().any(|one| one == self.secret)
        };
        self.depots.iter().find(uses_it).map(|other| other.name.as_str())
    }

    /// Writes the Secret again with one tag more. DataOS replaces a Secret as a whole, so its values are fetched as handles.
    fn mark(&self, resource: &Resource) -> Result<(), Error> {
        check_files(resource, self.client.settings)?;
        let values = self.values(resource)?;
        self.expect_unchanged(resource)?;
        let credentials: Vec<Credential<'_>> = values
            .iter()
            .map(|(key, value)| Credential {
                field: key.clone(),
                key: key.clone(),
                part: resource.part_of(key),
                value: CredentialValue::Handle(value),
            })
            .collect();
        let mut manifest = resource.manifest();
        let mut tags = resource.tags();
        let own = own_tag(&self.depot.name);
        tags.push(&own);
        manifest.insert("tags".into(), json!(tags));
        let manifest = with_secret_body(manifest, self.client.settings, &credentials);
        self.put(manifest)
    }

    fn values(&self, resource: &Resource) -> Result<Vec<(String, Secret)>, Error> {
        let (depot, secret) = (&self.depot.name, self.secret);
        let used = |purpose: &&crate::depot::Reference| {
            purpose.secret_in(self.client.settings) == Some(secret)
        };
        let purpose =
            self.depot.references.iter().find(used).map_or("rw", |one| one.purpose.as_str());
        let purpose = if purpose.is_empty() { "rw" } else { purpose };
        let values = self.client.secret_values(depot, purpose).map_err(|fault| {
            let error = fault.into_error(&format!("read the values of the Secret `{secret}`"));
            annotate(error, "to mark a Secret it has to be written again with all of its values")
        })?;
        let lost: Vec<String> = resource
            .secret_keys()
            .into_iter()
            .filter(|key| !values.iter().any(|(known, _)| known == key))
            .map(|key| format!("`{key}`"))
            .collect();
        if lost.is_empty() && !values.is_empty() {
            return Ok(values);
        }
        Err(Error::Unsupported(format!(
            "DataOS does not hand out all values of the Secret `{secret}` ({}), so it cannot be written \
             again to mark it; nothing was changed",
            lost.join(", ")
        )))
    }

    /// DataOS has no conditional write, so it is looked just before it whether the values that were fetched are still those of the Secret.
    fn expect_unchanged(&self, before: &Resource) -> Result<(), Error> {
        let name = self.secret;
        let now = self
            .client
            .read(Kind::Secret, name)
            .map_err(|fault| fault.into_error(&format!("read the Secret `{name}` again")))?;
        let state = |one: &Resource| {
            let tags: Vec<String> = one.tags().into_iter().map(str::to_owned).collect();
            (one.generation(), one.secret_keys(), tags)
        };
        if state(&now) == state(before) {
            return Ok(());
        }
        Err(Error::Conflict(format!(
            "somebody changed the Secret `{name}` meanwhile, and nothing was written; run the same command again"
        )))
    }

    fn put(&self, manifest: Json<'_>) -> Result<(), Error> {
        let Err(fault) = self.client.replace(Kind::Secret, self.secret, manifest) else {
            return Ok(());
        };
        let uncertain = fault.is_uncertain();
        let error = fault.into_error(&format!("mark the Secret `{}`", self.secret));
        let again =
            "whether it is marked is unknown, its values are the same; run the same command again";
        Err(if uncertain { annotate(error, again) } else { error })
    }
}

impl Resource {
    /// The part of a Secret that a key is in.
    fn part_of(&self, key: &str) -> crate::credentials::SecretPart {
        let files =
            self.secret_body().and_then(|body| body.get("files")).and_then(Value::as_object);
        match files.is_some_and(|files| files.contains_key(key)) {
            true => crate::credentials::SecretPart::Files,
            false => crate::credentials::SecretPart::Data,
        }
    }
}
