use std::time::Instant;

use super::super::testing::*;
use super::super::{
    Encoding, HttpLimits, HttpTransport, Login, MaskedValues, Part, ProxySettings, Scheme,
    SecretSource,
};
use super::*;
use crate::model::{Meter, Secret};

const TOKEN: &str = "eyJhbGciOi.t0ken+/with~signs";

fn bearer() -> Login {
    Login {
        scheme: Scheme::Bearer,
        source: SecretSource::Environment {
            name: "LAKE_TOKEN".to_owned(),
            value: Some(Secret::from(TOKEN.to_owned())),
        },
        fallback_header: None,
        exchange: None,
    }
}

fn with_login(server: &Server, login: Login) -> Endpoint {
    let base = format!("http://{}", server.address);
    Endpoint::new(config(Transport::Http(http(&base, Some(login))), &grant()))
}

fn with_limits(server: &Server, limits: HttpLimits) -> Endpoint {
    let base = format!("http://{}", server.address);
    Endpoint::new(EndpointConfig { limits, ..config(Transport::Http(http(&base, None)), &grant()) })
}

async fn send(endpoint: &mut Endpoint, sent: Outgoing) -> Result<Incoming, HttpError> {
    endpoint.send(sent, &mut Scrubber::default()).await
}

async fn get(endpoint: &mut Endpoint) -> Result<Incoming, HttpError> {
    send(endpoint, outgoing("GET", "/v1/things")).await
}

fn text(incoming: &Incoming) -> &str {
    std::str::from_utf8(&incoming.body).unwrap()
}

#[tokio::test]
async fn a_request_goes_out_with_login_and_path_prefix() {
    let server = Server::start(|_, _| json("200 OK", "{}")).await;
    let base = format!("http://{}/prefix/", server.address);
    let transport = Transport::Http(http(&base, Some(bearer())));
    let mut endpoint = Endpoint::new(config(transport, &grant()));
    let sent = Outgoing {
        query: vec![("limit".into(), "500".into()), ("sel".into(), "a=b&c d".into())],
        headers: vec![("x-request-id".into(), "7".into())],
        ..outgoing("GET", "/v1/th%20ings")
    };
    let incoming = send(&mut endpoint, sent).await.unwrap();
    assert_eq!((incoming.status, text(&incoming)), (200, "{}"));
    let seen = &server.requests()[0];
    assert_eq!(seen.line(), "GET /prefix/v1/th%20ings?limit=500&sel=a%3Db%26c%20d HTTP/1.1");
    assert_eq!(seen.header("authorization").unwrap(), format!("Bearer {TOKEN}"));
    assert_eq!(seen.header("host").unwrap(), server.address.to_string());
    assert_eq!(seen.header("accept").unwrap(), "application/json");
    assert_eq!(seen.header("user-agent").unwrap(), "connhub/test");
    assert_eq!(seen.header("x-request-id").unwrap(), "7");
}

