//! A real cluster, where `CONNHUB_TEST_KUBECONFIG` names one: a namespace of its own for each size, which is deleted in the end.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::stage::{KEY, Stage, plugins};
use crate::demo::servers::Server;
use crate::process;
use crate::workspace::{self, Profile};

const VARIABLE: &str = "CONNHUB_TEST_KUBECONFIG";
/// The largest project: more would be a burden for a cluster that others use, too.
const LARGEST: usize = 1_000;

/// The cluster, and a user of it.
pub struct Cluster {
    pub kubeconfig: PathBuf,
    pub home: PathBuf,
    pub projects: Vec<Project>,
}

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

impl Cluster {
    /// Makes and fills projects of the sizes of the stage, if there is a cluster.
    ///
    /// # Errors
    /// The cluster refuses.
    pub fn named(stage: &Stage) -> Result<Option<Self>> {
        let kubeconfig = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
        let Some(kubeconfig) = kubeconfig.map(PathBuf::from) else { return Ok(None) };
        let home = stage.folder().join("home-real");
        fs_err::create_dir_all(&home)?;
        fs_err::write(home.join("plugins.toml"), plugins(&kubeconfig))?;
        let mut cluster = Self { kubeconfig, home, projects: Vec::new() };
        for size in stage.sizes().into_iter().filter(|size| *size <= LARGEST) {
            cluster.add(stage, size)?;
        }
        Ok(Some(cluster))
    }

    fn add(&mut self, stage: &Stage, size: usize) -> Result<()> {
        let standin = workspace::programs(Profile::Release).join("connhub-standin");
        let scratch = Server::start(&standin, &["scratch"], &self.kubeconfig)?;
        let project = Project { size, scratch };
        eprintln!("filling a project of the real cluster with {size} connections …");
        let mut apply = Command::new(stage.program());
        apply.args(["apply", "--quiet", "--backend", "rhoai", "-n", project.name(), "-f"]);
        apply.arg(stage.connections(size)).env("CONNHUB_HOME", &self.home).env(KEY.0, KEY.1);
        process::output(&mut apply)?;
        self.projects.push(project);
        Ok(())
    }
}
