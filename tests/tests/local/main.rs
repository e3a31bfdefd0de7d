//! The local store as its user meets it: whole processes, on whole files.
//!
//! Every command's output and every file that is left are searched for the secrets that went in; see
//! `connhub_tests::cli`.

mod audit;
mod cache;
mod damage;
mod disk;
mod first_start;
mod history;
mod keeping;
mod keys;
mod killed;
mod life;
mod members;
mod recovery;
mod rows;
mod together;
mod users;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use connhub_tests::cli::{Outcome, Run, TestEnv, files_below};
use serde_json::Value;

/// The command that creates an S3 connection with its secret on stdin.
fn create<'env>(env: &'env TestEnv, name: &str, secret: &str) -> Run<'env> {
    create_in(env, name, "v0", secret, &[])
}

/// As [`create`], with a prefix that tells versions of a connection apart.
fn create_in<'env>(
    env: &'env TestEnv,
    name: &str,
    prefix: &str,
    secret: &str,
    options: &[&str],
) -> Run<'env> {
    let prefix = format!("prefix={prefix}");
    let words = [
        "create",
        name,
        "--type",
        "s3",
        "endpoint=https://s3.example.com",
        "bucket=sales",
        "access_key_id=AKIAEXAMPLE",
        "secret_access_key=-",
        &prefix,
    ];
    env.command(words.iter().chain(options)).stdin(secret)
}

/// Asks the store whether a connection is what [`create_in`] makes: its answer compares the secret,
/// too, and changes nothing.
fn compare(env: &TestEnv, name: &str, prefix: &str, secret: &str) -> Outcome {
    create_in(env, name, prefix, secret, &["--if-exists", "keep", "-o", "json"]).run()
}

/// Asserts that a connection is whole: its fields and its secret are those of one version.
#[track_caller]
fn assert_whole(env: &TestEnv, name: &str, prefix: &str, secret: &str) {
    let outcome = compare(env, name, prefix, secret).succeeds();
    assert!(is_same(&outcome), "{name} is not {prefix}:\n{outcome}");
}

/// Whether [`compare`] found a connection that is the same in everything.
fn is_same(outcome: &Outcome) -> bool {
    let result = outcome.json();
    let differences = result["differences"].as_array().map_or(0, Vec::len);
    result["outcome"] == "kept" && differences == 0
}

/// The connections of the default folder and their prefixes.
#[track_caller]
fn prefixes(env: &TestEnv) -> BTreeMap<String, String> {
    let listed = env.run(["list", "-o", "json"]).succeeds().json();
    let items = listed["items"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items.iter().map(|item| (text(&item["name"]), text(&item["fields"]["prefix"]))).collect()
}

/// The names of the connections of the default folder.
#[track_caller]
fn names(env: &TestEnv) -> Vec<String> {
    prefixes(env).into_keys().collect()
}

/// The folder of the store.
fn vault(env: &TestEnv) -> PathBuf {
    env.home().join("data/vault")
}

/// The key file of the store.
fn key_file(env: &TestEnv) -> PathBuf {
    env.home().join("vault.key")
}

/// Every file below a folder with its contents, to be compared or put back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Backup(BTreeMap<PathBuf, Vec<u8>>);

impl Backup {
    fn of(folder: &Path) -> Self {
        let read = |path: PathBuf| {
            let bytes = fs_err::read(&path).unwrap();
            (path, bytes)
        };
        Self(files_below(folder).into_iter().map(read).collect())
    }

    /// Puts every file back as it was, and removes those that were not there.
    fn restore(&self, folder: &Path) {
        for path in files_below(folder) {
            if !self.0.contains_key(&path) {
                fs_err::remove_file(path).unwrap();
            }
        }
        for (path, bytes) in &self.0 {
            write_private(path, bytes);
        }
    }
}

fn write_private(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    fs_err::write(path, bytes).unwrap();
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// The permission bits of a file or folder.
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs_err::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
