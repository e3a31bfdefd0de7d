use super::*;
use crate::model::{
    Connection, Field, FieldProblem, Finding, Kind, Label, Outcome, Removed, Report, Rung,
    TestReport, TestResult, TestStatus, TestStep, Verdict, Written,
};
use crate::operations::Rehearsal;

/// What the reader of the documentation is promised.
const DOCUMENTATION: &str = include_str!("../../../../docs/output.md");

fn connection() -> Connection {
    let text = |text: &str| Some(text.to_owned());
    let field = |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
    Connection {
        name: "lake".to_owned(),
        scope: text("default"),
        type_name: "s3".to_owned(),
        fields: vec![
            field("endpoint", "https://minio.example.com:9000"),
            field("bucket", "sales"),
            field("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ],
        secret_names: vec!["secret_access_key".to_owned()],
        display_name: text("Sales lake"),
        description: text("Raw sales data"),
        labels: vec![Label { key: "env".to_owned(), value: "prod".to_owned() }],
        owner: text("ada"),
        address: text("lake://sales"),
        status: text("active"),
        status_message: text("ready to use"),
        revision: text("7"),
        created_at: text("2026-03-01T10:00:00Z"),
        updated_at: text("2026-03-02T11:30:00Z"),
        tested: Some(TestResult {
            works: true,
            at: "2026-03-03T08:00:00Z".to_owned(),
            message: "target: bucket `sales` is there".to_owned(),
        }),
        warnings: vec!["it has no region".to_owned()],
    }
}

fn failure() -> Error {
    let mut error = Error::new(Kind::Unavailable, "the cluster does not answer")
        .problems(vec![FieldProblem {
            field: "bucket".to_owned(),
            message: "is missing".to_owned(),
        }])
        .because(io::Error::other("connection refused"))
        .hint("`connhub check --backend prod` shows more")
        .from_connector("lakes");
    error.retry_after = Some(5);
    error
}

fn json<T: Serialize>(kind: &'static str, body: T) -> String {
    written(&Document::new(kind, body), &Structured::Json)
}

fn written<T: Serialize>(document: &Document<T>, form: &Structured) -> String {
    let mut out = Vec::new();
    document.write(form, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The examples of the documentation are exactly what is printed.
#[track_caller]
fn check_documented(printed: &str) {
    let block = format!("```json\n{printed}```");
    assert!(DOCUMENTATION.contains(&block), "docs/output.md lacks this example:\n{block}");
}

#[test]
fn documented_tests() {
    let step = |rung, status, message: &str| TestStep { rung, status, message: message.to_owned() };
    let tls = "TLS 1.3, certificate of `CN=db`, issued by `CN=our CA`, valid until 2027-01-31";
    let refused = "password authentication failed for user \"reader\" (28P01)";
    let report = TestReport {
        steps: vec![
            step(Rung::Resolve, TestStatus::Ok, "`db.example.com` is 192.0.2.10"),
            step(Rung::Connect, TestStatus::Ok, "192.0.2.10:5432"),
            step(Rung::Tls, TestStatus::Ok, tls),
            step(Rung::Protocol, TestStatus::Ok, "it answers as PostgreSQL does"),
            step(Rung::Credential, TestStatus::Failed, refused),
        ],
        elapsed: std::time::Duration::from_millis(12),
    };
    let connection = Connection {
        name: "orders".to_owned(),
        scope: Some("default".to_owned()),
        type_name: "postgresql".to_owned(),
        ..Connection::default()
    };
    check_documented(&json("Test", Tested::new("local", &connection, &report)));
}

#[test]
fn documented_connections() {
    let connection = connection();
    let entry = Entry { backend: "local", connection: &connection };
    check_documented(&json("Connection", ConnectionForm::from(entry)));
    let bare = Connection {
        name: "models".to_owned(),
        type_name: "uri".to_owned(),
        ..Connection::default()
    };
    let error = failure();
    let errors = vec![BackendError::new("prod", None, &error)];
    let items = &[Entry { backend: "local", connection: &bare }];
    check_documented(&json("ConnectionList", ConnectionList { items, errors }));
    check_documented(&json("ConnectionEvent", ChangeForm::new("added", items[0])));
}

#[test]
fn documented_results() {
    let connection =
        Connection { name: "lake".to_owned(), type_name: "s3".to_owned(), ..Connection::default() };
    let result = Written {
        outcome: Outcome::Kept,
        connection,
        differences: vec!["bucket".to_owned()],
        notes: vec!["nothing has to be restarted".to_owned()],
    };
    check_documented(&json("Result", Wrote::new("local", &result, Rehearsal::None)));
    let removed = [Removed {
        kind: "secret".to_owned(),
        name: "lake".to_owned(),
        scope: Some("fraud".to_owned()),
    }];
    check_documented(&json("Result", Deleted::new("prod", "lake", &removed, Rehearsal::Server)));
}

#[test]
fn documented_reports_and_errors() {
    let report = Report {
        user: Some("ada".to_owned()),
        platform: Some("Kubernetes v1.33.1".to_owned()),
        findings: vec![Finding {
            subject: "login".to_owned(),
            verdict: Verdict::Good,
            message: "is accepted as `ada`".to_owned(),
        }],
    };
    check_documented(&json("Report", Checked::new("prod", &report)));
    let error = failure();
    check_documented(&json("Error", ErrorForm::from(&error)));
}

#[test]
fn every_key_of_a_connection_can_be_asked_for() {
    let connection = connection();
    let form = ConnectionForm::from(Entry { backend: "x", connection: &connection });
    let Value::Object(map) = serde_json::to_value(form).unwrap() else { panic!("no object") };
    let mut keys: Vec<&str> = map.keys().map(String::as_str).collect();
    let mut known = CONNECTION_KEYS.to_vec();
    keys.sort_unstable();
    known.sort_unstable();
    assert_eq!(keys, known);
}

#[test]
fn keys_select_from_one_and_from_each_of_many() {
    let connection = connection();
    let entry = Entry { backend: "local", connection: &connection };
    let keys = Structured::Keys(vec!["type".to_owned(), "name".to_owned()]);
    let compact = |text: String| text.split_whitespace().collect::<String>();
    let one = Document::new("Connection", ConnectionForm::from(entry));
    assert_eq!(compact(written(&one, &keys)), r#"{"name":"lake","type":"s3"}"#);
    let body = ConnectionList { items: &[entry, entry], errors: Vec::new() };
    let many = Document::new("ConnectionList", body);
    assert_eq!(
        compact(written(&many, &keys)),
        r#"[{"name":"lake","type":"s3"},{"name":"lake","type":"s3"}]"#
    );
    let missing = Structured::Keys(vec!["owner".to_owned()]);
    let bare = Connection::default();
    let bare = ConnectionForm::from(Entry { backend: "", connection: &bare });
    assert_eq!(compact(written(&Document::new("Connection", bare), &missing)), r#"{"owner":null}"#);
}

#[test]
fn an_unknown_key_is_refused_with_the_list() {
    let keys = Structured::Keys(vec!["name".to_owned(), "nmae".to_owned()]);
    let error = check_keys(Some(&keys), &["name", "type"]).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(error.message.contains("`nmae`") && error.hints[0].contains("name, type"));
    assert!(check_keys(Some(&Structured::Json), &[]).is_ok());
}

#[test]
fn yaml_says_the_same_as_json() {
    let connection = Connection {
        description: Some("yes: \"no\"\n- 1\n".to_owned()),
        fields: vec![Field { name: "port".to_owned(), value: "0123".to_owned() }],
        ..connection()
    };
    let entry = Entry { backend: "local", connection: &connection };
    let document = Document::new("Connection", ConnectionForm::from(entry));
    let yaml: Value = serde_saphyr::from_str(&written(&document, &Structured::Yaml)).unwrap();
    assert_eq!(yaml, serde_json::to_value(&document).unwrap());
}

#[test]
fn a_closed_pipe_stays_one() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let path = Structured::JsonPath("$.kind".parse().unwrap());
    let keys = Structured::Keys(vec!["kind".to_owned()]);
    for form in [Structured::Json, Structured::Yaml, path, keys] {
        let error = Document::new("X", Value::Object(Map::new())).write(&form, &mut Closed);
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::BrokenPipe, "{form:?}");
    }
}

#[test]
fn every_exit_code_and_its_word_is_documented() {
    let codes = include_str!("../../../../docs/commands.md");
    for kind in [
        Kind::Other,
        Kind::Invalid,
        Kind::NotFound,
        Kind::Unauthenticated,
        Kind::Forbidden,
        Kind::Exists,
        Kind::Conflict,
        Kind::InUse,
        Kind::Unavailable,
        Kind::TestFailed,
        Kind::Refused,
        Kind::Connector,
        Kind::Interrupted,
    ] {
        let row = codes.lines().find(|line| line.starts_with(&format!("| {} |", kind.exit_code())));
        let word = format!("`{}`", kind.code());
        assert!(row.is_some_and(|row| row.contains(&word)), "docs/commands.md lacks {word}");
        assert!(DOCUMENTATION.contains(&word), "docs/output.md lacks {word}");
    }
}
