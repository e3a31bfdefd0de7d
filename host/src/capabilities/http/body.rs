//! Puts secrets into their places in a request's body.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::access::Access;
use super::check::invalid_text;
use super::error::{Denial, Failure, HttpError};
use super::message::Part;
use crate::capabilities::parts::{self, BadParts};
use crate::scrub::Scrubber;

/// Joins the parts of a body, secrets encoded and in their places. Every secret is made known to the scrubber first.
///
/// Where the grant names pointers, the body must be JSON and each secret a whole string value at one of them.
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
    let secrets: Vec<_> = parts::secrets(parts).collect();
    secrets.iter().for_each(|value| scrubber.add(value));
    if !secrets.is_empty() && !access.places_anywhere() {
        check_places(parts, headers, access, limit)?;
    }
    let body = parts::assemble(parts, limit).map_err(|bad| refused(bad, access, limit))?;
    Ok(Bytes::from_owner(body))
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
    let places = parts::places(parts, limit, "body").map_err(|bad| refused(bad, access, limit))?;
    places.iter().try_for_each(|steps| access.check_secret(steps).map_err(HttpError::from))
}

fn refused(bad: BadParts, access: &Access, limit: usize) -> HttpError {
    match bad {
        BadParts::TooLarge => {
            let message = format!("the request has more than {limit} bytes");
            let hint = access.limit_hint("request-mib");
            HttpError::TooLarge(Failure::new(message).limit("request-mib").hint(hint))
        }
        BadParts::NotJson(_) | BadParts::NotWhole(_) => Denial::always(bad.to_string()).into(),
        BadParts::NotText | BadParts::NotPlain | BadParts::NoRandom => {
            invalid_text(bad.to_string())
        }
    }
}

#[cfg(test)]
mod tests;
