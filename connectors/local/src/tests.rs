//! The connector against the stand-in host.

use connhub_sdk::testing::{FakeHost, secret, value_of};
use connhub_sdk::{
    Connector, Draft, Error, Field, Filter, IfExists, Key, Label, LabelMatch, LabelOperator,
    Outcome, PageRequest, Patch, SecretField, Target, TestResult, TextChange, VaultError, Verdict,
    Written,
};

use crate::Local;

fn target() -> Target {
    Target::default()
}

fn in_folder(folder: &str) -> Target {
    Target { scope: Some(folder.into()), ..target() }
}

fn dry_run() -> Target {
    Target { dry_run: true, ..target() }
}

fn draft(name: &str, bucket: &str, key: &str) -> Draft {
    Draft {
        name: name.into(),
        type_: "s3".into(),
        fields: vec![Field::new("endpoint", "https://s3"), Field::new("bucket", bucket)],
        secrets: vec![SecretField { name: "secret_access_key".into(), value: secret(key) }],
        display_name: Some("My data".into()),
        description: None,
        labels: vec![Label::new("team", "b"), Label::new("env", "test")],
    }
}

fn filter() -> Filter {
    Filter::default()
}

fn create(fake: &FakeHost, draft: Draft, if_exists: IfExists) -> Result<Written, Error> {
    Local::create(&fake.host(), &target(), draft, if_exists)
}

fn stored_key(fake: &FakeHost, name: &str) -> Vec<u8> {
    let opened = Local::open(&fake.host(), &target(), name, &[]).expect("it can be opened");
    value_of(&opened[0].value).to_vec()
}

#[test]
fn what_is_created_is_found_as_it_was_written() {
    let fake = FakeHost::new();
    let written = create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    assert_eq!(written.outcome, Outcome::Created);
    let read = Local::get(&fake.host(), &target(), "a").expect("it is there");
    assert_eq!(read, written.connection);
    assert_eq!(read.scope.as_deref(), Some("default"));
    assert_eq!(read.field("bucket"), Some("b"));
    assert_eq!(read.secret_names, ["secret_access_key"]);
    assert_eq!(read.labels, [Label::new("env", "test"), Label::new("team", "b")]);
    assert_eq!(read.created_at.as_deref(), Some("2026-11-20T21:36:01Z"));
    assert_eq!(read.revision.as_deref(), Some("1"));
    assert_eq!(stored_key(&fake, "a"), b"k");
}

#[test]
fn a_name_that_is_taken_is_refused_by_what_is_there() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let error = create(&fake, draft("a", "other", "k2"), IfExists::Fail).expect_err("it is there");
    let Error::AlreadyExists(text) = error else { panic!("{error:?}") };
    assert_eq!(text, "`a` exists in folder `default` (type s3, created 2026-11-20T21:36:01Z)");
    assert_eq!(stored_key(&fake, "a"), b"k");
    let elsewhere = draft("a", "b", "k");
    Local::create(&fake.host(), &in_folder("other"), elsewhere, IfExists::Fail)
        .expect("another folder has names of its own");
}

#[test]
fn keep_reports_what_differs_and_changes_nothing() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let check = |draft: Draft, expected: &[&str]| {
        let written = create(&fake, draft, IfExists::Keep).expect("it is kept");
        assert_eq!(written.outcome, Outcome::Kept);
        assert_eq!(written.differences, expected);
        assert_eq!(written.connection.revision.as_deref(), Some("1"));
    };
    check(draft("a", "b", "k"), &[]);
    check(draft("a", "other", "k"), &["bucket"]);
    check(draft("a", "b", "k2"), &["secret_access_key"]);
    assert_eq!(stored_key(&fake, "a"), b"k");
}

