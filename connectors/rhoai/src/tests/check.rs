use connhub_sdk::testing::{FakeHost, Reply};
use connhub_sdk::{Connector, Error, Report, Target, Verdict};
use serde_json::{Value, json};

use super::*;
use crate::Rhoai;

const WHO: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const MAY: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const PROJECTS: &str = "/apis/project.openshift.io/v1/projects";
const CLUSTERS: &str = "/apis/datasciencecluster.opendatahub.io/v2/datascienceclusters";

/// The recorded list of groups, with those of the product and of OpenShift.
fn groups(names: &[&str]) -> Reply {
    let recorded = include_str!("../../tests/data/200-apis.json");
    let mut list: Value = serde_json::from_str(recorded).expect("the recording is JSON");
    let groups = list["groups"].as_array_mut().expect("the recording has groups");
    groups.extend(names.iter().map(|name| {
        json!({"name": name, "versions": [{"groupVersion": format!("{name}/v2"), "version": "v2"}]})
    }));
    Reply::json(200, list)
}

fn verdicts(report: &Report) -> Vec<(&str, Verdict)> {
    report.findings.iter().map(|finding| (finding.subject.as_str(), finding.verdict)).collect()
}

fn expect_platform(fake: &FakeHost) {
    fake.expect("GET", "/version", recorded!("200-version"));
    fake.expect("GET", "/apis", groups(&[]));
}

/// A cluster that is no OpenShift, and a login that may not list its namespaces.
fn expect_no_projects(fake: &FakeHost) {
    fake.expect("GET", PROJECTS, recorded!("404-project-not-openshift"));
    fake.expect("GET", "/api/v1/namespaces", recorded!("403-viewer-list-all-secrets"));
}

#[test]
fn everything_is_found_on_a_cluster_with_the_product() {
    let fake = fake();
    fake.expect("POST", WHO, recorded!("201-selfsubjectreview"));
    fake.expect("GET", "/version", recorded!("200-version"));
    let installed = groups(&["datasciencecluster.opendatahub.io", "project.openshift.io"]);
    fake.expect("GET", "/apis", installed);
    fake.expect("GET", CLUSTERS, recorded!("200-dsc-list-v2"));
    fake.expect("GET", CONFIGURATION, configuration("our-applications"));
    let types = "/api/v1/namespaces/our-applications/configmaps";
    fake.expect("GET", types, Reply::json(200, types_of_a_cluster()));
    fake.expect("GET", NAMESPACE, recorded!("201-namespace"));
    for _ in 0..5 {
        fake.expect("POST", MAY, recorded!("201-ssar-admin-create-secrets"));
    }
    let report = Rhoai::check(&fake.host(), &target()).expect("it answers");
    assert_eq!(report.user.as_deref(), Some("viewer"));
    let platform = "OpenShift AI Self-Managed 3.0.0 on OpenShift (Kubernetes v1.36.2)";
    assert_eq!(report.platform.as_deref(), Some(platform));
    let expected = [
        "login",
        "OpenShift AI",
        "connection types",
        "project",
        "permission to list secrets",
        "permission to read secrets",
        "permission to create secrets",
        "permission to update secrets",
        "permission to delete secrets",
    ];
    assert_eq!(verdicts(&report), expected.map(|subject| (subject, Verdict::Good)));
    assert_eq!(
        report.findings[2].message,
        "the cluster has, in `our-applications`, `our-database` (Our database); not for new ones: `oci-v1` (OCI)"
    );
    let asked: Vec<_> = fake.requests().iter().filter(|sent| sent.path == MAY).map(verb).collect();
    assert_eq!(asked, ["list", "get", "create", "patch", "delete"]);
    fake.assert_done();
}

fn configuration(namespace: &str) -> Reply {
    let items = json!([{"spec": {"applicationsNamespace": namespace}}]);
    Reply::json(200, json!({"kind": "DSCInitializationList", "items": items}))
}

fn types_of_a_cluster() -> Value {
    let type_ = |name: &str, title: &str, disabled: &str| {
        let annotations =
            json!({"openshift.io/display-name": title, "opendatahub.io/disabled": disabled});
        json!({"metadata": {"name": name, "annotations": annotations}})
    };
    json!({
        "kind": "PartialObjectMetadataList",
        "items": [
            type_("s3", "S3 compatible object storage - v1", "false"),
            type_("our-database", "Our database", "false"),
            type_("oci-v1", "OCI", "true"),
        ],
    })
}

