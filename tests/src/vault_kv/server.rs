use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Method;
use serde_json::{Map, Value};

use super::engine::{Call, Engine};
use super::failure::Failure;
use super::login::{AppRole, Life, Logins, Role, Token};
use super::policy::Policy;
use super::system;
use crate::serve::{Request, Response, Service};

/// How this server differs from another one.
#[derive(Clone, Debug)]
pub struct Options {
    /// The namespaces besides the root, which only some editions have.
    pub namespaces: Vec<String>,
    /// Where a key-value engine is mounted in each namespace.
    pub mounts: Vec<String>,
    /// Whether it knows `PATCH`, as servers since 2021 do.
    pub has_patch: bool,
    /// Whether writes without check-and-set are refused.
    pub cas_required: bool,
}

impl Default for Options {
    fn default() -> Self {
        let mounts = vec!["secret".to_owned()];
        Options { namespaces: Vec::new(), mounts, has_patch: true, cas_required: false }
    }
}

/// A server in memory. It is a [`Service`] for [`Server`](crate::serve::Server).
pub struct Vault {
    options: Options,
    state: Mutex<State>,
}

struct State {
    spaces: BTreeMap<String, Space>,
    is_sealed: bool,
}

/// A namespace; the root has an empty name.
#[derive(Debug, Default)]
pub(super) struct Space {
    pub(super) mounts: BTreeMap<String, Engine>,
    logins: Logins,
}

/// The rights that the documentation of the connector asks for.
const USUAL: &[(&str, &[&str])] = &[
    ("secret/data/*", &["create", "read", "update", "patch", "delete"]),
    ("secret/metadata/*", &["list", "read", "update", "patch", "delete"]),
    ("secret/delete/*", &["update"]),
];

impl Vault {
    /// An unsealed server without secrets.
    pub fn new(options: Options) -> Self {
        let names = options.namespaces.iter().map(String::as_str).chain([""]);
        let space = || Space {
            mounts: options.mounts.iter().map(|mount| (mount.clone(), Engine::default())).collect(),
            logins: Logins::default(),
        };
        let spaces = names.map(|name| (name.to_owned(), space())).collect();
        Vault { state: Mutex::new(State { spaces, is_sealed: false }), options }
    }

    /// A token with all the rights that the connector can use at the mount `secret`.
    pub fn usual_token(&self, namespace: &str) -> String {
        self.add_token(namespace, USUAL)
    }

    /// A token that may do everything.
    pub fn root_token(&self, namespace: &str) -> String {
        self.issue(namespace, Policy::root(), Life::Endless)
    }

    /// A token with these rights.
    pub fn add_token(&self, namespace: &str, rules: &[(&str, &[&str])]) -> String {
        self.issue(namespace, Policy::new(rules), Life::Endless)
    }

    /// A role with the usual rights, whose tokens are good for so many requests; none for all.
    pub fn add_role(&self, namespace: &str, requests: Option<usize>) -> AppRole {
        let role = AppRole {
            role_id: "59d6d1ca-47bb-4e7e-a40b-8be3bc5a0ba8".to_owned(),
            secret_id: "84896a0c-1347-aa90-a4f6-aca8b7558780".to_owned(),
        };
        let life = requests.map_or(Life::Endless, Life::Requests);
        let own = Role { role: role.clone(), policy: Policy::new(USUAL), life };
        self.lock().space(namespace).logins.roles.push(own);
        role
    }

    /// How many tokens were given out in a namespace.
    pub fn tokens_issued(&self, namespace: &str) -> u32 {
        self.lock().space(namespace).logins.issued()
    }

    /// Forgets all tokens, as when they are revoked.
    pub fn revoke_tokens(&self, namespace: &str) {
        self.lock().space(namespace).logins.tokens.clear();
    }

    /// Seals or unseals the server.
    pub fn seal(&self, is_sealed: bool) {
        self.lock().is_sealed = is_sealed;
    }

    /// The current data of a secret; none if it is deleted or not there.
    pub fn data(&self, namespace: &str, mount: &str, key: &str) -> Option<Map<String, Value>> {
        let mut state = self.lock();
        let key = state.space(namespace).mounts.get(mount)?.keys.get(key)?;
        let version = key.versions.get(&key.current).filter(|version| version.is_live());
        version.map(|version| version.data.clone())
    }

    /// The custom metadata of a secret.
    pub fn custom(&self, namespace: &str, mount: &str, key: &str) -> Option<Map<String, Value>> {
        let mut state = self.lock();
        state.space(namespace).mounts.get(mount)?.keys.get(key)?.custom.clone()
    }

    /// How many versions a secret has, deleted ones included.
    pub fn versions(&self, namespace: &str, mount: &str, key: &str) -> usize {
        let mut state = self.lock();
        let key = state.space(namespace).mounts.get(mount).and_then(|own| own.keys.get(key));
        key.map_or(0, |key| key.versions.len())
    }

    fn issue(&self, namespace: &str, policy: Policy, life: Life) -> String {
        let token = Token { policy, display_name: "token-ann".to_owned(), life };
        self.lock().space(namespace).logins.issue(namespace, token)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, request: &Request) -> Result<Response, Failure> {
        let mut state = self.lock();
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let Some((&"v1", path)) = segments.split_first() else { return Err(Failure::Nothing) };
        if path == ["sys", "health"] {
            return Ok(system::health(request, state.is_sealed));
        }
        if state.is_sealed {
            return Err(Failure::Sealed);
        }
        let namespace = request.header("x-vault-namespace").unwrap_or_default().trim_matches('/');
        let route = || Failure::NoRoute(path.join("/"));
        let space = state.spaces.get_mut(namespace).ok_or_else(route)?;
        if path == ["auth", "approle", "login"] && request.method == Method::POST {
            return space.logins.app_role(namespace, request);
        }
        // A token of another namespace is none in this one.
        let (text, token) = space.logins.identify(request)?;
        match path {
            ["auth", "token", "lookup-self"] => Ok(system::lookup_self(&text, &token)),
            ["sys", "capabilities-self"] => system::capabilities(&token, request),
            ["sys", "internal", "ui", "mounts", rest @ ..] => {
                system::mount(space, &token, &rest.join("/"))
            }
            _ => self.engine(space, &token, request, path),
        }
    }

    fn engine(
        &self,
        space: &mut Space,
        token: &Token,
        request: &Request,
        path: &[&str],
    ) -> Result<Response, Failure> {
        let whole = path.join("/");
        let mount =
            space.mounts.keys().find(|mount| whole.starts_with(&format!("{mount}/"))).cloned();
        let mount = mount.ok_or_else(|| Failure::NoRoute(whole.clone()))?;
        let inside = whole[mount.len() + 1..].to_owned();
        let (part, key) = inside.split_once('/').unwrap_or((&inside, ""));
        let policy = &token.policy;
        let call = Call { options: &self.options, policy, request, path: &whole, part, key };
        space.mounts.entry(mount).or_default().answer(&call)
    }
}

impl State {
    fn space(&mut self, namespace: &str) -> &mut Space {
        self.spaces.entry(namespace.to_owned()).or_default()
    }
}

impl Service for Vault {
    fn answer(&self, request: &Request) -> Response {
        self.respond(request).unwrap_or_else(|failure| failure.answer())
    }
}
