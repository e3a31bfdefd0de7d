//! The whole life of a connection of each kind, and the objects that arrive.

use serde_json::{Value, json};

use crate::project::Project;
use crate::users::USERS;
use crate::{S3, URI};

const CREATE: &str =
    "POST /api/v1/namespaces/NS/secrets fieldManager=connhub fieldValidation=Strict";
const LIST: &str =
    "GET /api/v1/namespaces/NS/secrets labelSelector=opendatahub.io/dashboard=true limit=500";

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

#[test]
fn object_storage_lives() {
    let project = Project::new();
    let secret = project.env.secret("secret_access_key");
    created(&project, &secret);
    read(&project);
    updated(&project, &secret);
    project.asks(
        &[
            &["GET /api/v1/namespaces/NS/secrets/sales"],
            &USERS[..],
            &["DELETE /api/v1/namespaces/NS/secrets/sales"],
        ]
        .concat(),
        || project.run(&["delete", "sales", "--yes"]).succeeds(),
    );
    assert_eq!(project.find("sales"), None);
    project.run(&["get", "sales"]).fails(3, "there is no connection `sales`");
    assert_eq!(project.listed(&[]), [""; 0]);
}

#[track_caller]
fn created(project: &Project, secret: &str) {
    let more = [
        "region=eu-central-1",
        "--label=team=risk",
        "--display-name=Sales, raw",
        "--description=What the shops send",
        "-o=json",
    ];
    let create = || project.create("sales", &S3, &more).stdin(secret).run().succeeds().json();
    let result = project.asks(&[CREATE], create);
    assert_eq!(result["outcome"], "created");
    assert_eq!(result["connection"]["secrets"], json!(["secret_access_key"]));
    assert_eq!(result["connection"]["warnings"], json!([]));
    assert_eq!(
        project.shape("sales"),
        json!({
            "labels": {
                "opendatahub.io/dashboard": "true",
                "opendatahub.io/managed": "true",
                "team": "risk",
            },
            "annotations": {
                "opendatahub.io/connection-type": "s3",
                "opendatahub.io/connection-type-ref": "s3",
                "opendatahub.io/connection-type-protocol": "s3",
                "openshift.io/display-name": "Sales, raw",
                "openshift.io/description": "What the shops send",
            },
            "type": "Opaque",
            "data": {
                "AWS_S3_ENDPOINT": "https://s3.example.com",
                "AWS_S3_BUCKET": "sales-raw",
                "AWS_DEFAULT_REGION": "eu-central-1",
                "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY": secret,
            },
        })
    );
}

#[track_caller]
fn read(project: &Project) {
    let get = || project.run(&["get", "sales", "-o", "json"]).succeeds().json();
    let shown =
        project.asks(&[&["GET /api/v1/namespaces/NS/secrets/sales"], &USERS[..]].concat(), get);
    assert_eq!(
        (&shown["name"], &shown["scope"], &shown["type"]),
        (&json!("sales"), &json!(project.name()), &json!("s3"))
    );
    assert_eq!(
        shown["fields"],
        json!({
            "endpoint": "https://s3.example.com",
            "bucket": "sales-raw",
            "region": "eu-central-1",
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        })
    );
    assert_eq!(shown["secrets"], json!(["secret_access_key"]));
    assert_eq!(
        (&shown["displayName"], &shown["description"]),
        (&json!("Sales, raw"), &json!("What the shops send"))
    );
    assert_eq!(shown["labels"]["team"], "risk");
    let listed = project.asks(&[LIST], || project.run(&["list", "-o", "json"]).succeeds().json());
    let items = listed["items"].as_array().expect("a list has items");
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["fields"], shown["fields"]);
    let table = project.run(&["list"]).succeeds();
    assert!(table.stdout.contains("sales") && table.stdout.contains("s3"), "{table}");
}

