//! Lists: what is asked of the server, and what is found.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connhub_tests::cli::Outcome;
use connhub_tests::kubernetes::{Cluster, Options};
use connhub_tests::serve::{FaultKind, Request};
use http::Method;
use serde_json::Value;

use crate::interceptor::Interceptor;
use crate::project::{Project, names};
use crate::requests::{header, lines};
use crate::site::{SECRETS, Site};
use crate::{S3, URI};

const LIST: &str =
    "GET /api/v1/namespaces/fraud/secrets labelSelector=opendatahub.io/dashboard=true limit=500";

#[test]
fn labels_and_types_select() {
    let project = Project::new();
    let secret = project.env.secret("secret_access_key");
    let labels = ["--label=team=risk", "--label=stage=dev"];
    project.create("a", &S3, &labels).stdin(secret).run().succeeds();
    project.create("b", &URI, &["--label=team=risk"]).run().succeeds();
    project.create("c", &URI, &["--label=team=sales"]).run().succeeds();
    let check = |more: &[&str], expected: &[&str]| {
        assert_eq!(project.listed(more), expected, "{more:?}");
    };
    check(&[], &["a", "b", "c"]);
    check(&["-l", "team=risk"], &["a", "b"]);
    check(&["-l", "team!=risk"], &["c"]);
    check(&["-l", "team in (risk,sales),stage"], &["a"]);
    check(&["-l", "!stage"], &["b", "c"]);
    check(&["-l", "team notin (risk)"], &["c"]);
    check(&["-l", "team=nobody"], &[]);
    check(&["--type", "uri"], &["b", "c"]);
    check(&["--type", "s3,uri", "-l", "team=risk"], &["a", "b"]);
    check(&["--type", "oci"], &[]);
}

#[test]
fn the_server_does_the_selecting() {
    let site = Site::new();
    site.has_uri("model");
    let (_, requests) = site.asked(|| site.run(&["list", "-l", "team=risk,!old"]).succeeds());
    let selector = "labelSelector=opendatahub.io/dashboard=true,team in (risk),!old";
    let expected = [
        format!("GET {SECRETS} {selector} limit=500"),
        // The list is empty, which it also is where there is no such project.
        "GET /api/v1/namespaces/fraud".to_owned(),
    ];
    assert_eq!(lines(&requests), expected);
}

#[test]
fn names_alone_are_asked_for_without_values() {
    let (site, interceptor) = Interceptor::site(Options::default(), |_, _| {});
    site.has_s3("sales");
    site.cluster.seed_secrets("fraud", 2);
    let seen = interceptor.answers().len();
    let (listed, requests) = site.asked(|| site.run(&["list", "-o", "name"]).succeeds());
    let mut listed: Vec<&str> = listed.stdout.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, ["aws-connection-00000", "aws-connection-00001", "sales"]);
    assert_eq!(lines(&requests), [LIST]);
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    assert_eq!(header(&requests[0], "accept"), accept);
    let answers = interceptor.answers().split_off(seen);
    let text = String::from_utf8(answers.concat()).unwrap();
    let endpoint = STANDARD.encode("https://s3.example.com");
    assert!(text.contains("sales"), "{text}");
    assert!(!text.contains("\"data\"") && !text.contains(&endpoint), "{text}");
}

