//! Connections in use: in the environment of a command, in templates, in the configuration of other programs.
//!
//! Secrets must reach what the user named and nothing else. stdout of a command that was asked for secrets is compared with them; stderr,
//! files and other processes are searched for them as always.

mod aws;
mod credential_process;
mod env;
mod exec;
mod inject;
mod processes;
mod reveal;

use std::ffi::OsString;

use connhub_tests::cli::{Run, TestEnv};

/// Stores an S3 connection, and returns its secret key.
fn s3(env: &TestEnv, name: &str, fields: &[&str]) -> String {
    let key = env.secret_file(name);
    let key = format!("secret_access_key=@{}", key.display());
    let words = ["create", name, "--type", "s3", "access_key_id=AKIAEXAMPLE", &key];
    env.run(words.iter().chain(fields)).succeeds();
    let file = env.files().join(name);
    fs_err::read_to_string(file).unwrap().trim_end_matches('\n').to_owned()
}

/// A command with the usual `PATH`, so that it finds others.
fn with_path<'env>(env: &'env TestEnv, words: &[&str]) -> Run<'env> {
    env.command(words).variable("PATH", path())
}

fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
