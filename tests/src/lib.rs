//! What the end-to-end tests of connhub run against: stand-in servers and the harness under them.

pub mod cli;
pub mod databases;
pub mod dataos;
pub mod docker_registry;
pub mod kubernetes;
pub mod registry;
pub mod s3;
pub mod serve;
pub mod small_store;
mod unpacked;
pub mod vault_kv;