#[tokio::test]
async fn what_is_not_granted_is_not_sent() {
    let server = Server::start(|_, _| json("200 OK", "{}")).await;
    let mut granted = grant();
    granted.allow = vec!["GET /v1/things".to_owned()];
    let declared = vec!["* /v1/**".to_owned()];
    let base = format!("http://{}", server.address);
    let declared = super::super::Declared { allow: &declared, secrets_in: &granted.secrets_in };
    let access = super::super::Access::compile("demo", "api", declared, &granted).unwrap();
    let transport = Transport::Http(http(&base, None));
    let mut endpoint = Endpoint::new(EndpointConfig { access, ..config(transport, &granted) });

    let error = send(&mut endpoint, outgoing("DELETE", "/v1/things")).await.unwrap_err();
    assert!(error.to_string().contains("may not send `DELETE /v1/things`"), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.contains(r#"`"* /v1/**"` to `allow`"#), "{hint}");
    assert!(hint.contains("[connectors.demo.endpoints.api]` (plugins.toml:12)"), "{hint}");

    let error = send(&mut endpoint, outgoing("GET", "/v2/things")).await.unwrap_err();
    assert!(error.to_string().contains("does not declare"), "{error}");
    assert_eq!(error.hint(), None, "no grant can allow what is not declared");
    for path in ["http://evil/", "//evil/x", "/v1/../admin", "/v1/%2e%2e/admin", "/v1/things?x"] {
        let error = send(&mut endpoint, outgoing("GET", path)).await.unwrap_err();
        assert!(matches!(error, HttpError::Denied(_)), "{path}: {error:?}");
    }
    assert!(get(&mut endpoint).await.is_ok());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn nothing_is_resolved_before_the_checks_have_passed() {
    let server = Server::start(|_, _| json("200 OK", "{}")).await;
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("ran");
    let script = format!("touch {}; echo t0ken", mark.display());
    let login =
        Login { source: SecretSource::Command(vec!["sh".into(), "-c".into(), script]), ..bearer() };
    let mut endpoint = with_login(&server, login);
    let sent = Outgoing {
        headers: vec![("authorization".into(), "Bearer mine".into())],
        ..outgoing("GET", "/v1/things")
    };
    assert!(send(&mut endpoint, sent).await.is_err());
    assert!(send(&mut endpoint, outgoing("TRACE", "/v1/things")).await.is_err());
    assert!(!mark.exists() && server.requests().is_empty());
    get(&mut endpoint).await.unwrap();
    assert!(mark.exists());
}

/// A server that tells back what it was sent, in every way that it can think of.
#[tokio::test]
async fn an_echo_of_login_and_secrets_is_scrubbed() {
    let echo = |request: &Recorded, status: &str, kind: &str| {
        let authorization = request.header("authorization").unwrap();
        let quoted = serde_json::to_string(&authorization).unwrap();
        let encoded = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            format!("prefix {authorization}"),
        );
        let body = if kind == "application/json" {
            format!(
                r#"{{"headers":{{"authorization":{quoted}}},"b64":"{encoded}","sent":{}}}"#,
                request.body
            )
        } else {
            format!("you sent {authorization} and {}", request.body)
        };
        answer(status, &[("content-type", kind), ("etag", &authorization)], body)
    };
    let server = Server::start(move |request, _| match request.line().contains("json") {
        true => echo(request, "200 OK", "application/json"),
        false => echo(request, "500 Oops", "text/plain"),
    })
    .await;
    let mut endpoint = with_login(&server, bearer());
    let secret = "s3cret \"quoted\" \u{e4} value";
    for path in ["/json", "/text"] {
        let mut scrubber = Scrubber::default();
        let sent = Outgoing {
            headers: vec![("content-type".into(), "application/json".into())],
            body: vec![
                Part::Bytes(br#"{"data":{"key":"#.to_vec()),
                Part::Secret {
                    value: Secret::from(secret.to_owned()),
                    encoding: Encoding::JsonString,
                },
                Part::Bytes(b"}}".to_vec()),
            ],
            ..outgoing("POST", path)
        };
        let incoming = endpoint.send(sent, &mut scrubber).await.unwrap();
        let shown = format!("{} {:?}", text(&incoming), incoming.headers);
        assert!(shown.contains("***"), "{shown}");
        for trace in [TOKEN, "t0ken", "s3cret", "quoted", "ZXlKaGJHY2lPaS"] {
            assert!(!shown.contains(trace), "{trace} is left in {shown}");
        }
    }
    let sent = &server.requests()[0].body;
    assert_eq!(serde_json::from_str::<serde_json::Value>(sent).unwrap()["data"]["key"], secret);
}

#[tokio::test]
async fn masked_values_come_as_handles_only_if_they_are_wanted() {
    let server = Server::start(|_, _| {
        json(
            "200 OK",
            r#"{"data":{"k":"aHVudGVyMg=="},"metadata":{"managedFields":[1],"x":"hunter2"}}"#,
        )
    })
    .await;
    let mut endpoint = endpoint(&server, &grant());
    for masked in [MaskedValues::Hide, MaskedValues::Handles] {
        let sent = Outgoing { masked, ..outgoing("GET", "/v1/things") };
        let incoming = send(&mut endpoint, sent).await.unwrap();
        assert_eq!(text(&incoming), r#"{"data":{"k":"***"},"metadata":{"x":"***"}}"#);
        let expected = vec![("/data/k".to_owned(), Secret::from("hunter2".to_owned()))];
        assert_eq!(incoming.secrets == expected, masked == MaskedValues::Handles);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_masked_is_kept_back() {
    let secret = r#"{"data":{"k":"c2VjcmV0"}}"#;
    let check = async |steps: Vec<Step>| {
        let server = Server::start(move |_, _| steps.clone()).await;
        let error = get(&mut endpoint(&server, &grant())).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(matches!(error, HttpError::Malformed(_)), "{shown}");
        assert!(!shown.contains("c2VjcmV0"), "{shown}");
    };
    check(answer("200 OK", &[("content-type", "text/plain")], secret)).await;
    check(answer("200 OK", &[("content-type", "application/yaml")], secret)).await;
    check(answer("200 OK", &[], secret)).await;
    check(json("200 OK", &secret[..secret.len() - 1])).await;
    check(json("200 OK", [secret.as_bytes(), b"\xff"].concat())).await;
    check(json("200 OK", format!("{secret}\n{secret}"))).await;
    check(answer("500 Oops", &[("content-type", "text/plain")], &secret[..20])).await;
    let gzip = [("content-type", "application/json"), ("content-encoding", "gzip")];
    check(answer("200 OK", &gzip, secret)).await;
}

#[tokio::test]
async fn errors_are_passed_on_masked_or_cut() {
    let check = async |steps: Vec<Step>, expected: &str| {
        let server = Server::start(move |_, _| steps.clone()).await;
        let incoming = get(&mut endpoint(&server, &grant())).await.unwrap();
        assert_eq!(text(&incoming), expected);
    };
    check(json("404 Not Found", r#"{"data":{"k":"YQ=="}}"#), r#"{"data":{"k":"***"}}"#).await;
    check(
        answer("404 Not Found", &[("content-type", "text/plain")], "404 page not found\n"),
        "404 page not found\n",
    )
    .await;
    check(answer("502 Bad", &[], "x".repeat(9000)), &"x".repeat(4096)).await;
    check(answer("204 No Content", &[], ""), "").await;
}

#[tokio::test]
async fn only_granted_headers_come_back() {
    let all = [
        ("content-type", "application/json"),
        ("etag", "\"7\""),
        ("warning", "299 - \"unknown field\""),
        ("set-cookie", "session=1"),
        ("www-authenticate", "Bearer"),
        ("x-trace", "9"),
        ("x-other", "8"),
        ("location", "http://elsewhere/"),
    ];
    let server = Server::start(move |_, _| answer("200 OK", &all, "{}")).await;
    let mut granted = grant();
    granted.response_headers =
        ["x-trace", "set-cookie", "www-authenticate"].map(str::to_owned).to_vec();
    let incoming = get(&mut endpoint(&server, &granted)).await.unwrap();
    let names: Vec<_> = incoming.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-type", "etag", "warning", "x-trace"]);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Server::start(|_, _| json("200 OK", "{}")).await;
    let location = format!("http://{}/stolen", other.address);
    let server =
        Server::start(move |_, _| answer("307 Moved", &[("location", &location)], "")).await;
    let incoming = get(&mut with_login(&server, bearer())).await.unwrap();
    assert_eq!((incoming.status, incoming.headers.len()), (307, 0));
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn transient_answers_are_tried_again() {
    let server = Server::start(|_, before| match before {
        0 => answer("429 Too Many", &[("retry-after", "1")], ""),
        1 => answer("503 Unavailable", &[("retry-after", "0")], ""),
        _ => json("200 OK", "{}"),
    })
    .await;
    let started = Instant::now();
    let incoming = get(&mut endpoint(&server, &grant())).await.unwrap();
    assert_eq!((incoming.status, server.requests().len()), (200, 3));
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_may_have_been_carried_out_is_not_tried_again() {
    let server = Server::start(|_, _| answer("429 Too Many", &[("retry-after", "0")], "")).await;
    let mut endpoint = endpoint(&server, &grant());
    for method in ["POST", "PATCH"] {
        let incoming = send(&mut endpoint, outgoing(method, "/v1/things")).await.unwrap();
        assert_eq!(incoming.status, 429);
    }
    assert_eq!(server.requests().len(), 2);
    assert_eq!(get(&mut endpoint).await.unwrap().status, 429);
    assert_eq!(server.requests().len(), 2 + 4);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_waited() {
    let server = Server::start(|_, _| answer("429 Too Many", &[("retry-after", "5")], "")).await;
    let endpoint = endpoint(&server, &grant());
    let mut call = endpoint.for_call(&Clock::new(Duration::from_secs(2)), Meter::default());
    let started = Instant::now();
    let incoming = get(&mut call).await.unwrap();
    assert_eq!(incoming.status, 429);
    assert_eq!(incoming.headers, [("retry-after".to_owned(), "5".to_owned())]);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_stale_connection_is_replaced_for_a_request_that_changes_nothing() {
    let server = Server::start(|_, before| match before {
        // The server closes kept connections only when the next request is there, as some proxies do.
        1 | 3 => vec![Step::Close],
        _ => json("200 OK", "{}"),
    })
    .await;
    let mut endpoint = endpoint(&server, &grant());
    get(&mut endpoint).await.unwrap();
    get(&mut endpoint).await.unwrap();
    assert_eq!(server.requests().len(), 3);
    let error = send(&mut endpoint, outgoing("DELETE", "/v1/things")).await.unwrap_err();
    assert!(matches!(error, HttpError::Unreachable(_)), "{error:?}");
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn bodies_are_bounded() {
    let limits = HttpLimits { response_bytes: 1000, total_bytes: 1500, ..HttpLimits::default() };
    let chunk = |n: usize| Step::Write(format!("{n:x}\r\n{}\r\n", " ".repeat(n)).into_bytes());
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let endless = [vec![Step::Write(head.to_vec())], vec![chunk(500); 50]].concat();
    let server = Server::start(move |request, _| match request.line().contains("things") {
        true => endless.clone(),
        false => json("200 OK", format!("\"{}\"", "x".repeat(900))),
    })
    .await;
    let error = get(&mut with_limits(&server, limits)).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLarge(_)), "{error:?}");
    assert!(error.hint().unwrap().contains("response-mib"));
    let mut endpoint = with_limits(&server, limits);
    assert!(send(&mut endpoint, outgoing("GET", "/other")).await.is_ok());
    let error = send(&mut endpoint, outgoing("GET", "/other")).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLarge(_)), "{error:?}");
    // The next call starts again.
    assert!(
        send(
            &mut endpoint.for_call(&Clock::new(Duration::from_secs(60)), Meter::default()),
            outgoing("GET", "/other")
        )
        .await
        .is_ok()
    );
}

#[tokio::test]
async fn requests_are_counted_with_their_repetitions() {
    let limits = HttpLimits { requests: 3, request_bytes: 10, ..HttpLimits::default() };
    let server = Server::start(|_, _| answer("503 No", &[("retry-after", "0")], "")).await;
    let error = get(&mut with_limits(&server, limits)).await.unwrap_err();
    assert!(error.to_string().contains("3 requests"), "{error}");
    assert_eq!(server.requests().len(), 3);
    let sent =
        Outgoing { body: vec![Part::Bytes(vec![b'x'; 11])], ..outgoing("POST", "/v1/things") };
    let error = send(&mut with_limits(&server, limits), sent).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLarge(_)), "{error:?}");
}

#[tokio::test]
async fn slow_and_silent_servers_are_given_up() {
    let limits = HttpLimits { request: Duration::from_millis(300), ..HttpLimits::default() };
    let drip = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n";
    let slow: Vec<_> = std::iter::once(Step::Write(drip.to_vec()))
        .chain((0..90).flat_map(|_| {
            [Step::Pause(Duration::from_millis(50)), Step::Write(b"          ".to_vec())]
        }))
        .collect();
    for steps in [slow, vec![Step::Pause(Duration::from_secs(5))]] {
        let server = Server::start(move |_, _| steps.clone()).await;
        let started = Instant::now();
        let error = get(&mut with_limits(&server, limits)).await.unwrap_err();
        assert!(matches!(error, HttpError::TimedOut(_)), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(2));
        let call = with_limits(&server, HttpLimits::default());
        let mut call = call.for_call(&Clock::new(Duration::from_millis(200)), Meter::default());
        let error = get(&mut call).await.unwrap_err();
        assert!(matches!(error, HttpError::TimedOut(_)), "{error:?}");
    }
}

#[tokio::test]
async fn broken_answers_are_errors() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let check = async |bytes: String, is_expected: fn(&HttpError) -> bool| {
        let steps = vec![Step::Write(bytes.clone().into_bytes()), Step::Close];
        let server = Server::start(move |_, _| steps.clone()).await;
        let error = get(&mut endpoint(&server, &grant())).await.unwrap_err();
        assert!(is_expected(&error), "{bytes:?}: {error:?}");
    };
    let is_broken = |error: &HttpError| matches!(error, HttpError::Unreachable(_));
    let is_malformed = |error: &HttpError| matches!(error, HttpError::Malformed(_));
    check(String::new(), is_broken).await;
    check(format!("{head}content-length: 50\r\n\r\n{{}}"), is_broken).await;
    check(format!("{head}transfer-encoding: chunked\r\n\r\n2\r\n{{}}"), is_broken).await;
    check(format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}"), is_malformed).await;
    check(format!("{head}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"), is_malformed).await;
    check("SSH-2.0-OpenSSH_9.6\r\n".to_owned(), is_malformed).await;
    let many: String = (0..300).map(|n| format!("x-{n}: {n}\r\n")).collect();
    check(format!("{head}{many}content-length: 2\r\n\r\n{{}}"), |error| {
        matches!(error, HttpError::TooLarge(_) | HttpError::Malformed(_))
    })
    .await;
    let wide = format!("x-wide: {}\r\n", "x".repeat(100_000));
    check(format!("{head}{wide}content-length: 2\r\n\r\n{{}}"), |error| {
        matches!(error, HttpError::TooLarge(_))
    })
    .await;
}

#[tokio::test]
async fn the_fallback_header_is_tried_after_401_and_kept() {
    let server = Server::start(|request, _| match request.header("apikey") {
        Some(key) if key == TOKEN => json("200 OK", "{}"),
        _ => answer("401 Unauthorized", &[], ""),
    })
    .await;
    let login = Login { fallback_header: Some("apikey".parse().unwrap()), ..bearer() };
    let mut endpoint = with_login(&server, login);
    assert_eq!(send(&mut endpoint, outgoing("POST", "/a")).await.unwrap().status, 200);
    assert_eq!(send(&mut endpoint, outgoing("POST", "/a")).await.unwrap().status, 200);
    let keys: Vec<_> =
        server.requests().iter().map(|request| request.header("apikey").is_some()).collect();
    assert_eq!(keys, [false, true, true]);
    let mut endpoint = with_login(&server, bearer());
    assert_eq!(send(&mut endpoint, outgoing("POST", "/a")).await.unwrap().status, 401);
}

#[tokio::test]
async fn places_that_cannot_be_are_refused_before_anything_is_sent() {
    let check = async |base: &str, expected: &str| {
        let transport = Transport::Http(http(base, Some(bearer())));
        let error = get(&mut Endpoint::new(config(transport, &grant()))).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{base}: {error}");
    };
    check("http://example.com", "without TLS").await;
    check("https://169.254.169.254", "link-local").await;
    check("https://[::ffff:169.254.169.254]", "link-local").await;
    check("https://user:pass@example.com", "more than scheme").await;
    check("https://example.com/?a=b", "more than scheme").await;
    check("ftp://example.com", "more than scheme").await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let mut endpoint = Endpoint::new(config(
        Transport::Http(http("http://127.0.0.1:1", Some(bearer()))),
        &grant(),
    ));
    let error = get(&mut endpoint).await.unwrap_err();
    assert!(matches!(error, HttpError::Unreachable(_)), "{error:?}");
    assert_eq!(error.to_string(), "http://127.0.0.1:1 cannot be reached");
    assert!(!format!("{error:?}").contains("t0ken"));
}

#[tokio::test]
async fn a_proxy_is_used_if_the_configuration_names_one() {
    let proxy = Server::start(|_, _| json("200 OK", "{}")).await;
    let address = Some(Secret::from(format!("http://ann:s3cret@{}", proxy.address)));
    let settings =
        ProxySettings { http: address.clone(), https: address, no_proxy: Some("direct".into()) };
    let send_to = async |base: &str| {
        let transport = HttpTransport {
            proxy: settings.clone(),
            plain_http: super::super::PlainHttp::Allowed,
            ..http(base, None)
        };
        get(&mut Endpoint::new(config(Transport::Http(transport), &grant()))).await
    };
    assert!(send_to("http://far.invalid").await.is_ok());
    let seen = proxy.requests();
    assert_eq!(seen[0].line(), "GET http://far.invalid/v1/things HTTP/1.1");
    assert_eq!(seen[0].header("proxy-authorization").unwrap(), "Basic YW5uOnMzY3JldA==");
    assert!(send_to("http://direct").await.is_err());
    assert_eq!(proxy.requests().len(), 1);
}
