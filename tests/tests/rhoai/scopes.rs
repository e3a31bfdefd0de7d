//! Projects: which one is meant, and what is told apart about it.

use connhub_tests::cli::TestEnv;
use http::Method;
use serde_json::{Value, json};

use crate::configuration::{configure, quoted};
use crate::interceptor::as_admin;
use crate::project::Project;
use crate::requests::lines;
use crate::site::{PROJECT, Site};
use crate::{S3, URI};

/// For somebody who may see all projects.
#[track_caller]
fn tells_empty_and_absent_apart(env: &TestEnv) {
    let empty = env.run(["list"]).succeeds();
    assert!(empty.stdout.is_empty(), "{empty}");
    assert!(empty.stderr.contains("no connections"), "{empty}");
    let absent = "connhub-test-absent";
    for command in [
        &["list"][..],
        &["list", "-o", "name"],
        &["get", "sales"],
        &["update", "sales", "bucket=other"],
        &["delete", "sales", "--yes"],
        &["create", "model", URI[0], URI[1]],
    ] {
        let expected = format!("there is no project, tenant or folder `{absent}`");
        env.run(command.iter().chain(&["-n", absent])).fails(3, &expected);
    }
    let missing = env.run(["get", "sales"]).fails(3, "`sales`");
    assert!(!missing.stderr.contains(absent), "{missing}");
}

#[test]
fn an_empty_project_and_an_absent_one_are_told_apart() {
    let project = Project::new();
    if project.stand_in().is_none() {
        return tells_empty_and_absent_apart(&project.env);
    }
    let site = Site::new();
    site.log_in_as("admin");
    tells_empty_and_absent_apart(&site.env);
}

#[test]
fn how_a_project_is_made_is_said_and_not_done() {
    for (openshift, command) in
        [(false, "kubectl create namespace new"), (true, "oc new-project new")]
    {
        let site = Site::of(connhub_tests::kubernetes::Options { openshift, ..Default::default() });
        site.log_in_as("admin");
        let (refused, requests) =
            site.asked(|| site.create("model", &URI, &["--project", "new"]).run());
        let refused = refused.fails(3, "there is no project, tenant or folder `new`");
        assert!(refused.stderr.contains(command), "{refused}");
        let label = "label namespace new opendatahub.io/dashboard=true";
        assert!(refused.stderr.contains(label), "{refused}");
        let writes = requests.iter().filter(|request| request.method == Method::POST);
        assert_eq!(writes.count(), 1, "only the connection was tried");
        let listed = site.run(&["list", "-n", "new"]).fails(3, "`new`");
        assert!(!listed.stderr.contains("new-project"), "{listed}");
    }
}

#[test]
fn a_project_that_is_being_deleted_takes_nothing_new() {
    let site = Site::new();
    site.has_uri("model");
    as_admin(&site.cluster, Method::DELETE, &format!("/api/v1/namespaces/{PROJECT}"), &Value::Null);
    let secret = site.env.secret("secret_access_key");
    let refused = site.create("sales", &S3, &[]).stdin(secret).run();
    refused.fails(5, "project `fraud` is being deleted and takes nothing new");
    site.run(&["get", "model"]).succeeds();
    site.cluster.finish_termination(PROJECT);
    site.log_in_as("admin");
    site.run(&["get", "model"]).fails(3, "fraud");
}

#[test]
fn the_project_is_the_flag_then_the_setting_then_the_context() {
    let namespaces = ["fraud", "sales", "ops"].map(str::to_owned).to_vec();
    let options = connhub_tests::kubernetes::Options { namespaces, ..Default::default() };
    let site = Site::of(options);
    let asks = |more: &[&str], project: &str| {
        let words: Vec<&str> = ["get", "x"].iter().chain(more).copied().collect();
        let (_, requests) = site.asked(|| site.run(&words).exits_with(3));
        let line = format!("GET /api/v1/namespaces/{project}/secrets/x");
        assert_eq!(lines(&requests)[0], line, "{more:?}");
    };
    asks(&[], "fraud");
    asks(&["-n", "sales"], "sales");
    asks(&["--project", "sales"], "sales");
    configure(&site.env, "rhoai", &format!("scope = {}\n{}", quoted("ops"), site.place()));
    asks(&[], "ops");
    asks(&["-n", "sales"], "sales");
}

#[test]
fn connections_of_one_name_in_two_projects_are_two() {
    let namespaces = ["fraud", "sales"].map(str::to_owned).to_vec();
    let options = connhub_tests::kubernetes::Options { namespaces, ..Default::default() };
    let site = Site::of(options);
    site.has_uri("model");
    site.create("model", &URI, &["-n", "sales"]).run().succeeds();
    site.run(&["delete", "model", "--yes"]).succeeds();
    assert_eq!(site.cluster.secret_names("fraud"), [""; 0]);
    assert_eq!(site.cluster.secret_names("sales"), ["model"]);
}

#[test]
fn a_name_cannot_lead_to_another_project() {
    let site = Site::new();
    site.has_uri("model");
    for name in ["../../other/secrets/x", "..", "a/b", "a%2fb", "x?y=z", "x#y"] {
        let (outcome, requests) = site.asked(|| site.run(&["get", "--", name]));
        assert_ne!(outcome.code, 0, "{outcome}");
        let outside = |line: &&String| !line.contains("/api/v1/namespaces/fraud");
        assert_eq!(lines(&requests).iter().find(outside), None, "{name}");
    }
    for scope in ["..", "../..", "a/b", "fraud/secrets/model?x="] {
        let (outcome, requests) = site.asked(|| site.run(&["get", "model", "-n", scope]));
        assert_ne!(outcome.code, 0, "{outcome}");
        for request in &requests {
            let segments = request.path.split('?').next().unwrap_or_default().split('/').count();
            assert!(segments <= 7, "{}", request.path);
        }
    }
    assert_eq!(site.cluster.secret("fraud", "model").unwrap()["type"], json!("Opaque"));
}
