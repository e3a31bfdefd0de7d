use super::*;
use crate::model::Secret;

fn field(name: &str, value: &str) -> Field {
    Field { name: name.to_owned(), value: value.to_owned() }
}

fn secret(name: &str, value: &str) -> SecretField {
    SecretField { name: name.to_owned(), value: Secret::from(value.to_owned()) }
}

fn s3() -> Schema {
    Schema::of(None, "s3").unwrap()
}

fn lake() -> Input {
    Input {
        name: "lake".to_owned(),
        fields: vec![field("AWS_ACCESS_KEY_ID", "AKIA1234"), field("endpoint", "https://minio/")],
        secrets: vec![secret("secret", "hunter2hunter2\n")],
        ..Input::default()
    }
}

fn stored() -> Connection {
    let draft = draft(&s3(), lake()).unwrap();
    imagined(draft, None).connection
}

fn fields_of(error: &Error) -> Vec<&str> {
    error.problems.iter().map(|problem| problem.field.as_str()).collect()
}

#[test]
fn a_draft_has_canonical_names_defaults_and_clean_secrets() {
    let draft = draft(&s3(), lake()).unwrap();
    assert_eq!(draft.type_name, "s3");
    assert_eq!(value_of(&draft.fields, "endpoint"), Some("https://minio"));
    assert_eq!(value_of(&draft.fields, "region"), Some("us-east-1"));
    assert_eq!(value_of(&draft.fields, AUTH_METHOD), Some("access_key"));
    assert_eq!(draft.secrets[0].name, "secret_access_key");
    assert_eq!(draft.secrets[0].value.expose(), b"hunter2hunter2");
}

#[test]
fn everything_wrong_is_said_at_once_and_no_value_is_repeated() {
    let input = Input {
        name: "a/b".to_owned(),
        fields: vec![
            field("bukcet", "x"),
            field("secret_access_key", "hunter2hunter2"),
            field("endpoint", "minio"),
        ],
        secrets: vec![secret("session_token", "")],
        ..Input::default()
    };
    let error = draft(&s3(), input).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    let fields = fields_of(&error);
    for expected in ["name", "bukcet", "secret_access_key", "endpoint", "session_token"] {
        assert!(fields.contains(&expected), "{expected}: {fields:?}");
    }
    assert!(!format!("{error:?}").contains("hunter2"));
    assert!(!error.message.contains("a/b"));
}

#[test]
fn a_patch_names_only_what_changes() {
    let input = Input {
        fields: vec![field("bucket", "raw")],
        remove: vec!["url".to_owned()],
        display_name: TextChange::Set("Lake".to_owned()),
        ..Input::default()
    };
    let patch = patch(&s3(), &stored(), input).unwrap();
    assert_eq!(patch.fields, [field("bucket", "raw")]);
    assert_eq!(patch.remove, ["endpoint"]);
    let after = patched(&stored(), &patch);
    assert_eq!(after.outcome, Outcome::Updated);
    assert_eq!(after.connection.display_name.as_deref(), Some("Lake"));
    assert_eq!(value_of(&after.connection.fields, "endpoint"), None);
}

#[test]
fn an_empty_patch_changes_nothing() {
    let patch = patch(&s3(), &stored(), Input::default()).unwrap();
    assert_eq!(patched(&stored(), &patch).outcome, Outcome::Unchanged);
}

#[test]
fn a_new_auth_method_drops_what_it_excludes_and_asks_for_what_it_needs() {
    let change = |fields: Vec<Field>, secrets: Vec<SecretField>| {
        patch(&s3(), &stored(), Input { fields, secrets, ..Input::default() })
    };
    let profile = vec![field("auth", "profile"), field("profile", "analytics")];
    let patch = change(profile, Vec::new()).unwrap();
    assert_eq!(patch.remove, ["access_key_id", "secret_access_key"]);
    let error = change(vec![field("auth_method", "session")], Vec::new()).unwrap_err();
    assert_eq!(fields_of(&error), ["session_token"]);
    assert!(
        change(vec![field("auth_method", "session")], vec![secret("token", "abcdefgh")]).is_ok()
    );
    let error = change(vec![field("profile", "analytics")], Vec::new()).unwrap_err();
    assert!(error.problems[0].message.contains("stored auth method `access_key`"));
}

#[test]
fn what_is_needed_is_not_removed() {
    let remove = |name: &str, stored: &Connection| {
        let input = Input { remove: vec![name.to_owned()], ..Input::default() };
        patch(&s3(), stored, input)
    };
    assert_eq!(fields_of(&remove("secret", &stored()).unwrap_err()), ["secret_access_key"]);
    let foreign = Connection {
        name: "foreign".to_owned(),
        fields: vec![field("bucket", "raw"), field("region", "x")],
        ..Connection::default()
    };
    assert!(remove("region", &foreign).is_ok(), "it was incomplete before");
}

#[test]
fn a_new_address_asks_for_the_secrets_again() {
    let check =
        |fields: Vec<Field>, secrets: Vec<SecretField>, remove: &[&str], expected: &[&str]| {
            let remove = remove.iter().map(ToString::to_string).collect();
            let input = Input { fields, secrets, remove, ..Input::default() };
            let found = AtRisk::of_change(&s3(), &stored(), &input);
            assert_eq!(found.secrets, expected);
            let patch = patch(&s3(), &stored(), input).unwrap();
            let refused = check_address(&s3(), &stored(), &patch);
            assert_eq!(refused.is_err(), !expected.is_empty());
            if let Err(error) = refused {
                assert_eq!(fields_of(&error), expected);
            }
        };
    let elsewhere = || vec![field("AWS_ENDPOINT_URL", "https://evil.example.com")];
    check(elsewhere(), Vec::new(), &[], &["secret_access_key"]);
    check(Vec::new(), Vec::new(), &["url"], &["secret_access_key"]);
    check(elsewhere(), vec![secret("secret", "hunter3hunter3")], &[], &[]);
    check(
        vec![field("bucket", "clean"), field("endpoint", "https://minio/")],
        Vec::new(),
        &[],
        &[],
    );
}

#[test]
fn a_name_that_holds_a_secret_is_refused_and_not_repeated() {
    for name in ["hunter2hunter2", "lake-hunter2hunter2"] {
        let secrets = vec![secret("secret", "hunter2hunter2")];
        let stored = Connection { name: name.to_owned(), ..stored() };
        let input = Input { secrets, ..Input::default() };
        let error = patch(&s3(), &stored, input).unwrap_err();
        assert!(
            error.to_string().contains("holds the value of its secret `secret_access_key`"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
