use connhub_sdk::testing::Reply;
use connhub_sdk::{Connector, Error, Filter, LabelMatch, LabelOperator, Page, PageRequest};
use serde_json::{Value, json};

use super::*;
use crate::Rhoai;

fn names(page: &Page) -> Vec<&str> {
    page.items.iter().map(|item| item.name.as_str()).collect()
}

fn list_of(objects: Vec<Value>, token: &str) -> Reply {
    Reply::json(
        200,
        json!({"kind": "SecretList", "metadata": {"continue": token}, "items": objects}),
    )
}

fn named(name: &str) -> Value {
    let mut object = complete();
    object["metadata"]["name"] = json!(name);
    object
}

#[test]
fn a_project_is_listed_by_pages_of_the_server() {
    let fake = fake();
    fake.expect("GET", SECRETS, recorded!("200-list-page1"));
    fake.expect("GET", SECRETS, recorded!("200-list-page2"));
    let request = PageRequest { cursor: None, limit: 3 };
    let first = Rhoai::list(&fake.host(), &target(), &filter(), &request).expect("it is listed");
    assert_eq!(
        names(&first),
        ["aws-connection-00000", "aws-connection-00001", "aws-connection-00002"]
    );
    let request = PageRequest { cursor: first.cursor, limit: 3 };
    let second = Rhoai::list(&fake.host(), &target(), &filter(), &request).expect("it is listed");
    assert_eq!(names(&second)[0], "aws-connection-00003");
    let sent = fake.requests();
    assert_eq!(sent[0].query("labelSelector"), Some("opendatahub.io/dashboard=true"));
    assert_eq!(sent[0].query("limit"), Some("3"));
    assert_eq!(sent[0].query("continue"), None);
    assert!(sent[1].query("continue").is_some_and(|token| token.starts_with("eyJ2Ijo")));
}

#[test]
fn values_are_shown_or_masked() {
    let fake = fake();
    fake.expect("GET", SECRETS, recorded!("200-secret-list-selector"));
    let page =
        Rhoai::list(&fake.host(), &target(), &filter(), &first_page()).expect("it is listed");
    assert_eq!(page.items[0].field("bucket"), Some("b"));
    assert_eq!(page.items[0].secret_names, ["secret_access_key"]);
    assert_eq!(page.cursor, None);
    assert_eq!(fake.requests()[0].query("limit"), Some("500"));
}

#[test]
fn names_only_asks_for_no_values() {
    let fake = fake();
    fake.expect("GET", SECRETS, recorded!("200-secret-list-partialmeta"));
    let filter = Filter { names_only: true, ..filter() };
    let page = Rhoai::list(&fake.host(), &target(), &filter, &first_page()).expect("it is listed");
    assert_eq!(names(&page), ["aws-connection-one"]);
    assert_eq!(page.items[0].type_, "s3");
    let accept = fake.requests()[0].header("accept").map(str::to_owned);
    assert!(accept.is_some_and(|accept| accept.contains("as=PartialObjectMetadataList")));
}

#[test]
fn what_is_hidden_or_no_connection_is_left_out() {
    let fake = fake();
    let mut hidden = named("hidden");
    hidden["metadata"]["annotations"]["opendatahub.io/connection-hidden"] = json!("true");
    let mut foreign = named("foreign");
    foreign["metadata"]["annotations"] = json!({});
    fake.expect("GET", SECRETS, list_of(vec![named("a"), hidden, foreign], ""));
    let page =
        Rhoai::list(&fake.host(), &target(), &filter(), &first_page()).expect("it is listed");
    assert_eq!(names(&page), ["a"]);
}

#[test]
fn labels_are_selected_by_the_server_and_types_here() {
    let fake = fake();
    let mut uri = named("u");
    uri["metadata"]["annotations"] = json!({"opendatahub.io/connection-type-ref": "uri-v1"});
    uri["metadata"]["labels"]["team"] = json!("a");
    let mut other = named("s");
    other["metadata"]["labels"]["team"] = json!("a");
    fake.expect("GET", SECRETS, list_of(vec![uri, other], ""));
    let team =
        LabelMatch { key: "team".into(), operator: LabelOperator::OneOf, values: vec!["a".into()] };
    let filter = Filter { types: vec!["uri".into()], labels: vec![team], ..filter() };
    let page = Rhoai::list(&fake.host(), &target(), &filter, &first_page()).expect("it is listed");
    assert_eq!(names(&page), ["u"]);
    let selector = fake.requests()[0].query("labelSelector").map(str::to_owned);
    assert_eq!(selector.as_deref(), Some("opendatahub.io/dashboard=true,team in (a)"));
}

