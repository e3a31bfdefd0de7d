//! The two API groups of OpenShift by which a client learns who the user is and which projects it
//! can see. Projects are the namespaces in which the user may do anything at all.

use serde_json::{Value, json};

use super::authorization::Attributes;
use super::call::Call;
use super::resource_type::{NAMESPACES, USERS};
use super::status::{self, Failure};
use super::store::{Key, Store};
use crate::serve::Response;

/// Answers a GET on projects or users.
pub(super) fn read(call: &Call<'_>, store: &Store) -> Result<Response, Failure> {
    match (call.of.kind, call.info.name.as_str()) {
        (kind, "~") if kind == USERS.kind => Ok(Response::json(200, &myself(call))),
        (kind, name) if kind == USERS.kind => Err(status::not_found(call.subject(name))),
        (_, "") => Ok(Response::json(200, &projects(call, store))),
        (_, name) => {
            let stored = store.get(&Key::new(&NAMESPACES, "", name));
            let namespace = stored.map(|stored| stored.object()).filter(|_| is_member(call, name));
            let namespace = namespace.ok_or_else(|| not_a_member(call, name))?;
            Ok(Response::json(200, &call.shown(project(namespace))))
        }
    }
}

fn myself(call: &Call<'_>) -> Value {
    let groups = call.user.groups.iter().filter(|group| !group.starts_with("system:"));
    let user = json!({
        "metadata": {"name": call.user.name, "uid": call.user.uid},
        "groups": groups.collect::<Vec<_>>(),
        "identities": [],
    });
    call.shown(user)
}

fn projects(call: &Call<'_>, store: &Store) -> Value {
    let revision = store.revision();
    let all = store.list(&NAMESPACES, Some(""), ("", ""), revision);
    let mine = all.filter(|(key, _)| is_member(call, &key.name));
    json!({
        "kind": "ProjectList",
        "apiVersion": call.api_version(),
        "metadata": {"resourceVersion": revision.to_string()},
        "items": mine.map(|(_, stored)| project(stored.object())).collect::<Vec<_>>(),
    })
}

fn project(namespace: Value) -> Value {
    json!({
        "metadata": namespace["metadata"],
        "spec": namespace["spec"],
        "status": namespace["status"],
    })
}

fn is_member(call: &Call<'_>, namespace: &str) -> bool {
    let asked = Attributes { verb: "get", group: "", resource: NAMESPACES.plural, namespace };
    call.user.may(asked).is_some()
}

/// Outsiders do not learn whether a project exists; those who may read all of them do.
fn not_a_member(call: &Call<'_>, name: &str) -> Failure {
    if is_member(call, name) {
        return status::not_found(call.subject(name));
    }
    let group = call.of.group;
    let why = format!(
        "User {:?} cannot get resource \"projects\" in API group {group:?} in the namespace {name:?}",
        call.user.name
    );
    status::forbidden(call.subject(name), &why)
}
