//! Signals that ask the program to end while something is to be put away first.

use std::sync::Arc;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::model::{Error, Kind};
use crate::plugins::Plugins;

/// A signal that asks the program to end. As long as this lives, and after it, none ends the program by itself.
pub(in crate::operations::plugin) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    has_come: bool,
}

impl Stop {
    /// From now on a signal ends the process that compiles for them, too: who waits for it looks at nothing else.
    pub(in crate::operations::plugin) fn of(plugins: &Plugins) -> Result<Self, Error> {
        if let Some(halt) = plugins.halt() {
            for number in [SIGINT, SIGTERM] {
                flag::register(number, Arc::clone(halt.flag())).map_err(deaf)?;
            }
        }
        Self::new()
    }

    fn new() -> Result<Self, Error> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(deaf)?,
            terminate: signal(SignalKind::terminate()).map_err(deaf)?,
            has_come: false,
        })
    }

    /// Waits until one comes, or returns at once if one has come.
    pub(in crate::operations::plugin) async fn wait(&mut self) {
        if !self.has_come {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
            self.has_come = true;
        }
    }

    /// Whether one has come.
    pub(in crate::operations::plugin) async fn has_come(&mut self) -> bool {
        // The runtime looks for signals only when nothing else is to be done.
        tokio::task::yield_now().await;
        tokio::select! {
            biased;
            () = self.wait() => true,
            () = std::future::ready(()) => false,
        }
    }

    /// What comes of work that was stopped before there is anything to report.
    pub(in crate::operations::plugin) fn error() -> Error {
        Error::new(Kind::Interrupted, "interrupted")
    }
}

fn deaf(error: std::io::Error) -> Error {
    Error::new(Kind::Other, "signals cannot be waited for").because(error)
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    /// One process has one set of signals, so both are here.
    #[tokio::test]
    async fn a_signal_is_seen_and_not_forgotten() {
        for signal in [Signal::INT, Signal::TERM] {
            let mut stop = Stop::new().unwrap();
            assert!(!stop.has_come().await);
            kill_process(getpid(), signal).unwrap();
            stop.wait().await;
            assert!(stop.has_come().await && stop.has_come().await);
            stop.wait().await;
        }
    }
}
