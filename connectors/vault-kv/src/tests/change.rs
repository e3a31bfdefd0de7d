//! Get, open, update and delete.

use connhub_sdk::testing::{Reply, value_of};
use connhub_sdk::{Label, Outcome, Patch, SecretField, TextChange};
use serde_json::{Value, json};

use super::*;

fn stored() -> Server {
    let server = Server::new();
    create(&server, draft(), IfExists::Fail).expect("the name is free");
    server
}

fn password(value: &str) -> Patch {
    Patch {
        secrets: vec![SecretField::new("secret_access_key", secret(value))],
        ..Patch::default()
    }
}

fn update(server: &Server, patch: Patch, expected: Option<&str>) -> Result<Written, Error> {
    let result = VaultKv::update(&server.fake.host(), &target(), "sales", patch, expected);
    let shown = format!("{result:?} {:?}", server.fake.logs());
    assert!(!shown.contains("canary"), "{shown}");
    result
}

#[test]
fn an_update_is_a_merge_patch_bound_to_the_version() {
    let server = stored();
    let patch = Patch {
        fields: vec![Field::new("bucket", "new"), Field::new("access_key_id", "AKIA")],
        remove: vec!["nothing".into()],
        description: TextChange::Set("what the shops send".into()),
        labels: vec![Label::new("stage", "dev")],
        remove_labels: vec!["team".into()],
        ..password("canary-2")
    };
    let written = update(&server, patch, Some("1")).expect("it is version 1");
    assert_eq!(
        (written.outcome, written.connection.revision.as_deref()),
        (Outcome::Updated, Some("2"))
    );
    assert_eq!(written.notes, ["there was no field `nothing` to remove"]);
    assert_eq!(written.connection.labels, [Label::new("stage", "dev")]);
    let sent = server.fake.requests().pop().expect("something was sent");
    assert_eq!(sent.header("content-type"), Some("application/merge-patch+json"));
    let body = json!({
        "options": {"cas": 1}, "data": {"bucket": "new", "secret_access_key": "canary-2"},
    });
    assert_eq!(sent.body_json(), body, "what stays is not sent");
    assert_eq!(
        server.custom("team/sales"),
        json!({
            "connhub-type": "s3", "connhub-display-name": "Sales", "stage": "dev",
            "description": "what the shops send",
        })
    );
}

#[test]
fn an_update_to_what_is_there_writes_nothing() {
    let server = stored();
    let patch = Patch { fields: vec![Field::new("bucket", "b")], ..Patch::default() };
    let written = update(&server, patch, None).expect("it is there");
    assert_eq!(written.outcome, Outcome::Unchanged);
    let labels = Patch { labels: vec![Label::new("team", "b")], ..Patch::default() };
    let written = update(&server, labels, None).expect("it is there");
    assert_eq!(written.outcome, Outcome::Updated);
    assert_eq!(written.connection.revision.as_deref(), Some("1"), "metadata has no versions");
}

#[test]
fn without_patch_everything_is_written_again_as_handles() {
    for status in [403, 405] {
        let server = stored();
        server.refuse("PATCH", status, "no");
        let (remove, labels) = (vec!["access_key_id".into()], vec![Label::new("team", "b")]);
        let patch = Patch { remove, labels, ..Patch::default() };
        update(&server, patch, None).expect("it is written");
        let custom = json!({"connhub-type": "s3", "connhub-display-name": "Sales", "team": "b"});
        assert_eq!(server.custom("team/sales"), custom);
        let expected = json!({"bucket": "b", "secret_access_key": CANARY});
        assert_eq!(server.data("team/sales"), expected);
        assert_eq!(server.fake.requests().pop().expect("a write").body_json()["options"]["cas"], 1);
    }
}

#[test]
fn a_value_that_is_no_text_is_not_lost() {
    let server = Server::new();
    server.put("team/sales", json!({"bucket": "b", "nested": {"a": 1}}), json!({}));
    update(&server, password("x"), None).expect("a patch leaves it alone");
    assert_eq!(server.data("team/sales")["nested"], json!({"a": 1}));
}

