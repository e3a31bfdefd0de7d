//! What the API server refuses, told apart by code and reason, never by text.

use connhub_sdk::{Error, HttpError, Problem, Response, Unavailability};
use serde_json::Value;

use crate::mapping::field_of;

/// Why a call was not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There was no answer.
    Http(HttpError),
    /// The server refused.
    Refused(Box<Refusal>),
    /// Anything that is already told in words.
    Told(Error),
}

/// A refusal by the server.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: u16,
    /// Seconds.
    retry_after: Option<u32>,
    /// None if the answer is no `Status`: the server does not know the path at all, or something else answered.
    status: Option<Value>,
}

/// What the call was about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) project: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    /// The canonical type, to name fields canonically.
    pub(crate) type_: &'a str,
}

/// One thing that is wrong with an object, as the server says it.
struct Cause<'a> {
    reason: &'a str,
    message: &'a str,
    field: &'a str,
}

impl<'a> Place<'a> {
    pub(crate) fn project(project: &'a str) -> Self {
        Self { project: Some(project), name: None, type_: "" }
    }

    pub(crate) fn secret(project: &'a str, name: &'a str) -> Self {
        Self { project: Some(project), name: Some(name), type_: "" }
    }

    pub(crate) fn of_type(self, type_: &'a str) -> Self {
        Self { type_, ..self }
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl Failure {
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Http(_) | Self::Told(_) => None,
        }
    }

    /// The error of the operation.
    pub(crate) fn into_error(self, place: Place<'_>) -> Error {
        match self {
            Self::Http(error) => error.into(),
            Self::Refused(refusal) => refusal.into_error(place),
            Self::Told(error) => error,
        }
    }
}

impl Refusal {
    pub(crate) fn of_response(response: &Response) -> Self {
        let status: Option<Value> =
            response.json().ok().filter(|it: &Value| it["kind"] == "Status");
        let details = status.as_ref().map(|status| &status["details"]["retryAfterSeconds"]);
        let seconds = details.and_then(Value::as_u64).and_then(|seconds| seconds.try_into().ok());
        Self { code: response.status, retry_after: response.retry_after().or(seconds), status }
    }

    pub(crate) fn is_already_exists(&self) -> bool {
        self.code == 409 && self.reason() == "AlreadyExists"
    }

    /// The object has another revision, or is another one.
    pub(crate) fn is_conflict(&self) -> bool {
        self.code == 409 && self.reason() == "Conflict"
    }

    pub(crate) fn is_forbidden(&self) -> bool {
        self.code == 403
    }

    pub(crate) fn is_unauthorized(&self) -> bool {
        self.code == 401
    }

    /// There is no object of this name; the kind of object is one that the server knows.
    pub(crate) fn is_not_found(&self) -> bool {
        self.code == 404 && !self.text("/details/kind").is_empty()
    }

    /// The server knows no such kind of object.
    pub(crate) fn is_unknown_kind(&self) -> bool {
        self.code == 404 && !self.is_not_found()
    }

    /// A JSON patch does not fit the object: a test of it failed, or a place is not there. The server says no more than that.
    pub(crate) fn is_patch_mismatch(&self) -> bool {
        self.code == 422 && self.causes().next().is_none()
    }

    /// The token with which a list that took too long can go on.
    pub(crate) fn new_continue_token(&self) -> Option<&str> {
        let token = self.text("/metadata/continue");
        (self.code == 410 && !token.is_empty()).then_some(token)
    }

    /// What the server said.
    pub(crate) fn message(&self) -> String {
        match self.text("/message") {
            "" => format!("the server answered {} without a reason", self.code),
            message => message.to_owned(),
        }
    }

