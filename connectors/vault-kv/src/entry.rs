//! What the store answers about a name, and the connection that it is.

use std::collections::BTreeMap;

use connhub_sdk::{Connection, Field, MASK};
use serde::Deserialize;
use serde_json::Value;

use crate::metadata::Custom;
use crate::place::Folder;
use crate::settings::Settings;

/// A version of a secret, and the custom metadata of the secret.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    /// None for a version that was deleted or destroyed. Values that the grant masks are `***`.
    #[serde(default)]
    data: Option<BTreeMap<String, Value>>,
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    version: u64,
    #[serde(default)]
    created_time: Option<String>,
    #[serde(default)]
    custom_metadata: Option<Custom>,
}

/// What is stored under a name.
#[derive(Debug)]
pub(crate) enum Stored {
    /// Nothing ever was, or nothing is left of it.
    Nothing,
    /// A version that was deleted; the name is free, but writes count on from it.
    Deleted(u64),
    Live(Live),
}

/// A secret that is there.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) version: u64,
    pub(crate) custom: Custom,
    created_time: Option<String>,
    values: BTreeMap<String, Value>,
}

impl Stored {
    pub(crate) fn of(entry: Entry) -> Self {
        let Metadata { version, created_time, custom_metadata } = entry.metadata;
        let custom = custom_metadata.unwrap_or_default();
        match entry.data {
            Some(values) => {
                let created_time = created_time.as_deref().map(whole_seconds);
                Self::Live(Live { version, custom, created_time, values })
            }
            None => Self::Deleted(version),
        }
    }
}

impl Live {
    /// The keys of its values, and the values that the grant shows.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, Shown<'_>)> {
        self.values.iter().map(|(key, value)| (key.as_str(), Shown::of(value)))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Whether the grant shows that a key has just this value.
    pub(crate) fn shows(&self, key: &str, value: &str) -> bool {
        self.values.get(key).is_some_and(
            |own| matches!(Shown::of(own), Shown::Value(Value::String(own)) if own == value),
        )
    }

    /// The connection that it is.
    pub(crate) fn connection(
        &self,
        settings: &Settings,
        folder: &Folder,
        name: &str,
    ) -> Connection {
        let type_ = self.custom.type_();
        let mut connection = Connection {
            scope: folder.scope(),
            display_name: self.custom.display_name(),
            description: self.custom.description(),
            owner: self.custom.owner(),
            labels: self.custom.labels(),
            revision: Some(self.version.to_string()),
            // The first version is as old as the secret; of others only their own time is known.
            created_at: self.created_time.clone().filter(|_| self.version == 1),
            updated_at: self.created_time.clone(),
            ..Connection::new(name, type_)
        };
        for (key, value) in self.values() {
            let field = settings.field_names.field(type_, key);
            match value {
                Shown::Masked => connection.secret_names.push(field.to_owned()),
                Shown::Value(value) => connection.fields.push(Field::new(field, text(value))),
            }
        }
        connection
    }
}

/// A value as the connector sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown<'a> {
    Masked,
    Value(&'a Value),
}

impl<'a> Shown<'a> {
    fn of(value: &'a Value) -> Self {
        match value {
            Value::String(text) if text == MASK => Self::Masked,
            value => Self::Value(value),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The server counts nanoseconds, which no list has room for.
pub(crate) fn whole_seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, fraction)) if fraction.ends_with('Z') => format!("{seconds}Z"),
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_of_seconds_are_cut_off() {
        let check = |time: &str, expected: &str| assert_eq!(whole_seconds(time), expected);
        check("2018-03-22T02:24:06.945319214Z", "2018-03-22T02:24:06Z");
        check("2018-03-22T02:24:06Z", "2018-03-22T02:24:06Z");
        check("2018-03-22T02:24:06.9+02:00", "2018-03-22T02:24:06.9+02:00");
        check("", "");
    }
}
