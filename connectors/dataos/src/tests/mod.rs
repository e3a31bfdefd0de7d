//! The connector against answers as the documents of DataOS have them, held to the grants of the repository's `plugins.toml`.

mod adopt;
mod check;
mod create;
mod delete;
mod dependants;
mod dry_run;
mod faults;
mod first;
mod list;
mod model;
mod purposes;
mod read;
mod replace;
mod settings;
mod transport;
mod types;
mod update;

use connhub_sdk::testing::{FakeHost, Reply, secret};
use connhub_sdk::{
    Draft, Error, Field, HttpError, IfExists, Label, Patch, SecretField, Target, Written,
};
use serde_json::{Value, json};

use crate::create::create;
use crate::update::update;

const PLUGINS: &str = include_str!("../../../../plugins.toml");

const RESOURCES: &str = "/poros/api/v1/workspaces/engineering/resources";
/// Where the first generation keeps resources, which belong to no workspace.
const FIRST_RESOURCES: &str = "/poros/api/v1/resources";
const VALIDATE: &str = "/poros/api/v1/workspaces/engineering/resources/validate";
const DEPOT: &str = "/poros/api/v1/workspaces/engineering/resources/depot/crm";
const SECRET: &str = "/poros/api/v1/workspaces/engineering/resources/secret/crm-cred";
const DEPOTS: &str = "/ds/api/v2/tenants/engineering/depots";
const OLDER_DEPOTS: &str = "/ds/api/v2/depots";
const CRM_ENTRY: &str = "/ds/api/v2/tenants/engineering/depots/crm";
const CRM_SECRETS: &str = "/ds/api/v2/tenants/engineering/depots/crm/secrets";

/// What the server shows in the place of a secret value.
const SANITIZED: &str = "AAAA";
/// A value that must not turn up anywhere but in the body of a Secret.
const CANARY: &str = "canary-\"$\u{e9}";

fn fake() -> FakeHost {
    FakeHost::granted(PLUGINS, "dataos")
}

fn target() -> Target {
    target_with(&[])
}

fn target_with(settings: &[(&str, &str)]) -> Target {
    let settings = settings.iter().map(|(name, value)| Field::new(*name, *value)).collect();
    Target { scope: Some("engineering".into()), settings, dry_run: false }
}

fn dry_run() -> Target {
    Target { dry_run: true, ..target() }
}

/// A PostgreSQL connection `crm`.
fn draft() -> Draft {
    let fields = [
        ("host", "db.example.com"),
        ("port", "5432"),
        ("database", "crm"),
        ("ssl_mode", "require"),
        ("auth_method", "password"),
        ("username", "loader"),
    ];
    Draft {
        name: "crm".into(),
        type_: "postgresql".into(),
        fields: fields.map(|(name, value)| Field::new(name, value)).into(),
        secrets: vec![SecretField { name: "password".into(), value: secret(CANARY) }],
        display_name: None,
        description: Some("the CRM".into()),
        labels: vec![Label::new("team", "sales"), Label::new("gold", "")],
    }
}

/// The spec of the Depot of [`draft`].
fn spec() -> Value {
    json!({
        "host": "db.example.com", "port": 5432, "database": "crm",
        "params": {"sslmode": "require"},
    })
}

fn references() -> Value {
    let id = "engineering:crm-cred";
    json!([
        {"id": id, "purpose": "rw"}, {"id": id, "purpose": "scan"}, {"id": id, "purpose": "query"},
    ])
}

/// The manifest of the Depot of [`draft`], as it is sent.
fn depot_manifest() -> Value {
    json!({
        "name": "crm", "version": "v2alpha", "type": "depot", "layer": "user",
        "tenant": "engineering", "description": "the CRM", "tags": ["team=sales", "gold"],
        "spec": {
            "type": "postgresql", "description": "the CRM", "spec": spec(), "secrets": references(),
        },
    })
}

