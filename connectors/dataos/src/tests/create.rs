//! Creating: what is sent, in which order, and what is undone when a step fails.

use connhub_sdk::testing::{FakeHost, Reply};
use connhub_sdk::{Connection, Error, Field, HttpError, IfExists, Outcome, Written};
use serde_json::{Value, json};

use crate::create::create;

use super::{
    CANARY, DEPOT, DEPOTS, RESOURCES, SECRET, blocked, calls, depot, depot_in_error,
    depot_manifest, draft, entry, fake, missing, no_path, ok, refusal, run_create, secret_resource,
    shown, spec, taken, target, target_with, timed_out,
};

/// The steps up to and without the Depot.
fn up_to_depot() -> FakeHost {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake
}

fn after_depot(fake: &FakeHost) {
    fake.expect("GET", DEPOTS, ok(json!([])));
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
}

fn created(result: Result<Written, Error>) -> Written {
    let written = result.expect("it is created");
    assert_eq!(written.outcome, Outcome::Created);
    written
}

fn message(result: Result<Written, Error>) -> String {
    result.expect_err("it fails").message()
}

#[test]
fn the_secret_goes_first_and_the_depot_refers_to_it() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, ok(json!({})));
    after_depot(&fake);
    let written = created(run_create(&fake, IfExists::Fail));
    let requests = fake.requests();
    let secret = requests[1].body_json();
    assert_eq!(
        secret,
        json!({
            "name": "crm-cred", "version": "v2alpha", "type": "secret",
            "description": "credentials of the Depot crm", "tags": ["connhub-connection:crm"],
            "secret": {"type": "key-value", "data": {"username": "loader", "password": CANARY}},
        })
    );
    assert_eq!(requests[2].body_json(), depot_manifest());
    check_connection(&written.connection);
    assert!(written.notes.is_empty(), "{:?}", written.notes);
}

fn check_connection(connection: &Connection) {
    assert_eq!(connection.type_, "postgresql");
    assert_eq!(connection.scope.as_deref(), Some("engineering"));
    assert_eq!(connection.address.as_deref(), Some("dataos://crm"));
    assert_eq!(connection.status.as_deref(), Some("active"));
    assert_eq!(connection.owner.as_deref(), Some("adalovelace"));
    assert_eq!(connection.revision.as_deref(), Some("1.1"));
    assert_eq!(connection.secret_names, ["username", "password"]);
    assert_eq!(connection.field("port"), Some("5432"));
    assert_eq!(connection.field("ssl_mode"), Some("require"));
    assert_eq!(connection.field("auth_method"), Some("password"));
    assert_eq!(connection.labels, draft().labels);
    assert!(connection.warnings.is_empty(), "{:?}", connection.warnings);
}

#[test]
fn settings_shape_the_manifests() {
    let fake = fake();
    let target = target_with(&[
        ("owner", "adalovelace"),
        ("purposes", "rw"),
        ("tenant-key", "omit"),
        ("wait", "false"),
    ]);
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    fake.expect("GET", DEPOT, ok(shown(depot_manifest(), 1, "creating")));
    fake.expect("GET", SECRET, ok(secret_resource()));
    let written = created(create(&fake.host(), &target, &draft(), IfExists::Fail));
    fake.assert_done();
    let sent = fake.requests()[2].body_json();
    assert_eq!(sent["owner"], "adalovelace");
    assert_eq!(sent.get("tenant"), None);
    let references = json!([{"id": "engineering:crm-cred", "purpose": "rw"}]);
    assert_eq!(sent["spec"]["secrets"], references);
    assert_eq!(written.connection.status.as_deref(), Some("creating"));
    assert!(fake.slept().is_zero());
}

