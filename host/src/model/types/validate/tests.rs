use super::super::catalog;
use super::*;

const KEYS: [&str; 1] = ["secret_access_key"];

fn field(name: &str, value: &str) -> Field {
    Field { name: name.to_owned(), value: value.to_owned() }
}

fn run(
    type_name: &str,
    given: &[(&str, &str)],
    secrets: &[&str],
    mode: Mode,
) -> Result<Normalized, Vec<FieldProblem>> {
    let fields: Vec<Field> = given.iter().map(|(name, value)| field(name, value)).collect();
    let schema = catalog::find(type_name).expect("the type exists");
    schema.validate(&fields, secrets, &[], mode)
}

fn check_good(
    type_name: &str,
    given: &[(&str, &str)],
    secrets: &[&str],
    expected: &[(&str, &str)],
) {
    let normalized = run(type_name, given, secrets, Mode::Create);
    let normalized = normalized.unwrap_or_else(|problems| panic!("{given:?}: {problems:?}"));
    let expected: Vec<Field> = expected.iter().map(|(name, value)| field(name, value)).collect();
    assert_eq!(normalized.fields, expected, "{given:?}");
}

fn check_bad(
    type_name: &str,
    given: &[(&str, &str)],
    secrets: &[&str],
    mode: Mode,
    expected: &[(&str, &str)],
) {
    let problems = run(type_name, given, secrets, mode).expect_err("something is wrong");
    let problems: Vec<(&str, &str)> =
        problems.iter().map(|problem| (problem.field.as_str(), problem.message.as_str())).collect();
    assert_eq!(problems, expected, "{given:?}");
}

#[test]
fn right_fields_come_back_canonical_in_order_and_complete() {
    check_good(
        "s3",
        &[
            ("key", " AKIA1234 "),
            ("AWS_S3_ENDPOINT", "https://minio:9000/"),
            ("force-path-style", "YES"),
        ],
        &["AWS_SECRET_ACCESS_KEY"],
        &[
            ("endpoint", "https://minio:9000"),
            ("region", "us-east-1"),
            ("auth_method", "access_key"),
            ("access_key_id", "AKIA1234"),
            ("path_style", "true"),
        ],
    );
    check_good(
        "kafka",
        &[("bootstrap.servers", "k1:9092, k2:9092"), ("security.protocol", "ssl")],
        &[],
        &[("brokers", "k1:9092,k2:9092"), ("security_protocol", "SSL"), ("auth_method", "none")],
    );
    check_good("uri", &[("url", "https://example.com/")], &[], &[("uri", "https://example.com/")]);
    check_good(
        "s3",
        &[("auth", "aws_cli"), ("profile", "dev")],
        &[],
        &[("region", "us-east-1"), ("auth_method", "profile"), ("profile", "dev")],
    );
}

#[test]
fn secret_names_keep_their_order() {
    let secrets = ["token", "secret"];
    let normalized = run("s3", &[("key", "AKIA1234")], &secrets, Mode::Create).expect("right");
    assert_eq!(normalized.secret_names, ["session_token", "secret_access_key"]);
    assert_eq!(normalized.auth_method.as_deref(), Some("session"));
}

#[test]
fn every_problem_is_named_at_once() {
    check_bad(
        "s3",
        &[
            ("bukcet", "x"),
            ("endpoint", "minio:9000"),
            ("verify", "maybe"),
            ("key", "AKIA"),
            ("access_key_id", "B"),
        ],
        &["bucket"],
        Mode::Create,
        &[
            (
                "bukcet",
                "no such field; did you mean `bucket`? (known: `endpoint`, `bucket`, `prefix`, `region`, \
                 `auth_method`, `access_key_id`, `secret_access_key`, `session_token`, `profile`, `role_arn`, \
                 `external_id`, `path_style`, `verify_ssl`, `ca_bundle`)",
            ),
            ("endpoint", "must begin with a scheme; write `https://minio:9000`"),
            ("verify_ssl", "must be `true` or `false`"),
            ("access_key_id", "is given twice, as `key` and as `access_key_id`"),
            ("bucket", "is not a secret; write `bucket=VALUE`"),
            (
                "secret_access_key",
                "`secret_access_key` is missing for the auth method `access_key`; to log in differently, set \
                 `auth_method` to `session`, `profile`, `iam_role`, `environment` or `anonymous`",
            ),
        ],
    );
}

#[test]
fn what_a_method_needs_is_named_together() {
    check_bad(
        "adls",
        &[("auth_method", "spn")],
        &[],
        Mode::Create,
        &[
            (
                "tenant_id",
                "`tenant_id`, `client_id` and `client_secret` are missing for the auth method `service_principal`",
            ),
            ("account_name", "is missing; give for example `account_name=acmelake`"),
        ],
    );
    check_bad(
        "oracle",
        &[("host", "db"), ("user", "u")],
        &["password"],
        Mode::Create,
        &[("service_name", "is missing; give `service_name` or `sid`")],
    );
}

#[test]
fn fields_of_another_method_are_refused() {
    let message = "does not go with the auth method `profile`; leave it out, or set `auth_method` to `access_key` \
                   or `session`";
    check_bad(
        "s3",
        &[("auth_method", "profile"), ("profile", "dev")],
        &KEYS,
        Mode::Create,
        &[("secret_access_key", message)],
    );
    check_bad(
        "s3",
        &[("auth_method", "profile")],
        &KEYS,
        Mode::Update,
        &[("secret_access_key", message)],
    );
    check_bad(
        "s3",
        &[("auth_method", "profil")],
        &KEYS,
        Mode::Create,
        &[(
            "auth_method",
            "must be `access_key`, `session`, `profile`, `iam_role`, `environment` or `anonymous`; did you mean \
         `profile`?",
        )],
    );
}

#[test]
fn a_change_needs_only_what_it_changes() {
    let normalized = run("s3", &[("bucket", "raw")], &[], Mode::Update).expect("right");
    let expected = Normalized { fields: vec![field("bucket", "raw")], ..Normalized::default() };
    assert_eq!(normalized, expected);
    let normalized = run("s3", &[], &KEYS, Mode::Update).expect("right");
    assert_eq!(normalized.secret_names, KEYS);
}

#[test]
fn an_opaque_type_carries_fields_through_and_still_keeps_secrets_out_of_sight() {
    let opaque = TypeSchema::opaque();
    let fields = [field("X_Host", " db "), field("X_Note", "a\nb")];
    let normalized = opaque.validate(&fields, &["X_PASSWORD", "blob"], &[], Mode::Create);
    let normalized = normalized.expect("right");
    assert_eq!(normalized.fields, [field("X_Host", " db "), field("X_Note", "a\nb")]);
    assert_eq!(normalized.secret_names, ["X_PASSWORD", "blob"]);
    let fields = [
        field("X_PASSWORD", "hunter2"),
        field("a b hunter2", "x"),
        field("url", "https://u:hunter2@h"),
        field("esc", "\u{1b}[2J"),
        field("empty", ""),
    ];
    let problems = opaque.validate(&fields, &["empty"], &[], Mode::Create).unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["X_PASSWORD", "field", "url", "esc", "empty", "empty"]);
    assert!(!format!("{problems:?}").contains("hunter2"));
}
