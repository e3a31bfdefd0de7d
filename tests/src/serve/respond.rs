use std::io;

use http::header::CONTENT_LENGTH;
use serde_json::json;

use super::body::Payload;
use super::wire::Line;
use super::{FaultKind, Request, Response, Service};

/// How many bytes more than it sends an answer of wrong length announces.
const MISSING_BYTES: usize = 64;

/// A server of another protocol: an SSH greeting and some bytes that are no text.
const GARBAGE: &[u8] = b"SSH-2.0-OpenSSH_9.9\r\n\x00\x00\x01\x14\xff\xfe\x80\x16\r\n\r\n";

type Answer = io::Result<http::Response<Payload>>;

/// The service's answer, or what the fault makes of it.
pub(super) async fn respond(
    service: &dyn Service,
    request: &Request,
    fault: Option<FaultKind>,
    line: &Line,
) -> Answer {
    let Some(fault) = fault else {
        return whole(service.answer(request));
    };
    match fault {
        FaultKind::Status { code, headers, body } => {
            whole(Response { status: code, headers, body })
        }
        FaultKind::Delay(pause) => {
            tokio::time::sleep(pause).await;
            whole(service.answer(request))
        }
        FaultKind::ResetBeforeAnswer => Err(line.reset()),
        FaultKind::ResetMidBody => reset_mid_body(service.answer(request), line),
        FaultKind::NotJson => whole(not_json()),
        FaultKind::TruncatedJson => whole(truncated(service.answer(request))),
        FaultKind::Hang => std::future::pending().await,
        FaultKind::SlowBody { chunk, pause } => {
            split(service.answer(request), |body| Payload::slow(body, chunk, pause))
        }
        FaultKind::HugeBody(length) => {
            split(Response::json(200, &json!(null)), |_| Payload::huge(length))
        }
        FaultKind::WrongLength => wrong_length(service.answer(request)),
        FaultKind::EchoRequest => whole(echo(request)),
        FaultKind::Redirect(to) => whole(Response::empty(307).header("location", &to)),
        FaultKind::GarbageBytes => raw(GARBAGE, line),
        FaultKind::Raw(bytes) => raw(&bytes, line),
    }
}

/// An answer as it is.
pub(super) fn whole(answer: Response) -> Answer {
    split(answer, Payload::whole)
}

fn raw(bytes: &[u8], line: &Line) -> Answer {
    line.garble(bytes);
    whole(Response::empty(200))
}

fn reset_mid_body(answer: Response, line: &Line) -> Answer {
    let announced = answer.body.len();
    let half = announced / 2;
    let cut = |body: Vec<u8>| Payload::cut(body[..half].to_vec(), line.clone());
    Ok(announce(split(answer, cut)?, announced))
}

fn wrong_length(answer: Response) -> Answer {
    let announced = answer.body.len() + MISSING_BYTES;
    Ok(announce(split(answer, Payload::short)?, announced))
}

fn announce(mut answer: http::Response<Payload>, length: usize) -> http::Response<Payload> {
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer
}

fn not_json() -> Response {
    let page = "<!DOCTYPE html><html><body>Please sign in</body></html>";
    Response::with_body(200, "application/json", page)
}

fn truncated(mut answer: Response) -> Response {
    answer.body.truncate(answer.body.len() / 2);
    answer
}

fn echo(request: &Request) -> Response {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers =
        request.headers.iter().map(|(name, value)| json!([name.as_str(), text(value.as_bytes())]));
    let mirror = json!({
        "method": request.method.as_str(),
        "path": request.path,
        "headers": headers.collect::<Vec<_>>(),
        "body": text(&request.body),
    });
    Response::json(200, &mirror)
}

fn split(answer: Response, payload: impl FnOnce(Vec<u8>) -> Payload) -> Answer {
    let mut head = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        head = head.header(name, value);
    }
    head.body(payload(answer.body)).map_err(io::Error::other)
}
