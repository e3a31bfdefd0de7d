//! Takes a connector's request apart before anything is read, run or sent.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};

use super::config::{EndpointConfig, Transport};
use super::error::{Denial, Failure, HttpError};
use super::mask::Treatment;
use super::message::{MaskedValues, Outgoing};
use super::{body, headers};
use crate::policy::{CheckedPath, PointerSet, Visible};
use crate::scrub::Scrubber;

/// The longest query in bytes, encoded.
const MAX_QUERY: usize = 16 << 10;

/// A request that may be sent.
pub struct Checked {
    /// The method.
    pub method: Method,
    /// Path and query, as they go over the wire.
    pub target: String,
    /// The headers without the login.
    pub headers: HeaderMap,
    /// The body with the secrets in it; it is wiped when it is dropped.
    pub body: Bytes,
    /// What is masked and cut out of the answer.
    pub treatments: PointerSet<Treatment>,
    /// What becomes of masked values.
    pub masked: MaskedValues,
    /// Which of them stay readable.
    pub visible: Visible,
}

/// Checks a request and puts it together. Secrets that it holds are made known to the scrubber.
///
/// # Errors
/// It is not granted, not well formed, or too large.
pub fn check(
    outgoing: Outgoing,
    config: &EndpointConfig,
    login: &[HeaderName],
    scrubber: &mut Scrubber,
) -> Result<Checked, HttpError> {
    let path = CheckedPath::parse(&outgoing.path).map_err(|problem| {
        Denial::always(format!("{problem}, in a request to endpoint `{}`", config.name))
    })?;
    config.access.check_request(&outgoing.method, &path)?;
    refuse_unmasked_forms(&outgoing, config)?;
    let method = Method::from_bytes(outgoing.method.as_bytes()).map_err(invalid)?;
    let headers =
        headers::of_request(&outgoing.headers, &config.access, login, &config.user_agent)?;
    let treatments = config.access.treatments(&outgoing.omit)?;
    let body = body::assemble(
        &outgoing.body,
        &headers,
        &config.access,
        config.limits.request_bytes,
        scrubber,
    )?;
    let target = target(&path, &outgoing.query)?;
    let (masked, visible) = (outgoing.masked, config.access.visible.to(&outgoing.method, &path));
    Ok(Checked { method, target, headers, body, treatments, masked, visible })
}

/// A request that cannot be sent, with the cause.
pub fn invalid(cause: impl std::error::Error) -> HttpError {
    invalid_text(cause.to_string())
}

/// A request that cannot be sent.
pub fn invalid_text(text: impl Into<String>) -> HttpError {
    HttpError::Invalid(Failure::new(text))
}

/// A Kubernetes API server puts whole objects into places that the masks for objects and lists do not name if a query asks for
/// it: `watch` wraps each in an event, `includeObject` in the row of a table.
fn refuse_unmasked_forms(outgoing: &Outgoing, config: &EndpointConfig) -> Result<(), Denial> {
    let Transport::Kubernetes(_) = config.transport else {
        return Ok(());
    };
    let is_other_form = |name: &str| matches!(name, "watch" | "includeObject");
    let found = outgoing.query.iter().map(|(name, _)| name).find(|name| is_other_form(name));
    match found.filter(|_| config.access.has_masks()) {
        Some(name) => Err(Denial::always(format!(
            "the query parameter `{name}` is refused at endpoint `{}`, because the masks do not fit the form of its answer",
            config.name
        ))),
        None => Ok(()),
    }
}

fn target(path: &CheckedPath, query: &[(String, String)]) -> Result<String, HttpError> {
    let mut target = path.as_str().to_owned();
    for (index, (name, value)) in query.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        push_encoded(&mut target, name);
        target.push('=');
        push_encoded(&mut target, value);
    }
    if target.len() - path.as_str().len() > MAX_QUERY {
        return Err(HttpError::TooLarge(Failure::new("the query is longer than 16 KiB")));
    }
    Ok(target)
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn push_encoded(target: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            target.push(char::from(byte));
        } else {
            let digit = |half: u8| char::from(DIGITS[usize::from(half & 15)]);
            target.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
}
