use std::collections::BTreeSet;
use std::time::Duration;

use connhub_tests::dataos::{Activation, DepotNames, MaskedValues, Options, Step, UpdateOfAbsent};
use serde_json::{Value, json};

use crate::{INSTANCE, Instance, WORKSPACE, depot, keys, secret};

#[test]
fn secrets_arrive_whole_and_are_shown_masked() {
    let instance = Instance::with_sales(Options::default());
    let stored = instance.dataos.secrets();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].name, "sales-cred");
    assert_eq!(stored[0].owner, "adalovelace", "the owner that the manifest names is ignored");
    assert_eq!(stored[0].values["password"], "p@ss $HOME");
    let path = format!("{WORKSPACE}/secret/sales-cred");
    let (_, shown) = instance.get(&path);
    assert_eq!(shown["secret"]["data"], json!({"username": "********", "password": "********"}));
    assert_eq!(shown["status"]["aggregateStatus"], "active");
    let (_, listed) = instance.get(&format!("{WORKSPACE}/secret"));
    assert!(!listed.to_string().contains("p@ss"), "{listed}");

    let absent = Options { masked_values: MaskedValues::Absent, ..Options::default() };
    let (_, shown) = Instance::with_sales(absent).get(&path);
    assert_eq!(shown["secret"], json!({"type": "key-value"}));
}

#[test]
fn documented_resource_form() {
    let instance = Instance::with_sales(Options::default());
    let path = format!("{INSTANCE}/depot/sales");
    let (status, body) = instance.get(&path);
    assert_eq!(status, 200);
    let server_keys = ["generation", "uid", "created", "status", "owner"];
    assert!(server_keys.iter().all(|key| keys(&body).contains(key)), "{body}");
    let status_keys = [
        "aggregateStatus",
        "builderState",
        "cloudKernelResources",
        "runtimeState",
        "webServiceResources",
    ];
    assert_eq!(keys(&body["status"]), BTreeSet::from(status_keys));
    assert_eq!(keys(&body["status"]["builderState"]), BTreeSet::from(["stage", "info"]));
    assert_eq!((&body["generation"], &body["owner"]), (&json!(1), &json!("adalovelace")));
    let (_, updated) = instance.ask("PUT", &path, &depot("sales", "s3", "sales-cred"));
    assert_eq!(updated["generation"], 2);
    assert_eq!(updated["uid"], body["uid"]);
    assert_eq!(updated["spec"]["type"], "s3");
    let runtime = instance.get(&format!("{path}/runtime"));
    assert_eq!(runtime, (200, json!({"runtimeStatus": "", "nodeDetails": []})));
}

#[test]
fn validation_stores_nothing() {
    let instance = Instance::new(Options::default());
    let path = format!("{WORKSPACE}/validate");
    assert_eq!(instance.ask("POST", &path, &secret("sales-cred")).0, 200);
    assert!(instance.dataos.secrets().is_empty());
}

#[test]
fn deletion_in_reverse_order() {
    let instance = Instance::with_sales(Options::default());
    let delete =
        |what: &str| instance.ask("DELETE", &format!("{WORKSPACE}/{what}"), &Value::Null).0;
    assert_eq!(delete("secret/sales-cred"), 400);
    assert!(instance.dataos.orphan_secrets().is_empty());
    assert_eq!(delete("depot/sales"), 200);
    assert_eq!(instance.dataos.orphan_secrets(), ["engineering:sales-cred"]);
    assert_eq!(delete("secret/sales-cred"), 200);
    assert!(instance.dataos.secrets().is_empty() && instance.dataos.depots().is_empty());
}

#[test]
fn lists_count_for_no_activation_and_show_own_or_all() {
    let instance = Instance::with_sales(Options::default());
    let token = instance.dataos.tokens().other_data_dev;
    let list = |token: &str, query: &str| {
        let path = format!("{WORKSPACE}/depot{query}");
        let (_, body) = instance.ask_as(token, "GET", &path, &Value::Null);
        body.as_array().map_or(0, Vec::len)
    };
    let own = instance.dataos.tokens().data_dev;
    assert_eq!([list(&own, ""), list(&own, ""), list(&own, ""), list(&own, "")], [1; 4]);
    assert_eq!(instance.dataos.depots()[0].status, "creating");
    assert_eq!(list(&token, ""), 0);
    assert_eq!(list(&token, "?allOwners=true"), 1);
    assert_eq!(list(&token, "?allOwners=false"), 0);
}

