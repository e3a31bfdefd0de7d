//! A stand-in for the Kubernetes API server of a cluster with or without OpenShift AI.
//!
//! It is held against recordings of a real server: see `tests/kubernetes_recordings.rs`.
//!
//! ```
//! use connhub_tests::kubernetes::{Cluster, Login, Options, kubeconfig};
//! use connhub_tests::serve::Server;
//!
//! let cluster = Cluster::new(Options::default());
//! cluster.seed_secrets("fraud", 3);
//! let server = Server::start(cluster.clone());
//! let token = cluster.token("editor").expect("a standard user");
//! let config = kubeconfig(&server, "fraud", &Login::Token(token));
//! assert!(config.contains(&server.url()));
//! ```

mod accept;
mod apply;
mod authentication;
mod authorization;
mod call;
mod certificate;
mod cluster;
mod continue_token;
mod create;
mod decode;
mod delete;
mod discovery;
mod go_decoding;
mod kubeconfig;
mod managed_fields;
mod openshift;
mod read;
mod request_info;
mod resource_type;
mod review;
mod seed;
mod selector;
mod stamp;
mod status;
mod store;
mod table;
mod target;
#[cfg(test)]
mod tests;
mod update;
mod user;
mod validation;

pub use authorization::Role;
pub use cluster::{Cluster, Options};
pub use kubeconfig::{Login, kubeconfig};
pub use target::{RealTarget, StandInTarget, Target, kubernetes_target};
pub use user::{Binding, User};
