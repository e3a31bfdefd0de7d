//! The examples of `host/formats/examples.json`: manifests, and what is read from them.

use serde_json::json;

use super::*;

fn examples() -> Vec<Value> {
    let text = include_str!("../../../formats/examples.json");
    serde_json::from_str(text).expect("the examples are JSON")
}

fn values(foreign: &Foreign) -> Vec<String> {
    let one = |(name, value): &(String, ForeignValue)| match value {
        ForeignValue::Visible(text) => format!("{name}={text}"),
        ForeignValue::Hidden(secret) => format!("{name}=***{}", secret.len()),
        ForeignValue::File(path) => format!("{name}@{path}"),
    };
    let mut all: Vec<String> = foreign.values.iter().map(one).collect();
    all.sort();
    all
}

fn read_all(documents: &Value) -> Result<Foreign, String> {
    let documents = documents.as_array().expect("a list").iter();
    let mut all = documents.map(|document| read(document).expect("a form fits"));
    let whole = all.next().expect("a manifest")?;
    let parts: Vec<Foreign> = all.collect::<Result<_, _>>()?;
    assert!(parts.iter().all(|part| part.role == Role::Part && whole.parts.contains(&part.name)));
    Ok(merged(whole, parts))
}

#[test]
fn examples_are_read_as_they_say() {
    for example in examples() {
        let case = &example["case"];
        let foreign = match (read_all(&example["documents"]), example["error"].as_str()) {
            (Ok(foreign), None) => foreign,
            (Err(error), Some(expected)) => {
                assert!(error.contains(expected) && !error.contains("hunter2"), "{case}: {error}");
                continue;
            }
            (found, _) => panic!("{case}: {found:?}"),
        };
        assert_eq!(json!(foreign.name), example["name"], "{case}");
        assert_eq!(json!(foreign.scope), example["scope"], "{case}");
        assert_eq!(json!(foreign.type_name), example["type"], "{case}");
        assert_eq!(json!(foreign.display_name), example["display-name"], "{case}");
        assert_eq!(json!(values(&foreign)), example["values"], "{case}");
        let labels = foreign.labels.iter().map(|label| format!("{}={}", label.key, label.value));
        let labels: Vec<String> = labels.collect();
        assert_eq!(json!(labels), *example.get("labels").unwrap_or(&json!([])), "{case}");
        assert_eq!(json!(foreign.parts), *example.get("parts").unwrap_or(&json!([])), "{case}");
    }
}

#[test]
fn what_no_form_fits_is_none() {
    assert!(read(&json!({"apiVersion": "v1", "kind": "ConfigMap"})).is_none());
    assert!(read(&json!([])).is_none());
    assert!(!titles().is_empty());
}
