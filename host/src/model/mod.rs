//! The words of the program: connections, secrets, errors. No input, no output, nothing of any backend.

mod address;
mod call_setting;
mod child;
mod command_line;
mod connection;
mod ending;
mod error;
mod expiry;
pub mod formats;
mod place;
mod reference;
mod secret;
mod selector;
mod test;
pub mod types;
mod usage;

pub use address::{Address, Location};
pub use call_setting::CallSetting;
pub use child::{declare_secret_variables, withhold_secrets};
pub use command_line::on_one_line;
pub use connection::*;
pub use ending::{End, Ending, before_first_ending, end_everything};
pub use error::{Error, FieldProblem, Kind, Origin};
pub use expiry::{EXPIRES, SOON, after, days_left, expires, expiry_label, in_days};
pub use place::Place;
pub use reference::{Reference, SCHEME as REFERENCE_SCHEME};
pub use secret::Secret;
pub use selector::{matches, parse_selector};
pub use test::{Rung, TestReport, TestStatus, TestStep};
pub use types::suggestion;
pub use usage::{CommandUsage, EndpointUsage, Meter, Usage};
