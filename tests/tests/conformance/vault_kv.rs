//! HashiCorp Vault, against its stand-in.

use std::sync::Arc;

use connhub_tests::cli::TestEnv;
use connhub_tests::serve::Server;
use connhub_tests::vault_kv::{Options, Vault};

use crate::{configure, passes, quoted};

/// A server with a token.
fn stage() -> (TestEnv, Server) {
    let env = TestEnv::new();
    let vault = Arc::new(Vault::new(Options::default()));
    let server = Server::start(vault.clone());
    let token = vault.usual_token("");
    env.watch("login", &token);
    let file = env.file("token", format!("{token}\n")).display().to_string();
    let place = format!(
        "[backends.vault-kv.endpoints.vault]\nurl = {}\n\
         [backends.vault-kv.endpoints.vault.login]\nscheme = \"header\"\nheader = \"x-vault-token\"\nfile = {}",
        quoted(&server.url()),
        quoted(&file)
    );
    configure(&env, "vault-kv", &place);
    (env, server)
}

#[test]
fn it_passes() {
    let (env, _server) = stage();
    passes(&env.run(["plugin", "test", "vault-kv", "-o", "json"]), &[]);
    let left = env.run(["list", "-b", "vault-kv", "-o", "name"]).succeeds().stdout;
    assert_eq!(left, "", "something is left");
}

#[test]
fn a_recording_can_be_played() {
    let (env, server) = stage();
    crate::recorded::round_trip(&env, server, "vault-kv");
}
