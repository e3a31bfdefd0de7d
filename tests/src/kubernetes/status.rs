use serde_json::{Map, Value, json};

use super::resource_type::ResourceType;
use crate::serve::Response;

/// Why a request was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// A `Status` object.
    Status(Box<Status>),
    /// What the router says of a path outside of every API: text, not a `Status`.
    NoSuchPath,
}

/// A `Status` of a failed request, with the words of a real API server.
#[derive(Debug, Default)]
pub(super) struct Status {
    code: u16,
    reason: &'static str,
    message: String,
    details: Option<Value>,
    continue_token: Option<String>,
    layer: Layer,
}

/// Which part of the server answers. They differ in a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Layer {
    /// The code behind the resource.
    #[default]
    Resource,
    /// The check of rights before it.
    Authorization,
}

/// What Go's plain error answer sets.
const NO_SNIFF: (&str, &str) = ("x-content-type-options", "nosniff");

/// One wrong field of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldError {
    pub(super) reason: &'static str,
    pub(super) field: String,
    pub(super) message: String,
}

/// What a request is about, as messages and `details` name it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) group: &'a str,
    pub(super) resource: &'a str,
    pub(super) name: &'a str,
}

impl From<Failure> for Response {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NoSuchPath => {
                Response::text(404, "404 page not found\n").header(NO_SNIFF.0, NO_SNIFF.1)
            }
            Failure::Status(status) => {
                let answer = Response::json(status.code, &status.body());
                match status.layer {
                    Layer::Resource => answer,
                    Layer::Authorization => answer.header(NO_SNIFF.0, NO_SNIFF.1),
                }
            }
        }
    }
}

impl Status {
    fn body(&self) -> Value {
        let mut metadata = Map::new();
        if let Some(token) = &self.continue_token {
            metadata.insert(String::from("continue"), json!(token));
        }
        let mut body = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": metadata,
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        });
        if !self.reason.is_empty() {
            body["reason"] = json!(self.reason);
        }
        if let Some(details) = &self.details {
            body["details"] = details.clone();
        }
        body
    }
}

impl FieldError {
    pub(super) fn invalid(field: &str, value: &str, message: &str) -> Self {
        let message = format!("Invalid value: {value:?}: {message}");
        FieldError { reason: "FieldValueInvalid", field: field.to_owned(), message }
    }

    pub(super) fn required(field: &str, message: &str) -> Self {
        let message = match message {
            "" => String::from("Required value"),
            message => format!("Required value: {message}"),
        };
        FieldError { reason: "FieldValueRequired", field: field.to_owned(), message }
    }

    pub(super) fn too_long(field: &str, limit: usize) -> Self {
        let message = format!("Too long: may not be more than {limit} bytes");
        FieldError { reason: "FieldValueTooLong", field: field.to_owned(), message }
    }

    pub(super) fn forbidden(field: &str, message: &str) -> Self {
        let message = format!("Forbidden: {message}");
        FieldError { reason: "FieldValueForbidden", field: field.to_owned(), message }
    }

    pub(super) fn unsupported(field: &str, value: &str, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
        let supported = supported.join(", ");
        let message = format!("Unsupported value: {value:?}: supported values: {supported}");
        FieldError { reason: "FieldValueNotSupported", field: field.to_owned(), message }
    }