#[track_caller]
fn updated(project: &Project, secret: &str) {
    let words = [
        "update",
        "sales",
        "bucket=sales-clean",
        "--unset=region",
        "--unset-label=team",
        "-o=json",
    ];
    let one = "GET /api/v1/namespaces/NS/secrets/sales";
    let patch =
        "PATCH /api/v1/namespaces/NS/secrets/sales fieldManager=connhub fieldValidation=Strict";
    let result = project
        .asks(&[&[one, one, patch], &USERS[..]].concat(), || project.run(&words).succeeds().json());
    assert_eq!(result["outcome"], "updated");
    let after = project.shape("sales");
    assert_eq!(after["data"]["AWS_S3_BUCKET"], "sales-clean");
    assert_eq!(after["data"]["AWS_SECRET_ACCESS_KEY"], secret);
    assert_eq!(after["data"].get("AWS_DEFAULT_REGION"), None);
    let labels = ["opendatahub.io/dashboard", "opendatahub.io/managed"];
    assert_eq!(keys(&after["labels"]), labels);
    let rotated = project.env.secret("rotated");
    let update = project.env.command(["update", "sales", "secret_access_key=-"]);
    let update = update.stdin(rotated.as_str()).run().succeeds();
    assert!(!update.stderr.contains("restarted"), "nothing uses it: {update}");
    let mut expected = after;
    expected["data"]["AWS_SECRET_ACCESS_KEY"] = json!(rotated);
    assert_eq!(project.shape("sales"), expected);
}

