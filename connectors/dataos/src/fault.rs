//! Why DataOS did not do what it was asked, from its status codes and the texts that are documented.

use connhub_sdk::{Error, HttpError, Response, Unavailability};
use serde_json::Value;

/// What stands before the id of what a resource is needed by. The words around it differ between versions.
const DEPENDENCY: &str = "cannot delete resource, it is a dependency of '";
const MISSING_ROLE: &str = "does not have required role ";
/// Longer texts are pages, not messages.
const LONGEST_MESSAGE: usize = 600;

/// What the command line writes in the place of a status.
const STATUSES: [(&str, u16); 12] = [
    ("Invalid Parameter", 400),
    ("Bad Request", 400),
    ("Unauthorized", 401),
    ("Forbidden", 403),
    ("Not Found", 404),
    ("Conflict", 409),
    ("Already Exists", 409),
    ("Too Many Requests", 429),
    ("Internal Server Error", 500),
    ("Bad Gateway", 502),
    ("Service Unavailable", 503),
    ("Gateway Timeout", 504),
];

/// What it writes of a network that failed it: words of its language, in lower case.
const NETWORK: [&str; 8] = [
    "eof",
    "connection reset",
    "connection refused",
    "broken pipe",
    "no such host",
    "timeout",
    "deadline exceeded",
    "unreachable",
];

/// A request that failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The host did not send it, or there was no answer.
    Host(HttpError),
    /// DataOS answered with a status that is none of success.
    Refused(Refusal),
    /// Something else was wrong, and it was not sent or its answer makes no sense.
    Other(Error),
}

/// An answer whose status is none of success.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// `POST /path`.
    request: String,
    status: u16,
    message: String,
    voice: Voice,
    retry_after: Option<u32>,
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    /// The ingress, which asks Heimdall before a service sees the request.
    Ingress,
    /// A service, in JSON.
    Service,
    /// Somebody, in plain text.
    Text,
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        Self::Host(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Fault {
    /// What an answer without success says.
    pub(crate) fn of(method: &str, path: &str, answer: &Response) -> Self {
        let (message, voice) = message_of(answer);
        Self::Refused(Refusal {
            request: format!("{method} {path}"),
            status: answer.status,
            message,
            voice,
            retry_after: answer.retry_after(),
        })
    }

    /// What the command line says: the words of a status, and what the server said.
    pub(crate) fn said(request: &str, said: &str) -> Self {
        let (reason, said) = said.split_once(" - ").unwrap_or(("", said));
        let body = serde_json::from_str::<Value>(said).ok();
        let (message, voice) = match &body {
            Some(body) => message_in(body),
            None => (said.chars().take(LONGEST_MESSAGE).collect(), Voice::Service),
        };
        let known = STATUSES.iter().find(|(words, _)| reason.eq_ignore_ascii_case(words));
        let of_body = || u16::try_from(body.as_ref()?.pointer("/error/status")?.as_u64()?).ok();
        let status = known.map(|(_, status)| *status).or_else(of_body);
        let status = status.unwrap_or_else(|| if is_network(said) { 503 } else { 400 });
        Self::Refused(Refusal {
            request: request.to_owned(),
            status,
            message,
            voice,
            retry_after: None,
        })
    }

    /// The name is taken.
    pub(crate) fn is_taken(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.status == 409 || refusal.message.to_ascii_lowercase().contains("already exists")
        })
    }

    /// There is no such thing, or no such path.
    pub(crate) fn is_missing(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 404)
    }

    /// A service says that there is no such thing: the path itself is right.
    pub(crate) fn is_missing_for_sure(&self) -> bool {
        self.is_missing() && self.refusal().is_some_and(|refusal| refusal.voice == Voice::Service)
    }

    pub(crate) fn is_forbidden(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 403)
    }

    pub(crate) fn is_unauthenticated(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 401)
    }

    /// What the resource is needed by, as `TYPE:VERSION:NAME`.
    pub(crate) fn dependent(&self) -> Option<&str> {
        let (_, after) = self.refusal()?.message.split_once(DEPENDENCY)?;
        after.split('\'').next()
    }

    /// Whether the text speaks of this.
    pub(crate) fn mentions(&self, words: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.message.contains(words))
    }

    /// Whether it may have been done all the same.
    pub(crate) fn is_uncertain(&self) -> bool {
        match self {
            Self::Host(HttpError::Denied(_) | HttpError::Unauthenticated(_)) => false,
            Self::Host(_) => true,
            Self::Refused(refusal) => refusal.status >= 500,
            Self::Other(_) => false,
        }
    }

    /// The error for a user, who asked for `doing` (`create the Depot \`sales\``).
    pub(crate) fn into_error(self, doing: &str) -> Error {
        match self {
            Self::Host(error) => error.into(),
            Self::Refused(refusal) => refusal.into_error(doing),
            Self::Other(error) => error,
        }
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Host(_) | Self::Other(_) => None,
        }
    }
}

