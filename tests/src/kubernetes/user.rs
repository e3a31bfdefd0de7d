use super::authorization::Role;

/// Somebody who may log in to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user name, and the common name of a client certificate.
    pub name: String,
    /// The bearer token, if there is one.
    pub token: Option<String>,
    /// Groups beside `system:authenticated`. A client certificate brings its own.
    pub groups: Vec<String>,
    /// What the user may do, and where.
    pub bindings: Vec<Binding>,
}

/// A role in one namespace, or everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The role.
    pub role: Role,
    /// The namespace, or `None` for all of them and what belongs to the cluster.
    pub namespace: Option<String>,
}

impl User {
    /// A user with the token `token-NAME` and no rights.
    pub fn new(name: &str) -> Self {
        User {
            name: name.to_owned(),
            token: Some(format!("token-{name}")),
            groups: Vec::new(),
            bindings: Vec::new(),
        }
    }

    /// The same user in one group more.
    pub fn group(mut self, group: &str) -> Self {
        self.groups.push(group.to_owned());
        self
    }

    /// The same user with a role in a namespace.
    pub fn in_namespace(mut self, role: Role, namespace: &str) -> Self {
        self.bindings.push(Binding { role, namespace: Some(namespace.to_owned()) });
        self
    }

    /// The same user with a role everywhere.
    pub fn everywhere(mut self, role: Role) -> Self {
        self.bindings.push(Binding { role, namespace: None });
        self
    }
}
