//! Lists: both forms of the answer, both forms of the path, pages and filters.

use connhub_sdk::testing::{FakeHost, Reply};
use connhub_sdk::{
    Connector, Error, Filter, LabelMatch, LabelOperator, Missing, Page, PageRequest,
};
use serde_json::{Value, json};

use crate::DataOs;

use super::{
    DEPOT, DEPOTS, OLDER_DEPOTS, depot, entry, fake, missing, no_path, ok, refusal, target,
};

fn all() -> Filter {
    Filter { all_scopes: false, types: Vec::new(), labels: Vec::new(), names_only: false }
}

fn list(fake: &FakeHost, filter: &Filter, cursor: Option<&str>, limit: u32) -> Result<Page, Error> {
    let request = PageRequest { cursor: cursor.map(str::to_owned), limit };
    DataOs::list(&fake.host(), &target(), filter, &request)
}

fn names(page: &Page) -> Vec<&str> {
    page.items.iter().map(|item| item.name.as_str()).collect()
}

#[test]
fn both_forms_of_the_answer_are_read() {
    let check = |body: Value, expected: &[&str]| {
        let fake = fake();
        fake.expect("GET", DEPOTS, ok(body));
        let page = list(&fake, &all(), None, 500).expect("it is listed");
        assert_eq!(names(&page), expected);
        assert_eq!(page.cursor, None);
        // The vendor's own clients ask for at most so many.
        assert_eq!(fake.requests()[0].query("limit"), Some("100"));
        assert_eq!(fake.requests()[0].query("offset"), Some("0"));
    };
    check(json!([entry("a"), entry("b")]), &["a", "b"]);
    check(json!({"depots": [entry("a")]}), &["a"]);
    check(json!({"depots": null}), &[]);
    check(json!([]), &[]);
}

#[test]
fn an_item_has_what_the_depot_service_knows() {
    let fake = fake();
    let mut archived = entry("old");
    archived["isArchived"] = json!(true);
    archived["archivalMessage"] = json!("moved");
    let custom = json!({"name": "mine", "type": "ourOwnType", "ourOwnType": {"a": {"b": 1}}});
    fake.expect("GET", DEPOTS, ok(json!([entry("crm"), archived, custom])));
    let page = list(&fake, &all(), None, 10).expect("it is listed");
    let [crm, old, mine] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!(crm.type_, "postgresql");
    assert_eq!(crm.field("ssl_mode"), Some("require"));
    assert_eq!(crm.owner.as_deref(), Some("adalovelace"));
    assert_eq!(crm.address.as_deref(), Some("dataos://crm"));
    assert_eq!((&crm.status, &crm.warnings), (&None, &Vec::new()));
    assert_eq!(old.status.as_deref(), Some("archived"));
    assert_eq!(old.status_message.as_deref(), Some("moved"));
    assert_eq!((mine.type_.as_str(), mine.field("a.b")), ("ourOwnType", Some("1")));
}

#[test]
fn pages_follow_the_offset() {
    let fake = fake();
    fake.expect("GET", DEPOTS, ok(json!([entry("a"), entry("b")])));
    fake.expect("GET", DEPOTS, ok(json!([entry("c")])));
    let first = list(&fake, &all(), None, 2).expect("it is listed");
    let second = list(&fake, &all(), first.cursor.as_deref(), 2).expect("it is listed");
    assert_eq!((names(&first), names(&second)), (vec!["a", "b"], vec!["c"]));
    assert_eq!(second.cursor, None);
    assert_eq!(fake.requests()[1].query("offset"), Some("2"));
}

#[test]
fn a_server_without_pages_is_cut_into_pages() {
    let check = |count: usize| {
        let everything = || {
            let depots: Vec<_> = (0..count).map(|number| entry(&format!("d{number}"))).collect();
            ok(json!(depots))
        };
        let fake = fake();
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            fake.expect("GET", OLDER_DEPOTS, everything());
            let start = Some(cursor.unwrap_or_else(|| "older:0:".to_owned()));
            let page = list(&fake, &all(), start.as_deref(), 2).expect("it is listed");
            assert!(page.items.len() <= 2);
            seen.extend(page.items.into_iter().map(|item| item.name));
            match page.cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let expected: Vec<_> = (0..count).map(|number| format!("d{number}")).collect();
        assert_eq!(seen, expected);
    };
    for count in [0, 1, 2, 3, 4, 5] {
        check(count);
    }
}

#[test]
fn the_older_form_is_asked_after_a_404_and_kept() {
    let fake = fake();
    fake.expect("GET", DEPOTS, no_path());
    fake.expect("GET", OLDER_DEPOTS, ok(json!([entry("a")])));
    fake.expect("GET", OLDER_DEPOTS, ok(json!([])));
    let first = list(&fake, &all(), None, 1).expect("it is listed");
    let second = list(&fake, &all(), first.cursor.as_deref(), 1).expect("it is listed");
    fake.assert_done();
    assert_eq!((names(&first).len(), names(&second).len()), (1, 0));
}

