use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::resource::{Key, Kind, VERSION};
use super::{MaskedValues, Options, SecretFiles, UnknownKeys, names};

/// A manifest that is valid by itself. Whether its secrets exist is for the caller to see.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    pub(super) key: Key,
    /// The manifest without what the server decides and without values of secrets.
    pub(super) shown: Map<String, Value>,
    pub(super) body: Body,
}

/// The part that differs between the types.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Secret(SecretBody),
    Depot(DepotBody),
}

/// The credentials of a secret.
#[derive(Clone, Debug)]
pub(super) struct SecretBody {
    /// `key-value` and its like.
    pub(super) form: String,
    pub(super) values: BTreeMap<String, String>,
}

/// The place that a depot describes.
#[derive(Clone, Debug)]
pub(super) struct DepotBody {
    /// The type in lower case; any type is taken, since tenants register their own.
    pub(super) source_type: String,
    pub(super) description: String,
    pub(super) external: bool,
    /// The fields of the source, not looked at.
    pub(super) spec: Map<String, Value>,
    pub(super) secrets: Vec<SecretReference>,
}

/// A depot's use of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SecretReference {
    /// `TENANT:SECRET`.
    pub(super) id: String,
    pub(super) purpose: String,
}

const HEADER_KEYS: [&str; 10] = [
    "name",
    "version",
    "type",
    "tags",
    "description",
    "owner",
    "layer",
    "workspace",
    "tenant",
    "status",
];
const SECRET_FORMS: [&str; 5] =
    ["key-value", "key-value-properties", "certificate", "cloud-kernel", "cloud-kernel-image-pull"];
const PURPOSES: [&str; 3] = ["rw", "scan", "query"];

/// Reads a manifest that was sent to this tenant, or says what is wrong with it.
pub(super) fn read(body: &[u8], tenant: &str, options: &Options) -> Result<Manifest, String> {
    let document: Value = serde_json::from_slice(body)
        .map_err(|error| format!("could not parse the manifest: {error}"))?;
    let Value::Object(document) = document else {
        return Err(String::from("could not parse the manifest: it is not an object"));
    };
    let kind: Kind = text(&document, "type")?.parse()?;
    let name = text(&document, "name")?;
    names::check(kind, name, options.depot_names)?;
    check_header(&document, kind, tenant)?;
    let body_key = body_key(&document, kind)?;
    check_keys(&document, body_key, options.unknown_keys)?;
    let body = read_body(&document, body_key, kind, options)?;
    let key = Key { tenant: tenant.to_owned(), kind, name: name.to_owned() };
    let shown = sanitized(document, body_key, &body, &options.masked_values);
    Ok(Manifest { key, shown, body })
}

fn check_header(document: &Map<String, Value>, kind: Kind, tenant: &str) -> Result<(), String> {
    let version = text(document, "version")?;
    if version != VERSION {
        return Err(format!("unknown version '{version}' for type '{kind}'"));
    }
    if document.get("tenant").is_some_and(|named| named != tenant) {
        return Err(format!("invalid {kind}, its tenant is not '{tenant}'"));
    }
    if document.get("layer").is_some_and(|layer| layer != "user" && layer != "system") {
        return Err(format!("invalid {kind}, its layer must be user or system"));
    }
    let tags = document.get("tags").map(|tags| tags.as_array().map(Vec::as_slice));
    match tags {
        None => Ok(()),
        Some(Some(tags)) if tags.iter().all(Value::is_string) => Ok(()),
        Some(_) => Err(format!("invalid {kind}, its tags must be a list of strings")),
    }
}

/// Each type's body has the name that the documents use and one that is only read.
fn body_key(document: &Map<String, Value>, kind: Kind) -> Result<&'static str, String> {
    let names = match kind {
        Kind::Secret => ["secret", "spec"],
        Kind::Depot => ["spec", "depot"],
    };
    let found = names.into_iter().find(|name| document.contains_key(*name));
    found.ok_or_else(|| format!("invalid {kind}, missing {}", names[0]))
}

fn check_keys(
    document: &Map<String, Value>,
    body_key: &str,
    unknown: UnknownKeys,
) -> Result<(), String> {
    let stranger = |key: &&String| *key != body_key && !HEADER_KEYS.contains(&key.as_str());
    match document.keys().find(stranger) {
        Some(key) if unknown == UnknownKeys::Refused => Err(format!("unknown field '{key}'")),
        _ => Ok(()),
    }
}

fn read_body(
    document: &Map<String, Value>,
    body_key: &str,
    kind: Kind,
    options: &Options,
) -> Result<Body, String> {
    let body = object(document, body_key)?;
    match kind {
        Kind::Secret => read_secret(body, options.secret_files).map(Body::Secret),
        Kind::Depot => read_depot(body, &options.required_purposes).map(Body::Depot),
    }
}

