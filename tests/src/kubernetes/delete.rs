use serde_json::{Value, json};

use super::call::{Call, Persist, WriteOptions};
use super::decode::metadata;
use super::read;
use super::resource_type::NAMESPACES;
use super::status::{self, Failure, Subject};
use super::store::Store;
use crate::serve::Response;

/// Answers a DELETE of one object.
pub(super) fn delete(call: &Call<'_>, store: &mut Store) -> Result<Response, Failure> {
    let options = delete_options(call)?;
    let persist = persist(call, &options)?;
    let name = &call.info.name;
    let key = call.key(name);
    let stored = store.get(&key).ok_or_else(|| status::not_found(call.subject(name)))?;
    let object = stored.object();
    check_preconditions(&options["preconditions"], &object, call)?;
    if *call.of == NAMESPACES {
        let object = terminate(object, call);
        let object = if persist == Persist::Keep { store.put(key, object) } else { object };
        return Ok(Response::json(200, &call.shown(object)));
    }
    if persist == Persist::Keep {
        store.remove(&key);
    }
    Ok(Response::json(200, &success(call, &object)))
}

/// Answers a DELETE of a collection: everything that a list would show is gone.
pub(super) fn delete_collection(call: &Call<'_>, store: &mut Store) -> Result<Response, Failure> {
    let options = delete_options(call)?;
    let persist = persist(call, &options)?;
    let answer = read::list(call, store)?;
    if persist == Persist::Keep {
        for key in read::selected_keys(call, store)? {
            store.remove(&key);
        }
    }
    Ok(answer)
}

/// A namespace is emptied first; it stays visible as long as that takes.
fn terminate(mut namespace: Value, call: &Call<'_>) -> Value {
    if namespace["metadata"]["deletionTimestamp"].is_null() {
        namespace["metadata"]["deletionTimestamp"] = json!(call.now);
    }
    namespace["status"]["phase"] = json!("Terminating");
    namespace
}

fn delete_options(call: &Call<'_>) -> Result<Value, Failure> {
    if call.request.body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&call.request.body)
        .map_err(|error| status::bad_request(format!("could not decode DeleteOptions: {error}")))
}

/// A dry run can be asked for in the query or in the body.
fn persist(call: &Call<'_>, options: &Value) -> Result<Persist, Failure> {
    if options["dryRun"] == json!(["All"]) {
        return Ok(Persist::DryRun);
    }
    Ok(WriteOptions::read(call.request, "DeleteOptions")?.persist)
}

fn check_preconditions(asked: &Value, object: &Value, call: &Call<'_>) -> Result<(), Failure> {
    // Here a real server names the kind where it otherwise names the resource.
    let subject = Subject { group: call.of.group, resource: call.of.kind, name: &call.info.name };
    let uid = metadata(object, "uid");
    if let Some(asked) = asked["uid"].as_str().filter(|asked| *asked != uid) {
        let why = format!(
            "the UID in the precondition ({asked}) does not match the UID in record ({uid}). The \
             object might have been deleted and then recreated"
        );
        return Err(status::conflict(subject, &why));
    }
    let revision = metadata(object, "resourceVersion");
    if let Some(asked) = asked["resourceVersion"].as_str().filter(|asked| *asked != revision) {
        let why = format!(
            "the ResourceVersion in the precondition ({asked}) does not match the ResourceVersion \
             in record ({revision}). The object might have been modified"
        );
        return Err(status::conflict(subject, &why));
    }
    Ok(())
}

fn success(call: &Call<'_>, object: &Value) -> Value {
    let mut details = json!({
        "name": call.info.name,
        "kind": call.of.plural,
        "uid": metadata(object, "uid"),
    });
    if !call.of.group.is_empty() {
        details["group"] = json!(call.of.group);
    }
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    })
}