#[test]
fn replace_puts_the_draft_in_its_place() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    fake.host().sleep(std::time::Duration::from_secs(60));
    let mut other = draft("a", "other", "k2");
    other.secrets[0].name = "password".into();
    other.fields.remove(0);
    let written = create(&fake, other, IfExists::Replace).expect("it is replaced");
    assert_eq!(written.outcome, Outcome::Replaced);
    let read = Local::get(&fake.host(), &target(), "a").expect("it is there");
    assert_eq!(read, written.connection);
    assert_eq!(read.secret_names, ["password"]);
    assert_eq!(read.field("endpoint"), None);
    assert_eq!(read.created_at.as_deref(), Some("2026-11-20T21:36:01Z"));
    assert_eq!(read.updated_at.as_deref(), Some("2026-11-20T21:37:01Z"));
    assert_eq!(read.revision.as_deref(), Some("2"));
}

#[test]
fn replacing_with_the_same_writes_nothing() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Replace).expect("it is new");
    let written = create(&fake, draft("a", "b", "k"), IfExists::Replace).expect("it is the same");
    assert_eq!(written.outcome, Outcome::Unchanged);
    assert_eq!(written.connection.revision.as_deref(), Some("1"));
}

#[test]
fn a_dry_run_tells_what_would_be_and_writes_nothing() {
    let fake = FakeHost::new();
    let try_create = |draft, if_exists| Local::create(&fake.host(), &dry_run(), draft, if_exists);
    let outcome = try_create(draft("a", "b", "k"), IfExists::Fail).expect("it is free").outcome;
    assert_eq!(outcome, Outcome::Created);
    assert_eq!(Local::get(&fake.host(), &target(), "a"), Err(Error::no_connection("a")));

    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let refused = try_create(draft("a", "b", "k"), IfExists::Fail);
    assert!(matches!(refused, Err(Error::AlreadyExists(_))));
    let replaced = try_create(draft("a", "x", "k"), IfExists::Replace).expect("it is there");
    assert_eq!(replaced.outcome, Outcome::Replaced);
    let patch = Patch { fields: vec![Field::new("bucket", "x")], ..Patch::default() };
    let updated = Local::update(&fake.host(), &dry_run(), "a", patch, None).expect("it is there");
    assert_eq!(updated.connection.field("bucket"), Some("x"));
    Local::delete(&fake.host(), &dry_run(), "a", None).expect("it is there");
    let read = Local::get(&fake.host(), &target(), "a").expect("it is still there");
    assert_eq!(read.field("bucket"), Some("b"));
    assert_eq!(read.revision.as_deref(), Some("1"));
}

#[test]
fn an_update_changes_what_it_names() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let patch = Patch {
        fields: vec![Field::new("bucket", "new"), Field::new("region", "r")],
        secrets: vec![SecretField { name: "session_token".into(), value: secret("t") }],
        remove: vec!["endpoint".into(), "secret_access_key".into(), "nothing".into()],
        display_name: TextChange::Clear,
        description: TextChange::Set("why".into()),
        labels: vec![Label::new("team", "c")],
        remove_labels: vec!["env".into()],
        tested: None,
    };
    let written = Local::update(&fake.host(), &target(), "a", patch, Some("1")).expect("it is 1");
    assert_eq!(written.outcome, Outcome::Updated);
    assert_eq!(written.notes, ["there was no field `nothing` to remove"]);
    let read = Local::get(&fake.host(), &target(), "a").expect("it is there");
    assert_eq!(read, written.connection);
    assert_eq!(read.fields, [Field::new("bucket", "new"), Field::new("region", "r")]);
    assert_eq!(read.secret_names, ["session_token"]);
    assert_eq!((read.display_name, read.description), (None, Some("why".into())));
    assert_eq!(read.labels, [Label::new("team", "c")]);
}

