//! The first generation of DataOS behind the calls of the second: a Secret is a pair of instance-secrets, `NAME-r` and `NAME-rw`, with the same
//! values, and a Depot names both. Nothing else in the connector knows of it.
//!
//! A pair is written one half after the other. What is done to one half and not to the other is told as unclear, so that it is looked after
//! as everything is of which nobody knows whether it was done: what is read of a pair is whichever half is there.

use connhub_sdk::{HttpError, Json};
use serde_json::{Map, Value, json};

use crate::client::{Kind, ResourceManager};
use crate::fault::Fault;
use crate::resource::Resource;
use crate::settings::Settings;
use crate::transport::Ways;

/// The version of the manifests of instance-secrets.
pub(crate) const SECRET_VERSION: &str = "v1";
/// The type of the resources that hold credentials, and the name of the body of their manifests.
pub(crate) const SECRET_TYPE: &str = "instance-secret";
/// All pairs of a key and a value in one text, as consumers of this generation read them.
const SECRET_FORM: &str = "key-value-properties";

/// The halves of a pair: what follows the name, and the access that it gives.
const HALVES: [(&str, &str); 2] = [("-r", "r"), ("-rw", "rw")];

/// The resource manager of the first generation, by either way.
#[derive(Debug)]
pub(crate) struct First<'a> {
    pub(crate) ways: Ways<'a>,
    pub(crate) settings: &'a Settings,
}

/// The names of both halves.
pub(crate) fn halves(secret: &str) -> [String; 2] {
    HALVES.map(|(suffix, _)| format!("{secret}{suffix}"))
}

impl ResourceManager for First<'_> {
    fn create(&self, kind: Kind, manifest: Json<'_>) -> Result<(), Fault> {
        if kind == Kind::Depot {
            return self.ways.create(kind, depot_manifest(manifest));
        }
        let name = name_of(&manifest);
        let [reader, writer] = HALVES.map(|half| secret_manifest(&manifest, half));
        self.ways.create(kind, reader)?;
        let Err(fault) = self.ways.create(kind, writer) else { return Ok(()) };
        if fault.is_uncertain() {
            return Err(fault);
        }
        match self.ways.remove(kind, &halves(&name)[0]) {
            Ok(()) => Err(fault),
            Err(_) => Err(half_done("create", &name, fault)),
        }
    }

    fn read(&self, kind: Kind, name: &str) -> Result<Resource, Fault> {
        if kind == Kind::Depot {
            return depot_of(self.ways.read(kind, name)?, &self.settings.tenant, self.settings);
        }
        let [reader, writer] = halves(name);
        let found = match self.ways.read(kind, &writer) {
            Err(fault) if fault.is_missing() => self.ways.read(kind, &reader),
            found => found,
        };
        secret_of(found?, name)
    }

    /// Also puts back a half that is missing.
    fn replace(&self, kind: Kind, name: &str, manifest: Json<'_>) -> Result<(), Fault> {
        if kind == Kind::Depot {
            return self.ways.replace(kind, name, depot_manifest(manifest));
        }
        let write = |half: (&str, &str)| {
            let half_name = format!("{name}{}", half.0);
            match self.ways.replace(kind, &half_name, secret_manifest(&manifest, half)) {
                Err(fault) if fault.is_missing() => {
                    self.ways.create(kind, secret_manifest(&manifest, half))
                }
                done => done,
            }
        };
        let [reader, writer] = HALVES;
        write(reader)?;
        write(writer).map_err(|fault| half_done("replace", name, fault))
    }

    fn remove(&self, kind: Kind, name: &str) -> Result<(), Fault> {
        if kind == Kind::Depot {
            return self.ways.remove(kind, name);
        }
        let [reader, writer] = halves(name);
        let first = self.ways.remove(kind, &writer);
        let is_missing = |done: &Result<(), Fault>| done.as_ref().is_err_and(Fault::is_missing);
        if first.is_err() && !is_missing(&first) {
            return first;
        }
        match self.ways.remove(kind, &reader) {
            // One half was there.
            Err(fault) if fault.is_missing() => first,
            Err(fault) if first.is_ok() => Err(half_done("delete", name, fault)),
            other => other,
        }
    }

    fn make_whole(&self, manifest: Json<'_>) -> Result<(), Fault> {
        HALVES.into_iter().try_for_each(|half| {
            match self.ways.create(Kind::Secret, secret_manifest(&manifest, half)) {
                Err(fault) if fault.is_taken() => Ok(()),
                done => done,
            }
        })
    }

    fn validate(&self, manifest: Json<'_>) -> Result<(), Fault> {
        match text(&manifest, "type") == Some(Kind::Secret.word()) {
            true => HALVES
                .into_iter()
                .try_for_each(|half| self.ways.validate(secret_manifest(&manifest, half))),
            false => self.ways.validate(depot_manifest(manifest)),
        }
    }
}

