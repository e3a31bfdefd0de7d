use super::*;
use crate::model::TextChange;
use crate::ui::{Style, Verbosity};

fn given(assignments: &[(&str, Source)]) -> Given {
    let one = |(field, source): &(&str, Source)| Assignment {
        field: (*field).to_owned(),
        source: match source {
            Source::Literal(text) => Source::Literal(text.clone()),
            Source::Variable(name) => Source::Variable(name.clone()),
            Source::File(path) => Source::File(path.clone()),
            Source::Stdin => Source::Stdin,
            Source::SecretStdin => Source::SecretStdin,
            Source::Known(value) => Source::Known(value.clone()),
            Source::Inline(value) => Source::Inline(value.clone()),
            Source::Program(words) => Source::Program(words.clone()),
            Source::Connection(place) => Source::Connection(place.clone()),
            Source::Wanted => Source::Wanted,
        },
    };
    Given {
        name: "lake".to_owned(),
        type_name: None,
        remove: Vec::new(),
        remove_labels: Vec::new(),
        scope: None,
        display_name: TextChange::Keep,
        description: TextChange::Keep,
        labels: Vec::new(),
        from_document: Vec::new(),
        assignments: assignments.iter().map(one).collect(),
    }
}

fn literal_source(value: &str) -> Source {
    Source::Literal(value.to_owned())
}

fn collect(
    type_name: &str,
    assignments: &[(&str, Source)],
    environment: &Environment,
) -> Result<Input, Error> {
    collect_for(Mode::Create, type_name, assignments, environment)
}

fn collect_for(
    mode: Mode,
    type_name: &str,
    assignments: &[(&str, Source)],
    environment: &Environment,
) -> Result<Input, Error> {
    let talk = Talk::new(Verbosity::Quiet, Style::Plain, false);
    let mut sources = Sources {
        environment,
        talk: &talk,
        is_interactive: false,
        is_stdin_read: false,
        literals: Literals::Refused,
        distant: None,
    };
    let schema = match type_name {
        "" => Schema { type_name: "own".to_owned(), fields: TypeSchema::opaque() },
        name => Schema::of(None, name).unwrap(),
    };
    sources.collect(given(assignments), &schema, mode)
}

fn secret_of<'a>(input: &'a Input, name: &str) -> &'a [u8] {
    let found = input.secrets.iter().find(|secret| secret.name == name);
    found.map(|secret| secret.value.expose()).expect(name)
}

#[test]
fn secrets_come_from_variables_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs_err::write(&path, "t0ken\n").unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let environment = Environment::from([("KEY", "hunter2")]);
    let input = collect(
        "s3",
        &[
            ("access_key_id", literal_source("AKIA1234")),
            ("secret", Source::Variable("KEY".to_owned())),
            ("session_token", Source::File(path)),
        ],
        &environment,
    )
    .unwrap();
    assert_eq!(secret_of(&input, "secret"), b"hunter2");
    assert_eq!(secret_of(&input, "session_token"), b"t0ken\n", "normalized later, by its schema");
    assert_eq!(input.fields.len(), 1);
}

#[test]
fn a_needed_secret_is_taken_from_its_own_variable() {
    let environment = Environment::from([
        ("CONNHUB_SECRET_SECRET_ACCESS_KEY", "hunter2"),
        ("CONNHUB_SECRET_SESSION_TOKEN", "not needed"),
    ]);
    let keys = [("access_key_id", literal_source("AKIA1234"))];
    let input = collect("s3", &keys, &environment).unwrap();
    assert_eq!(secret_of(&input, "secret_access_key"), b"hunter2");
    assert_eq!(input.secrets.len(), 1);
    let anonymous = [("auth_method", literal_source("anonymous"))];
    assert!(collect("s3", &anonymous, &environment).unwrap().secrets.is_empty());
}

