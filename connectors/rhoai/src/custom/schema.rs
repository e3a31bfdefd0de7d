//! The fields of a connection type, as the dashboard writes them into `data.fields` of its ConfigMap.

use serde::Deserialize;
use serde_json::Value;

use crate::validate::is_key;

/// A type of the cluster.
#[derive(Debug)]
pub(crate) struct CustomType {
    /// The name of its ConfigMap.
    pub(super) name: String,
    /// What people call it.
    pub(super) title: Option<String>,
    /// Whether the dashboard offers it for no new connection.
    pub(super) disabled: bool,
    pub(super) fields: Vec<CustomField>,
}

/// A field that holds a value. Sections are headings over fields.
#[derive(Debug, PartialEq)]
pub(super) struct CustomField {
    /// The key in the Secret, which is the name of the environment variable.
    pub(super) key: String,
    pub(super) kind: Kind,
    /// What people call it.
    pub(super) label: String,
    pub(super) description: Option<String>,
    /// The heading that it stands under.
    pub(super) section: Option<String>,
    /// The product does not insist on a checkbox.
    pub(super) required: bool,
    /// The value if none is given, in the product's form.
    pub(super) default: Option<String>,
    /// Whether the default is the only value.
    pub(super) fixed: bool,
}

/// What a value may be.
#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    /// One line or many.
    Text,
    /// Text that is a secret.
    Hidden,
    Uri,
    Boolean,
    /// A number, both bounds included.
    Number {
        min: Option<f64>,
        max: Option<f64>,
        unit: Option<String>,
    },
    /// One or several of these; kept as a JSON list in both cases.
    Choice {
        several: bool,
        items: Vec<Item>,
    },
    /// A file's text. Which file it was is not known here, so its extension is only told.
    File {
        extensions: Vec<String>,
    },
    /// A kind that this connector does not know yet.
    Other(String),
}

/// An entry of a drop-down list.
#[derive(Debug, Deserialize, PartialEq)]
pub(super) struct Item {
    #[serde(default)]
    pub(super) label: String,
    #[serde(default)]
    pub(super) value: String,
}

impl CustomType {
    /// The field of a key.
    pub(super) fn field(&self, key: &str) -> Option<&CustomField> {
        self.fields.iter().find(|field| field.key == key)
    }
}

/// Reads `data.fields`. What has no key that a Secret can have, or the key of a field before it, holds no value.
pub(super) fn parse_fields(text: &str) -> Result<Vec<CustomField>, serde_json::Error> {
    let mut fields: Vec<CustomField> = Vec::new();
    let mut section = None;
    for raw in serde_json::from_str::<Vec<RawField>>(text)? {
        if raw.kind == "section" {
            section = Some(raw.name);
            continue;
        }
        let Some(key) = raw.env_var.clone().filter(|key| is_key(key)) else { continue };
        if !fields.iter().any(|field| field.key.eq_ignore_ascii_case(&key)) {
            fields.push(raw.into_field(key, section.clone()));
        }
    }
    Ok(fields)
}

/// A field as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawField {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    env_var: Option<String>,
    #[serde(default)]
    required: Option<bool>,
    #[serde(default)]
    properties: Option<Properties>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    default_value: Option<Value>,
    #[serde(default)]
    default_read_only: Option<bool>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    min: Option<f64>,
    #[serde(default)]
    max: Option<f64>,
    #[serde(default)]
    extensions: Option<Vec<String>>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    items: Option<Vec<Item>>,
}

impl RawField {
    fn into_field(self, key: String, section: Option<String>) -> CustomField {
        let properties = self.properties.unwrap_or_default();
        let read_only = properties.default_read_only == Some(true);
        let (kind, default) = properties.into_kind(&self.kind);
        CustomField {
            required: self.required == Some(true) && kind != Kind::Boolean,
            fixed: read_only && default.is_some(),
            label: if self.name.is_empty() { key.clone() } else { self.name },
            description: self.description.filter(|text| !text.is_empty()),
            key,
            kind,
            section,
            default,
        }
    }
}