/// A site with more connections than a page holds.
fn with_many() -> Site {
    let site = Site::new();
    site.env.watch("seeded secret", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    site.cluster.seed_secrets("fraud", 1_201);
    site
}

#[track_caller]
fn has_many(outcome: &Outcome) {
    let names = names(&outcome.json());
    assert_eq!(names.len(), 1_201);
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn more_than_a_page_is_listed_whole() {
    let site = with_many();
    let (listed, requests) = site.asked(|| site.run(&["list", "-o", "json"]).succeeds());
    has_many(&listed);
    let lines = lines(&requests);
    assert_eq!((lines.len(), lines[0].as_str()), (3, LIST));
    assert!(lines[1..].iter().all(|line| line.starts_with(LIST) && line.contains(" continue=")));
    assert_eq!(site.server.connections(), 1, "pages come over one connection");
    let table = site.run(&["list", "--no-headers"]).succeeds();
    assert_eq!(table.stdout.lines().count(), 1_201);
}

#[test]
fn an_unsorted_list_shows_what_came_before_a_page_that_fails() {
    let site = with_many();
    let list = |words: &[&str]| {
        site.next(Method::GET, FaultKind::Delay(Duration::ZERO));
        site.next(Method::GET, FaultKind::status(403));
        site.run(&[&["list"], words].concat()).exits_with(4)
    };
    assert_eq!(list(&["-o", "name"]).stdout, "", "a part is not taken for the whole");
    assert_eq!(list(&["-o", "name", "--unsorted"]).stdout.lines().count(), 500);
    assert_eq!(list(&["--unsorted"]).stdout.lines().count(), 501);
    let document = list(&["-o", "json", "--unsorted"]);
    assert_eq!(document.json_error()["code"], "forbidden");
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!(document["items"].as_array().unwrap().len(), 500);
    assert_eq!(document["errors"][0]["code"], "forbidden");
}

#[test]
fn a_list_goes_on_when_its_token_has_expired() {
    let pages = AtomicUsize::new(0);
    let before = move |cluster: &Cluster, request: &Request| {
        let is_page = request.method == Method::GET && request.query("limit").is_some();
        if is_page && pages.fetch_add(1, Ordering::Relaxed) == 1 {
            cluster.compact();
        }
    };
    let (site, _) = Interceptor::site(Options::default(), before);
    site.cluster.seed_secrets("fraud", 1_201);
    let (listed, requests) = site.asked(|| site.run(&["list", "-o", "json"]).succeeds());
    has_many(&listed);
    assert_eq!(requests.len(), 4, "three pages, one of them asked for twice");
}

/// A cluster of two projects with a connection in each.
fn two_projects(openshift: bool) -> Site {
    let namespaces = ["fraud", "sales"].map(str::to_owned).to_vec();
    let site = Site::of(Options { openshift, namespaces, ..Options::default() });
    site.has_uri("one");
    site.create("other", &URI, &["-n", "sales"]).run().succeeds();
    site
}

fn everywhere(site: &Site) -> (Vec<(String, String)>, Vec<String>) {
    let list = || site.run(&["list", "-A", "-o", "json"]).succeeds().json();
    let (listed, requests) = site.asked(list);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let items = listed["items"].as_array().unwrap();
    let found = items.iter().map(|item| (text(&item["scope"]), text(&item["name"])));
    (found.collect(), lines(&requests))
}

#[test]
fn all_projects_are_one_list_for_those_who_may() {
    let site = two_projects(false);
    site.log_in_as("admin");
    let (found, requests) = everywhere(&site);
    assert_eq!(found, [("fraud", "one"), ("sales", "other")].map(|(a, b)| (a.into(), b.into())));
    let list = "GET /api/v1/secrets labelSelector=opendatahub.io/dashboard=true limit=500";
    assert_eq!(requests, [list]);
    let table = site.run(&["list", "-A"]).succeeds();
    assert!(table.stdout.starts_with("PROJECT"), "{table}");
}

#[test]
fn all_projects_are_visited_one_by_one_otherwise() {
    let site = two_projects(true);
    let (found, requests) = everywhere(&site);
    assert_eq!(found, [("fraud", "one"), ("sales", "other")].map(|(a, b)| (a.into(), b.into())));
    let paths: Vec<&str> = requests.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(
        paths,
        [
            "/api/v1/secrets",
            "/apis/project.openshift.io/v1/projects",
            "/api/v1/namespaces/fraud/secrets",
            "/api/v1/namespaces/sales/secrets",
        ]
    );
    // A viewer sees the projects, and may read no secrets in them.
    site.log_in_as("viewer");
    assert_eq!(everywhere(&site).0, []);
}

#[test]
fn who_may_see_no_projects_is_told_so() {
    let site = two_projects(false);
    site.run(&["list", "-A"]).fails(4, "namespaces is forbidden: User \"owner\" cannot list");
}

#[test]
fn the_list_of_a_real_cluster_holds_ours() {
    let project = Project::new();
    project.create("model", &URI, &[]).run().succeeds();
    let Some(_) = project.stand_in() else {
        let listed = project.run(&["list", "-A", "-o", "json"]).succeeds().json();
        assert!(names(&listed).contains(&"model".to_owned()));
        return;
    };
    assert_eq!(project.listed(&[]), ["model"]);
}
