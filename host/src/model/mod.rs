//! The words of the program: connections, secrets, errors. No input, no output, nothing of any backend.

mod child;
mod connection;
mod ending;
mod error;
pub mod formats;
mod place;
mod reference;
mod secret;
mod selector;
mod test;
pub mod types;
mod usage;

pub use child::{declare_secret_variables, withhold_secrets};
pub use connection::*;
pub use ending::{Ending, before_first_ending, end_everything};
pub use error::{Error, FieldProblem, Kind, Origin};
pub use place::Place;
pub use reference::{Reference, SCHEME as REFERENCE_SCHEME};
pub use secret::Secret;
pub use selector::{matches, parse_selector};
pub use test::{Rung, TestReport, TestStatus, TestStep};
pub use types::suggestion;
pub use usage::{CommandUsage, EndpointUsage, Meter, Usage};