impl Properties {
    /// The kind of a field, and its default in the product's form.
    fn into_kind(self, word: &str) -> (Kind, Option<String>) {
        let default = self.default_value;
        let kind = match word {
            "short-text" | "text" => Kind::Text,
            "hidden" => Kind::Hidden,
            "uri" => Kind::Uri,
            "boolean" => Kind::Boolean,
            "numeric" => Kind::Number { min: self.min, max: self.max, unit: self.unit },
            "dropdown" => Kind::Choice {
                several: self.variant.as_deref() == Some("multi"),
                items: self.items.unwrap_or_default(),
            },
            "file" => Kind::File { extensions: self.extensions.unwrap_or_default() },
            other => Kind::Other(other.to_owned()),
        };
        let default = default.and_then(|value| native_default(&kind, value));
        (kind, default)
    }
}

/// A default as the dashboard would store it; none for what it drops.
fn native_default(kind: &Kind, value: Value) -> Option<String> {
    let text = match (kind, value) {
        (Kind::Choice { several: false, .. }, Value::Array(mut choices)) => {
            choices.truncate(1);
            Value::Array(choices).to_string()
        }
        (_, Value::Null) => return None,
        (_, Value::String(text)) => text,
        (_, other) => other.to_string(),
    };
    (!text.is_empty() && text != "[]").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_field_is_read() {
        let check = |json: &str, expected: Kind, default: Option<&str>| {
            let text = format!("[{{\"envVar\": \"K\", \"name\": \"n\", {json}}}]");
            let fields = parse_fields(&text).expect("it is a list of fields");
            assert_eq!(
                (&fields[0].kind, fields[0].default.as_deref()),
                (&expected, default),
                "{json}"
            );
        };
        let items = || vec![Item { label: "A".into(), value: "a".into() }];
        check(r#""type": "short-text""#, Kind::Text, None);
        check(r#""type": "text", "properties": {"defaultValue": "x"}"#, Kind::Text, Some("x"));
        check(r#""type": "text", "properties": {"defaultValue": ""}"#, Kind::Text, None);
        check(r#""type": "hidden", "properties": {"deferInput": true}"#, Kind::Hidden, None);
        check(r#""type": "uri", "properties": {}"#, Kind::Uri, None);
        check(
            r#""type": "boolean", "properties": {"label": "l", "defaultValue": false}"#,
            Kind::Boolean,
            Some("false"),
        );
        check(
            r#""type": "numeric", "properties": {"min": 1, "max": 2.5, "unit": "s", "defaultValue": 2}"#,
            Kind::Number { min: Some(1.0), max: Some(2.5), unit: Some("s".into()) },
            Some("2"),
        );
        check(
            r#""type": "dropdown", "properties": {"variant": "multi", "items": [{"label": "A", "value": "a"}], "defaultValue": ["a", "b"]}"#,
            Kind::Choice { several: true, items: items() },
            Some(r#"["a","b"]"#),
        );
        check(
            r#""type": "dropdown", "properties": {"items": [{"label": "A", "value": "a"}], "defaultValue": ["a", "b"]}"#,
            Kind::Choice { several: false, items: items() },
            Some(r#"["a"]"#),
        );
        check(
            r#""type": "file", "properties": {"extensions": [".pem"], "helperText": "h"}"#,
            Kind::File { extensions: vec![".pem".into()] },
            None,
        );
        check(r#""type": "color""#, Kind::Other("color".into()), None);
    }

    #[test]
    fn sections_head_the_fields_below_them() {
        let fields = parse_fields(
            r#"[{"type": "text", "name": "a", "envVar": "A"},
                {"type": "section", "name": "Login", "description": "who"},
                {"type": "hidden", "name": "", "envVar": "B", "required": true},
                {"type": "boolean", "name": "c", "envVar": "C", "required": true,
                 "properties": {"defaultReadOnly": true, "defaultValue": true}},
                {"type": "text", "name": "twice", "envVar": "b"},
                {"type": "text", "name": "nowhere"},
                {"type": "text", "name": "no key", "envVar": "../x"}]"#,
        )
        .expect("it is a list of fields");
        let found: Vec<_> = fields
            .iter()
            .map(|field| {
                (&*field.key, &*field.label, field.section.as_deref(), field.required, field.fixed)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("A", "a", None, false, false),
                ("B", "B", Some("Login"), true, false),
                ("C", "c", Some("Login"), false, true),
            ]
        );
        assert!(parse_fields("{}").is_err());
    }
}
