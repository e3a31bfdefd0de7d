//! Trying a connector out: the conformance kit, run against the backend that is configured for it, or against a store that is thrown away.

mod chosen;
mod faults;
mod messages;
mod run;
pub(super) mod scratch;
mod subject;
mod tap;

pub use crate::conformance::{Check, Group, Outcome, Verdict};
pub use chosen::{Chosen, Place, choose};
pub use run::{Tested, TrialOrder, test};
