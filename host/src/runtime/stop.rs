//! Why a call ended without an answer, in words.

use std::time::Duration;

use wasmtime::Trap;

use super::limiter::Hit;
use crate::model::{Error, Kind};
use crate::policy::{Limits, limit_hit};

/// The component computed for longer than it may.
#[derive(Debug, thiserror::Error)]
#[error("the computing time is used up")]
pub(super) struct CpuSpent;

/// The component took as many steps as it may.
#[derive(Debug, thiserror::Error)]
#[error("the {0} steps are used up")]
pub(super) struct StepsSpent(pub u64);

/// What is known about a call that failed.
pub(super) struct Stop<'a> {
    pub connector: &'a str,
    pub limits: &'a Limits,
    pub hit: Option<Hit>,
    /// The last thing that the component wrote, scrubbed: usually the text of its panic.
    pub last_words: Option<String>,
}

impl Stop<'_> {
    /// The component trapped, or the host ended it.
    pub(super) fn failed(&self, error: &wasmtime::Error) -> Error {
        if error.is::<CpuSpent>() {
            let spent = self.limits.cpu.as_millis();
            return self.limit(&format!("computed for more than {spent} ms"), "cpu-milliseconds");
        }
        if let Some(StepsSpent(steps)) = error.downcast_ref() {
            return self
                .limit(&format!("computed for more than {steps} steps"), "cpu-milliseconds");
        }
        match self.hit {
            Some(Hit::Memory) => {
                let mib = self.limits.memory >> 20;
                return self.limit(&format!("needed more than {mib} MiB of memory"), "memory-mib");
            }
            Some(Hit::TableElements) => {
                return self.limit("needed more table elements than it may", "table-elements");
            }
            None => {}
        }
        let text = format!("{error:#}");
        if ["handle limit exceeded", "no free keys", "capacity"].iter().any(|w| text.contains(w)) {
            return self.limit("held more handles than it may", "handles");
        }
        if text.contains("count too high") {
            let more = "has more instances, memories or tables than any connector needs";
            return Error::new(Kind::Connector, format!("connector `{}` {more}", self.connector));
        }
        if text.contains("hostcall") {
            let mib = self.limits.host_call >> 20;
            return self.limit(&format!("moved more than {mib} MiB in one call"), "host-call-mib");
        }
        self.crashed(error)
    }

    fn crashed(&self, error: &wasmtime::Error) -> Error {
        let how = match error.downcast_ref::<Trap>() {
            Some(Trap::UnreachableCodeReached) => "crashed".to_owned(),
            Some(Trap::StackOverflow) => "ran out of stack".to_owned(),
            Some(trap) => format!("crashed: {trap}"),
            None if error.is::<wasmtime_wasi::I32Exit>() => "tried to exit the process".to_owned(),
            None => format!("broke the contract: {}", error.root_cause()),
        };
        let mut message = format!("connector `{}` {how}", self.connector);
        if let Some(words) = &self.last_words {
            message.push_str(": ");
            message.push_str(words);
        }
        Error::new(Kind::Connector, message)
            .hint("this is a fault of the connector; nothing else was affected")
    }

    fn limit(&self, what: &str, key: &'static str) -> Error {
        limit_hit(self.connector, what, key)
    }
}

/// The call took longer than it may, waiting included.
pub(super) fn timed_out(connector: &str, wall: Duration) -> Error {
    limit_hit(connector, &format!("did not finish within {} s", wall.as_secs()), "wall-seconds")
}

/// The answer has more text than it may.
pub(super) fn too_much(connector: &str, limit: usize) -> Error {
    let what = format!("returned more than {} MiB in one answer", limit >> 20);
    limit_hit(connector, &what, "output-mib")
}