#[test]
fn a_connection_without_credentials_has_no_secret() {
    let fake = fake();
    let mut draft = draft();
    draft.secrets.clear();
    draft.fields.retain(|field| field.name != "username");
    draft.fields[4] = Field::new("auth_method", "none");
    let mut shown = depot();
    shown["spec"].as_object_mut().expect("it is an object").remove("secrets");
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    fake.expect("GET", DEPOT, ok(shown));
    let written = created(create(&fake.host(), &target(), &draft, IfExists::Fail));
    fake.assert_done();
    assert_eq!(fake.requests()[1].body_json()["spec"].get("secrets"), None);
    assert_eq!(written.connection.field("auth_method"), Some("none"));
    assert!(written.connection.warnings.is_empty(), "{:?}", written.connection.warnings);
}

#[test]
fn wrong_input_is_reported_at_once_before_anything_is_sent() {
    let fake = fake();
    let mut draft = draft();
    draft.name = "CRM-1".into();
    draft.fields.push(Field::new("schema", "s"));
    let error = create(&fake.host(), &target(), &draft, IfExists::Fail).expect_err("it is wrong");
    let Error::Invalid(problems) = error else { panic!("{error:?}") };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["name", "schema"]);
    draft.fields.clear();
    draft.secrets.clear();
    let error = create(&fake.host(), &target(), &draft, IfExists::Fail).expect_err("it is empty");
    assert!(error.message().contains("where the data is"), "{error:?}");
    assert!(fake.requests().is_empty());
}

#[test]
fn the_secret_is_undone_if_the_depot_is_refused() {
    let check = |reply: Reply, words: &str| {
        let fake = up_to_depot();
        fake.expect("POST", RESOURCES, reply);
        fake.expect("DELETE", SECRET, ok(json!({})));
        let text = message(run_create(&fake, IfExists::Fail));
        assert!(text.contains(words) && !text.contains("left over"), "{text}");
    };
    check(
        refusal(403, "forbidden: user does not have required role data-dev"),
        "roles:id:data-dev",
    );
    check(refusal(400, "Invalid Parameter - failure validating resource : no"), "no");
    check(no_path(), "paths are settings");
    check(Reply::error(HttpError::Denied("no rule".into())), "no rule");
}

#[test]
fn an_undo_that_fails_names_what_is_left_over() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, refusal(400, "no"));
    fake.expect("DELETE", SECRET, refusal(503, "busy"));
    let text = message(run_create(&fake, IfExists::Fail));
    let command = "dataos-ctl resource delete -t secret -n crm-cred -v v2alpha";
    assert!(text.contains("busy") && text.contains(command), "{text}");
}

#[test]
fn a_depot_whose_answer_was_lost_counts_as_created() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, timed_out());
    fake.expect("GET", DEPOT, ok(shown(depot_manifest(), 1, "creating")));
    after_depot(&fake);
    created(run_create(&fake, IfExists::Fail));
}

#[test]
fn a_depot_that_was_not_stored_after_a_lost_answer_is_undone() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, refusal(504, "upstream request timeout"));
    fake.expect("GET", DEPOT, missing());
    fake.expect("DELETE", SECRET, missing());
    let error = run_create(&fake, IfExists::Fail).expect_err("it fails");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[test]
