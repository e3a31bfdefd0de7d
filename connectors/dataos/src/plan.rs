//! A connection that is to be written, in DataOS' form.

use connhub_sdk::{Connection, Draft, Error, Json, Problem};
use serde_json::{Map, Value, json};

use crate::change::planned;
use crate::client::Kind;
use crate::credentials::{Credential, secret_body};
use crate::depot_type::{DepotType, Given};
use crate::fields::Keys;
use crate::loaded::connection_of;
use crate::names;
use crate::purposes::references;
use crate::resource::{own_tag, tag_of};
use crate::settings::{Settings, TenantKey};

/// The only version of manifests that is written.
pub(crate) const VERSION: &str = "v2alpha";

/// What is to be written.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    settings: &'a Settings,
    pub(crate) name: &'a str,
    pub(crate) secret_name: String,
    pub(crate) depot_type: DepotType,
    pub(crate) spec: Map<String, Value>,
    pub(crate) credentials: Vec<Credential<'a>>,
    pub(crate) description: Option<&'a str>,
    pub(crate) tags: Vec<String>,
    /// What DataOS cannot hold.
    pub(crate) notes: Vec<String>,
}

impl<'a> Plan<'a> {
    /// Puts a draft into DataOS' form, or says all that is wrong with it.
    pub(crate) fn of(settings: &'a Settings, draft: &'a Draft) -> Result<Self, Error> {
        let mut problems = names::problems(settings, &draft.name);
        let depot_type = DepotType::named(&draft.type_)?;
        let mut spec = Map::new();
        let given = Given { fields: &draft.fields, secrets: &draft.secrets };
        let credentials = match depot_type.write(settings, given, &mut spec) {
            Ok(credentials) => credentials,
            Err(Error::Invalid(more)) => {
                problems.extend(more);
                Vec::new()
            }
            Err(other) => return Err(other),
        };
        problems.extend(empty_problem(&spec));
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        Ok(Self {
            settings,
            name: &draft.name,
            secret_name: settings.secret_name_of(&draft.name),
            depot_type,
            spec,
            credentials,
            description: draft.description.as_deref(),
            tags: draft.labels.iter().map(tag_of).collect(),
            notes: display_name_note(draft.display_name.is_some()),
        })
    }

    /// The manifest of the Secret.
    pub(crate) fn secret_manifest(&self) -> Json<'a> {
        self.secret_manifest_named(&self.secret_name)
    }

    /// The manifest of a Secret of another name with these credentials.
    pub(crate) fn secret_manifest_named(&self, secret: &str) -> Json<'a> {
        new_secret(self.settings, self.name, secret, &self.credentials)
    }

    /// The manifest of the Depot.
    pub(crate) fn depot_manifest(&self) -> Map<String, Value> {
        let mut manifest = header(self.settings, Kind::Depot, self.name);
        manifest.insert("layer".into(), json!("user"));
        if self.settings.tenant_key == TenantKey::Write {
            manifest.insert("tenant".into(), json!(self.settings.tenant));
        }
        let mut body = Map::new();
        body.insert("type".into(), json!(self.depot_type.native));
        body.insert("spec".into(), Value::Object(self.spec.clone()));
        if !self.credentials.is_empty() {
            body.insert("secrets".into(), references(self.settings, &[], &self.secret_name));
        }
        describe(&mut manifest, &mut body, self.description);
        manifest.insert("tags".into(), json!(self.tags));
        manifest.insert("spec".into(), Value::Object(body));
        manifest
    }

    /// The connection as it would be.
    pub(crate) fn connection(&self) -> Result<Connection, Error> {
        let depot = planned(self.depot_manifest())?;
        let keys: Vec<String> = self.credentials.iter().map(|one| one.key.clone()).collect();
        Ok(connection_of(&depot, self.settings, Keys::Known(&keys)))
    }
}

/// The manifest of a Secret that is made for a connection.
pub(crate) fn new_secret<'a>(
    settings: &Settings,
    connection: &str,
    secret: &str,
    credentials: &[Credential<'a>],
) -> Json<'a> {
    let mut manifest = header(settings, Kind::Secret, secret);
    manifest.insert("description".into(), json!(format!("credentials of the Depot {connection}")));
    manifest.insert("tags".into(), json!([own_tag(connection)]));
    with_secret_body(manifest, settings, credentials)
}

/// A manifest with these credentials in the place of what it has.
pub(crate) fn with_secret_body<'a>(
    mut manifest: Map<String, Value>,
    settings: &Settings,
    credentials: &[Credential<'a>],
) -> Json<'a> {
    for name in ["secret", "spec"] {
        manifest.remove(name);
    }
    let header = manifest.into_iter().map(|(key, value)| (key, Json::from(value)));
    let body = secret_body(credentials, settings.secret_files);
    Json::object(header.chain([("secret".to_owned(), body)]))
}

/// Writes a description where the resource manager shows it, and where the Depot Service does.
pub(crate) fn describe(
    manifest: &mut Map<String, Value>,
    body: &mut Map<String, Value>,
    description: Option<&str>,
) {
    for part in [manifest, body] {
        match description {
            Some(text) => part.insert("description".into(), json!(text)),
            None => part.remove("description"),
        };
    }
}

/// The problem of a Depot without a single field.
pub(crate) fn empty_problem(spec: &Map<String, Value>) -> Option<Problem> {
    let message = "none is given that says where the data is";
    spec.is_empty().then(|| Problem { field: "fields".into(), message: message.into() })
}

/// What is to be said about a display name, of which DataOS has none.
pub(crate) fn display_name_note(given: bool) -> Vec<String> {
    let note = "DataOS has no display names, so it was not stored";
    if given { vec![note.to_owned()] } else { Vec::new() }
}

fn header(settings: &Settings, kind: Kind, name: &str) -> Map<String, Value> {
    let mut header = Map::new();
    header.insert("name".into(), json!(name));
    header.insert("version".into(), json!(VERSION));
    header.insert("type".into(), json!(kind.word()));
    if let Some(owner) = &settings.owner {
        header.insert("owner".into(), json!(owner));
    }
    header
}