fn verb(sent: &connhub_sdk::testing::SentRequest) -> String {
    let attributes = &sent.body_json()["spec"]["resourceAttributes"];
    assert_eq!(
        (&attributes["namespace"], &attributes["resource"]),
        (&json!("demo"), &json!("secrets"))
    );
    attributes["verb"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn missing_rights_and_a_missing_product_are_findings() {
    let fake = fake();
    fake.expect("POST", WHO, recorded!("201-selfsubjectreview"));
    expect_platform(&fake);
    fake.expect("GET", NAMESPACE, recorded!("403-viewer-list-secrets"));
    fake.expect("GET", PROJECT, recorded!("404-project-not-openshift"));
    expect_no_projects(&fake);
    for _ in 0..4 {
        fake.expect("POST", MAY, recorded!("201-ssar-viewer-create-secrets"));
    }
    fake.expect("POST", MAY, recorded!("403-viewer-list-secrets"));
    let report = Rhoai::check(&fake.host(), &target()).expect("it answers");
    assert_eq!(report.platform.as_deref(), Some("Kubernetes v1.36.2"));
    let found: Vec<_> = verdicts(&report).into_iter().map(|(_, verdict)| verdict).collect();
    let (bad, unknown) = (Verdict::Bad, Verdict::Unknown);
    assert_eq!(found, [Verdict::Good, Verdict::Warning, unknown, bad, bad, bad, bad, unknown]);
    assert!(report.findings[3].message.contains("ask for the role `edit`"));
}

#[test]
fn an_installed_product_whose_release_is_hidden_is_good() {
    let fake = fake();
    fake.expect("POST", WHO, recorded!("201-selfsubjectreview"));
    fake.expect("GET", "/version", recorded!("200-version"));
    fake.expect("GET", "/apis", groups(&["datasciencecluster.opendatahub.io"]));
    fake.expect("GET", CLUSTERS, recorded!("403-viewer-list-all-secrets"));
    expect_hidden_types(&fake);
    let projects = ["ops", "kube-system", "default", "openshift-monitoring", "fraud"];
    let items: Vec<_> = projects.iter().map(|name| json!({"metadata": {"name": name}})).collect();
    fake.expect("GET", PROJECTS, Reply::json(200, json!({"items": items})));
    let nowhere = Target { scope: None, ..target() };
    let report = Rhoai::check(&fake.host(), &nowhere).expect("it answers");
    let expected = [
        ("login", Verdict::Good),
        ("OpenShift AI", Verdict::Good),
        ("connection types", Verdict::Unknown),
        ("project", Verdict::Unknown),
    ];
    assert_eq!(verdicts(&report), expected);
    let projects = &report.findings[3].message;
    assert!(projects.ends_with("the login sees `fraud`, `ops`"), "{projects}");
    let types = &report.findings[2].message;
    assert!(types.contains("may not read ConfigMaps of `redhat-ods-applications`"), "{types}");
    assert!(report.findings[1].message.contains("may not see which release"));
}

#[test]
fn the_user_of_an_old_openshift_is_found_its_own_way() {
    let fake = fake();
    fake.expect("POST", WHO, recorded!("404-unknown-resource"));
    let user = Reply::json(200, json!({"kind": "User", "metadata": {"name": "ada"}}));
    fake.expect("GET", "/apis/user.openshift.io/v1/users/~", user);
    expect_platform(&fake);
    let nowhere = Target { scope: None, ..target() };
    expect_no_projects(&fake);
    let report = Rhoai::check(&fake.host(), &nowhere).expect("it answers");
    assert_eq!(report.user.as_deref(), Some("ada"));

    fake.expect("POST", WHO, recorded!("404-unknown-group"));
    fake.expect("GET", "/apis/user.openshift.io/v1/users/~", recorded!("404-unknown-group"));
    expect_platform(&fake);
    expect_no_projects(&fake);
    let report = Rhoai::check(&fake.host(), &nowhere).expect("it answers");
    assert_eq!(verdicts(&report)[0], ("login", Verdict::Unknown));
}

#[test]
fn a_login_that_is_missing_or_refused_is_said() {
    let fake = fake();
    fake.expect("POST", WHO, recorded!("401-bad-token"));
    let refused = Rhoai::check(&fake.host(), &target());
    assert!(matches!(refused, Err(Error::Unauthenticated(_))), "{refused:?}");

    fake.expect("POST", WHO, recorded!("403-anonymous"));
    expect_platform(&fake);
    expect_no_projects(&fake);
    let nowhere = Target { scope: None, ..target() };
    let report = Rhoai::check(&fake.host(), &nowhere).expect("it answers");
    assert_eq!(verdicts(&report)[0], ("login", Verdict::Bad));
    assert!(report.findings[2].message.ends_with("the login may not see which there are"));
}
