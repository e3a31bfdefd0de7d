//! The parts of the host one by one, without a process around them, and the connector of the local store in its sandbox and without one.
//!
//! What is measured with them is in `benches/inner.rs`. The component is the one beside the program that `CONNHUB_BIN` names.

mod local;
#[cfg(feature = "native")]
mod native;
mod pieces;

pub use local::{Local, SIZE, Stored};
#[cfg(feature = "native")]
pub use native::Native;
pub use pieces::{Manifest, Masked, Ruled, Scrubbed};
