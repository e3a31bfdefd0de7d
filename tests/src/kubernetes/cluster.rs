use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use serde_json::Value;

use super::authentication::{Identity, authenticate};
use super::authorization::{Role, authorize};
use super::call::Call;
use super::discovery::{self, Installed};
use super::request_info::{RequestInfo, ResourceRequest, request_info};
use super::resource_type::{NAMESPACES, ResourceType, SECRETS, Scope, TYPES, Verbs};
use super::seed;
use super::status::{self, Failure};
use super::store::{Key, Store};
use super::user::User;
use super::{create, delete, openshift, read, review, stamp, update};
use crate::serve::{Request, Response, Service};

/// The largest body that a real API server reads, in bytes.
const MAX_BODY: usize = 3 * 1024 * 1024;

/// What a new cluster is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether OpenShift AI is installed: its types, a DataScienceCluster, a DSCInitialization.
    pub rhoai: bool,
    /// Whether the groups of OpenShift are there: projects and users.
    pub openshift: bool,
    /// The namespaces that exist from the beginning.
    pub namespaces: Vec<String>,
}

impl Default for Options {
    /// OpenShift AI on plain Kubernetes with the namespace `fraud`.
    fn default() -> Self {
        Options { rhoai: true, openshift: false, namespaces: vec![String::from("fraud")] }
    }
}

/// A Kubernetes API server in memory, as far as data connections need one.
///
/// It has five users, whose tokens are `token-NAME`: `admin` (of the whole cluster), `owner`,
/// `editor` and `viewer` (the roles admin, edit and view in each of the first namespaces) and
/// `nobody`. Left out are: watches, YAML and protobuf answers, aggregated discovery,
/// finalizers, owner references that act, and the content of groups that connections do not touch.
pub struct Cluster {
    state: Mutex<State>,
}

struct State {
    store: Store,
    users: Vec<User>,
    installed: Installed,
}

impl Cluster {
    /// A new cluster.
    pub fn new(options: Options) -> Arc<Cluster> {
        let Options { rhoai, openshift, namespaces } = options;
        let users = standard_users(&namespaces);
        let installed = Installed { rhoai: false, openshift };
        let state = State { store: Store::default(), users, installed };
        let cluster = Cluster { state: Mutex::new(state) };
        for namespace in &namespaces {
            cluster.add_namespace(namespace);
        }
        if rhoai {
            cluster.install_rhoai();
        }
        Arc::new(cluster)
    }

    /// Adds a user, or replaces the one of the same name.
    pub fn add_user(&self, user: User) {
        let mut state = self.lock();
        state.users.retain(|other| other.name != user.name);
        state.users.push(user);
    }

    /// Gives a user one role more, in a namespace.
    pub fn bind(&self, user: &str, role: Role, namespace: &str) {
        let mut state = self.lock();
        if let Some(user) = state.users.iter_mut().find(|other| other.name == user) {
            *user = user.clone().in_namespace(role, namespace);
        }
    }

    /// Adds a namespace as the cluster's controllers leave it: with the configuration map that
    /// holds the cluster's certificate authority.
    pub fn add_namespace(&self, name: &str) {
        seed::namespace(&mut self.lock().store, name);
    }

    /// Ends the deletion of a namespace: its objects and itself are gone.
    pub fn finish_termination(&self, namespace: &str) {
        self.lock().store.remove_namespace(namespace);
    }

    /// Adds data connections `aws-connection-00000`, `aws-connection-00001`, … to a namespace.
    pub fn seed_secrets(&self, namespace: &str, count: usize) {
        seed::secrets(&mut self.lock().store, namespace, count);
    }

    /// Adds an object of any stored type: `notebooks`, `inferenceservices`, `configmaps`, …
    ///
    /// # Panics
    ///
    /// If there is no such type, or the object has no `metadata.name`.
    pub fn seed_object(&self, resource: &str, namespace: &str, object: Value) {
        seed::object(&mut self.lock().store, resource, namespace, object);
    }

    /// Installs OpenShift AI.
    pub fn install_rhoai(&self) {
        let mut state = self.lock();
        state.installed.rhoai = true;
        seed::rhoai(&mut state.store);
    }

    /// Removes OpenShift AI: its types and all objects of them.
    pub fn remove_rhoai(&self) {
        let mut state = self.lock();
        state.installed.rhoai = false;
        seed::remove_rhoai(&mut state.store);
    }

    /// Forgets the past, as etcd does every few minutes: continue tokens that were given out
    /// before expire.
    pub fn compact(&self) {
        self.lock().store.compact();
    }

