//! Updates: fields of the Depot are set one by one, values of the Secret only all together.

use connhub_sdk::{
    Error, Host, Json, Outcome, Patch, Problem, Secret, Target, TextChange, Written,
};
use serde_json::{Map, Value, json};

use crate::adopt::adopt;
use crate::change::{Change, Effect, SecretChange, changeable, finish, only_secret, planned};
use crate::client::{Client, Kind};
use crate::credentials::{Credential, CredentialValue, SecretPart, under_stored_keys};
use crate::depot_type::{DepotType, Given};
use crate::fields::Keys;
use crate::loaded::{Loaded, SecretState, UsedSecret, connection_of};
use crate::plan::{describe, display_name_note, empty_problem, new_secret, with_secret_body};
use crate::purposes::references;
use crate::rehearsal::validate;
use crate::resource::{Resource, label_of, tag_of, tags_of};
use crate::settings::Settings;

/// Changes a connection.
pub(crate) fn update(
    host: &Host,
    target: &Target,
    name: &str,
    patch: &Patch,
    expected: Option<&str>,
) -> Result<Written, Error> {
    if patch.tested.is_some() {
        return Err(Error::Unsupported("DataOS keeps no results of tests".into()));
    }
    let settings = Settings::of(target)?.settled(host);
    let client = Client::new(host, &settings);
    let loaded = Loaded::read(&client, name)?;
    loaded.check_revision(expected)?;
    if let Some(wanted) = &settings.adopt {
        return adopt(&client, &loaded, wanted, patch, target.dry_run);
    }
    let edit = Edit::of(&settings, &loaded, patch)?;
    // The old values have to live as long as the manifest that holds them.
    let kept = edit.kept_values(&client)?;
    let change = edit.change(&kept)?;
    let mut notes = edit.notes();
    if target.dry_run {
        return rehearse(&client, &loaded, change, notes);
    }
    let after = planned(change.after.clone())?;
    let outcome = match change.apply(&client, &mut notes)? {
        Effect::Nothing => Outcome::Unchanged,
        Effect::Written => Outcome::Updated,
    };
    if outcome == Outcome::Unchanged {
        let connection = loaded.connection(&settings);
        return Ok(Written::new(outcome, connection).with_notes(notes));
    }
    finish(&client, &after, outcome, notes)
}

/// A patch in DataOS' places.
struct Edit<'a> {
    settings: &'a Settings,
    loaded: &'a Loaded,
    patch: &'a Patch,
    before: Map<String, Value>,
    after: Map<String, Value>,
    set: Vec<Credential<'a>>,
    /// Keys that go from the Secret.
    dropped: Vec<String>,
    secret: Option<&'a UsedSecret>,
    home: Home,
}

/// Where the new values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    /// Into the Secret that has the old ones, or had them before it was lost.
    Old,
    /// Into a Secret that is made for them.
    New,
}

impl<'a> Edit<'a> {
    fn of(settings: &'a Settings, loaded: &'a Loaded, patch: &'a Patch) -> Result<Self, Error> {
        let depot = &loaded.depot;
        let before = changeable(depot)?;
        let mut spec = depot.spec.clone();
        let dropped: Vec<String> = patch
            .remove
            .iter()
            .flat_map(|name| depot.depot_type.remove(settings, name, &mut spec))
            .collect();
        let given = Given { fields: &patch.fields, secrets: &patch.secrets };
        let set = depot.depot_type.write(settings, given, &mut spec)?;
        if let Some(problem) = empty_problem(&spec) {
            return Err(problem.into());
        }
        let mut edit = Self {
            settings,
            loaded,
            patch,
            after: before.clone(),
            before,
            set,
            dropped,
            secret: None,
            home: Home::New,
        };
        edit.find_secret()?;
        edit.write_depot(spec);
        Ok(edit)
    }

    /// What the caller should know.
    fn notes(&self) -> Vec<String> {
        let mut notes = display_name_note(matches!(self.patch.display_name, TextChange::Set(_)));
        let name = &self.loaded.depot.name;
        let shared =
            |secret: &&UsedSecret| self.home == Home::Old && !secret.is_own(self.settings, name);
        notes.extend(self.secret.filter(shared).map(|secret| {
            format!(
                "the Secret `{}` was not made for this connection; others that use it have the new \
                 values too",
                secret.name
            )
        }));
        notes
    }

