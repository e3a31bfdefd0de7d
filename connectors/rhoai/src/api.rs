//! Calls to the cluster.

use connhub_sdk::{Host, Request, Response, Target, path};

use crate::object::Object;
use crate::status::{Failure, Refusal};

/// The endpoint's name in `needs.toml`.
const ENDPOINT: &str = "cluster";

/// Who wrote a field, in the cluster's records.
pub(crate) const FIELD_MANAGER: &str = "connhub";

/// Sends a request; an answer that is no success is a failure.
pub(crate) fn call(host: &Host, request: Request<'_>) -> Result<Response, Failure> {
    let response = host.send(ENDPOINT, request)?;
    if response.is_success() {
        return Ok(response);
    }
    Err(Failure::Refused(Box::new(Refusal::of_response(&response))))
}

/// Reads a Secret.
pub(crate) fn read_secret(host: &Host, project: &str, name: &str) -> Result<Object, Failure> {
    Ok(call(host, Request::get(secret_path(project, name)))?.json()?)
}

pub(crate) fn secrets_path(project: &str) -> String {
    path(["api", "v1", "namespaces", project, "secrets"])
}

pub(crate) fn secret_path(project: &str, name: &str) -> String {
    path(["api", "v1", "namespaces", project, "secrets", name])
}

/// Adds the parameters of every write. A field that the server does not know is an error, not ignored.
pub(crate) fn as_write<'a>(request: Request<'a>, target: &Target) -> Request<'a> {
    let request = request.query("fieldManager", FIELD_MANAGER).query("fieldValidation", "Strict");
    if target.dry_run { request.query("dryRun", "All") } else { request }
}

/// The warnings that the server puts in headers, in words.
pub(crate) fn warnings(response: &Response) -> Vec<String> {
    let warnings = response.headers.iter().filter(|header| header.name == "warning");
    warnings.filter_map(|header| warning_text(&header.value)).collect()
}

/// The text of `299 - "TEXT"` (RFC 7234 §5.5).
fn warning_text(header: &str) -> Option<String> {
    let (_, quoted) = header.split_once('"')?;
    let text = quoted.rsplit_once('"').map_or(quoted, |(text, _)| text);
    Some(format!("the cluster warns: {}", text.replace("\\\"", "\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_taken_out_of_their_header() {
        let check = |header: &str, expected: Option<&str>| {
            assert_eq!(warning_text(header).as_deref(), expected);
        };
        check(r#"299 - "unknown field \"x\"""#, Some(r#"the cluster warns: unknown field "x""#));
        check("299 - nothing", None);
    }
}
