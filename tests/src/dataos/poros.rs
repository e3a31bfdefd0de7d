use serde_json::{Value, json};

use super::caller::{Role, User};
use super::failure::{Failure, Operation, Scope};
use super::lifecycle::{BuildFailure, Life};
use super::manifest::{self, Body, Manifest};
use super::paths::{Call, Parameters, Routed};
use super::resource::{Key, Kind, Resource};
use super::state::{State, Step};
use super::{DataOs, ListForm, UpdateOfAbsent};
use crate::serve::{Request, Response};

/// A host name that no network has: a depot that points there ends in error.
const UNREACHABLE: &str = "unreachable.invalid";

/// Answers what the resource manager is asked.
pub(super) fn answer(
    dataos: &DataOs,
    caller: &User,
    request: &Request,
    segments: &[&str],
) -> Result<Response, Failure> {
    let (scope, call, parameters) = route(dataos, request, segments)?;
    let tenant = parameters.tenant.as_deref().unwrap_or(dataos.options.default_tenant());
    dataos.must_have_tenant(tenant)?;
    let asked = Asked { dataos, caller, request, scope, tenant };
    match call {
        Call::Validate => asked.validate(),
        Call::Create => asked.create(),
        Call::Update => asked.update(&parameters),
        Call::List => asked.list(asked.kind(&parameters)?),
        Call::Read => asked.read(&asked.key(&parameters)?, Resource::to_json),
        Call::Runtime => asked.read(&asked.key(&parameters)?, runtime),
        Call::Delete => asked.delete(&asked.key(&parameters)?),
    }
}

fn route(
    dataos: &DataOs,
    request: &Request,
    segments: &[&str],
) -> Result<(Scope, Call, Parameters), Failure> {
    let options = &dataos.options;
    let sets =
        [(Scope::Workspace, &options.workspace_paths), (Scope::Instance, &options.instance_paths)];
    let mut failure = Failure::NoSuchPath;
    for (scope, paths) in sets {
        let Some(paths) = paths else { continue };
        match paths.route(&request.method, segments) {
            Routed::Call(call, parameters) => return Ok((scope, call, parameters)),
            Routed::WrongMethod => failure = Failure::WrongMethod,
            Routed::Nowhere => {}
        }
    }
    Err(failure)
}

/// One request, with all that its answer depends on.
struct Asked<'a> {
    dataos: &'a DataOs,
    caller: &'a User,
    request: &'a Request,
    scope: Scope,
    tenant: &'a str,
}

