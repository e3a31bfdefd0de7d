//! Who uses a connection: everything in its project that names its Secret.
//!
//! The cluster keeps no such list, so each kind of object that can use a connection is listed and searched (`references.rs`). What the
//! login or the grant does not let this connector list is said, and is no reason to fail.

mod detach;
mod kinds;
mod references;

use connhub_sdk::{Connection, Error, Host, HttpError, Request, path};
use serde::Deserialize;
use serde_json::Value;

use crate::api::call;
use crate::status::{Failure, Place as Subject};

pub(crate) use detach::{detach, with_done};
use kinds::{KINDS, Kind};
use references::{Cure, Reference, account_of, references};

/// The status of a connection that something uses.
const IN_USE: &str = "in use";

/// How many objects one request asks for. Workloads are larger than Secrets.
const PAGE: &str = "100";
/// How many pages of one kind are read; 2,000 workloads in one project are more than anybody has.
const MAX_PAGES: usize = 20;

/// What uses a connection, as far as it can be seen.
#[derive(Debug, Default)]
pub(crate) struct Users {
    found: Vec<User>,
    unseen: Vec<Unseen>,
}

/// An object that names the Secret.
#[derive(Debug)]
struct User {
    kind: &'static Kind,
    version: &'static str,
    name: String,
    revision: String,
    state: Option<State>,
    references: Vec<Reference>,
    /// Whether model serving made it for this connection and leaves it behind.
    is_leftover: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Stopped,
}

/// A kind of which is not known whether one uses the connection.
#[derive(Debug)]
struct Unseen {
    kind: &'static Kind,
    failure: Failure,
}

/// A list of objects of any kind.
#[derive(Debug, Deserialize)]
struct Objects {
    #[serde(default)]
    metadata: Value,
    #[serde(default)]
    items: Option<Vec<Value>>,
}

impl Users {
    /// Looks through the project. What cannot be listed is noted.
    pub(crate) fn of(host: &Host, project: &str, name: &str) -> Self {
        let mut users = Self::default();
        let mut finder = Finder { host, project, name, installed: None };
        for kind in &KINDS {
            // Waiting once more for a cluster that does not answer would cost the call its time.
            let found = if users.is_cut_off() { Err(no_answer()) } else { finder.of_kind(kind) };
            match found {
                Ok(found) => users.found.extend(found),
                Err(failure) => users.unseen.push(Unseen { kind, failure }),
            }
        }
        users
    }

    fn is_cut_off(&self) -> bool {
        let is_denied = |error: &HttpError| matches!(error, HttpError::Denied(_));
        let broken =
            |unseen: &Unseen| matches!(&unseen.failure, Failure::Http(error) if !is_denied(error));
        self.unseen.iter().any(broken)
    }

    /// Says in a connection who uses it.
    pub(crate) fn show_in(&self, connection: &mut Connection) {
        connection.warnings.extend(self.unseen_sentence());
        let deleting = connection.status.as_deref() == Some("deleting");
        if !self.found.is_empty() && !deleting {
            connection.status = Some(IN_USE.into());
            connection.status_message = Some(words(&self.found).join(", "));
        }
    }

    /// What an update leaves to do: who reads values only at the start. Nothing if nobody uses the connection.
    pub(crate) fn notes_after_change(&self) -> Vec<String> {
        let note = |user: &User| {
            let renewal = user.kind.renewal.filter(|_| user.state != Some(State::Stopped))?;
            Some(format!("{} `{}` sees the change when it is {renewal}", user.kind.name, user.name))
        };
        let unseen = (!self.unseen.is_empty()).then(crate::update::restart_note);
        self.found.iter().filter_map(note).chain(unseen).collect()
    }

    /// Whether the connection may be deleted.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] if something uses it, and what kept the connector from finding out, unless that is a right that is missing.
    pub(crate) fn require_none(self, project: &str) -> Result<(), Error> {
        let seen = self.require_seen(project)?;
        let users: Vec<_> = seen.found.into_iter().filter(|user| !user.is_leftover).collect();
        if users.is_empty() { Ok(()) } else { Err(Error::InUse(words(&users))) }
    }

    /// What may not be seen is left out, which [`unseen_sentence`](Self::unseen_sentence) has said: few logins may list every kind, and who may not see
    /// workbenches could delete no connection. What could not be seen this time is an error, since something may use the connection.
    fn require_seen(mut self, project: &str) -> Result<Self, Error> {
        let failed = self.unseen.iter().position(|unseen| !unseen.is_forbidden());
        match failed.map(|index| self.unseen.swap_remove(index)) {
            Some(unseen) => Err(unseen.failure.into_error(Subject::project(project))),
            None => Ok(self),
        }
    }

    /// What cannot be seen, in one sentence.
    pub(crate) fn unseen_sentence(&self) -> Option<String> {
        let kinds: Vec<_> = self.unseen.iter().map(|unseen| unseen.kind.name).collect();
        let first = self.unseen.first()?;
        let kinds = kinds.join(", ");
        Some(format!("it is not known whether one of these uses it: {kinds} ({})", first.why()))
    }
}

