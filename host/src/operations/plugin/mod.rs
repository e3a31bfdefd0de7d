//! What a user does with connectors: make, build, lock, add, update, remove, verify, sign, push, save, trust.

mod build;
mod candidate;
mod configuration;
mod fetcher;
mod files;
mod install;
mod lock;
mod lock_file;
mod project;
mod push;
mod save;
mod sign;
pub mod trial;
mod trust;
mod verify;

pub use crate::fetch::{Meter, Source};
pub use build::{Built, build};
pub use candidate::Candidate;
pub use configuration::EndpointPlace;
pub use fetcher::fetcher;
pub use install::{
    Addition, Home, Removal, add, check_name, difference, more_needs, permitted, removal, remove,
    settle, source_of, update,
};
pub use lock::{Lock, LockedConnector, lock};
pub use lock_file::LockChange;
pub use project::{Language, Project};
pub use push::{Push, push};
pub use save::{Saved, save};
pub use sign::{KeyPair, Signing, keygen, private_key, public_key, sign};
pub use trust::{Review, TrustedNow, review, revoke, trust, trusted};
pub use verify::{Verified, verify};