/// A refusal of the second half after the first was done, which leaves it open what there is.
fn half_done(verb: &str, name: &str, fault: Fault) -> Fault {
    let why = fault.into_error(&format!("{verb} the second of `{}`", halves(name).join("` and `")));
    Fault::Host(HttpError::Unreachable(why.message()))
}

fn text<'j>(manifest: &'j Json<'_>, key: &str) -> Option<&'j str> {
    let Json::Object(members) = manifest else { return None };
    match members.iter().find(|(own, _)| own == key)? {
        (_, Json::Plain(Value::String(text))) => Some(text),
        _ => None,
    }
}

fn name_of(manifest: &Json<'_>) -> String {
    text(manifest, "name").unwrap_or_default().to_owned()
}

/// One half of a Secret.
fn secret_manifest<'j>(manifest: &Json<'j>, (suffix, access): (&str, &str)) -> Json<'j> {
    let name = format!("{}{suffix}", name_of(manifest));
    let Json::Object(members) = manifest.clone() else { return manifest.clone() };
    let change = |(key, value): (String, Json<'j>)| match key.as_str() {
        "name" => (key, Json::from(name.as_str())),
        "version" => (key, Json::from(SECRET_VERSION)),
        "type" => (key, Json::from(SECRET_TYPE)),
        "secret" => (SECRET_TYPE.to_owned(), with_access(value, access)),
        _ => (key, value),
    };
    Json::Object(members.into_iter().map(change).collect())
}

fn with_access<'j>(body: Json<'j>, access: &str) -> Json<'j> {
    let Json::Object(mut members) = body else { return body };
    members.retain(|(key, _)| key != "type" && key != "acl");
    let own = [("type", SECRET_FORM), ("acl", access)];
    let own = own.map(|(key, value)| (key.to_owned(), Json::from(value)));
    Json::Object(own.into_iter().chain(members).collect())
}

/// A Depot, whose manifest holds no secret, with its fields under the name of its type.
fn depot_manifest(manifest: Json<'_>) -> Json<'_> {
    let Json::Plain(Value::Object(mut members)) = manifest else { return manifest };
    members.remove("tenant");
    if let Some(Value::Object(body)) = members.remove("spec") {
        members.insert("depot".into(), Value::Object(older_body(body)));
    }
    Value::Object(members).into()
}

fn older_body(mut body: Map<String, Value>) -> Map<String, Value> {
    let type_ = body.get("type").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    if let Some(spec) = body.remove("spec") {
        body.insert(type_, spec);
    }
    if let Some(Value::Array(uses)) = body.remove("secrets") {
        let mut names: Vec<String> = Vec::new();
        for id in uses.iter().filter_map(|one| one.get("id")?.as_str()) {
            let name = id.split_once(':').map_or(id, |(_, name)| name);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        let halves = names.iter().flat_map(|name| halves(name));
        let entry = |name: String| json!({"name": name, "allkeys": true});
        body.insert("secrets".into(), halves.map(entry).collect());
    }
    body.entry("external").or_insert(json!(true));
    body
}

/// A Depot in the form of the second generation. One with credentials in itself, or in any other form, is handed on as it is: it is read, and not changed.
fn depot_of(found: Resource, tenant: &str, settings: &Settings) -> Result<Resource, Fault> {
    let mut members = found.into_members();
    let Some(Value::Object(mut body)) = members.remove("depot") else {
        return Ok(Resource::of(Value::Object(members))?);
    };
    let type_ = body.get("type").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let Some(spec) = body.remove(&type_).filter(|_| !body.contains_key("connectionSecret")) else {
        members.insert("depot".into(), Value::Object(body));
        return Ok(Resource::of(Value::Object(members))?);
    };
    body.insert("spec".into(), spec);
    if let Some(Value::Array(uses)) = body.remove("secrets") {
        body.insert("secrets".into(), newer_uses(&uses, tenant, settings));
    }
    members.insert("spec".into(), Value::Object(body));
    Ok(Resource::of(Value::Object(members))?)
}

/// Both halves of a pair as one Secret for all purposes.
fn newer_uses(uses: &[Value], tenant: &str, settings: &Settings) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for name in uses.iter().filter_map(|one| one.get("name")?.as_str()) {
        let whole = HALVES.iter().find_map(|(suffix, _)| name.strip_suffix(suffix)).unwrap_or(name);
        if !names.contains(&whole) {
            names.push(whole);
        }
    }
    let of_name = |name: &str| {
        let id = format!("{tenant}:{name}");
        settings.purposes.all().map(move |word| json!({"id": id, "purpose": word}))
    };
    names.into_iter().flat_map(of_name).collect()
}

/// Half of a pair as the Secret that both are.
fn secret_of(found: Resource, name: &str) -> Result<Resource, Fault> {
    let mut members = found.into_members();
    if let Some(body) = members.remove(SECRET_TYPE) {
        members.insert("secret".into(), body);
    }
    members.insert("name".into(), json!(name));
    members.insert("version".into(), json!(crate::plan::VERSION));
    members.insert("type".into(), json!(Kind::Secret.word()));
    Ok(Resource::of(Value::Object(members))?)
}
