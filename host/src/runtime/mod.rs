//! The sandbox: an engine with everything off that a connector does not need, one fresh store per call, limits around each call.

mod cache;
mod code_memory;
mod compile;
mod computing;
mod connector;
mod context;
mod convert;
mod engine;
mod features;
mod inspect;
mod limiter;
mod link;
mod mapping;
mod reuse;
mod stop;
mod wasi;
mod witness;

pub use cache::Cache;
pub use compile::{CompileError, Compiler, Halt, serve};
pub use computing::Computing;
pub use connector::{ComponentFile, Connector, Fingerprint, Found, Loaded};
pub use context::Host;
pub use engine::Sandbox;
pub use inspect::{Inspected, LoadError};
pub use witness::Witness;
