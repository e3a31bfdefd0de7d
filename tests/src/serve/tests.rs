//! The faults as they look on the wire, seen from a plain socket, and TLS seen from a real client.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use super::*;

const BODY: &str = r#"{"greeting":"hello, this is the body"}"#;

struct Hello;

impl Service for Hello {
    fn answer(&self, request: &Request) -> Response {
        let certificate = request.client_certificate.as_ref().map(Vec::len);
        let answer = Response::json(200, &serde_json::from_str(BODY).expect("BODY is JSON"));
        answer.header("x-certificate-bytes", &format!("{certificate:?}"))
    }

    fn max_body(&self) -> usize {
        1024
    }
}

/// What came back until the end of the connection, and how it ended.
struct Seen {
    text: String,
    end: Result<(), ErrorKind>,
}

impl Seen {
    fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    fn announced(&self) -> usize {
        let head = self.text.to_lowercase();
        let (_, rest) = head.split_once("content-length: ").expect("a content-length");
        let digits = rest.lines().next().expect("a line");
        digits.parse().expect("a number")
    }
}

fn ask(server: &Server, request: &str) -> Seen {
    let address = server.url().replace("http://", "");
    let mut socket = TcpStream::connect(address).expect("the server listens");
    socket.set_read_timeout(Some(Duration::from_millis(400))).expect("a time-out can be set");
    socket.write_all(request.as_bytes()).expect("the server reads");
    let mut bytes = Vec::new();
    let end = socket.read_to_end(&mut bytes).map(drop).map_err(|error| error.kind());
    Seen { text: String::from_utf8_lossy(&bytes).into_owned(), end }
}

fn get(server: &Server) -> Seen {
    ask(
        server,
        "GET /a?b=c HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\nconnection: close\r\n\r\n",
    )
}

fn struck(kind: FaultKind) -> Seen {
    let server = Server::start(Arc::new(Hello));
    server.faults().add(Fault::any(kind));
    get(&server)
}

#[test]
fn without_faults_the_service_answers() {
    let server = Server::start(Arc::new(Hello));
    let seen = get(&server);
    assert_eq!((seen.body(), seen.end), (BODY, Ok(())));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((&requests[0].method, requests[0].path.as_str()), (&Method::GET, "/a?b=c"));
    assert_eq!(requests[0].headers["authorization"], "Bearer t");
    assert_eq!(server.connections(), 1);
}

#[test]
fn resets_are_resets() {
    let seen = struck(FaultKind::ResetBeforeAnswer);
    assert_eq!((seen.text.as_str(), seen.end), ("", Err(ErrorKind::ConnectionReset)));
    let seen = struck(FaultKind::ResetMidBody);
    assert_eq!(seen.body(), &BODY[..BODY.len() / 2]);
    assert_eq!((seen.announced(), seen.end), (BODY.len(), Err(ErrorKind::ConnectionReset)));
}

#[test]
fn wrong_length_announces_more_than_it_sends() {
    let seen = struck(FaultKind::WrongLength);
    assert_eq!((seen.body(), seen.end), (BODY, Ok(())));
    assert_eq!(seen.announced(), BODY.len() + 64);
}

#[test]
fn garbage_is_no_http() {
    let seen = struck(FaultKind::GarbageBytes);
    assert!(seen.text.starts_with("SSH-2.0"), "{}", seen.text);
    assert!(!seen.text.contains("HTTP/1.1"), "{}", seen.text);
}

#[test]
fn hang_sends_nothing_and_keeps_the_connection() {
    let seen = struck(FaultKind::Hang);
    assert_eq!((seen.text.as_str(), seen.end), ("", Err(ErrorKind::WouldBlock)));
}

#[test]
fn bodies_that_are_not_the_json_they_claim() {
    let seen = struck(FaultKind::NotJson);
    assert!(seen.text.contains("application/json"), "{}", seen.text);
    assert!(serde_json::from_str::<Value>(seen.body()).is_err(), "{}", seen.text);
    let seen = struck(FaultKind::TruncatedJson);
    assert_eq!((seen.body(), seen.announced()), (&BODY[..BODY.len() / 2], BODY.len() / 2));
}

#[test]
fn huge_and_slow_bodies() {
    let seen = struck(FaultKind::HugeBody(200_000));
    assert_eq!((seen.body().len(), seen.announced()), (200_000, 200_000));
    let text: String = serde_json::from_str(seen.body()).expect("a JSON string");
    assert!(text.bytes().all(|byte| byte == b'x'));
    let start = Instant::now();
    let pause = Duration::from_millis(40);
    let seen = struck(FaultKind::SlowBody { chunk: 10, pause });
    assert_eq!(seen.body(), BODY);
    assert!(start.elapsed() >= pause * 3, "{:?}", start.elapsed());
}

