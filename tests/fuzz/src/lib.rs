//! What strangers can hand to the host as bytes: files, answers, components. Each target takes any bytes and panics if something that
//! must hold does not.
//!
//! The tests of this crate feed each target its kept corpus and some thousand changes of it. `cargo xtask fuzz` looks for more, guided by which
//! code of the host a change reaches. docs/fuzzing.md says how, and what was found.

mod coverage;
mod mutation;
mod reference;
mod search;
mod targets;

pub use coverage::Coverage;
pub use mutation::Mutator;
pub use search::{Folders, Summary, distill, search};

/// Something that takes bytes of strangers.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name, which is that of its folder in `corpus`.
    pub name: &'static str,
    /// Takes any bytes, and panics if something that must hold does not.
    pub run: fn(&[u8]),
    /// Words that its inputs are made of.
    pub words: &'static [&'static str],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    targets::administrator::TARGET,
    targets::rules::TARGET,
    targets::pointers::TARGET,
    targets::needs::TARGET,
    targets::plugins::TARGET,
    targets::lock::TARGET,
    targets::signature::TARGET,
    targets::types::TARGET,
    targets::imports::TARGET,
    targets::manifest::TARGET,
    targets::mask::TARGET,
    targets::scrub::TARGET,
    targets::vault::TARGET,
    targets::component::TARGET,
];

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