#[test]
fn the_result_of_a_test_is_kept_until_what_was_tested_changes() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let before = Local::get(&fake.host(), &target(), "a").expect("it is there");
    let result =
        TestResult { works: false, at: "2026-11-20T21:37:00Z".into(), message: "why".into() };
    let update = |patch| Local::update(&fake.host(), &target(), "a", patch, None);
    let record = || Patch { tested: Some(result.clone()), ..Patch::default() };
    let read = || Local::get(&fake.host(), &target(), "a").expect("it is there");
    let written = update(record()).expect("it is there");
    assert_eq!(written.connection, read());
    assert_eq!(read().tested, Some(result.clone()));
    assert_eq!(read().updated_at, before.updated_at, "a test is no change");
    update(Patch { description: TextChange::Set("new".into()), ..Patch::default() })
        .expect("it is there");
    assert_eq!(read().tested, Some(result.clone()));
    let changes = [
        Patch { fields: vec![Field::new("bucket", "other")], ..Patch::default() },
        Patch {
            secrets: vec![SecretField { name: "secret_access_key".into(), value: secret("k2") }],
            ..Patch::default()
        },
        Patch { remove: vec!["endpoint".into()], ..Patch::default() },
    ];
    for change in changes {
        update(record()).expect("it is there");
        update(change).expect("it is there");
        assert_eq!(read().tested, None);
    }
    update(record()).expect("it is there");
    create(&fake, draft("a", "b", "k3"), IfExists::Replace).expect("it is replaced");
    assert_eq!(read().tested, None);
}

#[test]
fn a_field_is_either_visible_or_secret() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let patch = Patch {
        fields: vec![Field::new("secret_access_key", "now visible")],
        secrets: vec![SecretField { name: "bucket".into(), value: secret("now secret") }],
        ..Patch::default()
    };
    Local::update(&fake.host(), &target(), "a", patch, None).expect("it is there");
    let read = Local::get(&fake.host(), &target(), "a").expect("it is there");
    assert_eq!(read.secret_names, ["bucket"]);
    assert_eq!(read.field("secret_access_key"), Some("now visible"));
    assert_eq!(read.field("bucket"), None);
}

#[test]
fn an_update_to_what_is_there_writes_nothing() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let patch = Patch {
        fields: vec![Field::new("bucket", "b")],
        secrets: vec![SecretField { name: "secret_access_key".into(), value: secret("k") }],
        labels: vec![Label::new("team", "b")],
        ..Patch::default()
    };
    let written = Local::update(&fake.host(), &target(), "a", patch, None).expect("it is there");
    assert_eq!(written.outcome, Outcome::Unchanged);
    assert_eq!(written.connection.revision.as_deref(), Some("1"));
}

#[test]
fn an_expected_revision_that_is_gone_is_a_conflict() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    create(&fake, draft("a", "c", "k"), IfExists::Replace).expect("it is replaced");
    let patch = Patch { fields: vec![Field::new("bucket", "x")], ..Patch::default() };
    let updated = Local::update(&fake.host(), &target(), "a", patch, Some("1"));
    assert!(matches!(updated, Err(Error::Conflict(text)) if text.contains("revision 2")));
    let deleted = Local::delete(&fake.host(), &target(), "a", Some("1"));
    assert!(matches!(deleted, Err(Error::Conflict(_))));
    Local::delete(&fake.host(), &target(), "a", Some("2")).expect("2 is what is there");
}

#[test]
fn delete_names_what_it_removed() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let removed = Local::delete(&fake.host(), &target(), "a", None).expect("it is there");
    assert_eq!(removed.len(), 1);
    assert_eq!((&*removed[0].kind, &*removed[0].name), ("connection", "a"));
    assert_eq!(removed[0].scope.as_deref(), Some("default"));
    let again = Local::delete(&fake.host(), &target(), "a", None);
    assert_eq!(again, Err(Error::no_connection("a")));
}

#[test]
fn open_gives_the_fields_that_are_asked_for() {
    let fake = FakeHost::new();
    let mut two = draft("a", "b", "k");
    two.secrets.push(SecretField { name: "session_token".into(), value: secret("t") });
    create(&fake, two, IfExists::Fail).expect("it is new");
    let open = |fields: &[&str]| {
        let fields: Vec<_> = fields.iter().map(|name| (*name).to_owned()).collect();
        Local::open(&fake.host(), &target(), "a", &fields)
            .map(|opened| opened.into_iter().map(|field| field.name).collect::<Vec<_>>())
    };
    assert_eq!(open(&[]), Ok(vec!["secret_access_key".into(), "session_token".into()]));
    assert_eq!(open(&["session_token"]), Ok(vec!["session_token".into()]));
    let Err(Error::Invalid(problems)) = open(&["other"]) else { panic!("it was found") };
    assert_eq!(problems[0].field, "other");
    assert!(problems[0].message.contains("`secret_access_key`, `session_token`"));
}

