//! A Secret as the API server answers it, and the connection that it is.

use std::collections::BTreeMap;

use connhub_sdk::{Connection, Field, Label, MASK, TestResult, base64};
use serde::Deserialize;

use crate::mapping::{S3_SERVING_KEYS, field_of, stock_type, to_canonical};
use crate::metadata::{
    DESCRIPTION, DISPLAY_NAME, FAILED, HIDDEN, LEGACY_TYPE, MANAGED, Names, PROTOCOL, TEST_MESSAGE,
    TEST_STATUS, TEST_TIME, TRUE, TYPE_REF, VERIFIED, connection_type,
};

/// A Secret, or the metadata of one.
#[derive(Debug, Deserialize)]
pub(crate) struct Object {
    pub(crate) metadata: Metadata,
    /// Values in base64, `***` for those that the grant masks. Not there in an answer of metadata only.
    #[serde(default)]
    data: Option<BTreeMap<String, String>>,
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    immutable: Option<bool>,
}

/// The metadata of any object.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) namespace: Option<String>,
    #[serde(default)]
    pub(crate) uid: Option<String>,
    #[serde(default)]
    pub(crate) resource_version: Option<String>,
    #[serde(default)]
    creation_timestamp: Option<String>,
    #[serde(default)]
    deletion_timestamp: Option<String>,
    #[serde(default)]
    owner_references: Option<Vec<Owner>>,
    #[serde(default)]
    labels: Option<Names>,
    #[serde(default)]
    annotations: Option<Names>,
}

/// What an object belongs to: it is made, changed and deleted by that.
#[derive(Debug, Deserialize)]
struct Owner {
    kind: String,
    name: String,
}

/// A list of Secrets, or of the metadata of Secrets.
#[derive(Debug, Deserialize)]
pub(crate) struct ObjectList {
    #[serde(default)]
    metadata: ListMetadata,
    /// An empty list is `[]`, but `null` where the server answers with metadata only.
    #[serde(default)]
    items: Option<Vec<Object>>,
}

impl ObjectList {
    /// The token of the next page, if there is one, and the objects.
    pub(crate) fn into_parts(self) -> (Option<String>, Vec<Object>) {
        let token = self.metadata.continue_token.filter(|token| !token.is_empty());
        (token, self.items.unwrap_or_default())
    }
}

/// The metadata of a list.
#[derive(Debug, Default, Deserialize)]
struct ListMetadata {
    #[serde(default, rename = "continue")]
    continue_token: Option<String>,
}

impl Object {
    /// The canonical type of the connection, or the product's own word; none if the Secret is no connection.
    pub(crate) fn connection_type(&self) -> Option<&str> {
        connection_type(self.labels(), self.annotations())
    }

