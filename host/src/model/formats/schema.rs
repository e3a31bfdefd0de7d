//! The form of `host/formats/manifests.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Role;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "format")]
    pub(super) formats: Vec<Format>,
}

/// How manifests of one form are read. Places are JSON pointers (RFC 6901); of several, the first that is there counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Format {
    pub(super) title: String,
    #[serde(default)]
    pub(super) role: Role,
    /// Places and the texts of which one must be there.
    #[serde(rename = "match")]
    matches: BTreeMap<String, Vec<String>>,
    pub(super) name_at: Vec<String>,
    #[serde(default)]
    pub(super) scope_at: Vec<String>,
    #[serde(default)]
    pub(super) type_at: Vec<String>,
    #[serde(default)]
    pub(super) display_name_at: Vec<String>,
    #[serde(default)]
    pub(super) description_at: Vec<String>,
    /// Objects of labels.
    #[serde(default)]
    pub(super) labels_at: Vec<String>,
    /// Labels that the backend puts there itself.
    #[serde(default)]
    pub(super) ignored_labels: Vec<String>,
    /// Names of parts; `*` is any element. What stands before a colon is no part of the name.
    #[serde(default)]
    pub(super) parts_at: Vec<String>,
    /// Fields that hold a list as a JSON text.
    #[serde(default)]
    pub(super) json_lists: Vec<String>,
    pub(super) values: Vec<Values>,
    /// Words of the backend for canonical types.
    #[serde(default)]
    pub(super) types: BTreeMap<String, String>,
    /// By canonical type: the backend's names of fields that are no alias.
    #[serde(default)]
    pub(super) rename: BTreeMap<String, BTreeMap<String, String>>,
    /// By canonical type: fields with a value that says nothing.
    #[serde(default)]
    pub(super) implied: BTreeMap<String, BTreeMap<String, String>>,
    /// By type: `FIELD=VALUE` with which it is another.
    #[serde(default)]
    pub(super) narrow: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where values are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Values {
    /// An object; `{type}` in it is the backend's word for the type, in lower case.
    pub(super) at: String,
    /// Whether they are secret where the type does not say otherwise.
    #[serde(default)]
    pub(super) secret: bool,
    #[serde(default)]
    pub(super) encoding: Encoding,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Encoding {
    /// As it is.
    #[default]
    Text,
    Base64,
    /// The path of a file that holds it.
    Path,
}

impl Format {
    pub(super) fn fits(&self, document: &Value) -> bool {
        self.matches.iter().all(|(place, texts)| {
            let found = document.pointer(place).and_then(Value::as_str);
            found.is_some_and(|found| texts.iter().any(|text| text == found))
        })
    }
}
