//! Requests that are not granted, and answers that tell too much.

use crate::row::{CREATE, Row, attack};
use crate::withstand;

pub fn rows() -> Vec<Row> {
    [granted(), doors(), paths(), headers(), secrets(), placeholders(), sizes(), servers()].concat()
}

/// The secret needs no quoting anywhere.
const SIMPLE: &str =
    "create x --type s3 bucket=lake access_key_id=AKIAVISIBLE secret_access_key=@simple";

/// Where a limit is set.
const LIMITS: &str = "[connectors.strict.limits]";

fn request(name: &'static str, settings: &str) -> Row {
    attack(name, format!("behavior = \"request\"\n{settings}"))
}

fn denied(name: &'static str, settings: &str) -> Row {
    request(name, settings).ends(8, &["strict"])
}

/// These do get through, so that the others fail for the right reason.
fn granted() -> Vec<Row> {
    vec![
        request("granted-get", "").shows(&["status 200"]).without("set-cookie"),
        request("granted-query", r#"query = "a=b&c d#/../""#).shows(&["status 200", "b&c d#/../"]),
        request("granted-post", "method = \"POST\"\nendpoint = \"plain\"\nbody = \"{}\"")
            .shows(&["status 200"]),
        request("redirect", "path = \"/allowed/elsewhere\"")
            .shows(&["status 302"])
            .without("127.0.0.1:1"),
        request("plain-error", "path = \"/allowed/plain-error\"").shows(&["status 500"]),
    ]
}

fn doors() -> Vec<Row> {
    vec![
        denied("other-endpoint", "endpoint = \"elsewhere\""),
        denied("url-as-endpoint", "endpoint = \"http://127.0.0.1:1\""),
        denied("granted-not-declared", "path = \"/granted\""),
        denied("declared-not-granted", "method = \"DELETE\"\npath = \"/declared\""),
        denied("other-method", "method = \"PATCH\""),
        denied("lower-case-method", "method = \"get\""),
        denied("connect-method", "method = \"CONNECT\""),
        denied("trace-method", "method = \"TRACE\""),
        denied("method-with-line", r#"method = "GET /allowed/x HTTP/1.1\r\nx: y\r\n\r\nGET""#),
        denied("steer-endpoint", r#"endpoint = "\u001b[2Jx\u202e""#),
        denied("steer-method", r#"method = "\u001b[2Jx\u202e""#),
        denied("steer-path", r#"path = "/\u001b[2Jx\u202e""#),
        request("steer-header", r#"header = "\u001b[2Jx: y""#).ends(9, &["strict"]),
        denied("other-path", "path = \"/other\""),
        denied("longer-path", "endpoint = \"plain\"\nmethod = \"POST\"\npath = \"/allowed/x/y\""),
    ]
}

fn paths() -> Vec<Row> {
    let to = |name, path: &str| denied(name, &format!("path = '{path}'"));
    vec![
        to("path-dots", "/allowed/../secret"),
        to("path-dot", "/allowed/./x"),
        to("path-encoded-dots", "/allowed/%2e%2e/secret"),
        to("path-half-encoded-dots", "/allowed/.%2E/secret"),
        to("path-twice-encoded-dots", "/allowed/%252e%252e/secret"),
        to("path-dots-with-parameter", "/allowed/..;a=b/secret"),
        to("path-encoded-slash", "/allowed/x%2f..%2fsecret"),
        to("path-backslash", r"/allowed/..\secret"),
        to("path-encoded-backslash", "/allowed/..%5csecret"),
        to("path-empty-segment", "//127.0.0.1:1/allowed/x"),
        to("path-url", "http://127.0.0.1:1/allowed/x"),
        to("path-user", "@127.0.0.1:1/allowed/x"),
        to("path-query", "/allowed/x?a=b"),
        to("path-fragment", "/allowed/x#a"),
        to("path-nul", "/allowed/x%00"),
        to("path-line", "/allowed/x%0d%0ahost: evil"),
        to("path-broken-escape", "/allowed/%zz"),
        to("path-not-utf-8", "/allowed/%ff"),
        to("path-relative", "allowed/x"),
        denied("path-raw-line", r#"path = "/allowed/x HTTP/1.1\r\nx: y\r\n\r\n""#),
    ]
}

fn headers() -> Vec<Row> {
    let with = |name, header: &str| denied(name, &format!("header = \"{header}\""));
    vec![
        with("header-authorization", "authorization: Bearer mine"),
        with("header-upper-case", "Authorization: Bearer mine").ends(9, &["header"]),
        with("header-host", "host: evil.example.com"),
        with("header-cookie", "cookie: a=b"),
        with("header-transfer-encoding", "transfer-encoding: chunked"),
        with("header-content-length", "content-length: 3"),
        with("header-connection", "connection: upgrade"),
        with("header-proxy", "proxy-authorization: Basic eA=="),
        with("header-forwarded", "x-forwarded-for: 10.0.0.1"),
        with("header-impersonate", "impersonate-user: admin"),
        with("header-te", "te: trailers"),
        with("header-trailer", "trailer: x-a"),
        with("header-upgrade", "upgrade: h2c"),
        with("header-expect", "expect: 100-continue"),
        with("header-line", r"x-a: b\r\nauthorization: Bearer mine").ends(9, &["header"]),
        with("header-name-line", r"x-a\r\nb: c").ends(9, &["header"]),
    ]
}

fn secrets() -> Vec<Row> {
    let place =
        |name, settings: &str| request(name, &format!("method = \"POST\"\n{settings}")).on(CREATE);
    let misplaced =
        |name, body: &str| place(name, &format!("body = '{body}'")).ends(8, &["strict"]);
    vec![
        place("secret-in-data", r#"body = '{"data":{"key":{secret}}}'"#).ends(0, &["status 200", "***"]),
        place("secret-in-data-base64", "encoding = \"base64\"\nbody = '{\"data\":{\"key\":\"{secret}\"}}'")
            .shows(&["status 200", "***"]),
        place("secret-as-handles", "masked = \"handles\"\nbody = '{\"data\":{\"key\":{secret}}}'")
            .shows(&["1 handles"]),
        misplaced("secret-in-label", r#"{"metadata":{"labels":{"key":{secret}}}}"#),
        misplaced("secret-deeper", r#"{"data":{"key":{"deep":{secret}}}}"#),
        misplaced("secret-in-list", r#"[{secret}]"#),
        misplaced("secret-as-key", r#"{"data":{{secret}:"x"}}"#),
        misplaced("secret-twice-keyed", r#"{"data":{"key":"x"},"a":{secret},"data":{"key":"y"}}"#),
        misplaced("secret-in-text", r#"the key is {secret}"#),
        place(
            "secret-breaks-out",
            "encoding = \"raw\"\nbody = '{\"data\":{\"key\":\"{secret}\"}}'",
        )
        .ends(9, &["`json-string`"]),
        place(
            "secret-inside-string",
            "encoding = \"raw\"\nbody = '{\"data\":{\"key\":\"a{secret}b\"}}'",
        )
        .on(SIMPLE)
        .ends(8, &["strict"]),
        place("secret-as-number", "encoding = \"raw\"\nbody = '{\"data\":{\"key\":1{secret}}}'")
            .on(SIMPLE)
            .ends(8, &["strict"]),
        place("secret-in-form", "encoding = \"form\"\nbody = 'key={secret}'\ncontent-type = \"application/x-www-form-urlencoded\"")
            .ends(8, &["strict"]),
        place("secret-without-place", "endpoint = \"plain\"\nbody = '{\"data\":{\"key\":{secret}}}'")
            .ends(8, &["strict"]),
    ]
}

fn sizes() -> Vec<Row> {
    vec![
        request("many-requests", "count = 5").ends(9, &["`requests`", LIMITS]),
        request("large-body", "method = \"POST\"\nbody-size = 1_100_000")
            .ends(9, &["`request-mib`", LIMITS]),
        request("large-answer", "path = \"/allowed/large\"").ends(9, &["`response-mib`", LIMITS]),
        request("endless-answer", "path = \"/allowed/flood\"").ends(9, &["`response-mib`", LIMITS]),
        request("many-masked-values", &many_values(400)).ends(9, &["`handles`", LIMITS]),
        request("deep-body", &format!("method = \"POST\"\nbody-depth = {}", 400_000))
            .on(CREATE)
            .ends(8, &["strict"]),
    ]
}

/// A body with so many values at pointers that are masked in the answer.
fn many_values(count: usize) -> String {
    let values: Vec<String> = (0..count).map(|number| format!("\"k{number}\":\"v\"")).collect();
    let body = format!("{{\"data\":{{{}}}}}", values.join(","));
    format!("method = \"POST\"\nmasked = \"handles\"\nbody = '{body}'")
}

/// A server that stalls, breaks off, floods, or leads elsewhere.
fn servers() -> Vec<Row> {
    let to = |name, path: &str| request(name, &format!("path = \"/allowed/{path}\""));
    vec![
        to("server-hangs", "hang").ends(6, &["did not answer within 2 s", "`request-seconds`"]),
        to("server-drips", "drip").ends(6, &["did not answer within 2 s", "`request-seconds`"]),
        to("server-resets", "reset").ends(6, &["broke off"]),
        to("server-is-short", "short").ends(6, &["broke off"]),
        to("server-talks-garbage", "garbage").ends(6, &["HTTP"]),
        to("server-cuts-json", "cut").ends(6, &["masked"]),
        to("server-nests-json", "deep").ends(6, &["masked"]),
        to("server-redirects", "redirect").shows(&["status 307"]).without("127.0.0.1:1"),
        to("server-sends-trailers", "trailers").shows(&["status 200"]).without("x-trailer"),
    ]
}

/// Words that stand for a secret nowhere but in the mind of the connector.
fn placeholders() -> Vec<Row> {
    let literal = |name, settings: &str| {
        request(name, settings).on(CREATE).ends(0, &["status 200", "{secret}"])
    };
    vec![
        literal("secret-in-query", "query = \"a={secret}\"\nanswer = \"exact-name\""),
        literal("secret-in-header", "header = \"x-a: {secret}\"\nanswer = \"exact-name\""),
        request("secret-in-path", "path = \"/allowed/{secret}\"").on(CREATE).ends(8, &["strict"]),
        attack(
            "secret-in-log",
            "behavior = \"flood-log\"\ntext = \"{secret}\"\nanswer = \"exact-name\"",
        )
        .on(CREATE)
        .shows(&["{secret}"]),
    ]
}

#[test]
fn only_what_is_declared_and_granted_is_sent() {
    let arena = withstand(&rows());
    for request in arena.server().requests() {
        let path = request.path.split('?').next().unwrap_or_default();
        assert!(path.starts_with("/allowed/") && !path.contains(".."), "{request:?}");
        assert!(["GET", "POST"].contains(&request.method.as_str()), "{request:?}");
        let login = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        assert!(login.is_some_and(|login| !login.contains("mine")), "{request:?}");
        assert!(!request.headers.contains_key("cookie"), "{request:?}");
    }
}
