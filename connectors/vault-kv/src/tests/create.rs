//! Create, with everything that can be in the way.

use connhub_sdk::Outcome;
use serde_json::{Value, json};

use super::*;

#[test]
fn a_connection_is_data_under_canonical_names_and_metadata_about_it() {
    let server = Server::new();
    let written = create(&server, draft(), IfExists::Fail).expect("the name is free");
    assert_eq!(written.outcome, Outcome::Created);
    let data = json!({"access_key_id": "AKIA", "bucket": "b", "secret_access_key": CANARY});
    assert_eq!(server.data("team/sales"), data);
    let custom = json!({"connhub-type": "s3", "connhub-display-name": "Sales", "team": "a"});
    assert_eq!(server.custom("team/sales"), custom);
    assert_eq!(server.calls(), ["POST data/team/sales", "POST metadata/team/sales"]);
    assert_eq!(server.fake.requests()[0].body_json()["options"], json!({"cas": 0}));
    let read = VaultKv::get(&server.fake.host(), &target(), "sales").expect("it is there");
    let expected = Written { notes: Vec::new(), ..written }.connection;
    let times = (read.updated_at.clone(), read.created_at.clone());
    let read = connhub_sdk::Connection {
        updated_at: expected.updated_at.clone(),
        created_at: expected.created_at.clone(),
        ..read
    };
    assert_eq!(read, expected);
    assert_eq!(times.0.as_deref(), Some("2026-11-20T21:36:01Z"));
    assert_eq!((read.scope.as_deref(), read.revision.as_deref()), (Some("team"), Some("1")));
}

#[test]
fn a_name_that_is_taken_is_left_alone() {
    let server = Server::new();
    server.put("team/sales", json!({"password": "theirs"}), json!({}));
    let Err(Error::AlreadyExists(text)) = create(&server, draft(), IfExists::Fail) else {
        panic!("it was written")
    };
    assert_eq!(text, "`secret/data/team/sales` exists (type unknown, version 1)");
    assert_eq!(server.data("team/sales"), json!({"password": "theirs"}));
}

#[test]
fn a_deleted_name_is_free_and_its_versions_go_on() {
    let server = Server::new();
    server.put("team/sales", json!({"old": "x"}), json!({"stage": "old"}));
    server.put("team/sales", Value::Null, json!({"stage": "old"}));
    let written = create(&server, draft(), IfExists::Fail).expect("it is deleted");
    assert_eq!(written.connection.revision.as_deref(), Some("3"));
    let versions: Vec<_> =
        server.fake.requests().into_iter().filter(|sent| sent.method == "POST").collect();
    let bound =
        |sent: &connhub_sdk::testing::SentRequest| sent.body_json()["options"]["cas"].clone();
    let bound: Vec<_> = versions.iter().map(bound).collect();
    assert_eq!(bound, [json!(0), json!(2), Value::Null]);
    assert_eq!(server.custom("team/sales").get("stage"), None, "nothing of the old one stays");
}

#[test]
fn keep_says_what_differs_and_replace_puts_the_draft_in_its_place() {
    let server = Server::new();
    create(&server, draft(), IfExists::Fail).expect("the name is free");
    server.put(
        "team/sales",
        server.data("team/sales"),
        json!({
            "connhub-type": "s3", "connhub-display-name": "Sales", "team": "a", "theirs": "x",
        }),
    );
    let kept = create(&server, draft(), IfExists::Keep).expect("it is kept");
    assert_eq!((kept.outcome, kept.notes.len()), (Outcome::Kept, 1));
    assert_eq!(kept.differences, ["secret_access_key"], "secrets cannot be compared");
    let other = Draft::new("sales", "postgresql").with_field("host", "db");
    let replaced = create(&server, other, IfExists::Replace).expect("it is replaced");
    assert_eq!(replaced.outcome, Outcome::Replaced);
    assert_eq!(server.data("team/sales"), json!({"host": "db"}));
    let custom = json!({"connhub-type": "postgresql", "team": "a", "theirs": "x"});
    assert_eq!(server.custom("team/sales"), custom);
    let again = Draft::new("sales", "postgresql").with_field("host", "db");
    let again = create(&server, again, IfExists::Replace).expect("it is the same");
    assert_eq!(again.outcome, Outcome::Unchanged);
    assert_eq!(replaced.connection.revision, again.connection.revision);
}

