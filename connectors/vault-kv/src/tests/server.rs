//! The part of a key-value engine that the tests need.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use connhub_sdk::testing::{FakeHost, Reply, SentRequest};
use serde_json::{Map, Value, json};

/// A stand-in host with an engine behind its endpoint.
pub(super) struct Server {
    pub(super) fake: FakeHost,
    engine: Rc<RefCell<Engine>>,
}

#[derive(Default)]
struct Engine {
    keys: BTreeMap<String, Key>,
    /// Beginnings of `METHOD path` that are answered so.
    refusals: Vec<(String, u16, &'static str)>,
}

#[derive(Default)]
struct Key {
    /// None for a version that was deleted.
    versions: Vec<Option<Map<String, Value>>>,
    custom: Map<String, Value>,
}

impl Server {
    pub(super) fn new() -> Self {
        let fake = FakeHost::granted(super::PLUGINS, "vault-kv");
        let engine = Rc::new(RefCell::new(Engine::default()));
        let answers = Rc::clone(&engine);
        fake.serve("vault", move |request| answers.borrow_mut().answer(request));
        Self { fake, engine }
    }

    /// Answers what begins with `METHOD path` with a refusal from now on.
    pub(super) fn refuse(&self, what: &str, status: u16, message: &'static str) {
        self.engine.borrow_mut().refusals.push((what.to_owned(), status, message));
    }

    /// Stores a secret as somebody else does.
    pub(super) fn put(&self, key: &str, data: Value, custom: Value) {
        let mut engine = self.engine.borrow_mut();
        let own = engine.keys.entry(key.to_owned()).or_default();
        own.versions.push(data.as_object().cloned());
        own.custom = custom.as_object().cloned().unwrap_or_default();
    }

    /// The current data; null if there is none.
    pub(super) fn data(&self, key: &str) -> Value {
        let engine = self.engine.borrow();
        let current = engine.keys.get(key).and_then(|key| key.versions.last().cloned().flatten());
        current.map_or(Value::Null, Value::Object)
    }

    pub(super) fn custom(&self, key: &str) -> Value {
        let engine = self.engine.borrow();
        engine.keys.get(key).map_or(Value::Null, |key| Value::Object(key.custom.clone()))
    }

    /// What was sent, as `METHOD path` below the mount.
    pub(super) fn calls(&self) -> Vec<String> {
        let requests = self.fake.requests();
        let short = |path: &str| path.replace("/v1/secret/", "");
        requests.iter().map(|sent| format!("{} {}", sent.method, short(&sent.path))).collect()
    }
}

impl Engine {
    fn answer(&mut self, request: &SentRequest) -> Reply {
        let line = format!("{} {}", request.method, request.path);
        let refusal = self.refusals.iter().find(|(what, ..)| line.starts_with(what.as_str()));
        if let Some((_, status, message)) = refusal {
            return Reply::json(*status, json!({"errors": [message]}));
        }
        let rest = request.path.strip_prefix("/v1/secret/").unwrap_or_default();
        let (part, key) = rest.split_once('/').unwrap_or((rest, ""));
        let key = key.replace("%20", " ");
        match (request.method.as_str(), part) {
            ("LIST", _) => self.list(&key),
            ("GET", "data") => self.read(&key),
            ("POST" | "PATCH", "data") => self.write(request, &key),
            ("GET", "metadata") => {
                Reply::json(200, json!({"data": {"created_time": "2026-01-01T00:00:00.5Z"}}))
            }
            ("POST" | "PATCH", "metadata") => self.describe(request, &key),
            ("DELETE", "metadata") => {
                self.keys.remove(&key);
                Reply::empty(204)
            }
            ("POST", "delete") => self.delete(request, &key),
            _ => Reply::json(404, json!({"errors": []})),
        }
    }

    fn list(&self, folder: &str) -> Reply {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let rest = self.keys.keys().filter_map(|key| key.strip_prefix(&prefix));
        let name = |rest: &str| {
            rest.split_once('/').map_or(rest.to_owned(), |(name, _)| format!("{name}/"))
        };
        let mut names: Vec<_> = rest.map(name).collect();
        names.dedup();
        match names.is_empty() {
            true => Reply::json(404, json!({"errors": []})),
            false => Reply::json(200, json!({"data": {"keys": names}})),
        }
    }

    fn read(&self, key: &str) -> Reply {
        let Some(own) = self.keys.get(key).filter(|key| !key.versions.is_empty()) else {
            return Reply::json(404, json!({"errors": []}));
        };
        let data = own.versions.last().cloned().flatten();
        let status = if data.is_some() { 200 } else { 404 };
        let metadata = json!({
            "version": own.versions.len(), "created_time": "2026-11-20T21:36:01.25Z",
            "custom_metadata": own.custom,
        });
        Reply::json(status, json!({"data": {"data": data, "metadata": metadata}}))
    }

    fn write(&mut self, request: &SentRequest, key: &str) -> Reply {
        let body = request.body_json();
        let own = self.keys.entry(key.to_owned()).or_default();
        if body["options"]["cas"] != json!(own.versions.len()) {
            let text = "check-and-set parameter did not match the current version";
            return Reply::json(400, json!({"errors": [text]}));
        }
        let mut data = match request.method.as_str() {
            "PATCH" => own.versions.last().cloned().flatten().unwrap_or_default(),
            _ => Map::new(),
        };
        merge(&mut data, &body["data"]);
        own.versions.push(Some(data));
        let version = own.versions.len();
        Reply::json(
            200,
            json!({"data": {"version": version, "created_time": "2026-11-20T21:37:00Z"}}),
        )
    }

    fn describe(&mut self, request: &SentRequest, key: &str) -> Reply {
        let own = self.keys.entry(key.to_owned()).or_default();
        if request.method == "POST" {
            own.custom.clear();
        }
        merge(&mut own.custom, &request.body_json()["custom_metadata"]);
        Reply::empty(204)
    }

    fn delete(&mut self, request: &SentRequest, key: &str) -> Reply {
        let own = self.keys.entry(key.to_owned()).or_default();
        for version in request.body_json()["versions"].as_array().into_iter().flatten() {
            let index = version.as_u64().and_then(|number| usize::try_from(number - 1).ok());
            own.versions[index.expect("versions are numbers")] = None;
        }
        Reply::empty(204)
    }
}

fn merge(into: &mut Map<String, Value>, changes: &Value) {
    for (key, value) in changes.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(into.remove(key)),
            value => drop(into.insert(key.clone(), value.clone())),
        }
    }
}
