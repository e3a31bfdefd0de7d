use serde_json::{Map, Value, json};

use super::engine::answer;
use super::failure::Failure;
use super::login::{Life, Token};
use super::server::Space;
use crate::serve::{Request, Response};

/// `GET sys/health`, which needs no token.
pub(super) fn health(request: &Request, is_sealed: bool) -> Response {
    let status = match (is_sealed, request.query("sealedcode")) {
        (true, code) => code.and_then(|code| code.parse().ok()).unwrap_or(503),
        (false, _) => 200,
    };
    let body = json!({
        "initialized": true, "sealed": is_sealed, "standby": false, "performance_standby": false,
        "server_time_utc": 1_795_210_561, "version": "2.4.1", "cluster_name": "stand-in",
    });
    Response::json(status, &body)
}

/// `GET auth/token/lookup-self`. The first thing that it tells about a token is the token.
pub(super) fn lookup_self(text: &str, token: &Token) -> Response {
    let ttl = match token.life {
        Life::Endless => 0,
        Life::Requests(_) => 1200,
    };
    answer(json!({
        "accessor": "8609694a-cdbc-db9b-d345-e782dbb562ed", "id": text, "display_name": token.display_name,
        "policies": ["default", "connections"], "ttl": ttl, "path": "auth/token/create", "type": "service",
    }))
}

/// `GET sys/internal/ui/mounts/PATH`, which shows a mount to whoever may do anything in it.
pub(super) fn mount(space: &Space, token: &Token, path: &str) -> Result<Response, Failure> {
    let mount = path.trim_end_matches('/');
    match space.mounts.contains_key(mount) && token.policy.reaches(mount) {
        true => Ok(answer(json!({
            "type": "kv", "path": format!("{mount}/"), "options": {"version": "2"},
            "description": "key/value secret storage",
        }))),
        false => Err(Failure::Denied),
    }
}

/// `POST sys/capabilities-self`. It answers by path, below `data` and at the top.
pub(super) fn capabilities(token: &Token, request: &Request) -> Result<Response, Failure> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Failure::Invalid(format!("failed to parse JSON input: {error}")))?;
    let paths = body.get("paths").and_then(Value::as_array).into_iter().flatten();
    let by_path: Map<String, Value> = paths
        .filter_map(Value::as_str)
        .map(|path| (path.to_owned(), json!(token.policy.capabilities(path))))
        .collect();
    let mut whole = by_path.clone();
    whole.insert("data".to_owned(), Value::Object(by_path));
    Ok(Response::json(200, &Value::Object(whole)))
}