#[test]
fn a_typed_secret_is_refused_with_the_ways_to_give_it() {
    let check = |type_name: &str, field: &str| {
        let error =
            collect(type_name, &[(field, literal_source("hunter2"))], &Environment::default())
                .unwrap_err();
        assert_eq!(error.kind.exit_code(), 2);
        let problem = error.problems.iter().find(|problem| problem.message.contains("--from-env"));
        assert!(problem.is_some(), "{:?}", error.problems);
        assert!(!format!("{error:?}").contains("hunter2"));
    };
    check("s3", "secret_access_key");
    check("s3", "AWS_SECRET_ACCESS_KEY");
    check("", "password");
}

#[test]
fn nothing_secret_is_read_while_something_visible_is_wrong() {
    let unreadable = Source::File("/no/such/file".into());
    let assignments = [("endpoint", literal_source("nowhere")), ("secret_access_key", unreadable)];
    let error = collect("s3", &assignments, &Environment::default()).unwrap_err();
    let fields: Vec<&str> = error.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert!(fields.contains(&"endpoint") && fields.contains(&"access_key_id"), "{fields:?}");
}

#[test]
fn in_an_unknown_type_the_way_decides_what_is_secret() {
    let environment = Environment::from([("KEY", "hunter2")]);
    let variable = || Source::Variable("KEY".to_owned());
    let assignments = [("a", literal_source("1")), ("b", variable()), ("c", Source::Wanted)];
    let error = collect("", &assignments, &environment).unwrap_err();
    assert!(error.message.contains("`c` is not given"), "{}", error.message);
    let input = collect("", &assignments[..2], &environment).unwrap();
    assert_eq!(input.fields.len(), 1);
    assert_eq!(secret_of(&input, "b"), b"hunter2");
}

#[test]
fn sources_that_fail_say_why() {
    let keys = || ("access_key_id", literal_source("AKIA1234"));
    let check = |source: Source, kind: Kind, words: &str| {
        let environment = Environment::default();
        let error = collect("s3", &[keys(), ("secret", source)], &environment).unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(error.message.contains(words), "{}", error.message);
    };
    check(Source::Variable("NOPE".to_owned()), Kind::Invalid, "`NOPE` is not set");
    check(Source::File("/no/such/file".into()), Kind::NotFound, "/no/such/file");
    check(Source::File("/dev/zero".into()), Kind::Invalid, "/dev/zero");
}

#[test]
fn stdin_is_read_once() {
    let talk = Talk::new(Verbosity::Quiet, Style::Plain, false);
    let environment = Environment::default();
    let mut sources = Sources {
        environment: &environment,
        talk: &talk,
        is_interactive: false,
        is_stdin_read: true,
        literals: Literals::Refused,
        distant: None,
    };
    assert!(sources.read_stdin().unwrap_err().message.contains("one thing only"));
}

#[test]
fn one_line_end_is_taken_off() {
    let check = |bytes: &[u8], expected: &[u8]| assert_eq!(without_line_end(bytes), expected);
    check(b"a\n", b"a");
    check(b"a\r\n", b"a");
    check(b"a\n\n", b"a\n");
    check(b"a", b"a");
    check(b"", b"");
}

#[test]
fn the_command_line_takes_the_place_of_the_document() {
    let schema = Schema::of(None, "s3").unwrap().fields;
    let one = |field: &str, value: &str| Assignment {
        field: field.to_owned(),
        source: literal_source(value),
    };
    let document = vec![one("bucket", "a"), one("region", "x")];
    let all = overridden(document, vec![one("bucket_name", "b")], &schema);
    let names: Vec<&str> = all.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(names, ["region", "bucket_name"]);
}

#[test]
fn what_was_called_a_secret_does_not_become_visible() {
    let assignments = [("bucket", Source::SecretStdin)];
    let error = collect("s3", &assignments, &Environment::default()).unwrap_err();
    let problem = error.problems.iter().find(|problem| problem.field == "bucket").unwrap();
    assert!(problem.message.contains("is not a secret"), "{}", problem.message);
}

#[test]
fn secrets_that_a_document_only_names_stay_in_an_update() {
    let named = [("secret_access_key", Source::Wanted), ("bucket", literal_source("raw"))];
    let environment = Environment::default();
    let input = collect_for(Mode::Update, "s3", &named, &environment).unwrap();
    assert!(input.secrets.is_empty());
    assert_eq!(input.fields.len(), 1);
}
