//! Requests that are not granted, or that try to look as if they were.

use connhub_sdk::{Encoding, Error, Part, Request, Response};

use crate::Given;

/// Where in the setting `body` the secret goes.
const PLACE: &str = "{secret}";

pub(crate) fn act(behavior: &str, given: &Given<'_>) -> Option<Result<String, Error>> {
    match behavior {
        "request" => Some(send_often(given)),
        // Whatever the server does, all is well.
        "believe" => Some(Ok(send_often(given).unwrap_or_default())),
        _ => None,
    }
}

fn send_often(given: &Given<'_>) -> Result<String, Error> {
    let mut seen = String::new();
    for _ in 0..given.count() {
        seen = shown(&send(given)?);
    }
    Ok(seen)
}

/// Sends the request that the settings describe.
pub(crate) fn send(given: &Given<'_>) -> Result<Response, Error> {
    let or = |name: &str, default: &'static str| match given.setting(name) {
        "" => default.to_owned(),
        set => set.to_owned(),
    };
    let mut request = Request::new(&or("method", "GET"), or("path", "/allowed/x"));
    if let Some((name, value)) = given.setting("header").split_once(": ") {
        request = request.header(name, value);
    }
    if let Some((name, value)) = given.setting("query").split_once('=') {
        request = request.query(name, value);
    }
    request.body = body(given)?;
    if !request.body.is_empty() {
        request = request.header("content-type", or("content-type", "application/json"));
    }
    if given.setting("masked") == "handles" {
        request = request.with_handles();
    }
    Ok(given.host.send(&or("endpoint", "api"), request)?)
}

fn body<'a>(given: &Given<'a>) -> Result<Vec<Part<'a>>, Error> {
    let text = given.setting("body");
    if let Ok(size) = given.setting("body-size").parse() {
        return Ok(vec![Part::Bytes(vec![b'1'; size])]);
    }
    if let Ok(depth) = given.setting("body-depth").parse() {
        let secret = Part::Secret { value: given.secret()?, encoding: encoding(given) };
        return Ok(vec![Part::Bytes(vec![b'['; depth]), secret, Part::Bytes(vec![b']'; depth])]);
    }
    let Some((before, after)) = text.split_once(PLACE) else {
        return Ok(Some(text).filter(|text| !text.is_empty()).map(bytes).into_iter().collect());
    };
    let secret = Part::Secret { value: given.secret()?, encoding: encoding(given) };
    Ok(vec![bytes(before), secret, bytes(after)])
}

fn bytes(text: &str) -> Part<'static> {
    Part::Bytes(text.into())
}

fn encoding(given: &Given<'_>) -> Encoding {
    match given.setting("encoding") {
        "raw" => Encoding::Raw,
        "base64" => Encoding::Base64,
        "form" => Encoding::Form,
        _ => Encoding::JsonString,
    }
}

fn shown(response: &Response) -> String {
    let headers =
        response.headers.iter().map(|header| format!("{}: {}", header.name, header.value));
    format!(
        "status {}, headers [{}], {} handles, body {}",
        response.status,
        headers.collect::<Vec<_>>().join(", "),
        response.secrets.len(),
        response.text()
    )
}
