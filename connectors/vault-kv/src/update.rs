//! Update: a merge patch of the data, bound to the version that was read.

use connhub_sdk::{Connection, Error, Field, Json, Outcome, Patch, Secret, Written, until_done};

use crate::ATTEMPTS;
use crate::api::{Part, Store, Version};
use crate::entry::{Live, Shown, Stored};
use crate::fault::Fault;
use crate::metadata::Custom;
use crate::read::live;
use crate::validate::{check_entries, check_patch};

pub(crate) fn update(
    store: &Store<'_>,
    name: &str,
    patch: &Patch,
    expected: Option<&str>,
    dry_run: bool,
) -> Result<Written, Error> {
    check_patch(patch)?;
    until_done(name, ATTEMPTS, || {
        let there = live(store, name)?;
        there.connection(&store.settings, &store.folder, name).expect_revision(expected)?;
        let update = Update::new(store, name, patch, there);
        check_entries(&update.custom)?;
        if update.is_empty() {
            return Ok(Some(Written::unchanged(update.connection(None)).with_notes(update.notes)));
        }
        if dry_run {
            return Ok(Some(update.written(None)));
        }
        match update.write() {
            Ok(version) => Ok(Some(update.written(version))),
            Err(fault) if fault.is_mismatch() && expected.is_none() => Ok(None),
            Err(fault) if fault.is_mismatch() => {
                Err(Error::Conflict(format!("`{name}` was changed meanwhile; read it again")))
            }
            Err(fault) if fault.is_missing() => Err(Error::no_connection(name)),
            Err(fault) => {
                let right = format!(
                    "`patch`, or `read` and `update`, on `{}` and `{}`",
                    store.shown(Part::Data, name),
                    store.shown(Part::Metadata, name)
                );
                Err(fault.into_error(&format!("change `{name}`"), &right))
            }
        }
    })
}

/// Changes the custom metadata and then the data. If the data cannot be written, the metadata is what it was before.
pub(crate) fn describe<T>(
    store: &Store<'_>,
    name: &str,
    old: &Custom,
    new: &Custom,
    write: impl FnOnce() -> Result<T, Fault>,
) -> Result<T, Fault> {
    if new == old {
        return write();
    }
    store.describe(name, new.changes_from(old), new)?;
    write().map_err(|fault| match store.describe(name, old.changes_from(new), old) {
        Ok(()) => fault,
        Err(_) => Fault::Told(Error::Other(format!(
            "{}; its description was changed before and could not be changed back",
            fault.into_error(&format!("change `{name}`"), "it").message()
        ))),
    })
}

