//! Connection types as data: which fields a type has, which are secret, and what a value must look like.
//!
//! Each type is one file in `host/types`. The types that come with the program are found through [`catalog`], which
//! reads a file only when its type is asked for. A backend narrows a type ([`TypeSchema::for_backend`]) or brings one
//! of its own; a type that nobody describes is [`TypeSchema::opaque`].
//!
//! Two rules hold for every text that leaves this module. It never repeats the value of a secret field, nor a value
//! that was given to a field that does not exist. And it names every problem at once, each with what to type instead.

mod adapt;
mod address;
mod auth;
pub mod catalog;
mod dialect;
mod json_schema;
mod kind;
mod name;
mod network;
mod pattern;
mod probe;
mod schema;
mod secret_value;
mod structured;
mod suggest;
#[cfg(test)]
mod tests;
mod validate;
mod visible;

pub use auth::{AUTH_METHOD, Auth, AuthMethod};
pub use dialect::Dialect;
pub use kind::FieldKind;
pub use name::{check_name, shown};
pub use pattern::Pattern;
pub use probe::{Probe, ProbeProtocol};
pub use schema::{FieldSpec, Secrecy, TypeSchema};
pub use suggest::{nearest, suggestion};
pub use validate::{Mode, Normalized};
