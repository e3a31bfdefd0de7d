//! The rules for names, labels, keys and sizes, with the messages of a real API server.

use base64::Engine;
use serde_json::Value;

use super::decode::{members, metadata};
use super::go_decoding::{self, STANDARD};
use super::resource_type::{CONFIG_MAPS, NAMESPACES, ResourceType, SECRETS};
use super::status::FieldError;

/// The values of a secret or configuration map may not take more, in bytes.
const MAX_DATA: usize = 1024 * 1024;

/// All annotations of an object together may not take more, in bytes.
const MAX_ANNOTATIONS: usize = 256 * 1024;

const IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// All wrong fields of a new object.
pub(super) fn validate(object: &Value, of: &ResourceType) -> Vec<FieldError> {
    let mut errors = validate_name(object, of);
    errors.extend(validate_labels(&object["metadata"]["labels"]));
    errors.extend(validate_annotations(&object["metadata"]["annotations"]));
    errors.extend(validate_content(object, of));
    errors
}

/// All wrong fields of a changed object, what must not change first.
pub(super) fn validate_update(old: &Value, new: &Value, of: &ResourceType) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if *of == SECRETS && old["type"] != new["type"] {
        let value = new["type"].as_str().unwrap_or_default();
        errors.push(FieldError::invalid("type", value, "field is immutable"));
    }
    if old["immutable"] == true {
        if new["immutable"] != true {
            errors.push(FieldError::forbidden("immutable", IMMUTABLE));
        }
        if old["data"] != new["data"] {
            errors.push(FieldError::forbidden("data", IMMUTABLE));
        }
    }
    errors.extend(validate(new, of));
    errors
}

fn validate_name(object: &Value, of: &ResourceType) -> Vec<FieldError> {
    let name = metadata(object, "name");
    if name.is_empty() {
        let message = "name or generateName is required";
        return vec![FieldError::required("metadata.name", message)];
    }
    let broken = if *of == NAMESPACES { label_name_errors(name) } else { subdomain_errors(name) };
    let invalid = |message: String| FieldError::invalid("metadata.name", name, &message);
    broken.into_iter().map(invalid).collect()
}

