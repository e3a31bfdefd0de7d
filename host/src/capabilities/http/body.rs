//! Puts secrets into their places in a request's body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;
use zeroize::Zeroizing;

use super::access::Access;
use super::check::invalid_text;
use super::error::{Denial, Failure, HttpError};
use super::message::{Encoding, Part};
use crate::model::Secret;
use crate::scrub::Scrubber;

/// Joins the parts of a body, secrets encoded and in their places. Every secret is made known to the scrubber first.
///
/// Where the grant names pointers, the body must be JSON and each secret a whole string value at one of them. That is checked with
/// random words in the secrets' places, so that no secret is parsed and none can change the shape of the body.
///
/// # Errors
/// A secret is at a place that is not granted, cannot be encoded as asked, or the body is too large.
pub fn assemble(
    parts: &[Part],
    headers: &HeaderMap,
    access: &Access,
    limit: usize,
    scrubber: &mut Scrubber,
) -> Result<Bytes, HttpError> {
    let secrets: Vec<_> = parts.iter().filter_map(secret_of).collect();
    secrets.iter().for_each(|(value, _)| scrubber.add(value));
    if !secrets.is_empty() && !access.places_anywhere() {
        check_places(parts, headers, access, limit)?;
    }
    let body = join(parts, limit, access, encode)?;
    Ok(Bytes::from_owner(body))
}

/// The bytes of a body on their way; they are wiped when they are dropped.
type Body = Zeroizing<Vec<u8>>;

fn secret_of(part: &Part) -> Option<(&Secret, Encoding)> {
    match part {
        Part::Bytes(_) => None,
        Part::Secret { value, encoding } => Some((value, *encoding)),
    }
}

/// Joins parts with whatever stands for the secrets. The buffer is made once, so that no copy of a secret is left behind by growing.
fn join(
    parts: &[Part],
    limit: usize,
    access: &Access,
    mut write: impl FnMut(&Secret, Encoding) -> Result<Body, HttpError>,
) -> Result<Body, HttpError> {
    let mut pieces = Vec::with_capacity(parts.len());
    for part in parts {
        pieces.push(match part {
            Part::Bytes(bytes) => Zeroizing::new(bytes.clone()),
            Part::Secret { value, encoding } => write(value, *encoding)?,
        });
    }
    let length = pieces.iter().map(|piece| piece.len()).sum();
    if length > limit {
        let message = format!("the request has more than {limit} bytes");
        return Err(HttpError::TooLarge(
            Failure::new(message).limit("request-mib").hint(access.limit_hint("request-mib")),
        ));
    }
    let mut body = Zeroizing::new(Vec::with_capacity(length));
    pieces.iter().for_each(|piece| body.extend_from_slice(piece));
    Ok(body)
}

fn encode(value: &Secret, encoding: Encoding) -> Result<Body, HttpError> {
    let bytes = value.expose();
    let text = || {
        std::str::from_utf8(bytes)
            .map_err(|_| invalid_text("a secret that is not UTF-8 cannot be written as text"))
    };
    Ok(Zeroizing::new(match encoding {
        Encoding::Raw => bytes.to_vec(),
        Encoding::JsonString => serde_json::to_vec(text()?).map_err(super::check::invalid)?,
        Encoding::Base64 => STANDARD.encode(bytes).into_bytes(),
        Encoding::Form => {
            url::form_urlencoded::byte_serialize(bytes).collect::<String>().into_bytes()
        }
    }))
}

fn check_places(
    parts: &[Part],
    headers: &HeaderMap,
    access: &Access,
    limit: usize,
) -> Result<(), HttpError> {
    let is_json =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| {
            // Server-side apply takes YAML, of which JSON is a part.
            super::headers::is_json(kind) || kind == "application/apply-patch+yaml"
        });
    if !is_json {
        let what = "secrets may be placed in JSON bodies only, with the `content-type` of one";
        return Err(Denial::always(what).into());
    }
    let words = Words::new()?;
    let mut count = 0;
    let document = join(parts, limit, access, |value, encoding| {
        count += 1;
        words.write(count - 1, value, encoding)
    })?;
    let document = serde_json::from_slice(&document)
        .map_err(|_| Denial::always("a secret was placed in a body that is not JSON without it"))?;
    let mut found = vec![None; count];
    words.find(&document, &mut Vec::new(), &mut found);
    for steps in found {
        let Some(steps) = steps else {
            let what = "a secret was placed in a body where it is not a whole JSON string value";
            return Err(Denial::always(what).into());
        };
        access.check_secret(&steps)?;
    }
    Ok(())
}

/// Random words that stand for secrets.
struct Words {
    stem: String,
}

impl Words {
    fn new() -> Result<Self, HttpError> {
        let mut random = [0; 16];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| invalid_text("the system has no random numbers"))?;
        Ok(Self { stem: random.iter().map(|byte| format!("{byte:02x}")).collect() })
    }

    fn write(&self, index: usize, value: &Secret, encoding: Encoding) -> Result<Body, HttpError> {
        let word = format!("{}-{index}", self.stem);
        let word = match encoding {
            Encoding::JsonString => format!("\"{word}\""),
            Encoding::Raw if !is_plain(value) => {
                let text = "a secret with quotation marks or control characters needs the encoding `json-string`";
                return Err(invalid_text(text));
            }
            Encoding::Raw | Encoding::Base64 | Encoding::Form => word,
        };
        Ok(Zeroizing::new(word.into_bytes()))
    }

    /// Notes at which pointer each word is a whole string value.
    fn find(&self, value: &Value, at: &mut Vec<String>, found: &mut [Option<Vec<String>>]) {
        match value {
            Value::String(text) => {
                let index = text.strip_prefix(&self.stem).and_then(|rest| rest.strip_prefix('-'));
                if let Some(slot) = index.and_then(|i| found.get_mut(i.parse::<usize>().ok()?)) {
                    *slot = Some(at.clone());
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    at.push(index.to_string());
                    self.find(element, at, found);
                    at.pop();
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    at.push(name.clone());
                    self.find(member, at, found);
                    at.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether a value is the same within a JSON string as outside.
fn is_plain(value: &Secret) -> bool {
    std::str::from_utf8(value.expose())
        .is_ok_and(|text| !text.contains(|c: char| c == '"' || c == '\\' || c.is_control()))
}

#[cfg(test)]
mod tests;
