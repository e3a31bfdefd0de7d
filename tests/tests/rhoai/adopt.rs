//! Secrets that become connections, and connections that become complete.

use serde_json::{Value, json};

use crate::api::{secret, shape};
use crate::project::Project;
use crate::site::Site;

/// What a script or a user puts into a Secret for object storage, but for the secret key.
const KEYS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_S3_ENDPOINT", "https://minio.example.com:9000"),
    ("AWS_S3_BUCKET", "models"),
    ("AWS_DEFAULT_REGION", "us-east-1"),
];

/// Puts a Secret for object storage there.
fn put(project: &Project, name: &str, labels: &Value, annotations: &Value) -> String {
    let value = project.env.secret(&format!("key of {name}"));
    let data = [&KEYS[..], &[("AWS_SECRET_ACCESS_KEY", &value)]].concat();
    project.put(&secret(name, labels, annotations, &data));
    value
}

/// What `create-s3-connection.sh` of the skill writes.
fn by_script(project: &Project, name: &str) -> String {
    let labels = json!({
        "opendatahub.io/dashboard": "true", "opendatahub.io/managed": "true",
        "argocd.argoproj.io/instance": "team",
    });
    let annotations = json!({
        "opendatahub.io/connection-type": "s3",
        "openshift.io/display-name": "By a script",
        "dataconnecthub.opendatahub.io/synced": "true",
    });
    put(project, name, &labels, &annotations)
}

/// What every consumer of object storage wants, beside the marks of others.
fn complete() -> Value {
    json!({
        "opendatahub.io/connection-type": "s3",
        "opendatahub.io/connection-type-ref": "s3",
        "opendatahub.io/connection-type-protocol": "s3",
        "openshift.io/display-name": "By a script",
        "dataconnecthub.opendatahub.io/synced": "true",
    })
}

#[test]
fn a_connection_of_a_script_is_completed_by_one_command() {
    for words in [&["check", "--fix"][..], &["update", "sales"], &["adopt", "sales"]] {
        let project = Project::new();
        let value = by_script(&project, "sales");
        let before = project.shape("sales");
        let shown = project.run(&["get", "sales"]).succeeds();
        assert!(
            shown.stderr.contains("check --fix") || shown.stdout.contains("check --fix"),
            "{shown}"
        );
        project.run(words).succeeds();
        let after = project.shape("sales");
        assert_eq!(after["annotations"], complete(), "{words:?}");
        assert_eq!(after["labels"], before["labels"]);
        assert_eq!(after["data"], before["data"]);
        assert_eq!(after["data"]["AWS_SECRET_ACCESS_KEY"], value);
        let shown = project.run(&["get", "sales", "-o", "json"]).succeeds().json();
        assert_eq!(shown["warnings"], json!([]));
    }
}

#[test]
fn check_fix_completes_all_and_says_what_it_cannot() {
    let project = Project::new();
    by_script(&project, "one");
    by_script(&project, "two");
    let labels = json!({"opendatahub.io/dashboard": "true"});
    let annotations = json!({"opendatahub.io/connection-type": "s3"});
    let bucketless = [("AWS_S3_ENDPOINT", "https://s3.example.com")];
    project.put(&secret("poor", &labels, &annotations, &bucketless));
    project.create("fine", &crate::URI, &[]).run().succeeds();
    let report = project.run(&["check", "--fix", "-o", "json"]).succeeds().json();
    let find = |subject: &str| {
        let findings = report["findings"].as_array().unwrap().iter();
        let mut found = findings.filter(|one| one["subject"].as_str().unwrap().ends_with(subject));
        found.next().map(|one| one["verdict"].clone())
    };
    assert_eq!(find("one`"), Some(json!("ok")), "{report:#}");
    assert_eq!(find("two`"), Some(json!("ok")), "{report:#}");
    assert_eq!(find("poor`"), Some(json!("warn")), "{report:#}");
    assert_eq!(find("fine`"), None, "what lacks nothing is not touched: {report:#}");
}

#[test]
fn an_update_without_a_change_of_what_is_complete_is_refused() {
    let project = Project::new();
    project.create("fine", &crate::URI, &[]).run().succeeds();
    project.run(&["update", "fine"]).fails(2, "nothing to change is given");
}

