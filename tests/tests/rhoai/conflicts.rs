//! Somebody else who is quicker.

use std::sync::atomic::{AtomicUsize, Ordering};

use connhub_tests::kubernetes::{Cluster, Options};
use connhub_tests::serve::Request;
use http::Method;
use serde_json::{Value, json};

use crate::api::body;
use crate::interceptor::{Interceptor, as_admin};
use crate::requests::lines;
use crate::site::{SECRETS, Site};
use crate::{S3, URI};

/// A site where somebody changes `sales` just before a request of a method is answered, so many times.
fn with_rival(method: Method, times: usize) -> Site {
    let left = AtomicUsize::new(times);
    let before = move |cluster: &Cluster, request: &Request| {
        let spend = |left: usize| left.checked_sub(1);
        let is_time = request.method == method
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok();
        if is_time {
            let count = left.load(Ordering::Relaxed).to_string();
            let change = json!({"metadata": {"labels": {"rival": format!("r{count}")}}});
            as_admin(cluster, Method::PATCH, &format!("{SECRETS}/sales"), &change);
        }
    };
    let (site, _) = Interceptor::site(Options::default(), before);
    site.has_s3("sales");
    site
}

fn stored(site: &Site) -> Value {
    site.cluster.secret("fraud", "sales").expect("the Secret is there")
}

fn count(requests: &[connhub_tests::serve::Recorded], method: &str) -> usize {
    lines(requests).iter().filter(|line| line.starts_with(method)).count()
}

#[test]
fn an_update_is_made_again_on_what_the_other_wrote() {
    let site = with_rival(Method::PATCH, 2);
    let (_, requests) = site.asked(|| site.run(&["update", "sales", "bucket=mine"]).succeeds());
    assert_eq!(count(&requests, "PATCH"), 3);
    let secret = stored(&site);
    assert_eq!(secret["metadata"]["labels"]["rival"], "r0");
    assert_eq!(secret["data"]["AWS_S3_BUCKET"], "bWluZQ==");
    let revisions: Vec<Value> = requests
        .iter()
        .filter(|request| request.method == Method::PATCH)
        .map(|request| body(request)["metadata"]["resourceVersion"].clone())
        .collect();
    assert!(revisions.windows(2).all(|pair| pair[0] != pair[1]), "{revisions:?}");
}

#[test]
fn a_replacement_is_made_again_on_what_the_other_wrote() {
    let site = with_rival(Method::PATCH, 1);
    site.create("sales", &URI, &["--if-exists=replace"]).run().succeeds();
    assert_eq!(stored(&site)["metadata"]["labels"]["rival"], "r0");
    assert_eq!(stored(&site)["data"], json!({"URI": "aHR0cHM6Ly9leGFtcGxlLmNvbS9tb2RlbHMvMQ=="}));
}

#[test]
fn an_update_of_an_expected_revision_is_not_made_again() {
    let site = with_rival(Method::PATCH, 1);
    let revision = stored(&site)["metadata"]["resourceVersion"].clone();
    let expect = format!("--if-revision={}", revision.as_str().unwrap());
    let (outcome, requests) = site.asked(|| site.run(&["update", "sales", "bucket=mine", &expect]));
    outcome.fails(5, "changed by somebody else meanwhile");
    assert_eq!(count(&requests, "PATCH"), 1);
    assert_ne!(stored(&site)["data"]["AWS_S3_BUCKET"], "bWluZQ==");
}

#[test]
fn a_rival_without_end_is_given_way_to() {
    let site = with_rival(Method::PATCH, usize::MAX);
    let (outcome, requests) = site.asked(|| site.run(&["update", "sales", "bucket=mine"]));
    outcome.fails(5, "is being changed by others all the time");
    assert_eq!(count(&requests, "PATCH"), 5);
    assert_ne!(stored(&site)["data"]["AWS_S3_BUCKET"], "bWluZQ==");
}

#[test]
fn a_deletion_is_made_again_of_what_the_other_wrote() {
    let site = with_rival(Method::DELETE, 1);
    let before = stored(&site)["metadata"].clone();
    let (_, requests) = site.asked(|| site.run(&["delete", "sales", "--yes"]).succeeds());
    assert_eq!(site.cluster.secret("fraud", "sales"), None);
    let deletions: Vec<Value> =
        requests.iter().filter(|request| request.method == Method::DELETE).map(body).collect();
    assert_eq!(deletions.len(), 2);
    let precondition = |index: usize| &deletions[index]["preconditions"];
    let (uid, revision) = (&before["uid"], &before["resourceVersion"]);
    assert_eq!(*precondition(0), json!({"uid": uid, "resourceVersion": revision}));
    assert_eq!(precondition(1)["uid"], *uid);
    assert_ne!(precondition(1)["resourceVersion"], *revision);
}

/// Deletes `sales` just before it is read.
fn vanishing() -> Site {
    let before = |cluster: &Cluster, request: &Request| {
        let path = format!("{SECRETS}/sales");
        let is_there = cluster.secret("fraud", "sales").is_some();
        if request.method == Method::GET && request.path == path && is_there {
            as_admin(cluster, Method::DELETE, &path, &Value::Null);
        }
    };
    let (site, _) = Interceptor::site(Options::default(), before);
    site.has_s3("sales");
    site
}

#[test]
fn a_connection_that_vanishes_while_it_is_to_be_kept_or_replaced_is_created() {
    for choice in ["--if-exists=keep", "--if-exists=replace"] {
        let site = vanishing();
        let secret = site.env.secret("secret_access_key");
        let created = site.create("sales", &S3, &[choice, "-o=json"]).stdin(secret).run();
        assert_eq!(created.succeeds().json()["outcome"], "created", "{choice}");
        assert!(site.cluster.secret("fraud", "sales").is_some());
    }
}

#[test]
fn a_connection_that_vanishes_before_it_is_changed_is_not_found() {
    for words in [&["update", "sales", "bucket=mine"][..], &["delete", "sales", "--yes"]] {
        let site = vanishing();
        site.run(words).fails(3, "there is no connection `sales`");
    }
}
