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
    /// Bytes of all texts of one answer (`output-mib`).
    pub output: usize,
    /// What programs may use.
    pub command: CommandLimits,
    /// What all pages of one list may come to.
    pub list: ListLimits,
    /// What compiling the component may take.
    pub compile: CompileLimits,
}

/// The limits of the programs that a connector runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandLimits {
    /// How often one call may run one (`command-runs`).
    pub runs: u32,
    /// From start to end of one run (`command-seconds`).
    pub time: Duration,
    /// Bytes that are kept of each of its two streams (`command-output-kib`).
    pub output: usize,
}

/// The limits of one list. Each of its pages is a call with limits of its own, and a list could have any number of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// Connections on all pages (`list-items`).
    pub items: usize,
    /// Pages, empty ones included (`list-pages`).
    pub pages: usize,
    /// Bytes of all texts on all pages (`list-mib`).
    pub bytes: usize,
    /// From the first page to the last (`list-seconds`).
    pub time: Duration,
}

/// The limits of compiling a component, which happens once for each of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// From start to end (`compile-seconds`).
    pub time: Duration,
    /// Bytes of memory (`compile-mib`).
    pub memory: usize,
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
            output: 8 * MIB,
            command: CommandLimits::default(),
            list: ListLimits::default(),
            compile: CompileLimits::default(),
        }
    }
}

impl Default for CommandLimits {
    /// A command line that asks a server takes some seconds, and a long list of it a hundred KiB.
    fn default() -> Self {
        Self { runs: 100, time: Duration::from_secs(60), output: MIB }
    }
}

impl Default for ListLimits {
    /// Twenty times the largest list that is known from practice. Pages may be empty where few connections match.
    fn default() -> Self {
        Self { items: 200_000, pages: 10_000, bytes: 256 * MIB, time: Duration::from_secs(600) }
    }
}

impl Default for CompileLimits {
    /// A component of 300 KiB takes a second and 100 MiB, one with an interpreter in it twenty times as much.
    fn default() -> Self {
        Self { time: Duration::from_secs(60), memory: 1024 * MIB }
    }
}
