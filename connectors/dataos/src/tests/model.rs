//! A DataOS that keeps what it is given, and fails where a test says so.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use connhub_sdk::testing::{FakeHost, Reply, SentRequest};
use connhub_sdk::{HttpError, base64};
use serde_json::{Value, json};

use super::{
    DEPOTS, FIRST_RESOURCES, OLDER_DEPOTS, PLUGINS, RESOURCES, SANITIZED, VALIDATE, no_path, ok,
    refusal,
};

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// With a status, and nothing is done.
    Refused(u16),
    /// Without an answer, and nothing is done: a reset, a time-out.
    Unheard,
    /// It is done, and there is no answer that could be read: a reset, a time-out, cut or foreign text in the place of JSON.
    Unanswered,
    /// It is done, and a gateway has given up.
    GivenUp,
}

pub(super) const FAILURES: [Failure; 6] = [
    Failure::Refused(400),
    Failure::Refused(403),
    Failure::Refused(503),
    Failure::Unheard,
    Failure::Unanswered,
    Failure::GivenUp,
];

/// The stored resources by `KIND/NAME`, with the values of Secrets in them.
pub(super) type Resources = BTreeMap<String, Value>;

#[derive(Debug, Default)]
struct State {
    resources: Resources,
    /// Requests until one fails, and how it does.
    failures: BTreeMap<usize, Failure>,
    count: usize,
}

/// The server.
#[derive(Clone, Debug, Default)]
pub(super) struct Model(Rc<RefCell<State>>);

impl Model {
    /// A server with these resources.
    pub(super) fn of(resources: Resources) -> Self {
        Self(Rc::new(RefCell::new(State { resources, ..State::default() })))
    }

    /// A host that reaches it. Requests are counted from this on, and those with these numbers fail.
    pub(super) fn reach(&self, failures: &[(usize, Failure)]) -> FakeHost {
        let mut state = self.0.borrow_mut();
        state.failures = failures.iter().copied().collect();
        state.count = 0;
        let (host, model) = (of_both_generations(), self.clone());
        host.serve("dataos", move |request| model.answer(request));
        host
    }

    /// The requests since it was reached last.
    pub(super) fn count(&self) -> usize {
        self.0.borrow().count
    }

    /// Changes what is stored, behind the back of whoever is at it.
    pub(super) fn change(&self, change: impl FnOnce(&mut Resources)) {
        change(&mut self.0.borrow_mut().resources);
    }

    pub(super) fn resources(&self) -> Resources {
        self.0.borrow().resources.clone()
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &SentRequest) -> Reply {
        let mut state = self.0.borrow_mut();
        let failure = state.failures.get(&state.count).copied();
        state.count += 1;
        let lost = || Reply::error(HttpError::TimedOut("no answer within 20 s".into()));
        match failure {
            None => state.serve(request),
            Some(Failure::Refused(status)) => refusal(status, "injected"),
            Some(Failure::Unheard) => lost(),
            Some(Failure::Unanswered) => {
                state.serve(request);
                lost()
            }
            Some(Failure::GivenUp) => {
                state.serve(request);
                Reply::text(504, "upstream request timeout")
            }
        }
    }
}

impl State {
    fn serve(&mut self, request: &SentRequest) -> Reply {
        let path = request.path.as_str();
        if path == VALIDATE {
            return ok(json!({}));
        }
        if path == DEPOTS || path == OLDER_DEPOTS {
            let depots = self.resources.iter().filter(|(key, _)| key.starts_with("depot/"));
            return ok(depots.map(|(_, depot)| entry(depot)).collect());
        }
        if let Some(name) = path.strip_prefix(&format!("{DEPOTS}/")) {
            return self.material(name.trim_end_matches("/secrets"));
        }
        let places = [RESOURCES, FIRST_RESOURCES];
        let of_place = |place: &&str| path.strip_prefix(*place)?.strip_prefix('/');
        match (request.method.as_str(), places.iter().find_map(of_place)) {
            ("POST", None) if places.contains(&path) => self.create(request.body_json()),
            ("GET", Some(key)) => self.read(key),
            ("PUT", Some(key)) => self.replace(key, request.body_json()),
            ("DELETE", Some(key)) => self.delete(key),
            _ => no_path(),
        }
    }

    fn create(&mut self, manifest: Value) -> Reply {
        let key = key_of(&manifest);
        if self.resources.contains_key(&key) {
            return refusal(409, &format!("{key} already exists"));
        }
        self.store(key, manifest)
    }