fn a_secret_whose_answer_was_lost_is_removed() {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", RESOURCES, timed_out());
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("DELETE", SECRET, ok(json!({})));
    let error = run_create(&fake, IfExists::Fail).expect_err("it fails");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[test]
fn a_secret_of_which_nothing_is_known_is_told() {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", RESOURCES, timed_out());
    fake.expect("GET", SECRET, timed_out());
    let text = message(run_create(&fake, IfExists::Fail));
    assert!(text.contains("unknown") && text.contains("running the same command again"), "{text}");
}

#[test]
fn a_second_run_completes_what_the_first_left() {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", RESOURCES, taken());
    fake.expect("GET", DEPOT, missing());
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("PUT", SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    after_depot(&fake);
    let written = created(run_create(&fake, IfExists::Fail));
    assert!(written.notes[0].contains("an earlier run had left the Secret `crm-cred`"));
    assert_eq!(fake.requests()[5].body_json()["secret"]["data"]["password"], CANARY);
}

#[test]
fn the_depot_is_undone_if_the_left_secret_cannot_be_replaced() {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", RESOURCES, taken());
    fake.expect("GET", DEPOT, missing());
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("PUT", SECRET, refusal(403, "no"));
    fake.expect("DELETE", DEPOT, ok(json!({})));
    let error = run_create(&fake, IfExists::Fail).expect_err("it fails");
    assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
}

#[test]
fn a_secret_of_somebody_else_is_left_alone() {
    let check = |change: fn(&mut Value), settings: &[(&str, &str)]| {
        let fake = fake();
        let mut secret = secret_resource();
        change(&mut secret);
        fake.expect("GET", DEPOT, missing());
        fake.expect("POST", RESOURCES, taken());
        fake.expect("GET", DEPOT, missing());
        fake.expect("GET", SECRET, ok(secret));
        let target = target_with(settings);
        let error =
            create(&fake.host(), &target, &draft(), IfExists::Replace).expect_err("it fails");
        fake.assert_done();
        let Error::AlreadyExists(text) = error else { panic!("{error:?}") };
        assert!(text.contains("`crm-cred` of `adalovelace`"), "{text}");
    };
    check(|secret| secret["tags"] = json!([]), &[]);
    check(|_| {}, &[("owner", "gracehopper")]);
}

#[test]
fn a_name_that_is_taken_is_refused_and_nothing_is_written() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    let Err(Error::AlreadyExists(text)) = run_create(&fake, IfExists::Fail) else {
        panic!("it was created")
    };
    assert_eq!(
        text,
        "tenant `engineering` has a Depot `crm` of type `postgresql` of `adalovelace`"
    );
}

#[test]
fn of_two_creates_at_once_one_loses_and_leaves_nothing() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, refusal(409, "depot:v2alpha:crm already exists"));
    fake.expect("DELETE", SECRET, ok(json!({})));
    fake.expect("GET", DEPOT, ok(depot()));
    let error = run_create(&fake, IfExists::Fail).expect_err("the name is taken");
    assert!(matches!(error, Error::AlreadyExists(_)), "{error:?}");
}

#[test]
fn the_loser_leaves_a_secret_that_the_winner_uses() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, refusal(409, "depot:v2alpha:crm already exists"));
    fake.expect("DELETE", SECRET, blocked());
    fake.expect("GET", DEPOT, ok(depot()));
    let error = run_create(&fake, IfExists::Fail).expect_err("the name is taken");
    assert!(matches!(error, Error::AlreadyExists(_)), "{error:?}");
}

#[test]
fn keep_leaves_what_is_there_and_says_how_it_differs() {
    let fake = fake();
    let mut other = depot();
    other["spec"]["spec"]["host"] = json!("old.example.com");
    other["tags"] = json!([]);
    fake.expect("GET", DEPOT, ok(other));
    fake.expect("GET", SECRET, ok(secret_resource()));
    let written = run_create(&fake, IfExists::Keep).expect("it is kept");
    assert_eq!(written.outcome, Outcome::Kept);
    assert_eq!(written.connection.field("host"), Some("old.example.com"));
    assert_eq!(written.differences, ["host", "labels", "password", "username"]);
    assert_eq!(calls(&fake), ["GET …/depot/crm", "GET …/secret/crm-cred"]);
}

#[test]
fn a_depot_in_error_is_undone_with_the_reason() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    fake.expect("GET", DEPOT, ok(shown(depot_manifest(), 1, "creating")));
    fake.expect("GET", DEPOT, ok(depot_in_error()));
    fake.expect("DELETE", DEPOT, ok(json!({})));
    // DataOS takes a moment to see that the Depot does not need the Secret any more.
    fake.expect("DELETE", SECRET, blocked());
    fake.expect("DELETE", SECRET, Reply::text(204, ""));
    let text = message(run_create(&fake, IfExists::Fail));
    assert!(
        text.contains("it failed after it was built: no such host") && text.contains("removed"),
        "{text}"
    );
}