#[test]
fn list_filters_and_pages() {
    let fake = FakeHost::new();
    for name in ["a", "b", "c"] {
        create(&fake, draft(name, name, "k"), IfExists::Fail).expect("it is new");
    }
    let mut kafka = draft("d", "d", "k");
    kafka.type_ = "kafka".into();
    kafka.labels.clear();
    Local::create(&fake.host(), &in_folder("other"), kafka, IfExists::Fail).expect("it is new");
    let names = |filter: Filter, cursor: Option<&str>, limit| {
        let page = PageRequest { cursor: cursor.map(str::to_owned), limit };
        let page = Local::list(&fake.host(), &target(), &filter, &page).expect("it can be listed");
        (page.items.into_iter().map(|item| item.name).collect::<String>(), page.cursor)
    };
    assert_eq!(names(filter(), None, 10), ("abc".into(), None));
    assert_eq!(names(filter(), None, 2), ("ab".into(), Some("2".into())));
    assert_eq!(names(filter(), Some("2"), 2), ("c".into(), None));
    let all = Filter { all_scopes: true, ..filter() };
    assert_eq!(names(all.clone(), None, 10).0, "abcd");
    let kafka = Filter { types: vec!["kafka".into()], ..all.clone() };
    assert_eq!(names(kafka, None, 10).0, "d");
    let team =
        LabelMatch { key: "team".into(), operator: LabelOperator::Missing, values: Vec::new() };
    assert_eq!(names(Filter { labels: vec![team], ..all }, None, 10).0, "d");
}

#[test]
fn a_record_that_cannot_be_read_does_not_hide_the_others() {
    let fake = FakeHost::new();
    create(&fake, draft("a", "b", "k"), IfExists::Fail).expect("it is new");
    let host = fake.host();
    host.vault().insert(&Key::new("default", "new"), &[9, 1, 2], &[]).expect("it is new");
    let request = PageRequest::first(10);
    let page = Local::list(&host, &target(), &filter(), &request).expect("it can be listed");
    let found: Vec<_> = page.items.iter().map(|item| (&*item.name, &*item.type_)).collect();
    assert_eq!(found, [("a", "s3"), ("new", "unknown")]);
    assert!(page.items[1].warnings[0].contains("format 9"));
    let replaced = create(&fake, draft("new", "b", "k"), IfExists::Replace);
    assert_eq!(replaced.expect("it can be replaced").outcome, Outcome::Replaced);
}

#[test]
fn failures_of_the_store_keep_their_meaning() {
    let check = |failure: VaultError, expected: Error| {
        let fake = FakeHost::new();
        fake.fail_vault(failure);
        assert_eq!(Local::get(&fake.host(), &target(), "a"), Err(expected));
    };
    check(VaultError::Denied("no grant".into()), Error::Denied("no grant".into()));
    check(VaultError::Unusable("damaged".into()), Error::unavailable("damaged"));
    check(VaultError::Missing, Error::no_connection("a"));
    check(VaultError::TooLarge("1 MiB".into()), Error::Unsupported("1 MiB".into()));
}

#[test]
fn a_write_is_tried_again_when_somebody_else_was_quicker() {
    let fake = FakeHost::new();
    fake.fail_vault(VaultError::Exists);
    let written = create(&fake, draft("a", "b", "k"), IfExists::Fail);
    assert_eq!(written.expect("the other is gone again").outcome, Outcome::Created);
}

#[test]
fn check_reports_the_state_of_the_store() {
    let fake = FakeHost::new();
    let report = Local::check(&fake.host(), &target()).expect("it can be looked at");
    assert_eq!(report.findings[0].verdict, Verdict::Good);
    fake.fail_vault(VaultError::Unusable("key file missing".into()));
    let report = Local::check(&fake.host(), &target()).expect("it can be looked at");
    assert_eq!(report.findings[0].verdict, Verdict::Bad);
    assert_eq!(report.findings[0].message, "key file missing");
}