impl Refusal {
    fn into_error(self, doing: &str) -> Error {
        let Self { status, message, .. } = &self;
        if let Some((_, after)) = message.split_once(DEPENDENCY) {
            return Error::InUse(vec![after.split('\'').next().unwrap_or(after).to_owned()]);
        }
        if status == &403 || message.contains(MISSING_ROLE) || message.contains("err: 403") {
            return Error::Forbidden(self.forbidden(doing));
        }
        match status {
            401 if message.contains("expired") => Error::Unauthenticated(format!(
                "the login of DataOS has expired{}; keys live 24 h unless `dataos-ctl user apikey create \
                 -d DURATION` says otherwise: make a new one, and put it where the login of the endpoint \
                 `dataos` comes from",
                quoted(message)
            )),
            401 => Error::Unauthenticated(format!(
                "DataOS does not accept the login{}; make a new key with `dataos-ctl user apikey \
                 create`, and put it where the login of the endpoint `dataos` comes from",
                quoted(message)
            )),
            404 | 405 if self.voice == Voice::Text => Error::Unsupported(format!(
                "DataOS has no `{}`; its paths are settings: write `secrets-path`, `depot-path` and the \
                 like under `[backends.NAME.settings]`",
                self.request
            )),
            404 => Error::Other(format!("DataOS could not {doing}{}", quoted(message))),
            409 => Error::Conflict(format!("DataOS could not {doing}{}", quoted(message))),
            413 => Error::invalid("fields", "they are larger than DataOS takes"),
            429 | 500.. => self.unavailable(doing),
            300..=399 => Error::unavailable(format!(
                "`{}` is redirected (status {status}); check the address of the endpoint `dataos`",
                self.request
            )),
            _ => self.invalid(doing),
        }
    }

    /// The documented names of rights, since DataOS does not say which one is missing.
    fn forbidden(&self, doing: &str) -> String {
        let said = quoted(&self.message);
        let role = self.message.split_once(MISSING_ROLE);
        let role = role.and_then(|(_, after)| after.split_whitespace().next());
        if let Some(role) = role {
            return format!(
                "DataOS does not let you {doing}{said}; ask an administrator for the role \
                 `roles:id:{role}`"
            );
        }
        match self.voice {
            Voice::Ingress => format!(
                "the ingress of DataOS refuses `{}`{said}; ask an administrator for a policy or use \
                 case that allows it, in the first generation `Manage All Instance-level Resources of \
                 DataOS in User Layer`",
                self.request
            ),
            Voice::Service | Voice::Text => format!(
                "DataOS does not let you {doing}{said}; to create it takes one of the roles Tenant \
                 Admin, Data Admin or Data Developer (tenants may call them otherwise; in the first \
                 generation the tag `roles:id:data-dev`), to use or change what others own `Can Use \
                 Secret`, `Can Use Depot` or `Can Edit` on it, which whoever has `Can Manage Access` \
                 gives"
            ),
        }
    }