#[test]
fn an_address_lives() {
    let project = Project::new();
    project.asks(&[CREATE], || project.create("model", &URI, &[]).run().succeeds());
    assert_eq!(
        project.shape("model"),
        json!({
            "labels": {"opendatahub.io/dashboard": "true"},
            "annotations": {
                "opendatahub.io/connection-type-ref": "uri-v1",
                "opendatahub.io/connection-type-protocol": "uri",
                "openshift.io/display-name": "model",
            },
            "type": "Opaque",
            "data": {"URI": "https://example.com/models/1"},
        })
    );
    project.run(&["update", "model", "uri=https://example.com/models/2"]).succeeds();
    let shown = project.run(&["get", "model", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"], json!({"uri": "https://example.com/models/2"}));
    assert_eq!((&shown["secrets"], &shown["warnings"]), (&json!([]), &json!([])));
    project.run(&["delete", "model", "-y"]).succeeds();
    assert_eq!(project.find("model"), None);
}

#[test]
fn a_registry_lives() {
    let project = Project::new();
    let config = docker_config(&project, "quay.io");
    let file = format!("dockerconfigjson=@{}", project.env.file("config.json", &config).display());
    let fields = ["--type=oci", "host=quay.io/acme", "access_type=Pull,Push", &file];
    project.asks(&[CREATE], || project.create("images", &fields, &[]).run().succeeds());
    assert_eq!(
        project.shape("images"),
        json!({
            "labels": {"opendatahub.io/dashboard": "true"},
            "annotations": {
                "opendatahub.io/connection-type-ref": "oci-v1",
                "opendatahub.io/connection-type-protocol": "oci",
                "openshift.io/display-name": "images",
            },
            "type": "kubernetes.io/dockerconfigjson",
            "data": {
                "OCI_HOST": "quay.io/acme",
                "ACCESS_TYPE": r#"["Pull","Push"]"#,
                ".dockerconfigjson": config,
            },
        })
    );
    let shown = project.run(&["get", "images", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"], json!({"host": "quay.io/acme", "access_type": "Pull,Push"}));
    assert_eq!(shown["secrets"], json!(["dockerconfigjson"]));
    let other = docker_config(&project, "registry.example.com");
    let file = format!("dockerconfigjson=@{}", project.env.file("other.json", &other).display());
    project.run(&["update", "images", "access_type=Pull", &file]).succeeds();
    let data = &project.shape("images")["data"];
    assert_eq!(data[".dockerconfigjson"], other);
    assert_eq!(data["ACCESS_TYPE"], r#"["Pull"]"#);
    project.run(&["delete", "images", "-y"]).succeeds();
    assert_eq!(project.find("images"), None);
}

#[test]
fn a_registry_gets_its_login_late() {
    let project = Project::new();
    let open = ["--type=oci", "host=quay.io/acme", "auth_method=anonymous", "--label=team=risk"];
    project.create("images", &open, &[]).run().succeeds();
    let before = project.shape("images");
    let config = docker_config(&project, "quay.io");
    let file = format!("dockerconfigjson=@{}", project.env.file("config.json", &config).display());
    project.run(&["update", "images", &file, "--dry-run=server"]).succeeds();
    assert_eq!(project.shape("images"), before);
    let updated = project.run(&["update", "images", &file]).succeeds();
    assert!(updated.stderr.contains("the Secret was made again"), "{updated}");
    let after = project.shape("images");
    assert_eq!(after["type"], "kubernetes.io/dockerconfigjson");
    assert_eq!(after["data"], json!({"OCI_HOST": "quay.io/acme", ".dockerconfigjson": config}));
    assert_eq!(
        (&after["labels"], &after["annotations"]),
        (&before["labels"], &before["annotations"])
    );
    project.run(&["get", "images"]).succeeds();
    assert_eq!(project.listed(&[]), ["images"]);
}

/// A Docker configuration with a login for a registry.
fn docker_config(project: &Project, registry: &str) -> String {
    use base64::Engine;
    let secret = project.env.secret(registry);
    let login = base64::engine::general_purpose::STANDARD.encode(format!("robot:{secret}"));
    project.env.watch("login of the registry", &login);
    json!({"auths": {registry: {"auth": login}}}).to_string()
}

#[test]
fn a_type_of_the_cluster_is_carried_through() {
    let project = Project::new();
    let secret = project.env.secret("token");
    let fields = ["--type=our-database", "host=db.example.com", "color=blue", "token=-"];
    let created = project.create("orders", &fields, &[]).stdin(secret.as_str()).run().succeeds();
    // Whether the cluster's own types can be seen depends on the login.
    let told = ["no type that every OpenShift AI has", "the cluster has no connection type"];
    assert!(told.iter().any(|words| created.stderr.contains(words)), "{created}");
    assert_eq!(
        project.shape("orders"),
        json!({
            "labels": {"opendatahub.io/dashboard": "true"},
            "annotations": {
                "opendatahub.io/connection-type-ref": "our-database",
                "openshift.io/display-name": "orders",
            },
            "type": "Opaque",
            "data": {"host": "db.example.com", "color": "blue", "token": secret},
        })
    );
    // `plugins.toml` lists `host` under `visible`, and not `color`.
    let shown = project.run(&["get", "orders", "-o", "json"]).succeeds().json();
    assert_eq!(shown["type"], "our-database");
    assert_eq!(shown["fields"], json!({"host": "db.example.com"}));
    assert_eq!(shown["secrets"], json!(["color", "token"]));
    let update = ["update", "orders", "color=red", "--unset=host"];
    project.run(&update).fails(2, "have to be given again");
    project.run(&[&update[..], &["--keep-secrets"]].concat()).succeeds();
    assert_eq!(project.shape("orders")["data"], json!({"color": "red", "token": secret}));
}

#[test]
fn a_dry_run_on_the_server_leaves_everything_as_it_is() {
    let project = Project::new();
    let secret = project.env.secret("secret_access_key");
    let dry = ["--dry-run=server", "-o=json"];
    let create = || project.create("sales", &S3, &dry).stdin(secret.as_str()).run().succeeds();
    let line = format!("{} dryRun=All", CREATE);
    let result = project.asks(&[&line], create).json();
    assert_eq!((&result["outcome"], &result["dryRun"]), (&json!("created"), &json!("server")));
    assert_eq!(project.find("sales"), None);
    project.create("sales", &S3, &[]).stdin(secret.as_str()).run().succeeds();
    let before = project.object("sales");
    project.create("sales", &S3, &dry).stdin(secret.as_str()).run().exits_with(5);
    let replace = [dry[0], dry[1], "--if-exists=replace"];
    let result = project.create("sales", &S3, &replace).stdin(secret.as_str()).run().succeeds();
    assert_eq!(result.json()["outcome"], "replaced");
    let result = project.run(&["update", "sales", "bucket=other", dry[0], dry[1]]).succeeds();
    assert_eq!(result.json()["connection"]["fields"]["bucket"], "other");
    let deleted = project.run(&["delete", "sales", "--yes", dry[0]]).succeeds();
    assert!(deleted.stdout.contains("dry run"), "{deleted}");
    assert_eq!(project.object("sales"), before);
}
