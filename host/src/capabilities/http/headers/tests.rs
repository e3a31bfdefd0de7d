use super::super::testing::{access, grant};
use super::*;

fn check(name: &str, value: &str) -> Result<HeaderMap, HttpError> {
    let login = [HeaderName::from_static("x-login")];
    of_request(&[(name.to_owned(), value.to_owned())], &access(&grant()), &login, "connhub/1")
}

#[test]
fn headers_of_the_host_are_refused() {
    for name in [
        "host",
        "authorization",
        "cookie",
        "proxy-authorization",
        "proxy-anything",
        "connection",
        "transfer-encoding",
        "content-length",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "x-forwarded-for",
        "x-forwarded",
        "impersonate-user",
        "impersonate-extra-scopes",
        "x-remote-user",
        "apikey",
        "x-api-key",
        "x-login",
        "x-vendor-namespace",
        "x-tenant-id",
        "user-agent",
        "accept-encoding",
        "x-http-method-override",
        "x-original-url",
        "x-rewrite-url",
    ] {
        let error = check(name, "x").unwrap_err();
        assert!(matches!(error, HttpError::Denied(_)), "{name}: {error:?}");
    }
}

#[test]
fn names_and_values_are_checked() {
    for (name, value) in [
        ("Authorization", "x"),
        ("AUTHORIZATION", "x"),
        ("x y", "z"),
        ("", "z"),
        ("x\r\nhost", "evil"),
        ("x", "a\r\nauthorization: b"),
        ("x", "a\u{0}"),
        ("x", "\u{e4}"),
        ("authorization ", "x"),
        (":authority", "evil"),
    ] {
        let error = check(name, value).unwrap_err();
        assert!(matches!(error, HttpError::Invalid(_)), "{name:?}: {error:?}");
    }
    assert_eq!(check("if-match", "\"7\"").unwrap()["if-match"], "\"7\"");
}

#[test]
fn only_json_is_accepted_where_values_are_masked() {
    for accept in [
        "application/json",
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json",
        "application/merge-patch+json; q=0.5",
    ] {
        assert_eq!(check("accept", accept).unwrap()[ACCEPT], accept);
    }
    for accept in ["*/*", "text/plain", "application/json, application/yaml", "application/*", ""] {
        assert!(matches!(check("accept", accept), Err(HttpError::Denied(_))), "{accept}");
    }
    assert_eq!(check("x", "y").unwrap()[ACCEPT], "application/json");
    let open = access(&crate::policy::EndpointGrant { mask: Vec::new(), ..grant() });
    let headers = [("accept".to_owned(), "text/plain".to_owned())];
    assert!(of_request(&headers, &open, &[], "connhub/1").is_ok());
}

#[test]
fn headers_are_bounded() {
    let many = vec![("x".to_owned(), "y".to_owned()); MAX_HEADERS + 1];
    let wide = [("x".to_owned(), "y".repeat(MAX_HEADER_BYTES))];
    for headers in [&many[..], &wide[..]] {
        let error = of_request(headers, &access(&grant()), &[], "connhub/1").unwrap_err();
        assert!(matches!(error, HttpError::TooLarge(_)), "{error:?}");
    }
}

#[test]
fn json_is_told_by_its_media_type() {
    for (kind, expected) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/problem+json", true),
        ("text/json", false),
        ("application/jsonp", false),
        ("application/json+yaml", false),
        ("text/plain", false),
    ] {
        assert_eq!(is_json(kind), expected, "{kind}");
    }
}
