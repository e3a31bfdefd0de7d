//! What goes into the Secret.

use connhub_sdk::{Json, Secret};

use crate::settings::{SecretFiles, Settings};
use crate::sources::{Place, Source};

/// One value of the Secret.
#[derive(Debug)]
pub(crate) struct Credential<'a> {
    /// The field of the connection.
    pub(crate) field: String,
    pub(crate) key: String,
    pub(crate) part: SecretPart,
    pub(crate) value: CredentialValue<'a>,
}

/// The part of the Secret that a value is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretPart {
    Data,
    Files,
}

/// A value of the Secret.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CredentialValue<'a> {
    /// It is no secret for us, but DataOS keeps it there.
    Visible(&'a str),
    Handle(&'a Secret),
}

/// A key of the Secret by which a field is known.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SecretKey {
    pub(crate) key: String,
    pub(crate) part: SecretPart,
    pub(crate) origin: KeyOrigin,
}

/// Where the knowledge of a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyOrigin {
    /// The setting `secret-keys`: new values go under it.
    Setting,
    /// The table: new values go under it unless there is a setting.
    Table,
    /// Others write it. New values go under it where there is one already.
    Others,
}

/// The keys under which a field of a source may be stored, those of the setting first. Empty for a field that is not in the Secret.
pub(crate) fn keys_of(settings: &Settings, source: &Source, field: &str) -> Vec<SecretKey> {
    let places = source.field(field).map_or(&[][..], |field| field.places);
    let table: Vec<_> = places.iter().filter_map(|place| table_key(*place)).collect();
    let Some(first) = table.first() else {
        return table;
    };
    let own = settings.secret_keys.keys(source.name, field).unwrap_or_default();
    let part = first.part;
    let from_setting =
        |key: &String| SecretKey { key: key.clone(), part, origin: KeyOrigin::Setting };
    own.iter().map(from_setting).chain(table).collect()
}

/// The keys under which new values of the field are written.
pub(crate) fn written_keys(settings: &Settings, source: &Source, field: &str) -> Vec<SecretKey> {
    let mut keys = keys_of(settings, source, field);
    if let Some(origin) = keys.first().map(|key| key.origin) {
        keys.retain(|key| key.origin == origin);
    }
    keys
}

/// New values under the keys that a Secret has for their fields already, and under those that a setting names. A field that is not
/// in the Secret goes where it would in a new one.
pub(crate) fn under_stored_keys<'a>(
    settings: &Settings,
    source: &Source,
    new: Vec<Credential<'a>>,
    stored: &[String],
) -> Vec<Credential<'a>> {
    let mut placed: Vec<Credential<'a>> = Vec::new();
    for credential in new {
        let known = keys_of(settings, source, &credential.field);
        let is_named = |key: &&SecretKey| key.origin == KeyOrigin::Setting;
        let is_there = |key: &&SecretKey| stored.contains(&key.key);
        if !known.iter().any(|key| is_there(&key)) {
            placed.push(credential);
            continue;
        }
        for key in known.iter().filter(|key| is_there(key) || is_named(key)) {
            let Credential { ref field, value, .. } = credential;
            placed.retain(|one| one.key != key.key);
            let (field, key, part) = (field.clone(), key.key.clone(), key.part);
            placed.push(Credential { field, key, part, value });
        }
    }
    placed
}

/// The body of a Secret, with a value under each key once; the last one counts.
pub(crate) fn secret_body<'a>(credentials: &[Credential<'a>], files: SecretFiles) -> Json<'a> {
    let mut data: Vec<(String, Json<'a>)> = Vec::new();
    let mut file_data: Vec<(String, Json<'a>)> = Vec::new();
    for credential in credentials {
        let part = match (credential.part, files) {
            (SecretPart::Files, SecretFiles::Files) => &mut file_data,
            _ => &mut data,
        };
        part.retain(|(key, _)| *key != credential.key);
        part.push((credential.key.clone(), credential.value.json()));
    }
    let mut body = vec![("type".to_owned(), Json::from("key-value"))];
    for (name, values) in [("data", data), ("files", file_data)] {
        if !values.is_empty() {
            body.push((name.to_owned(), Json::Object(values)));
        }
    }
    Json::Object(body)
}

impl<'a> CredentialValue<'a> {
    fn json(self) -> Json<'a> {
        match self {
            Self::Visible(text) => Json::from(text),
            Self::Handle(secret) => Json::secret(secret),
        }
    }
}

fn table_key(place: Place) -> Option<SecretKey> {
    let (key, part, origin) = match place {
        Place::Spec(_) => return None,
        Place::Data(key) => (key, SecretPart::Data, KeyOrigin::Table),
        Place::File(key) => (key, SecretPart::Files, KeyOrigin::Table),
        Place::Known(key) => (key, SecretPart::Data, KeyOrigin::Others),
    };
    Some(SecretKey { key: key.to_owned(), part, origin })
}