fn read_secret(body: &Map<String, Value>, files: SecretFiles) -> Result<SecretBody, String> {
    let form = text(body, "type")?;
    if !SECRET_FORMS.contains(&form) {
        return Err(format!("invalid secret, unknown secret type '{form}'"));
    }
    let mut values = strings(body, "data")?;
    if body.contains_key("files") {
        if files == SecretFiles::Refused {
            return Err(String::from("invalid secret, files are read by the command line only"));
        }
        values.append(&mut strings(body, "files")?);
    }
    if values.is_empty() {
        return Err(String::from("invalid secret, missing data"));
    }
    Ok(SecretBody { form: form.to_owned(), values })
}

fn read_depot(body: &Map<String, Value>, required: &[String]) -> Result<DepotBody, String> {
    let spec = object(body, "spec")?;
    if spec.is_empty() {
        return Err(String::from("invalid depot, its spec is empty"));
    }
    let secrets = references(body)?;
    let lacks = |purpose: &&String| !secrets.iter().any(|secret| secret.purpose == **purpose);
    if let Some(purpose) = required.iter().find(lacks) {
        return Err(format!("invalid depot, missing a secret reference with purpose: {purpose}"));
    }
    Ok(DepotBody {
        source_type: text(body, "type")?.to_lowercase(),
        description: body.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        external: body.get("external").and_then(Value::as_bool).unwrap_or(true),
        spec: spec.clone(),
        secrets,
    })
}

fn references(depot: &Map<String, Value>) -> Result<Vec<SecretReference>, String> {
    match depot.get("secrets") {
        None => Ok(Vec::new()),
        Some(Value::Array(entries)) => entries.iter().map(reference).collect(),
        Some(_) => Err(String::from("invalid depot, its secrets must be a list")),
    }
}

fn reference(entry: &Value) -> Result<SecretReference, String> {
    let Value::Object(entry) = entry else {
        return Err(String::from("invalid depot, each of its secrets must be an object"));
    };
    let id = text(entry, "id")?;
    let purpose = text(entry, "purpose")?;
    if !id.contains(':') {
        return Err(format!("invalid depot, the secret reference '{id}' must be TENANT:SECRET"));
    }
    if !PURPOSES.contains(&purpose) {
        return Err(format!("invalid depot, unknown purpose '{purpose}'"));
    }
    Ok(SecretReference { id: id.to_owned(), purpose: purpose.to_owned() })
}

/// Takes the values of a secret out, and the keys that the server itself writes.
fn sanitized(
    mut document: Map<String, Value>,
    body_key: &str,
    body: &Body,
    mask: &MaskedValues,
) -> Map<String, Value> {
    for written_by_server in ["owner", "status"] {
        document.remove(written_by_server);
    }
    if let (Body::Secret(_), Some(Value::Object(secret))) = (body, document.get_mut(body_key)) {
        for place in ["data", "files"] {
            hide(secret, place, mask);
        }
    }
    document
}

fn hide(secret: &mut Map<String, Value>, place: &str, mask: &MaskedValues) {
    match (mask, secret.get_mut(place)) {
        (MaskedValues::As(text), Some(Value::Object(values))) => {
            values.values_mut().for_each(|value| *value = Value::String(text.clone()));
        }
        (MaskedValues::Absent, Some(_)) => {
            secret.remove(place);
        }
        _ => {}
    }
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Result<&'a str, String> {
    match map.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(_) => Err(format!("field '{key}' must be a string that is not empty")),
        None => Err(format!("missing field '{key}'")),
    }
}

fn object<'a>(map: &'a Map<String, Value>, key: &str) -> Result<&'a Map<String, Value>, String> {
    match map.get(key) {
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(format!("field '{key}' must be an object")),
        None => Err(format!("missing field '{key}'")),
    }
}

