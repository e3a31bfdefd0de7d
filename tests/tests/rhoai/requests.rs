//! What a server was asked.

use connhub_tests::serve::{Recorded, Server};

/// Runs something, and returns what the server was asked meanwhile.
pub fn during<T>(server: &Server, action: impl FnOnce() -> T) -> (T, Vec<Recorded>) {
    let before = server.requests().len();
    let result = action();
    (result, server.requests().split_off(before))
}

/// Requests in one line each.
pub fn lines(requests: &[Recorded]) -> Vec<String> {
    requests.iter().map(line).collect()
}

/// Method, path and the decoded query.
pub fn line(request: &Recorded) -> String {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let pairs: String = pairs.map(|(name, value)| format!(" {name}={value}")).collect();
    format!("{} {path}{pairs}", request.method)
}

/// A header; empty if it is not there.
pub fn header<'a>(request: &'a Recorded, name: &str) -> &'a str {
    let value = request.headers.get(name).map(http::HeaderValue::to_str);
    value.and_then(Result::ok).unwrap_or_default()
}
