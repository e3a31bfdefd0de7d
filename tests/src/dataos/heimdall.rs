use http::Method;
use serde_json::{Value, json};

use super::caller::{self, User};
use super::failure::{self, Failure};
use super::resource::Kind;
use super::state::Step;
use super::{AuthorizeToken, DataOs};
use crate::serve::{Request, Response};

/// Tells whose token it is. Anybody may ask: the token is in the body.
pub(super) fn authorize(dataos: &DataOs, request: &Request) -> Result<Response, Failure> {
    if request.method != Method::POST {
        return Err(Failure::WrongMethod);
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Failure::BadRequest(format!("could not parse the request: {error}")))?;
    let token = body["token"].as_str().filter(|token| !token.is_empty());
    let options = &dataos.options;
    let token = token.or_else(|| match options.authorize_token {
        AuthorizeToken::Body => None,
        AuthorizeToken::BodyOrHeader => caller::header_token(request, options.accepted_login),
    });
    let missing = || Failure::Login(String::from("missing auth tokens"));
    let verdict = token.ok_or_else(missing).and_then(caller::owner_of);
    dataos.perform(Step::Authorize, |_| match verdict {
        Ok(user) => Ok(Response::json(200, &accepted(user))),
        Err(Failure::Login(message)) => Ok(refused(options.refused_token_status, &message)),
        Err(other) => Err(other),
    })
}

/// Heimdall's other calls: the ids of the vault's entries, which no client needs to write.
pub(super) fn answer(
    dataos: &DataOs,
    request: &Request,
    segments: &[&str],
) -> Result<Response, Failure> {
    match (segments, &request.method) {
        (["api", "v1", "secrets"], &Method::GET) => list_secrets(dataos),
        (["api", "v1", "secrets"], _) => Err(Failure::WrongMethod),
        _ => Err(Failure::NoSuchPath),
    }
}

fn accepted(user: &User) -> Value {
    json!({"allow": true, "valid": true, "result": {"id": user.id, "tags": user.tags()}})
}

fn refused(status: u16, message: &str) -> Response {
    let mut body = failure::refusal(401, message);
    body["valid"] = json!(false);
    Response::json(status, &body)
}

fn list_secrets(dataos: &DataOs) -> Result<Response, Failure> {
    dataos.perform(Step::List, |state| {
        let secrets = state.resources.keys().filter(|key| key.kind == Kind::Secret);
        let ids: Vec<Value> = secrets.map(|key| json!({"id": key.reference()})).collect();
        Ok(Response::json(200, &Value::Array(ids)))
    })
}