#[test]
fn a_depot_in_error_that_cannot_be_undone_is_named() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    fake.expect("GET", DEPOT, ok(depot_in_error()));
    fake.expect("DELETE", DEPOT, refusal(500, "internal"));
    let text = message(run_create(&fake, IfExists::Fail));
    assert!(text.contains("the Depot `crm` is left over"), "{text}");
}

#[test]
fn waiting_ends_with_a_note() {
    let check = |settings: &[(&str, &str)], state: Value, looks: usize, words: &str| {
        let fake = up_to_depot();
        fake.expect("POST", RESOURCES, ok(json!({})));
        fake.expect("GET", DEPOTS, ok(json!([])));
        for _ in 0..looks {
            let mut depot = depot();
            depot["status"] = state.clone();
            fake.expect("GET", DEPOT, ok(depot));
        }
        fake.expect("GET", SECRET, ok(secret_resource()));
        let target = target_with(settings);
        let written = created(create(&fake.host(), &target, &draft(), IfExists::Fail));
        fake.assert_done();
        assert!(written.notes.iter().any(|note| note.contains(words)), "{:?}", written.notes);
    };
    // The pauses are 0.2, 0.4, 0.8, 1.6 and 2 s long.
    let settings = [("wait-timeout", "4"), ("poll-interval", "2")];
    let creating = json!({"aggregateStatus": "creating"});
    check(&settings, creating, 6, "still creating after 4 s");
    check(&[], json!({}), 5, "does not tell the state");
}

#[test]
fn what_was_created_and_cannot_be_read_is_shown_as_it_was_sent() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("GET", DEPOTS, refusal(503, "busy"));
    fake.expect("GET", DEPOT, refusal(503, "busy"));
    let written = created(run_create(&fake, IfExists::Fail));
    assert_eq!(written.connection.field("host"), Some("db.example.com"));
    assert_eq!(written.connection.secret_names, ["username", "password"]);
    assert!(written.notes[0].contains("could not be read back"), "{:?}", written.notes);
}

#[test]
fn duplicates_and_lost_display_names_are_pointed_out() {
    let fake = up_to_depot();
    fake.expect("POST", RESOURCES, ok(json!({})));
    let mut other = entry("other");
    other["postgresql"]["host"] = json!("elsewhere");
    fake.expect("GET", DEPOTS, ok(json!([entry("crm"), entry("oldcrm"), other])));
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    let mut draft = draft();
    draft.display_name = Some("CRM".into());
    let written = created(create(&fake.host(), &target(), &draft, IfExists::Fail));
    let expected = [
        "DataOS has no display names, so it was not stored",
        "a Depot `oldcrm` of type `postgresql` of `adalovelace` has the same fields",
    ];
    assert_eq!(written.notes, expected);
    assert_eq!(entry("crm")["postgresql"], spec());
}

#[test]
fn a_missing_login_or_role_is_told_as_such() {
    let check = |reply: Reply, is_kind: fn(&Error) -> bool| {
        let fake = fake();
        fake.expect("GET", DEPOT, missing());
        fake.expect("POST", RESOURCES, reply);
        let error = run_create(&fake, IfExists::Fail).expect_err("it fails");
        assert!(is_kind(&error), "{error:?}");
    };
    let ingress = |status: u16, message: &str| {
        let error = json!({"message": message, "status": status});
        Reply::json(status, json!({"allow": false, "error": error}))
    };
    check(ingress(401, "missing auth tokens"), |error| matches!(error, Error::Unauthenticated(_)));
    check(ingress(403, "forbidden"), |error| matches!(error, Error::Forbidden(_)));
    check(
        refusal(403, "forbidden: user does not have required role data-dev"),
        |error| matches!(error, Error::Forbidden(text) if text.contains("create the Secret")),
    );
    check(Reply::error(HttpError::Unauthenticated("no token".into())), |error| {
        matches!(error, Error::Unauthenticated(_))
    });
}
