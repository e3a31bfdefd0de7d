//! Connections in the key-value store of Vault and OpenBao, as a user of the program keeps them there.
//!
//! What a real server can do too runs in a [`site::Site`], which is on one if `CONNHUB_TEST_VAULT` names a part of a `plugins.toml` with
//! the backend `vault-kv`; the rest runs on an [`instance::Instance`], a stand-in that a test can make misbehave. The output of every
//! command is searched for the secrets and logins that went in; see `connhub_tests::cli`.

mod check;
#[path = "../rhoai/configuration.rs"]
mod configuration;
mod copy;
mod faults;
mod instance;
mod leaks;
mod life;
mod list;
mod logins;
#[path = "../rhoai/requests.rs"]
mod requests;
mod rights;
mod site;

/// A bucket, whose key is on stdin.
const S3: [&str; 5] = [
    "--type=s3",
    "endpoint=https://s3.example.com",
    "bucket=sales",
    "access_key_id=AKIAEXAMPLE",
    "secret_access_key=-",
];
