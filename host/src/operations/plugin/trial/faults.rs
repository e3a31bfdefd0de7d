//! Servers that misbehave, as answers.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use crate::capabilities::http::{Canned, CannedBody, CannedEnd};
use crate::conformance::Misfortune;

/// A piece of an answer that is too large.
const PIECE: usize = 64 << 10;
/// What [`Misfortune::Huge`] comes to.
const HUGE: usize = 100 << 20;
/// Longer than the host waits before it passes the answer on.
const PATIENCE: &str = "3600";
/// How long a server that trickles lets a byte be waited for. Each comes well before [`super::run::LITTLE_PATIENCE`] is over, all of them never.
const TRICKLE: Duration = Duration::from_millis(10);
const HTML: &str = "<!DOCTYPE html><html><head><title>Log in</title></head><body><form method=post></form></body></html>";

/// The first half of an answer.
const HALF: &[u8] = br#"{"items":[{"metadata":{"name":"trunc"#;

/// What a server answers that misbehaves in this way.
pub(super) fn canned(misfortune: Misfortune, request: &Request<Bytes>) -> Canned {
    const JSON: &str = "application/json";
    match misfortune {
        Misfortune::ServerError => answer(500, JSON, &br#"{"message":"internal error"}"#[..]),
        Misfortune::Overloaded => overloaded(),
        Misfortune::Truncated => answer(200, JSON, HALF),
        Misfortune::Reset => reset(),
        Misfortune::Trickle => trickle(),
        Misfortune::Html => answer(200, "text/html; charset=utf-8", HTML.as_bytes()),
        Misfortune::ContentType => {
            answer(200, "image/png", &b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe"[..])
        }
        Misfortune::WrongShape => {
            answer(200, JSON, &br#"[[],null,{"items":"none","data":7},-1e300]"#[..])
        }
        Misfortune::Huge => repeated(Some(HUGE / PIECE)),
        Misfortune::Endless => repeated(None),
        Misfortune::Slow => Canned::Late,
        Misfortune::Broken => Canned::Broken,
        Misfortune::Echo => echo(request),
    }
}

fn answer(status: u16, kind: &str, body: impl Into<Bytes>) -> Canned {
    let headers = vec![("content-type", kind.to_owned())];
    Canned::Answer { status, headers, body: body.into().into() }
}

/// All headers, half of what they announce, and a connection that is gone.
fn reset() -> Canned {
    let length = (2 * HALF.len()).to_string();
    let headers = vec![("content-type", "application/json".to_owned()), ("content-length", length)];
    let body = CannedBody { end: CannedEnd::Reset, ..Bytes::from_static(HALF).into() };
    Canned::Answer { status: 200, headers, body }
}

/// All headers, and now and then a byte that JSON may have.
fn trickle() -> Canned {
    let headers = vec![("content-type", "application/json".to_owned())];
    let body = CannedBody { times: None, pause: TRICKLE, ..Bytes::from_static(b" ").into() };
    Canned::Answer { status: 200, headers, body }
}

fn overloaded() -> Canned {
    let headers =
        vec![("content-type", "application/json".to_owned()), ("retry-after", PATIENCE.to_owned())];
    let piece = Bytes::from_static(br#"{"message":"too many requests"}"#);
    Canned::Answer { status: 429, headers, body: piece.into() }
}

fn repeated(times: Option<usize>) -> Canned {
    let headers = vec![("content-type", "application/json".to_owned())];
    let body = CannedBody { times, ..Bytes::from(vec![b' '; PIECE]).into() };
    Canned::Answer { status: 200, headers, body }
}

/// Says what was sent where no secret belongs.
fn echo(request: &Request<Bytes>) -> Canned {
    let sent = String::from_utf8_lossy(request.body());
    let message = format!("cannot handle {}: {sent}", request.uri());
    let body = serde_json::json!({ "message": message, "reason": "BadRequest", "code": 400 });
    answer(400, "application/json", body.to_string())
}
