//! The whole life of a connection to every source.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connhub_tests::cli::TestEnv;
use serde_json::{Value, json};

use crate::instance::{Instance, writes};
use crate::sources::{self, Source};
use crate::tenant::{Tenant, fresh_name};
use crate::transport::Transport;

/// Has all of these live in one tenant.
#[track_caller]
fn check(transport: Transport, sources: Vec<Source>) {
    let tenant = Tenant::new(transport, "");
    for source in sources {
        Life::of(&tenant, &source).is_lived();
    }
}

fn stores_live(transport: Transport) {
    check(transport, sources::stores());
}

fn databases_live(transport: Transport) {
    check(transport, sources::databases());
}

fn warehouses_live(transport: Transport) {
    check(transport, sources::warehouses());
}

fn nodes_live(transport: Transport) {
    check(transport, sources::nodes());
}

fn streams_live(transport: Transport) {
    check(transport, sources::streams());
}

fn others_live(transport: Transport) {
    check(transport, sources::others());
}

fn credentials_that_are_files_live_as_values_where_the_backend_says_so(transport: Transport) {
    let tenant = Tenant::new(transport, "secret-files = \"data\"\n");
    if tenant.stand_in().is_none() {
        // What a real one does with files is its own, and undocumented.
        return;
    }
    for source in sources::with_files() {
        Life::of(&tenant, &source).is_lived();
    }
}

fn credentials_that_are_files_live_as_files_where_dataos_takes_them(transport: Transport) {
    let secret_files = connhub_tests::dataos::SecretFiles::Stored;
    let options = connhub_tests::dataos::Options { secret_files, ..Default::default() };
    let instance = Instance::of(transport, options);
    // The command line is documented to take them, so it needs no setting.
    if transport == Transport::Http {
        instance.set("secret-files = \"files\"\n");
    }
    let tenant = Tenant::StandIn(instance);
    for source in sources::with_files() {
        Life::of(&tenant, &source).is_lived();
    }
}

/// One connection.
struct Life<'a> {
    tenant: &'a Tenant,
    source: &'a Source,
    name: String,
    secrets: BTreeMap<&'static str, String>,
}

impl<'a> Life<'a> {
    fn of(tenant: &'a Tenant, source: &'a Source) -> Self {
        let secrets = source.secrets.iter().map(|name| (*name, value(tenant.env(), name)));
        Self { secrets: secrets.collect(), name: fresh_name(), tenant, source }
    }

    #[track_caller]
    fn is_lived(&self) {
        println!("{} {}", self.source.kind, self.source.secrets.join(","));
        self.is_created();
        self.is_read();
        self.is_changed();
        self.is_deleted();
    }

    /// The words that give a secret field by a file.
    fn given(&self, field: &str, value: &str) -> String {
        format!("{field}=@{}", self.tenant.env().file(field, value).display())
    }

    #[track_caller]
    fn is_created(&self) {
        let fields = self.source.fields.iter().map(|(name, value)| format!("{name}={value}"));
        let secrets = self.secrets.iter().map(|(name, value)| self.given(name, value));
        let mut words = vec!["create".into(), self.name.clone(), "-o=json".into()];
        words.extend([format!("--type={}", self.source.kind), "--label=team=risk".into()]);
        words.push("--description=What the shops send".into());
        words.extend(fields.chain(secrets));
        let create = || self.tenant.env().run(&words).succeeds().json();
        let Some(instance) = self.tenant.stand_in() else {
            assert_eq!(create()["outcome"], "created");
            return;
        };
        let (result, requests) = instance.asked(create);
        assert_eq!(result["outcome"], "created");
        assert_eq!(result["connection"]["address"], format!("dataos://{}", self.name));
        let expected: &[&str] = if self.source.stored.is_empty() {
            &["POST depot"]
        } else {
            &["POST secret", "POST depot"]
        };
        assert_eq!(writes(&requests), expected);
        self.has_arrived(instance);
    }

    /// Both manifests, as DataOS has them.
    #[track_caller]
    fn has_arrived(&self, instance: &Instance) {
        let depot = instance.depot();
        let resource = &depot.resource;
        let id = format!("engineering:{}-cred", self.name);
        let purposes = ["rw", "scan", "query"];
        let mut body = json!({
            "type": self.source.native,
            "spec": self.source.spec,
            "description": "What the shops send",
        });
        if !self.source.stored.is_empty() {
            body["secrets"] =
                purposes.iter().map(|purpose| json!({"id": id, "purpose": purpose})).collect();
        }
        assert_eq!(resource["spec"], body);
        assert_eq!(
            (&resource["version"], &resource["layer"], &resource["tags"], &resource["tenant"]),
            (&json!("v2alpha"), &json!("user"), &json!(["team=risk"]), &json!("engineering"))
        );
        self.has_values(instance, &self.secrets);
    }

