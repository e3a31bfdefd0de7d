//! A stand-in for HashiCorp Vault and OpenBao: token checks, policies, namespaces, AppRole, and the key-value engine of version 2, in
//! memory and over plain HTTP.
//!
//! It follows the public API documentation and, where that is silent, what the published source of the engine answers: the texts of
//! refused check-and-set writes, 404 with metadata for deleted versions, the limits of custom metadata.
//!
//! ```
//! use std::sync::Arc;
//! use connhub_tests::serve::Server;
//! use connhub_tests::vault_kv::{Options, Vault};
//!
//! let vault = Arc::new(Vault::new(Options::default()));
//! let token = vault.add_token("", &[("secret/*", &["create", "read", "update", "list"])]);
//! let server = Server::start(vault.clone());
//! # let _ = (server.url(), token);
//! ```
//!
//! Left out because no client of ours may use it: leases, wrapping, other engines and logins, replication.

mod engine;
mod failure;
mod login;
mod policy;
mod server;
mod system;

pub use login::AppRole;
pub use server::{Options, Vault};
