//! A stand-in for the host, for unit tests of a connector in a native build.
//!
//! A [`FakeHost`] answers requests from a script, keeps records in memory, and shows what was sent. With [`FakeHost::granted`] it holds the
//! connector to the grants of a `plugins.toml`: it refuses what they do not allow and masks what they mask.
//!
//! It is no security boundary and reads every value. Secrets are shown to tests only: [`value_of`], [`SentRequest::body`].

mod commands;
mod fake;
mod grant;
mod mask;
mod records;
mod value;

pub use commands::{Ran, RanCommand, printed};
pub use fake::{FakeHost, Reply, SentRequest, render};
pub use grant::assert_declared;
pub use value::{revealable_secret, secret, value_of};

pub(crate) use fake::Fake;
pub(crate) use records::Store;
pub(crate) use value::StoredValue;
