//! A depot in the forms of the Depot Service, which differ from the resource manager's.

use serde_json::{Map, Value, json};

use super::lifecycle::Stage;
use super::manifest::{Body, DepotBody};
use super::resource::Resource;
use super::state::State;
use super::udl::Udl;

/// The documented `DepotResponse`.
pub(super) fn depot(state: &State, resource: &Resource) -> Value {
    let mut view = place_fields(state, resource);
    view.extend(map(json!({
        "name": resource.key.name,
        "tenant": resource.key.tenant,
        "owners": [resource.owner],
        "meta": {},
        "archivalMessage": resource.archival.message,
        "createdAt": resource.created.text,
        "updatedAt": resource.updated.text,
    })));
    if let Body::Depot(depot) = &resource.body {
        view.insert(String::from("description"), json!(depot.description));
    }
    Value::Object(view)
}

/// The answer to a status call. The vendor's client expects a depot; the fields `status` and
/// `message` in it are a guess.
pub(super) fn depot_status(state: &State, resource: &Resource) -> Value {
    let mut view = depot(state, resource);
    let stage = resource.life.stage();
    view["status"] = json!(stage.word());
    if let Stage::Failed(failure) = stage {
        view["message"] = json!(failure.info);
    }
    view
}

/// What an address means, in the first form: the place and its path in two parts.
pub(super) fn place(state: &State, resource: &Resource, udl: &Udl) -> Value {
    let mut view = place_fields(state, resource);
    view.insert(String::from("depot"), json!(resource.key.name));
    view.extend(path_fields(udl));
    Value::Object(view)
}

/// What an address means, in the second form: the path is a part of its own.
pub(super) fn resolution(state: &State, resource: &Resource, udl: &Udl) -> Value {
    let mut view = place_fields(state, resource);
    let mut resolution = path_fields(udl);
    resolution.extend(typed_path_fields(&source_type(resource), udl));
    resolution.insert(String::from("depot"), json!(resource.key.name));
    resolution.insert(String::from("identifier"), json!(udl.path.join("/")));
    resolution.insert(String::from("params"), params(udl));
    view.insert(String::from("depot"), json!(resource.key.name));
    view.insert(String::from("resolution"), Value::Object(resolution));
    Value::Object(view)
}

/// The fields that all forms have.
fn place_fields(state: &State, resource: &Resource) -> Map<String, Value> {
    let Body::Depot(depot) = &resource.body else {
        return Map::new();
    };
    map(json!({
        "type": depot.source_type,
        "format": depot.spec.get("format").unwrap_or(&Value::Null),
        "external": depot.external,
        "source": resource.key.name,
        "isArchived": resource.archival.is_archived,
        "secrets": secrets(state, depot),
        // The documents call the source's fields by the type's own name.
        depot.source_type.clone(): depot.spec,
    }))
}

fn secrets(state: &State, depot: &DepotBody) -> Vec<Value> {
    let form = |id: &str| match state.secret(id).map(|secret| &secret.body) {
        Some(Body::Secret(secret)) => secret.form.clone(),
        _ => String::from("key-value"),
    };
    let entries = depot.secrets.iter();
    entries
        .map(|entry| {
            json!({
                "id": entry.id,
                "purpose": entry.purpose,
                "type": form(&entry.id),
                "provider": "HEIMDALL",
            })
        })
        .collect()
}

/// The path in two parts: the last segment, and what is before it.
fn path_fields(udl: &Udl) -> Map<String, Value> {
    let (dataset, collection) = match udl.path.split_last() {
        Some((last, [])) => (Value::Null, json!(last)),
        Some((last, before)) => (json!(last), json!(before.join("/"))),
        None => (Value::Null, Value::Null),
    };
    map(json!({"collection": collection, "dataset": dataset}))
}

/// The names that a type has for the parts of a path. Which type has which is inferred.
fn typed_path_fields(source_type: &str, udl: &Udl) -> Map<String, Value> {
    let names: &[&str] = match source_type {
        "snowflake" | "postgresql" | "redshift" | "oracle" | "jdbc" | "presto" => {
            &["table", "schema", "database"]
        }
        "mysql" | "bigquery" | "mongodb" => &["table", "database"],
        "kafka" => &["topic"],
        "pulsar" => &["topic", "namespace"],
        _ => &[],
    };
    let parts = names.iter().zip(udl.path.iter().rev());
    parts.map(|(name, part)| ((*name).to_owned(), json!(part))).collect()
}

fn params(udl: &Udl) -> Value {
    match &udl.purpose {
        Some(purpose) => json!({"purpose": purpose}),
        None => json!({}),
    }
}

fn source_type(resource: &Resource) -> String {
    match &resource.body {
        Body::Depot(depot) => depot.source_type.clone(),
        Body::Secret(_) => String::new(),
    }
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
