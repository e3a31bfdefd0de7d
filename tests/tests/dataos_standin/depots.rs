use std::collections::BTreeSet;

use connhub_tests::dataos::{Activation, ListForm, Options, Unregistered};
use serde_json::{Value, json};

use crate::{DEPOTS, Instance, WORKSPACE, depot, keys};

#[test]
fn list_forms() {
    let check = |options: Options, path: &str, pointer: &str| {
        let (_, body) = Instance::with_sales(options).get(path);
        assert_eq!(body.pointer(pointer), Some(&json!("sales")), "{path} {body}");
    };
    let poros = format!("{WORKSPACE}/depot");
    let wrapped = || Options {
        resource_list: ListForm::Wrapped,
        depot_list: ListForm::Wrapped,
        ..Options::default()
    };
    check(Options::default(), &poros, "/0/name");
    check(wrapped(), &poros, "/resources/0/name");
    check(Options::default(), DEPOTS, "/0/name");
    check(wrapped(), DEPOTS, "/depots/0/name");
}

#[test]
fn depot_lists_are_paged_and_sorted() {
    let instance = Instance::with_sales(Options::default());
    for name in ["archive", "crm"] {
        instance.create(name, &depot(name, "s3", "sales-cred"));
    }
    let path = format!("{WORKSPACE}/depot/sales");
    assert_eq!(instance.ask("PUT", &path, &depot("sales", "s3", "sales-cred")).0, 200);
    let check = |query: &str, expected: &[&str]| {
        let (status, body) = instance.get(&format!("{DEPOTS}?{query}"));
        assert_eq!(status, 200, "{query}");
        let depots = body.as_array().expect("a list");
        let names: Vec<&str> = depots.iter().filter_map(|depot| depot["name"].as_str()).collect();
        assert_eq!(names, expected, "{query}");
    };
    check("", &["sales", "crm", "archive"]);
    check("limit=100&offset=0&sort=updated_at:desc", &["sales", "crm", "archive"]);
    check("sort=created_at:asc", &["sales", "archive", "crm"]);
    check("sort=name:asc&limit=2", &["archive", "crm"]);
    check("sort=name:asc&limit=2&offset=2", &["sales"]);
    check("offset=9", &[]);
    assert_eq!(instance.get(&format!("{DEPOTS}?limit=many")).0, 400);
    assert_eq!(instance.get(&format!("{DEPOTS}?sort=colour:asc")).0, 400);
}

#[test]
fn documented_depot_forms() {
    let instance = Instance::with_sales(Options::default());
    let own = [
        "archivalMessage",
        "createdAt",
        "description",
        "external",
        "format",
        "isArchived",
        "meta",
        "name",
        "owners",
        "secrets",
        "snowflake",
        "source",
        "tenant",
        "type",
        "updatedAt",
    ];
    let (_, body) = instance.get(&format!("{DEPOTS}/sales"));
    assert_eq!(keys(&body), BTreeSet::from(own));
    assert_eq!(body["snowflake"]["database"], "SALES_DB");
    assert_eq!(body["owners"], json!(["adalovelace"]));
    let entry = json!({
        "id": "engineering:sales-cred",
        "purpose": "rw",
        "type": "key-value",
        "provider": "HEIMDALL",
    });
    assert_eq!(body["secrets"][0], entry);

    let flags = json!({"isArchived": true, "archivalMessage": "moved"});
    let (_, body) = instance.ask("PATCH", &format!("{DEPOTS}/sales/archived"), &flags);
    assert_eq!((&body["isArchived"], &body["archivalMessage"]), (&json!(true), &json!("moved")));

    let (_, body) = instance.get(&format!("{DEPOTS}/sales/status?purpose=rw"));
    assert_eq!(body["status"], "active");
}

