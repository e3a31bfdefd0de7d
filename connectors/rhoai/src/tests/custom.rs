//! Types that an administrator has made.

use connhub_sdk::testing::{FakeHost, Reply, SentRequest, secret};
use connhub_sdk::{
    Connector, Draft, Error, Field, IfExists, Patch, Problem, SecretField, Target, Written, base64,
};
use serde_json::{Value, json};

use super::*;
use crate::Rhoai;

/// A type with every kind of field.
fn our_database() -> Value {
    let fields = json!([
        {"type": "section", "name": "Server", "description": "where it is"},
        {"type": "short-text", "name": "Host", "description": "its address", "envVar": "DB_HOST", "required": true, "properties": {}},
        {"type": "numeric", "name": "Port", "envVar": "DB_PORT", "required": true,
         "properties": {"defaultValue": 5432, "min": 1, "max": 65535}},
        {"type": "dropdown", "name": "Mode", "envVar": "DB_MODE", "properties": {
            "variant": "single", "items": [{"label": "Read only", "value": "ro"}, {"label": "Read and write", "value": "rw"}],
            "defaultValue": ["ro"]}},
        {"type": "dropdown", "name": "Roles", "envVar": "DB_ROLES", "properties": {
            "variant": "multi", "items": [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]}},
        {"type": "boolean", "name": "TLS", "envVar": "DB_TLS", "properties": {"label": "Use TLS", "defaultValue": true, "defaultReadOnly": true}},
        {"type": "uri", "name": "Docs", "envVar": "DB_DOCS", "properties": {}},
        {"type": "text", "name": "Notes", "envVar": "DB_NOTES", "properties": {}},
        {"type": "section", "name": "Login"},
        {"type": "hidden", "name": "Password", "envVar": "DB_PASSWORD", "required": true, "properties": {}},
        {"type": "file", "name": "CA", "envVar": "DB_CA", "properties": {"extensions": [".pem"]}},
    ]);
    json!({
        "kind": "ConfigMap",
        "metadata": {
            "name": "our-database",
            "labels": {"opendatahub.io/connection-type": "true", "opendatahub.io/dashboard": "true"},
            "annotations": {"openshift.io/display-name": "Our database"},
        },
        // The other member would be masked as base64, which it is not. The masks of the program pass it.
        "data": {"fields": fields.to_string()},
    })
}

const LABEL: &str = "opendatahub.io/connection-type";
/// The line of the grant that shows the form of a type.
const FORM_OF_ONE: &str = "  \"GET /api/v1/namespaces/*/configmaps/* /data/fields\",\n";

const MAPS: &str = "/api/v1/namespaces/redhat-ods-applications/configmaps";

/// A cluster whose usual namespace has one type, and that answers a Secret that is created with what was sent.
fn cluster(type_: Option<Value>) -> FakeHost {
    let fake = FakeHost::granted(PLUGINS, "rhoai");
    fake.serve("cluster", move |request| answer(request, type_.as_ref()));
    fake
}

fn answer(request: &SentRequest, type_: Option<&Value>) -> Reply {
    let is_type = |map: &&Value| map["metadata"]["labels"].get(LABEL).is_some();
    let map = request.path.strip_prefix(MAPS).map(|name| name.trim_start_matches('/'));
    match (request.method.as_str(), request.path.as_str(), map) {
        ("POST", SECRETS, _) => Reply::json(201, request.body_json()),
        ("GET", CONFIGURATION, _) => recorded!("403-viewer-list-secrets"),
        ("GET", _, Some("")) => {
            assert_eq!(request.query("labelSelector"), Some("opendatahub.io/connection-type=true"));
            let items: Vec<_> = type_.filter(is_type).into_iter().collect();
            Reply::json(200, json!({"items": items}))
        }
        ("GET", _, Some(name)) => match type_.filter(|type_| type_["metadata"]["name"] == name) {
            Some(type_) => Reply::json(200, type_),
            None => recorded!("404-secret-get"),
        },
        ("GET", path, _) if path.starts_with("/api/v1/namespaces/opendatahub/") => {
            recorded!("403-viewer-list-secrets")
        }
        (method, path, _) => panic!("{method} {path}"),
    }
}

fn draft_of(type_: &str, fields: &[(&str, &str)], secrets: &[(&str, &str)]) -> Draft {
    Draft {
        fields: fields.iter().map(|(name, value)| Field::new(*name, *value)).collect(),
        secrets: secrets
            .iter()
            .map(|(name, value)| SecretField::new(*name, secret(value)))
            .collect(),
        ..Draft::new("orders", type_)
    }
}

fn create(fake: &FakeHost, draft: Draft) -> Result<Written, Error> {
    Rhoai::create(&fake.host(), &target(), draft, IfExists::Fail)
}