    fn into_error(self, place: Place<'_>) -> Error {
        match self.code {
            401 => Error::Unauthenticated(format!(
                "the cluster does not accept the login ({}); log in again, for example by `oc login`",
                self.message()
            )),
            403 => self.forbidden(place),
            404 => self.not_found(place),
            409 => self.conflict(place),
            410 => {
                Error::Conflict("the list took so long that its place is gone; list again".into())
            }
            413 => Error::Unsupported(format!("larger than the cluster takes: {}", self.message())),
            422 => self.invalid(place),
            429 | 500..=599 => Error::Unavailable(Unavailability {
                message: format!("the cluster cannot answer now: {}", self.message()),
                retry_after: self.retry_after,
            }),
            code => Error::Other(format!("the cluster refused with {code}: {}", self.message())),
        }
    }

    /// 403 is not always a missing right: a project that is being deleted takes nothing new.
    fn forbidden(self, place: Place<'_>) -> Error {
        let project = place.project.unwrap_or("?");
        if self.causes().any(|cause| cause.reason == "NamespaceTerminating") {
            return Error::Conflict(format!(
                "project `{project}` is being deleted and takes nothing new; use another one, or wait and create it again"
            ));
        }
        let message = self.message();
        Error::Forbidden(match place.project {
            Some(project) => format!(
                "{message}; either your login lacks the right (ask for the role `edit` in project `{project}`), or there is no \
                 such project, which the cluster does not tell those who are not in it"
            ),
            None => message,
        })
    }

    fn not_found(self, place: Place<'_>) -> Error {
        match (self.text("/details/kind"), place.project, place.name) {
            ("namespaces", Some(project), _) => Error::no_scope(project),
            ("secrets" | "Secret", _, Some(name)) => Error::no_connection(name),
            _ => Error::unavailable(format!(
                "the address is not that of a Kubernetes API: {}",
                self.message()
            )),
        }
    }

    fn conflict(self, place: Place<'_>) -> Error {
        let name = place.name.unwrap_or("?");
        if self.is_already_exists() {
            let project = place.project.unwrap_or("?");
            return Error::AlreadyExists(format!("project `{project}` has a Secret `{name}`"));
        }
        Error::Conflict(format!(
            "`{name}` was changed by somebody else meanwhile; read it again ({})",
            self.message()
        ))
    }

    fn invalid(self, place: Place<'_>) -> Error {
        let problem = |cause: Cause<'_>| Problem {
            field: canonical_place(place.type_, cause.field),
            message: cause.message.to_owned(),
        };
        let problems: Vec<_> = self.causes().map(problem).collect();
        if problems.is_empty() {
            return Error::Other(format!("the cluster refused with 422: {}", self.message()));
        }
        Error::Invalid(problems)
    }

    fn reason(&self) -> &str {
        self.text("/reason")
    }

    fn causes(&self) -> impl Iterator<Item = Cause<'_>> {
        let details = self.status.as_ref().and_then(|status| status.pointer("/details/causes"));
        let causes = details.and_then(Value::as_array).into_iter().flatten();
        causes.map(|cause| Cause {
            reason: cause["reason"].as_str().unwrap_or_default(),
            message: cause["message"].as_str().unwrap_or_default(),
            field: cause["field"].as_str().unwrap_or_default(),
        })
    }

    /// The text at a place of the `Status`, empty if there is none.
    fn text(&self, pointer: &str) -> &str {
        let found = self.status.as_ref().and_then(|status| status.pointer(pointer));
        found.and_then(Value::as_str).unwrap_or_default()
    }
}

/// The word of the contract for a path in a Secret.
fn canonical_place(type_: &str, path: &str) -> String {
    let key = path.strip_prefix("data[").and_then(|rest| rest.strip_suffix(']'));
    match (path, key) {
        (_, Some(key)) => field_of(type_, key),
        ("metadata.name", _) => "name",
        ("metadata.namespace", _) => "scope",
        ("type", _) => "type",
        ("data", _) => "fields",
        (path, _) if path.starts_with("metadata.labels") => "label",
        (path, _) if path.starts_with("metadata.annotations") => "description",
        (path, _) => path,
    }
    .to_owned()
}
