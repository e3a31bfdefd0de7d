//! Who am I, may I, is the platform there.

use connhub_tests::cli::Outcome;
use connhub_tests::kubernetes::{Login, Options};
use http::Method;
use serde_json::{Value, json};

use crate::interceptor::as_admin;
use crate::project::Project;
use crate::site::Site;

/// Subjects and verdicts of a report.
#[track_caller]
fn findings(outcome: &Outcome) -> Vec<String> {
    let report = outcome.json();
    let findings = report["findings"].as_array().expect("a report has findings").clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line =
        |finding: &Value| format!("{} {}", text(&finding["verdict"]), text(&finding["subject"]));
    findings.iter().map(line).collect()
}

/// The findings on what may be done.
fn permissions(verdict: &str) -> Vec<String> {
    ["list", "read", "create", "update", "delete"]
        .map(|verb| format!("{verdict} permission to {verb} secrets"))
        .to_vec()
}

#[test]
fn who_may_do_everything_is_told_so() {
    let project = Project::new();
    let checked = project.run(&["check", "-o", "json"]).succeeds();
    let found = findings(&checked);
    let is_missing = |wanted: &&String| !found.contains(wanted);
    assert_eq!(permissions("ok").iter().find(is_missing), None, "{checked}");
    for wanted in ["ok login", "ok project"] {
        assert!(found.iter().any(|line| line == wanted), "no {wanted} in {checked}");
    }
    assert!(checked.json()["user"].is_string(), "{checked}");
    let table = project.run(&["check"]).succeeds();
    assert!(table.stdout.contains("permission to create secrets"), "{table}");
}

#[test]
fn the_platform_is_told() {
    let site = Site::of(Options { openshift: true, ..Options::default() });
    let checked = site.run(&["check", "-o", "json"]).succeeds().json();
    let platform = checked["platform"].as_str().unwrap_or_default();
    assert!(platform.contains("OpenShift (Kubernetes v1."), "{platform}");
    site.log_in_as("admin");
    let checked = site.run(&["check", "-o", "json"]).succeeds().json();
    let platform = checked["platform"].as_str().unwrap_or_default();
    assert!(platform.contains("OpenShift AI Self-Managed"), "{platform}");
    site.cluster.remove_rhoai();
    let checked = site.run(&["check", "-o", "json"]).succeeds();
    assert!(findings(&checked).contains(&"warn OpenShift AI".to_owned()), "{checked}");
}

#[test]
fn the_upstream_project_is_told_from_the_product() {
    let site = Site::new();
    site.log_in_as("admin");
    let path = "/apis/datasciencecluster.opendatahub.io/v2/datascienceclusters/default-dsc";
    let release = json!({"status": {"release": {"name": "Open Data Hub", "version": "2.35.0"}}});
    as_admin(&site.cluster, Method::PATCH, path, &release);
    let checked = site.run(&["check", "-o", "json"]).succeeds().json();
    let platform = checked["platform"].as_str().unwrap_or_default();
    assert!(platform.starts_with("Open Data Hub 2.35.0 on Kubernetes v1."), "{platform}");
}

#[test]
fn projects_to_choose_from_are_told_where_the_named_one_is_not_there() {
    let site = Site::of(Options {
        openshift: true,
        namespaces: ["fraud", "openshift-monitoring", "sales"].map(str::to_owned).to_vec(),
        ..Options::default()
    });
    let checked = site.run(&["check", "-n", "absent"]).exits_with(4);
    assert!(checked.stdout.contains("which the cluster does not tell apart"), "{checked}");
    assert!(checked.stdout.contains("the login sees `fraud`, `sales`"), "{checked}");
    site.log_in_as("admin");
    let checked = site.run(&["check", "-n", "absent", "-o", "json"]);
    assert!(checked.stdout.contains("`absent` does not exist; the login sees"), "{checked}");
}

#[test]
fn missing_rights_are_found_and_told_by_the_exit_code() {
    let site = Site::new();
    site.log_in_as("viewer");
    let checked = site.run(&["check", "-o", "json"]).exits_with(4);
    let found = findings(&checked);
    let is_missing = |wanted: &&String| !found.contains(wanted);
    assert_eq!(permissions("fail").iter().find(is_missing), None, "{checked}");
    let table = site.run(&["check"]).exits_with(4);
    assert!(table.stdout.contains("ask for the role `edit`"), "{table}");
}

#[test]
fn a_project_that_is_not_there_is_found() {
    let site = Site::new();
    site.log_in_as("admin");
    let checked = site.run(&["check", "-n", "absent", "-o", "json"]);
    assert!(findings(&checked).contains(&"fail project".to_owned()), "{checked}");
    assert_ne!(checked.code, 0);
}

#[test]
fn a_refused_login_is_no_permission_and_no_cluster_is_no_answer() {
    let site = Site::new();
    site.log_in(&Login::Token("expired-Vq3kTz8wLmYd".into()));
    site.run(&["check"]).fails(4, "does not accept the login");
    site.log_in(&Login::Anonymous);
    site.run(&["check"]).exits_with(4);
    site.log_in_as("owner");
    let Site { env, server, .. } = site;
    drop(server);
    env.run(["check"]).fails(6, "cannot be reached");
}

#[test]
fn a_check_writes_nothing() {
    let site = Site::new();
    let (_, requests) = site.asked(|| site.run(&["check"]).succeeds());
    let is_review = |path: &str| path.contains("reviews");
    let writes = requests.iter().filter(|request| request.method != http::Method::GET);
    assert!(writes.clone().all(|request| is_review(&request.path)), "{requests:?}");
    assert_eq!(writes.count(), 6);
}
