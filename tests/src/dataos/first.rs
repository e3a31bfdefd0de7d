//! A stand-in for the first generation of DataOS: instance-secrets, and Depots that name them. It takes manifests as the documents of that
//! generation have them and no others; it shares no code with [`DataOs`](super::DataOs), which stands in for the second.
//!
//! That resources without a workspace are written below `/poros/api/v1/resources` is inferred, not documented.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Method;
use serde_json::{Map, Value, json};

use crate::serve::{Request, Response, Service};

/// What a resource is found by: its type and its name.
type Key = (String, String);

const FORMS: [&str; 3] = ["key-value", "key-value-properties", "certificates"];

/// An instance in memory, with one login.
#[derive(Default)]
pub struct FirstGeneration {
    stored: Mutex<BTreeMap<Key, Value>>,
}

/// What an instance held at some time.
#[derive(Clone)]
pub struct SavedFirst(BTreeMap<Key, Value>);

/// A refusal: a status, and what is said.
type Refused = (u16, String);

impl FirstGeneration {
    /// The login that it takes.
    pub const TOKEN: &str = "bG92ZWxhY2UuOWE3YzFkMzQtZjY4Yi00ZTIw";

    /// The manifest of a resource as it was sent, secrets included.
    pub fn manifest(&self, kind: &str, name: &str) -> Option<Value> {
        self.lock().get(&(kind.to_owned(), name.to_owned())).cloned()
    }

    /// The names of all resources, with their types.
    pub fn stored(&self) -> Vec<String> {
        self.lock().keys().map(|(kind, name)| format!("{kind} {name}")).collect()
    }

    /// What it holds now.
    pub fn save(&self) -> SavedFirst {
        SavedFirst(self.lock().clone())
    }

    /// Holds again what it held then.
    pub fn restore(&self, saved: &SavedFirst) {
        self.lock().clone_from(&saved.0);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Value>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, request: &Request) -> Result<Response, Refused> {
        if request.header("authorization") != Some(&format!("Bearer {}", Self::TOKEN)) {
            return Err((401, "could not verify the token".to_owned()));
        }
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (&request.method, &segments[..]) {
            (method, ["poros", "api", "v1", "resources", rest @ ..]) => {
                self.resources(method, rest, &request.body)
            }
            (&Method::GET, ["ds", "api", "v2", "depots"]) => {
                Ok(Response::json(200, &self.depots()))
            }
            (&Method::GET, ["ds", "api", "v2", "depots", name]) => {
                let depots = self.depots();
                let found =
                    depots.as_array().into_iter().flatten().find(|one| one["name"] == *name);
                found.map(|depot| Response::json(200, depot)).ok_or_else(|| missing("depot", name))
            }
            _ => Ok(Response::text(404, "404 page not found")),
        }
    }

    fn resources(&self, method: &Method, rest: &[&str], body: &[u8]) -> Result<Response, Refused> {
        let mut stored = self.lock();
        match (method, rest) {
            (&Method::POST, ["validate"]) => {
                check(&manifest(body)?, &stored)?;
                Ok(Response::json(200, &json!({})))
            }
            (&Method::POST, []) => {
                let manifest = manifest(body)?;
                let key = check(&manifest, &stored)?;
                if stored.contains_key(&key) {
                    return Err((409, format!("{}:{} already exists", key.0, key.1)));
                }
                let answer = shown(&manifest);
                stored.insert(key, manifest);
                Ok(Response::json(200, &answer))
            }
            (&Method::PUT, [kind, name]) => {
                let manifest = manifest(body)?;
                let key = check(&manifest, &stored)?;
                if key != ((*kind).to_owned(), (*name).to_owned()) || !stored.contains_key(&key) {
                    return Err(missing(kind, name));
                }
                let answer = shown(&manifest);
                stored.insert(key, manifest);
                Ok(Response::json(200, &answer))
            }
            (&Method::GET, [kind, name]) => {
                let found = stored.get(&((*kind).to_owned(), (*name).to_owned()));
                found.map(|one| Response::json(200, &shown(one))).ok_or_else(|| missing(kind, name))
            }
            (&Method::DELETE, [kind, name]) => delete(&mut stored, kind, name),
            _ => Ok(Response::text(404, "404 page not found")),
        }
    }

    /// The Depots as the Depot Service shows them.
    fn depots(&self) -> Value {
        let stored = self.lock();
        let depots = stored.iter().filter(|((kind, _), _)| kind == "depot");
        let depot = |((_, name), manifest): (&Key, &Value)| {
            let body = &manifest["depot"];
            let type_ = body["type"].as_str().unwrap_or_default();
            json!({
                "name": name, "type": type_, "external": true, "owners": ["adalovelace"],
                "secrets": [], type_: body[type_],
            })
        };
        depots.map(depot).collect()
    }
}