/// A resource as the resource manager shows it.
fn shown(mut manifest: Value, generation: u32, status: &str) -> Value {
    manifest["owner"] = json!("adalovelace");
    manifest["uid"] = json!("d47a05c0");
    manifest["generation"] = json!(generation);
    manifest["created"] = json!("2026-11-20T21:36:01Z");
    manifest["status"] = json!({
        "aggregateStatus": status,
        "builderState": {"stage": "building", "info": ""},
        "runtimeState": {"status": ""},
    });
    manifest
}

fn depot() -> Value {
    shown(depot_manifest(), 1, "active")
}

fn depot_in_error() -> Value {
    let mut depot = shown(depot_manifest(), 1, "error");
    depot["status"]["builderState"]["info"] = json!("no such host");
    depot
}

/// The Secret of [`draft`], as the resource manager shows it.
fn secret_resource() -> Value {
    let manifest = json!({
        "name": "crm-cred", "version": "v2alpha", "type": "secret",
        "description": "credentials of the Depot crm", "tags": ["connhub-connection:crm"],
        "secret": {"type": "key-value", "data": {"username": SANITIZED, "password": SANITIZED}},
    });
    shown(manifest, 1, "active")
}

/// The decrypted material of the Secret: `loader` and `old`.
fn material() -> Value {
    json!({
        "id": "engineering:crm-cred",
        "data": [
            {"key": "username", "base64Value": "bG9hZGVy"},
            {"key": "password", "base64Value": "b2xk"},
        ],
    })
}

/// The Depot as the Depot Service shows it.
fn entry(name: &str) -> Value {
    json!({
        "name": name, "tenant": "engineering", "type": "postgresql", "external": true,
        "description": "the CRM", "owners": ["adalovelace"], "meta": {}, "source": name,
        "secrets": [
            {"id": "engineering:crm-cred", "purpose": "rw", "type": "key-value", "provider": "HEIMDALL"},
        ],
        "isArchived": false, "archivalMessage": null,
        "createdAt": "2026-11-20T21:36:01Z", "updatedAt": "2026-11-20T21:37:00Z",
        "postgresql": spec(),
    })
}

fn ok(body: Value) -> Reply {
    Reply::json(200, body)
}

/// An error in the envelope that was captured from the ingress' family of servers.
fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({"error": {"status": status, "message": message}}))
}

fn missing() -> Reply {
    refusal(404, "resource not found: depot:v2alpha:crm")
}

fn no_path() -> Reply {
    Reply::text(404, "404 page not found")
}

fn taken() -> Reply {
    refusal(409, "secret:v2alpha:crm-cred already exists")
}

fn timed_out() -> Reply {
    Reply::error(HttpError::TimedOut("no answer within 20 s".into()))
}

fn blocked() -> Reply {
    let text = "Invalid Parameter - failure deleting instance resource : cannot delete resource, it \
                is a dependency of 'depot:v2alpha:crm'";
    refusal(400, text)
}

fn run_create(fake: &FakeHost, if_exists: IfExists) -> Result<Written, Error> {
    let result = create(&fake.host(), &target(), &draft(), if_exists);
    fake.assert_done();
    assert_no_canary(fake, &result);
    result
}

fn run_update(fake: &FakeHost, patch: &Patch) -> Result<Written, Error> {
    let result = update(&fake.host(), &target(), "crm", patch, None);
    fake.assert_done();
    assert_no_canary(fake, &result);
    result
}

fn password_patch(value: &str) -> Patch {
    let password = SecretField { name: "password".into(), value: secret(value) };
    Patch { secrets: vec![password], ..Patch::default() }
}

/// No secret is in what is returned or logged.
fn assert_no_canary<T: std::fmt::Debug>(fake: &FakeHost, result: &T) {
    let shown = format!("{result:?} {:?}", fake.logs());
    assert!(!shown.contains("canary"), "{shown}");
}

/// What was sent, as `METHOD path` in short.
fn calls(fake: &FakeHost) -> Vec<String> {
    let short = |path: &str| path.replace(RESOURCES, "…");
    let requests = fake.requests();
    requests.iter().map(|sent| format!("{} {}", sent.method, short(&sent.path))).collect()
}
