//! Connections that others made: the dashboard, scripts, Argo CD.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::api::secret;
use crate::project::Project;

const KEYS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_S3_ENDPOINT", "https://minio.example.com:9000"),
    ("AWS_S3_BUCKET", "models"),
    ("AWS_DEFAULT_REGION", "us-east-1"),
];

/// What the dashboard selects connections by.
fn dashboard() -> Value {
    json!({"opendatahub.io/dashboard": "true"})
}

#[test]
fn what_an_older_script_made_is_shown_with_what_it_lacks() {
    let project = Project::new();
    let value = project.env.secret("secret key");
    let data = [&KEYS[..], &[("AWS_SECRET_ACCESS_KEY", &value)]].concat();
    let labels = json!({"opendatahub.io/dashboard": "true", "opendatahub.io/managed": "true"});
    let annotations = json!({
        "opendatahub.io/connection-type": "s3",
        "openshift.io/display-name": "By a script",
    });
    project.put(&secret("by-script", &labels, &annotations, &data));
    let listed = project.run(&["list", "-o", "json"]).succeeds().json();
    let found = &listed["items"][0];
    assert_eq!((&found["name"], &found["type"]), (&json!("by-script"), &json!("s3")));
    assert_eq!(found["fields"]["bucket"], "models");
    assert_eq!(found["secrets"], json!(["secret_access_key"]));
    for annotation in ["connection-type-ref", "connection-type-protocol"] {
        let warnings = found["warnings"].to_string();
        assert!(warnings.contains(annotation), "no {annotation} in {warnings}");
    }
    let shown = project.run(&["get", "by-script"]).succeeds();
    let said = format!("{}{}", shown.stdout, shown.stderr);
    assert!(said.contains("connection-type-protocol"), "{shown}");
    project.run(&["update", "by-script", "bucket=other"]).succeeds();
    let after = project.shape("by-script");
    assert_eq!(
        after["annotations"],
        json!({
            "opendatahub.io/connection-type": "s3",
            "opendatahub.io/connection-type-ref": "s3",
            "opendatahub.io/connection-type-protocol": "s3",
            "openshift.io/display-name": "By a script",
        })
    );
    assert_eq!(after["data"]["AWS_SECRET_ACCESS_KEY"], value);
    let shown = project.run(&["get", "by-script", "-o", "json"]).succeeds().json();
    assert_eq!(shown["warnings"], json!([]));
}

