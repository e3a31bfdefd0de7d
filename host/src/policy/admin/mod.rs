//! The administrator's policy: which connectors may run, and the most that each may be granted, whatever `plugins.toml` says.
//!
//! What a connector gets is what it declares, what `plugins.toml` grants and what every policy file allows. Nothing here reads a file
//! or checks a signature: facts come in, decisions and their reasons go out.

mod allow;
mod candidate;
mod ceiling;
mod file;
mod finding;
mod form;
mod limits;
mod origin;
mod pattern;
mod position;
mod reach;
mod reader;
mod set;
mod signer;
mod summary;
#[cfg(test)]
mod tests;

pub use candidate::{Candidate, Circumstances, ConfiguredBy, Proof};
pub use ceiling::Ceiling;
pub use file::{Forbidden, PolicyFile};
pub use finding::{Finding, RuleVerdict};
pub use origin::Origin;
pub use position::{BadPolicy, Keeper, PolicyDenial, PolicySource, Position};
pub use set::PolicySet;
pub use signer::{ListedKey, Signer};
pub use summary::RuleText;