impl Service for FirstGeneration {
    fn answer(&self, request: &Request) -> Response {
        self.respond(request).unwrap_or_else(|(status, message)| {
            Response::json(status, &json!({"error": {"status": status, "message": message}}))
        })
    }
}

fn missing(kind: &str, name: &str) -> Refused {
    (404, format!("resource not found: {kind}:{name}"))
}

fn manifest(body: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))
}

fn invalid(reason: &str) -> Refused {
    (400, format!("failure validating instance resource : {reason}"))
}

/// Checks a manifest, and says what it is found by.
fn check(manifest: &Value, stored: &BTreeMap<Key, Value>) -> Result<Key, Refused> {
    let text = |key: &str| manifest[key].as_str().unwrap_or_default();
    let known = ["name", "version", "type", "tags", "description", "owner", "layer"];
    let body = text("type");
    let members: &Map<String, Value> = manifest.as_object().ok_or_else(|| invalid("no object"))?;
    let stranger = members.keys().find(|key| *key != body && !known.contains(&key.as_str()));
    if let Some(stranger) = stranger {
        return Err(invalid(&format!("unknown field '{stranger}'")));
    }
    match (body, text("version")) {
        ("instance-secret", "v1") => check_secret(&manifest[body])?,
        ("depot", "v2alpha") => check_depot(&manifest[body], stored)?,
        (kind, version) => return Err(invalid(&format!("unknown type '{kind}' {version}"))),
    }
    let name = text("name");
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 48 || !name.chars().all(is_plain) {
        return Err(invalid(&format!("name is invalid {name}, must be less than 48 chars")));
    }
    Ok((body.to_owned(), name.to_owned()))
}

fn check_secret(body: &Value) -> Result<(), Refused> {
    let members = body.as_object().ok_or_else(|| invalid("missing instance-secret"))?;
    if let Some(stranger) =
        members.keys().find(|key| !["type", "acl", "data", "files"].contains(&key.as_str()))
    {
        return Err(invalid(&format!("unknown field '{stranger}'")));
    }
    let is_form = FORMS.iter().any(|form| body["type"] == *form);
    let is_access = ["r", "rw"].iter().any(|access| body["acl"] == *access);
    if !is_form || !is_access || (body.get("data").is_none() && body.get("files").is_none()) {
        return Err(invalid("an instance-secret has a type, an acl, and data or files"));
    }
    Ok(())
}

fn check_depot(body: &Value, stored: &BTreeMap<Key, Value>) -> Result<(), Refused> {
    let type_ = body["type"].as_str().ok_or_else(|| invalid("missing field 'type'"))?;
    if !body[type_].is_object() || !body["external"].is_boolean() || body.get("spec").is_some() {
        return Err(invalid("a depot has external, and its fields under the name of its type"));
    }
    let mut accesses = Vec::new();
    for entry in body["secrets"].as_array().into_iter().flatten() {
        let name = entry["name"].as_str().unwrap_or_default();
        let found = stored.get(&("instance-secret".to_owned(), name.to_owned()));
        let found = found.ok_or_else(|| invalid(&format!("no instance-secret '{name}'")))?;
        if entry["allkeys"] != true && !entry["keys"].is_array() {
            return Err(invalid("a reference has allkeys or keys"));
        }
        accesses.push(found["instance-secret"]["acl"].clone());
    }
    if !accesses.is_empty() && !accesses.contains(&json!("r")) {
        return Err(invalid("invalid depot, missing a secret reference with acl: r"));
    }
    Ok(())
}

fn delete(stored: &mut BTreeMap<Key, Value>, kind: &str, name: &str) -> Result<Response, Refused> {
    let uses = |depot: &Value| {
        let mut secrets = depot["depot"]["secrets"].as_array().into_iter().flatten();
        secrets.any(|entry| entry["name"] == *name)
    };
    let user = stored.iter().find(|((user, _), one)| user == "depot" && uses(one));
    if let (Some(((_, user), _)), "instance-secret") = (user, kind) {
        let reason =
            format!("cannot delete resource, it is a dependency of 'depot:v2alpha:{user}'");
        return Err((400, format!("failure deleting instance resource : {reason}")));
    }
    let gone = stored.remove(&(kind.to_owned(), name.to_owned()));
    gone.map(|_| Response::json(200, &json!({}))).ok_or_else(|| missing(kind, name))
}

/// A resource as it is read: without values, and with what the server adds.
fn shown(manifest: &Value) -> Value {
    let mut shown = manifest.clone();
    for place in ["/instance-secret/data", "/instance-secret/files"] {
        if let Some(values) = shown.pointer_mut(place).and_then(Value::as_object_mut) {
            values.values_mut().for_each(|value| *value = json!("AAAA"));
        }
    }
    shown["owner"] = json!("adalovelace");
    shown["uid"] = json!("d47a05c0-0000-4000-8000-000000000001");
    shown["generation"] = json!(1);
    shown["status"] = json!({"aggregateStatus": "active"});
    shown
}
