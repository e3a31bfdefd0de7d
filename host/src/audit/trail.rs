//! What becomes of an operation and its record.
//!
//! If the audit is required, an operation is announced first, and the announcement is on the disk before anything is done; if that cannot
//! be had, the operation is refused. Otherwise a record that cannot be written is a warning.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use super::actor::Actor;
use super::files::Place;
use super::log::{Bounds, Durability, Log};
use super::record::{Record, Stage};
use super::syslog;
use crate::model::Error;
use crate::scrub::Scrubber;

/// What the settings and the policy say.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether records are written at all.
    pub enabled: bool,
    /// Whether nothing may be done that is not recorded.
    pub required: bool,
    /// Where the log is.
    pub place: Place,
    /// How large it may become.
    pub bounds: Bounds,
    /// When a line counts as written; a required audit always waits for the disk.
    pub durability: Durability,
    /// The socket of the system's log, if records go there too.
    pub syslog: Option<PathBuf>,
}

/// Whoever tells the user.
pub trait Warner: Send + Sync {
    /// Says something that works but is not as it should be.
    fn warn(&self, text: &str);
}

/// The way of all records of a process. Nothing is opened before the first one.
pub struct Trail {
    config: Config,
    log: Mutex<Log>,
    actor: OnceLock<Actor>,
    command: Option<String>,
    warner: Arc<dyn Warner>,
    warned: OnceLock<()>,
}

/// An operation that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    started: Instant,
    attempt: Option<u64>,
}

impl Entry {
    /// One that nobody had to be told of before.
    pub fn now() -> Self {
        Self { started: Instant::now(), attempt: None }
    }

    /// Whether there is a line that announces it, and that another has to answer.
    pub fn was_announced(&self) -> bool {
        self.attempt.is_some()
    }
}

impl Trail {
    /// Nothing is opened or made yet. `command` is what the user typed, without arguments.
    pub fn new(config: Config, command: Option<String>, warner: Arc<dyn Warner>) -> Self {
        let log = Mutex::new(Log::new(config.place.clone(), config.bounds));
        let (actor, warned) = (OnceLock::new(), OnceLock::new());
        Self { config, log, actor, command, warner, warned }
    }

    /// Where the log is.
    pub fn place(&self) -> &Place {
        &self.config.place
    }

    /// Whether records are written at all.
    pub fn is_enabled(&self) -> bool {
        self.config.enabled
    }

    /// Announces an operation if the audit is required.
    ///
    /// # Errors
    /// The announcement could not be written. Nothing may be done.
    pub fn begin(&self, record: &Record, scrubber: &Scrubber) -> Result<Entry, Error> {
        let mut entry = Entry::now();
        if self.config.required {
            let mut attempt = Record { event: Stage::Attempt, ..record.clone() };
            self.write(&mut attempt, scrubber).map_err(|error| self.refusal(error))?;
            entry.attempt = Some(attempt.seq);
        }
        Ok(entry)
    }

    /// Writes down how an operation ended. What was done cannot be undone, so a record that cannot be written is a warning here.
    pub fn end(&self, entry: Entry, mut record: Record, scrubber: &Scrubber) {
        // Thousandths are what a clock is good for.
        record.duration_ms = Some(entry.started.elapsed().as_micros() as f64 / 1e3);
        record.attempt = entry.attempt;
        if let Err(error) = self.write(&mut record, scrubber)
            && self.warned.set(()).is_ok()
        {
            self.warner.warn(&format!("the audit log cannot be written: {}", in_words(&error)));
        }
    }

    fn write(&self, record: &mut Record, scrubber: &Scrubber) -> io::Result<()> {
        if !self.config.enabled {
            return Ok(());
        }
        self.actor.get_or_init(Actor::of_process).sign(record);
        record.command.clone_from(&self.command);
        record.clean(scrubber);
        let durability = match self.config.required {
            true => Durability::Disk,
            false => self.config.durability,
        };
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let written = log.append(record, durability);
        drop(log);
        // Where the disk is full the system's log may still have room.
        let line = match &written {
            Ok(line) => line.clone(),
            Err(_) => serde_json::to_string(record).unwrap_or_default(),
        };
        let sent = match &self.config.syslog {
            Some(socket) => syslog::send(socket, record.result(), record.pid, &line),
            None => Ok(()),
        };
        written.and(sent)
    }

    fn refusal(&self, error: io::Error) -> Error {
        let file = self.config.place.log().display();
        Error::refused("nothing was done: the audit is required, and its log cannot be written")
            .because(error)
            .hint(format!("look at `{file}`: who owns it, and whether its disk is full"))
    }
}

/// The error and its causes in one line.
fn in_words(error: &io::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
