//! The first generation of DataOS behind the calls of the second: a Secret is a pair of instance-secrets, `NAME-r` and `NAME-rw`, with the same
//! values, and a Depot names both. Nothing else in the connector knows of it.
//!
//! A pair is written one half after the other. What is done to one half and not to the other is told as unclear, so that it is looked after
//! as everything is of which nobody knows whether it was done. What is read of a pair is what both halves have in common, or whichever is there: a pair
//! is ours only if no half is somebody else's.

use connhub_sdk::{HttpError, Json};
use serde_json::{Map, Value, json};

use crate::client::{Kind, ResourceManager};
use crate::fault::Fault;
use crate::resource::{Resource, is_own_tag};
use crate::settings::Settings;
use crate::transport::Ways;

/// The version of the manifests of instance-secrets.
pub(crate) const SECRET_VERSION: &str = "v1";
/// The type of the resources that hold credentials, and the name of the body of their manifests.
pub(crate) const SECRET_TYPE: &str = "instance-secret";
/// All pairs of a key and a value in one text, as consumers of this generation read them.
const SECRET_FORM: &str = "key-value-properties";

/// Where a Depot in the form of the second generation keeps how it names its Secrets. It never leaves the connector.
const USES_AS_WRITTEN: &str = "secrets of the first generation";
/// The same for the form of a Secret, which whoever wrote it chose for those who read it.
const FORM_AS_WRITTEN: &str = "form of the first generation";

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
        self.expect_free(&halves(&name)[1])?;
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
        let found = match (self.ways.read(kind, &reader), self.ways.read(kind, &writer)) {
            (Ok(reader), Ok(writer)) => in_common(reader, writer)?,
            (found, Err(fault)) if fault.is_missing() => found?,
            (Err(fault), found) if fault.is_missing() => found?,
            (Err(fault), _) | (_, Err(fault)) => return Err(fault),
        };
        secret_of(found, name)
    }

    /// Also puts back a half of our own pairs that is missing. What somebody else wrote may be one half on purpose.
    fn replace(&self, kind: Kind, name: &str, manifest: Json<'_>) -> Result<(), Fault> {
        if kind == Kind::Depot {
            return self.ways.replace(kind, name, depot_manifest(manifest));
        }
        let write = |half: (&str, &str)| {
            let half_name = format!("{name}{}", half.0);
            match self.ways.replace(kind, &half_name, secret_manifest(&manifest, half)) {
                Err(fault) if fault.is_missing() && is_ours(&manifest) => {
                    self.ways.create(kind, secret_manifest(&manifest, half))
                }
                done => done,
            }
        };
        let [reader, writer] = HALVES;
        let first = write(reader);
        if first.is_err() && !is_missing(&first) {
            return first;
        }
        match write(writer) {
            Err(fault) if fault.is_missing() => first,
            Err(fault) if first.is_ok() => Err(half_done("replace", name, fault)),
            other => other,
        }
    }

    fn remove(&self, kind: Kind, name: &str) -> Result<(), Fault> {
        if kind == Kind::Depot {
            return self.ways.remove(kind, name);
        }
        let [reader, writer] = halves(name);
        let first = self.ways.remove(kind, &writer);
        if first.is_err() && !is_missing(&first) {
            return first;
        }
        match self.ways.remove(kind, &reader) {
            // One half was there.
            Err(fault) if fault.is_missing() => first,
            // That another Depot reads with this half is no open question.
            Err(fault) if first.is_ok() && fault.dependent().is_none() => {
                Err(half_done("delete", name, fault))
            }
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

impl First<'_> {
    /// Refuses a pair whose second half is there already, before the first is written.
    fn expect_free(&self, writer: &str) -> Result<(), Fault> {
        match self.ways.read(Kind::Secret, writer) {
            Ok(_) => {
                let said = format!("Conflict - {SECRET_TYPE} `{writer}` already exists");
                Err(Fault::said(&format!("create {SECRET_TYPE}"), &said))
            }
            Err(fault) if fault.is_missing() => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

fn is_missing(done: &Result<(), Fault>) -> bool {
    done.as_ref().is_err_and(Fault::is_missing)
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

/// Whether a Secret is marked as made for a connection.
fn is_ours(manifest: &Json<'_>) -> bool {
    let Json::Object(members) = manifest else { return false };
    let tags = members.iter().find(|(key, _)| key == "tags").map(|(_, tags)| tags);
    let Some(Json::Plain(Value::Array(tags))) = tags else { return false };
    tags.iter().filter_map(Value::as_str).any(is_own_tag)
}

fn name_of(manifest: &Json<'_>) -> String {
    text(manifest, "name").unwrap_or_default().to_owned()
}

/// One half of a Secret.
fn secret_manifest<'j>(manifest: &Json<'j>, (suffix, access): (&str, &str)) -> Json<'j> {
    let name = format!("{}{suffix}", name_of(manifest));
    let form = text(manifest, FORM_AS_WRITTEN).unwrap_or(SECRET_FORM).to_owned();
    let Json::Object(mut members) = manifest.clone() else { return manifest.clone() };
    members.retain(|(key, _)| key != FORM_AS_WRITTEN);
    let change = |(key, value): (String, Json<'j>)| match key.as_str() {
        "name" => (key, Json::from(name.as_str())),
        "version" => (key, Json::from(SECRET_VERSION)),
        "type" => (key, Json::from(SECRET_TYPE)),
        "secret" => (SECRET_TYPE.to_owned(), with_access(value, &form, access)),
        _ => (key, value),
    };
    Json::Object(members.into_iter().map(change).collect())
}

fn with_access<'j>(body: Json<'j>, form: &str, access: &str) -> Json<'j> {
    let Json::Object(mut members) = body else { return body };
    members.retain(|(key, _)| key != "type" && key != "acl");
    let own = [("type", form), ("acl", access)];
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
    let as_written = body.remove(USES_AS_WRITTEN);
    let as_written = as_written.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if let Some(Value::Array(uses)) = body.remove("secrets") {
        body.insert("secrets".into(), older_uses(&uses, as_written));
    }
    body.entry("external").or_insert(json!(true));
    body
}

/// How a Depot names its pairs: as it did before, or both halves with all their keys.
fn older_uses(uses: &[Value], as_written: &[Value]) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for id in uses.iter().filter_map(|one| one.get("id")?.as_str()) {
        let name = id.split_once(':').map_or(id, |(_, name)| name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut all = Vec::new();
    for name in names {
        let before: Vec<_> = as_written.iter().filter(|one| pair_of(one) == Some(name)).collect();
        match before.is_empty() {
            false => all.extend(before.into_iter().cloned()),
            true => all.extend(halves(name).map(|half| json!({"name": half, "allkeys": true}))),
        }
    }
    Value::Array(all)
}

/// The pair that an entry names half of; none if its name is that of no half.
fn pair_of(entry: &Value) -> Option<&str> {
    let name = entry.get("name")?.as_str()?;
    HALVES.iter().find_map(|(suffix, _)| name.strip_suffix(suffix))
}

/// A Depot in the form of the second generation. One with credentials in itself, with Secrets that are no pairs, or in any other form, is handed on in its
/// own form: it is read, and not changed.
fn depot_of(found: Resource, tenant: &str, settings: &Settings) -> Result<Resource, Fault> {
    let mut members = found.into_members();
    let Some(Value::Object(mut body)) = members.remove("depot") else {
        return Ok(Resource::of(Value::Object(members))?);
    };
    let uses = match body.remove("secrets") {
        Some(Value::Array(uses)) => uses,
        _ => Vec::new(),
    };
    if !uses.is_empty() {
        body.insert("secrets".into(), newer_uses(&uses, tenant, settings));
    }
    let are_pairs = uses.iter().all(|entry| pair_of(entry).is_some());
    let is_changeable = are_pairs && !body.contains_key("connectionSecret");
    let Some(place) = place_of_fields(&body).filter(|_| is_changeable) else {
        members.insert("depot".into(), Value::Object(body));
        return Ok(Resource::of(Value::Object(members))?);
    };
    let spec = body.remove(&place).unwrap_or_default();
    body.insert("spec".into(), spec);
    if !uses.is_empty() {
        body.insert(USES_AS_WRITTEN.into(), Value::Array(uses));
    }
    members.insert("spec".into(), Value::Object(body));
    Ok(Resource::of(Value::Object(members))?)
}

/// The name of the type, under which the fields are.
fn place_of_fields(body: &Map<String, Value>) -> Option<String> {
    let type_ = body.get("type").and_then(Value::as_str)?;
    let is_it =
        |(key, value): &(&String, &Value)| key.eq_ignore_ascii_case(type_) && value.is_object();
    body.iter().find(is_it).map(|(key, _)| key.clone())
}

/// Both halves of a pair as one Secret for all purposes.
fn newer_uses(uses: &[Value], tenant: &str, settings: &Settings) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for name in uses.iter().filter_map(pair_of) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let of_name = |name: &str| {
        let id = format!("{tenant}:{name}");
        settings.purposes.all().map(move |word| json!({"id": id, "purpose": word}))
    };
    names.into_iter().flat_map(of_name).collect()
}

/// What is true of both halves: the tags that both have, the keys that either has, and a count that changes with either.
fn in_common(reader: Resource, writer: Resource) -> Result<Resource, Fault> {
    let shared: Vec<String> = writer
        .tags()
        .into_iter()
        .filter(|tag| reader.tags().contains(tag))
        .map(str::to_owned)
        .collect();
    let count = match (reader.generation(), writer.generation()) {
        (Some(reader), Some(writer)) if reader != writer => Some(format!("{reader}-{writer}")),
        (_, writer) => writer,
    };
    let mut members = writer.into_members();
    members.insert("tags".into(), json!(shared));
    members.insert("generation".into(), json!(count));
    let others = reader.into_members();
    for part in ["data", "files"] {
        let place = format!("/{SECRET_TYPE}/{part}");
        let Some(more) = Value::Object(others.clone()).pointer(&place).cloned() else { continue };
        let body = members.get_mut(SECRET_TYPE).and_then(Value::as_object_mut);
        let (Some(body), Value::Object(more)) = (body, more) else { continue };
        let own = body.entry(part).or_insert_with(|| json!({}));
        if let Some(own) = own.as_object_mut() {
            for (key, value) in more {
                own.entry(key).or_insert(value);
            }
        }
    }
    Ok(Resource::of(Value::Object(members))?)
}

/// Half of a pair as the Secret that both are.
fn secret_of(found: Resource, name: &str) -> Result<Resource, Fault> {
    let mut members = found.into_members();
    if let Some(body) = members.remove(SECRET_TYPE) {
        if let Some(form) = body.get("type").filter(|form| form.is_string()) {
            members.insert(FORM_AS_WRITTEN.into(), form.clone());
        }
        members.insert("secret".into(), body);
    }
    members.insert("name".into(), json!(name));
    members.insert("version".into(), json!(crate::plan::VERSION));
    members.insert("type".into(), json!(Kind::Secret.word()));
    Ok(Resource::of(Value::Object(members))?)
}
