//! Deleting connections, and nothing else.

use serde_json::json;

use crate::URI;
use crate::api::{body, secret};
use crate::project::Project;
use crate::requests::lines;
use crate::site::Site;
use crate::users::USERS;

#[test]
fn the_very_object_that_was_read_is_deleted() {
    let site = Site::new();
    site.has_s3("sales");
    let there = site.cluster.secret("fraud", "sales").unwrap();
    let (_, requests) = site.asked(|| site.run(&["delete", "sales", "--yes"]).succeeds());
    assert_eq!(
        lines(&requests),
        [
            &["GET /api/v1/namespaces/fraud/secrets/sales".to_owned()],
            &USERS.map(|line| line.replace("NS", "fraud"))[..],
            &["DELETE /api/v1/namespaces/fraud/secrets/sales".to_owned()],
        ]
        .concat()
    );
    let options = body(&requests[6]);
    assert_eq!(
        options["preconditions"],
        json!({
            "uid": there["metadata"]["uid"],
            "resourceVersion": there["metadata"]["resourceVersion"],
        })
    );
    assert_eq!(options.get("dryRun"), None);
}

#[test]
fn a_dry_run_says_so_to_the_server() {
    let site = Site::new();
    site.has_uri("model");
    let words = ["delete", "model", "--yes", "--dry-run=server"];
    let (_, requests) = site.asked(|| site.run(&words).succeeds());
    assert_eq!(body(&requests[6])["dryRun"], json!(["All"]));
    let (_, requests) = site.asked(|| site.run(&["delete", "model", "--yes", "--dry-run"]));
    assert!(lines(&requests).iter().all(|line| line.starts_with("GET ")), "{requests:?}");
    assert!(site.cluster.secret("fraud", "model").is_some());
}

#[test]
fn a_secret_that_is_no_connection_is_not_deleted() {
    let project = Project::new();
    let value = project.env.secret("of somebody else");
    let labeled = json!({"opendatahub.io/dashboard": "true"});
    let typed = json!({"opendatahub.io/connection-type": "s3"});
    let refused = [
        ("pull-secret", &json!({}), &json!({}), "no label `opendatahub.io/dashboard`"),
        ("labeled", &labeled, &json!({}), "neither the annotation"),
        ("typed", &json!({}), &typed, "no label `opendatahub.io/dashboard`"),
    ];
    for (name, labels, annotations, words) in refused {
        let there = project.put(&secret(name, labels, annotations, &[("token", &value)]));
        project.run(&["delete", name, "--yes"]).fails(2, words);
        project.run(&["get", name]).fails(2, words);
        project.run(&["update", name, "token=x"]).fails(2, words);
        assert_eq!(project.object(name), there);
    }
    assert_eq!(project.listed(&[]), [""; 0]);
}

#[test]
fn several_are_deleted_and_those_that_are_not_there_are_named() {
    let project = Project::new();
    for name in ["a", "b", "c"] {
        project.create(name, &URI, &[]).run().succeeds();
    }
    let outcome = project.run(&["delete", "a", "nobody", "b", "--yes"]);
    outcome.fails(3, "there is no connection `nobody`");
    assert_eq!(project.listed(&[]), ["c"]);
    project.run(&["delete", "nobody", "c", "--yes", "--ignore-not-found"]).succeeds();
    assert_eq!(project.listed(&[]), [""; 0]);
}

#[test]
fn nothing_is_deleted_without_a_yes() {
    let site = Site::new();
    site.has_uri("model");
    let (outcome, requests) = site.asked(|| site.run(&["delete", "model"]));
    outcome.fails(2, "--yes");
    assert_eq!(lines(&requests), [""; 0]);
    assert!(site.cluster.secret("fraud", "model").is_some());
}
