use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::caller::{self, Tokens};
use super::failure::Failure;
use super::resource::{Key, Kind};
use super::state::{State, Step, Trouble};
use super::{Options, depot_service, heimdall, poros};
use crate::serve::{Request, Response, Service};

/// A DataOS instance in memory. It is a [`Service`] for [`Server`](crate::serve::Server).
pub struct DataOs {
    pub(super) options: Options,
    state: Mutex<State>,
}

/// A secret as it was sent, for assertions that the right bytes arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// The tenant that holds it.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// The user who applied it last.
    pub owner: String,
    /// All values, unmasked, by key.
    pub values: BTreeMap<String, String>,
}

/// A depot as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDepot {
    /// The tenant that holds it.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// The user who applied it last.
    pub owner: String,
    /// `creating`, `active` or `error`. Looking here does not count as a read.
    pub status: String,
    /// The whole resource as Poros shows it.
    pub resource: Value,
}

/// All that a [`DataOs`] held at one moment.
#[derive(Clone)]
pub struct Saved(State);

impl DataOs {
    /// What it holds now.
    pub fn save(&self) -> Saved {
        Saved(self.lock().clone())
    }

    /// Holds again what it held then, and forgets what it was to fail at.
    pub fn restore(&self, saved: &Saved) {
        *self.lock() = saved.0.clone();
    }

    /// An instance without resources.
    pub fn new(options: Options) -> Self {
        DataOs { options, state: Mutex::default() }
    }

    /// The tokens of its users.
    pub fn tokens(&self) -> Tokens {
        Tokens::all()
    }

    /// All secrets, by tenant and name.
    pub fn secrets(&self) -> Vec<StoredSecret> {
        let state = self.lock();
        let secrets = state.resources.values().filter(|found| found.key.kind == Kind::Secret);
        secrets
            .map(|secret| StoredSecret {
                tenant: secret.key.tenant.clone(),
                name: secret.key.name.clone(),
                owner: secret.owner.clone(),
                values: secret.values(),
            })
            .collect()
    }

    /// All depots, by tenant and name.
    pub fn depots(&self) -> Vec<StoredDepot> {
        let state = self.lock();
        let depots = state.resources.values().filter(|found| found.key.kind == Kind::Depot);
        depots
            .map(|depot| StoredDepot {
                tenant: depot.key.tenant.clone(),
                name: depot.key.name.clone(),
                owner: depot.owner.clone(),
                status: depot.life.stage().word().to_owned(),
                resource: depot.to_json(),
            })
            .collect()
    }

    /// The secrets that no depot uses, as `TENANT:SECRET`: what a failed creation leaves behind if
    /// it is not undone.
    pub fn orphan_secrets(&self) -> Vec<String> {
        let state = self.lock();
        let secrets = state.resources.keys().filter(|key| key.kind == Kind::Secret);
        let orphans = secrets.filter(|key| state.dependent(key).is_none());
        orphans.map(Key::reference).collect()
    }

    /// Makes the next such step fail: status 500 and nothing is done, or, for [`Step::Build`], a
    /// depot that ends in error. Calls add up.
    pub fn fail_next(&self, step: Step) {
        self.lock().plan(step, Trouble::Refused);
    }

    /// Makes the next such step succeed while the caller is told 504, as when a gateway gives up.
    /// It means nothing for [`Step::Build`], which nobody is told of.
    pub fn lose_next_answer(&self, step: Step) {
        self.lock().plan(step, Trouble::AnswerLost);
    }

    /// Lets a user (by id) use a secret in the first tenant that somebody else owns.
    pub fn allow_use(&self, secret: &str, user: &str) {
        let tenant = self.options.default_tenant().to_owned();
        let key = Key { tenant, kind: Kind::Secret, name: secret.to_owned() };
        self.lock().permits.insert((key, user.to_owned()));
    }

    /// Does one step, with what a test has planned for it.
    pub(super) fn perform(
        &self,
        step: Step,
        work: impl FnOnce(&mut State) -> Result<Response, Failure>,
    ) -> Result<Response, Failure> {
        let mut state = self.lock();
        match state.take_trouble(step) {
            None => work(&mut state),
            Some(Trouble::Refused) => Err(Failure::Broken),
            Some(Trouble::AnswerLost) => work(&mut state).and(Err(Failure::AnswerLost)),
        }
    }

    /// Refuses a tenant that is not there, which looks like one that the caller may not see.
    pub(super) fn must_have_tenant(&self, tenant: &str) -> Result<(), Failure> {
        if self.options.tenants.iter().any(|own| own == tenant) {
            return Ok(());
        }
        Err(Failure::Forbidden(format!("forbidden: user has no access to tenant '{tenant}'")))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, request: &Request) -> Result<Response, Failure> {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if let ["heimdall", "api", "v1", "authorize"] = *segments {
            return heimdall::authorize(self, request);
        }
        // The ingress asks for a login before it looks whether a path leads anywhere.
        let caller = caller::identify(request, self.options.accepted_login)?;
        match segments.split_first() {
            Some((&"heimdall", rest)) => heimdall::answer(self, request, rest),
            Some((&"ds", rest)) => depot_service::answer(self, caller, request, rest),
            _ => poros::answer(self, caller, request, &segments),
        }
    }
}

impl Service for DataOs {
    fn answer(&self, request: &Request) -> Response {
        self.respond(request).unwrap_or_else(|failure| failure.answer(&self.options))
    }
}