/// The name of a namespace: a DNS label.
fn label_name_errors(name: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if name.len() > 63 {
        errors.push(String::from("must be no more than 63 characters"));
    }
    if !is_dns_label(name) {
        errors.push(String::from(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
             and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', \
             regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ));
    }
    errors
}

/// The name of most objects: a DNS subdomain.
fn subdomain_errors(name: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if name.len() > 253 {
        errors.push(String::from("must be no more than 253 characters"));
    }
    if !is_subdomain(name) {
        errors.push(String::from(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
             '-' or '.', and must start and end with an alphanumeric character (e.g. \
             'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ));
    }
    errors
}

fn validate_labels(labels: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, value) in members(labels) {
        errors.extend(key_errors("metadata.labels", key));
        let value = value.as_str().unwrap_or_default();
        let broken = label_value_errors(value);
        let invalid = |message: &str| FieldError::invalid("metadata.labels", value, message);
        errors.extend(broken.into_iter().map(invalid));
    }
    errors
}

fn label_value_errors(value: &str) -> Vec<&'static str> {
    let mut errors = Vec::new();
    if value.len() > 63 {
        errors.push("must be no more than 63 bytes");
    }
    if !value.is_empty() && !is_qualified_part(value) {
        errors.push(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' \
             or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
             'my_value',  or '12345', regex used for validation is \
             '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        );
    }
    errors
}

fn validate_annotations(annotations: &Value) -> Vec<FieldError> {
    const FIELD: &str = "metadata.annotations";
    let mut errors = Vec::new();
    let mut size = 0;
    for (key, value) in members(annotations) {
        errors.extend(key_errors(FIELD, &key.to_lowercase()));
        size += key.len() + value.as_str().unwrap_or_default().len();
    }
    if size > MAX_ANNOTATIONS {
        errors.push(FieldError::too_long(FIELD, MAX_ANNOTATIONS));
    }
    errors
}

/// The key of a label or annotation: `NAME` or `SUBDOMAIN/NAME`.
fn key_errors(field: &str, key: &str) -> Vec<FieldError> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let mut errors = Vec::new();
    if prefix.is_some_and(str::is_empty) {
        errors.push(String::from("prefix part must be non-empty"));
    } else if let Some(prefix) = prefix {
        let broken = subdomain_errors(prefix);
        errors.extend(broken.into_iter().map(|message| format!("prefix part {message}")));
    }
    if name.is_empty() {
        errors.push(String::from("name part must be non-empty"));
    } else if name.len() > 63 {
        errors.push(String::from("name part must be no more than 63 bytes"));
    }
    if !is_qualified_part(name) {
        errors.push(String::from(
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start \
             and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
             regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ));
    }
    errors.iter().map(|message| FieldError::invalid(field, key, message)).collect()
}

fn validate_content(object: &Value, of: &ResourceType) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if *of == SECRETS || *of == CONFIG_MAPS {
        let mut size = 0;
        for (key, value) in members(&object["data"]) {
            errors.extend(data_key_errors(key));
            size += data_size(value, of);
        }
        if size > MAX_DATA {
            errors.push(FieldError::too_long("data", MAX_DATA));
        }
    }
    if *of == SECRETS {
        errors.extend(validate_secret_type(object));
    }
    errors
}

fn data_size(value: &Value, of: &ResourceType) -> usize {
    let text = value.as_str().unwrap_or_default();
    match *of == SECRETS {
        true => STANDARD.decode(text).map_or(0, |bytes| bytes.len()),
        false => text.len(),
    }
}

fn data_key_errors(key: &str) -> Vec<FieldError> {
    let invalid = |message: &str| FieldError::invalid(&format!("data[{key}]"), key, message);
    let mut errors = Vec::new();
    if key.len() > 253 {
        errors.push(invalid("must be no more than 253 characters"));
    }
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if key.is_empty() || !key.bytes().all(is_legal) {
        errors.push(invalid(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. \
             'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is \
             '[-._a-zA-Z0-9]+')",
        ));
    }
    match key {
        "." => errors.push(invalid("must not be '.'")),
        ".." => errors.push(invalid("must not be '..'")),
        _ if key.starts_with("..") => errors.push(invalid("must not start with '..'")),
        _ => {}
    }
    errors
}

/// What the built-in types of secrets must hold.
fn validate_secret_type(secret: &Value) -> Vec<FieldError> {
    let data = &secret["data"];
    let missing = |keys: &[&str]| -> Vec<FieldError> {
        let absent = keys.iter().filter(|key| data[**key].is_null());
        absent.map(|key| FieldError::required(&format!("data[{key}]"), "")).collect()
    };
    match secret["type"].as_str().unwrap_or_default() {
        "kubernetes.io/tls" => missing(&["tls.crt", "tls.key"]),
        "kubernetes.io/ssh-auth" => missing(&["ssh-privatekey"]),
        "kubernetes.io/basic-auth" => match missing(&["username", "password"]) {
            both if both.len() == 2 => both,
            _ => Vec::new(),
        },
        "kubernetes.io/dockercfg" => validate_docker(data, ".dockercfg"),
        "kubernetes.io/dockerconfigjson" => validate_docker(data, ".dockerconfigjson"),
        _ => Vec::new(),
    }
}

fn validate_docker(data: &Value, key: &str) -> Vec<FieldError> {
    let field = format!("data[{key}]");
    let Some(encoded) = data[key].as_str() else {
        return vec![FieldError::required(&field, "")];
    };
    let bytes = STANDARD.decode(encoded).unwrap_or_default();
    if serde_json::from_slice::<Value>(&bytes).is_ok() {
        return Vec::new();
    }
    let why = go_decoding::syntax_error(&bytes).unwrap_or_default();
    vec![FieldError::invalid(&field, "<secret contents redacted>", &why)]
}

fn is_dns_label(text: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_legal) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

fn is_qualified_part(text: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.iter().all(|byte| is_legal(*byte)) && is_edge(bytes.first()) && is_edge(bytes.last())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(object: Value, of: &ResourceType, expected: &[(&str, &str)]) {
        let errors = validate(&object, of);
        let seen: Vec<(&str, &str)> =
            errors.iter().map(|error| (error.field.as_str(), error.reason)).collect();
        assert_eq!(seen, expected, "{object}");
    }

    fn secret(kind: &str, data: Value) -> Value {
        json!({"metadata": {"name": "x"}, "type": kind, "data": data})
    }

    #[test]
    fn names() {
        let named = |name: &str| json!({"metadata": {"name": name}});
        const WRONG: &[(&str, &str)] = &[("metadata.name", "FieldValueInvalid")];
        check(named("a.b-c.1"), &SECRETS, &[]);
        check(named("a.b"), &NAMESPACES, WRONG);
        for name in ["A", "-a", "a-", "a..b", "a_b", ".a", "ä"] {
            check(named(name), &SECRETS, WRONG);
        }
        check(named(&"a".repeat(253)), &SECRETS, &[]);
        check(named(&"a".repeat(254)), &SECRETS, WRONG);
        check(named(&"a".repeat(64)), &NAMESPACES, WRONG);
        check(named(""), &SECRETS, &[("metadata.name", "FieldValueRequired")]);
    }

    #[test]
    fn labels_and_annotations() {
        let labeled = |labels: Value| json!({"metadata": {"name": "x", "labels": labels}});
        let wrong = ("metadata.labels", "FieldValueInvalid");
        check(labeled(json!({"a.io/B_c": "", "x": "Y.z"})), &SECRETS, &[]);
        check(labeled(json!({"a b": "x"})), &SECRETS, &[wrong]);
        check(labeled(json!({"/x": "-"})), &SECRETS, &[wrong, wrong]);
        check(labeled(json!({"x": "a".repeat(64)})), &SECRETS, &[wrong]);
        let annotated = json!({"metadata": {"name": "x", "annotations": {"A.io/b": "any\nthing"}}});
        check(annotated, &SECRETS, &[]);
        let long = "x".repeat(MAX_ANNOTATIONS);
        let annotated = json!({"metadata": {"name": "x", "annotations": {"a": long}}});
        check(annotated, &SECRETS, &[("metadata.annotations", "FieldValueTooLong")]);
    }

    #[test]
    fn secrets() {
        const REQUIRED: &str = "FieldValueRequired";
        check(secret("Opaque", json!({"a-B._1": "eA=="})), &SECRETS, &[]);
        let dotted = secret("Opaque", json!({"..x": "eA=="}));
        check(dotted, &SECRETS, &[("data[..x]", "FieldValueInvalid")]);
        let one = secret("kubernetes.io/tls", json!({"tls.crt": "eA=="}));
        check(one, &SECRETS, &[("data[tls.key]", REQUIRED)]);
        check(secret("kubernetes.io/basic-auth", json!({"password": "eA=="})), &SECRETS, &[]);
        let expected = [("data[username]", REQUIRED), ("data[password]", REQUIRED)];
        check(secret("kubernetes.io/basic-auth", json!({})), &SECRETS, &expected);
        let docker = |text: &str| {
            secret(
                "kubernetes.io/dockerconfigjson",
                json!({".dockerconfigjson": STANDARD.encode(text)}),
            )
        };
        check(docker("{\"auths\":{}}"), &SECRETS, &[]);
        check(docker("{auths"), &SECRETS, &[("data[.dockerconfigjson]", "FieldValueInvalid")]);
        let fits = STANDARD.encode(vec![b'x'; MAX_DATA]);
        check(secret("Opaque", json!({"a": fits})), &SECRETS, &[]);
        let big = secret("Opaque", json!({"a": fits, "b": "eA=="}));
        check(big, &SECRETS, &[("data", "FieldValueTooLong")]);
    }

    #[test]
    fn what_must_not_change() {
        let old = json!({
            "metadata": {"name": "x"}, "type": "Opaque", "immutable": true, "data": {"a": "eA=="},
        });
        assert_eq!(validate_update(&old, &old, &SECRETS), []);
        let mut new = old.clone();
        new["immutable"] = json!(false);
        new["data"] = json!({});
        new["type"] = json!("other");
        let errors = validate_update(&old, &new, &SECRETS);
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["type", "immutable", "data"]);
    }
}
