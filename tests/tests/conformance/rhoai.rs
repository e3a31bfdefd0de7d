//! OpenShift AI, against the stand-in of a cluster.

use connhub_tests::cli::TestEnv;
use connhub_tests::kubernetes::{Cluster, Login, Options, kubeconfig};
use connhub_tests::serve::Server;

use crate::{configure, passes, quoted};

/// A cluster with a user who is logged in.
fn stage() -> (TestEnv, Server) {
    let env = TestEnv::new();
    let cluster = Cluster::new(Options::default());
    let server = Server::start(cluster.clone());
    let token = cluster.token("owner").expect("a standard user");
    env.watch("login", &token);
    let file = env.file("kubeconfig", kubeconfig(&server, "fraud", &Login::Token(token)));
    let place = format!(
        "[backends.rhoai.endpoints.cluster]\nkubeconfig = {}",
        quoted(&file.display().to_string())
    );
    configure(&env, "rhoai", &place);
    (env, server)
}

#[test]
fn it_passes() {
    let (env, _server) = stage();
    let before = env.run(["list", "--backend", "rhoai", "-o", "json"]).succeeds().stdout;
    passes(&env.run(["plugin", "test", "rhoai", "-o", "json"]), &[]);
    let after = env.run(["list", "--backend", "rhoai", "-o", "json"]).succeeds().stdout;
    assert_eq!(after, before, "the project is not what it was");
}

#[test]
fn a_recording_can_be_played() {
    let (env, server) = stage();
    crate::recorded::round_trip(&env, server, "rhoai");
}