fn strings(map: &Map<String, Value>, key: &str) -> Result<BTreeMap<String, String>, String> {
    if !map.contains_key(key) {
        return Ok(BTreeMap::new());
    }
    let pair = |(name, value): (&String, &Value)| match value {
        Value::String(value) => Ok((name.clone(), value.clone())),
        // The value is not quoted: it may be a secret.
        _ => Err(format!("invalid secret, the value of '{name}' must be a string")),
    };
    object(map, key)?.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn depot() -> Value {
        json!({
            "name": "sales", "version": "v2alpha", "type": "depot", "layer": "user",
            "tags": ["a"], "owner": "x", "tenant": "engineering",
            "spec": {
                "type": "SNOWFLAKE",
                "spec": {"url": "https://example.test"},
                "secrets": [{"id": "engineering:sales-credentials", "purpose": "rw"}],
            },
        })
    }

    fn secret() -> Value {
        json!({
            "name": "sales-credentials", "version": "v2alpha", "type": "secret",
            "secret": {"type": "key-value", "data": {"username": "u", "password": "hunter2"}},
        })
    }

    fn verdict(manifest: &Value) -> String {
        let read = read(manifest.to_string().as_bytes(), "engineering", &Options::default());
        read.err().unwrap_or_default()
    }

    fn check_depot(pointer: &str, key: &str, value: Value, expected: &str) {
        let mut manifest = depot();
        let place = manifest.pointer_mut(pointer).and_then(Value::as_object_mut);
        place.expect("the pointer is right").insert(key.to_owned(), value);
        assert_eq!(verdict(&manifest), expected, "{pointer}/{key}");
    }

    #[test]
    fn headers_are_checked() {
        let check = |key, value, expected| check_depot("", key, value, expected);
        check("layer", json!("system"), "");
        check("layer", json!("mine"), "invalid depot, its layer must be user or system");
        check("tags", json!("a"), "invalid depot, its tags must be a list of strings");
        check("tags", json!([1]), "invalid depot, its tags must be a list of strings");
        check("tenant", json!("sales"), "invalid depot, its tenant is not 'engineering'");
        check("type", json!("vulcan"), "unknown type 'vulcan'");
        check("version", json!("v1"), "unknown version 'v1' for type 'depot'");
        check("colour", json!(1), "unknown field 'colour'");
        check("name", json!(""), "field 'name' must be a string that is not empty");
    }

    #[test]
    fn depots_are_checked() {
        let check = |key, value, expected| check_depot("/spec", key, value, expected);
        check("spec", json!({}), "invalid depot, its spec is empty");
        check("secrets", json!({}), "invalid depot, its secrets must be a list");
        check("secrets", json!(["a"]), "invalid depot, each of its secrets must be an object");
        check("secrets", json!([]), "");
        check("type", json!("ourOwn"), "");
        let check = |key, value, expected| check_depot("/spec/secrets/0", key, value, expected);
        let form = "invalid depot, the secret reference 'sales' must be TENANT:SECRET";
        check("id", json!("sales"), form);
        check("purpose", json!("r"), "invalid depot, unknown purpose 'r'");
    }

    #[test]
    fn secrets_are_checked() {
        let check = |key: &str, value: Value, expected: &str| {
            let mut manifest = secret();
            manifest["secret"][key] = value;
            assert_eq!(verdict(&manifest), expected, "{key}");
        };
        check("data", json!({"a": "b"}), "");
        check("data", json!({}), "invalid secret, missing data");
        check("data", json!({"a": 1}), "invalid secret, the value of 'a' must be a string");
        check("type", json!("odd"), "invalid secret, unknown secret type 'odd'");
        check(
            "files",
            json!({"key": "x"}),
            "invalid secret, files are read by the command line only",
        );
    }

    #[test]
    fn both_names_of_the_body_are_read() {
        let check = |mut manifest: Value, from: &str, to: &str| {
            let body = manifest.as_object_mut().and_then(|map| map.remove(from));
            manifest[to] = body.expect("the body is there");
            assert_eq!(verdict(&manifest), "", "{to}");
        };
        check(secret(), "secret", "spec");
        check(depot(), "spec", "depot");
    }

    #[test]
    fn values_of_secrets_are_not_shown() {
        let check = |mask: MaskedValues, expected: Value| {
            let options = Options { masked_values: mask, ..Options::default() };
            let read = read(secret().to_string().as_bytes(), "engineering", &options);
            let manifest = read.expect("the manifest is valid");
            assert_eq!(manifest.shown["secret"], expected);
        };
        check(
            MaskedValues::As(String::from("***")),
            json!({"type": "key-value", "data": {"username": "***", "password": "***"}}),
        );
        check(MaskedValues::Absent, json!({"type": "key-value"}));
    }

    #[test]
    fn files_are_stored_where_allowed() {
        let mut manifest = secret();
        manifest["secret"]["files"] = json!({"json_keyfile": "{}"});
        let options = Options { secret_files: SecretFiles::Stored, ..Options::default() };
        let read = read(manifest.to_string().as_bytes(), "engineering", &options);
        let Body::Secret(secret) = read.expect("the manifest is valid").body else {
            panic!("it is a secret");
        };
        assert_eq!(secret.values["json_keyfile"], "{}");
        assert_eq!(secret.values["password"], "hunter2");
    }
}