#[test]
fn a_secret_becomes_a_connection_and_keeps_everything() {
    let project = Project::new();
    let value = put(&project, "mine", &json!({"team": "a"}), &json!({"note": "mine"}));
    project.run(&["get", "mine"]).fails(2, "connhub adopt");
    let planned = project.run(&["adopt", "mine", "--dry-run", "-o", "json"]).succeeds().json();
    assert_eq!(planned["dryRun"], "server");
    assert_eq!(project.shape("mine")["labels"], json!({"team": "a"}), "it was a dry run");
    let adopted = project.run(&["adopt", "mine", "-o", "json"]).succeeds().json();
    assert_eq!(adopted["outcome"], "updated");
    assert_eq!(adopted["connection"]["type"], "s3");
    let after = project.shape("mine");
    let labels = json!({
        "team": "a", "opendatahub.io/dashboard": "true", "opendatahub.io/managed": "true",
    });
    assert_eq!(after["labels"], labels);
    assert_eq!(after["annotations"]["note"], "mine");
    assert_eq!(after["annotations"]["opendatahub.io/connection-type-ref"], "s3");
    assert_eq!(after["data"]["AWS_SECRET_ACCESS_KEY"], value);
    assert_eq!(project.listed(&[]), ["mine"]);
    let again = project.run(&["adopt", "mine", "-o", "json"]).succeeds().json();
    assert_eq!(again["outcome"], "unchanged");
}

#[test]
fn a_type_can_be_said() {
    let project = Project::new();
    let data = [("host", "db.example.com"), ("password", "x")];
    project.put(&secret("db", &json!({}), &json!({}), &data));
    project.run(&["adopt", "db"]).fails(2, "say it by `--type`");
    project.run(&["adopt", "db", "--type", "s3"]).fails(2, "which `s3` needs");
    project.run(&["adopt", "db", "--type", "our-db"]).succeeds();
    assert_eq!(project.listed(&["--type", "our-db"]), ["db"]);
    project.run(&["adopt", "nobody"]).fails(3, "there is no connection `nobody`");
}

#[test]
fn what_others_own_is_left_alone() {
    let site = Site::new();
    let put = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut object = secret(name, &json!({}), &json!({}), &[("URI", "https://example.com")]);
        change(&mut object);
        site.cluster.seed_object("secrets", "fraud", object);
    };
    put("frozen", &|it| it["immutable"] = json!(true));
    put("token", &|it| it["type"] = json!("kubernetes.io/service-account-token"));
    let owner = json!([{"apiVersion": "v1", "kind": "ExternalSecret", "name": "lake", "uid": "1"}]);
    put("owned", &|it| it["metadata"]["ownerReferences"] = owner.clone());
    for (name, words) in [
        ("frozen", "is immutable"),
        ("token", "which the cluster uses itself"),
        ("owned", "belongs to the ExternalSecret `lake`"),
    ] {
        let before = site.cluster.secret("fraud", name).unwrap();
        site.run(&["adopt", name]).fails(2, words);
        assert_eq!(shape(&site.cluster.secret("fraud", name).unwrap()), shape(&before));
    }
}

#[test]
fn an_adoption_is_recorded() {
    let project = Project::new();
    put(&project, "mine", &json!({}), &json!({}));
    project.run(&["adopt", "mine"]).succeeds();
    let records = project.run(&["audit", "list", "-o", "json"]).succeeds();
    assert!(records.stdout.contains("\"adopt\""), "{records}");
}

#[test]
fn the_mark_of_data_connect_hub_survives_every_change() {
    let project = Project::new();
    by_script(&project, "sales");
    project.run(&["update", "sales", "bucket=other", "--display-name", "Sales"]).succeeds();
    let values = project.env.secret("new key");
    let replace = project.create("sales", &crate::S3, &["--if-exists=replace"]);
    replace.stdin(values.as_str()).run().succeeds();
    let annotations = &project.shape("sales")["annotations"];
    assert_eq!(annotations["dataconnecthub.opendatahub.io/synced"], "true");
    assert_eq!(annotations["opendatahub.io/connection-type-ref"], "s3");
    assert_eq!(project.shape("sales")["labels"]["argocd.argoproj.io/instance"], "team");
}
