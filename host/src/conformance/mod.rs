//! What every connector has to do, whatever its backend is: the checks of the conformance kit.
//!
//! A check looks at what a component declares ([`declared()`]), at what it says it is ([`described()`]), or at how it behaves when its
//! operations are called ([`Trial`], [`attack`], [`starve`]). Nothing here knows how a component is run: the checks speak to a [`Subject`], and what
//! they found is in a [`Book`]. Whatever a trial creates has a name with a random prefix of its own, is noted in a [`Journal`] before it
//! is created, and is deleted again by [`clean_up`], however the trial ended.

mod book;
mod checks;
mod computing;
mod declared;
mod described;
mod hostile;
mod journal;
mod sample;
mod subject;
#[cfg(test)]
mod tests;
mod trial;

pub use book::{Book, Outcome, Verdict};
pub use checks::{CHECKS, Check, Group};
pub use computing::starve;
pub use declared::{Declarations, declared};
pub use described::described;
pub use hostile::{Faults, Misfortune, attack};
pub use journal::{Journal, clean_up};
pub use sample::{Sample, sample};
pub use subject::Subject;
pub use trial::{Plan, Trial};