    /// The Kubernetes type.
    pub(crate) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Opaque")
    }

    /// Whether the dashboard leaves it out of its lists.
    pub(crate) fn is_hidden(&self) -> bool {
        self.annotations().get(HIDDEN).is_some_and(|value| value == TRUE)
    }

    /// What it belongs to, in words.
    pub(crate) fn owner(&self) -> Option<String> {
        let owner = self.metadata.owner_references.as_ref()?.first()?;
        Some(format!("the {} `{}`", owner.kind, owner.name))
    }

    pub(crate) fn is_being_deleted(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    pub(crate) fn is_immutable(&self) -> bool {
        self.immutable == Some(true)
    }

    pub(crate) fn labels(&self) -> &Names {
        self.metadata.labels.as_ref().unwrap_or(&NO_NAMES)
    }

    pub(crate) fn annotations(&self) -> &Names {
        self.metadata.annotations.as_ref().unwrap_or(&NO_NAMES)
    }

    /// The keys of its values.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.data.iter().flat_map(|data| data.keys().map(String::as_str))
    }

    /// The value of a key in base64, if the grant shows it.
    pub(crate) fn visible_value(&self, key: &str) -> Option<&str> {
        self.data.as_ref()?.get(key).map(String::as_str).filter(|value| *value != MASK)
    }

    /// The connection that it is; none if it is no connection.
    pub(crate) fn into_connection(self) -> Option<Connection> {
        let type_ = self.connection_type()?.to_owned();
        let mut warnings = self.warnings(&type_);
        let status = self.status();
        let status_message = self.annotations().get(TEST_MESSAGE).cloned();
        let tested = self.tested();
        let Self { metadata, data, .. } = self;
        let mut annotations = metadata.annotations.unwrap_or_default();
        let Values { fields, secret_names } =
            Values::new(&type_, data.unwrap_or_default(), &mut warnings);
        let labels = metadata.labels.unwrap_or_default().into_iter();
        Some(Connection {
            scope: metadata.namespace,
            fields,
            secret_names,
            display_name: annotations.remove(DISPLAY_NAME),
            description: annotations.remove(DESCRIPTION),
            labels: labels.map(|(key, value)| Label { key, value }).collect(),
            status,
            status_message,
            revision: metadata.resource_version,
            created_at: metadata.creation_timestamp,
            tested,
            warnings,
            ..Connection::new(metadata.name, type_)
        })
    }

    fn status(&self) -> Option<String> {
        match self.metadata.deletion_timestamp {
            Some(_) => Some("deleting".into()),
            None => self.annotations().get(TEST_STATUS).cloned(),
        }
    }

    /// The last test, if it ended and says when.
    fn tested(&self) -> Option<TestResult> {
        let annotation = |name: &str| self.annotations().get(name).cloned();
        let works = match annotation(TEST_STATUS)?.as_str() {
            VERIFIED => true,
            FAILED => false,
            _ => return None,
        };
        let (at, message) = (annotation(TEST_TIME)?, annotation(TEST_MESSAGE));
        Some(TestResult { works, at, message: message.unwrap_or_default() })
    }

    /// What keeps consumers from using it.
    fn warnings(&self, type_: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        let has = |annotation: &str| self.annotations().contains_key(annotation);
        if stock_type(type_).is_some() {
            for annotation in [TYPE_REF, PROTOCOL].into_iter().filter(|name| !has(name)) {
                warnings.push(format!(
                    "has no annotation `{annotation}`, so model serving or Data Connect Hub may not take it; \
                     `connhub check --fix` adds it"
                ));
            }
        }
        if type_ == "s3" && self.data.is_some() {
            warnings.extend(self.serving_warnings());
        }
        if self.is_immutable() {
            warnings
                .push("is immutable: to change its values delete it and create it again".into());
        }
        warnings
    }

    fn serving_warnings(&self) -> Option<String> {
        let missing: Vec<_> = S3_SERVING_KEYS
            .into_iter()
            .filter(|needed| !self.keys().any(|key| key == *needed))
            .map(|key| format!("`{}`", field_of("s3", key)))
            .collect();
        if !missing.is_empty() {
            return Some(format!("has no {}, so model serving cannot use it", missing.join(", ")));
        }
        let managed = self.labels().get(MANAGED).is_some_and(|value| value == TRUE);
        let legacy = self.annotations().contains_key(LEGACY_TYPE);
        (!managed || !legacy).then(|| {
            format!(
                "has no label `{MANAGED}` or no annotation `{LEGACY_TYPE}`, so it is not in the storage \
                 configuration of model serving; `connhub check --fix` adds them"
            )
        })
    }
}

static NO_NAMES: Names = Names::new();

/// The values of a Secret by canonical names.
struct Values {
    fields: Vec<Field>,
    secret_names: Vec<String>,
}

impl Values {
    /// Fields of the type in its own order, others behind them by name.
    fn new(type_: &str, mut data: BTreeMap<String, String>, warnings: &mut Vec<String>) -> Self {
        let mut values = Self { fields: Vec::new(), secret_names: Vec::new() };
        let known = stock_type(type_).map_or(&[][..], |stock| stock.mapping.fields);
        for field in known {
            if let Some(value) = data.remove(field.native) {
                values.add(field.canonical, field.native, &value, warnings);
            }
        }
        for (key, value) in &data {
            values.add(key, key, value, warnings);
        }
        values
    }

    fn add(&mut self, name: &str, key: &str, value: &str, warnings: &mut Vec<String>) {
        if value == MASK {
            self.secret_names.push(name.to_owned());
        } else if let Some(text) = base64::decode_text(value) {
            self.fields.push(Field::new(name, to_canonical(key, text)));
        } else {
            warnings.push(format!("`{name}` is not text and is not shown"));
        }
    }
}
