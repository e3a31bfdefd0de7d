//! The audit log: one line for each operation that changes or reveals something, and for each denial. Never a value.
//!
//! A line is a JSON object ([`Record`]) that holds the SHA-256 of the line before it and a keyed sum over itself (`chain`), so that a
//! line that was changed, moved, put in or taken out is found. A `head` beside the key says how the chain ends, so that a log that was
//! cut off is found, too. [`verify()`] reads all of that without writing; [`Log`] appends under a lock, rotates, and heals what a crash
//! left. [`Trail`] decides what becomes of an operation whose record cannot be written. docs/audit.md has the format.

mod actor;
mod chain;
mod files;
mod filter;
mod head;
mod log;
mod read;
mod record;
mod recover;
mod rotate;
mod syslog;
mod trail;
mod verify;

pub use files::Place;
pub use filter::{Filter, Moment};
pub use log::{Bounds, Durability, Log};
pub use read::{Selected, export, select, table};
pub use record::{
    ConnectorId, Ended, EndpointRecord, Mark, MarkKind, ProgramRecord, Record, Result as Outcome,
    Stage, VERSION,
};
pub use trail::{Config, Entry, Trail, Warner};
pub use verify::{Finding, Flaw, Report, verify, verify_file};
