use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tempfile::TempDir;

use super::stamp;
use super::{Cluster, Login, Options, kubeconfig};
use crate::serve::Server;

/// The variable that names the kubeconfig of a real cluster to test against.
const KUBECONFIG_VARIABLE: &str = "CONNHUB_TEST_KUBECONFIG";

/// The beginning of the names of all scratch namespaces, by which left-overs can be found.
const SCRATCH_PREFIX: &str = "connhub-test-";

/// Where a test runs that needs neither faults nor several users.
pub enum Target {
    /// A stand-in of its own.
    StandIn(StandInTarget),
    /// A namespace of its own on a real cluster.
    Real(RealTarget),
}

/// A stand-in with one namespace.
pub struct StandInTarget {
    /// The cluster behind it.
    pub cluster: Arc<Cluster>,
    /// Its server.
    pub server: Server,
    namespace: String,
    kubeconfig: PathBuf,
    _folder: TempDir,
}

/// A scratch namespace on a real cluster. It is deleted when this is dropped.
pub struct RealTarget {
    namespace: String,
    kubeconfig: PathBuf,
}

/// The cluster that `CONNHUB_TEST_KUBECONFIG` names, or else a stand-in.
///
/// # Panics
///
/// If the cluster cannot be reached or the namespace cannot be made: the test cannot run then.
pub fn kubernetes_target() -> Target {
    match std::env::var_os(KUBECONFIG_VARIABLE) {
        Some(path) if !path.is_empty() => Target::Real(RealTarget::new(PathBuf::from(path))),
        _ => Target::StandIn(StandInTarget::new()),
    }
}

impl Target {
    /// A kubeconfig whose user may do everything in the namespace.
    pub fn kubeconfig(&self) -> &Path {
        match self {
            Target::StandIn(target) => &target.kubeconfig,
            Target::Real(target) => &target.kubeconfig,
        }
    }

    /// The namespace that belongs to the test.
    pub fn namespace(&self) -> &str {
        match self {
            Target::StandIn(target) => &target.namespace,
            Target::Real(target) => &target.namespace,
        }
    }
}

impl StandInTarget {
    fn new() -> Self {
        let namespace = scratch_name();
        let namespaces = vec![namespace.clone()];
        let cluster = Cluster::new(Options { namespaces, ..Options::default() });
        let server = Server::start(cluster.clone());
        let token = cluster.token("owner").expect("a standard user");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("kubeconfig");
        let text = kubeconfig(&server, &namespace, &Login::Token(token));
        fs_err::write(&path, text).expect("a temporary folder can be written");
        StandInTarget { cluster, server, namespace, kubeconfig: path, _folder: folder }
    }
}

impl RealTarget {
    /// Makes a scratch namespace on the cluster of a kubeconfig. Panics as [`kubernetes_target`].
    pub fn new(kubeconfig: PathBuf) -> Self {
        let namespace = scratch_name();
        let created = on_cluster(&kubeconfig, async |api| {
            let metadata = ObjectMeta { name: Some(namespace.clone()), ..ObjectMeta::default() };
            let namespace = Namespace { metadata, ..Namespace::default() };
            api.create(&PostParams::default(), &namespace).await.map(drop)
        });
        created.expect("a scratch namespace on the cluster of CONNHUB_TEST_KUBECONFIG");
        RealTarget { namespace, kubeconfig }
    }

    /// The scratch namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}

impl Drop for RealTarget {
    fn drop(&mut self) {
        let deleted = on_cluster(&self.kubeconfig, async |api| {
            api.delete(&self.namespace, &DeleteParams::default()).await.map(drop)
        });
        // A second panic while a test fails would hide the first.
        if !std::thread::panicking() {
            deleted.expect("the scratch namespace can be deleted");
        }
    }
}

type OnCluster = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Runs one request on a thread of its own, so that it also works inside of a runtime.
fn on_cluster(
    kubeconfig: &Path,
    request: impl AsyncFnOnce(Api<Namespace>) -> kube::Result<()> + Send,
) -> OnCluster {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| -> OnCluster {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let file = Kubeconfig::read_from(kubeconfig)?;
                let options = KubeConfigOptions::default();
                let config = kube::Config::from_custom_kubeconfig(file, &options).await?;
                let client = kube::Client::try_from(config)?;
                Ok(request(Api::all(client)).await?)
            })
        });
        thread.join().unwrap_or_else(|_| Err("the thread of the request panicked".into()))
    })
}

fn scratch_name() -> String {
    format!("{SCRATCH_PREFIX}{}", stamp::name_suffix())
}
