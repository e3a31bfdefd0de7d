use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::lifecycle::{Life, Stage};
use super::manifest::{Body, Manifest, SecretReference};

/// The version of every manifest that this DataOS takes.
pub(super) const VERSION: &str = "v2alpha";

/// The two types of resource that make a data connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Secret,
    Depot,
}

/// What a resource is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) tenant: String,
    pub(super) kind: Kind,
    pub(super) name: String,
}

/// A stored resource.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) key: Key,
    pub(super) owner: String,
    /// The manifest as reads show it, without values of secrets.
    shown: Map<String, Value>,
    pub(super) body: Body,
    pub(super) life: Life,
    /// Counts the updates, from 1.
    generation: u64,
    uid: String,
    pub(super) created: Moment,
    pub(super) updated: Moment,
    pub(super) archival: Archival,
}

/// A point in time, with the store's own count, since two changes can fall into one second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) count: u64,
    /// RFC 3339, in seconds.
    pub(super) text: String,
}

/// Whether a depot is archived, and why.
#[derive(Clone, Debug, Default)]
pub(super) struct Archival {
    pub(super) is_archived: bool,
    pub(super) message: String,
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Kind::Secret => "secret",
            Kind::Depot => "depot",
        })
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "secret" => Ok(Kind::Secret),
            "depot" => Ok(Kind::Depot),
            other => Err(format!("unknown type '{other}'")),
        }
    }
}

impl Key {
    /// The identifier in messages, such as `depot:v2alpha:sales`.
    pub(super) fn id(&self) -> String {
        format!("{}:{VERSION}:{}", self.kind, self.name)
    }

    /// What a depot calls a secret by, such as `engineering:sales-credentials`.
    pub(super) fn reference(&self) -> String {
        format!("{}:{}", self.tenant, self.name)
    }
}

impl Resource {
    pub(super) fn new(manifest: Manifest, owner: &str, life: Life, now: Moment) -> Self {
        Resource {
            uid: format!("d47a05c0-0000-4000-8000-{:012x}", now.count),
            owner: owner.to_owned(),
            life,
            key: manifest.key,
            shown: manifest.shown,
            body: manifest.body,
            generation: 1,
            created: now.clone(),
            updated: now,
            archival: Archival::default(),
        }
    }

    /// Takes a new manifest; the resource stays itself.
    pub(super) fn replace(&mut self, manifest: Manifest, owner: &str, life: Life, now: Moment) {
        self.shown = manifest.shown;
        self.body = manifest.body;
        self.owner = owner.to_owned();
        self.life = life;
        self.generation += 1;
        self.updated = now;
    }

    /// The values of a secret; nothing for a depot.
    pub(super) fn values(&self) -> BTreeMap<String, String> {
        match &self.body {
            Body::Secret(secret) => secret.values.clone(),
            Body::Depot(_) => BTreeMap::new(),
        }
    }

    /// The secrets that a depot uses; nothing for a secret.
    pub(super) fn references(&self) -> &[SecretReference] {
        match &self.body {
            Body::Secret(_) => &[],
            Body::Depot(depot) => &depot.secrets,
        }
    }

    /// The resource as Poros shows it. The documents show this form as YAML; that it is the same as
    /// JSON is inferred.
    pub(super) fn to_json(&self) -> Value {
        self.with_status(&self.life.stage())
    }

    /// The resource as the answer to its deletion shows it.
    pub(super) fn to_json_deleted(&self) -> Value {
        self.with_status(&Stage::Deleted)
    }

    fn with_status(&self, stage: &Stage) -> Value {
        let mut all = self.shown.clone();
        all.insert("owner".into(), json!(self.owner));
        all.insert("generation".into(), json!(self.generation));
        all.insert("uid".into(), json!(self.uid));
        all.insert("created".into(), json!(self.created.text));
        all.insert("status".into(), status(stage));
        Value::Object(all)
    }
}

fn status(stage: &Stage) -> Value {
    let (builder, info) = match stage {
        Stage::Failed(failure) => (failure.builder_stage, failure.info.as_str()),
        Stage::Creating | Stage::Active | Stage::Deleted => ("building", ""),
    };
    json!({
        "aggregateStatus": stage.word(),
        "cloudKernelResources": [],
        "webServiceResources": [],
        "builderState": {"stage": builder, "info": info},
        "runtimeState": {"status": ""},
    })
}
