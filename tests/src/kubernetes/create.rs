use serde_json::{Value, json};

use super::call::{Call, Persist, WriteOptions};
use super::decode::{self, Decoded, metadata};
use super::managed_fields;
use super::resource_type::{NAMESPACES, ResourceType, SECRETS, Scope};
use super::status::{self, Failure, Subject};
use super::store::{Key, Store};
use super::validation::validate;
use super::{seed, stamp};
use crate::serve::Response;

/// The longest name that is generated, without its random end.
const MAX_NAME_BASE: usize = 58;

/// Answers a POST on a collection.
pub(super) fn create(call: &Call<'_>, store: &mut Store) -> Result<Response, Failure> {
    let options = WriteOptions::read(call.request, "CreateOptions")?;
    let body = decode::read_body(call)?;
    let Decoded { mut object, warnings } = decode::check(body, call, options.field_validation)?;
    forget_server_metadata(&mut object)?;
    place(&mut object, call)?;
    complete(&mut object, call.of);
    let api_version = call.api_version();
    let change = call.change(&options.manager, &api_version);
    managed_fields::record_update(None, &mut object, call.of, &change);
    let object = insert(call, store, object, options.persist)?;
    Ok(with_warnings(Response::json(201, &call.shown(object)), &warnings))
}

/// Checks a new object and stores it. Its managed fields are recorded already.
pub(super) fn insert(
    call: &Call<'_>,
    store: &mut Store,
    mut object: Value,
    persist: Persist,
) -> Result<Value, Failure> {
    let name = metadata(&object, "name").to_owned();
    admit(call, store, &name)?;
    let errors = validate(&object, call.of);
    if !errors.is_empty() {
        return Err(status::invalid(call.of, &name, &errors));
    }
    let key = call.key(&name);
    if store.get(&key).is_some() {
        return Err(status::already_exists(call.subject(&name)));
    }
    object["metadata"]["uid"] = json!(stamp::uid());
    object["metadata"]["creationTimestamp"] = json!(call.now);
    if call.of.is_custom() {
        object["metadata"]["generation"] = json!(1);
    }
    if *call.of == NAMESPACES {
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
    }
    if persist == Persist::DryRun {
        return Ok(object);
    }
    let object = store.put(key, object);
    if *call.of == NAMESPACES {
        seed::root_certificate(store, &name);
    }
    Ok(object)
}

/// Fills in what the server assumes.
pub(super) fn complete(object: &mut Value, of: &ResourceType) {
    if *of == SECRETS && object["type"].as_str().is_none_or(str::is_empty) {
        object["type"] = json!("Opaque");
    }
    let name = metadata(object, "name").to_owned();
    if *of == NAMESPACES && !name.is_empty() {
        let labels = &mut object["metadata"]["labels"];
        labels["kubernetes.io/metadata.name"] = json!(name);
    }
}

/// Adds what a client is warned of to an answer.
pub(super) fn with_warnings(answer: Response, warnings: &[String]) -> Response {
    warnings.iter().fold(answer, |answer, warning| {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        answer.header("warning", &format!("299 - \"{quoted}\""))
    })
}

fn forget_server_metadata(object: &mut Value) -> Result<(), Failure> {
    if !["", "0"].contains(&metadata(object, "resourceVersion")) {
        let message = "resourceVersion should not be set on objects to be created";
        return Err(status::internal(message));
    }
    let fields = [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "deletionTimestamp",
        "managedFields",
        "generation",
        "selfLink",
        "deletionGracePeriodSeconds",
    ];
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|key, _| !fields.contains(&key.as_str()));
    }
    Ok(())
}

/// Gives the object its namespace and, if asked, a name.
fn place(object: &mut Value, call: &Call<'_>) -> Result<(), Failure> {
    let namespace = call.namespace();
    if !["", namespace].contains(&metadata(object, "namespace")) {
        return Err(status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if call.of.scope == Scope::Namespaced {
        object["metadata"]["namespace"] = json!(namespace);
    }
    let base = metadata(object, "generateName");
    if metadata(object, "name").is_empty() && !base.is_empty() {
        let base = base.get(..MAX_NAME_BASE).unwrap_or(base);
        object["metadata"]["name"] = json!(format!("{base}{}", stamp::name_suffix()));
    }
    Ok(())
}

/// New content needs a namespace that is there and not going away.
fn admit(call: &Call<'_>, store: &Store, name: &str) -> Result<(), Failure> {
    if call.of.scope == Scope::Cluster {
        return Ok(());
    }
    let namespace = call.namespace();
    let Some(stored) = store.get(&Key::new(&NAMESPACES, "", namespace)) else {
        let subject = Subject { group: "", resource: NAMESPACES.plural, name: namespace };
        return Err(status::not_found(subject));
    };
    if stored.object()["status"]["phase"] == "Terminating" {
        return Err(status::namespace_terminating(call.subject(name), namespace));
    }
    Ok(())
}
