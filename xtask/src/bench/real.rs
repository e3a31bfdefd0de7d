//! A real cluster, where `CONNHUB_TEST_KUBECONFIG` names one: a namespace of its own for each size, which is deleted in the end.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::stage::KEY;
use crate::demo::servers::Server;
use crate::process;
use crate::workspace::{self, Profile};

const VARIABLE: &str = "CONNHUB_TEST_KUBECONFIG";
/// The largest project: more would be a burden for a cluster that others use, too.
const LARGEST: usize = 1_000;

/// The name of the backend in the users' `plugins.toml`.
pub const BACKEND: &str = "real";

/// A project with so many connections.
pub struct Project {
    pub size: usize,
    scratch: Server,
}

impl Project {
    pub fn name(&self) -> &str {
        self.scratch.url()
    }
}

/// The kubeconfig of the cluster.
pub fn kubeconfig() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Makes and fills a project, if there is a cluster and the size is none that would burden it.
///
/// # Errors
/// The cluster refuses.
pub fn project(
    program: &Path,
    home: &Path,
    size: usize,
    connections: &Path,
) -> Result<Option<Project>> {
    let Some(kubeconfig) = kubeconfig().filter(|_| (1..=LARGEST).contains(&size)) else {
        return Ok(None);
    };
    let standin = workspace::programs(Profile::Release).join("connhub-standin");
    let project = Project { size, scratch: Server::start(&standin, &["scratch"], &kubeconfig)? };
    let mut apply = Command::new(program);
    apply.args(["apply", "--quiet", "--backend", BACKEND, "-n", project.name(), "-f"]);
    apply.arg(connections).env("CONNHUB_HOME", home).env(KEY.0, KEY.1);
    eprintln!("filling a project of the real cluster with {size} connections …");
    process::output(&mut apply)?;
    Ok(Some(project))
}
