//! DataOS, against its stand-in.

use std::sync::Arc;

use connhub_tests::cli::TestEnv;
use connhub_tests::dataos::{Activation, DataOs, Options};
use connhub_tests::serve::Server;

use crate::{configure, passes, quoted};

/// A service with a user who is logged in.
fn stage() -> (TestEnv, Server, Arc<DataOs>) {
    let env = TestEnv::new();
    let activation = Activation::AfterReads(1);
    let dataos = Arc::new(DataOs::new(Options { activation, ..Options::default() }));
    let server = Server::start(dataos.clone());
    let token = dataos.tokens().data_dev.clone();
    env.watch("login", &token);
    let file = env.file("login", format!("{token}\n")).display().to_string();
    let place = format!(
        "[backends.dataos.settings]\ntenant = \"engineering\"\npoll-interval = 0\n\
         [backends.dataos.endpoints.dataos]\nurl = {}\n\
         [backends.dataos.endpoints.dataos.login]\nscheme = \"bearer\"\nfile = {}",
        quoted(&server.url()),
        quoted(&file)
    );
    configure(&env, "dataos", &place);
    (env, server, dataos)
}

#[test]
fn it_passes() {
    let (env, _server, dataos) = stage();
    passes(&env.run(["plugin", "test", "dataos", "-o", "json"]), &[]);
    assert!(dataos.secrets().is_empty() && dataos.depots().is_empty(), "something is left");
}

#[test]
fn a_recording_can_be_played() {
    let (env, server, _) = stage();
    crate::recorded::round_trip(&env, server, "dataos");
}
