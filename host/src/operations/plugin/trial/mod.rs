//! Trying a connector out: the conformance kit, run against the backend that is configured for it, or against a store that is thrown away.

mod chosen;
mod faults;
mod matching;
mod messages;
mod recording;
mod run;
pub(super) mod scratch;
mod shape;
pub(super) mod stop;
mod subject;
mod tap;
mod tape;

pub use crate::conformance::{Check, Group, Outcome, Verdict};
pub use chosen::{Chosen, Place, choose, choose_to_play};
pub use recording::Recording;
pub use run::{Tape, Tested, TrialOrder, test};
