//! What a call of a connector used and what it was refused, counted while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connector that asks a million times is denied a million times; the first few tell the story.
const MAX_DENIALS: usize = 8;

/// Counts for one call. Clones count together, and the counts outlive the call, however it ended.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Usage>>);

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The endpoints that requests were sent to, by name.
    pub endpoints: BTreeMap<String, EndpointUsage>,
    /// The programs that were run, by name.
    pub commands: BTreeMap<String, CommandUsage>,
    /// The keys of the limits that were hit.
    pub limits: BTreeSet<&'static str>,
    /// What the connector tried and was refused, scrubbed; the first few.
    pub denials: Vec<String>,
    /// How often it was refused.
    pub denied: u64,
    /// Bytes of memory that the sandbox gave it, summed over all of its memories.
    pub memory: usize,
}

/// What was exchanged with one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointUsage {
    /// Scheme, host and port.
    pub origin: String,
    /// Requests, repetitions included.
    pub requests: u64,
    /// Bytes of the bodies that were sent.
    pub sent: u64,
    /// Bytes of the bodies that came back.
    pub received: u64,
}

/// What was done with one program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandUsage {
    /// Its path.
    pub program: String,
    /// How often it was started.
    pub runs: u64,
    /// Bytes of the files and the standard input that it was given.
    pub sent: u64,
    /// Bytes that were read of what it printed.
    pub received: u64,
}

impl Meter {
    /// Counts a program that is started with so many bytes of files and input.
    pub fn ran(&self, command: &str, program: &str, bytes: usize) {
        let mut usage = self.lock();
        let command = usage.commands.entry(command.to_owned()).or_default();
        program.clone_into(&mut command.program);
        command.runs += 1;
        command.sent += bytes as u64;
    }

    /// Counts the bytes that a program printed.
    pub fn printed(&self, command: &str, bytes: usize) {
        self.lock().commands.entry(command.to_owned()).or_default().received += bytes as u64;
    }

    /// Counts a request with a body of so many bytes.
    pub fn sent(&self, endpoint: &str, origin: &str, bytes: usize) {
        let mut usage = self.lock();
        let endpoint = usage.endpoints.entry(endpoint.to_owned()).or_default();
        if endpoint.origin != origin {
            origin.clone_into(&mut endpoint.origin);
        }
        endpoint.requests += 1;
        endpoint.sent += bytes as u64;
    }

    /// Counts the bytes of an answer.
    pub fn received(&self, endpoint: &str, bytes: usize) {
        self.lock().endpoints.entry(endpoint.to_owned()).or_default().received += bytes as u64;
    }

    /// Notes that a limit was hit.
    pub fn hit(&self, limit: &'static str) {
        self.lock().limits.insert(limit);
    }

    /// Notes how many bytes of memory were given.
    pub fn memory(&self, bytes: usize) {
        self.lock().memory = bytes;
    }

    /// Notes what a connector tried and was refused. The text has no secret in it any more.
    pub fn denied(&self, text: &str) {
        let mut usage = self.lock();
        usage.denied += 1;
        if usage.denials.len() < MAX_DENIALS {
            usage.denials.push(text.to_owned());
        }
    }

    /// Whether anything was refused.
    pub fn was_denied(&self) -> bool {
        self.lock().denied > 0
    }

    /// What was counted so far.
    pub fn usage(&self) -> Usage {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Usage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_count_together_and_denials_are_bounded() {
        let meter = Meter::default();
        meter.clone().sent("api", "https://a", 3);
        meter.sent("api", "https://a", 4);
        meter.received("api", 10);
        (0..100).for_each(|_| meter.denied("no"));
        meter.hit("requests");
        let usage = meter.usage();
        let expected =
            EndpointUsage { origin: "https://a".to_owned(), requests: 2, sent: 7, received: 10 };
        assert_eq!(usage.endpoints["api"], expected);
        assert_eq!((usage.denials.len(), usage.denied), (MAX_DENIALS, 100));
        assert!(usage.limits.contains("requests"));
    }
}
