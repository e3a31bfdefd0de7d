use super::certificate;
use super::status::{Failure, unauthorized};
use super::user::{Binding, User};
use crate::serve::Request;

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) name: String,
    /// Only token users have one.
    pub(super) uid: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) bindings: Vec<Binding>,
}

impl Identity {
    pub(super) fn is_anonymous(&self) -> bool {
        self.groups.iter().any(|group| group == UNAUTHENTICATED)
    }

    fn anonymous() -> Self {
        Identity {
            name: String::from("system:anonymous"),
            uid: None,
            groups: vec![UNAUTHENTICATED.to_owned()],
            bindings: Vec::new(),
        }
    }

    fn of_token(user: &User) -> Self {
        Identity {
            name: user.name.clone(),
            uid: Some(format!("uid-{}", user.name)),
            groups: authenticated(&user.groups),
            bindings: user.bindings.clone(),
        }
    }

    fn of_certificate(subject: certificate::Subject, users: &[User]) -> Self {
        let known = users.iter().find(|user| user.name == subject.common_name);
        Identity {
            name: subject.common_name,
            uid: None,
            groups: authenticated(&subject.organizations),
            bindings: known.map_or_else(Vec::new, |user| user.bindings.clone()),
        }
    }
}

const UNAUTHENTICATED: &str = "system:unauthenticated";

/// Looks at the client certificate first, then at the bearer token. Without either the user is
/// anonymous; a token that nobody has is an error.
pub(super) fn authenticate(request: &Request, users: &[User]) -> Result<Identity, Failure> {
    let subject = request.client_certificate.as_deref().and_then(certificate::subject);
    if let Some(subject) = subject {
        return Ok(Identity::of_certificate(subject, users));
    }
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let Some(token) = bearer.map(str::trim).filter(|token| !token.is_empty()) else {
        return Ok(Identity::anonymous());
    };
    let user = users.iter().find(|user| user.token.as_deref() == Some(token));
    user.map(Identity::of_token).ok_or_else(unauthorized)
}

fn authenticated(groups: &[String]) -> Vec<String> {
    let mut groups = groups.to_vec();
    groups.push(String::from("system:authenticated"));
    groups
}
