//! Reads an answer, and lets through what a connector may see of it.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Response};
use http_body_util::BodyExt as _;
use zeroize::Zeroizing;

use super::access::Access;
use super::check::Checked;
use super::client::AnswerBody;
use super::error::{Failure, HttpError, find};
use super::headers;
use super::mask::{Masked, Masking, Unmaskable};
use super::message::Incoming;
use crate::scrub::Scrubber;

/// The most that is passed on of the plain text of an error, in bytes.
const MAX_PLAIN_ERROR: usize = 4 << 10;

/// Reads a body of at most `limit` bytes. `hint` says where the limit is set.
///
/// # Errors
/// It is larger, compressed, or breaks off.
pub async fn read(
    answer: Response<AnswerBody>,
    limit: usize,
    hint: impl FnOnce() -> String,
    origin: &str,
) -> Result<Response<Zeroizing<Vec<u8>>>, HttpError> {
    refuse_encoding(answer.headers(), origin)?;
    let announced = answer.headers().get(CONTENT_LENGTH);
    let announced: usize =
        announced.and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or_default();
    let (parts, mut body) = answer.into_parts();
    let mut bytes = Zeroizing::new(Vec::with_capacity(announced.min(limit)));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(error, origin))?;
        let data = frame.into_data().unwrap_or_default();
        if bytes.len() + data.len() > limit {
            let message = format!("the answer of {origin} has more than {limit} bytes");
            return Err(HttpError::TooLarge(
                Failure::new(message).limit("response-mib").hint(hint()),
            ));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Response::from_parts(parts, bytes))
}

/// Masks, cuts and scrubs an answer.
///
/// # Errors
/// The masks cannot be applied without doubt; nothing of the answer is passed on then.
pub fn admit(
    answer: &Response<Zeroizing<Vec<u8>>>,
    checked: &Checked,
    access: &Access,
    login: &[HeaderName],
    scrubber: &mut Scrubber,
) -> Result<Incoming, HttpError> {
    let content = content(answer, checked, access, scrubber)?;
    Ok(Incoming {
        status: answer.status().as_u16(),
        headers: headers::of_answer(answer.headers(), access, login, scrubber)?,
        body: content.text,
        secrets: content.handles,
    })
}

#[derive(Default)]
struct Content {
    text: Vec<u8>,
    handles: Vec<(String, crate::model::Secret)>,
}

fn content(
    answer: &Response<Zeroizing<Vec<u8>>>,
    checked: &Checked,
    access: &Access,
    scrubber: &mut Scrubber,
) -> Result<Content, HttpError> {
    let body = answer.body().as_slice();
    if body.is_empty() {
        return Ok(Content::default());
    }
    let is_success = answer.status().is_success();
    let is_json = is_json_type(answer.headers());
    let looks_like_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
    match access.has_masks() {
        true if is_success && !is_json => {
            Err(malformed("the answer is not JSON, which masks need"))
        }
        true if is_json || looks_like_json => mask(body, checked, access, scrubber),
        true => Ok(plain_error(body, scrubber)),
        false if looks_like_json && !checked.treatments.is_empty() => {
            mask(body, checked, access, scrubber).or_else(|_| Ok(unmasked(body, scrubber)))
        }
        false => Ok(unmasked(body, scrubber)),
    }
}

fn mask(
    body: &[u8],
    checked: &Checked,
    access: &Access,
    scrubber: &mut Scrubber,
) -> Result<Content, HttpError> {
    let text = std::str::from_utf8(body).map_err(|error| {
        HttpError::Malformed(
            Failure::new("the answer is not UTF-8, as JSON must be").because(error),
        )
    })?;
    let masking = Masking {
        pointers: &checked.treatments,
        visible: &checked.visible,
        encoding: access.mask_encoding,
        values: checked.masked,
    };
    let Masked { text, hidden, handles } = masking.apply(text).map_err(unmaskable)?;
    hidden.iter().for_each(|secret| scrubber.add_masked(secret));
    let scrubbed = scrubber.json(&text).map_err(|error| {
        HttpError::Malformed(Failure::new("the answer cannot be scrubbed").because(error))
    })?;
    let text = match scrubbed {
        std::borrow::Cow::Borrowed(_) => text,
        std::borrow::Cow::Owned(scrubbed) => scrubbed,
    };
    Ok(Content { text: text.into_bytes(), handles })
}

/// A body without masks: JSON stays JSON, everything else is scrubbed as bytes.
fn unmasked(body: &[u8], scrubber: &Scrubber) -> Content {
    let json = std::str::from_utf8(body).ok().and_then(|text| scrubber.json(text).ok());
    let text = match json {
        Some(text) => text.into_owned().into_bytes(),
        None => scrubber.bytes(body).into_owned(),
    };
    Content { text, ..Content::default() }
}

/// The text of an error, scrubbed before it is cut.
fn plain_error(body: &[u8], scrubber: &Scrubber) -> Content {
    let text = String::from_utf8_lossy(body);
    let mut text = scrubber.text(&text).into_owned();
    text.truncate(text.floor_char_boundary(MAX_PLAIN_ERROR));
    Content { text: text.into_bytes(), ..Content::default() }
}

fn is_json_type(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(headers::is_json)
}

/// Nothing is decompressed: what is small on the wire must not become large here, and masks need to read it.
fn refuse_encoding(headers: &HeaderMap, origin: &str) -> Result<(), HttpError> {
    let is_encoded = headers.get_all(CONTENT_ENCODING).iter().any(|value| value != "identity");
    if is_encoded {
        return Err(malformed(format!(
            "{origin} sent a compressed answer, which nobody asked for"
        )));
    }
    Ok(())
}

fn broken(error: Box<dyn std::error::Error + Send + Sync>, origin: &str) -> HttpError {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    let is_garbled = find::<std::io::Error>(error.as_ref())
        .is_some_and(|error| matches!(error.kind(), InvalidData | InvalidInput));
    let is_http = find::<hyper::Error>(error.as_ref()).is_some_and(hyper::Error::is_parse);
    if is_garbled || is_http {
        let message = format!("the answer of {origin} is not encoded as HTTP asks");
        return HttpError::Malformed(Failure::new(message).because(error));
    }
    let message = format!("the answer of {origin} broke off");
    HttpError::Unreachable(Failure::new(message).hint("try again").because(error))
}

fn unmaskable(error: Unmaskable) -> HttpError {
    let message = "the secrets in the answer cannot be masked, so it is not passed on";
    HttpError::Malformed(Failure::new(message).because(error))
}

fn malformed(message: impl Into<String>) -> HttpError {
    HttpError::Malformed(Failure::new(message))
}