#[test]
fn answers_in_place_of_the_service() {
    let unavailable = Response::text(503, "later").header("retry-after", "7");
    let seen = struck(unavailable.into());
    assert!(seen.text.starts_with("HTTP/1.1 503 ") && seen.text.contains("retry-after: 7"));
    assert_eq!(seen.body(), "later");
    let seen = struck(FaultKind::Redirect(String::from("http://elsewhere.example/")));
    assert!(seen.text.starts_with("HTTP/1.1 307 "), "{}", seen.text);
    assert!(seen.text.contains("location: http://elsewhere.example/"), "{}", seen.text);
    let seen = struck(FaultKind::EchoRequest);
    let echo: Value = serde_json::from_str(seen.body()).expect("JSON");
    let headers = json!([["host", "x"], ["authorization", "Bearer t"], ["connection", "close"]]);
    assert_eq!(echo, json!({"method": "GET", "path": "/a", "headers": headers, "body": ""}));
}

#[test]
fn delays_come_before_the_service() {
    let start = Instant::now();
    let seen = struck(FaultKind::Delay(Duration::from_millis(60)));
    assert_eq!(seen.body(), BODY);
    assert!(start.elapsed() >= Duration::from_millis(60));
}

#[test]
fn a_body_beyond_the_limit_is_refused_unread() {
    let server = Server::start(Arc::new(Hello));
    let check = |length: usize, status: &str| {
        let head = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        let seen = ask(&server, &(head + &"x".repeat(length)));
        assert!(seen.text.starts_with(status), "{length}: {}", seen.text);
        assert_eq!(seen.end, Ok(()), "{length}");
    };
    check(1024, "HTTP/1.1 200 ");
    check(1025, "HTTP/1.1 413 ");
    check(2_000_000, "HTTP/1.1 413 ");
    let bodies: Vec<usize> = server.requests().iter().map(|request| request.body.len()).collect();
    assert_eq!(bodies, [1024, 0, 0]);
}

#[test]
fn a_dropped_server_is_gone() {
    let server = Server::start(Arc::new(Hello));
    let address = server.url().replace("http://", "");
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

fn client(tls: &Tls, identity: Option<ClientIdentity>) -> reqwest::Client {
    // Another test may have installed the same provider first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = reqwest::Certificate::from_pem(tls.ca_pem().as_bytes()).expect("PEM");
    let mut builder = reqwest::Client::builder().no_proxy().tls_certs_only([authority]);
    if let Some(ClientIdentity { certificate, key }) = identity {
        let pem = certificate + &key;
        builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).expect("PEM"));
    }
    builder.build().expect("a client")
}

#[tokio::test]
async fn tls_shows_the_client_certificate_and_speaks_http2() {
    let tls = Tls::new();
    let server = Server::start_tls(Arc::new(Hello), tls.clone());
    assert_eq!(server.ca_pem(), Some(tls.ca_pem()));
    for identity in [None, Some(tls.client("alice", Some("team")))] {
        let expected = identity.is_some();
        let answer = client(&tls, identity).get(server.url()).send().await.expect("an answer");
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        let shown = answer.headers()["x-certificate-bytes"].to_str().expect("text") != "None";
        assert_eq!(shown, expected);
    }
}

#[tokio::test]
async fn tls_that_a_client_must_refuse() {
    let other = Tls::new();
    for (name, tls) in [("expired", Tls::expired()), ("other host", Tls::for_host("other.example"))]
    {
        let server = Server::start_tls(Arc::new(Hello), tls.clone());
        let trusted = client(&tls, None).get(server.url()).send().await;
        assert!(trusted.is_err(), "{name}");
        let untrusted = client(&other, None).get(server.url()).send().await;
        assert!(untrusted.is_err(), "{name}, another authority");
    }
}

#[tokio::test]
async fn faults_over_http2() {
    let tls = Tls::new();
    let server = Server::start_tls(Arc::new(Hello), tls.clone());
    let faults = [FaultKind::ResetBeforeAnswer, FaultKind::GarbageBytes, FaultKind::ResetMidBody];
    for kind in faults {
        server.faults().add(Fault::any(kind.clone()).times(1));
        let body = async { client(&tls, None).get(server.url()).send().await?.bytes().await };
        let error = body.await.expect_err("a broken answer");
        assert!(!error.is_timeout(), "{kind:?}: {error:?}");
    }
    let body = client(&tls, None).get(server.url()).send().await.expect("an answer").text().await;
    assert_eq!(body.expect("a body"), BODY);
}
