//! The command line as a user types it: what is printed, where, and with which exit code.
//!
//! Every command's output and every file that is left are searched for the secrets that went in; see
//! `connhub_tests::cli`.

mod apply;
mod audit;
mod backup;
mod check;
mod copy;
mod create;
mod delete;
mod errors;
mod exit_codes;
mod expiring;
mod files;
mod formats;
mod generated;
mod get;
mod help;
mod help_of_many;
mod help_of_use;
mod help_plugin;
mod import;
mod interview;
mod list;
mod plugin;
mod plugin_add;
mod plugin_bench;
mod plugin_dev;
mod plugin_inspect;
mod plugin_new;
mod plugin_pull;
mod plugin_push;
mod plugin_save;
mod plugin_stop;
mod plugin_wkg;
mod policy;
mod policy_bypass;
mod policy_files;
mod policy_signed;
mod processes;
mod rotate;
mod secrets;
mod settings;
mod signatures;
mod streams;
mod terminal;
mod trust;
mod types;
mod update;

use connhub_tests::cli::{Outcome, TestEnv};

/// Creates an S3 connection whose secret is a canary.
#[track_caller]
fn s3(env: &TestEnv, name: &str, more: &[&str]) -> Outcome {
    let words = [
        "create",
        name,
        "--type",
        "s3",
        "endpoint=https://minio.example.com:9000",
        "bucket=raw",
        "access_key_id=AKIAEXAMPLE",
        "secret_access_key=-",
    ];
    let secret = env.secret(name);
    env.command(words.iter().chain(more)).stdin(secret).run().succeeds()
}

/// Creates a PostgreSQL connection whose password is a canary.
#[track_caller]
fn postgresql(env: &TestEnv, name: &str, more: &[&str]) -> Outcome {
    let words = [
        "create",
        name,
        "--type",
        "postgresql",
        "host=db.example.com",
        "database=orders",
        "username=reader",
        "password=-",
    ];
    let secret = env.secret(name);
    env.command(words.iter().chain(more)).stdin(secret).run().succeeds()
}

/// An environment with `sales` (s3) and `orders` (postgresql).
fn two_connections() -> TestEnv {
    let env = TestEnv::new();
    s3(&env, "sales", &["--label", "team=fraud", "--display-name", "Sales data"]);
    postgresql(&env, "orders", &["--label", "team=web", "--description", "what was ordered"]);
    env
}