#[test]
fn an_empty_project_and_an_absent_one_are_told_apart() {
    let list = |replies: Vec<(&str, Reply)>| {
        let fake = fake();
        fake.expect("GET", SECRETS, recorded!("200-list-in-missing-namespace"));
        replies.into_iter().for_each(|(path, reply)| fake.expect("GET", path, reply));
        let listed = Rhoai::list(&fake.host(), &target(), &filter(), &first_page());
        fake.assert_done();
        listed
    };
    let empty = Ok(Page::last(Vec::new()));
    assert_eq!(list(vec![(NAMESPACE, recorded!("201-namespace"))]), empty);
    let absent = list(vec![(NAMESPACE, recorded!("404-namespace-get"))]);
    assert_eq!(absent, Err(Error::no_scope("demo")));
    let hidden = list(vec![
        (NAMESPACE, recorded!("403-viewer-list-secrets")),
        (PROJECT, recorded!("404-project-not-openshift")),
    ]);
    assert_eq!(hidden, empty);
}

#[test]
fn an_expired_token_is_replaced_by_the_one_that_the_server_gives() {
    let fake = fake();
    fake.expect("GET", SECRETS, recorded!("410-continue-expired"));
    fake.expect("GET", SECRETS, list_of(vec![named("z")], ""));
    let request = PageRequest { cursor: Some("token:old".into()), limit: 3 };
    let page = Rhoai::list(&fake.host(), &target(), &filter(), &request).expect("it goes on");
    assert_eq!(names(&page), ["z"]);
    let sent = fake.requests();
    assert_eq!(sent[0].query("continue"), Some("old"));
    assert!(sent[1].query("continue").is_some_and(|token| token.starts_with("eyJ2Ijo")));
}

#[test]
fn all_projects_are_one_list_for_those_who_may() {
    let fake = fake();
    fake.expect("GET", "/api/v1/secrets", list_of(vec![named("a")], "more"));
    let all = Filter { all_scopes: true, ..filter() };
    let page = Rhoai::list(&fake.host(), &target(), &all, &first_page()).expect("it is listed");
    assert_eq!((names(&page), page.cursor.as_deref()), (vec!["a"], Some("token:more")));
}

#[test]
fn all_projects_are_visited_one_by_one_otherwise() {
    let projects = || {
        Reply::json(
            200,
            json!({"items": [
                {"metadata": {"name": "two"}}, {"metadata": {"name": "one"}}, {"metadata": {"name": "shut"}},
            ]}),
        )
    };
    let fake = fake();
    fake.expect("GET", "/api/v1/secrets", recorded!("403-viewer-list-all-secrets"));
    fake.expect("GET", "/apis/project.openshift.io/v1/projects", projects());
    fake.expect("GET", "/api/v1/namespaces/one/secrets", list_of(vec![named("a")], ""));
    fake.expect("GET", "/api/v1/namespaces/shut/secrets", recorded!("403-viewer-list-secrets"));
    fake.expect("GET", "/api/v1/namespaces/two/secrets", list_of(vec![named("b")], "more"));
    let all = Filter { all_scopes: true, ..filter() };
    let page = Rhoai::list(&fake.host(), &target(), &all, &first_page()).expect("it is listed");
    assert_eq!((names(&page), page.cursor.as_deref()), (vec!["a", "b"], Some("project:two:more")));

    fake.expect("GET", "/apis/project.openshift.io/v1/projects", recorded!("404-unknown-group"));
    fake.expect("GET", "/api/v1/namespaces", projects());
    fake.expect("GET", "/api/v1/namespaces/two/secrets", list_of(vec![named("c")], ""));
    let request = PageRequest { cursor: page.cursor, limit: 10 };
    let page = Rhoai::list(&fake.host(), &target(), &all, &request).expect("it goes on");
    assert_eq!((names(&page), &page.cursor), (vec!["c"], &None));
    assert_eq!(fake.requests().last().and_then(|sent| sent.query("continue")), Some("more"));
    fake.assert_done();
}

#[test]
fn a_cursor_that_is_none_is_refused() {
    let fake = fake();
    for cursor in ["nonsense", "project:demo:"] {
        let request = PageRequest { cursor: Some(cursor.into()), limit: 3 };
        let listed = Rhoai::list(&fake.host(), &target(), &filter(), &request);
        assert!(matches!(listed, Err(Error::Other(text)) if text.contains("no cursor")));
    }
}
