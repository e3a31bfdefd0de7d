use std::time::Instant;

use super::Activation;

/// A resource's way from its manifest to active or error.
#[derive(Clone, Debug)]
pub(super) enum Life {
    /// It is built, and this will come of it.
    Building {
        /// Reads of this one resource so far.
        reads: u32,
        /// When the manifest was taken.
        began: Instant,
        /// `None`: it becomes active.
        outcome: Option<BuildFailure>,
    },
    /// It is what it will be.
    Settled(Option<BuildFailure>),
}

/// Where a resource is on that way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Creating,
    Active,
    Failed(BuildFailure),
    Deleted,
}

/// Why a depot did not become active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BuildFailure {
    /// `error`: it failed while it was built. `building`: it failed afterwards.
    pub(super) builder_stage: &'static str,
    pub(super) info: String,
}

impl Life {
    /// Starts a life that ends in success, or in this failure.
    pub(super) fn begin(outcome: Option<BuildFailure>) -> Self {
        Life::Building { reads: 0, began: Instant::now(), outcome }
    }

    /// A life that is over at once, as a secret's.
    pub(super) fn settled() -> Self {
        Life::Settled(None)
    }

    /// Counts one read, after which the resource may be settled.
    pub(super) fn observe(&mut self, activation: Activation) {
        let Life::Building { reads, began, outcome } = self else {
            return;
        };
        let done = match activation {
            Activation::AfterReads(shown) => *reads >= shown,
            Activation::After(time) => began.elapsed() >= time,
            Activation::Never => false,
        };
        *reads = reads.saturating_add(1);
        if done {
            *self = Life::Settled(outcome.take());
        }
    }

    pub(super) fn stage(&self) -> Stage {
        match self {
            Life::Building { .. } => Stage::Creating,
            Life::Settled(None) => Stage::Active,
            Life::Settled(Some(failure)) => Stage::Failed(failure.clone()),
        }
    }
}

impl Stage {
    /// The documented word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Stage::Creating => "creating",
            Stage::Active => "active",
            Stage::Failed(_) => "error",
            Stage::Deleted => "deleted",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn reads_until_settled() {
        let check = |activation, failure: Option<BuildFailure>, expected: &[&str]| {
            let mut life = Life::begin(failure);
            let seen: Vec<&str> = (0..expected.len())
                .map(|_| {
                    life.observe(activation);
                    life.stage().word()
                })
                .collect();
            assert_eq!(seen, expected, "{activation:?}");
        };
        let failure = || Some(BuildFailure { builder_stage: "error", info: String::from("no") });
        check(Activation::AfterReads(2), None, &["creating", "creating", "active", "active"]);
        check(Activation::AfterReads(1), failure(), &["creating", "error", "error"]);
        check(Activation::AfterReads(0), None, &["active"]);
        check(Activation::After(Duration::ZERO), None, &["active"]);
        check(Activation::After(Duration::from_secs(3600)), None, &["creating", "creating"]);
        check(Activation::Never, failure(), &["creating", "creating", "creating"]);
    }
}
