//! A stand-in for DataOS: its resource manager (Poros), its Depot Service and its token service
//! (Heimdall), in memory and over plain HTTP.
//!
//! The vendor publishes neither a server to run nor a specification of Poros. Each answer here
//! follows a documented body or text where there is one. Where there is none, the form is a field
//! of [`Options`], so that a client can be held against every form that is likely; the comment at
//! the field says whether its default is documented, inferred or a guess.
//!
//! ```
//! use std::sync::Arc;
//! use connhub_tests::dataos::{DataOs, Options};
//! use connhub_tests::serve::Server;
//!
//! let dataos = Arc::new(DataOs::new(Options::default()));
//! let server = Server::start(dataos.clone());
//! let login = format!("Bearer {}", dataos.tokens().data_dev);
//! # let _ = (server.url(), login);
//! ```
//!
//! Left out because no client of ours may use it: writing depots straight to the Depot Service
//! (405 here), its metadata, owners and data sets, Heimdall's users and vault writes, v1 manifests.

mod caller;
mod depot_service;
mod depot_view;
mod failure;
mod first;
mod heimdall;
mod lifecycle;
mod manifest;
mod names;
mod options;
mod page;
mod paths;
mod poros;
mod program;
mod resource;
mod server;
mod state;
mod udl;

pub use caller::Tokens;
pub use first::{FirstGeneration, SavedFirst};
pub use options::{
    AcceptedLogin, Activation, AuthorizeToken, DepotNames, DepotPaths, ErrorForm, ForbiddenForm,
    FormatOfInvalid, ListForm, MaskedValues, Options, SecretFiles, UnknownKeys, Unregistered,
    UpdateOfAbsent,
};
pub use paths::PorosPaths;
pub use program::{CONFIG_FRAGMENT, run};
pub use server::{DataOs, Saved, StoredDepot, StoredSecret};
pub use state::Step;