#[test]
fn somebody_who_was_quicker_is_a_conflict_or_tried_again() {
    let mismatch = || {
        let text = "check-and-set parameter did not match the current version";
        Reply::json(400, json!({"errors": [text]}))
    };
    let live = |version: u64| {
        Reply::json(
            200,
            json!({"data": {
                "data": {"bucket": "b"}, "metadata": {"version": version, "custom_metadata": {"connhub-type": "s3"}},
            }}),
        )
    };
    let path = "/v1/secret/data/team/sales";
    let server = Server::new();
    server.fake.expect("GET", path, live(1));
    server.fake.expect("PATCH", path, mismatch());
    server.fake.expect("GET", path, live(2));
    server.fake.expect("PATCH", path, Reply::json(200, json!({"data": {"version": 3}})));
    let written = update(&server, password("x"), None).expect("the second time nobody is quicker");
    assert_eq!(written.connection.revision.as_deref(), Some("3"));
    server.fake.expect("GET", path, live(1));
    server.fake.expect("PATCH", path, mismatch());
    assert!(matches!(update(&server, password("x"), Some("1")), Err(Error::Conflict(_))));
    server.fake.expect("GET", path, live(2));
    let Err(Error::Conflict(text)) = update(&server, password("x"), Some("1")) else {
        panic!("it was written")
    };
    assert!(text.contains("revision 2"), "{text}");
    server.fake.assert_done();
}

#[test]
fn a_description_is_changed_back_if_the_data_cannot_be_written() {
    let server = stored();
    server.refuse("PATCH /v1/secret/data", 503, "Vault is sealed");
    let patch = Patch { labels: vec![Label::new("team", "b")], ..password("x") };
    assert!(matches!(update(&server, patch, None), Err(Error::Unavailable(_))));
    assert_eq!(server.custom("team/sales")["team"], "a");
}

#[test]
fn what_others_wrote_is_shown_with_its_own_keys() {
    let server = Server::new();
    server.put(
        "team/legacy",
        json!({"PASSWORD": "canary", "host": "db", "port": 5432, "n": null}),
        json!({"owner": "ann"}),
    );
    let host = server.fake.host();
    let read = VaultKv::get(&host, &target(), "legacy").expect("it is there");
    assert_eq!((read.type_.as_str(), read.owner.as_deref()), ("unknown", Some("ann")));
    assert_eq!(
        read.fields,
        [Field::new("host", "db"), Field::new("n", "null"), Field::new("port", "5432")]
    );
    assert_eq!(read.secret_names, ["PASSWORD"]);
    let opened = VaultKv::open(&host, &target(), "legacy", &[]).expect("it can be opened");
    assert_eq!((opened.len(), value_of(&opened[0].value)), (1, &b"canary"[..]));
    let error = VaultKv::open(&host, &target(), "legacy", &["other".into()]);
    assert_eq!(
        error.expect_err("it has none").message(),
        "other: `legacy` has no such secret field; it has `PASSWORD`"
    );
}

#[test]
fn a_delete_is_soft_or_final_as_the_setting_says() {
    let server = stored();
    let host = server.fake.host();
    let stale = VaultKv::delete(&host, &target(), "sales", Some("7"));
    assert!(matches!(stale, Err(Error::Conflict(_))));
    VaultKv::delete(&host, &dry_run(), "sales", None).expect("it could be deleted");
    assert_ne!(server.data("team/sales"), Value::Null);
    let removed = VaultKv::delete(&host, &target(), "sales", Some("1")).expect("it is version 1");
    assert_eq!((removed.len(), removed[0].scope.as_deref()), (1, Some("team")));
    assert_eq!(server.calls().last().map(String::as_str), Some("POST delete/team/sales"));
    assert_ne!(server.custom("team/sales"), Value::Null, "the metadata stays");
    assert_eq!(VaultKv::get(&host, &target(), "sales"), Err(Error::no_connection("sales")));
    create(&server, draft(), IfExists::Fail).expect("the name is free again");
    let final_ = target_with(&[("delete", "destroy")]);
    VaultKv::delete(&host, &final_, "sales", None).expect("it is there");
    assert_eq!(server.custom("team/sales"), Value::Null, "nothing stays");
    assert_eq!(VaultKv::delete(&host, &final_, "sales", None), Err(Error::no_connection("sales")));
}

#[test]
fn the_older_right_to_delete_is_enough() {
    let server = stored();
    server.refuse("POST /v1/secret/delete", 403, "permission denied");
    server.fake.expect(
        "GET",
        "/v1/secret/data/team/sales",
        Reply::json(200, json!({"data": {"data": {}, "metadata": {"version": 1}}})),
    );
    server.fake.expect(
        "POST",
        "/v1/secret/delete/team/sales",
        Reply::json(403, json!({"errors": []})),
    );
    server.fake.expect("DELETE", "/v1/secret/data/team/sales", Reply::empty(204));
    VaultKv::delete(&server.fake.host(), &target(), "sales", None).expect("it is deleted");
    server.fake.assert_done();
}