    fn cause(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

impl Subject<'_> {
    /// `secrets`, or `datascienceclusters.datasciencecluster.opendatahub.io`.
    fn qualified(&self) -> String {
        match self.group {
            "" => self.resource.to_owned(),
            group => format!("{}.{group}", self.resource),
        }
    }

    fn details(&self) -> Value {
        let pairs = [("name", self.name), ("group", self.group), ("kind", self.resource)];
        let present = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        present.map(|(key, value)| (key.to_owned(), json!(value))).collect::<Map<_, _>>().into()
    }
}

pub(super) fn bad_request(message: impl Into<String>) -> Failure {
    failure(400, "BadRequest", message, None)
}

pub(super) fn unauthorized() -> Failure {
    failure(401, "Unauthorized", "Unauthorized", None)
}

/// A refusal by RBAC, with the words that follow `is forbidden: `.
pub(super) fn forbidden(subject: Subject<'_>, why: &str) -> Failure {
    let who = match subject.name {
        "" => subject.qualified(),
        name => format!("{} {name:?}", subject.qualified()),
    };
    refused(format!("{who} is forbidden: {why}"), subject.details())
}

/// A refusal of a path that is no resource.
pub(super) fn forbidden_path(user: &str, verb: &str, path: &str) -> Failure {
    refused(format!("forbidden: User {user:?} cannot {verb} path {path:?}"), json!({}))
}

fn refused(message: String, details: Value) -> Failure {
    let (details, layer) = (Some(details), Layer::Authorization);
    let reason = "Forbidden";
    Status { code: 403, reason, message, details, layer, ..Status::default() }.into()
}

pub(super) fn namespace_terminating(subject: Subject<'_>, namespace: &str) -> Failure {
    let why = format!(
        "unable to create new content in namespace {namespace} because it is being terminated"
    );
    let message = format!("{} {:?} is forbidden: {why}", subject.qualified(), subject.name);
    let mut details = subject.details();
    details["causes"] = json!([{
        "reason": "NamespaceTerminating",
        "message": format!("namespace {namespace} is being terminated"),
        "field": "metadata.namespace",
    }]);
    failure(403, "Forbidden", message, Some(details))
}

pub(super) fn not_found(subject: Subject<'_>) -> Failure {
    let message = format!("{} {:?} not found", subject.qualified(), subject.name);
    failure(404, "NotFound", message, Some(subject.details()))
}

pub(super) fn unknown_resource() -> Failure {
    let message = "the server could not find the requested resource";
    failure(404, "NotFound", message, Some(json!({})))
}

pub(super) fn method_not_allowed() -> Failure {
    let message = "the server does not allow this method on the requested resource";
    failure(405, "MethodNotAllowed", message, Some(json!({})))
}

pub(super) fn not_acceptable() -> Failure {
    let message = "406: Not Acceptable\n\nAvailable representations: application/json, \
        application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, \
        application/vnd.kubernetes.protobuf;stream=watch";
    failure(406, "NotAcceptable", message, Some(json!({})))
}

pub(super) fn already_exists(subject: Subject<'_>) -> Failure {
    let message = format!("{} {:?} already exists", subject.qualified(), subject.name);
    failure(409, "AlreadyExists", message, Some(subject.details()))
}

/// A conflict; `why` follows `Operation cannot be fulfilled on …: `.
pub(super) fn conflict(subject: Subject<'_>, why: &str) -> Failure {
    let what = subject.qualified();
    let message = format!("Operation cannot be fulfilled on {what} {:?}: {why}", subject.name);
    failure(409, "Conflict", message, Some(subject.details()))
}

pub(super) fn apply_conflict(message: String, causes: &[(String, String)]) -> Failure {
    let cause = |(message, field): &(String, String)| json!({"reason": "FieldManagerConflict", "message": message, "field": field});
    let causes: Vec<Value> = causes.iter().map(cause).collect();
    failure(409, "Conflict", message, Some(json!({"causes": causes})))
}

/// An expired continue token, with a token that goes on in the present state.
pub(super) fn expired(token: String) -> Failure {
    let message = "The provided continue parameter is too old to display a consistent list result. \
        You can start a new list without the continue parameter, or use the continue token in this \
        response to retrieve the remainder of the results. Continuing with the provided token \
        results in an inconsistent list - objects that were created, modified, or deleted between \
        the time the first chunk was returned and now may show up in the list.";
    let (message, continue_token) = (message.to_owned(), Some(token));
    Status { code: 410, reason: "Expired", message, continue_token, ..Status::default() }.into()
}

pub(super) fn too_large(limit: usize) -> Failure {
    let message = format!("Request entity too large: limit is {limit}");
    failure(413, "RequestEntityTooLarge", message, None)
}

pub(super) fn unsupported_body() -> Failure {
    let message = "the body of the request was in an unknown format - accepted media types \
        include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
    failure(415, "UnsupportedMediaType", message, None)
}

pub(super) fn unsupported_patch() -> Failure {
    failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", Some(json!({})))
}

/// Wrong fields of an object of a type.
pub(super) fn invalid(of: &ResourceType, name: &str, errors: &[FieldError]) -> Failure {
    invalid_kind(Subject { group: of.group, resource: of.kind, name }, errors)
}

/// Wrong fields; here the kind stands in the resource's place.
pub(super) fn invalid_kind(subject: Subject<'_>, errors: &[FieldError]) -> Failure {
    let lines: Vec<String> =
        errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
    let listed = match lines.as_slice() {
        [line] => line.clone(),
        lines => format!("[{}]", lines.join(", ")),
    };
    let message = format!("{} {:?} is invalid: {listed}", subject.qualified(), subject.name);
    let mut details = subject.details();
    details["causes"] = errors.iter().map(FieldError::cause).collect();
    failure(422, "Invalid", message, Some(details))
}

/// An error that the server has no class for.
pub(super) fn internal(message: &str) -> Failure {
    failure(500, "", message, None)
}

/// Something that a real server does and this one does not.
pub(super) fn not_implemented(what: &str) -> Failure {
    failure(501, "", format!("the stand-in does not implement {what}"), None)
}

/// A JSON patch that does not fit: `NewGenericServerResponse` for 422 without a resource. Not recorded, see
/// `json_patch`.
pub(super) fn patch_does_not_apply() -> Failure {
    let message = "the server rejected our request due to an error in our request";
    failure(422, "Invalid", message, Some(json!({})))
}

fn failure(
    code: u16,
    reason: &'static str,
    message: impl Into<String>,
    details: Option<Value>,
) -> Failure {
    let message = message.into();
    Status { code, reason, message, details, ..Status::default() }.into()
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Failure::Status(Box::new(status))
    }
}
