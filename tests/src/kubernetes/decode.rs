//! From the body of a request to an object of the expected type.

use base64::Engine;
use serde_json::{Map, Value, json};

use super::call::{Call, FieldValidation};
use super::go_decoding::{self, STANDARD};
use super::resource_type::{CONFIG_MAPS, NAMESPACES, ResourceType, SECRETS};
use super::status::{Failure, bad_request, unsupported_body};

/// An object without `kind` and `apiVersion`, and what the client is to be warned of.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) object: Value,
    pub(super) warnings: Vec<String>,
}

/// How much of a body that is no object at all is quoted, in bytes.
const SUMMARY_LENGTH: usize = 30;

const METADATA_FIELDS: [&str; 15] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// Reads the body of a POST or PUT.
pub(super) fn read_body(call: &Call<'_>) -> Result<Value, Failure> {
    let content_type = call.request.header("content-type").unwrap_or("application/json");
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    match media_type {
        "application/json" | "*/*" => parse_json(&call.request.body, call.of),
        "application/yaml" => parse_yaml(&call.request.body, call.of),
        _ => Err(unsupported_body()),
    }
}

/// Reads YAML, of which JSON is a part.
pub(super) fn parse_yaml(body: &[u8], of: &ResourceType) -> Result<Value, Failure> {
    let parsed: Result<Value, _> = serde_saphyr::from_slice(body);
    let parsed = parsed.ok().filter(Value::is_object);
    parsed.ok_or_else(|| unrecognized(body, of, "yaml: the document is not an object"))
}

fn parse_json(body: &[u8], of: &ResourceType) -> Result<Value, Failure> {
    match serde_json::from_slice(body) {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(other) => {
            let found = go_type(&other);
            let why = format!(
                "json: cannot unmarshal {found} into Go value of type struct {{ APIVersion string \
                 \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \
                 \"json:\\\"kind,omitempty\\\"\" }}"
            );
            Err(unrecognized(body, of, &why))
        }
        Err(error) => {
            let why = go_decoding::syntax_error(body).unwrap_or_else(|| error.to_string());
            Err(unrecognized(body, of, &why))
        }
    }
}

/// The message quotes the body: a client that shows it shows what it has sent.
fn unrecognized(body: &[u8], of: &ResourceType, why: &str) -> Failure {
    let quoted = &body[..body.len().min(SUMMARY_LENGTH)];
    let more = if body.len() > SUMMARY_LENGTH { " ..." } else { "" };
    let summary = match body.first() {
        None => String::from("<empty>"),
        Some(b'{') => String::from_utf8_lossy(quoted).into_owned() + more,
        Some(_) => quoted.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + more,
    };
    bad_request(format!(
        "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json \
         parse error: {why} ({summary})",
        of.kind
    ))
}

/// Checks that an object has the right kind and fields, and brings it into the stored form.
pub(super) fn check(
    mut object: Value,
    call: &Call<'_>,
    validation: FieldValidation,
) -> Result<Decoded, Failure> {
    check_kind(&object, call)?;
    let members = object.as_object_mut().ok_or_else(|| bad_request("the object is no object"))?;
    members.remove("kind");
    members.remove("apiVersion");
    members.retain(|_, value| !value.is_null());
    let metadata = members.entry("metadata").or_insert_with(|| json!({}));
    let Some(metadata) = metadata.as_object_mut() else {
        let found = go_type(&members["metadata"]);
        return Err(wrong_type(
            call,
            found,
            &format!("{}.metadata", call.of.kind),
            "v1.ObjectMeta",
        ));
    };
    metadata.retain(|_, value| !value.is_null());
    check_types(&object, call)?;
    let unknown = take_unknown(&mut object, call.of);
    let warnings = report_unknown(unknown, call, validation)?;
    merge_string_data(&mut object, call)?;
    drop_empty_maps(&mut object, call.of);
    Ok(Decoded { object, warnings })
}

fn check_kind(object: &Value, call: &Call<'_>) -> Result<(), Failure> {
    let version = &call.info.version;
    let expected = call.api_version();
    let api_version = object["apiVersion"].as_str().unwrap_or(&expected);
    let kind = object["kind"].as_str().unwrap_or(call.of.kind);
    if kind == call.of.kind && api_version == expected {
        return Ok(());
    }
    if call.of.is_custom() {
        return Err(bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version \
             ({expected})"
        )));
    }
    let of = call.of.kind;
    let given_version = api_version.rsplit('/').next().unwrap_or_default();
    let known = [SECRETS, CONFIG_MAPS, NAMESPACES].iter().any(|known| known.kind == kind);
    let why = if known && api_version == "v1" {
        format!("converting ({version}.{kind}) to (core.{of}): unknown conversion")
    } else {
        format!(
            "no kind {kind:?} is registered for version {api_version:?} in scheme \
             \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
        )
    };
    let head = format!("{kind} in version {given_version:?} cannot be handled as a {of}");
    Err(bad_request(format!("{head}: {why}")))
}

