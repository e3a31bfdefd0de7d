use serde_json::{Value, json};

use super::{ErrorForm, ForbiddenForm, FormatOfInvalid, Options};
use crate::serve::Response;

/// Why a request is not answered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// 401 from the ingress.
    Login(String),
    /// 403: the caller may not write at all.
    MissingRole,
    /// 403: the caller may not do this with this resource.
    Forbidden(String),
    /// 400: Poros refuses a manifest or a deletion.
    Invalid(Operation, Scope, String),
    /// 400 of the other services.
    BadRequest(String),
    /// 404: the path is right, the thing is absent.
    NotFound(String),
    /// The status of [`Options::exists_status`].
    Exists(String),
    /// 404 from the ingress.
    NoSuchPath,
    /// 405.
    WrongMethod,
    /// 500, and nothing was done.
    Broken,
    /// 504, and everything was done.
    AnswerLost,
}

/// What Poros was doing when it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Validating,
    Deleting,
}

/// Which kind of path a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Workspace,
    Instance,
}

/// The documented text for a missing role.
const MISSING_ROLE: &str = "forbidden: user does not have required role data-dev";

impl Failure {
    pub(super) fn answer(&self, options: &Options) -> Response {
        let service = |status, message: &str| service_error(options.error_form, status, message);
        match self {
            Failure::Login(message) => ingress_error(401, message),
            Failure::MissingRole => match options.forbidden {
                ForbiddenForm::Role => service(403, MISSING_ROLE),
                ForbiddenForm::Ingress => ingress_error(403, "forbidden"),
            },
            Failure::Forbidden(message) => service(403, message),
            Failure::Invalid(operation, scope, reason) => {
                service(400, &invalid_text(options.invalid_text, *operation, *scope, reason))
            }
            Failure::BadRequest(message) => service(400, message),
            Failure::NotFound(message) => service(404, message),
            Failure::Exists(message) => service(options.exists_status, message),
            Failure::NoSuchPath => Response::text(404, "404 page not found"),
            Failure::WrongMethod => service(405, "method not allowed"),
            Failure::Broken => service(500, "internal server error"),
            Failure::AnswerLost => Response::text(504, "upstream request timeout"),
        }
    }
}

/// The body of a refusal by Heimdall, as it was captured.
pub(super) fn refusal(status: u16, message: &str) -> Value {
    json!({"allow": false, "error": {"message": message, "status": status}})
}

fn ingress_error(status: u16, message: &str) -> Response {
    Response::json(status, &refusal(status, message))
}

fn service_error(form: ErrorForm, status: u16, message: &str) -> Response {
    match form {
        ErrorForm::Nested => {
            Response::json(status, &json!({"error": {"status": status, "message": message}}))
        }
        ErrorForm::Flat => Response::json(status, &json!({"status": status, "message": message})),
        ErrorForm::Text => Response::text(status, message),
    }
}

fn invalid_text(form: FormatOfInvalid, operation: Operation, scope: Scope, reason: &str) -> String {
    let doing = match operation {
        Operation::Validating => "validating",
        Operation::Deleting => "deleting",
    };
    let what = match scope {
        Scope::Workspace => "resource",
        Scope::Instance => "instance resource",
    };
    match form {
        FormatOfInvalid::Reason => reason.to_owned(),
        FormatOfInvalid::Operation => format!("failure {doing} {what} : {reason}"),
        FormatOfInvalid::Full => format!("Invalid Parameter - failure {doing} {what} : {reason}"),
    }
}
