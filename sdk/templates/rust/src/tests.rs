//! The connector against a store that is a closure, held to the grants of `plugins.toml`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use connhub_sdk::testing::{FakeHost, Reply, SentRequest, assert_declared, secret, value_of};
use serde_json::{Value, json};

use super::*;

const PLUGINS: &str = include_str!("../plugins.toml");

fn store() -> FakeHost {
    let fake = FakeHost::granted(PLUGINS, "example-store");
    let items = RefCell::new(BTreeMap::<String, Value>::new());
    fake.serve("api", move |request| answer(&mut items.borrow_mut(), request));
    fake
}

fn answer(items: &mut BTreeMap<String, Value>, request: &SentRequest) -> Reply {
    let name = request.path.strip_prefix("/items/").unwrap_or_default();
    match (request.method.as_str(), name) {
        ("GET", "") => Reply::json(200, json!({"items": items.values().collect::<Vec<_>>()})),
        ("POST", "") => {
            let item = request.body_json();
            let name = item["name"].as_str().unwrap_or_default().to_owned();
            match items.contains_key(&name) {
                true => Reply::json(409, "{}"),
                false => {
                    items.insert(name, item);
                    Reply::json(201, "{}")
                }
            }
        }
        ("PUT", name) => match items.insert(name.to_owned(), request.body_json()) {
            Some(_) => Reply::json(200, "{}"),
            None => Reply::json(201, "{}"),
        },
        ("GET", name) => {
            items.get(name).map_or(Reply::json(404, "{}"), |item| Reply::json(200, item))
        }
        (_, name) => match items.remove(name) {
            Some(_) => Reply::empty(204),
            None => Reply::json(404, "{}"),
        },
    }
}

fn create(fake: &FakeHost, if_exists: IfExists) -> Result<Written, Error> {
    let draft =
        Draft::new("sales", "s3").with_field("bucket", "b").with_secret("key", secret("canary"));
    ExampleStore::create(&fake.host(), &Target::default(), draft, if_exists)
}

#[test]
fn the_grants_are_what_the_component_declares() {
    assert_declared(PLUGINS, "example-store", NEEDS);
}

#[test]
fn a_connection_is_created_once() {
    let fake = store();
    let written = create(&fake, IfExists::Fail).expect("the name is free");
    assert_eq!(written.connection.field("bucket"), Some("b"));
    assert_eq!(written.connection.secret_names, ["key"]);
    assert!(!format!("{written:?}").contains("canary"));
    assert_eq!(fake.requests()[0].body_json()["secrets"]["key"], "canary");
    assert!(matches!(create(&fake, IfExists::Fail), Err(Error::AlreadyExists(_))));
}

#[test]
fn what_is_there_is_kept_or_replaced() {
    let fake = store();
    for outcome in [Outcome::Created, Outcome::Replaced] {
        assert_eq!(create(&fake, IfExists::Replace).map(|written| written.outcome), Ok(outcome));
    }
    let kept = create(&fake, IfExists::Keep).expect("it is there");
    assert_eq!((kept.outcome, kept.differences), (Outcome::Kept, vec!["key".to_owned()]));
}

#[test]
fn it_is_found_opened_and_deleted() {
    let fake = store();
    let (host, target) = (fake.host(), Target::default());
    create(&fake, IfExists::Fail).expect("the name is free");
    let page = ExampleStore::list(&host, &target, &Filter::default(), &PageRequest::first(10));
    assert_eq!(page.expect("a page").items.len(), 1);
    let opened = ExampleStore::open(&host, &target, "sales", &[]).expect("it is there");
    assert_eq!(value_of(&opened[0].value), b"canary");
    ExampleStore::delete(&host, &target, "sales", None).expect("it is there");
    let gone = ExampleStore::get(&host, &target, "sales");
    assert_eq!(gone, Err(Error::no_connection("sales")));
}

#[test]
fn what_is_not_written_yet_says_so() {
    let fake = store();
    let checked = ExampleStore::check(&fake.host(), &Target::default());
    assert!(matches!(checked, Err(Error::Unsupported(_))));
}
