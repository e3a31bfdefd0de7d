//! What a connector may do: pure decisions over what its component declares and what `plugins.toml` grants.
//!
//! Nothing here reads a file, asks the network or knows the sandbox. A connector takes two keys: a need that is declared in the
//! component, and a grant for it; a need alone gives nothing.

pub mod admin;
mod commands;
mod decision;
mod grants;
mod limits;
mod masks;
mod needs;
mod pointer;
mod rules;
mod secret_places;
mod visible;
mod worst;

pub use commands::{Argument, BadShape, CommandGrant, MAX_ARGUMENTS, Shape, Shapes};
pub use decision::{Capability, Refusal, authorize};
pub use grants::{EndpointGrant, EndpointKind, Grants, MaskEncoding};
pub use limits::{CommandLimits, CompileLimits, Limits, ListLimits, limit_hint, limit_hit};
pub use masks::unmasked;
pub use needs::{
    CONTRACT_MAJOR, CONTRACT_MINOR, CommandNeed, ContractVersion, EndpointNeed, Needs, NeedsError,
};
pub use pointer::*;
pub use rules::*;
pub use secret_places::{SecretPlaces, WHOLE_FILE};
pub use visible::{BadVisible, Visible};
pub use worst::Worst;