    fn replace(&mut self, key: &str, manifest: Value) -> Reply {
        if !self.resources.contains_key(key) {
            return refusal(404, "resource not found");
        }
        self.store(key.to_owned(), manifest)
    }

    fn store(&mut self, key: String, manifest: Value) -> Reply {
        let absent = uses(&manifest).into_iter().find(|used| !self.resources.contains_key(used));
        if let Some(absent) = absent {
            return refusal(400, &format!("could not get the secret map for '{absent}' err: 404"));
        }
        self.resources.insert(key, manifest);
        ok(json!({}))
    }

    fn read(&self, key: &str) -> Reply {
        let Some(stored) = self.resources.get(key) else {
            return refusal(404, "resource not found");
        };
        let mut shown = stored.clone();
        for place in ["/secret/data", "/instance-secret/data"] {
            if let Some(data) = shown.pointer_mut(place).and_then(Value::as_object_mut) {
                data.values_mut().for_each(|value| *value = json!(SANITIZED));
            }
        }
        shown["status"] = json!({"aggregateStatus": "active"});
        ok(shown)
    }

    fn delete(&mut self, key: &str) -> Reply {
        let user =
            self.resources.iter().find(|(_, stored)| uses(stored).iter().any(|used| used == key));
        if let Some((user, _)) = user {
            let id = user.replace('/', ":v2alpha:");
            return refusal(400, &format!("cannot delete resource, it is a dependency of '{id}'"));
        }
        match self.resources.remove(key) {
            Some(_) => ok(json!({})),
            None => refusal(404, "resource not found"),
        }
    }

    fn material(&self, depot: &str) -> Reply {
        let depot = self.resources.get(&format!("depot/{depot}"));
        let secret = depot.and_then(|depot| self.resources.get(uses(depot).first()?));
        let Some(data) = secret.and_then(|secret| secret["secret"]["data"].as_object()) else {
            return refusal(404, "no such depot");
        };
        let entry = |(key, value): (&String, &Value)| {
            let value = base64::encode(value.as_str().expect("values are texts"));
            json!({"key": key, "base64Value": value})
        };
        ok(json!({"data": data.iter().map(entry).collect::<Vec<_>>()}))
    }
}

/// A host with the shipped grant, and with what the README adds for the first generation. Nothing else of the file is read: hosts are made by the
/// thousand.
fn of_both_generations() -> FakeHost {
    let section = |header: &str| PLUGINS.find(header).expect("the connector is shipped");
    let own = &PLUGINS[section("[connectors.dataos]")..section("[backends.dataos]")];
    let first = "\nallow = [\n";
    let more = "  \"POST /poros/api/v1/resources\", \"GET /poros/api/v1/resources/*/*\", \"PUT /poros/api/v1/resources/*/*\",\n  \
                \"DELETE /poros/api/v1/resources/*/*\",\n";
    FakeHost::granted(&own.replacen(first, &format!("{first}{more}"), 1), "dataos")
}

/// A Depot as the Depot Service lists it.
fn entry(depot: &Value) -> Value {
    let body = if depot.get("spec").is_some() { &depot["spec"] } else { &depot["depot"] };
    let native = body["type"].as_str().unwrap_or_default();
    let fields = if body.get("spec").is_some() { &body["spec"] } else { &body[native] };
    json!({"name": depot["name"], "type": native, "secrets": body["secrets"], native: fields})
}

fn key_of(manifest: &Value) -> String {
    let text = |name: &str| manifest[name].as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text("type"), text("name"))
}

/// The values of a Secret of either generation.
pub(super) fn values(secret: &Value) -> &Value {
    let body = ["secret", "instance-secret"].into_iter().find_map(|name| secret.get(name));
    body.map_or(&Value::Null, |body| &body["data"])
}

/// The Secrets that a Depot uses, in either generation.
pub(super) fn uses(manifest: &Value) -> Vec<String> {
    let entries = |place: &str| manifest.pointer(place).and_then(Value::as_array).cloned();
    let entries = [entries("/spec/secrets"), entries("/depot/secrets")];
    let key = |entry: &Value| match (entry["id"].as_str(), entry["name"].as_str()) {
        (Some(id), _) => Some(format!("secret/{}", id.split_once(':')?.1)),
        (None, name) => Some(format!("instance-secret/{}", name?)),
    };
    entries.iter().flatten().flatten().filter_map(key).collect()
}