fn check_types(object: &Value, call: &Call<'_>) -> Result<(), Failure> {
    for field in ["labels", "annotations"] {
        let path = format!("ObjectMeta.metadata.{field}");
        check_strings(&object["metadata"][field], call, &path, "string")?;
    }
    for field in ["name", "generateName", "namespace", "uid", "resourceVersion"] {
        let value = &object["metadata"][field];
        if !value.is_null() && !value.is_string() {
            let path = format!("ObjectMeta.metadata.{field}");
            return Err(wrong_type(call, go_type(value), &path, "string"));
        }
    }
    if *call.of == SECRETS || *call.of == CONFIG_MAPS {
        let bytes = if *call.of == SECRETS { "[]uint8" } else { "string" };
        check_strings(&object["data"], call, &format!("{}.data", call.of.kind), bytes)?;
        check_strings(&object["stringData"], call, "Secret.stringData", "string")?;
    }
    Ok(())
}

fn check_strings(map: &Value, call: &Call<'_>, path: &str, of: &str) -> Result<(), Failure> {
    match map {
        Value::Null => Ok(()),
        Value::Object(members) => {
            let wrong = members.values().find(|value| !value.is_string() && !value.is_null());
            wrong.map_or(Ok(()), |value| Err(wrong_type(call, go_type(value), path, of)))
        }
        other => Err(wrong_type(call, go_type(other), path, &format!("map[string]{of}"))),
    }
}

fn wrong_type(call: &Call<'_>, found: &str, path: &str, of: &str) -> Failure {
    let why = format!("json: cannot unmarshal {found} into Go struct field {path} of type {of}");
    cannot_be_handled(call, &why)
}

fn cannot_be_handled(call: &Call<'_>, why: &str) -> Failure {
    let (kind, version) = (call.of.kind, &call.info.version);
    bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Removes the fields that the type does not have, and names them.
fn take_unknown(object: &mut Value, of: &ResourceType) -> Vec<String> {
    let mut unknown = Vec::new();
    if let Some(known) = top_fields(of) {
        take(object, known, "", &mut unknown);
    }
    take(&mut object["metadata"], &METADATA_FIELDS, "metadata.", &mut unknown);
    unknown
}

fn take(object: &mut Value, known: &[&str], prefix: &str, unknown: &mut Vec<String>) {
    let Some(members) = object.as_object_mut() else {
        return;
    };
    members.retain(|key, _| {
        let is_known = known.contains(&key.as_str());
        if !is_known {
            unknown.push(format!("unknown field \"{prefix}{key}\""));
        }
        is_known
    });
}

/// `None` for types of which any field is taken.
fn top_fields(of: &ResourceType) -> Option<&'static [&'static str]> {
    match (of.group, of.plural) {
        ("", "secrets") => Some(&["metadata", "data", "stringData", "type", "immutable"]),
        ("", "configmaps") => Some(&["metadata", "data", "binaryData", "immutable"]),
        _ if of.is_custom() => None,
        _ => Some(&["metadata", "spec", "status"]),
    }
}

fn report_unknown(
    unknown: Vec<String>,
    call: &Call<'_>,
    validation: FieldValidation,
) -> Result<Vec<String>, Failure> {
    match validation {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(unknown),
        FieldValidation::Strict if unknown.is_empty() => Ok(unknown),
        FieldValidation::Strict => {
            let why = format!("strict decoding error: {}", unknown.join(", "));
            Err(cannot_be_handled(call, &why))
        }
    }
}

/// `stringData` is only for writing: its values win over those of `data`.
fn merge_string_data(object: &mut Value, call: &Call<'_>) -> Result<(), Failure> {
    if *call.of != SECRETS {
        return Ok(());
    }
    let strings = object.as_object_mut().and_then(|members| members.remove("stringData"));
    let mut data = object["data"].as_object().cloned().unwrap_or_default();
    for value in data.values_mut() {
        let text = value.as_str().unwrap_or_default();
        let bytes = STANDARD.decode(text.replace(['\r', '\n'], "")).map_err(|_| {
            let at = go_decoding::illegal_base64_at(text.as_bytes());
            cannot_be_handled(call, &format!("illegal base64 data at input byte {at}"))
        })?;
        *value = json!(STANDARD.encode(bytes));
    }
    for (key, text) in strings.as_ref().and_then(Value::as_object).into_iter().flatten() {
        data.insert(key.clone(), json!(STANDARD.encode(text.as_str().unwrap_or_default())));
    }
    object["data"] = Value::Object(data);
    Ok(())
}

/// A server does not show maps that have nothing in them.
fn drop_empty_maps(object: &mut Value, of: &ResourceType) {
    let is_full = |value: &Value| value.as_object().is_none_or(|members| !members.is_empty());
    let is_kept =
        |key: &str, value: &Value| !["labels", "annotations"].contains(&key) || is_full(value);
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|key, value| is_kept(key, value));
    }
    if of.is_custom() {
        return;
    }
    let Some(members) = object.as_object_mut() else {
        return;
    };
    members.retain(|key, value| !["data", "binaryData"].contains(&key.as_str()) || is_full(value));
}

/// A member of the metadata, empty if it is absent.
pub(super) fn metadata<'o>(object: &'o Value, field: &str) -> &'o str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// The members of a map, none if it is absent.
pub(super) fn members(map: &Value) -> impl Iterator<Item = (&String, &Value)> {
    map.as_object().into_iter().flat_map(Map::iter)
}
