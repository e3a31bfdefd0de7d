//! The visible part of a record: a version byte, then `postcard`.
//!
//! A list decodes every record of the store, so the encoding is compact and needs no parsing of text: 10,000 records take milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use connhub_sdk::{Connection, Draft, Entry, Error, Field, Key, Label, TestResult, rfc3339};
use serde::{Deserialize, Serialize};

/// The version of the encoding. Another shape of [`Record`] needs another number, and both must stay readable.
const VERSION: u8 = 1;
/// The version of a record with the result of a test behind it.
const TESTED: u8 = 2;

/// What is visible of a connection.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    pub(crate) type_: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) display_name: Option<String>,
    pub(crate) description: Option<String>,
    /// In the order of their keys.
    pub(crate) labels: Vec<(String, String)>,
    /// Seconds since 1970.
    created_at: u64,
    /// Seconds since 1970.
    updated_at: u64,
    /// The last test of what is stored now.
    #[serde(skip)]
    pub(crate) tested: Option<Tested>,
}

/// The result of a test.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Tested {
    works: bool,
    at: String,
    message: String,
}

impl From<&TestResult> for Tested {
    fn from(result: &TestResult) -> Self {
        let TestResult { works, at, message } = result.clone();
        Self { works, at, message }
    }
}

impl From<Tested> for TestResult {
    fn from(tested: Tested) -> Self {
        let Tested { works, at, message } = tested;
        Self { works, at, message }
    }
}

impl Record {
    pub(crate) fn of_draft(draft: &Draft, now: SystemTime) -> Self {
        let fields = draft.fields.iter().map(|field| (field.name.clone(), field.value.clone()));
        let mut labels: Vec<_> =
            draft.labels.iter().map(|label| (label.key.clone(), label.value.clone())).collect();
        labels.sort();
        Self {
            type_: draft.type_.clone(),
            fields: fields.collect(),
            display_name: draft.display_name.clone(),
            description: draft.description.clone(),
            labels,
            created_at: seconds(now),
            updated_at: seconds(now),
            tested: None,
        }
    }

    pub(crate) fn decode(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let broken = |error| Error::Other(format!("the record of `{name}` is broken: {error}"));
        match bytes.split_first() {
            Some((&VERSION, body)) => postcard::from_bytes(body).map_err(broken),
            Some((&TESTED, body)) => {
                let (record, rest) = postcard::take_from_bytes::<Self>(body).map_err(broken)?;
                let tested = Some(postcard::from_bytes(rest).map_err(broken)?);
                Ok(Self { tested, ..record })
            }
            Some((version, _)) => Err(Error::Other(format!(
                "the record of `{name}` has format {version}, and this connector knows {VERSION} and {TESTED}; \
                 use the connhub that wrote it, or a newer one"
            ))),
            None => Err(Error::Other(format!("the record of `{name}` is empty"))),
        }
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, Error> {
        let version = if self.tested.is_some() { TESTED } else { VERSION };
        let record = postcard::to_extend(self, vec![version]);
        let encoded = match &self.tested {
            Some(tested) => record.and_then(|record| postcard::to_extend(tested, record)),
            None => record,
        };
        encoded.map_err(|error| Error::Other(format!("the record cannot be encoded: {error}")))
    }

    pub(crate) fn set_field(&mut self, name: &str, value: &str) {
        set(&mut self.fields, name, value);
    }

    pub(crate) fn set_label(&mut self, key: &str, value: &str) {
        set(&mut self.labels, key, value);
        self.labels.sort();
    }

    /// Takes the time of creation from the record that this one replaces.
    pub(crate) fn created_with(&mut self, old: &Self) {
        self.created_at = old.created_at;
    }

    pub(crate) fn touch(&mut self, now: SystemTime) {
        self.updated_at = seconds(now);
    }

    pub(crate) fn created_at(&self) -> String {
        written(self.created_at)
    }

    pub(crate) fn into_connection(
        self,
        key: Key,
        secret_names: Vec<String>,
        revision: u64,
    ) -> Connection {
        let created_at = Some(written(self.created_at));
        let updated_at = Some(written(self.updated_at));
        Connection {
            scope: Some(key.scope),
            fields: self.fields.into_iter().map(|(name, value)| Field { name, value }).collect(),
            secret_names,
            display_name: self.display_name,
            description: self.description,
            labels: self.labels.into_iter().map(|(key, value)| Label { key, value }).collect(),
            revision: Some(revision.to_string()),
            created_at,
            updated_at,
            tested: self.tested.map(Into::into),
            ..Connection::new(key.name, self.type_)
        }
    }
}

/// The connection of a record that was read.
pub(crate) fn connection(entry: Entry) -> Result<Connection, Error> {
    let record = Record::decode(&entry.key.name, &entry.public)?;
    let Entry { key, secret_names, revision, .. } = entry;
    Ok(record.into_connection(key, secret_names, revision))
}

fn set(pairs: &mut Vec<(String, String)>, key: &str, value: &str) {
    match pairs.iter_mut().find(|(known, _)| known == key) {
        Some((_, old)) => value.clone_into(old),
        None => pairs.push((key.to_owned(), value.to_owned())),
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

fn written(seconds: u64) -> String {
    // A damaged number must not overflow the clock.
    rfc3339(UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            type_: "s3".into(),
            fields: vec![("bucket".into(), "é".repeat(200))],
            labels: vec![("a".into(), String::new())],
            created_at: 951_782_400,
            ..Record::default()
        }
    }

    #[test]
    fn a_record_comes_back_as_it_went() {
        let bytes = record().encode().expect("it can be encoded");
        assert_eq!(bytes[0], VERSION);
        assert_eq!(Record::decode("a", &bytes).expect("it can be decoded"), record());
    }

    #[test]
    fn the_result_of_a_test_comes_back_too() {
        let tested =
            Tested { works: false, at: "2026-11-20T21:37:00Z".into(), message: "é".into() };
        let record = Record { tested: Some(tested), ..record() };
        let bytes = record.encode().expect("it can be encoded");
        assert_eq!(bytes[0], TESTED);
        assert_eq!(Record::decode("a", &bytes).expect("it can be decoded"), record);
        for length in 0..bytes.len() {
            assert!(Record::decode("a", &bytes[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let bytes = record().encode().expect("it can be encoded");
        for length in 0..bytes.len() {
            assert!(Record::decode("a", &bytes[..length]).is_err(), "cut at {length}");
        }
        let mut newer = bytes;
        newer[0] = 3;
        let Err(Error::Other(text)) = Record::decode("a", &newer) else { panic!("it was read") };
        assert!(text.contains("format 3"), "{text}");
    }

    #[test]
    fn times_outside_the_clock_do_not_panic() {
        assert!(!written(u64::MAX).is_empty());
    }
}
