//! Connections in OpenShift AI, as a user of the program keeps them there.
//!
//! What needs neither faults nor several users runs in a [`project::Project`], which is on a real cluster if
//! `CONNHUB_TEST_KUBECONFIG` names one; the rest runs on a [`site::Site`], a stand-in that a test can make misbehave. The
//! output of every command is searched for the secrets and logins that went in; see `connhub_tests::cli`.

mod adopt;
mod api;
mod check;
mod configuration;
mod conflicts;
mod copy;
mod delete;
mod exists;
mod faults;
mod foreign;
mod interceptor;
mod judge;
mod kubeconfig;
mod leaks;
mod life;
mod list;
mod login;
mod names;
mod project;
mod proxy;
mod requests;
mod roles;
mod scopes;
mod site;
mod types;
mod update;
mod users;
mod watch;

/// The fields of object storage, and its secret on stdin.
const S3: [&str; 5] = [
    "--type=s3",
    "endpoint=https://s3.example.com",
    "bucket=sales-raw",
    "access_key_id=AKIAIOSFODNN7EXAMPLE",
    "secret_access_key=-",
];

/// The fields of something that needs no secret.
const URI: [&str; 2] = ["--type=uri", "uri=https://example.com/models/1"];