impl Asked<'_> {
    fn validate(&self) -> Result<Response, Failure> {
        self.caller.must_write()?;
        let manifest = self.manifest()?;
        self.dataos.perform(Step::Validate, |state| {
            self.check_references(state, &manifest)?;
            Ok(Response::json(200, &json!({})))
        })
    }

    fn create(&self) -> Result<Response, Failure> {
        self.caller.must_write()?;
        let manifest = self.manifest()?;
        let step = match manifest.key.kind {
            Kind::Secret => Step::CreateSecret,
            Kind::Depot => Step::CreateDepot,
        };
        self.dataos.perform(step, |state| {
            self.check_references(state, &manifest)?;
            if state.resources.contains_key(&manifest.key) {
                return Err(Failure::Exists(format!("{} already exists", manifest.key.id())));
            }
            Ok(self.insert(state, manifest))
        })
    }

    fn update(&self, parameters: &Parameters) -> Result<Response, Failure> {
        self.caller.must_write()?;
        let manifest = self.manifest()?;
        self.must_match(parameters, &manifest.key)?;
        let step = match manifest.key.kind {
            Kind::Secret => Step::UpdateSecret,
            Kind::Depot => Step::UpdateDepot,
        };
        self.dataos.perform(step, |state| {
            self.check_references(state, &manifest)?;
            match (state.resources.get(&manifest.key), self.dataos.options.update_of_absent) {
                (Some(resource), _) => self.must_edit(resource)?,
                (None, UpdateOfAbsent::NotFound) => return Err(not_found(&manifest.key)),
                (None, UpdateOfAbsent::Creates) => return Ok(self.insert(state, manifest)),
            }
            self.replace(state, manifest)
        })
    }

    fn list(&self, kind: Kind) -> Result<Response, Failure> {
        let options = &self.dataos.options;
        let (parameter, value) = &options.all_owners;
        let all = self.request.query(parameter) == Some(value);
        self.dataos.perform(Step::List, |state| {
            let resources = state.in_tenant(self.tenant, kind);
            let seen = resources.filter(|resource| all || resource.owner == self.caller.id);
            let seen: Vec<Value> = seen.map(Resource::to_json).collect();
            let body = match options.resource_list {
                ListForm::Array => Value::Array(seen),
                ListForm::Wrapped => json!({"resources": seen}),
            };
            Ok(Response::json(200, &body))
        })
    }

    fn read(&self, key: &Key, show: fn(&Resource) -> Value) -> Result<Response, Failure> {
        let step = match key.kind {
            Kind::Secret => Step::ReadSecret,
            Kind::Depot => Step::ReadDepot,
        };
        self.dataos.perform(step, |state| {
            let resource = state.resources.get_mut(key).ok_or_else(|| not_found(key))?;
            resource.life.observe(self.dataos.options.activation);
            Ok(Response::json(200, &show(resource)))
        })
    }

    fn delete(&self, key: &Key) -> Result<Response, Failure> {
        self.caller.must_write()?;
        let step = match key.kind {
            Kind::Secret => Step::DeleteSecret,
            Kind::Depot => Step::DeleteDepot,
        };
        self.dataos.perform(step, |state| {
            self.must_edit(state.resources.get(key).ok_or_else(|| not_found(key))?)?;
            if let (Kind::Secret, Some(depot)) = (key.kind, state.dependent(key)) {
                return Err(self.blocked(depot));
            }
            let gone = state.resources.remove(key).ok_or_else(|| not_found(key))?;
            Ok(self.deleted(&gone))
        })
    }

    fn manifest(&self) -> Result<Manifest, Failure> {
        let read = manifest::read(&self.request.body, self.tenant, &self.dataos.options);
        read.map_err(|reason| self.invalid(reason))
    }

    fn kind(&self, parameters: &Parameters) -> Result<Kind, Failure> {
        let word = parameters.kind.as_deref().unwrap_or_default();
        word.parse().map_err(|reason| self.invalid(reason))
    }

    fn key(&self, parameters: &Parameters) -> Result<Key, Failure> {
        let name = parameters.name.clone().unwrap_or_default();
        Ok(Key { tenant: self.tenant.to_owned(), kind: self.kind(parameters)?, name })
    }

    fn must_match(&self, parameters: &Parameters, key: &Key) -> Result<(), Failure> {
        let kind_differs =
            parameters.kind.as_ref().is_some_and(|word| *word != key.kind.to_string());
        let name_differs = parameters.name.as_ref().is_some_and(|name| *name != key.name);
        if kind_differs || name_differs {
            return Err(self.invalid(format!("the path does not lead to {}", key.id())));
        }
        Ok(())
    }

    /// The creator may edit, and the operator may edit all.
    fn must_edit(&self, resource: &Resource) -> Result<(), Failure> {
        if self.caller.role == Role::Operator || resource.owner == self.caller.id {
            return Ok(());
        }
        let id = resource.key.id();
        Err(Failure::Forbidden(format!("forbidden: user does not have Can Edit on '{id}'")))
    }

    /// Refuses a depot whose secrets are absent or not the caller's to use.
    fn check_references(&self, state: &State, manifest: &Manifest) -> Result<(), Failure> {
        let Body::Depot(depot) = &manifest.body else {
            return Ok(());
        };
        for reference in &depot.secrets {
            let secret = state.secret(&reference.id);
            let Some(secret) = secret.filter(|secret| secret.key.tenant == self.tenant) else {
                return Err(self.invalid(format!(
                    "could not get the secret map for the secret: '{}' err: 404 <nil>",
                    reference.id
                )));
            };
            if !may_use(state, self.caller, &secret.key, &secret.owner) {
                return Err(self.invalid(format!(
                    "could not get the secret map for the dataos address: \
                     'dataos://{}?purpose={}' err: 403 <nil>",
                    manifest.key.name, reference.purpose
                )));
            }
        }
        Ok(())
    }

    fn insert(&self, state: &mut State, manifest: Manifest) -> Response {
        let life = begin_life(state, &manifest.body);
        let now = state.now();
        let resource = Resource::new(manifest, self.caller.id, life, now);
        let answer = Response::json(self.dataos.options.created_status, &resource.to_json());
        state.resources.insert(resource.key.clone(), resource);
        answer
    }

    fn replace(&self, state: &mut State, manifest: Manifest) -> Result<Response, Failure> {
        let life = begin_life(state, &manifest.body);
        let now = state.now();
        let missing = not_found(&manifest.key);
        let resource = state.resources.get_mut(&manifest.key).ok_or(missing)?;
        resource.replace(manifest, self.caller.id, life, now);
        Ok(Response::json(200, &resource.to_json()))
    }

    fn deleted(&self, gone: &Resource) -> Response {
        match self.dataos.options.deleted_status {
            204 => Response::empty(204),
            status => Response::json(status, &gone.to_json_deleted()),
        }
    }

    fn invalid(&self, reason: String) -> Failure {
        Failure::Invalid(Operation::Validating, self.scope, reason)
    }

    fn blocked(&self, depot: &Resource) -> Failure {
        let reason = format!("cannot delete resource, it is a dependency of '{}'", depot.key.id());
        Failure::Invalid(Operation::Deleting, self.scope, reason)
    }
}

/// Whether this user may put a secret to use, or see its values.
pub(super) fn may_use(state: &State, caller: &User, secret: &Key, owner: &str) -> bool {
    let permit = (secret.clone(), caller.id.to_owned());
    caller.role == Role::Operator || owner == caller.id || state.permits.contains(&permit)
}

fn not_found(key: &Key) -> Failure {
    Failure::NotFound(format!("resource not found: {}", key.id()))
}

/// Secrets and depots run nothing.
fn runtime(_: &Resource) -> Value {
    json!({"runtimeStatus": "", "nodeDetails": []})
}

/// Starts what becomes of a new manifest. A secret is active at once.
fn begin_life(state: &mut State, body: &Body) -> Life {
    let Body::Depot(depot) = body else {
        return Life::settled();
    };
    let broken = state.take_trouble(Step::Build).map(|_| BuildFailure {
        builder_stage: "error",
        info: String::from("failure building depot : internal error"),
    });
    let unreachable = || depot.spec.values().find_map(unreachable_in);
    Life::begin(broken.or_else(unreachable))
}

/// Finds the host that cannot be reached in whatever form the source's fields have.
fn unreachable_in(field: &Value) -> Option<BuildFailure> {
    match field {
        Value::String(text) if text.contains(UNREACHABLE) => Some(BuildFailure {
            builder_stage: "building",
            info: format!("could not connect to the source : lookup {UNREACHABLE}: no such host"),
        }),
        Value::Array(items) => items.iter().find_map(unreachable_in),
        Value::Object(fields) => fields.values().find_map(unreachable_in),
        _ => None,
    }
}
