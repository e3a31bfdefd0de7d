use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::User;
use super::failure::Failure;
use super::lifecycle::Stage;
use super::page::Page;
use super::poros::may_use;
use super::resource::{Archival, Key, Kind, Resource};
use super::state::{State, Step};
use super::udl::Udl;
use super::{DataOs, DepotPaths, ListForm, Unregistered, depot_view};
use crate::serve::{Request, Response};

/// Which of the two generations of paths a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// Without a tenant; purposes are called `acl`.
    First,
    /// With the tenant in the path.
    Second,
}

/// Answers what the Depot Service is asked. It has no way to delete a depot, and the way to write
/// one is closed here, since it would bypass the resource manager.
pub(super) fn answer(
    dataos: &DataOs,
    caller: &User,
    request: &Request,
    segments: &[&str],
) -> Result<Response, Failure> {
    let (generation, tenant, rest) = generation(dataos, segments)?;
    dataos.must_have_tenant(tenant)?;
    let asked = Asked { dataos, caller, request, generation, tenant };
    match (rest, &request.method) {
        (["depots"], &Method::GET) => asked.list(),
        (["depots", name], &Method::GET) => asked.read(name, depot_view::depot),
        (["depots", name, "status"], method) if *method == asked.status_method() => {
            asked.read(name, depot_view::depot_status)
        }
        (["depots", name, "secrets"], &Method::GET) => asked.depot_secrets(name),
        (["depots", name, "archived"], &Method::PATCH) => asked.archive(name),
        (["secrets", id], &Method::GET) => asked.secret(id),
        (["resolve"], &Method::GET) => asked.resolve_query(),
        (["resolve"], &Method::POST) if generation == Generation::Second => asked.resolve_body(),
        (["depots"] | ["depots", _] | ["secrets", _] | ["resolve"], _) => Err(Failure::WrongMethod),
        (["depots", _, "status" | "secrets" | "archived"], _) => Err(Failure::WrongMethod),
        _ => Err(Failure::NoSuchPath),
    }
}

fn generation<'a>(
    dataos: &'a DataOs,
    segments: &'a [&'a str],
) -> Result<(Generation, &'a str, &'a [&'a str]), Failure> {
    let first = |rest| (Generation::First, dataos.options.default_tenant(), rest);
    let found = match segments {
        ["api", "v2", "tenants", tenant, rest @ ..] => (Generation::Second, *tenant, rest),
        // A secret by its id has the same path in both generations.
        ["api", "v2", "secrets", _] => return Ok(first(&segments[2..])),
        ["api", "v3", "resolve"] | ["api", "v2", ..] => first(&segments[2..]),
        _ => return Err(Failure::NoSuchPath),
    };
    match (found.0, dataos.options.depot_paths) {
        (Generation::First, DepotPaths::Tenants) | (Generation::Second, DepotPaths::Unscoped) => {
            Err(Failure::NoSuchPath)
        }
        _ => Ok(found),
    }
}

/// One request, with all that its answer depends on.
struct Asked<'a> {
    dataos: &'a DataOs,
    caller: &'a User,
    request: &'a Request,
    generation: Generation,
    tenant: &'a str,
}

