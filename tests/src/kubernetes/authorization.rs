use super::authentication::Identity;
use super::request_info::{RequestInfo, ResourceRequest};
use super::status::{self, Failure, Subject};

/// The cluster roles that every cluster has, as far as they matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    ClusterAdmin,
    /// Everything in a namespace but its quotas and itself.
    Admin,
    /// As `Admin`, but no roles.
    Edit,
    /// Reading, but no secrets.
    View,
}

/// What a question is about: a request, or what somebody asks by a SelfSubjectAccessReview.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes<'a> {
    pub(super) verb: &'a str,
    pub(super) group: &'a str,
    pub(super) resource: &'a str,
    pub(super) namespace: &'a str,
}

/// The groups whose objects users own in their projects. The operator adds them to the roles.
const PROJECT_GROUPS: [&str; 3] =
    ["kubeflow.org", "serving.kserve.io", "datasciencepipelinesapplications.opendatahub.io"];

const READ_VERBS: [&str; 3] = ["get", "list", "watch"];

const PUBLIC_PATHS: [&str; 6] =
    ["/healthz", "/livez", "/readyz", "/version", "/version/", "/.well-known"];

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::ClusterAdmin => "cluster-admin",
            Role::Admin => "admin",
            Role::Edit => "edit",
            Role::View => "view",
        }
    }

    fn allows(self, asked: Attributes<'_>) -> bool {
        let reads = READ_VERBS.contains(&asked.verb);
        let ours = PROJECT_GROUPS.contains(&asked.group);
        match (self, asked.group, asked.resource) {
            (Role::ClusterAdmin, ..) => true,
            (Role::View, "", "secrets") => false,
            (Role::View, "", _) => reads && is_project_content(asked.resource),
            (_, "", "namespaces" | "events" | "resourcequotas" | "limitranges") => reads,
            (_, "", resource) => is_project_content(resource),
            (Role::View, ..) => reads && ours,
            (Role::Admin, "rbac.authorization.k8s.io", "roles" | "rolebindings") => true,
            _ => ours,
        }
    }
}

impl Identity {
    /// Whether the user may, and the rule that says so (empty for members of `system:masters`).
    pub(super) fn may(&self, asked: Attributes<'_>) -> Option<String> {
        if self.groups.iter().any(|group| group == "system:masters") {
            return Some(String::new());
        }
        if !self.is_anonymous() && is_self_review(asked) {
            return Some(String::from(
                "RBAC: allowed by ClusterRoleBinding \"system:basic-user\" of ClusterRole \
                 \"system:basic-user\" to Group \"system:authenticated\"",
            ));
        }
        let binding = self.bindings.iter().find(|binding| {
            let here = binding.namespace.as_deref().is_none_or(|own| own == asked.namespace);
            here && binding.role.allows(asked)
        })?;
        let role = binding.role.name();
        let bound = match &binding.namespace {
            Some(namespace) => format!("RoleBinding \"{role}/{namespace}\""),
            None => format!("ClusterRoleBinding {role:?}"),
        };
        Some(format!("RBAC: allowed by {bound} of ClusterRole {role:?} to User {:?}", self.name))
    }

    fn is_cluster_admin(&self) -> bool {
        let asked = Attributes { verb: "*", group: "*", resource: "*", namespace: "" };
        self.may(asked).is_some()
    }

    fn may_path(&self, verb: &str, path: &str) -> bool {
        let is_read = verb == "get" || verb == "head";
        let is_discovery = ["/api", "/apis", "/openapi"].iter().any(|root| {
            let rest = path.strip_prefix(root);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let public = PUBLIC_PATHS.contains(&path);
        let open = is_read && (public || (is_discovery && !self.is_anonymous()));
        open || self.is_cluster_admin()
    }
}

/// Refuses what the user may not do. This happens before anything is looked up, so a refusal
/// does not tell whether an object or even its type exists.
pub(super) fn authorize(user: &Identity, info: &RequestInfo) -> Result<(), Failure> {
    match info {
        RequestInfo::Path { verb, path } if !user.may_path(verb, path) => {
            Err(status::forbidden_path(&user.name, verb, path))
        }
        RequestInfo::Resource(info) if user.may(attributes(info)).is_none() => {
            Err(refusal(user, info))
        }
        _ => Ok(()),
    }
}

fn attributes(info: &ResourceRequest) -> Attributes<'_> {
    let ResourceRequest { verb, group, resource, namespace, .. } = info;
    Attributes { verb, group, resource, namespace }
}

fn refusal(user: &Identity, info: &ResourceRequest) -> Failure {
    let ResourceRequest { verb, group, resource, subresource, namespace, name, .. } = info;
    let full = match subresource.as_str() {
        "" => resource.clone(),
        part => format!("{resource}/{part}"),
    };
    let place = match namespace.as_str() {
        "" => String::from("at the cluster scope"),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let why = format!(
        "User {:?} cannot {verb} resource {full:?} in API group {group:?} {place}",
        user.name
    );
    status::forbidden(Subject { group, resource, name }, &why)
}

fn is_self_review(asked: Attributes<'_>) -> bool {
    let question = (asked.verb, asked.group, asked.resource);
    matches!(
        question,
        ("create", "authentication.k8s.io", "selfsubjectreviews")
            | ("create", "authorization.k8s.io", "selfsubjectaccessreviews")
            | ("get", "user.openshift.io", "users")
            | ("get" | "list", "project.openshift.io", "projects")
    )
}

fn is_project_content(resource: &str) -> bool {
    let known = [
        "configmaps",
        "events",
        "limitranges",
        "namespaces",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "serviceaccounts",
        "services",
    ];
    known.contains(&resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::User;
    use crate::kubernetes::authentication::authenticate;

    fn identity(user: User) -> Identity {
        let token = user.token.clone().expect("a token");
        let mut headers = http::HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        let request = crate::serve::Request {
            method: http::Method::GET,
            path: String::from("/"),
            query: Vec::new(),
            headers,
            body: bytes::Bytes::new(),
            client_certificate: None,
        };
        authenticate(&request, &[user]).expect("the token is known")
    }

    #[test]
    fn roles() {
        let check = |role, verb, resource, namespace, expected| {
            let user = identity(User::new("u").in_namespace(role, "demo"));
            let asked = Attributes { verb, group: "", resource, namespace };
            assert_eq!(user.may(asked).is_some(), expected, "{role:?} {asked:?}");
        };
        check(Role::View, "list", "secrets", "demo", false);
        check(Role::View, "list", "configmaps", "demo", true);
        check(Role::View, "create", "configmaps", "demo", false);
        check(Role::View, "get", "namespaces", "demo", true);
        check(Role::Edit, "create", "secrets", "demo", true);
        check(Role::Edit, "create", "secrets", "other", false);
        check(Role::Edit, "list", "secrets", "", false);
        check(Role::Admin, "delete", "namespaces", "demo", false);
        check(Role::ClusterAdmin, "delete", "namespaces", "demo", true);
    }

    #[test]
    fn paths() {
        let check = |user: &Identity, verb, path, expected| {
            assert_eq!(user.may_path(verb, path), expected, "{} {verb} {path}", user.name);
        };
        let nobody = identity(User::new("nobody"));
        check(&nobody, "get", "/apis/any.group", true);
        check(&nobody, "get", "/apisx", false);
        check(&nobody, "post", "/version", false);
        check(&identity(User::new("root").everywhere(Role::ClusterAdmin)), "post", "/x", true);
    }
}
