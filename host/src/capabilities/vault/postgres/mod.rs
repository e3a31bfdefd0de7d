//! Stores on a server of PostgreSQL, for a team.
//!
//! What is stored is what a file stores, sealed in the same way: the server and who administers it have rows of random bytes. Every writer
//! takes the row of the state first, so that all of them follow one order, as they do with a file; readers see one state and hold up nobody.
//!
//! The vault is called by code that is not asynchronous, on threads that may belong to a runtime. So a connection has a thread of its own, which
//! moves bytes; the caller waits for an answer (`session.rs`). No thread starts before a store on a server is opened.

mod database;
mod link;
mod migrate;
mod place;
mod rows;
mod session;
mod tls;
mod trouble;

pub(super) use self::database::Database;
pub(super) use self::migrate::{NEWEST, OLDEST, ROLES, losses};
pub use self::place::{Password, Server, TlsMode};
pub(super) use self::trouble::Trouble;

#[cfg(test)]
pub(super) use self::{migrate::check_steps, session::Session};
