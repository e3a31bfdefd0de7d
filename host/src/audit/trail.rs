//! What becomes of an operation and its record.
//!
//! If the audit is required, an operation is announced first, and the announcement is on the disk before anything is done; if that cannot
//! be had, the operation is refused. Otherwise a record that cannot be written is a warning.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use super::actor::Actor;
use super::files::Place;
use super::log::{Bounds, Durability, Log};
use super::record::{Record, Result as Outcome, Stage};
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

/// The most records that wait: they take memory, and an end of the process loses them together with what they tell of.
const MAX_HELD: usize = 1000;

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
    /// Records of what was done and is not durable yet, while a group is open.
    held: Mutex<Option<Vec<Record>>>,
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
        Self { config, log, actor, command, held: Mutex::default(), warner, warned }
    }

    /// Where the log is.
    pub fn place(&self) -> &Place {
        &self.config.place
    }

    /// Whether records are written at all.
    pub fn is_enabled(&self) -> bool {
        self.config.enabled
    }

    /// A group of operations begins: nothing of it is durable, and nothing is reported, before [`Trail::release`]. Until then records of
    /// what was done wait, and are written together. What was denied or failed does not wait, nor does anything of a required audit.
    pub fn hold(&self) {
        if !self.config.required {
            self.held().get_or_insert_default();
        }
    }

    /// Writes the records that wait. To be called before what they tell of becomes durable.
    pub fn release(&self) {
        let held = self.held().take();
        if let Some(mut held) = held.filter(|held| !held.is_empty()) {
            self.write_or_warn(&mut held);
        }
    }

    /// Announces an operation if the audit is required.
    ///
    /// # Errors
    /// The announcement could not be written. Nothing may be done.
    pub fn begin(&self, record: &Record, scrubber: &Scrubber) -> Result<Entry, Error> {
        let mut entry = Entry::now();
        if self.config.required && self.config.enabled {
            let mut attempt = Record { event: Stage::Attempt, ..record.clone() };
            self.sign(&mut attempt, scrubber);
            let mut attempt = [attempt];
            self.write(&mut attempt).map_err(|error| self.refusal(error))?;
            entry.attempt = Some(attempt[0].seq);
        }
        Ok(entry)
    }

    /// Writes down how an operation ended. What was done cannot be undone, so a record that cannot be written is a warning here.
    pub fn end(&self, entry: Entry, mut record: Record, scrubber: &Scrubber) {
        if !self.config.enabled {
            return;
        }
        // Thousandths are what a clock is good for.
        record.duration_ms = Some(entry.started.elapsed().as_micros() as f64 / 1e3);
        record.attempt = entry.attempt;
        self.sign(&mut record, scrubber);
        let can_wait = record.result() == Some(Outcome::Done);
        let mut held = self.held();
        let mut due = match held.as_mut() {
            Some(held) => {
                held.push(record);
                if can_wait && held.len() < MAX_HELD {
                    return;
                }
                std::mem::take(held)
            }
            None => vec![record],
        };
        drop(held);
        self.write_or_warn(&mut due);
    }

    fn held(&self) -> MutexGuard<'_, Option<Vec<Record>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who, and nothing secret.
    fn sign(&self, record: &mut Record, scrubber: &Scrubber) {
        self.actor.get_or_init(Actor::of_process).sign(record);
        record.command.clone_from(&self.command);
        record.clean(scrubber);
    }

    fn write_or_warn(&self, records: &mut [Record]) {
        if let Err(error) = self.write(records)
            && self.warned.set(()).is_ok()
        {
            self.warner.warn(&format!("the audit log cannot be written: {}", in_words(&error)));
        }
    }

    fn write(&self, records: &mut [Record]) -> io::Result<()> {
        let durability = match self.config.required {
            true => Durability::Disk,
            false => self.config.durability,
        };
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let written = log.append(records, durability);
        drop(log);
        let Some(socket) = &self.config.syslog else { return written.map(drop) };
        // Where the disk is full the system's log may still have room.
        let in_json = |record: &Record| serde_json::to_string(record).unwrap_or_default();
        let mut sent = Ok(());
        for (index, record) in records.iter().enumerate() {
            let line = match &written {
                Ok(lines) => lines[index].clone(),
                Err(_) => in_json(record),
            };
            sent = sent.and(syslog::send(socket, record.result(), record.pid, &line));
        }
        written.map(drop).and(sent)
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
