//! Taking a connection out of what uses it, one object after the other.
//!
//! Each object is changed by one JSON patch (RFC 6902) that holds the revision that was read: what somebody else changed meanwhile is
//! looked at anew. The dashboard does the same for workbenches, but leaves the annotation, for which later changes of the workbench are
//! refused.

use connhub_sdk::{Error, Host, Removed, Request, Target, path, until_done};
use serde_json::{Value, json};

use super::{Cure, User, Users, words};
use crate::ATTEMPTS;
use crate::api::{FIELD_MANAGER, call};
use crate::status::{Failure, Place};

/// Detaches the connection from everything that uses it.
///
/// # Errors
///
/// [`Error::InUse`], and nothing was changed, if something cannot be without it. Any other error says what was done before it; a second
/// run goes on from there.
pub(crate) fn detach(
    host: &Host,
    target: &Target,
    project: &str,
    name: &str,
    users: Users,
) -> Result<Vec<Removed>, Error> {
    let mut next = Some(users);
    let mut done = Vec::new();
    let detached = until_done(name, ATTEMPTS, || {
        let users = next.take().unwrap_or_else(|| Users::of(host, project, name));
        let found = users.require_seen(project)?.found;
        require_detachable(&found)?;
        for user in found {
            if is_done(&done, &user) {
                continue;
            }
            match user.patch(host, target, project) {
                Ok(()) => done.push(user.removed(project)),
                Err(failure) if is_mismatch(&failure) => return Ok(None),
                Err(failure) => return Err(user.told(failure, project)),
            }
        }
        Ok(Some(()))
    });
    match detached {
        Ok(()) => Ok(done),
        Err(error) => Err(with_done(error, &done)),
    }
}

/// Nothing is changed if one of them would stay in any case.
fn require_detachable(users: &[User]) -> Result<(), Error> {
    let stays = |user: &&User| user.references.iter().any(|one| one.cure == Cure::None);
    let stuck: Vec<_> = users.iter().filter(stays).map(User::words).collect();
    if stuck.is_empty() {
        return Ok(());
    }
    let reason = "and cannot be without it: delete it or give it other credentials";
    Err(Error::InUse(stuck.into_iter().map(|user| format!("{user}, {reason}")).collect()))
}

/// In a dry run the object that was patched still names the Secret.
fn is_done(done: &[Removed], user: &User) -> bool {
    done.iter().any(|removed| removed.kind == kind_of(user) && removed.name == user.name)
}

/// The object is no longer what was read: its revision is another one, or the patch does not fit it.
fn is_mismatch(failure: &Failure) -> bool {
    failure.refusal().is_some_and(|refusal| {
        refusal.is_conflict() || refusal.is_not_found() || refusal.is_patch_mismatch()
    })
}

/// Adds to an error what was done before it, so that nobody has to look for it.
pub(crate) fn with_done(error: Error, done: &[Removed]) -> Error {
    if done.is_empty() {
        return error;
    }
    let names: Vec<_> = done.iter().map(|one| format!("{} `{}`", one.kind, one.name)).collect();
    let more = format!(
        "; gone so far: {}; the connection is still there, and the same command goes on",
        names.join(", ")
    );
    match error {
        Error::Unauthenticated(text) => Error::Unauthenticated(text + &more),
        Error::Forbidden(text) => Error::Forbidden(text + &more),
        Error::Conflict(text) => Error::Conflict(text + &more),
        Error::Unsupported(text) => Error::Unsupported(text + &more),
        Error::Denied(text) => Error::Denied(text + &more),
        Error::Unavailable(mut why) => {
            why.message += &more;
            Error::Unavailable(why)
        }
        Error::InUse(mut users) => {
            if let Some(last) = users.last_mut() {
                *last += &more;
            }
            Error::InUse(users)
        }
        other => Error::Other(other.message() + &more),
    }
}

impl User {
    fn patch(&self, host: &Host, target: &Target, project: &str) -> Result<(), Failure> {
        let mut segments = self.kind.segments(self.version, project);
        segments.push(&self.name);
        let request = Request::patch(path(segments)).query("fieldManager", FIELD_MANAGER);
        let request = if target.dry_run { request.query("dryRun", "All") } else { request };
        let patch = Value::from(self.operations());
        call(host, request.json_as("application/json-patch+json", patch.into()))?;
        Ok(())
    }

    /// The last elements of a list go first, so that the places of the others stay what they were.
    fn operations(&self) -> Vec<Value> {
        let mut references: Vec<_> = self.references.iter().collect();
        references.sort_by(|one, other| other.place.cmp(&one.place));
        let test =
            json!({"op": "test", "path": "/metadata/resourceVersion", "value": self.revision});
        let cures = references.into_iter().filter_map(|reference| {
            let path = reference.place.pointer();
            match &reference.cure {
                Cure::Remove => Some(json!({"op": "remove", "path": path})),
                Cure::Replace(text) => Some(json!({"op": "replace", "path": path, "value": text})),
                Cure::None => None,
            }
        });
        [test].into_iter().chain(cures).collect()
    }

    fn removed(&self, project: &str) -> Removed {
        Removed { kind: kind_of(self), name: self.name.clone(), scope: Some(project.to_owned()) }
    }

    fn told(&self, failure: Failure, project: &str) -> Error {
        let error = failure.into_error(Place::project(project));
        let who = words(std::slice::from_ref(self)).remove(0);
        match error {
            Error::Invalid(_) | Error::NotFound(_) => {
                Error::Other(format!("{who} cannot be changed: {}", error.message()))
            }
            other => other,
        }
    }
}

/// What was removed is not the object, but its use of the connection.
fn kind_of(user: &User) -> String {
    format!("use in {}", user.kind.name)
}
