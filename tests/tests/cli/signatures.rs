//! Signatures: those of the real `openssl`, those of `connhub plugin sign`, and connectors that must be signed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// Runs the real `openssl` in the folder of the user's files.
#[track_caller]
pub fn openssl(env: &TestEnv, words: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(words).current_dir(env.files()).output();
    let output = output.expect("these tests need `openssl`: apt-get install openssl");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {words:?}: {stderr}");
    output.stdout
}

/// A pair of keys of openssl: `NAME.key` and `NAME.pub`.
pub fn key_pair(env: &TestEnv, name: &str) {
    let (key, public) = (format!("{name}.key"), format!("{name}.pub"));
    let curve = "ec_paramgen_curve:P-256";
    openssl(env, &["genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out", &key]);
    openssl(env, &["pkey", "-in", &key, "-pubout", "-out", &public]);
    watch(env, name);
}

/// Has a private key looked for in everything that is written. Behind its first line in the file stand bytes that are public, and before the
/// key bytes that are the same for all keys.
fn watch(env: &TestEnv, name: &str) {
    let pem = fs_err::read_to_string(env.files().join(format!("{name}.key"))).unwrap();
    env.watch(name, &pem.lines().nth(1).unwrap()[48..]);
}

/// Signs a file of the user as the documentation says.
pub fn sign(env: &TestEnv, key: &str, file: &Path) {
    let signature = format!("{}.sig", file.display());
    let file = file.to_str().unwrap();
    openssl(env, &["dgst", "-sha256", "-sign", key, "-out", &signature, file]);
}

/// A copy of the shipped `local` among the user's files.
fn component(env: &TestEnv) -> PathBuf {
    let bytes = fs_err::read(connhub_tests::cli::components().join("local.wasm")).unwrap();
    env.file("mine.wasm", bytes)
}

/// A connector `mine` of the user's that must be signed by `acme`.
fn signed_connector(env: &TestEnv, component: &Path) {
    let key = fs_err::read_to_string(env.files().join("acme.pub")).unwrap();
    let component = component.display();
    env.plugins(&format!(
        "version = 1\n\n[signers.acme]\nkey = \"\"\"\n{key}\"\"\"\n\n[connectors.mine]\ncomponent = \"{component}\"\nsigned-by = [\"acme\"]\n[connectors.mine.vault]\n\n[backends.mine]\nconnector = \"mine\"\n"
    ));
}

#[test]
fn what_openssl_signs_is_accepted_and_what_is_not_signed_is_refused() {
    let env = TestEnv::new();
    key_pair(&env, "acme");
    let file = component(&env);
    signed_connector(&env, &file);
    let list = ["list", "--backend", "mine"];
    insta::assert_snapshot!(env.run(list), @"
    exit code: 8
    --- stderr ---
    error: connector `mine` ($FILES/mine.wasm) is not signed by `acme`: there is no signature beside it

    hint: a signature is looked for in `$FILES/mine.wasm.sig` and `$FILES/mine.wasm.minisig`
    hint: it is asked for by `signed-by` in $HOME/plugins.toml:11
    ");
    sign(&env, "acme.key", &file);
    env.run(list).succeeds();
    // As `cosign sign-blob` writes it.
    let signature = openssl(&env, &["base64", "-A", "-in", "mine.wasm.sig"]);
    env.file("mine.wasm.sig", signature);
    env.run(list).succeeds();
    key_pair(&env, "other");
    sign(&env, "other.key", &file);
    env.run(list).fails(8, "by somebody else or over something else");
    sign(&env, "acme.key", &file);
    let mut bytes = fs_err::read(&file).unwrap();
    bytes.extend_from_slice(b"\0\x05\x04more");
    env.file("mine.wasm", bytes);
    env.run(list).fails(8, "over something else");
    env.file("mine.wasm.sig", "nothing");
    env.run(list).fails(8, "mine.wasm.sig` holds no signature");
}

#[test]
fn what_connhub_signs_openssl_verifies() {
    let env = TestEnv::new();
    let prefix = env.files().join("ada");
    let prefix = prefix.to_str().unwrap();
    let made = env.run(["plugin", "keygen", "--out", prefix, "-o", "json"]).succeeds().json();
    watch(&env, "ada");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs_err::metadata(env.files().join("ada.key")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    // The name of a key is what openssl and sha256sum say.
    let der = openssl(&env, &["pkey", "-pubin", "-in", "ada.pub", "-outform", "DER"]);
    let id = connhub_tests::registry::sha256(&der).replace("sha256:", "p256:");
    assert_eq!(made["key"], id);
    let file = component(&env);
    let key = env.files().join("ada.key");
    let words = ["plugin", "sign", file.to_str().unwrap(), "--key", key.to_str().unwrap()];
    let signed = env.run(words).succeeds();
    assert!(signed.stdout.contains(&id), "{signed}");
    openssl(&env, &["base64", "-d", "-A", "-in", "mine.wasm.sig", "-out", "mine.der"]);
    let verify = ["dgst", "-sha256", "-verify", "ada.pub", "-signature", "mine.der", "mine.wasm"];
    assert_eq!(openssl(&env, &verify), b"Verified OK\n");
    // The key that signs is one that openssl reads, and one of openssl signs here.
    openssl(&env, &["pkey", "-in", "ada.key", "-check", "-noout"]);
    key_pair(&env, "acme");
    let key = env.files().join("acme.key");
    env.run(["plugin", "sign", file.to_str().unwrap(), "--key", key.to_str().unwrap()]).succeeds();
    signed_connector(&env, &file);
    env.run(["list", "--backend", "mine"]).succeeds();
}

#[test]
fn a_key_is_never_replaced() {
    let env = TestEnv::new();
    let prefix = env.files().join("ada");
    let words = ["plugin", "keygen", "--out", prefix.to_str().unwrap()];
    env.run(words).succeeds();
    let before = fs_err::read(env.files().join("ada.key")).unwrap();
    env.run(words).fails(5, "is there already");
    assert_eq!(fs_err::read(env.files().join("ada.key")).unwrap(), before);
}

#[test]
fn keys_that_cannot_be_used_are_said() {
    let env = TestEnv::new();
    let file = component(&env);
    key_pair(&env, "acme");
    let sign = |key: &str| {
        let key = env.files().join(key);
        env.run(["plugin", "sign", file.to_str().unwrap(), "--key", key.to_str().unwrap()])
    };
    sign("nobody.key").fails(3, "does not exist");
    sign("acme.pub").fails(2, "no private key");
    openssl(
        &env,
        &["pkey", "-in", "acme.key", "-aes256", "-passout", "pass:x", "-out", "locked.key"],
    );
    sign("locked.key").fails(2, "passphrase");
    openssl(&env, &["genpkey", "-algorithm", "ED25519", "-out", "ed.key"]);
    sign("ed.key").fails(2, "no private key of P-256");
    assert!(!env.files().join("mine.wasm.sig").exists());
}

#[test]
fn a_signer_that_nobody_knows_is_an_error() {
    let env = TestEnv::new();
    env.plugins("version = 1\n[connectors.mine]\ncomponent = \"x\"\nsigned-by = [\"ghost\"]\n");
    env.run(["plugin", "list"])
        .fails(2, "plugins.toml:4: connector `mine` is to be signed by `ghost`");
    env.plugins("version = 1\n[signers.ada]\nkey = \"nothing\"\n");
    env.run(["plugin", "list"]).fails(2, "plugins.toml:2: the key of signer `ada` cannot be used");
}