/// What becomes of a secret.
struct Update<'a> {
    store: &'a Store<'a>,
    name: &'a str,
    there: Live,
    custom: Custom,
    /// Keys with their new values.
    visible: Vec<(String, &'a str)>,
    secret: Vec<(String, &'a Secret)>,
    removed: Vec<String>,
    notes: Vec<String>,
}

impl<'a> Update<'a> {
    fn new(store: &'a Store<'a>, name: &'a str, patch: &'a Patch, there: Live) -> Self {
        let mut custom = there.custom.clone();
        custom.change(patch);
        let names = &store.settings.field_names;
        let key = |field: &str| names.key(there.custom.type_(), field).to_owned();
        let visible = patch.fields.iter().map(|field| (key(&field.name), field.value.as_str()));
        let visible = visible.filter(|(key, value)| !there.shows(key, value)).collect();
        let secret = patch.secrets.iter().map(|field| (key(&field.name), &field.value)).collect();
        let (removed, absent): (Vec<_>, Vec<_>) =
            patch.remove.iter().partition(|field| there.has(&key(field)));
        let note = |field: &&String| format!("there was no field `{field}` to remove");
        let notes = absent.iter().map(note).collect();
        let removed = removed.into_iter().map(|field| key(field)).collect();
        Self { store, name, custom, visible, secret, removed, notes, there }
    }

    fn is_empty(&self) -> bool {
        !self.changes_data() && self.custom == self.there.custom
    }

    fn changes_data(&self) -> bool {
        !self.visible.is_empty() || !self.secret.is_empty() || !self.removed.is_empty()
    }

    /// The new version; none if only the custom metadata changes, which has no versions.
    fn write(&self) -> Result<Option<Version>, Fault> {
        describe(self.store, self.name, &self.there.custom, &self.custom, || {
            if !self.changes_data() {
                return Ok(None);
            }
            let removed = self.removed.iter().filter(|key| !self.sets(key));
            let removed = removed.map(|key| (key.clone(), Json::from(())));
            let changes = Json::object(self.set().chain(removed));
            match self.store.patch(self.name, self.there.version, changes) {
                Err(fault) if fault.is_without_patch() => self.rewrite().map(Some),
                other => other.map(Some),
            }
        })
    }

    /// Writes everything again, values that stay as handles.
    fn rewrite(&self) -> Result<Version, Fault> {
        let (stored, mut answer) = self.store.open(self.name)?;
        let Stored::Live(live) = stored else {
            return Err(Error::no_connection(self.name).into());
        };
        let kept = answer.take_secrets_below("/data/data");
        let mut data: Vec<_> = self.set().collect();
        for (key, value) in live.values() {
            if self.sets(key) || self.removed.iter().any(|removed| removed == key) {
                continue;
            }
            let handle = kept.iter().find(|(own, _)| own == key).map(|(_, value)| value);
            let value = match (value, handle) {
                (Shown::Value(value), _) => Json::from(value.clone()),
                (Shown::Masked, Some(handle)) => Json::secret(handle),
                (Shown::Masked, None) => return Err(self.not_text(key).into()),
            };
            data.push((key.to_owned(), value));
        }
        self.store.write(self.name, self.there.version, Json::object(data))
    }

    fn set(&self) -> impl Iterator<Item = (String, Json<'_>)> {
        let visible = self.visible.iter().map(|(key, value)| (key.clone(), Json::from(*value)));
        visible.chain(self.secret.iter().map(|(key, value)| (key.clone(), Json::secret(value))))
    }

    fn sets(&self, key: &str) -> bool {
        self.visible.iter().any(|(own, _)| own == key)
            || self.secret.iter().any(|(own, _)| own == key)
    }

    fn not_text(&self, key: &str) -> Error {
        Error::Unsupported(format!(
            "`{key}` holds no text, so it cannot be written again without being seen; the policy of this login has to allow `patch` on `{}`",
            self.store.shown(Part::Data, self.name)
        ))
    }

    fn written(&self, version: Option<Version>) -> Written {
        let connection = self.connection(version);
        Written::new(Outcome::Updated, connection).with_notes(self.notes.clone())
    }

    /// The connection as it is after the change.
    fn connection(&self, version: Option<Version>) -> Connection {
        let Store { settings, folder, .. } = self.store;
        let mut connection = self.there.connection(settings, folder, self.name);
        let names = &settings.field_names;
        let field = |key: &String| names.field(self.there.custom.type_(), key).to_owned();
        let changed = self.removed.iter().chain(self.visible.iter().map(|(key, _)| key));
        let changed: Vec<_> =
            changed.chain(self.secret.iter().map(|(key, _)| key)).map(field).collect();
        connection.fields.retain(|own| !changed.contains(&own.name));
        connection.secret_names.retain(|own| !changed.contains(own));
        connection
            .fields
            .extend(self.visible.iter().map(|(key, value)| Field::new(field(key), *value)));
        connection.secret_names.extend(self.secret.iter().map(|(key, _)| field(key)));
        connection.fields.sort_by(|a, b| a.name.cmp(&b.name));
        connection.secret_names.sort_unstable();
        connection.display_name = self.custom.display_name();
        connection.description = self.custom.description();
        connection.owner = self.custom.owner();
        connection.labels = self.custom.labels();
        if let Some(version) = version {
            connection.revision = Some(version.version.to_string());
            connection.updated_at = version.created_time;
        }
        connection
    }
}
