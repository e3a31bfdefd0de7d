//! How much of a Kubernetes cluster a request is about. The forms of paths are those of the API conventions.

use crate::policy::CheckedPath;

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'p> {
    /// The server, its kinds, or the caller alone.
    Nothing,
    /// One namespace.
    Namespace(&'p str),
    /// Anything else, so possibly all of them.
    Cluster,
}

/// Groups that answer questions about the caller.
const REVIEWS: [&str; 2] = ["authentication.k8s.io", "authorization.k8s.io"];

/// What a request is about, by its path.
pub fn reach<'p>(method: &str, path: &'p CheckedPath) -> Reach<'p> {
    let segments: Vec<&str> = path.segments().iter().map(String::as_str).collect();
    match segments[..] {
        ["version" | "api" | "apis"] | ["api", _] | ["apis", _] | ["apis", _, _] => Reach::Nothing,
        ["apis", group, _, kind] if REVIEWS.contains(&group) && is_review(method, kind) => {
            Reach::Nothing
        }
        ["api", _, "namespaces", name, ..] | ["apis", _, _, "namespaces", name, ..]
            if !name.is_empty() =>
        {
            Reach::Namespace(name)
        }
        _ => Reach::Cluster,
    }
}

/// Reviews about the caller itself; those about others are `subjectaccessreviews` and `tokenreviews`.
fn is_review(method: &str, kind: &str) -> bool {
    method == "POST" && kind.starts_with("selfsubject") && kind.ends_with("reviews")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_where_the_api_conventions_put_it() {
        let check = |request: &str, expected: Reach<'_>| {
            let (method, path) = request.split_once(' ').unwrap();
            let path = CheckedPath::parse(path).unwrap();
            assert_eq!(reach(method, &path), expected, "{request}");
        };
        check("GET /version", Reach::Nothing);
        check("GET /apis", Reach::Nothing);
        check("GET /apis/apps/v1", Reach::Nothing);
        check("GET /api/v1/namespaces/fraud", Reach::Namespace("fraud"));
        check("GET /api/v1/namespaces/fraud/secrets/a", Reach::Namespace("fraud"));
        check("GET /api/v1/namespaces/%66raud/secrets", Reach::Namespace("fraud"));
        check("POST /apis/apps/v1/namespaces/fraud/deployments", Reach::Namespace("fraud"));
        check("GET /api/v1/namespaces", Reach::Cluster);
        check("GET /api/v1/namespaces/", Reach::Cluster);
        check("GET /api/v1/secrets", Reach::Cluster);
        check("GET /api/v1/watch/namespaces/fraud/secrets", Reach::Cluster);
        check("GET /apis/x/namespaces/fraud/secrets", Reach::Cluster);
        check("GET /apis/apps/v1/deployments", Reach::Cluster);
        check("GET /", Reach::Cluster);
        let review = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        check(&format!("POST /{review}"), Reach::Nothing);
        check(&format!("GET /{review}"), Reach::Cluster);
        check("POST /apis/authorization.k8s.io/v1/subjectaccessreviews", Reach::Cluster);
        check("POST /apis/example.com/v1/selfsubjectaccessreviews", Reach::Cluster);
    }
}
