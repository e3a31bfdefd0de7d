//! Create: one record, whose key is unique by the store.

use connhub_sdk::{
    Connection, Draft, Entry, Error, Host, IfExists, Key, NamedSecret, OtherSecrets, Outcome,
    SecretChanges, SecretField, Target, VaultError, Written, until_done,
};

use crate::record::{Record, connection};
use crate::{ATTEMPTS, key};

pub(crate) fn create(
    host: &Host,
    target: &Target,
    draft: &Draft,
    if_exists: IfExists,
) -> Result<Written, Error> {
    let write = Write { host, key: key(target, &draft.name), draft, dry_run: target.dry_run };
    // The record can come and go between two calls of the store, each of which is a transaction.
    until_done(&draft.name, ATTEMPTS, || {
        if let Some(created) = write.insert()? {
            return Ok(Some(created));
        }
        let Some(there) = write.there()? else { return Ok(None) };
        match if_exists {
            IfExists::Fail => Err(already_exists(there)),
            IfExists::Keep => write.keep(there),
            IfExists::Replace => write.replace(there),
        }
    })
}

struct Write<'a> {
    host: &'a Host,
    key: Key,
    draft: &'a Draft,
    dry_run: bool,
}

impl Write<'_> {
    /// Adds the record; none if the key is taken.
    fn insert(&self) -> Result<Option<Written>, Error> {
        let record = Record::of_draft(self.draft, self.host.now());
        let revision = match self.insert_record(&record) {
            Ok(revision) => revision,
            Err(VaultError::Exists) => return Ok(None),
            Err(error) => return Err(self.error(error)),
        };
        Ok(Some(self.written(Outcome::Created, record, revision)))
    }

    fn insert_record(&self, record: &Record) -> Result<u64, VaultError> {
        if !self.dry_run {
            let bytes = record.encode().map_err(|error| VaultError::Other(error.message()))?;
            return self.host.vault().insert(&self.key, &bytes, &self.secrets());
        }
        match self.host.vault().get(&self.key) {
            Ok(_) => Err(VaultError::Exists),
            Err(VaultError::Missing) => Ok(1),
            Err(error) => Err(error),
        }
    }

    /// What has the key; none if it is gone again.
    fn there(&self) -> Result<Option<Entry>, Error> {
        match self.host.vault().get(&self.key) {
            Ok(entry) => Ok(Some(entry)),
            Err(VaultError::Missing) => Ok(None),
            Err(error) => Err(self.error(error)),
        }
    }

    /// Leaves what is there; none if it is gone again.
    fn keep(&self, there: Entry) -> Result<Option<Written>, Error> {
        let connection = connection(there)?;
        let differences = self.differences(&connection)?;
        Ok(differences.map(|differences| Written::kept(connection, differences)))
    }

    /// Replaces what is there; none if it was changed meanwhile.
    fn replace(&self, there: Entry) -> Result<Option<Written>, Error> {
        let revision = there.revision;
        let mut record = Record::of_draft(self.draft, self.host.now());
        // A record that cannot be read can still be replaced.
        if let Ok(old) = Record::decode(&self.key.name, &there.public) {
            record.created_with(&old);
            let stored = connection(there)?;
            match self.differences(&stored)? {
                None => return Ok(None),
                Some(differences) if differences.is_empty() => {
                    return Ok(Some(Written::unchanged(stored)));
                }
                Some(_) => {}
            }
        }
        if self.dry_run {
            return Ok(Some(self.written(Outcome::Replaced, record, revision)));
        }
        match self.replace_record(&record, revision) {
            Ok(revision) => Ok(Some(self.written(Outcome::Replaced, record, revision))),
            Err(VaultError::Stale(_) | VaultError::Missing) => Ok(None),
            Err(error) => Err(self.error(error)),
        }
    }

    fn replace_record(&self, record: &Record, revision: u64) -> Result<u64, VaultError> {
        let bytes = record.encode().map_err(|error| VaultError::Other(error.message()))?;
        let changes =
            SecretChanges { set: self.secrets(), remove: Vec::new(), others: OtherSecrets::Drop };
        self.host.vault().replace(&self.key, revision, &bytes, &changes)
    }

    /// What differs from the draft; none if the record is gone again.
    fn differences(&self, stored: &Connection) -> Result<Option<Vec<String>>, Error> {
        let mut failure = None;
        let same_secret = |field: &SecretField| {
            self.host.vault().same_secret(&self.key, &field.name, &field.value).unwrap_or_else(
                |error| {
                    failure = Some(error);
                    false
                },
            )
        };
        let differences = stored.differences(self.draft, same_secret);
        match failure {
            None => Ok(Some(differences)),
            Some(VaultError::Missing) => Ok(None),
            Some(error) => Err(self.error(error)),
        }
    }

    fn written(&self, outcome: Outcome, record: Record, revision: u64) -> Written {
        let mut secret_names: Vec<_> =
            self.draft.secrets.iter().map(|secret| secret.name.clone()).collect();
        secret_names.sort();
        let connection = record.into_connection(self.key.clone(), secret_names, revision);
        Written::new(outcome, connection)
    }

    fn secrets(&self) -> Vec<NamedSecret<'_>> {
        self.draft.secrets.iter().map(|secret| (secret.name.as_str(), &secret.value)).collect()
    }

    fn error(&self, error: VaultError) -> Error {
        error.of_connection(&self.key.name)
    }
}

fn already_exists(there: Entry) -> Error {
    let Key { scope, name } = &there.key;
    let what = Record::decode(name, &there.public).map_or_else(
        |_| "a connection that cannot be read".to_owned(),
        |record| format!("type {}, created {}", record.type_, record.created_at()),
    );
    Error::AlreadyExists(format!("`{name}` exists in folder `{scope}` ({what})"))
}
