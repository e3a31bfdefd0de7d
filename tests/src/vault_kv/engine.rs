use std::collections::BTreeMap;

use http::Method;
// The Kubernetes types bring this clock with them, which spares a dependency of our own.
use k8s_openapi::jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::policy::Policy;
use super::server::Options;
use crate::serve::{Request, Response};

/// A key-value engine of version 2.
#[derive(Debug, Default)]
pub(super) struct Engine {
    pub(super) keys: BTreeMap<String, Key>,
}

/// A key with its versions.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    pub(super) current: u64,
    pub(super) versions: BTreeMap<u64, Version>,
    pub(super) custom: Option<Map<String, Value>>,
    created: String,
    updated: String,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Version {
    pub(super) data: Map<String, Value>,
    created: String,
    deleted: Option<String>,
    destroyed: bool,
}

impl Version {
    pub(super) fn is_live(&self) -> bool {
        self.deleted.is_none() && !self.destroyed
    }
}

/// One request to an engine, whose token is known.
pub(super) struct Call<'a> {
    pub(super) options: &'a Options,
    pub(super) policy: &'a Policy,
    pub(super) request: &'a Request,
    /// The path as policies know it.
    pub(super) path: &'a str,
    /// `data`, `metadata`, …
    pub(super) part: &'a str,
    pub(super) key: &'a str,
}

impl Engine {
    pub(super) fn answer(&mut self, call: &Call<'_>) -> Result<Response, Failure> {
        let is_list =
            call.request.method.as_str() == "LIST" || call.request.query("list") == Some("true");
        match (call.part, &call.request.method) {
            ("metadata", _) if is_list => {
                // A list is of a folder, with or without the slash.
                let folder = format!("{}/", call.path.trim_end_matches('/'));
                call.must("list", &folder)?;
                self.list(call.key)
            }
            ("data", &Method::GET) => call.may("read").and_then(|()| self.read(call)),
            ("data", &Method::POST | &Method::PUT) => {
                call.may(self.write_right(call.key))?;
                self.write(call)
            }
            ("data", &Method::PATCH) => call.may_patch().and_then(|()| self.patch(call)),
            ("data", &Method::DELETE) => {
                call.may("delete")?;
                let current = self.keys.get(call.key).map_or(0, |key| key.current);
                self.delete(call.key, &[current])
            }
            ("delete", &Method::POST | &Method::PUT) => {
                call.may("update")?;
                let versions = call.versions()?;
                self.delete(call.key, &versions)
            }
            ("metadata", &Method::GET) => call.may("read").and_then(|()| self.metadata(call.key)),
            ("metadata", &Method::POST | &Method::PUT) => {
                call.may(self.write_right(call.key))?;
                self.describe(call)
            }
            ("metadata", &Method::PATCH) => {
                call.may_patch()?;
                self.keys.get(call.key).ok_or(Failure::Nothing)?;
                self.describe(call)
            }
            ("metadata", &Method::DELETE) => {
                call.may("delete")?;
                self.keys.remove(call.key);
                Ok(Response::empty(204))
            }
            ("data" | "metadata" | "delete", _) => Err(Failure::Unsupported),
            _ => Err(Failure::Nothing),
        }
    }

