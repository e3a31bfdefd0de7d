//! Signals that this process passes on to the command beside it.

use std::io;
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::{Handle, Signals};

/// Signals are caught and wait for a command that they are for.
pub struct Caught(Signals);

/// Signals are passed on until this is dropped.
pub struct Passed {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Caught {
    /// From now on no signal ends this process.
    pub fn start() -> io::Result<Self> {
        Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]).map(Self)
    }

    /// Passes signals on to a process.
    pub fn pass_to(mut self, process: Pid) -> io::Result<Passed> {
        let handle = self.0.handle();
        let pass = move || {
            for signal in self.0.forever().filter(|signal| !reached_all(*signal)) {
                if let Some(signal) = Signal::from_named_raw(signal) {
                    // It may have ended by now; it is not yet waited for, so the number is still its own.
                    kill_process(process, signal).unwrap_or_default();
                }
            }
        };
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(pass)?;
        Ok(Passed { handle, thread: Some(thread) })
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            // A thread that only passes numbers on does not panic.
            thread.join().unwrap_or_default();
        }
    }
}

/// Whether a key at the terminal sent the signal to the command, too: it is in the same group of processes.
fn reached_all(signal: i32) -> bool {
    matches!(signal, SIGINT | SIGQUIT)
        && tcgetpgrp(io::stdin()).is_ok_and(|foreground| foreground == getpgrp())
}
