//! What one call of a connector may use.

use std::time::Duration;

use crate::model::{Error, Kind};

/// The limits of one call. Each has a key under `[connectors.NAME.limits]`, which the message of a limit that was hit names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all linear memories together (`memory-mib`).
    pub memory: usize,
    /// Elements of all tables together (`table-elements`).
    pub table_elements: usize,
    /// From start to end, waiting included (`wall-seconds`).
    pub wall: Duration,
    /// Computing in the sandbox (`cpu-milliseconds`), counted in ticks of 10 ms.
    pub cpu: Duration,
    /// Bytes that one call between host and sandbox may copy (`host-call-mib`).
    pub host_call: usize,
    /// Handles that are open at once (`handles`).
    pub handles: usize,
    /// Requests to endpoints, retries included (`requests`).
    pub requests: u32,
    /// Waiting for one answer (`request-seconds`).
    pub request: Duration,
    /// Bytes of one answer (`response-mib`).
    pub response: usize,
    /// Bytes of one request's body (`request-mib`).
    pub request_body: usize,
    /// Bytes of all messages (`log-kib`).
    pub log: usize,
}

/// A limit that a connector hit: what it did, and the key of the limit.
pub fn limit_hit(connector: &str, what: &str, key: &'static str) -> Error {
    Error::new(Kind::Connector, format!("connector `{connector}` {what}"))
        .hit(key)
        .hint(limit_hint(connector, key))
}

/// Where a limit is set, for the hint of an error.
pub fn limit_hint(connector: &str, key: &str) -> String {
    format!("the limit is `{key}` in `[connectors.{connector}.limits]` of `plugins.toml`")
}

const MIB: usize = 1 << 20;

impl Default for Limits {
    /// Enough for a page of 500 connections, small against the machine.
    fn default() -> Self {
        Self {
            memory: 64 * MIB,
            table_elements: 20_000,
            wall: Duration::from_secs(30),
            cpu: Duration::from_secs(2),
            host_call: 16 * MIB,
            handles: 2_000,
            requests: 100,
            request: Duration::from_secs(20),
            response: 16 * MIB,
            request_body: 4 * MIB,
            log: 64 << 10,
        }
    }
}