    #[track_caller]
    fn has_values(&self, instance: &Instance, secrets: &BTreeMap<&'static str, String>) {
        if self.source.stored.is_empty() {
            assert_eq!(instance.dataos.secrets().len(), 0);
            return;
        }
        let visible: BTreeMap<_, _> = self.source.fields.iter().copied().collect();
        let value = |field: &str| match secrets.get(field) {
            Some(secret) => secret.clone(),
            None => visible[field].to_owned(),
        };
        let stored =
            self.source.stored.iter().map(|(key, field)| ((*key).to_owned(), value(field)));
        let secret = instance.secret();
        assert_eq!(secret.name, format!("{}-cred", self.name));
        assert_eq!(secret.values, stored.collect());
    }

    #[track_caller]
    fn shown(&self) -> Value {
        self.tenant.env().run(["get", &self.name, "-o", "json"]).succeeds().json()
    }

    #[track_caller]
    fn is_read(&self) {
        let shown = self.shown();
        assert_eq!((&shown["type"], &shown["name"]), (&json!(self.source.kind), &json!(self.name)));
        assert_eq!(shown["fields"], self.source.shown);
        assert_eq!(shown["secrets"], json!(self.source.hidden));
        assert_eq!(shown["labels"], json!({"team": "risk"}));
        assert_eq!(shown["description"], "What the shops send");
        assert_eq!(shown["status"], "active");
        assert_eq!(shown["warnings"], json!([]));
        let listed = self.tenant.env().run(["list", "-o", "json"]).succeeds().json();
        let items = listed["items"].as_array().expect("a list has items");
        let ours = items.iter().find(|item| item["name"] == self.name.as_str());
        let ours = ours.expect("it is in the list");
        assert_eq!((&ours["type"], &ours["address"]), (&shown["type"], &shown["address"]));
        let mut fields = self.source.shown.clone();
        // That takes a look into the Secret, which a list does not take.
        fields.as_object_mut().expect("fields are an object").remove("auth_method");
        assert_eq!(ours["fields"], fields);
    }

    #[track_caller]
    fn is_changed(&self) {
        let (field, new, pointer) = self.source.change;
        let mut rotated = self.secrets.clone();
        let change = format!("{field}={new}");
        let mut words = vec!["update".into(), self.name.clone(), change, "--keep-secrets".into()];
        if let Some((name, secret)) = rotated.iter_mut().next() {
            *secret = value(self.tenant.env(), name);
            words.push(self.given(name, secret));
        }
        self.tenant.env().run(&words).succeeds();
        let Some(instance) = self.tenant.stand_in() else {
            return;
        };
        let spec = &instance.depot().resource["spec"]["spec"];
        let found = spec.pointer(pointer).map(|value| value.to_string());
        assert_eq!(found.map(|text| text.trim_matches('"').to_owned()).as_deref(), Some(new));
        self.has_values(instance, &rotated);
    }

    #[track_caller]
    fn is_deleted(&self) {
        let delete = || self.tenant.env().run(["delete", &self.name, "--yes"]).succeeds();
        match self.tenant.stand_in() {
            None => drop(delete()),
            Some(instance) => {
                let (outcome, requests) = instance.asked(delete);
                let expected: &[&str] = match self.source.stored {
                    [] => &["DELETE depot"],
                    _ => &["DELETE depot", "DELETE secret"],
                };
                assert_eq!(writes(&requests), expected);
                assert_eq!(instance.stored(), [""; 0]);
                let named = self.source.stored.is_empty()
                    || outcome.stdout.contains(&format!("secret `{}-cred`", self.name));
                assert!(named, "{outcome}");
            }
        }
        self.tenant.env().run(["get", &self.name]).fails(3, &self.name);
    }
}

/// A secret in the form that its field asks for.
fn value(env: &TestEnv, field: &str) -> String {
    let secret = env.secret(field);
    match field {
        "private_key" => format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
            STANDARD.encode(&secret)
        ),
        "service_account_key" => {
            json!({"type": "service_account", "private_key": secret}).to_string()
        }
        _ => secret,
    }
}

over_both! {
    stores_live,
    databases_live,
    warehouses_live,
    nodes_live,
    streams_live,
    others_live,
    credentials_that_are_files_live_as_values_where_the_backend_says_so,
    credentials_that_are_files_live_as_files_where_dataos_takes_them,
}