#[test]
fn a_tenant_that_is_absent_is_told_from_a_path_that_is_absent() {
    let check = |first: Reply, second: Reply, expected: fn(&Error) -> bool| {
        let fake = fake();
        fake.expect("GET", DEPOTS, first);
        fake.expect("GET", OLDER_DEPOTS, second);
        let error = list(&fake, &all(), None, 10).expect_err("there is nothing");
        assert!(expected(&error), "{error:?}");
    };
    let no_tenant: fn(&Error) -> bool =
        |error| *error == Error::NotFound(Missing::Scope("engineering".into()));
    check(refusal(404, "tenant not found"), no_path(), no_tenant);
    check(no_path(), no_path(), |error| matches!(error, Error::Unsupported(_)));
}

#[test]
fn types_and_labels_filter() {
    let fake = fake();
    let mut kafka = entry("events");
    kafka["type"] = json!("kafka");
    fake.expect("GET", DEPOTS, ok(json!([kafka, entry("crm")])));
    fake.expect("GET", DEPOT, ok(depot()));
    let wanted = |value: &str| LabelMatch {
        key: "team".into(),
        operator: LabelOperator::OneOf,
        values: vec![value.into()],
    };
    let postgresql = vec!["postgresql".to_owned()];
    let filter = Filter { types: postgresql, labels: vec![wanted("sales")], ..all() };
    let page = list(&fake, &filter, None, 100).expect("it is listed");
    fake.assert_done();
    assert_eq!(names(&page), ["crm"]);
    assert_eq!(page.items[0].labels.len(), 2);
    assert_eq!(fake.requests()[0].query("limit"), Some("25"));

    let check = |reply: Reply| {
        let other = super::fake();
        other.expect("GET", DEPOTS, ok(json!([entry("crm")])));
        other.expect("GET", DEPOT, reply);
        let filter = Filter { labels: vec![wanted("other")], ..all() };
        let page = list(&other, &filter, None, 100).expect("it is listed");
        assert!(page.items.is_empty());
    };
    check(ok(depot()));
    check(missing());
}

#[test]
fn lists_that_cannot_be_had_are_errors() {
    let check = |reply: Reply, expected: fn(&Error) -> bool| {
        let fake = fake();
        fake.expect("GET", DEPOTS, reply);
        let error = list(&fake, &all(), None, 10).expect_err("it fails");
        assert!(expected(&error), "{error:?}");
    };
    check(ok(json!("x")), |error| matches!(error, Error::Unavailable(_)));
    check(ok(json!([1])), |error| matches!(error, Error::Unavailable(_)));
    check(ok(json!({"other": []})), |error| matches!(error, Error::Unavailable(_)));
    check(Reply::text(200, "<html>"), |error| matches!(error, Error::Unavailable(_)));
    check(refusal(403, "no"), |error| matches!(error, Error::Forbidden(_)));
    let busy = refusal(503, "busy").header("retry-after", "7");
    check(busy, |error| matches!(error, Error::Unavailable(why) if why.retry_after == Some(7)));
    let fake = fake();
    let every_tenant = Filter { all_scopes: true, ..all() };
    let error = list(&fake, &every_tenant, None, 10).expect_err("there is no such list");
    assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
    let broken = list(&fake, &all(), Some("7"), 10).expect_err("it is no cursor");
    assert!(matches!(broken, Error::Other(_)), "{broken:?}");
}

#[test]
fn own_depots_alone_are_listed_where_the_setting_says_so() {
    let mut theirs = entry("theirs");
    theirs["owners"] = json!(["gracehopper"]);
    let mut shared = entry("shared");
    shared["owners"] = json!(["gracehopper", "adalovelace"]);
    let depots = || ok(json!([entry("crm"), theirs.clone(), shared.clone()]));
    let request = PageRequest { cursor: None, limit: 10 };
    let own = |more: &[(&str, &str)]| super::target_with(&[&[("owners", "own")], more].concat());
    let fake = fake();
    fake.expect("GET", DEPOTS, depots());
    let named = own(&[("owner", "adalovelace")]);
    let page = DataOs::list(&fake.host(), &named, &all(), &request).expect("it is listed");
    assert_eq!(names(&page), ["crm", "shared"]);

    const AUTHORIZE: &str = "/heimdall/api/v1/authorize";
    let asked = super::fake();
    asked.expect("POST", AUTHORIZE, ok(json!({"allow": true, "result": {"id": "gracehopper"}})));
    asked.expect("GET", DEPOTS, depots());
    let page = DataOs::list(&asked.host(), &own(&[]), &all(), &request).expect("it is listed");
    assert_eq!(names(&page), ["theirs", "shared"]);

    let silent = super::fake();
    silent.expect("POST", AUTHORIZE, ok(json!({"allow": false})));
    let error = DataOs::list(&silent.host(), &own(&[]), &all(), &request);
    assert!(error.expect_err("nobody knows").message().contains("set `owner`"));
}
