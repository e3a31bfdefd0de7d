//! Connection types that an administrator has made.

use connhub_tests::kubernetes::{Options, Role};
use serde_json::{Value, json};
use toml_edit::{Table, value};

use crate::requests::lines;
use crate::site::Site;

/// Where the operator keeps them.
const APPLICATIONS: &str = "redhat-ods-applications";

const DATABASE: [&str; 2] = ["--type=our-database", "DB_HOST=db.example.com"];

/// A type as the dashboard writes it.
fn type_(name: &str, title: &str, fields: &Value) -> Value {
    json!({
        "metadata": {
            "name": name,
            "labels": {"opendatahub.io/connection-type": "true", "opendatahub.io/dashboard": "true"},
            "annotations": {
                "openshift.io/display-name": title,
                "opendatahub.io/disabled": "false",
                "opendatahub.io/username": "admin",
            },
        },
        "data": {"category": "[\"Database\"]", "fields": fields.to_string()},
    })
}

fn our_database() -> Value {
    let fields = json!([
        {"type": "section", "name": "Server"},
        {"type": "short-text", "name": "Host", "envVar": "DB_HOST", "required": true, "properties": {}},
        {"type": "numeric", "name": "Port", "envVar": "DB_PORT", "properties": {"defaultValue": 5432, "min": 1, "max": 65535}},
        {"type": "dropdown", "name": "Roles", "envVar": "DB_ROLES", "properties": {"variant": "multi", "items": [
            {"label": "Reader", "value": "r"}, {"label": "Writer", "value": "w"},
        ]}},
        {"type": "section", "name": "Login"},
        {"type": "hidden", "name": "Password", "envVar": "DB_PASSWORD", "required": true, "properties": {}},
    ]);
    type_("our-database", "Our database", &fields)
}

/// A cluster with one type of its own. Nobody but an administrator may read it.
fn site() -> Site {
    let site = Site::of(Options { openshift: true, ..Options::default() });
    site.cluster.add_namespace(APPLICATIONS);
    site.cluster.seed_object("configmaps", APPLICATIONS, our_database());
    let stock = type_("s3", "S3 compatible object storage - v1", &json!([]));
    site.cluster.seed_object("configmaps", APPLICATIONS, stock);
    site
}

/// The same for a user who may read it.
fn readable() -> Site {
    let site = site();
    site.cluster.bind("owner", Role::View, APPLICATIONS);
    site
}