    /// A secret as it is stored, with its values in base64.
    pub fn secret(&self, namespace: &str, name: &str) -> Option<Value> {
        let state = self.lock();
        let stored = state.store.get(&Key::new(&SECRETS, namespace, name))?;
        Some(stored.object())
    }

    /// An object of any stored type.
    pub fn object(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let of = TYPES.iter().find(|of| of.plural == resource)?;
        Some(self.lock().store.get(&Key::new(of, namespace, name))?.object())
    }

    /// The names of all secrets of a namespace.
    pub fn secret_names(&self, namespace: &str) -> Vec<String> {
        let state = self.lock();
        let all = state.store.list(&SECRETS, Some(namespace), ("", ""), state.store.revision());
        all.map(|(key, _)| key.name.clone()).collect()
    }

    /// The token of a user.
    pub fn token(&self, user: &str) -> Option<String> {
        let state = self.lock();
        state.users.iter().find(|other| other.name == user)?.token.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Cluster {
    fn answer(&self, request: &Request) -> Response {
        let answer = self.lock().handle(request).unwrap_or_else(Response::from);
        with_server_headers(answer)
    }

    fn max_body(&self) -> usize {
        MAX_BODY
    }

    fn too_large(&self) -> Response {
        with_server_headers(status::too_large(MAX_BODY).into())
    }
}

impl State {
    fn handle(&mut self, request: &Request) -> Result<Response, Failure> {
        let user = authenticate(request, &self.users)?;
        let info = request_info(request);
        authorize(&user, &info)?;
        match &info {
            RequestInfo::Path { .. } => discovery::answer(request, self.installed),
            RequestInfo::Resource(info) => self.resource(request, info, &user),
        }
    }

    fn resource(
        &mut self,
        request: &Request,
        info: &ResourceRequest,
        user: &Identity,
    ) -> Result<Response, Failure> {
        if !self.installed.serves(&info.group, &info.version) {
            return Err(Failure::NoSuchPath);
        }
        let of = self.installed.find(&info.group, &info.version, &info.resource);
        let of = of.filter(|of| info.subresource.is_empty() && is_in_place(of, info));
        let of = of.ok_or_else(status::unknown_resource)?;
        let call = Call { request, info, of, user, now: stamp::now() };
        self.dispatch(&call)
    }

    fn dispatch(&mut self, call: &Call<'_>) -> Result<Response, Failure> {
        let store = &mut self.store;
        let is_collection = call.info.name.is_empty();
        match (call.of.verbs, &call.request.method, is_collection) {
            (Verbs::CreateOnly, &Method::POST, true) => review::review(call),
            (Verbs::ReadOnly, &Method::GET | &Method::HEAD, _) => openshift::read(call, store),
            (Verbs::CreateOnly | Verbs::ReadOnly, ..) => Err(status::method_not_allowed()),
            (_, &Method::GET | &Method::HEAD, true) => read::list(call, store),
            (_, &Method::GET | &Method::HEAD, false) => read::get(call, store),
            _ if is_everywhere(call) => Err(status::method_not_allowed()),
            (_, &Method::POST, true) => create::create(call, store),
            (_, &Method::PUT, false) => update::put(call, store),
            (_, &Method::PATCH, false) => update::patch(call, store),
            (_, &Method::DELETE, false) => delete::delete(call, store),
            (_, &Method::DELETE, true) if *call.of != NAMESPACES => {
                delete::delete_collection(call, store)
            }
            _ => Err(status::method_not_allowed()),
        }
    }
}

/// Objects of the cluster are not found in namespaces.
fn is_in_place(of: &ResourceType, info: &ResourceRequest) -> bool {
    of.scope == Scope::Namespaced || info.namespace.is_empty() || *of == NAMESPACES
}

/// Objects of all namespaces can be read together, but not written.
fn is_everywhere(call: &Call<'_>) -> bool {
    call.of.scope == Scope::Namespaced && call.info.namespace.is_empty()
}

/// What every answer of a real server carries.
fn with_server_headers(answer: Response) -> Response {
    answer.header("audit-id", &stamp::uid()).header("cache-control", "no-cache, private")
}

fn standard_users(namespaces: &[String]) -> Vec<User> {
    let in_all = |name: &str, role: Role| {
        let user = User::new(name);
        namespaces.iter().fold(user, |user, namespace| user.in_namespace(role, namespace))
    };
    vec![
        User::new("admin").group("system:masters"),
        in_all("owner", Role::Admin).group("owners"),
        in_all("editor", Role::Edit).group("editors"),
        in_all("viewer", Role::View).group("viewers"),
        User::new("nobody"),
    ]
}
