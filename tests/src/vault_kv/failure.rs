use serde_json::json;

use crate::serve::Response;

/// Why a request is not answered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// 400 with a reason.
    Invalid(String),
    /// 403: a token that is none, or none any more.
    Token,
    /// 403: the policy of the token does not allow it.
    Denied,
    /// 404 without a word: nothing is there.
    Nothing,
    /// 404: no engine is mounted there.
    NoRoute(String),
    /// 405.
    Unsupported,
    /// 503.
    Sealed,
}

impl Failure {
    pub(super) fn answer(&self) -> Response {
        let (status, message) = match self {
            Failure::Invalid(reason) => (400, reason.clone()),
            Failure::Token => {
                let text = "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n";
                (403, text.to_owned())
            }
            Failure::Denied => (403, "1 error occurred:\n\t* permission denied\n\n".to_owned()),
            Failure::Nothing => return Response::json(404, &json!({"errors": []})),
            Failure::NoRoute(path) => {
                (404, format!("no handler for route {path:?}. route entry not found."))
            }
            Failure::Unsupported => {
                (405, "1 error occurred:\n\t* unsupported operation\n\n".into())
            }
            Failure::Sealed => (503, "Vault is sealed".to_owned()),
        };
        Response::json(status, &json!({"errors": [message]}))
    }
}
