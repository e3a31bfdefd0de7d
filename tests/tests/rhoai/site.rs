//! A stand-in cluster under the control of a test, and one user of the program.

use std::path::PathBuf;
use std::sync::Arc;

use connhub_tests::cli::{Outcome, Run, TestEnv};
use connhub_tests::kubernetes::{Cluster, Login, Options, kubeconfig};
use connhub_tests::serve::{Fault, FaultKind, Recorded, Server, Service, Tls};
use toml_edit::Table;

use crate::configuration::{configure, configure_with, quoted};
use crate::project::watch_tokens;
use crate::requests::during;

/// The project in which the users have their roles.
pub const PROJECT: &str = "fraud";

/// The path of its Secrets.
pub const SECRETS: &str = "/api/v1/namespaces/fraud/secrets";

pub struct Site {
    pub env: TestEnv,
    pub cluster: Arc<Cluster>,
    pub server: Server,
}

impl Site {
    /// A cluster with OpenShift AI, and a user who may do everything in the project.
    pub fn new() -> Self {
        Self::of(Options::default())
    }

    pub fn of(options: Options) -> Self {
        let cluster = Cluster::new(options);
        Self::behind(cluster.clone(), cluster)
    }

    /// A cluster behind something that stands between it and its users.
    pub fn behind(cluster: Arc<Cluster>, service: Arc<dyn Service>) -> Self {
        Self::start(cluster, Server::start(service))
    }

    /// A cluster that is reached by TLS with a private authority.
    pub fn with_tls(tls: Tls) -> Self {
        let cluster = Cluster::new(Options::default());
        let server = Server::start_tls(cluster.clone(), tls);
        Self::start(cluster, server)
    }

    /// A cluster that is asked once more after a second, and waited for no longer.
    pub fn hasty() -> Self {
        let site = Self::new();
        site.change(|section| {
            crate::configuration::limit(section, "request-seconds", 1);
            crate::configuration::limit(section, "response-mib", 1);
        });
        site
    }

    fn start(cluster: Arc<Cluster>, server: Server) -> Self {
        let site = Self { env: TestEnv::new(), cluster, server };
        configure(&site.env, "rhoai", &site.place());
        site.log_in_as("owner");
        site
    }

    /// Logs in as one of the users of the stand-in.
    pub fn log_in_as(&self, user: &str) {
        let token = self.cluster.token(user).expect("a standard user");
        self.log_in(&Login::Token(token));
    }

    pub fn log_in(&self, login: &Login) {
        self.write_kubeconfig(&kubeconfig(&self.server, PROJECT, login));
    }

    pub fn write_kubeconfig(&self, text: &str) {
        watch_tokens(&self.env, text);
        self.env.file("kubeconfig", text);
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.env.files().join("kubeconfig")
    }

    /// Where the backend is.
    pub fn place(&self) -> String {
        let path = self.kubeconfig().display().to_string();
        format!("[backends.rhoai.endpoints.cluster]\nkubeconfig = {}\n", quoted(&path))
    }

    /// Uses the connector with something else in its section than is shipped.
    pub fn change(&self, change: impl FnOnce(&mut Table)) {
        configure_with(&self.env, "rhoai", &self.place(), change);
    }

    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.env.run(words)
    }

    /// The command that creates a connection: its name, its fields, what else there is.
    pub fn create(&self, name: &str, fields: &[&str], more: &[&str]) -> Run<'_> {
        self.env.command(["create", name].iter().chain(fields).chain(more))
    }

    /// Creates object storage.
    #[track_caller]
    pub fn has_s3(&self, name: &str) {
        self.create(name, &crate::S3, &[]).stdin(self.env.secret(name)).run().succeeds();
    }

    /// Creates something without a secret.
    #[track_caller]
    pub fn has_uri(&self, name: &str) {
        self.create(name, &crate::URI, &[]).run().succeeds();
    }

    /// Runs something, and returns what the cluster was asked.
    pub fn asked<T>(&self, action: impl FnOnce() -> T) -> (T, Vec<Recorded>) {
        during(&self.server, action)
    }

    /// Makes the next request of a method fail.
    pub fn next(&self, method: http::Method, kind: FaultKind) {
        self.server.faults().add(Fault::on(method, "/", kind).times(1));
    }
}
