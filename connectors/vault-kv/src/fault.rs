//! What the server refuses, by what a user can do about it.

use connhub_sdk::{Error, HttpError, Response, Unavailability};
use serde::Deserialize;

/// Why a call had no result.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The server answered with something else than success.
    Refused(Refusal),
    /// Anything else, in words.
    Told(Error),
}

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    /// What the server says; often nothing.
    messages: Vec<String>,
    retry_after: Option<u32>,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        Self::Told(error.into())
    }
}

impl Refusal {
    pub(crate) fn of(response: &Response) -> Self {
        #[derive(Default, Deserialize)]
        struct Body {
            #[serde(default)]
            errors: Vec<String>,
        }
        let body: Body = response.json().unwrap_or_default();
        let retry_after = response.retry_after();
        Self { status: response.status, messages: body.errors, retry_after }
    }

    /// Whether a message of the server holds these words.
    fn says(&self, words: &str) -> bool {
        self.messages.iter().any(|message| message.contains(words))
    }
}

impl Fault {
    /// Whether a write was bound to a version that is not the current one.
    pub(crate) fn is_mismatch(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 400 && refusal.says("did not match the current version"))
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 404)
    }

    /// Whether there is no engine at the mount at all.
    pub(crate) fn is_unmounted(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 404 && refusal.says("no handler for route"))
    }

    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 403)
    }

    /// Whether another kind of request may do the same: an old server knows no `PATCH`, and a policy can leave it out.
    pub(crate) fn is_without_patch(&self) -> bool {
        matches!(self, Self::Refused(refusal) if matches!(refusal.status, 403 | 405 | 415))
    }

    /// The error of an operation. `what` is what was tried, `right` what a policy has to allow for it, as in ``read on `secret/data/a` ``.
    pub(crate) fn into_error(self, what: &str, right: &str) -> Error {
        let refusal = match self {
            Self::Told(error) => return error,
            Self::Refused(refusal) => refusal,
        };
        let said = match refusal.messages.as_slice() {
            [] => String::new(),
            messages => format!(": {}", messages.join("; ")),
        };
        let told = |text: &str| format!("cannot {what}{text}{said}");
        match refusal.status {
            400 if refusal.says("missing client token") => Error::Unauthenticated(told("")),
            400 => Error::invalid("connection", told(", the server refuses it")),
            401 => Error::Unauthenticated(told("")),
            403 if refusal.says("token") => {
                Error::Unauthenticated(told(": the token is not valid, or has expired"))
            }
            403 => {
                Error::Forbidden(told(&format!("; the policy of this login has to allow {right}")))
            }
            404 if refusal.says("no handler for route") => {
                Error::wrong_setting("mount", &format!("leads to no key-value engine{said}"))
            }
            405 => Error::Unsupported(told("; this server has no such call")),
            413 => Error::Unsupported(told("; it is larger than the server takes")),
            300..=399 => Error::unavailable(told(&format!(
                "; the server redirects (status {}), so `url` has to name another node",
                refusal.status
            ))),
            status => Error::Unavailable(Unavailability {
                message: told(&format!("; {} (status {status})", unavailable(&refusal))),
                retry_after: refusal.retry_after,
            }),
        }
    }
}

fn unavailable(refusal: &Refusal) -> &'static str {
    match refusal.status {
        412 => "the node has not seen the latest write yet",
        429 => "too many requests",
        472 => "the node is a standby for disaster recovery",
        473 => "the node is a standby",
        501 => "the server is not initialized",
        503 if refusal.says("sealed") => "the server is sealed",
        503 => "the server is sealed or down for maintenance",
        _ => "the server answered something else than expected",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_says_what_can_be_done() {
        let check = |status: u16, message: &str, expected: fn(&Error) -> bool| {
            let messages = [message].into_iter().filter(|text| !text.is_empty());
            let messages = messages.map(str::to_owned).collect();
            let fault = Fault::Refused(Refusal { status, messages, retry_after: Some(7) });
            let error = fault.into_error("read `a`", "`read` on `secret/data/a`");
            assert!(expected(&error), "{status} {message}: {error:?}");
            error
        };
        check(400, "missing client token", |e| matches!(e, Error::Unauthenticated(_)));
        check(400, "no data provided", |e| matches!(e, Error::Invalid(_)));
        check(403, "invalid token", |e| matches!(e, Error::Unauthenticated(_)));
        let denied = check(403, "permission denied", |e| matches!(e, Error::Forbidden(_)));
        assert!(denied.message().contains("`read` on `secret/data/a`"), "{denied:?}");
        let unmounted = "no handler for route \"kv/data/a\". route entry not found.";
        check(404, unmounted, |e| matches!(e, Error::Invalid(_)));
        check(405, "unsupported operation", |e| matches!(e, Error::Unsupported(_)));
        check(413, "", |e| matches!(e, Error::Unsupported(_)));
        for (status, message, words) in [
            (307, "", "has to name another node"),
            (412, "required index state not present", "has not seen the latest write"),
            (429, "request path \"x\": rate limit quota exceeded", "too many requests"),
            (472, "", "disaster recovery"),
            (473, "", "a standby"),
            (500, "1 error occurred", "status 500"),
            (501, "", "not initialized"),
            (503, "Vault is sealed", "is sealed (status 503): Vault is sealed"),
            (503, "", "sealed or down"),
        ] {
            let error = check(status, message, |e| matches!(e, Error::Unavailable(_)));
            assert!(error.message().contains(words), "{error:?}");
        }
    }
}