    fn invalid(&self, doing: &str) -> Error {
        let text = format!(
            "DataOS could not {doing} (status {}){}{}",
            self.status,
            quoted(&self.message),
            hint(&self.message)
        );
        if self.status != 400 && self.status != 422 {
            return Error::Other(text);
        }
        let names_name =
            self.message.contains("must be less than") || self.message.contains("regex");
        Error::invalid(if names_name { "name" } else { "fields" }, text)
    }

    fn unavailable(&self, doing: &str) -> Error {
        let message =
            format!("DataOS could not {doing} (status {}){}", self.status, quoted(&self.message));
        Error::Unavailable(Unavailability { message, retry_after: self.retry_after })
    }
}

/// The message of an error in any of the forms that were seen, and who says it.
fn message_of(answer: &Response) -> (String, Voice) {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        let text = answer.text();
        let is_page = text.trim_start().starts_with('<') || text.len() > LONGEST_MESSAGE;
        return (if is_page { String::new() } else { text.trim().to_owned() }, Voice::Text);
    };
    message_in(&body)
}

fn message_in(body: &Value) -> (String, Voice) {
    let voice = if body.get("allow").is_some() { Voice::Ingress } else { Voice::Service };
    let places = ["/error/message", "/message", "/error", "/detail"];
    let found = places.into_iter().find_map(|place| body.pointer(place)?.as_str());
    let message = found.or(body.as_str()).unwrap_or_default();
    (message.chars().take(LONGEST_MESSAGE).collect(), voice)
}

fn is_network(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    NETWORK.iter().any(|words| said.contains(words))
}

/// What to do about those refusals whose texts are documented.
fn hint(message: &str) -> String {
    let known = [
        (
            "missing a secret reference with acl",
            "it takes a Secret for each purpose; name them in the setting `purposes`, such as `rw,r`",
        ),
        ("err: 404", "the Secret that it names does not exist in this tenant"),
        ("unknown type", "this DataOS does not know such resources; its version is another one"),
        (
            "must be less than",
            "the setting `depot-names` says which names are tried before DataOS is asked",
        ),
    ];
    let found = known.into_iter().find(|(words, _)| message.contains(words));
    found.map(|(_, hint)| format!("; {hint}")).unwrap_or_default()
}