#[test]
fn what_cannot_be_described_is_undone() {
    let server = Server::new();
    server.refuse("POST /v1/secret/metadata", 403, "permission denied");
    let Err(Error::Forbidden(text)) = create(&server, draft(), IfExists::Fail) else {
        panic!("it was written")
    };
    assert!(text.contains("`secret/metadata/team/sales`"), "{text}");
    assert_eq!(server.data("team/sales"), Value::Null);
    server.refuse("POST /v1/secret/delete", 403, "permission denied");
    server.refuse("DELETE /v1/secret/data", 403, "permission denied");
    let Err(Error::Other(text)) = create(&server, draft(), IfExists::Fail) else {
        panic!("it was undone")
    };
    assert!(text.contains("version 2 of `secret/data/team/sales` was written"), "{text}");
}

#[test]
fn a_dry_run_writes_nothing() {
    let server = Server::new();
    let run = |if_exists| VaultKv::create(&server.fake.host(), &dry_run(), draft(), if_exists);
    assert_eq!(run(IfExists::Fail).expect("it is free").outcome, Outcome::Created);
    server.put("team/sales", json!({"bucket": "other"}), json!({"connhub-type": "s3"}));
    assert!(matches!(run(IfExists::Fail), Err(Error::AlreadyExists(_))));
    assert_eq!(run(IfExists::Replace).expect("it is there").outcome, Outcome::Replaced);
    assert!(server.calls().iter().all(|call| call.starts_with("GET ")), "{:?}", server.calls());
}

#[test]
fn everything_wrong_is_named_at_once_and_nothing_is_sent() {
    let server = Server::new();
    let draft = Draft {
        description: Some("two\nlines".into()),
        ..Draft::new("a/b", "s3")
            .with_label("", "x")
            .with_label("empty", "")
            .with_label("connhub-type", "gcs")
            .with_label("long", &"x".repeat(513))
            .with_field("bucket", &"x".repeat(1 << 20))
    };
    let Err(Error::Invalid(problems)) = create(&server, draft, IfExists::Fail) else {
        panic!("it was taken")
    };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["name", "description", "label", "label", "label", "label", "fields"]);
    let many = (0..65).fold(Draft::new("a", "s3"), |draft, number| {
        draft.with_label(&format!("label{number}"), "x")
    });
    let error = create(&server, many, IfExists::Fail).expect_err("there are too many");
    assert!(error.message().contains("66 entries"), "{error:?}");
    assert_eq!(server.fake.requests().len(), 0);
}

#[test]
fn other_names_of_fields_are_used_both_ways() {
    let server = Server::new();
    let names = "s3.access_key_id=AWS_ACCESS_KEY_ID,s3.secret_access_key=AWS_SECRET_ACCESS_KEY";
    let target = target_with(&[("field-names", names)]);
    let written = VaultKv::create(&server.fake.host(), &target, draft(), IfExists::Fail);
    written.expect("the name is free");
    let data = server.data("team/sales");
    assert_eq!(data["AWS_SECRET_ACCESS_KEY"], CANARY);
    assert_eq!(data["AWS_ACCESS_KEY_ID"], "AKIA");
    let read = VaultKv::get(&server.fake.host(), &target, "sales").expect("it is there");
    // The grant does not show the other key, so the value is a secret.
    assert_eq!(read.secret_names, ["access_key_id", "secret_access_key"]);
    let doubled = target_with(&[("field-names", "s3.access_key_id=bucket")]);
    let error = VaultKv::create(&server.fake.host(), &doubled, draft(), IfExists::Fail);
    let error = error.expect_err("two fields have one key").message();
    assert!(error.contains("would be stored as `bucket`"), "{error}");
}
