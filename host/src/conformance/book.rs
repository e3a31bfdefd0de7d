//! What was found out, check by check.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::checks::{CHECKS, Check, find};
use crate::model::{Error, Secret};
use crate::scrub::Scrubber;

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Passed,
    /// What is wrong, for the author of the connector.
    Failed(String),
    /// Why it could not be found out.
    Skipped(String),
}

/// A check and how it ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The check.
    pub check: &'static Check,
    /// How it ended.
    pub verdict: Verdict,
    /// The time since the check before it.
    pub elapsed: Duration,
}

/// Takes down what is found out. A check that failed once has failed.
pub struct Book {
    outcomes: BTreeMap<usize, Outcome>,
    since: Instant,
    canaries: Scrubber,
    /// Why what has not been noted by the end was not looked at.
    reason: String,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            outcomes: BTreeMap::new(),
            since: Instant::now(),
            canaries: Scrubber::default(),
            reason: "a check before it failed".to_owned(),
        }
    }
}

impl Book {
    /// A secret that nobody may ever see. It is taken out of every text of the book, too.
    pub fn plant(&mut self, canary: &Secret) {
        self.canaries.add(canary);
    }

    /// Notes how a check ended, and passes on what it brought.
    pub fn note<T>(&mut self, id: &str, result: Result<T, String>) -> Option<T> {
        match result {
            Ok(value) => {
                self.set(id, Verdict::Passed);
                Some(value)
            }
            Err(why) => {
                self.set(id, Verdict::Failed(why));
                None
            }
        }
    }

    /// Notes how a check ended that brings nothing but its end.
    pub fn conclude(&mut self, id: &str, result: Result<(), String>) {
        self.note(id, result);
    }

    /// Notes why a check could not be made.
    pub fn skip(&mut self, id: &str, why: impl Into<String>) {
        self.set(id, Verdict::Skipped(why.into()));
    }

    /// Says why everything that is not noted from now on is skipped.
    pub fn skip_rest(&mut self, why: impl Into<String>) {
        self.reason = why.into();
    }

    /// Looks for canaries in what a connector answered. The host takes out what the call knows; that it had to is a fault as well.
    pub fn read(&mut self, what: &str, text: &str) {
        let shown = matches!(self.canaries.text(text), std::borrow::Cow::Owned(_));
        let result = match (shown, text.contains("***")) {
            (true, _) => Err(format!("{what} shows a secret")),
            (false, true) => Err(format!("{what} held a secret, which the host took out")),
            (false, false) => Ok(()),
        };
        let since = self.since;
        self.conclude("secrets.answers", result);
        // The time is that of the check that was about the answer.
        self.since = since;
    }

    /// Whether a check has failed.
    pub fn has_failed(&self, id: &str) -> bool {
        let found = find(id).and_then(|(index, _)| self.outcomes.get(&index));
        found.is_some_and(|outcome| matches!(outcome.verdict, Verdict::Failed(_)))
    }

    /// Every check, in the order of the report.
    pub fn close(mut self) -> Vec<Outcome> {
        let skipped = |check| Outcome {
            check,
            verdict: Verdict::Skipped(self.reason.clone()),
            elapsed: Duration::ZERO,
        };
        let all = CHECKS.iter().enumerate();
        all.map(|(index, check)| self.outcomes.remove(&index).unwrap_or_else(|| skipped(check)))
            .collect()
    }

    fn set(&mut self, id: &str, verdict: Verdict) {
        let Some((index, check)) = find(id) else {
            debug_assert!(false, "there is no check `{id}`");
            return;
        };
        let elapsed = self.since.elapsed();
        self.since = Instant::now();
        let verdict = match verdict {
            Verdict::Failed(why) => Verdict::Failed(self.canaries.text(&why).into_owned()),
            other => other,
        };
        let known = self.outcomes.get(&index).map(|outcome| rank(&outcome.verdict));
        if known.is_none_or(|known| known < rank(&verdict)) {
            self.outcomes.insert(index, Outcome { check, verdict, elapsed });
        } else if let Some(outcome) = self.outcomes.get_mut(&index) {
            outcome.elapsed += elapsed;
        }
    }
}

/// A failure is not undone by what passed before or after it.
fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Skipped(_) => 0,
        Verdict::Passed => 1,
        Verdict::Failed(_) => 2,
    }
}

/// An error in one line, with its class.
pub(super) fn told(error: &Error) -> String {
    let mut text = format!("{} ({})", error.message, error.kind.code());
    for problem in &error.problems {
        text.push_str(&format!("; {}: {}", problem.field, problem.message));
    }
    text
}
