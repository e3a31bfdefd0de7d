//! Ceilings of limits.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use toml::Spanned;

use super::position::Position;
use super::reader::{Reader, did_you_mean};
use crate::policy::Limits;

/// The most that one limit may be.
#[derive(Clone, Debug)]
pub struct LimitCeiling {
    /// The key of the limit in `plugins.toml`, with its unit.
    pub key: &'static str,
    /// The most.
    pub most: u32,
    /// Its line.
    pub position: Position,
    lower: Lower,
}

/// Lowers one of the limits to a value in the unit of its key.
type Lower = fn(&mut Limits, u32);

/// The keys of `[connectors.NAME.limits]`, and how each is lowered to a value in the unit of the key.
const KEYS: [(&str, Lower); 21] = [
    ("memory-mib", |limits, n| lower(&mut limits.memory, (n as usize) << 20)),
    ("table-elements", |limits, n| lower(&mut limits.table_elements, n as usize)),
    ("wall-seconds", |limits, n| lower(&mut limits.wall, Duration::from_secs(n.into()))),
    ("cpu-milliseconds", |limits, n| lower(&mut limits.cpu, Duration::from_millis(n.into()))),
    ("host-call-mib", |limits, n| lower(&mut limits.host_call, (n as usize) << 20)),
    ("handles", |limits, n| lower(&mut limits.handles, n as usize)),
    ("requests", |limits, n| lower(&mut limits.requests, n)),
    ("request-seconds", |limits, n| lower(&mut limits.request, Duration::from_secs(n.into()))),
    ("response-mib", |limits, n| lower(&mut limits.response, (n as usize) << 20)),
    ("request-mib", |limits, n| lower(&mut limits.request_body, (n as usize) << 20)),
    ("log-kib", |limits, n| lower(&mut limits.log, (n as usize) << 10)),
    ("output-mib", |limits, n| lower(&mut limits.output, (n as usize) << 20)),
    ("command-runs", |limits, n| lower(&mut limits.command.runs, n)),
    ("command-seconds", |limits, n| lower(&mut limits.command.time, Duration::from_secs(n.into()))),
    ("command-output-kib", |limits, n| lower(&mut limits.command.output, (n as usize) << 10)),
    ("list-items", |limits, n| lower(&mut limits.list.items, n as usize)),
    ("list-pages", |limits, n| lower(&mut limits.list.pages, n as usize)),
    ("list-mib", |limits, n| lower(&mut limits.list.bytes, (n as usize) << 20)),
    ("list-seconds", |limits, n| lower(&mut limits.list.time, Duration::from_secs(n.into()))),
    ("compile-seconds", |limits, n| lower(&mut limits.compile.time, Duration::from_secs(n.into()))),
    ("compile-mib", |limits, n| lower(&mut limits.compile.memory, (n as usize) << 20)),
];

fn lower<T: PartialOrd>(limit: &mut T, most: T) {
    if *limit > most {
        *limit = most;
    }
}

impl LimitCeiling {
    /// Lowers the limit if it is higher, and says whether it was.
    pub fn apply(&self, limits: &mut Limits) -> bool {
        let before = *limits;
        (self.lower)(limits, self.most);
        *limits != before
    }

    pub fn read(form: &BTreeMap<String, Spanned<u32>>, reader: &mut Reader<'_>) -> Vec<Self> {
        let mut ceilings = Vec::new();
        for (name, most) in form {
            let position = reader.position(most);
            match KEYS.iter().find(|(key, _)| key == name) {
                Some((key, lower)) => {
                    ceilings.push(Self { key, most: *most.get_ref(), position, lower: *lower });
                }
                None => {
                    let known = KEYS.map(|(key, _)| key);
                    let problem = format!("there is no limit `{}`", name.escape_debug());
                    reader.problem_with_hint(position, problem, did_you_mean(name, &known));
                }
            }
        }
        ceilings
    }
}

impl fmt::Display for LimitCeiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{CommandLimits, CompileLimits, ListLimits};

    /// A limit that is new breaks this test until it has a ceiling.
    #[test]
    fn every_limit_has_a_ceiling() {
        let mut limits = Limits::default();
        for (_, lower) in KEYS {
            lower(&mut limits, 0);
        }
        let zero = Duration::ZERO;
        let none = Limits {
            memory: 0,
            table_elements: 0,
            wall: zero,
            cpu: zero,
            host_call: 0,
            handles: 0,
            requests: 0,
            request: zero,
            response: 0,
            request_body: 0,
            log: 0,
            output: 0,
            command: CommandLimits { runs: 0, time: zero, output: 0 },
            list: ListLimits { items: 0, pages: 0, bytes: 0, time: zero },
            compile: CompileLimits { time: zero, memory: 0 },
        };
        assert_eq!(limits, none);
    }

    #[test]
    fn a_ceiling_only_lowers() {
        let mut limits = Limits::default();
        let before = limits;
        for (_, lower) in KEYS {
            lower(&mut limits, u32::MAX);
        }
        assert_eq!(limits, before);
    }
}
