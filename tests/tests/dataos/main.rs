//! Connections in DataOS, as a user of the program keeps them there.
//!
//! What a real DataOS can do too runs in a [`tenant::Tenant`], which is on one if `CONNHUB_TEST_DATAOS` names a part of a
//! `plugins.toml` with the backend `dataos`; the rest runs on an [`instance::Instance`], a stand-in that a test can make
//! misbehave. Nearly all of it runs over both ways to the resource manager, see [`transport`]. The output of every command is searched for the secrets and logins that went in; see `connhub_tests::cli`.

#[macro_use]
mod transport;

mod check;
#[path = "../rhoai/configuration.rs"]
mod configuration;
mod copy;
mod ctl;
mod dependencies;
mod exists;
mod faults;
mod first_steps;
mod generation;
mod instance;
mod leaks;
mod life;
mod list;
mod logins;
mod names;
mod paths;
#[path = "../rhoai/proxy.rs"]
mod proxy;
mod purposes;
mod removal;
#[path = "../rhoai/requests.rs"]
mod requests;
mod resolve;
mod revisions;
mod roles;
mod sources;
mod status;
mod steps;
mod tenant;
mod undo;
mod update;
mod way;

/// A database, whose password is on stdin.
const POSTGRES: [&str; 5] =
    ["--type=postgresql", "host=db.example.com", "database=sales", "username=loader", "password=-"];

/// A place that needs no credentials.
const PULSAR: [&str; 3] = [
    "--type=pulsar",
    "adminUrl=https://pulsar.example.com",
    "serviceUrl=pulsar+ssl://pulsar.example.com:6651",
];