#[test]
fn a_depot_becomes_active_or_fails() {
    let check = |activation, host: &str, plan: &[Step], expected: &[&str], builder: &str| {
        let instance = Instance::new(Options { activation, ..Options::default() });
        instance.create("secret", &secret("sales-cred"));
        plan.iter().for_each(|step| instance.dataos.fail_next(*step));
        let mut manifest = depot("sales", "mongodb", "sales-cred");
        manifest["spec"]["spec"] = json!({"nodes": [format!("{host}:27017")]});
        instance.create("depot", &manifest);
        let seen: Vec<String> = expected.iter().map(|_| instance.status_of("sales")).collect();
        assert_eq!(seen, expected, "{host} {activation:?}");
        let status = instance.dataos.depots().remove(0).resource["status"].take();
        assert_eq!(status["builderState"]["stage"], builder, "{host}");
        let told = status["builderState"]["info"].as_str().is_some_and(|info| !info.is_empty());
        assert_eq!(told, expected.last() == Some(&"error"), "{status}");
    };
    let reads = Activation::AfterReads;
    check(reads(2), "db", &[], &["creating", "creating", "active", "active"], "building");
    check(reads(1), "unreachable.invalid", &[], &["creating", "error"], "building");
    check(reads(0), "db", &[Step::Build], &["error", "error"], "error");
    check(Activation::Never, "db", &[], &["creating", "creating", "creating"], "building");
    check(Activation::After(Duration::ZERO), "db", &[], &["active"], "building");
}

#[test]
fn creations_are_answered_in_the_chosen_form() {
    let check = |options: Options, body: Value, expected: u16| {
        check_status(options, "POST", "", &body, expected);
    };
    let default = Options::default;
    check(default(), secret("sales-cred"), 409);
    check(Options { exists_status: 400, ..default() }, secret("sales-cred"), 400);
    check(default(), secret("new"), 200);
    check(Options { created_status: 202, ..default() }, secret("new"), 202);
    check(default(), depot("ours", "ourOwnType", "sales-cred"), 200);
    check(default(), depot("sales-eu", "s3", "sales-cred"), 400);
    let hyphens = Options { depot_names: DepotNames::Hyphens, ..default() };
    check(hyphens, depot("sales-eu", "s3", "sales-cred"), 200);
}

#[test]
fn updates_are_answered_in_the_chosen_form() {
    let check = |options: Options, path: &str, body: Value, expected: u16| {
        check_status(options, "PUT", path, &body, expected);
    };
    let default = Options::default;
    check(default(), "/secret/sales-cred", secret("sales-cred"), 200);
    check(default(), "/secret/new", secret("new"), 404);
    let creates = Options { update_of_absent: UpdateOfAbsent::Creates, ..default() };
    check(creates, "/secret/new", secret("new"), 200);
    check(default(), "/secret/other", secret("sales-cred"), 400);
    check(default(), "/depot/sales-cred", secret("sales-cred"), 400);
}

#[test]
fn reads_and_deletions_are_answered_in_the_chosen_form() {
    let check = |options: Options, method: &str, path: &str, expected: u16| {
        check_status(options, method, path, &Value::Null, expected);
    };
    let default = Options::default;
    check(default(), "GET", "/depot/sales", 200);
    check(default(), "GET", "/depot/absent", 404);
    check(default(), "DELETE", "/depot/sales", 200);
    check(Options { deleted_status: 204, ..default() }, "DELETE", "/depot/sales", 204);
    check(default(), "DELETE", "/depot/absent", 404);
    check(default(), "PATCH", "/depot/sales", 405);
}

fn check_status(options: Options, method: &str, path: &str, body: &Value, expected: u16) {
    let path = format!("{WORKSPACE}{path}");
    let answer = Instance::with_sales(options).ask(method, &path, body);
    assert_eq!(answer.0, expected, "{method} {path} {}", answer.1);
}
