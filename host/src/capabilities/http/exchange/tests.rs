//! Logins in two steps, against a server that hands out tokens.

use http::StatusCode;

use super::super::testing::*;
use super::super::{
    Endpoint, Exchange, HttpError, HttpTransport, Incoming, Login, Outgoing, Scheme, SecretSource,
    Transport,
};
use crate::model::Secret;
use crate::scrub::Scrubber;

fn with_login(server: &Server, login: Login) -> Endpoint {
    let base = format!("http://{}", server.address);
    Endpoint::new(config(Transport::Http(http(&base, Some(login))), &grant()))
}

async fn send(endpoint: &mut Endpoint, sent: Outgoing) -> Result<Incoming, HttpError> {
    endpoint.send(sent, &mut Scrubber::default()).await
}

const SECRET_ID: &str = "s3cret-id\"with\\quotes";

fn exchanged() -> Login {
    let exchange = Exchange {
        path: "/v1/login".to_owned(),
        credential: "secret".to_owned(),
        body: vec![("role".to_owned(), "the-role".to_owned())],
        token: "/auth/token".to_owned(),
        refused: vec![StatusCode::FORBIDDEN],
    };
    let source = SecretSource::Environment {
        name: "SECRET".to_owned(),
        value: Some(Secret::from(SECRET_ID.to_owned())),
    };
    Login {
        scheme: Scheme::Bearer,
        source,
        fallback_header: None,
        exchange: Some(Box::new(exchange)),
    }
}

