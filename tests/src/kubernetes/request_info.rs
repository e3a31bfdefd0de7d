use http::Method;

use crate::serve::Request;

/// What a request is about, told from its method and path alone, as authorization sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RequestInfo {
    /// `/api/v1/…` or `/apis/GROUP/VERSION/…` with a resource.
    Resource(ResourceRequest),
    /// Everything else: discovery, health, version, unknown paths.
    Path {
        /// The method in lower case.
        verb: String,
        /// The path as it came.
        path: String,
    },
}

/// A request for objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResourceRequest {
    pub(super) verb: &'static str,
    /// Empty for the core group.
    pub(super) group: String,
    pub(super) version: String,
    /// Empty for a cluster-wide request.
    pub(super) namespace: String,
    pub(super) resource: String,
    pub(super) subresource: String,
    /// Empty for a collection.
    pub(super) name: String,
}

/// Reads method and path.
pub(super) fn request_info(request: &Request) -> RequestInfo {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let parsed = match segments.as_slice() {
        ["api", version, rest @ ..] if !rest.is_empty() => Some(("", *version, rest)),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => Some((*group, *version, rest)),
        _ => None,
    };
    let Some((group, version, rest)) = parsed else {
        let verb = request.method.as_str().to_lowercase();
        return RequestInfo::Path { verb, path: request.path.clone() };
    };
    let mut info = resource_path(rest);
    info.group = group.to_owned();
    info.version = version.to_owned();
    info.verb = verb(&request.method, &info);
    RequestInfo::Resource(info)
}

/// A namespace itself counts as being in that namespace: a role in it may allow to read it.
fn resource_path(segments: &[&str]) -> ResourceRequest {
    let (namespace, rest) = match segments {
        ["namespaces", namespace, rest @ ..] if is_content(rest) => (*namespace, rest),
        ["namespaces", namespace, ..] => (*namespace, segments),
        _ => ("", segments),
    };
    let part = |index: usize| rest.get(index).map_or(String::new(), |part| (*part).to_owned());
    ResourceRequest {
        namespace: namespace.to_owned(),
        resource: part(0),
        name: part(1),
        subresource: part(2),
        ..ResourceRequest::default()
    }
}

/// Whether what follows `namespaces/NAME` is a resource in it rather than a part of itself.
fn is_content(rest: &[&str]) -> bool {
    !matches!(rest, [] | ["status" | "finalize", ..])
}

fn verb(method: &Method, info: &ResourceRequest) -> &'static str {
    match (method.as_str(), info.name.is_empty()) {
        ("GET" | "HEAD", true) => "list",
        ("GET" | "HEAD", false) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", true) => "deletecollection",
        ("DELETE", false) => "delete",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn check(method: Method, path: &str, expected: Option<[&str; 6]>) {
        let request = Request {
            method,
            path: path.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            client_certificate: None,
        };
        let seen = match request_info(&request) {
            RequestInfo::Resource(info) => Some(info),
            RequestInfo::Path { .. } => None,
        };
        let seen = seen.as_ref().map(|info| {
            let ResourceRequest { verb, group, namespace, resource, subresource, name, .. } = info;
            [verb, group.as_str(), namespace, resource, name, subresource]
        });
        assert_eq!(seen, expected, "{path}");
    }

    #[test]
    fn paths() {
        check(Method::GET, "/api", None);
        check(Method::GET, "/api/v1", None);
        check(Method::GET, "/apis/g/v1/", None);
        check(Method::GET, "/api/v1/secrets", Some(["list", "", "", "secrets", "", ""]));
        check(
            Method::DELETE,
            "/api/v1/namespaces/demo/secrets/a",
            Some(["delete", "", "demo", "secrets", "a", ""]),
        );
        check(
            Method::GET,
            "/api/v1/namespaces/demo",
            Some(["get", "", "demo", "namespaces", "demo", ""]),
        );
        check(
            Method::PUT,
            "/api/v1/namespaces/demo/status",
            Some(["update", "", "demo", "namespaces", "demo", "status"]),
        );
        check(
            Method::POST,
            "/apis/kubeflow.org/v1/namespaces/demo/notebooks",
            Some(["create", "kubeflow.org", "demo", "notebooks", "", ""]),
        );
        check(
            Method::GET,
            "/apis/user.openshift.io/v1/users/~",
            Some(["get", "user.openshift.io", "", "users", "~", ""]),
        );
    }
}