/// The grant shows a key of this name of ConfigMaps, in which a cluster has its types.
#[test]
fn a_secret_is_not_shown_by_its_name() {
    let project = Project::new();
    let value = project.env.secret("value under a known name");
    let typed = json!({"opendatahub.io/connection-type-ref": "ours"});
    let data = [("fields", value.as_str()), ("host", "db.example.com")];
    project.put(&secret("theirs", &dashboard(), &typed, &data));
    let shown = project.run(&["get", "theirs", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"], json!({"host": "db.example.com"}));
    assert_eq!(shown["secrets"], json!(["fields"]));
    let listed = project.run(&["list", "-o", "json", "-vvv"]).succeeds().json();
    assert_eq!(listed["items"][0]["secrets"], json!(["fields"]));
}

#[test]
fn what_is_hidden_or_no_connection_is_not_listed() {
    let project = Project::new();
    let hidden = json!({
        "opendatahub.io/connection-type-ref": "uri-v1",
        "opendatahub.io/connection-hidden": "true",
    });
    let typed = json!({"opendatahub.io/connection-type-ref": "uri-v1"});
    let data = [("URI", "https://example.com")];
    project.put(&secret("hidden", &dashboard(), &hidden, &data));
    project.put(&secret("untyped", &dashboard(), &json!({}), &data));
    project.put(&secret("unlabeled", &json!({}), &typed, &data));
    project.put(&secret("shown", &dashboard(), &typed, &data));
    assert_eq!(project.listed(&[]), ["shown"]);
    let names = project.run(&["list", "-o", "name"]).succeeds();
    assert_eq!(names.stdout, "shown\n");
}

#[test]
fn a_type_of_the_cluster_keeps_its_marks() {
    let project = Project::new();
    let password = project.env.secret("password");
    let annotations = json!({
        "opendatahub.io/connection-type-ref": "acme-database",
        "opendatahub.io/connection-test-status": "failed",
        "opendatahub.io/connection-test-message": "no route to host",
    });
    let data = [("host", "db.example.com"), ("PASSWORD", &password), ("Region", "x")];
    project.put(&secret("orders", &dashboard(), &annotations, &data));
    let listed = project.run(&["list", "-o", "json"]).succeeds().json();
    let found = &listed["items"][0];
    assert_eq!(found["type"], "acme-database");
    assert_eq!(found["fields"], json!({"host": "db.example.com"}));
    assert_eq!(found["secrets"], json!(["PASSWORD", "Region"]));
    assert_eq!(
        (&found["status"], &found["statusMessage"]),
        (&json!("failed"), &json!("no route to host"))
    );
    let of_type = project.listed(&["--type", "acme-database"]);
    assert_eq!(of_type, ["orders"]);
    let rotated = project.env.secret("rotated");
    let update = project.env.command(["update", "orders", "PASSWORD=-"]);
    update.stdin(rotated.as_str()).run().succeeds();
    let after = project.shape("orders");
    // The new secret has not been tested.
    let untested = json!({"opendatahub.io/connection-type-ref": "acme-database"});
    assert_eq!((&after["labels"], &after["annotations"]), (&dashboard(), &untested));
    assert_eq!(after["data"]["PASSWORD"], rotated);
    project.run(&["delete", "orders", "--yes"]).succeeds();
    assert_eq!(project.find("orders"), None);
}

#[test]
fn what_is_applied_with_kubectl_shows_no_values() {
    let project = Project::new();
    let value = project.env.secret("secret key");
    let encoded = STANDARD.encode(&value);
    let applied = json!({"data": {"AWS_SECRET_ACCESS_KEY": encoded}}).to_string();
    let annotations = json!({
        "opendatahub.io/connection-type-ref": "s3",
        "kubectl.kubernetes.io/last-applied-configuration": applied,
    });
    let data = [&KEYS[..], &[("AWS_SECRET_ACCESS_KEY", &value)]].concat();
    project.put(&secret("applied", &dashboard(), &annotations, &data));
    for output in ["json", "yaml", "wide", "table"] {
        project.run(&["list", "-vvv", "-o", output]).succeeds();
        project.run(&["get", "applied", "-vvv", "-o", output]).succeeds();
    }
    project.run(&["update", "applied", "bucket=other", "-vvv"]).succeeds();
    let after = project.object("applied");
    let kept = "kubectl.kubernetes.io/last-applied-configuration";
    assert_eq!(after["metadata"]["annotations"][kept], json!(applied));
}

#[test]
fn secrets_in_the_wrong_places_are_not_repeated() {
    // Somebody has put the secret into the display name, the bucket and a label as well.
    let project = Project::new();
    let value = "Abcd1234Efgh5678Ijkl";
    project.env.watch("secret key", value);
    let labels = json!({"opendatahub.io/dashboard": "true", "note": value});
    let annotations = json!({
        "opendatahub.io/connection-type-ref": "s3",
        "openshift.io/display-name": format!("key {value}"),
    });
    let data = [
        ("AWS_SECRET_ACCESS_KEY", value),
        ("AWS_S3_BUCKET", value),
        ("AWS_S3_ENDPOINT", "https://s3.example.com"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
    ];
    project.put(&secret("careless", &labels, &annotations, &data));
    let shown = project.run(&["get", "careless", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"]["endpoint"], "https://s3.example.com");
    project.run(&["list", "-o", "wide", "-vvv"]).succeeds();
}

#[test]
fn values_that_are_no_text_are_not_shown() {
    let project = Project::new();
    let annotations = json!({"opendatahub.io/connection-type-ref": "uri-v1"});
    let mut object = secret("binary", &dashboard(), &annotations, &[]);
    object["data"] = json!({"URI": STANDARD.encode([0xff, 0xfe, 0x00])});
    project.put(&object);
    let shown = project.run(&["get", "binary", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"], json!({}));
    assert!(shown["warnings"].to_string().contains("`uri` is not text"), "{shown:#}");
}

#[test]
fn terminal_escapes_in_what_others_wrote_do_not_reach_the_terminal() {
    let project = Project::new();
    let annotations = json!({
        "opendatahub.io/connection-type-ref": "uri-v1",
        "openshift.io/display-name": "\u{1b}]0;owned\u{7}\u{1b}[31mred\u{202e}",
        "openshift.io/description": "a\rb\u{9b}2J",
    });
    let data = [("URI", "https://example.com/\u{1b}[2J")];
    project.put(&secret("hostile", &dashboard(), &annotations, &data));
    for words in
        [&["list", "-o", "wide"][..], &["get", "hostile"], &["get", "hostile", "-o", "yaml"]]
    {
        let shown = project.run(words).succeeds();
        let is_bad = |c: &char| matches!(c, '\u{1b}' | '\u{9b}' | '\u{7}' | '\r' | '\u{202e}');
        assert_eq!(shown.stdout.chars().find(is_bad), None, "{shown:?}");
        assert_eq!(shown.stderr.chars().find(is_bad), None, "{shown:?}");
    }
}
