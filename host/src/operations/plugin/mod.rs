//! What a user does with connectors: make, build, lock, add, update, remove, verify, sign, push, save, trust.

mod bench;
mod build;
mod candidate;
mod configuration;
mod declare;
mod develop;
mod fetcher;
mod files;
mod install;
mod languages;
mod lock;
mod lock_file;
mod project;
mod push;
mod save;
mod sign;
mod sources;
pub mod trial;
mod trust;
mod verify;

pub use crate::fetch::{Meter, Source};
pub use bench::{BenchOrder, Benched, Pace, Step, bench};
pub use build::{Built, build, check_project};
pub use candidate::Candidate;
pub use configuration::EndpointPlace;
pub use develop::{needs_of, run_with_project};
pub use fetcher::fetcher;
pub use install::{
    Addition, Home, Removal, add, check_name, difference, more_needs, permitted, removal, remove,
    settle, source_of, update,
};
pub use languages::{LANGUAGES, Language, Workshop};
pub use lock::{Lock, LockedConnector, lock};
pub use lock_file::LockChange;
pub use project::Project;
pub use push::{Push, push};
pub use save::{Saved, save};
pub use sign::{KeyPair, Signing, keygen, private_key, public_key, sign};
pub use sources::Sources;
pub use trust::{Review, TrustedNow, review, revoke, trust, trusted};
pub use verify::{Verified, verify};