#[track_caller]
fn problems(result: Result<Written, Error>) -> Vec<Problem> {
    match result {
        Err(Error::Invalid(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

fn posted(fake: &FakeHost) -> Value {
    fake.requests().last().expect("it was sent").body_json()
}

#[test]
fn a_connection_gets_the_defaults_and_the_form_of_its_type() {
    let fake = cluster(Some(our_database()));
    let fields = [("DB_HOST", " db.example.com "), ("DB_ROLES", "a, b"), ("DB_NOTES", "")];
    let written = create(&fake, draft_of("our-database", &fields, &[("DB_PASSWORD", "pw")]));
    let written = written.expect("it is created");
    let expected = [
        ("DB_HOST", "db.example.com"),
        ("DB_PORT", "5432"),
        ("DB_MODE", "[\"ro\"]"),
        ("DB_ROLES", "[\"a\",\"b\"]"),
        ("DB_TLS", "true"),
        ("DB_PASSWORD", "pw"),
    ];
    let expected: serde_json::Map<_, _> =
        expected.iter().map(|(key, value)| ((*key).into(), json!(base64::encode(value)))).collect();
    let sent = posted(&fake);
    assert_eq!(sent["data"], Value::Object(expected));
    let annotations = json!({
        "opendatahub.io/connection-type-ref": "our-database",
        "openshift.io/display-name": "orders",
    });
    assert_eq!(sent["metadata"]["annotations"], annotations);
    assert_eq!(written.notes, [] as [&str; 0]);
    // None of the keys is in the grant, so all of them are secrets here.
    let names = ["DB_HOST", "DB_PORT", "DB_MODE", "DB_ROLES", "DB_TLS", "DB_PASSWORD"];
    assert_eq!(written.connection.secret_names, names);
    assert!(written.connection.warnings[0].contains("`visible`"), "{written:?}");
    let asked: Vec<_> = fake.requests().iter().map(|sent| sent.path.clone()).collect();
    assert_eq!(asked, [CONFIGURATION, &format!("{MAPS}/our-database"), SECRETS]);
}

#[test]
fn everything_that_the_type_refuses_is_said_at_once() {
    let fake = cluster(Some(our_database()));
    let fields = [
        ("DB_HOTS", "x"),
        ("DB_PORT", "70000"),
        ("DB_MODE", "Read only"),
        ("DB_ROLES", "a,c"),
        ("DB_TLS", "false"),
        ("DB_DOCS", "docs"),
    ];
    let found = problems(create(&fake, draft_of("our-database", &fields, &[("OTHER", "s")])));
    let text = |field: &str| {
        let of: Vec<_> = found.iter().filter(|it| it.field == field).collect();
        assert_eq!(of.len(), 1, "{field}: {found:?}");
        of[0].message.as_str()
    };
    assert!(text("DB_HOTS").contains("did you mean `DB_HOST`?"));
    assert_eq!(text("DB_PORT"), "`70000` is no number from 1 to 65535");
    assert_eq!(text("DB_MODE"), "`Read only` is none of `ro`, `rw`; did you mean `ro`?");
    assert_eq!(text("DB_ROLES"), "`c` is none of `a`, `b`");
    assert_eq!(text("DB_TLS"), "is always `true` in its type; leave it out");
    assert!(text("DB_DOCS").contains("is no URI"));
    assert!(text("OTHER").contains("has no such field"));
    assert_eq!(text("DB_HOST"), "its type requires it (Host: its address); add `DB_HOST=VALUE`");
    assert!(text("DB_PASSWORD").contains("add `DB_PASSWORD=-` or `DB_PASSWORD=@FILE`"));
    let explained = text("type");
    for part in [
        "`our-database` (Our database) has under \"Server\" `DB_HOST` (text, required)",
        "`DB_PORT` (number from 1 to 65535, required, default `5432`)",
        "`DB_TLS` (`true` or `false`, always `true`)",
        "under \"Login\" `DB_PASSWORD` (secret, required), `DB_CA` (file .pem)",
    ] {
        assert!(explained.contains(part), "{explained}");
    }
    assert!(fake.requests().iter().all(|sent| sent.method == "GET"));
}

#[test]
fn a_secret_is_not_taken_in_the_clear_and_a_value_has_its_bounds() {
    let check = |field: (&str, &str), secrets: &[(&str, &str)], part: &str| {
        let fake = cluster(Some(our_database()));
        let fields = [("DB_HOST", "h"), field];
        let found = problems(create(&fake, draft_of("our-database", &fields, secrets)));
        let message = found.iter().find(|it| it.message.contains(part));
        assert!(message.is_some_and(|it| !it.message.contains("hunter2")), "{found:?}");
    };
    check(("DB_PASSWORD", "hunter2"), &[], "is a secret in its type: give it as `DB_PASSWORD=-`");
    let password = ("DB_PASSWORD", "pw");
    check(("DB_PORT", "many"), &[password], "`many` is no number");
    check(("DB_PORT", "nan"), &[password], "`nan` is no number");
    check(("DB_MODE", "[\"ro\",\"rw\"]"), &[password], "takes one value, and 2 are given");
    check(("DB_TLS", "yes"), &[password], "neither `true` nor `false`");
    check(("DB_NOTES", "x"), &[password, ("DB_TLS", "false")], "is fixed by its type");
    let large = "x".repeat(1_048_577);
    check(("DB_NOTES", "x"), &[password, ("DB_CA", &large)], "a file may have 1048576");
}

#[test]
fn a_disabled_type_makes_no_new_connection() {
    let mut type_ = our_database();
    type_["metadata"]["annotations"]["opendatahub.io/disabled"] = json!("true");
    let fake = cluster(Some(type_));
    let draft = draft_of("our-database", &[("DB_HOST", "h")], &[("DB_PASSWORD", "pw")]);
    let found = problems(create(&fake, draft));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("an administrator has disabled it"), "{found:?}");
}

#[test]
fn a_type_that_the_cluster_does_not_have_is_a_slip_or_carried_through() {
    let fake = cluster(Some(our_database()));
    let found = problems(create(&fake, draft_of("our-databsae", &[("X", "x")], &[])));
    assert_eq!(found[0].field, "type");
    assert!(found[0].message.contains("did you mean `--type our-database`?"), "{found:?}");
    let found = problems(create(&fake, draft_of("Our Database", &[("X", "x")], &[])));
    assert!(found[0].message.contains("did you mean `--type our-database`?"), "{found:?}");
    let written = create(&fake, draft_of("postgresql", &[("host", "h")], &[])).expect("it is kept");
    let warning = &written.connection.warnings[0];
    assert!(warning.contains("no connection type `postgresql`"), "{warning}");
    assert!(
        warning.contains("the cluster's own types are `our-database` (Our database)"),
        "{warning}"
    );
}

/// The upstream project has another namespace, and one that is not there has an empty list.
#[test]
fn the_types_are_those_of_the_namespace_that_has_some() {
    let fake = FakeHost::granted(PLUGINS, "rhoai");
    fake.serve("cluster", |request| {
        let upstream = request.path.contains("/opendatahub/");
        let path = request.path.replace("/opendatahub/", "/redhat-ods-applications/");
        let request = SentRequest { path, ..request.clone() };
        answer(&request, upstream.then(our_database).as_ref())
    });
    let found = problems(create(&fake, draft_of("our-databse", &[("HOST", "a")], &[])));
    assert!(found[0].message.contains("did you mean `--type our-database`?"), "{found:?}");
}

#[test]
fn types_that_cannot_be_read_are_a_note_and_nothing_more() {
    let draft = || draft_of("our-database", &[("DB_HOTS", "h")], &[]);
    let check = |fake: FakeHost, why: &str| {
        let written = create(&fake, draft()).expect("it is carried through");
        assert!(written.notes.iter().any(|note| note.contains(why)), "{:?}", written.notes);
        assert_eq!(posted(&fake)["data"], json!({"DB_HOTS": base64::encode("h")}));
    };
    let without = |line: &str| {
        let fake = FakeHost::granted(&PLUGINS.replace(line, ""), "rhoai");
        fake.serve("cluster", |request| answer(request, Some(&encoded())));
        fake
    };
    check(without("  \"GET /api/v1/namespaces/*/configmaps/*\",\n"), "no rule allows");
    check(without(FORM_OF_ONE), "no `fields` under `visible`");
    let mut broken = our_database();
    broken["data"]["fields"] = json!("[{]");
    check(cluster(Some(broken)), "are broken");
    let mut other = our_database();
    other["metadata"]["labels"] = json!({});
    let written = create(&cluster(Some(other)), draft()).expect("a ConfigMap is no type");
    assert!(written.connection.warnings[0].contains("no connection type"), "{written:?}");
}

/// A type whose fields pass for base64, as the mask of the stand-in needs them.
fn encoded() -> Value {
    let mut type_ = our_database();
    type_["data"]["fields"] = json!("W10=");
    type_
}

#[test]
fn the_setting_names_the_namespace_and_the_configuration_is_not_asked() {
    let fake = FakeHost::granted(PLUGINS, "rhoai");
    let map = "/api/v1/namespaces/elsewhere/configmaps/ours";
    fake.expect("GET", map, recorded!("403-viewer-list-secrets"));
    fake.expect("POST", SECRETS, Reply::json(201, complete()));
    let settings = vec![Field::new("applications-namespace", "elsewhere")];
    let target = Target { settings, ..target() };
    Rhoai::create(&fake.host(), &target, draft_of("ours", &[], &[("K", "v")]), IfExists::Fail)
        .expect("it is created");
    fake.assert_done();
}

#[test]
fn a_type_for_object_storage_is_known_by_its_fields() {
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_S3_ENDPOINT", "AWS_S3_BUCKET"];
    let field = |key| json!({"type": "short-text", "name": key, "envVar": key, "properties": {}});
    let mut type_ = our_database();
    type_["data"]["fields"] = json!(json!(keys.map(field)).to_string());
    let fake = cluster(Some(type_));
    let draft = draft_of("our-database", &[("AWS_S3_ENDPOINT", "https://s3")], &[]);
    create(&fake, draft).expect("it is created");
    let metadata = &posted(&fake)["metadata"];
    assert_eq!(metadata["annotations"]["opendatahub.io/connection-type-protocol"], "s3");
    assert_eq!(metadata["labels"], json!({"opendatahub.io/dashboard": "true"}));
}

/// A stored connection of the type.
fn stored(data: Value) -> Value {
    let mut object = complete();
    object["metadata"]["annotations"] =
        json!({"opendatahub.io/connection-type-ref": "our-database"});
    object["data"] = data;
    object
}

#[test]
fn a_connection_is_shown_as_its_type_means_it() {
    let more = format!("{FORM_OF_ONE}  \"DB_HOST\", \"DB_ROLES\", \"DB_PASSWORD\",\n");
    let grant = PLUGINS.replace(FORM_OF_ONE, &more);
    let fake = FakeHost::granted(&grant, "rhoai");
    let type_ = our_database();
    fake.serve("cluster", move |request| match request.path.as_str() {
        ONE => Reply::json(
            200,
            stored(json!({
                "DB_ROLES": base64::encode("[\"a\",\"b\"]"), "DB_HOST": base64::encode("h"), "DB_PASSWORD": base64::encode("pw"),
                "DB_MODE": base64::encode("x"), "EXTRA": base64::encode("x"),
            })),
        ),
        _ => answer(request, Some(&type_)),
    });
    let shown = Rhoai::get(&fake.host(), &target(), "aws-connection-one").expect("it is there");
    assert_eq!(shown.fields, [Field::new("DB_HOST", "h"), Field::new("DB_ROLES", "a,b")]);
    assert_eq!(shown.secret_names, ["DB_MODE", "DB_PASSWORD", "EXTRA"]);
    let warnings = shown.warnings.join("\n");
    for part in [
        "`DB_PASSWORD` is a secret in the type",
        "has no `DB_PORT`, which the type `our-database` (Our database) requires",
        "has no secret in `DB_MODE`",
    ] {
        assert!(warnings.contains(part), "{warnings}");
    }
    assert!(!format!("{shown:?}").contains("pw"));
}

#[test]
fn a_connection_whose_type_is_gone_is_shown_with_its_keys() {
    let fake = cluster(None);
    fake.expect("GET", ONE, Reply::json(200, stored(json!({"host": base64::encode("h")}))));
    let shown = Rhoai::get(&fake.host(), &target(), "aws-connection-one").expect("it is there");
    assert_eq!(shown.fields, [Field::new("host", "h")]);
    assert!(shown.warnings[0].contains("the dashboard shows the values under their keys"));
}

#[test]
fn a_change_is_held_to_the_type_as_well() {
    let update = |patch: Patch| {
        let fake = cluster(Some(our_database()));
        fake.expect("GET", ONE, Reply::json(200, stored(json!({}))));
        let refused = Rhoai::update(&fake.host(), &target(), "aws-connection-one", patch, None);
        problems(refused)
    };
    let fields = vec![Field::new("DB_PORT", "0"), Field::new("DB_HOST", "")];
    let remove = vec!["DB_PASSWORD".to_owned(), "DB_NOTES".to_owned()];
    let found = update(Patch { fields, remove, ..Patch::default() });
    let names: Vec<_> = found.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(names, ["DB_PORT", "DB_PASSWORD", "DB_HOST"]);
    assert!(found[1].message.contains("its type requires it"), "{found:?}");
}

#[test]
fn the_types_that_the_product_brings_are_never_asked_for() {
    let fake = fake();
    fake.expect("POST", SECRETS, Reply::json(201, complete()));
    Rhoai::create(&fake.host(), &target(), draft(), IfExists::Fail).expect("it is created");
    fake.expect("GET", ONE, Reply::json(200, complete()));
    Rhoai::get(&fake.host(), &target(), "aws-connection-one").expect("it is there");
    assert_eq!(fake.requests().len(), 2);
}
