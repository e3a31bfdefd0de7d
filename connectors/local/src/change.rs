//! Update and delete: changes of one record at the revision that was read.

use connhub_sdk::{
    Entry, Error, Host, Key, NamedSecret, OtherSecrets, Outcome, Patch, Removed, SecretChanges,
    Target, VaultError, Written, until_done,
};

use crate::ATTEMPTS;
use crate::record::{Record, connection};

pub(crate) fn update(
    host: &Host,
    target: &Target,
    key: &Key,
    patch: &Patch,
    expected: Option<&str>,
) -> Result<Written, Error> {
    at_current_revision(host, key, expected, |there| {
        let change = Change::of_patch(host, &there, patch)?;
        if !change.changes_anything() {
            let connection = connection(there)?;
            return Ok(Written::unchanged(connection).with_notes(change.notes));
        }
        let revision = if target.dry_run { there.revision } else { change.store(host, &there)? };
        Ok(change.into_written(there, revision))
    })
}

pub(crate) fn delete(
    host: &Host,
    target: &Target,
    key: &Key,
    expected: Option<&str>,
) -> Result<Vec<Removed>, Error> {
    at_current_revision(host, key, expected, |there| {
        if !target.dry_run {
            host.vault().remove(key, there.revision).map_err(Failure::Store)?;
        }
        let scope = Some(key.scope.clone());
        Ok(vec![Removed { kind: "connection".into(), name: key.name.clone(), scope }])
    })
}

/// Why a change was not done.
enum Failure {
    Store(VaultError),
    Final(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Does a change to what is stored now, again if somebody else was quicker, unless a revision is expected.
fn at_current_revision<T>(
    host: &Host,
    key: &Key,
    expected: Option<&str>,
    change: impl Fn(Entry) -> Result<T, Failure>,
) -> Result<T, Error> {
    let of_connection = |error: VaultError| error.of_connection(&key.name);
    until_done(&key.name, ATTEMPTS, || {
        let there = host.vault().get(key).map_err(of_connection)?;
        if expected.is_some_and(|expected| expected != there.revision.to_string()) {
            return Err(of_connection(VaultError::Stale(there.revision)));
        }
        match change(there) {
            Ok(done) => Ok(Some(done)),
            Err(Failure::Store(VaultError::Stale(_))) if expected.is_none() => Ok(None),
            Err(Failure::Store(error)) => Err(of_connection(error)),
            Err(Failure::Final(error)) => Err(error),
        }
    })
}

/// What becomes of a record.
struct Change<'a> {
    old: Record,
    new: Record,
    set: Vec<NamedSecret<'a>>,
    remove: Vec<String>,
    notes: Vec<String>,
}

impl<'a> Change<'a> {
    fn of_patch(host: &Host, there: &Entry, patch: &'a Patch) -> Result<Self, Failure> {
        let old = Record::decode(&there.key.name, &there.public)?;
        let (set, remove) = (Vec::new(), Vec::new());
        let mut change = Self { new: old.clone(), old, set, remove, notes: Vec::new() };
        change.remove_fields(there, patch);
        change.set_fields(there, patch);
        change.set_secrets(host, there, patch)?;
        change.set_metadata(patch);
        if change.changes_values() {
            // Other values than those that were tested have not been tested.
            change.new.tested = None;
        }
        if change.changes_anything() {
            change.new.touch(host.now());
        }
        if let Some(result) = &patch.tested {
            change.new.tested = Some(result.into());
        }
        Ok(change)
    }

    fn remove_fields(&mut self, there: &Entry, patch: &Patch) {
        for name in &patch.remove {
            if there.secret_names.contains(name) {
                self.remove.push(name.clone());
            } else if !self.old.fields.iter().any(|(known, _)| known == name) {
                self.notes.push(format!("there was no field `{name}` to remove"));
            }
        }
        self.new.fields.retain(|(name, _)| !patch.remove.contains(name));
    }

    fn set_fields(&mut self, there: &Entry, patch: &Patch) {
        for field in &patch.fields {
            self.new.set_field(&field.name, &field.value);
            // A field is either visible or secret.
            if there.secret_names.contains(&field.name) && !self.remove.contains(&field.name) {
                self.remove.push(field.name.clone());
            }
        }
    }

    fn set_secrets(&mut self, host: &Host, there: &Entry, patch: &'a Patch) -> Result<(), Failure> {
        for secret in &patch.secrets {
            self.new.fields.retain(|(name, _)| *name != secret.name);
            let vault = host.vault();
            let same = vault.same_secret(&there.key, &secret.name, &secret.value);
            if !same.map_err(Failure::Store)? || self.remove.contains(&secret.name) {
                self.remove.retain(|name| *name != secret.name);
                self.set.push((&secret.name, &secret.value));
            }
        }
        Ok(())
    }

    fn set_metadata(&mut self, patch: &Patch) {
        patch.display_name.apply(&mut self.new.display_name);
        patch.description.apply(&mut self.new.description);
        self.new.labels.retain(|(key, _)| !patch.remove_labels.contains(key));
        for label in &patch.labels {
            self.new.set_label(&label.key, &label.value);
        }
    }

    fn changes_values(&self) -> bool {
        self.new.fields != self.old.fields || !self.set.is_empty() || !self.remove.is_empty()
    }

    fn changes_anything(&self) -> bool {
        self.new != self.old || !self.set.is_empty() || !self.remove.is_empty()
    }

    fn store(&self, host: &Host, there: &Entry) -> Result<u64, Failure> {
        let changes = SecretChanges {
            set: self.set.clone(),
            remove: self.remove.clone(),
            others: OtherSecrets::Keep,
        };
        let public = self.new.encode()?;
        let vault = host.vault();
        vault.replace(&there.key, there.revision, &public, &changes).map_err(Failure::Store)
    }

    fn into_written(self, there: Entry, revision: u64) -> Written {
        let mut secret_names = there.secret_names;
        secret_names.retain(|name| !self.remove.contains(name));
        secret_names.extend(self.set.iter().map(|(name, _)| (*name).to_owned()));
        secret_names.sort();
        secret_names.dedup();
        let connection = self.new.into_connection(there.key, secret_names, revision);
        Written::new(Outcome::Updated, connection).with_notes(self.notes)
    }
}