#[test]
fn documented_secret_material() {
    let instance = Instance::with_sales(Options::default());
    let expected = json!({
        "id": "engineering:sales-cred",
        "data": [
            {"key": "password", "base64Value": "cEBzcyAkSE9NRQ=="},
            {"key": "username", "base64Value": "c2E="},
        ],
    });
    let check = |path: &str, status: u16| {
        let (found, body) = instance.get(path);
        assert_eq!(found, status, "{path}");
        assert_eq!(body == expected, status == 200, "{path} {body}");
    };
    check("/ds/api/v2/tenants/engineering/depots/sales/secrets", 200);
    check("/ds/api/v2/tenants/engineering/depots/sales/secrets?purpose=scan", 200);
    check("/ds/api/v2/tenants/engineering/depots/sales/secrets?purpose=w", 404);
    check("/ds/api/v2/depots/sales/secrets?acl=rw", 200);
    check("/ds/api/v2/secrets/engineering:sales-cred", 200);
    check("/ds/api/v2/secrets/engineering%3Asales-cred", 200);
    check("/ds/api/v2/secrets/engineering:absent", 404);
}

#[test]
fn documented_resolutions() {
    let instance = Instance::with_sales(Options::default());
    let base = "/ds/api/v2/tenants/engineering/resolve";
    let address = "dataos://sales/public/orders?purpose=rw";
    let (status, body) = instance.ask("POST", base, &json!({"address": address}));
    assert_eq!(status, 200);
    let own = [
        "depot",
        "external",
        "format",
        "isArchived",
        "resolution",
        "secrets",
        "snowflake",
        "source",
        "type",
    ];
    assert_eq!(keys(&body), BTreeSet::from(own));
    let resolution = json!({
        "identifier": "public/orders",
        "depot": "sales",
        "collection": "public",
        "dataset": "orders",
        "table": "orders",
        "schema": "public",
        "params": {"purpose": "rw"},
    });
    assert_eq!(body["resolution"], resolution);
    let check = |path: &str, expected: (u16, Value, Value)| {
        let (status, body) = instance.get(&format!("{path}?address=dataos://sales:public/orders"));
        assert_eq!(
            (status, body["collection"].clone(), body["dataset"].clone()),
            expected,
            "{path}"
        );
    };
    let found = || (200, json!("public"), json!("orders"));
    check(base, found());
    check("/ds/api/v2/resolve", found());
    check("/ds/api/v3/resolve", found());
    assert_eq!(instance.get(&format!("{base}?address=dataos://absent/a")).0, 404);
    assert_eq!(instance.get(&format!("{base}?address=s3://sales")).0, 400);
    assert_eq!(instance.get(base).0, 400);
}

#[test]
fn vault_entries_are_listed_by_id_only() {
    let (_, body) = Instance::with_sales(Options::default()).get("/heimdall/api/v1/secrets");
    assert_eq!(body, json!([{"id": "engineering:sales-cred"}]));
}

#[test]
fn first_generation_paths_lead_to_the_same_depots() {
    let instance = Instance::with_sales(Options::default());
    for (method, path) in [
        ("GET", "/ds/api/v2/depots/sales"),
        ("PUT", "/ds/api/v2/depots/sales/status?acl=r"),
        ("GET", "/poros/api/v1/resources/depot/sales"),
    ] {
        let (status, body) = instance.ask(method, path, &Value::Null);
        assert_eq!((status, &body["name"]), (200, &json!("sales")), "{path}");
    }
    assert_eq!(instance.get("/ds/api/v2/depots/sales/status?acl=r").0, 405);
}

#[test]
fn unregistered_depots_can_be_hidden() {
    let hidden = Options {
        unregistered: Unregistered::Hidden,
        activation: Activation::AfterReads(1),
        ..Options::default()
    };
    let instance = Instance::with_sales(hidden);
    assert_eq!(instance.get(DEPOTS), (200, json!([])));
    assert_eq!(instance.get(&format!("{DEPOTS}/sales")).0, 404);
    assert_eq!(instance.get(&format!("{DEPOTS}/sales")).0, 200);
    assert_eq!(instance.get(DEPOTS).1[0]["name"], "sales");
}