    /// The Secret to change; none if there is none, or nothing in it changes.
    fn find_secret(&mut self) -> Result<(), Error> {
        if self.set.is_empty() && self.dropped.is_empty() {
            return Ok(());
        }
        let secret = only_secret(self.settings, self.loaded)?;
        let stored = secret.map(stored_keys).unwrap_or_default();
        let unknown = secret.is_some() && stored.is_empty();
        self.dropped.retain(|key| unknown || stored.contains(key));
        let set = std::mem::take(&mut self.set);
        self.set = under_stored_keys(self.settings, self.depot_type().source, set, &stored);
        if !self.set.is_empty() || !self.dropped.is_empty() {
            self.secret = secret;
            self.home = self.home_of(secret)?;
        }
        Ok(())
    }

    /// A Secret that serves other purposes too is left to them, and a new one takes its place for these.
    fn home_of(&self, secret: Option<&UsedSecret>) -> Result<Home, Error> {
        let is_shared = |secret: &UsedSecret| self.loaded.serves_others(self.settings, secret);
        if secret.is_some_and(|secret| !is_shared(secret)) {
            return Ok(Home::Old);
        }
        let depot = &self.loaded.depot;
        let name = self.settings.secret_name_of(&depot.name);
        if !self.loaded.has(&name) {
            return Ok(Home::New);
        }
        Err(Error::Unsupported(format!(
            "the Secret `{name}` of the Depot `{}` serves other purposes too ({}); for a Secret of its \
             own give it another name, such as `secret-name = \"{{name}}-query\"` under \
             `[backends.NAME.settings]`",
            depot.name,
            depot.uses()
        )))
    }

    fn changes_secret(&self) -> bool {
        !self.set.is_empty() || !self.dropped.is_empty()
    }

    fn write_depot(&mut self, spec: Map<String, Value>) {
        let description = self.description();
        let key = if self.after.contains_key("spec") { "spec" } else { "depot" };
        let mut body = match self.after.remove(key) {
            Some(Value::Object(body)) => body,
            _ => Map::new(),
        };
        body.insert("spec".into(), Value::Object(spec));
        if self.changes_secret() && self.home == Home::New {
            let depot = &self.loaded.depot;
            let secret = self.settings.secret_name_of(&depot.name);
            let uses = references(self.settings, &depot.references, &secret);
            body.insert("secrets".into(), uses);
        }
        if let Some(description) = description {
            describe(&mut self.after, &mut body, description.as_deref());
        }
        self.after.insert(key.into(), Value::Object(body));
        self.write_tags();
    }

    /// The new description; none if it stays.
    fn description(&self) -> Option<Option<String>> {
        match &self.patch.description {
            TextChange::Keep => None,
            TextChange::Clear => Some(None),
            TextChange::Set(text) => Some(Some(text.clone())),
        }
    }

    fn write_tags(&mut self) {
        let Patch { labels, remove_labels, .. } = self.patch;
        if labels.is_empty() && remove_labels.is_empty() {
            return;
        }
        let goes = |tag: &str| {
            let key = label_of(tag).key;
            remove_labels.contains(&key) || labels.iter().any(|label| label.key == key)
        };
        let old = tags_of(&self.after).into_iter().filter(|tag| !goes(tag)).map(str::to_owned);
        let tags: Vec<String> = old.chain(labels.iter().map(tag_of)).collect();
        self.after.insert("tags".into(), json!(tags));
    }

    /// The values of the Secret that stay. They are needed because a Secret is replaced as a whole.
    fn kept_values(&self, client: &Client<'_>) -> Result<Vec<(String, Secret)>, Error> {
        let Some(secret) = self.secret else {
            return Ok(Vec::new());
        };
        let SecretState::There(resource) = &secret.state else {
            return Ok(Vec::new());
        };
        check_files(resource, self.settings)?;
        let keys = resource.secret_keys();
        let goes = |key: &String| {
            self.dropped.contains(key) || self.set.iter().any(|credential| credential.key == *key)
        };
        if !keys.is_empty() && keys.iter().all(goes) {
            return Ok(Vec::new());
        }
        let purpose = self.loaded.depot.purpose(self.settings).unwrap_or("rw");
        let values = client.secret_values(&self.loaded.depot.name, purpose).map_err(|fault| {
            self.values_unknown(&keys, goes, fault.into_error("read the Secret"))
        })?;
        Ok(values.into_iter().filter(|(key, _)| !goes(key)).collect())
    }

    /// Every field whose value would be lost has to be given again.
    fn values_unknown(&self, keys: &[String], goes: impl Fn(&String) -> bool, why: Error) -> Error {
        let lost: Vec<String> = keys.iter().filter(|key| !goes(key)).cloned().collect();
        if !matches!(why, Error::Forbidden(_) | Error::Unsupported(_) | Error::Other(_))
            || lost.is_empty()
        {
            return why;
        }
        let why = why.message();
        let names = self.depot_type().names_of_keys(self.settings, &lost);
        let problem = |(name, _): (String, _)| Problem {
            field: name,
            message: format!(
                "give it again: DataOS replaces all values of a Secret at once and does not hand \
                 out the stored ones ({why})"
            ),
        };
        Error::Invalid(names.into_iter().map(problem).collect())
    }