/// A service that hands out `token-1`, `token-2`, … and takes each for so many requests.
async fn token_service(uses: usize) -> Server {
    let state = std::sync::Mutex::new((0, 0));
    Server::start(move |request, _| {
        let mut state = state.lock().unwrap();
        if request.line().starts_with("POST /v1/login ") {
            *state = (state.0 + 1, 0);
            return json("200 OK", format!(r#"{{"auth":{{"token":"t0ken-{}"}}}}"#, state.0));
        }
        state.1 += 1;
        let wanted = format!("Bearer t0ken-{}", state.0);
        let is_current = request.header("authorization") == Some(wanted);
        match is_current && state.1 <= uses {
            true => json("200 OK", format!(r#"{{"echo":"t0ken-{} {}"}}"#, state.0, state.1)),
            false => json("403 Forbidden", "{}"),
        }
    })
    .await
}

fn lines(server: &Server) -> Vec<String> {
    let line = |request: &Recorded| request.line().rsplit_once(' ').unwrap().0.to_owned();
    server.requests().iter().map(line).collect()
}

#[tokio::test]
async fn a_credential_is_exchanged_once_and_the_token_is_sent() {
    let server = token_service(9).await;
    let namespace = ("x-app-namespace".parse().unwrap(), "team".parse().unwrap());
    let base = format!("http://{}", server.address);
    let transport = HttpTransport { headers: vec![namespace], ..http(&base, Some(exchanged())) };
    let mut endpoint = Endpoint::new(config(Transport::Http(transport), &grant()));
    let mut scrubber = Scrubber::default();
    for count in 1..=2 {
        let incoming = endpoint.send(outgoing("GET", "/v1/a"), &mut scrubber).await.unwrap();
        assert_eq!(
            std::str::from_utf8(&incoming.body).unwrap(),
            format!(r#"{{"echo":"*** {count}"}}"#)
        );
    }
    assert_eq!(lines(&server), ["POST /v1/login", "GET /v1/a", "GET /v1/a"]);
    let login = &server.requests()[0];
    let body: serde_json::Value = serde_json::from_str(&login.body).unwrap();
    assert_eq!(body, serde_json::json!({"role": "the-role", "secret": SECRET_ID}));
    assert_eq!(login.header("authorization"), None);
    for request in server.requests() {
        assert_eq!(request.header("x-app-namespace").as_deref(), Some("team"));
    }
    for secret in [SECRET_ID, "t0ken-1"] {
        assert!(!scrubber.text(secret).contains(secret), "{secret} is known");
    }
    let mut set = outgoing("GET", "/v1/a");
    set.headers = vec![("x-app-namespace".into(), "other".into())];
    assert!(matches!(send(&mut endpoint, set).await.unwrap_err(), HttpError::Denied(_)));
}

#[tokio::test]
async fn a_token_that_has_ended_is_renewed_and_the_request_sent_again() {
    let server = token_service(1).await;
    let mut endpoint = with_login(&server, exchanged());
    for _ in 0..2 {
        assert_eq!(send(&mut endpoint, outgoing("POST", "/v1/a")).await.unwrap().status, 200);
    }
    let expected = ["POST /v1/login", "POST /v1/a", "POST /v1/a", "POST /v1/login", "POST /v1/a"];
    assert_eq!(lines(&server), expected);
}

#[tokio::test]
async fn a_refusal_that_a_new_token_does_not_change_stands() {
    let server = Server::start(|request, _| match request.line() {
        line if line.contains("/v1/login") => json("200 OK", r#"{"auth":{"token":"t0ken-1"}}"#),
        line if line.contains("/v1/open") => json("200 OK", "{}"),
        _ => json("403 Forbidden", "{}"),
    })
    .await;
    let mut endpoint = with_login(&server, exchanged());
    let asked = async |endpoint: &mut Endpoint, path: &str| {
        let before = server.requests().len();
        let status = send(endpoint, outgoing("GET", path)).await.unwrap().status;
        (status, server.requests().len() - before)
    };
    // Login and request: a token that was never good is not the reason, as far as anybody can tell.
    assert_eq!(asked(&mut endpoint, "/v1/closed").await, (403, 2));
    assert_eq!(asked(&mut endpoint, "/v1/open").await, (200, 1));
    assert_eq!(asked(&mut endpoint, "/v1/closed").await, (403, 3));
    assert_eq!(asked(&mut endpoint, "/v1/closed").await, (403, 1));
}

#[tokio::test]
async fn an_exchange_that_fails_is_told_and_not_quoted() {
    let check =
        async |status: &'static str, body: &'static str, expected: fn(&HttpError) -> bool| {
            let server = Server::start(move |_, _| json(status, body)).await;
            let mut endpoint = with_login(&server, exchanged());
            let error = send(&mut endpoint, outgoing("GET", "/v1/things")).await.unwrap_err();
            assert!(expected(&error), "{status}: {error:?}");
            let shown = format!("{error:?} {error} {:?}", error.hint());
            assert!(shown.contains("/v1/login") && !shown.contains("s3cret"), "{shown}");
            assert!(error.hint().is_some(), "{status}");
            assert_eq!(server.requests().len(), 1, "{status}: nothing is sent without a token");
        };
    let echo = r#"{"errors":["invalid s3cret-id"]}"#;
    check("400 Bad Request", echo, |e| matches!(e, HttpError::Unauthenticated(_))).await;
    check("403 Forbidden", echo, |e| matches!(e, HttpError::Unauthenticated(_))).await;
    check("307 Temporary Redirect", echo, |e| matches!(e, HttpError::Unauthenticated(_))).await;
    check("404 Not Found", echo, |e| matches!(e, HttpError::Config(_))).await;
    check("503 Service Unavailable", echo, |e| matches!(e, HttpError::Unreachable(_))).await;
    check("200 OK", r#"{"auth":{"token":7}}"#, |e| matches!(e, HttpError::Malformed(_))).await;
    check("200 OK", "<html>", |e| matches!(e, HttpError::Malformed(_))).await;
    let large = "x".repeat(65 << 10).leak();
    check("200 OK", large, |e| matches!(e, HttpError::Malformed(_))).await;
}

#[tokio::test]
async fn an_exchange_that_breaks_off_or_stalls_ends() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec();
    let server = Server::start(move |_, _| vec![Step::Write(head.clone()), Step::Close]).await;
    let mut endpoint = with_login(&server, exchanged());
    let error = send(&mut endpoint, outgoing("GET", "/v1/things")).await.unwrap_err();
    assert!(matches!(error, HttpError::Unreachable(_)), "{error:?}");

    let stall = || vec![Step::Pause(std::time::Duration::from_secs(60))];
    let server = Server::start(move |_, _| stall()).await;
    let base = format!("http://{}", server.address);
    let transport = Transport::Http(http(&base, Some(exchanged())));
    let mut config = config(transport, &grant());
    config.limits.request = std::time::Duration::from_millis(200);
    let error = send(&mut Endpoint::new(config), outgoing("GET", "/a")).await.unwrap_err();
    assert!(matches!(error, HttpError::TimedOut(_)), "{error:?}");
}