fn quoted(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Fault {
        let body = body.as_bytes().to_vec();
        let answer = Response { status, headers: Vec::new(), body, secrets: Vec::new() };
        Fault::of("POST", "/p", &answer)
    }

    /// What a user is told about an answer: the kind of the error, and words in it.
    fn check(status: u16, body: &str, kind: &str, words: &str) {
        let error = refused(status, body).into_error("create the Depot `sales`");
        let text = format!("{error:?}");
        assert!(text.contains(kind) && text.contains(words), "{status} {body}: {text}");
    }

    fn nested(message: &str) -> String {
        serde_json::json!({"error": {"message": message, "status": 1}}).to_string()
    }

    #[test]
    fn refusals_by_the_ingress_are_told_from_those_by_a_service() {
        let missing = r#"{"allow":false,"error":{"message":"missing auth tokens","status":401}}"#;
        check(401, missing, "Unauthenticated", "missing auth tokens; make a new key");
        let ingress = r#"{"allow":false,"error":{"message":"no"}}"#;
        check(403, ingress, "Forbidden", "the ingress of DataOS refuses `POST /p`");
        let role = "forbidden: user does not have required role data-dev";
        check(403, &nested(role), "Forbidden", "`roles:id:data-dev`");
        check(400, role, "Forbidden", "`roles:id:data-dev`");
        check(403, r#"{"message":"nope"}"#, "Forbidden", "Can Use Secret");
        let secret_map =
            "could not get the secret map for the dataos address: 'dataos://a' err: 403 <nil>";
        check(400, &nested(secret_map), "Forbidden", "Can Use Secret");
    }

    /// The texts of the documents, in all envelopes that were seen.
    #[test]
    fn each_refusal_becomes_what_a_user_can_act_on() {
        let in_use = "Invalid Parameter - failure deleting instance resource : cannot delete resource, \
                      it is a dependency of 'depot:v2alpha:sampleinstdepot'";
        check(400, in_use, "InUse", "\"depot:v2alpha:sampleinstdepot\"");
        let name = "depot name is invalid A-b, must be less than 48 chars and conform to the regex";
        check(400, &nested(name), "\"name\"", "A-b");
        check(400, &nested("invalid depot, missing a secret"), "\"fields\"", "missing a secret");
        check(404, "404 page not found", "Unsupported", "`POST /p`");
        check(405, "no", "Unsupported", "`POST /p`");
        check(404, &nested("gone"), "Other", "gone");
        check(409, r#"{"error":"busy"}"#, "Conflict", "busy");
        check(413, "", "Invalid", "larger than DataOS takes");
        check(302, "<html>login</html>", "Unavailable", "redirected");
        check(503, "<html>login</html>", "Unavailable", "(status 503)\"");
        check(418, "tea", "Other", "tea");
    }

    #[test]
    fn what_is_documented_has_a_hint() {
        let expired =
            "could not verify the token : oidc: token is expired (Token Expiry: 2026-01-01)";
        check(401, &nested(expired), "Unauthenticated", "keys live 24 h");
        let twin = "failure validating instance resource : invalid depot, missing a secret reference \
                    with acl: r";
        check(400, &nested(twin), "Invalid", "the setting `purposes`");
        check(400, &nested("unknown type 'vulcan'"), "Invalid", "its version is another one");
        let absent = "could not get the secret map for the secret: 't:s' err: 404 <nil>";
        check(400, &nested(absent), "Invalid", "does not exist in this tenant");
        check(403, r#"{"message":"nope"}"#, "Forbidden", "`Can Manage Access`");
    }

    #[test]
    fn what_the_command_line_says_is_told_in_the_same_way() {
        let check = |said: &str, kind: &str, words: &str| {
            let error = Fault::said("dataos-ctl x", said).into_error("create the Depot `sales`");
            let text = format!("{error:?}");
            assert!(text.contains(kind) && text.contains(words), "{said}: {text}");
        };
        let expired =
            r#"Unauthorized - {"error":{"status":401,"message":"token is expired"},"allow":false}"#;
        check(expired, "Unauthenticated", "token is expired");
        let role = "ERROR: forbidden: user does not have required role data-dev";
        check(role, "Forbidden", "`roles:id:data-dev`");
        let in_use = "Invalid Parameter - failure deleting instance resource : cannot delete resource, it is a \
                      dependency of 'depot:v2alpha:a'";
        check(in_use, "InUse", "depot:v2alpha:a");
        check("Service Unavailable - later", "Unavailable", "later");
        check("something else", "Invalid", "something else");
        assert!(Fault::said("x", "Conflict - secret:v2alpha:a already exists").is_taken());
        assert!(Fault::said("x", "Not Found - gone").is_missing_for_sure());
        assert!(Fault::said("x", "Bad Gateway - later").is_uncertain());
    }

    #[test]
    fn what_is_taken_or_missing_is_told_apart() {
        assert!(refused(409, "").is_taken());
        assert!(refused(400, r#"{"message":"secret:v2alpha:a Already exists"}"#).is_taken());
        assert!(!refused(400, "other").is_taken());
        assert!(refused(404, "404 page not found").is_missing());
        assert!(!refused(404, "404 page not found").is_missing_for_sure());
        assert!(refused(404, r#"{"message":"resource not found"}"#).is_missing_for_sure());
    }

    #[test]
    fn what_may_have_been_done_is_uncertain() {
        let check = |fault: Fault, expected: bool| {
            assert_eq!(fault.is_uncertain(), expected, "{fault:?}");
        };
        check(refused(400, ""), false);
        check(refused(504, ""), true);
        check(Fault::Host(HttpError::Denied(String::new())), false);
        check(Fault::Host(HttpError::TimedOut(String::new())), true);
        check(Fault::Host(HttpError::Unreachable(String::new())), true);
    }
}
