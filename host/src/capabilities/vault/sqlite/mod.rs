//! Stores in a file of SQLite.

mod database;
mod frozen;
mod rows;
mod schema;

pub(super) use self::database::Database;
