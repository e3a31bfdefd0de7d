//! What stands between a connector on trial and its servers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;

use super::faults::canned;
use super::recording::Taken;
use super::tape::Tape;
use crate::capabilities::http::{Canned, HttpError, Incoming, Outgoing, Tap};
use crate::conformance::{Faults, Misfortune};
use crate::model::Secret;
use crate::scrub::Scrubber;

/// Who calls what is not for the tape: how far somebody gets who is stopped differs from build to build.
pub(super) const ASIDE: &str = "aside";

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
    tape: Tape,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.misfortune, self.leaks)
    }
}

impl Watch {
    /// One that takes requests down, or plays them.
    pub(super) fn with(tape: Tape) -> Self {
        Self { seen: Mutex::new(Seen { tape, ..Seen::default() }), ..Self::default() }
    }

    /// A secret that must not be in a path, a query or a header.
    pub(super) fn plant(&self, canary: &Secret) {
        let mut seen = self.lock();
        seen.canaries.add(canary);
        seen.tape.plant(canary);
    }

    /// Somebody calls an operation. What meets with a misfortune is not for the tape, and what [`ASIDE`] calls is not either.
    pub(super) fn begin(&self, by: &'static str, operation: &str) {
        let mut seen = self.lock();
        match seen.misfortune {
            None if by != ASIDE => seen.tape.begin(by, operation),
            _ => seen.tape.pause(by),
        }
    }

    /// What was recorded.
    pub(super) fn take(&self) -> Taken {
        self.lock().tape.take()
    }

    /// Whether there is no server, but what it said once.
    pub(super) fn is_playing(&self) -> bool {
        self.lock().tape.is_playing()
    }

    /// What was not as it was recorded; none if nothing was played.
    pub(super) fn played(&self) -> Option<Vec<String>> {
        let mut seen = self.lock();
        seen.tape.is_playing().then(|| seen.tape.close().to_vec())
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

/// What stands before one of those who call.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) by: &'static str,
    pub(super) watch: Arc<Watch>,
}

impl Tap for Line {
    fn request(&self, endpoint: &str, outgoing: &Outgoing) {
        self.watch.look(endpoint, outgoing);
    }

    fn server(&self, request: &Request<Bytes>) -> Option<Canned> {
        let misfortune = self.watch.lock().misfortune?;
        self.watch.struck.fetch_add(1, Ordering::Relaxed);
        Some(canned(misfortune, request))
    }

    fn is_offline(&self) -> bool {
        self.watch.lock().tape.is_playing()
    }

    fn replay(
        &self,
        endpoint: &str,
        outgoing: &Outgoing,
        scrubber: &Scrubber,
    ) -> Option<Result<Incoming, HttpError>> {
        let mut seen = self.watch.lock();
        match seen.misfortune {
            None => seen.tape.play(self.by, endpoint, outgoing, scrubber),
            Some(_) => None,
        }
    }

    fn answer(
        &self,
        endpoint: &str,
        outgoing: &Outgoing,
        answer: &Result<Incoming, HttpError>,
        scrubber: &Scrubber,
    ) {
        self.watch.lock().tape.take_down(self.by, endpoint, outgoing, answer, scrubber);
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
