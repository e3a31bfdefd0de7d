//! Which headers cross the border, in either direction.

use http::header::{ACCEPT, CONTENT_TYPE, ETAG, RETRY_AFTER, USER_AGENT, WARNING};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::access::Access;
use super::check::invalid_text;
use super::error::{Denial, Failure, HttpError};
use crate::scrub::Scrubber;

/// The most headers of a request or an answer.
pub const MAX_HEADERS: usize = 100;

/// The most bytes of all headers of a request or an answer.
pub const MAX_HEADER_BYTES: usize = 64 << 10;

/// Headers that belong to the host: login, identity, transport, framing, and those that make a server serve another method or path
/// than the one that was checked.
const RESERVED: [&str; 35] = [
    "host",
    "authorization",
    "authentication-info",
    "cookie",
    "cookie2",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "accept-encoding",
    "te",
    "trailer",
    "trailers",
    "upgrade",
    "http2-settings",
    "expect",
    "range",
    "user-agent",
    "via",
    "forwarded",
    "apikey",
    "api-key",
    "x-api-key",
    "x-apikey",
    "x-auth-token",
    "x-access-token",
    "x-csrf-token",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "x-method-override",
    "x-rewrite-url",
    "x-host",
    "x-user",
];

/// Beginnings of the names of further such headers.
const RESERVED_FAMILIES: [&str; 8] = [
    "proxy-",
    "x-forwarded",
    "impersonate-",
    "x-remote-",
    "x-http-method",
    "x-original-",
    "x-auth-request-",
    "sec-",
];

/// Ends of the names of headers that lead into another tenant than the path that was checked.
const RESERVED_ENDS: [&str; 3] = ["-namespace", "-tenant", "-tenant-id"];

/// Headers of answers that are always passed on.
const CONTENT: [HeaderName; 4] = [CONTENT_TYPE, RETRY_AFTER, WARNING, ETAG];

/// Headers of answers that no grant passes on.
const LOGIN: [&str; 8] = [
    "set-cookie",
    "set-cookie2",
    "cookie",
    "authorization",
    "authentication-info",
    "proxy-authorization",
    "proxy-authentication-info",
    "x-auth-token",
];

/// The headers of a request, checked, with the host's own.
///
/// # Errors
/// A header is reserved for the host, is none, or there are too many.
pub fn of_request(
    headers: &[(String, String)],
    access: &Access,
    login: &[HeaderName],
    user_agent: &str,
) -> Result<HeaderMap, HttpError> {
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(HttpError::TooLarge(Failure::new("the request has too many headers")));
    }
    let mut checked = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers {
        let (name, value) = check(name, value, login)?;
        checked.append(name, value);
    }
    if access.has_masks() {
        check_accept(&mut checked)?;
    }
    let user_agent = HeaderValue::from_str(user_agent).map_err(super::check::invalid)?;
    checked.insert(USER_AGENT, user_agent);
    Ok(checked)
}

/// The headers of an answer that a connector may see, scrubbed.
///
/// # Errors
/// There are too many headers.
pub fn of_answer(
    headers: &HeaderMap,
    access: &Access,
    login: &[HeaderName],
    scrubber: &Scrubber,
) -> Result<Vec<(String, String)>, HttpError> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(HttpError::TooLarge(Failure::new(
            "the answer has more than 100 headers or 64 KiB of them",
        )));
    }
    let is_wanted = |name: &HeaderName| {
        (CONTENT.contains(name) || access.response_headers.contains(name))
            && !login.contains(name)
            && !LOGIN.contains(&name.as_str())
            && !name.as_str().ends_with("-authenticate")
    };
    let wanted = headers.iter().filter(|(name, _)| is_wanted(name));
    Ok(wanted
        .filter_map(|(name, value)| {
            let value = scrubber.text(value.to_str().ok()?).into_owned();
            Some((name.as_str().to_owned(), value))
        })
        .collect())
}

/// Whether a header is set by the host in its own ways: that of the transport or of a login.
pub fn is_host_header(name: &HeaderName) -> bool {
    RESERVED.contains(&name.as_str())
}

/// Whether a connector may not set a header, because it belongs to the host or changes what a path means.
fn is_reserved(name: &HeaderName) -> bool {
    let name = name.as_str();
    RESERVED.contains(&name)
        || RESERVED_FAMILIES.iter().any(|family| name.starts_with(family))
        || RESERVED_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a media type is JSON.
pub fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || essence.strip_prefix("application/").is_some_and(|rest| rest.ends_with("+json"))
}

fn check(
    name: &str,
    value: &str,
    login: &[HeaderName],
) -> Result<(HeaderName, HeaderValue), HttpError> {
    // Parsing would turn capitals into small letters, and a name must not be written in two ways.
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let parsed = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| is_lower);
    let Some(name) = parsed else {
        return Err(invalid_text("the name of a header is not one in lower case"));
    };
    if is_reserved(&name) || login.contains(&name) {
        let what = format!("the header `{name}` is set by the host alone");
        return Err(Denial::always(what).into());
    }
    let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    match HeaderValue::from_str(value).ok().filter(|_| is_plain) {
        Some(value) => Ok((name, value)),
        None => Err(invalid_text(format!(
            "the value of the header `{name}` holds more than printable ASCII"
        ))),
    }
}

/// Masks are found in JSON only, so nothing else may be asked for.
fn check_accept(headers: &mut HeaderMap) -> Result<(), HttpError> {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if let Some(other) = accepted.flat_map(|value| value.split(',')).find(|kind| !is_json(kind)) {
        let what = format!(
            "`accept: {}` is refused, because secrets of this endpoint are masked in JSON only",
            other.trim()
        );
        return Err(Denial::always(what).into());
    }
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    Ok(())
}

#[cfg(test)]
mod tests;
