//! What the product and the server would refuse, and refusals of the server in the user's words.

use connhub_tests::serve::{FaultKind, Response};
use http::Method;
use serde_json::{Value, json};

use crate::requests::lines;
use crate::site::Site;
use crate::{S3, URI};

#[test]
fn names_that_cannot_be_are_refused_before_anything_is_sent() {
    let site = Site::new();
    let long = "a".repeat(251);
    let refused = [
        ("My Storage", "must not hold blanks"),
        ("Sales", "use `sales`"),
        ("sales_raw", "use `sales-raw`"),
        ("-sales", "name: "),
        (long.as_str(), "250"),
        ("storage-config", "model serving"),
        ("secret-a1b2c3", "dashboard"),
    ];
    for (name, words) in refused {
        let create = ["create", URI[0], "--", name, URI[1]];
        let (outcome, requests) = site.asked(|| site.run(&create));
        outcome.fails(2, words);
        assert_eq!(lines(&requests), [""; 0], "{name}");
    }
    for name in ["a.b-c", "7", &"a".repeat(250)] {
        site.create(name, &URI, &[]).run().succeeds();
        assert!(site.cluster.secret("fraud", name).is_some());
    }
}

#[test]
fn what_people_call_it_is_a_name_as_in_the_dashboard() {
    let site = Site::new();
    let display_name = "--display-name= My S3 (Paris) - new_one ";
    let created = site.run(&["create", URI[0], URI[1], display_name, "-o", "name"]).succeeds();
    assert_eq!(created.stdout, "my-s3-paris-newone\n");
    let secret = site.cluster.secret("fraud", "my-s3-paris-newone").expect("it has this name");
    assert!(secret["metadata"]["annotations"].to_string().contains("My S3 (Paris) - new_one"));
    site.run(&["create", URI[0], URI[1], display_name]).fails(5, "`my-s3-paris-newone`");
    site.run(&["create", URI[0], URI[1], "--display-name=日本"]).fails(2, "none can be made");
    site.run(&["create", URI[0], URI[1], "--display-name=storage config"])
        .fails(2, "model serving");
    site.run(&["update", URI[1], display_name]).fails(2, "no name is given");
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    let site = Site::new();
    let fields = [
        "--type=s3",
        "endpoint=s3.example.com",
        "bukcet=sales",
        "profile=default",
        "region=us east",
    ];
    let (outcome, requests) = site.asked(|| site.create("Sales", &fields, &["-o=json"]).run());
    let error = outcome.exits_with(2).json_error();
    let problems = error["problems"].as_array().expect("problems are listed");
    let named: Vec<&str> =
        problems.iter().map(|problem| problem["field"].as_str().unwrap_or_default()).collect();
    for field in ["endpoint", "bukcet", "region"] {
        assert!(named.contains(&field), "no {field} in {error:#}");
    }
    assert_eq!(lines(&requests), [""; 0]);
}

#[test]
fn what_the_product_needs_and_the_type_does_not_is_named() {
    let site = Site::new();
    let secret = site.env.secret("secret_access_key");
    let fields = ["--type=s3", "access_key_id=AKIA", "secret_access_key=-"];
    let refused = site.create("sales", &fields, &[]).stdin(secret).run();
    refused.fails(2, "endpoint: OpenShift AI requires it");
    let fields = ["--type=s3", "auth_method=anonymous", "endpoint=https://s3.example.com"];
    let refused = site.create("sales", &fields, &[]).run();
    refused.fails(2, "OpenShift AI");
    let oci = ["--type=oci", "host=quay.io/acme", "username=robot", "password=-"];
    let refused = site.create("images", &oci, &[]).stdin(site.env.secret("password")).run();
    refused.fails(2, "password");
    assert_eq!(site.cluster.secret_names("fraud"), [""; 0]);
}

#[test]
fn more_than_a_secret_takes_is_refused_before_it_is_sent() {
    let site = Site::new();
    let half = site.env.file("half", "x".repeat(600_000));
    let fields = [
        "--type=our-own".to_owned(),
        format!("one=@{}", half.display()),
        format!("two=@{}", half.display()),
    ];
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let (outcome, requests) = site.asked(|| site.create("large", &fields, &[]).run());
    outcome.fails(2, "a Secret takes 1048576");
    assert!(lines(&requests).iter().all(|line| line.starts_with("GET ")), "{requests:?}");
    site.create("large", &fields[..2], &[]).run().succeeds();
    let listed = site.run(&["list"]).succeeds();
    assert!(listed.stdout.contains("large"), "{listed}");
}

#[test]
fn a_description_that_the_server_refuses_is_named_as_such() {
    let site = Site::new();
    let manifest = json!({
        "name": "model", "type": "uri", "fields": {"uri": "https://example.com"},
        "description": "x".repeat(300_000),
    });
    let file = site.env.file("model.json", manifest.to_string());
    let file = file.display().to_string();
    let error = site.run(&["create", "-f", &file, "-o", "json"]).exits_with(2).json_error();
    assert_eq!(error["problems"][0]["field"], "description", "{error:#}");
    assert_eq!(site.cluster.secret_names("fraud"), [""; 0]);
}

/// A refusal as a real server words it: see `tests/recordings/kubernetes`.
fn invalid(causes: &Value) -> FaultKind {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Secret \"sales\" is invalid", "reason": "Invalid", "code": 422,
        "details": {"name": "sales", "kind": "Secret", "causes": causes},
    });
    FaultKind::from(Response::json(422, &status))
}

#[test]
fn refusals_name_fields_as_the_user_does() {
    let site = Site::new();
    let causes = json!([
        {"reason": "FieldValueInvalid", "message": "Invalid value: \"x\"",
         "field": "data[AWS_S3_BUCKET]"},
        {"reason": "FieldValueInvalid", "message": "Invalid value: \"y\"", "field": "metadata.name"},
        {"reason": "FieldValueTooLong", "message": "Too long", "field": "data"},
        {"reason": "FieldValueInvalid", "message": "Invalid value", "field": "metadata.labels"},
    ]);
    let secret = site.env.secret("secret_access_key");
    let fields = |outcome: connhub_tests::cli::Outcome| {
        let error = outcome.exits_with(2).json_error();
        let problems = error["problems"].as_array().expect("problems are listed").iter();
        let fields =
            problems.map(|problem| problem["field"].as_str().unwrap_or_default().to_owned());
        fields.collect::<Vec<_>>()
    };
    site.next(Method::POST, invalid(&causes));
    let create = site.create("sales", &S3, &["-o=json"]).stdin(secret.as_str()).run();
    assert_eq!(fields(create), ["bucket", "name", "fields", "label"]);
    site.has_s3("sales");
    site.next(Method::PATCH, invalid(&causes));
    let update = site.run(&["update", "sales", "bucket=other", "-o", "json"]);
    assert_eq!(fields(update), ["bucket", "name", "fields", "label"]);
}