fn paths(requests: &[connhub_tests::serve::Recorded]) -> Vec<String> {
    let lines = lines(requests);
    lines.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

/// Adds names to what the grant shows.
fn show(section: &mut Table, names: &[&str]) {
    let visible = section["endpoints"]["cluster"]["visible"].as_array_mut();
    visible.expect("the shipped grant has it").extend(names.iter().copied());
}

#[test]
fn a_type_of_the_cluster_gives_defaults_and_form() {
    let site = readable();
    site.change(|section| show(section, &["DB_HOST", "DB_PORT", "DB_ROLES"]));
    let secret = site.env.secret("password");
    let fields = [&DATABASE[..], &["DB_ROLES=r,w", "DB_PASSWORD=-"]].concat();
    let create = || site.create("orders", &fields, &[]).stdin(secret.as_str()).run().succeeds();
    let (created, requests) = site.asked(create);
    assert_eq!(
        paths(&requests),
        [
            "GET /apis/dscinitialization.opendatahub.io/v2/dscinitializations",
            "GET /api/v1/namespaces/redhat-ods-applications/configmaps/our-database",
            "POST /api/v1/namespaces/fraud/secrets",
        ]
    );
    assert!(!created.stderr.contains("type"), "{created}");
    let stored = crate::api::shape(&site.cluster.secret("fraud", "orders").unwrap());
    let expected = json!({
        "DB_HOST": "db.example.com", "DB_PORT": "5432", "DB_ROLES": "[\"r\",\"w\"]", "DB_PASSWORD": secret,
    });
    assert_eq!(stored["data"], expected);
    assert_eq!(stored["annotations"]["opendatahub.io/connection-type-ref"], "our-database");
    let shown = site.run(&["get", "orders", "-o", "json"]).succeeds().json();
    let fields = json!({"DB_HOST": "db.example.com", "DB_PORT": "5432", "DB_ROLES": "r,w"});
    assert_eq!((&shown["fields"], &shown["secrets"]), (&fields, &json!(["DB_PASSWORD"])));
    assert_eq!(shown["warnings"], json!([]));
}

#[test]
fn all_that_the_type_refuses_is_said_at_once_and_nothing_is_written() {
    let site = readable();
    let fields = ["--type=our-database", "DB_HOTS=h", "DB_PORT=0", "DB_ROLES=r,x"];
    let refused = site.create("orders", &fields, &["-o=json"]).run().exits_with(2);
    let error = refused.json_error();
    let problems = error["problems"].as_array().expect("problems are listed");
    let message = |field: &str| {
        let found = problems.iter().find(|problem| problem["field"] == field);
        found.unwrap_or_else(|| panic!("no {field} in {error:#}"))["message"].to_string()
    };
    assert!(message("DB_HOTS").contains("did you mean `DB_HOST`?"));
    assert!(message("DB_PORT").contains("is no number from 1 to 65535"));
    assert!(message("DB_ROLES").contains("`x` is none of `r`, `w`"));
    assert!(message("DB_PASSWORD").contains("add `DB_PASSWORD=-`"));
    assert!(message("type").contains("`DB_PORT` (number from 1 to 65535, default `5432`)"));
    let refused = site.create("orders", &["--type=our-databse", "X=y"], &[]).run();
    refused.fails(2, "did you mean `--type our-database`?");
    assert_eq!(site.cluster.secret_names("fraud"), [""; 0]);
}

#[test]
fn a_login_that_may_not_see_the_types_writes_as_before() {
    let site = site();
    let secret = site.env.secret("token");
    let fields = [&DATABASE[..], &["color=blue", "TOKEN=-"]].concat();
    let created = site.create("orders", &fields, &[]).stdin(secret.as_str()).run().succeeds();
    let why = "the login may not read ConfigMaps of `redhat-ods-applications`";
    assert!(created.stderr.contains(why), "{created}");
    let shown = site.run(&["get", "orders"]).succeeds();
    assert!(!shown.stderr.contains("type"), "{shown}");
    let checked = site.run(&["check"]).succeeds();
    assert!(checked.stdout.contains(why), "{checked}");
}

#[test]
fn a_grant_from_before_the_types_still_works() {
    let site = readable();
    site.change(|section| {
        let rules = section["endpoints"]["cluster"]["allow"].as_array_mut().unwrap();
        rules.retain(|rule| {
            let rule = rule.as_str().unwrap_or_default();
            !rule.contains("configmaps") && !rule.contains("dscinitialization")
        });
    });
    let secret = site.env.secret("token");
    let fields = [&DATABASE[..], &["TOKEN=-"]].concat();
    let created = site.create("orders", &fields, &[]).stdin(secret.as_str()).run().succeeds();
    assert!(created.stderr.contains("cannot be read"), "{created}");
    site.run(&["get", "orders"]).succeeds();
    site.run(&["update", "orders", "DB_HOST=other", "--keep-secrets"]).succeeds();
    let checked = site.run(&["check"]).succeeds();
    assert!(checked.stdout.contains("carried through as they are"), "{checked}");
}

#[test]
fn what_the_grant_does_not_show_is_a_secret_and_what_it_shows_too_much_is_not_printed() {
    let site = readable();
    let secret = site.env.secret("password");
    let fields = [&DATABASE[..], &["DB_PASSWORD=-"]].concat();
    site.create("orders", &fields, &[]).stdin(secret.as_str()).run().succeeds();
    let shown = site.run(&["get", "orders", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"], json!({}));
    assert_eq!(shown["secrets"], json!(["DB_HOST", "DB_PORT", "DB_PASSWORD"]));
    assert!(shown["warnings"].to_string().contains("add it to `visible`"), "{shown:#}");
    site.change(|section| {
        show(section, &["DB_PASSWORD"]);
        section["limits"]["requests"] = value(20);
    });
    // The canary of the environment is looked for in every output.
    let shown = site.run(&["get", "orders", "-o", "json"]).succeeds().json();
    assert!(shown["secrets"].to_string().contains("DB_PASSWORD"), "{shown:#}");
    assert!(shown["warnings"].to_string().contains("take it out there"), "{shown:#}");
}

#[test]
fn the_types_of_a_cluster_are_listed_by_check_where_the_login_may() {
    let site = readable();
    let types = |site: &Site| {
        let report = site.run(&["check", "-o", "json"]).succeeds().json();
        let findings = report["findings"].as_array().unwrap().clone();
        let found = findings.into_iter().find(|it| it["subject"] == "connection types");
        found.expect("it is among them")
    };
    let expected = "the cluster has, in `redhat-ods-applications`, `our-database` (Our database)";
    assert_eq!(
        (&types(&site)["verdict"], &types(&site)["message"]),
        (&json!("ok"), &json!(expected))
    );
    site.log_in_as("admin");
    assert_eq!(types(&site)["message"], expected);
}

#[test]
fn lists_and_the_types_of_the_product_ask_for_no_types() {
    let site = readable();
    let secret = site.env.secret("password");
    let fields = [&DATABASE[..], &["DB_PASSWORD=-"]].concat();
    site.create("orders", &fields, &[]).stdin(secret.as_str()).run().succeeds();
    let asks_types = |words: &[&str]| {
        let (_, requests) = site.asked(|| site.run(words).succeeds());
        lines(&requests).iter().any(|line| line.contains("configmaps") || line.contains("dsci"))
    };
    assert!(!asks_types(&["create", "model", "--type=uri", "uri=https://example.com"]));
    assert!(!asks_types(&["get", "model"]));
    assert!(!asks_types(&["list", "-o", "wide"]));
    assert!(!asks_types(&["list", "--type", "our-database"]));
    assert!(asks_types(&["get", "orders"]));
}