impl Asked<'_> {
    fn list(&self) -> Result<Response, Failure> {
        let page = Page::of(self.request)?;
        self.dataos.perform(Step::List, |state| {
            let depots = state.in_tenant(self.tenant, Kind::Depot);
            let mut depots: Vec<&Resource> = depots.filter(|depot| self.shows(depot)).collect();
            page.order.sort(&mut depots);
            let depots = depots.into_iter().skip(page.offset).take(page.limit);
            let depots: Vec<Value> = depots.map(|depot| depot_view::depot(state, depot)).collect();
            let body = match self.dataos.options.depot_list {
                ListForm::Array => Value::Array(depots),
                ListForm::Wrapped => json!({"depots": depots}),
            };
            Ok(Response::json(200, &body))
        })
    }

    fn read(&self, name: &str, show: fn(&State, &Resource) -> Value) -> Result<Response, Failure> {
        self.dataos.perform(Step::ReadDepot, |state| {
            let (state, depot) = self.depot(state, name)?;
            Ok(Response::json(200, &show(state, depot)))
        })
    }

    fn depot_secrets(&self, name: &str) -> Result<Response, Failure> {
        let purpose = self.request.query(self.purpose_parameter()).unwrap_or("r");
        self.dataos.perform(Step::ReadSecret, |state| {
            let (state, depot) = self.depot(state, name)?;
            // `r` is what the vendor's client asks for, and no manifest says; it is part of `rw`.
            let fits = |own: &str| own == purpose || (purpose == "r" && own == "rw");
            let mut entries = depot.references().iter();
            let missing = || Failure::NotFound(format!("no secret with purpose: {purpose}"));
            let entry = entries.find(|entry| fits(&entry.purpose)).ok_or_else(missing)?;
            self.material(state, &entry.id)
        })
    }

    fn secret(&self, id: &str) -> Result<Response, Failure> {
        self.dataos.perform(Step::ReadSecret, |state| self.material(state, id))
    }

    fn archive(&self, name: &str) -> Result<Response, Failure> {
        self.caller.must_write()?;
        let flags: ArchiveFlags = parse(&self.request.body)?;
        self.dataos.perform(Step::UpdateDepot, |state| {
            let now = state.now();
            if let Some(depot) = state.resources.get_mut(&self.key(name)) {
                depot.archival = Archival::from(flags);
                depot.updated = now;
            }
            let (state, depot) = self.depot(state, name)?;
            Ok(Response::json(200, &depot_view::depot(state, depot)))
        })
    }

    fn resolve_query(&self) -> Result<Response, Failure> {
        let missing = || Failure::BadRequest(String::from("missing query parameter: address"));
        self.resolve(self.request.query("address").ok_or_else(missing)?, depot_view::place)
    }

    fn resolve_body(&self) -> Result<Response, Failure> {
        let Address { address } = parse(&self.request.body)?;
        self.resolve(&address, depot_view::resolution)
    }

    fn resolve(
        &self,
        address: &str,
        show: fn(&State, &Resource, &Udl) -> Value,
    ) -> Result<Response, Failure> {
        let invalid = || Failure::BadRequest(format!("invalid dataos address: '{address}'"));
        let udl = Udl::parse(address).ok_or_else(invalid)?;
        self.dataos.perform(Step::ReadDepot, |state| {
            let (state, depot) = self.depot(state, &udl.depot)?;
            Ok(Response::json(200, &show(state, depot, &udl)))
        })
    }

    /// A depot, read once more than before.
    fn depot<'s>(
        &self,
        state: &'s mut State,
        name: &str,
    ) -> Result<(&'s State, &'s Resource), Failure> {
        let key = self.key(name);
        if let Some(depot) = state.resources.get_mut(&key) {
            depot.life.observe(self.dataos.options.activation);
        }
        let state: &State = state;
        let depot = state.resources.get(&key).filter(|depot| self.shows(depot));
        let depot = depot.ok_or_else(|| Failure::NotFound(format!("depot not found: {name}")))?;
        Ok((state, depot))
    }

    fn key(&self, name: &str) -> Key {
        Key { tenant: self.tenant.to_owned(), kind: Kind::Depot, name: name.to_owned() }
    }

    fn shows(&self, depot: &Resource) -> bool {
        let active = depot.life.stage() == Stage::Active;
        active || self.dataos.options.unregistered == Unregistered::Shown
    }

    /// The values of a secret in clear, for those who may use it.
    fn material(&self, state: &State, id: &str) -> Result<Response, Failure> {
        let missing = || Failure::NotFound(format!("secret not found: {id}"));
        let secret = state.secret(id).ok_or_else(missing)?;
        if !may_use(state, self.caller, &secret.key, &secret.owner) {
            let secret = secret.key.id();
            return Err(Failure::Forbidden(format!(
                "forbidden: user does not have Can Use Secret on '{secret}'"
            )));
        }
        let entry = |(key, value): (String, String)| json!({"key": key, "base64Value": STANDARD.encode(value)});
        let data: Vec<Value> = secret.values().into_iter().map(entry).collect();
        Ok(Response::json(200, &json!({"id": id, "data": data})))
    }

    fn purpose_parameter(&self) -> &'static str {
        match self.generation {
            Generation::First => "acl",
            Generation::Second => "purpose",
        }
    }

    /// The first generation asks for a status by PUT.
    fn status_method(&self) -> Method {
        match self.generation {
            Generation::First => Method::PUT,
            Generation::Second => Method::GET,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArchiveFlags {
    is_archived: bool,
    archival_message: Option<String>,
}

impl From<ArchiveFlags> for Archival {
    fn from(flags: ArchiveFlags) -> Self {
        let message = flags.archival_message.unwrap_or_default();
        Archival { is_archived: flags.is_archived, message }
    }
}

#[derive(Deserialize)]
struct Address {
    address: String,
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body)
        .map_err(|error| Failure::BadRequest(format!("could not parse the request: {error}")))
}