impl Unseen {
    fn is_forbidden(&self) -> bool {
        match &self.failure {
            Failure::Http(error) => matches!(error, HttpError::Denied(_)),
            Failure::Refused(refusal) => refusal.is_forbidden(),
            Failure::Told(_) => false,
        }
    }

    fn why(&self) -> String {
        match &self.failure {
            Failure::Http(HttpError::Denied(_)) => {
                "the grant of the connector does not let it look".into()
            }
            Failure::Http(_) => "the cluster does not answer".into(),
            Failure::Refused(refusal) => refusal.message(),
            Failure::Told(error) => error.message(),
        }
    }
}

struct Finder<'a> {
    host: &'a Host,
    project: &'a str,
    name: &'a str,
    /// The API groups of the cluster, once they were asked for.
    installed: Option<Vec<String>>,
}

impl Finder<'_> {
    /// The users of a kind; none if the cluster has no such kind.
    fn of_kind(&mut self, kind: &'static Kind) -> Result<Vec<User>, Failure> {
        for version in kind.versions {
            match self.in_version(kind, version) {
                Err(Failure::Refused(refusal)) if refusal.is_unknown_kind() => {}
                // Rights are checked before anything is looked up, so a kind that is not there is refused, too.
                Err(failure) if failure.refusal().is_some_and(|r| r.is_forbidden()) => {
                    return if self.is_installed(kind) { Err(failure) } else { Ok(Vec::new()) };
                }
                other => return other,
            }
        }
        Ok(Vec::new())
    }

    fn in_version(&self, kind: &'static Kind, version: &'static str) -> Result<Vec<User>, Failure> {
        let mut users = Vec::new();
        let mut token = String::new();
        for _ in 0..MAX_PAGES {
            let objects: Objects = call(self.host, self.request(kind, version, &token))?.json()?;
            let items = objects.items.unwrap_or_default();
            users.extend(items.iter().filter_map(|item| self.user(kind, version, item)));
            token = text(&objects.metadata, "/continue").to_owned();
            if token.is_empty() {
                return Ok(users);
            }
        }
        let limit = format!("there are more than {MAX_PAGES} pages of {}", kind.plural);
        Err(Failure::Told(Error::Unsupported(limit)))
    }

    fn request(&self, kind: &Kind, version: &str, token: &str) -> Request<'static> {
        let request = Request::get(path(kind.segments(version, self.project))).query("limit", PAGE);
        let request = kind.omit.iter().fold(request, |request, part| request.omit(part));
        let request = request.omit("/items/*/status");
        if token.is_empty() { request } else { request.query("continue", token) }
    }

    fn user(&self, kind: &'static Kind, version: &'static str, object: &Value) -> Option<User> {
        let references = references(kind, object, self.project, self.name);
        if references.is_empty() {
            return None;
        }
        let name = text(object, "/metadata/name").to_owned();
        Some(User {
            kind,
            version,
            revision: text(object, "/metadata/resourceVersion").to_owned(),
            state: state(kind, object),
            references,
            is_leftover: kind.group.is_empty() && name == account_of(self.name),
            name,
        })
    }

    /// Whether the cluster has the kind. Everybody who has logged in may ask; if there is no answer, it may have it.
    fn is_installed(&mut self, kind: &Kind) -> bool {
        let groups = self.installed.get_or_insert_with(|| groups(self.host).unwrap_or_default());
        kind.group.is_empty() || groups.is_empty() || groups.iter().any(|group| group == kind.group)
    }
}

fn groups(host: &Host) -> Option<Vec<String>> {
    let answer: Value = call(host, Request::get("/apis")).ok()?.json().ok()?;
    let groups = answer.get("groups")?.as_array()?.iter();
    Some(groups.map(|group| text(group, "/name").to_owned()).collect())
}

fn no_answer() -> Failure {
    Failure::Told(Error::unavailable("the cluster does not answer"))
}

/// Whether it runs, for what can be stopped.
fn state(kind: &Kind, object: &Value) -> Option<State> {
    let annotation = |name: &str| object.pointer("/metadata/annotations")?.get(name)?.as_str();
    let is_stopped = match kind.group {
        // The value is the time at which it was stopped.
        "kubeflow.org" => annotation("kubeflow-resource-stopped").is_some(),
        "serving.kserve.io" => annotation("serving.kserve.io/stop") == Some("true"),
        _ => return None,
    };
    Some(if is_stopped { State::Stopped } else { State::Running })
}

fn words(users: &[User]) -> Vec<String> {
    users.iter().map(User::words).collect()
}

impl User {
    fn words(&self) -> String {
        let state = match self.state {
            Some(State::Running) => " (running)",
            Some(State::Stopped) => " (stopped)",
            None => "",
        };
        format!("{} `{}`{state}", self.kind.name, self.name)
    }
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
