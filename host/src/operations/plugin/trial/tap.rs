//! What stands between a connector on trial and its servers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;

use super::faults::canned;
use crate::capabilities::http::{Canned, Outgoing, Tap};
use crate::conformance::{Faults, Misfortune};
use crate::model::Secret;
use crate::scrub::Scrubber;

/// Looks at requests, and makes servers misbehave.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Mutex<Seen>,
    struck: AtomicUsize,
}

#[derive(Default)]
struct Seen {
    misfortune: Option<Misfortune>,
    canaries: Scrubber,
    /// Where a secret was that does not belong there.
    leaks: Vec<String>,
    requests: usize,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.misfortune, self.leaks)
    }
}

impl Watch {
    /// A secret that must not be in a path, a query or a header.
    pub(super) fn plant(&self, canary: &Secret) {
        self.lock().canaries.add(canary);
    }

    /// Where secrets were that do not belong there.
    pub(super) fn leaks(&self) -> Vec<String> {
        self.lock().leaks.clone()
    }

    /// How many requests there were.
    pub(super) fn requests(&self) -> usize {
        self.lock().requests
    }

    fn look(&self, endpoint: &str, outgoing: &Outgoing) {
        let mut seen = self.lock();
        seen.requests += 1;
        let pairs = outgoing.query.iter().map(|pair| ("the query", pair));
        let pairs = pairs.chain(outgoing.headers.iter().map(|pair| ("a header", pair)));
        let texts = pairs.flat_map(|(what, (name, value))| [(what, name), (what, value)]);
        let texts = texts.chain([("the path", &outgoing.path)]);
        let holds = |text: &str| matches!(seen.canaries.text(text), std::borrow::Cow::Owned(_));
        let leaks: Vec<String> = texts
            .filter(|(_, text)| holds(text))
            .map(|(what, _)| format!("{what} of a {} to `{endpoint}`", outgoing.method))
            .collect();
        seen.leaks.extend(leaks);
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tap for Watch {
    fn request(&self, endpoint: &str, outgoing: &Outgoing) {
        self.look(endpoint, outgoing);
    }

    fn server(&self, request: &Request<Bytes>) -> Option<Canned> {
        let misfortune = self.lock().misfortune?;
        self.struck.fetch_add(1, Ordering::Relaxed);
        Some(canned(misfortune, request))
    }
}

impl Faults for Watch {
    fn strike(&self, misfortune: Option<Misfortune>) {
        self.struck.store(0, Ordering::Relaxed);
        self.lock().misfortune = misfortune;
    }

    fn struck(&self) -> usize {
        self.struck.load(Ordering::Relaxed)
    }
}
