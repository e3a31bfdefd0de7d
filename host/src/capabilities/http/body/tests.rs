use super::super::testing::{access, grant};
use super::*;
use crate::capabilities::parts::Encoding;
use crate::model::Secret;
use crate::policy::EndpointGrant;

fn secret(encoding: Encoding) -> Part {
    Part::Secret { value: Secret::from("a\"b\\c/ä".to_owned()), encoding }
}

fn plain(encoding: Encoding) -> Part {
    Part::Secret { value: Secret::from("s3cret".to_owned()), encoding }
}

fn bytes(text: &str) -> Part {
    Part::Bytes(text.as_bytes().to_vec())
}

fn assemble_with(
    parts: &[Part],
    kind: &'static str,
    grant: &EndpointGrant,
) -> Result<String, HttpError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    let mut scrubber = Scrubber::default();
    let body = assemble(parts, &headers, &access(grant), 1000, &mut scrubber)?;
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

fn check(parts: &[Part], expected: &str) {
    assert_eq!(assemble_with(parts, "application/json", &grant()).unwrap(), expected);
}

fn refused(parts: &[Part], expected: &str) {
    let error = assemble_with(parts, "application/json", &grant()).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[test]
fn secrets_are_encoded_in_their_places() {
    check(
        &[bytes(r#"{"data":{"k":"#), secret(Encoding::JsonString), bytes("}}")],
        r#"{"data":{"k":"a\"b\\c/ä"}}"#,
    );
    check(
        &[bytes(r#"{"data":{"k":""#), secret(Encoding::Base64), bytes(r#""}}"#)],
        r#"{"data":{"k":"YSJiXGMvw6Q="}}"#,
    );
    check(
        &[
            bytes(r#"{"data":{"k":""#),
            plain(Encoding::Raw),
            bytes(r#"","l":""#),
            secret(Encoding::Form),
            bytes(r#""}}"#),
        ],
        r#"{"data":{"k":"s3cret","l":"a%22b%5Cc%2F%C3%A4"}}"#,
    );
    check(&[bytes("{}")], "{}");
    check(&[], "");
}

#[test]
fn a_secret_in_a_label_is_refused_with_the_rule() {
    let parts =
        [bytes(r#"{"metadata":{"labels":{"a/b":"#), plain(Encoding::JsonString), bytes("}}}")];
    refused(&parts, "does not declare that it places secrets at `/metadata/labels/a~1b`");
    let needs = ["/data/*".to_owned(), "/metadata/labels/*".to_owned()];
    let declared = super::super::Declared { allow: &["* /**".to_owned()], secrets_in: &needs };
    let access = Access::compile("demo", "api", declared, &grant()).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    let mut scrubber = Scrubber::default();
    let error = assemble(&parts, &headers, &access, 1000, &mut scrubber).unwrap_err();
    assert!(error.to_string().contains("may not place a secret"), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.contains(r#"`"/metadata/labels/a~1b"` to `secrets-in`"#), "{hint}");
    assert!(hint.contains("plugins.toml:12"), "{hint}");
}

#[test]
fn a_secret_must_be_a_whole_string_value() {
    let not_whole = "not a whole JSON string value";
    let place =
        |before: &str, encoding, after: &str| [bytes(before), plain(encoding), bytes(after)];
    refused(&place(r#"{"data":{"k":"x"#, Encoding::Raw, r#""}}"#), not_whole);
    refused(&place(r#"{"data":{"k":""#, Encoding::Raw, r#"x"}}"#), not_whole);
    refused(&place(r#"{"data":{""#, Encoding::Raw, r#"":"k"}}"#), not_whole);
    refused(&place(r#"{"data":{"k":"#, Encoding::JsonString, r#","k":"x"}}"#), not_whole);
    refused(&place(r#"{"data":{"k":"#, Encoding::Raw, "}}"), "not JSON");
    refused(&place("", Encoding::JsonString, ""), "at ``");
    refused(&place(r#"{"data":{"k":["#, Encoding::JsonString, "]}}"), "/data/k/0");
}

#[test]
fn a_secret_cannot_change_the_shape_of_a_body() {
    let injection = Part::Secret {
        value: Secret::from(r#"x"},"admin":{"y":"z"#.to_owned()),
        encoding: Encoding::Raw,
    };
    refused(&[bytes(r#"{"data":{"k":""#), injection, bytes(r#""}}"#)], "needs the encoding");
}

#[test]
fn a_visible_key_takes_no_secret() {
    let parts = [bytes(r#"{"data":{"URI":"#), plain(Encoding::JsonString), bytes("}}")];
    refused(&parts, "`visible` in `[connectors.demo.endpoints.api]` (plugins.toml:12)");
}

#[test]
fn secrets_go_into_json_only_unless_the_grant_says_anywhere() {
    let parts = [bytes("password="), secret(Encoding::Form)];
    let kind = "application/x-www-form-urlencoded";
    let error = assemble_with(&parts, kind, &grant()).unwrap_err();
    assert!(error.to_string().contains("JSON bodies only"), "{error}");
    let anywhere = EndpointGrant { secrets_in: vec![String::new()], ..grant() };
    assert_eq!(assemble_with(&parts, kind, &anywhere).unwrap(), "password=a%22b%5Cc%2F%C3%A4");
    let nowhere = EndpointGrant { secrets_in: Vec::new(), ..grant() };
    let parts = [bytes(r#"{"data":{"k":"#), plain(Encoding::JsonString), bytes("}}")];
    assert!(assemble_with(&parts, "application/json", &nowhere).is_err());
    assert!(assemble_with(&parts, "application/apply-patch+yaml", &grant()).is_ok());
}

#[test]
fn what_is_not_text_is_not_written_as_text() {
    let binary = Part::Secret { value: Secret::new(vec![0xff, 0]), encoding: Encoding::JsonString };
    refused(&[bytes(r#"{"data":{"k":"#), binary, bytes("}}")], "not UTF-8");
}

#[test]
fn bodies_are_bounded() {
    let error =
        assemble_with(&[bytes(&"x".repeat(1001))], "application/json", &grant()).unwrap_err();
    assert!(matches!(error, HttpError::TooLarge(_)), "{error:?}");
}

#[test]
fn secrets_are_known_before_anything_is_sent() {
    let mut scrubber = Scrubber::default();
    let parts = [bytes("{"), plain(Encoding::Raw)];
    let result = assemble(&parts, &HeaderMap::new(), &access(&grant()), 1000, &mut scrubber);
    assert!(result.is_err());
    assert_eq!(scrubber.text("s3cret"), "***");
}