    /// The server tells creating from updating by whether the key has metadata.
    fn write_right(&self, key: &str) -> &'static str {
        if self.keys.contains_key(key) { "update" } else { "create" }
    }

    fn list(&self, folder: &str) -> Result<Response, Failure> {
        let prefix = match folder.trim_end_matches('/') {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let inside = self.keys.keys().filter_map(|key| key.strip_prefix(&prefix));
        let mut names: Vec<_> = inside
            .map(|rest| {
                rest.split_once('/').map_or(rest.to_owned(), |(name, _)| format!("{name}/"))
            })
            .collect();
        names.sort();
        names.dedup();
        match names.is_empty() {
            true => Err(Failure::Nothing),
            false => Ok(answer(json!({"keys": names}))),
        }
    }

    fn read(&self, call: &Call<'_>) -> Result<Response, Failure> {
        let key = self.keys.get(call.key).ok_or(Failure::Nothing)?;
        let asked = call.request.query("version").and_then(|text| text.parse().ok());
        let number = asked.filter(|number| *number > 0).unwrap_or(key.current);
        let version = key.versions.get(&number).ok_or(Failure::Nothing)?;
        let metadata = version_json(key, number);
        if !version.is_live() {
            let body = json!({"data": {"data": null, "metadata": metadata}});
            return Ok(Response::json(404, &body));
        }
        Ok(answer(json!({"data": version.data, "metadata": metadata})))
    }

    fn write(&mut self, call: &Call<'_>) -> Result<Response, Failure> {
        let body = call.body()?;
        let data = body.get("data").and_then(Value::as_object).cloned();
        let data = data.ok_or_else(|| Failure::Invalid("no data provided".to_owned()))?;
        self.check_version(call, &body)?;
        Ok(self.add(call.key, data))
    }

    fn patch(&mut self, call: &Call<'_>) -> Result<Response, Failure> {
        let body = call.body()?;
        let changes = body.get("data").cloned();
        let changes = changes.ok_or_else(|| Failure::Invalid("no data provided".to_owned()))?;
        let key = self.keys.get(call.key).ok_or(Failure::Nothing)?;
        self.check_version(call, &body)?;
        let version = key.versions.get(&key.current).filter(|version| version.is_live());
        let mut data = Value::Object(version.ok_or(Failure::Nothing)?.data.clone());
        merge(&mut data, changes);
        let data = data.as_object().cloned().unwrap_or_default();
        Ok(self.add(call.key, data))
    }

    fn check_version(&self, call: &Call<'_>, body: &Value) -> Result<(), Failure> {
        let current = self.keys.get(call.key).map_or(0, |key| key.current);
        match body.pointer("/options/cas") {
            Some(cas) if cas.as_u64() != Some(current) => {
                let text = "check-and-set parameter did not match the current version";
                Err(Failure::Invalid(text.to_owned()))
            }
            None if call.options.cas_required => {
                Err(Failure::Invalid("check-and-set parameter required for this call".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn add(&mut self, name: &str, data: Map<String, Value>) -> Response {
        let now = Timestamp::now().to_string();
        let key = self.keys.entry(name.to_owned()).or_default();
        if key.created.is_empty() {
            key.created.clone_from(&now);
        }
        key.current += 1;
        key.updated.clone_from(&now);
        let version = Version { data, created: now, ..Version::default() };
        key.versions.insert(key.current, version);
        answer(version_json(key, key.current))
    }

    fn delete(&mut self, name: &str, versions: &[u64]) -> Result<Response, Failure> {
        if let Some(key) = self.keys.get_mut(name) {
            for number in versions {
                if let Some(version) = key.versions.get_mut(number).filter(|own| own.is_live()) {
                    version.deleted = Some(Timestamp::now().to_string());
                }
            }
        }
        Ok(Response::empty(204))
    }

    fn metadata(&self, name: &str) -> Result<Response, Failure> {
        let key = self.keys.get(name).ok_or(Failure::Nothing)?;
        let version = |(number, version): (&u64, &Version)| {
            let deleted = version.deleted.clone().unwrap_or_default();
            let body = json!({
                "created_time": version.created, "deletion_time": deleted, "destroyed": version.destroyed,
            });
            (number.to_string(), body)
        };
        let versions: Map<String, Value> = key.versions.iter().map(version).collect();
        Ok(answer(json!({
            "cas_required": false, "created_time": key.created, "current_version": key.current,
            "custom_metadata": key.custom, "delete_version_after": "0s", "max_versions": 0,
            "oldest_version": 0, "updated_time": key.updated, "versions": versions,
        })))
    }

    /// A write replaces all custom metadata, a merge patch some.
    fn describe(&mut self, call: &Call<'_>) -> Result<Response, Failure> {
        let body = call.body()?;
        let Some(given) = body.get("custom_metadata").and_then(Value::as_object) else {
            return Ok(Response::empty(204));
        };
        check_custom(given)?;
        let key = self.keys.entry(call.key.to_owned()).or_default();
        let mut custom = match call.request.method {
            Method::PATCH => key.custom.clone().unwrap_or_default(),
            _ => Map::new(),
        };
        for (name, value) in given {
            match value {
                Value::Null => drop(custom.remove(name)),
                value => drop(custom.insert(name.clone(), value.clone())),
            }
        }
        key.custom = Some(custom);
        Ok(Response::empty(204))
    }
}

impl Call<'_> {
    fn may(&self, right: &str) -> Result<(), Failure> {
        self.must(right, self.path)
    }

    fn must(&self, right: &str, path: &str) -> Result<(), Failure> {
        if self.policy.allows(right, path) { Ok(()) } else { Err(Failure::Denied) }
    }

    fn may_patch(&self) -> Result<(), Failure> {
        if !self.options.has_patch {
            return Err(Failure::Unsupported);
        }
        self.may("patch")?;
        let kind = self.request.header("content-type").unwrap_or_default();
        if kind != "application/merge-patch+json" {
            return Err(Failure::Invalid(format!("unsupported media type {kind}")));
        }
        Ok(())
    }

    fn body(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.request.body)
            .map_err(|error| Failure::Invalid(format!("failed to parse JSON input: {error}")))
    }

    fn versions(&self) -> Result<Vec<u64>, Failure> {
        let body = self.body()?;
        let versions = body.get("versions").and_then(Value::as_array);
        let versions: Vec<_> = versions.into_iter().flatten().filter_map(Value::as_u64).collect();
        match versions.is_empty() {
            true => Err(Failure::Invalid("No version number provided".to_owned())),
            false => Ok(versions),
        }
    }
}

fn version_json(key: &Key, number: u64) -> Value {
    let version = &key.versions[&number];
    json!({
        "version": number, "created_time": version.created,
        "deletion_time": version.deleted.clone().unwrap_or_default(), "destroyed": version.destroyed,
        "custom_metadata": key.custom,
    })
}

fn merge(value: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else {
        *value = changes;
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    for (name, change) in changes {
        let Some(members) = value.as_object_mut() else { return };
        match change {
            Value::Null => drop(members.remove(&name)),
            change => merge(members.entry(name).or_insert(Value::Null), change),
        }
    }
}

/// The documented limits: 64 entries, keys of 128 bytes, values of 512, nothing empty or unprintable.
fn check_custom(custom: &Map<String, Value>) -> Result<(), Failure> {
    let invalid =
        |what: String| Failure::Invalid(format!("custom_metadata validation failed: {what}"));
    if custom.len() > 64 {
        let count = custom.len();
        return Err(invalid(format!("payload must contain at most 64 keys, provided {count}")));
    }
    for (key, value) in custom {
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let is_printable = |text: &str| !text.chars().any(char::is_control);
        let is_good =
            |text: &str, most| !text.is_empty() && text.len() <= most && is_printable(text);
        if !is_good(key, 128) || !is_good(&value, 512) {
            return Err(invalid(format!("entry {key:?}")));
        }
    }
    Ok(())
}

pub(super) fn answer(data: Value) -> Response {
    let body = json!({
        "request_id": "3c6a", "lease_id": "", "renewable": false, "lease_duration": 0, "data": data,
        "wrap_info": null, "warnings": null, "auth": null,
    });
    Response::json(200, &body)
}