    fn depot_type(&self) -> &DepotType {
        &self.loaded.depot.depot_type
    }

    fn change<'k>(&'k self, kept: &'k [(String, Secret)]) -> Result<Change<'k>, Error> {
        let name = &self.loaded.depot.name;
        let (before, after) = (self.before.clone(), self.after.clone());
        let secret =
            if self.changes_secret() { self.secret_change(kept)? } else { SecretChange::Keep };
        Ok(Change { name, before, after, secret })
    }

    fn secret_change<'k>(
        &'k self,
        kept: &'k [(String, Secret)],
    ) -> Result<SecretChange<'k>, Error> {
        let kept = kept.iter().map(|(key, value)| Credential {
            field: key.clone(),
            key: key.clone(),
            part: self.part_of(key),
            value: CredentialValue::Handle(value),
        });
        let set = self.set.iter().map(|credential| Credential {
            field: credential.field.clone(),
            key: credential.key.clone(),
            part: credential.part,
            value: credential.value,
        });
        let credentials: Vec<Credential<'k>> = kept.chain(set).collect();
        if credentials.is_empty() {
            let text =
                "the last credential of a connection cannot be removed; delete the connection";
            return Err(Error::Unsupported(text.into()));
        }
        let connection = &self.loaded.depot.name;
        let Some(secret) = self.secret.filter(|_| self.home == Home::Old) else {
            let name = self.settings.secret_name_of(connection);
            let manifest = new_secret(self.settings, connection, &name, &credentials);
            return Ok(SecretChange::Create { name, manifest });
        };
        let name = secret.name.clone();
        Ok(match &secret.state {
            SecretState::There(resource) => {
                let manifest = with_secret_body(resource.manifest(), self.settings, &credentials);
                SecretChange::Replace { name, manifest }
            }
            SecretState::Missing | SecretState::Hidden => {
                let manifest = new_secret(self.settings, connection, &name, &credentials);
                SecretChange::Create { name, manifest }
            }
        })
    }

    fn part_of(&self, key: &str) -> SecretPart {
        let state = self.secret.map(|secret| &secret.state);
        let Some(SecretState::There(resource)) = state else {
            return SecretPart::Data;
        };
        let files = resource.secret_body().and_then(|body| body.get("files"));
        let is_file = files.and_then(Value::as_object).is_some_and(|files| files.contains_key(key));
        if is_file { SecretPart::Files } else { SecretPart::Data }
    }
}

fn stored_keys(secret: &UsedSecret) -> Vec<String> {
    match &secret.state {
        SecretState::There(resource) => resource.secret_keys(),
        SecretState::Missing | SecretState::Hidden => Vec::new(),
    }
}

/// Writing a Secret with files again would make something else of them.
pub(crate) fn check_files(secret: &Resource, settings: &Settings) -> Result<(), Error> {
    let files = secret.secret_body().and_then(|body| body.get("files"));
    let has_files = files.and_then(Value::as_object).is_some_and(|files| !files.is_empty());
    if !has_files || settings.secret_files.is_sent() {
        return Ok(());
    }
    let name = secret.text("name").unwrap_or_default();
    Err(Error::Unsupported(format!(
        "the Secret `{name}` has files, and how files are sent over HTTP is not documented; change \
         it by `dataos-ctl`: install it and log in, or see the setting `secret-files`"
    )))
}

/// What the update would do.
fn rehearse(
    client: &Client<'_>,
    loaded: &Loaded,
    change: Change<'_>,
    mut notes: Vec<String>,
) -> Result<Written, Error> {
    let is_nothing = change.before == change.after && matches!(change.secret, SecretChange::Keep);
    let outcome = if is_nothing { Outcome::Unchanged } else { Outcome::Updated };
    let after = planned(change.after.clone())?;
    let mut absent_secret = None;
    match change.secret {
        SecretChange::Keep => {}
        SecretChange::Create { name, manifest } => {
            validate(client, Kind::Secret, manifest, None, &mut notes)?;
            absent_secret = Some(client.settings.secret_id(&name));
        }
        SecretChange::Replace { manifest, .. } => {
            validate(client, Kind::Secret, manifest, None, &mut notes)?;
        }
    }
    let manifest = Json::from(Value::Object(change.after));
    validate(client, Kind::Depot, manifest, absent_secret.as_deref(), &mut notes)?;
    let keys = loaded.keys(client.settings);
    let known = keys.as_deref().map_or(Keys::Unknown, Keys::Known);
    let connection = connection_of(&after, client.settings, known);
    Ok(Written::new(outcome, connection).with_notes(notes))
}
