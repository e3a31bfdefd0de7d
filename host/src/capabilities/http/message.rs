//! Requests and answers as a connector sees them, in the host's own types.

pub use crate::capabilities::parts::{Encoding, Part};
use crate::model::Secret;

/// A request of a connector, not yet checked.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// An upper-case method.
    pub method: String,
    /// The absolute path, percent-encoded, without origin and query.
    pub path: String,
    /// The parameters of the query, not encoded.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body, in pieces.
    pub body: Vec<Part>,
    /// What becomes of masked values.
    pub masked: MaskedValues,
    /// Pointer patterns of what is not wanted of the answer.
    pub omit: Vec<String>,
}

/// What becomes of the values that the grant masks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MaskedValues {
    /// They are gone.
    #[default]
    Hide,
    /// They are handed over as secrets.
    Handles,
}

/// An answer, free of everything that the connector may not see.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case names and values.
    pub headers: Vec<(String, String)>,
    /// The body, masked and scrubbed.
    pub body: Vec<u8>,
    /// The masked values with JSON pointers to their places in the body.
    pub secrets: Vec<(String, Secret)>,
}
