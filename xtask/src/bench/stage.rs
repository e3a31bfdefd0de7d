//! What the jobs need: filled stores, a stand-in cluster, and the peers that are installed.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::peers::{Peer, Peers};
use crate::demo::servers::Server;
use crate::workspace::{self, Profile};
use crate::{guest, guests, host, process};

/// The sizes of stores and projects, up to the largest that was asked for.
const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
/// The largest project of the stand-in cluster.
const LARGEST_PROJECT: usize = 10_000;

/// The variable in which manifests look for their key, and the key.
pub const KEY: (&str, &str) = ("KEY", "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY");

/// Everything that is set up.
pub struct Stage {
    folder: PathBuf,
    program: PathBuf,
    largest: usize,
    clusters: Vec<Server>,
    pub peers: Peers,
}

/// Builds the program, the stand-ins and the connectors.
pub fn build(source: guest::Source) -> Result<()> {
    build_company(source, &host::build(Profile::Release)?)
}

/// Builds the stand-ins, and the connectors with the program.
pub fn build_company(source: guest::Source, program: &Path) -> Result<()> {
    host::build_package("connhub-tests", Profile::Release)?;
    guests::build_connectors(source, Profile::Release, program)
}

impl Stage {
    /// Stores and clusters of the sizes up to `largest`, for the release build.
    pub fn set_up(largest: usize) -> Result<Self> {
        let program = host::program(Profile::Release);
        let folder = workspace::target().join("bench/stage");
        fs_err::create_dir_all(&folder)?;
        let peers = Peers::new(&folder);
        let mut stage = Self { folder, program, largest, clusters: Vec::new(), peers };
        stage.write_key()?;
        stage.write_manifest()?;
        stage.prepare_apply()?;
        for size in stage.sizes().into_iter().chain([0]) {
            if size <= LARGEST_PROJECT {
                stage.clusters.push(start_cluster(&stage.folder, size)?);
            }
            stage.fill(size)?;
        }
        Ok(stage)
    }

    pub fn sizes(&self) -> Vec<usize> {
        SIZES.into_iter().filter(|size| *size <= self.largest).collect()
    }

    /// The sizes of the projects in the cluster.
    pub fn project_sizes(&self) -> Vec<usize> {
        self.sizes().into_iter().filter(|size| *size <= LARGEST_PROJECT).collect()
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The home with a local store of this size, configured for the cluster of this size.
    pub fn home(&self, size: usize) -> PathBuf {
        self.folder.join(format!("home-{size}"))
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.join("key")
    }

    pub fn key_argument(&self) -> String {
        format!("secret_access_key=@{}", self.key_file().display())
    }

    /// `kubectl` with these arguments against the cluster of this size, if it is installed.
    pub fn kubectl(&self, size: usize, arguments: &[&str]) -> Option<Peer> {
        self.kubectl_with(&kubeconfig(&self.folder, size), arguments)
    }

    /// The same against the cluster of a kubeconfig.
    pub fn kubectl_with(&self, kubeconfig: &Path, arguments: &[&str]) -> Option<Peer> {
        let kubeconfig = format!("--kubeconfig={}", kubeconfig.display());
        let arguments: Vec<&str> =
            [&*kubeconfig].into_iter().chain(arguments.iter().copied()).collect();
        let home = vec![("HOME".to_owned(), self.folder.display().to_string())];
        process::exists("kubectl").then(|| Peer::new("kubectl", &arguments, home))
    }

    /// The same connection as ours, for `kubectl create -f`; the server makes the names.
    pub fn manifest(&self) -> PathBuf {
        self.folder.join("secret.json")
    }

    fn write_manifest(&self) -> Result<()> {
        let text = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"generateName":"k-","labels":{"opendatahub.io/dashboard":"true"}},"stringData":{"AWS_S3_BUCKET":"b"}}"#;
        Ok(fs_err::write(self.manifest(), text)?)
    }

    /// Descriptions of so many connections, for `apply`.
    pub fn connections(&self, size: usize) -> PathBuf {
        self.folder.join(format!("connections-{size}.yaml"))
    }

    /// The folders of a user whose local store has this name. All of them have one cache.
    pub fn folders(&self, store: &str) -> Vec<(String, String)> {
        let folder = self.folder.join("apply");
        let places = [
            ("XDG_CONFIG_HOME", folder.join("config")),
            ("XDG_CACHE_HOME", folder.join("cache")),
            ("XDG_STATE_HOME", folder.join("state")),
            ("XDG_DATA_HOME", folder.join("data").join(store)),
            ("HOME", folder),
        ];
        places.map(|(name, path)| (name.to_owned(), path.display().to_string())).into()
    }

    /// Stores of earlier runs are removed, since each run of an `apply` begins with none.
    fn prepare_apply(&self) -> Result<()> {
        let stores = self.folder.join("apply/data");
        if stores.exists() {
            fs_err::remove_dir_all(&stores)?;
        }
        for size in self.sizes() {
            fs_err::write(self.connections(size), manifest(size))?;
        }
        Ok(())
    }

    fn write_key(&self) -> Result<()> {
        use std::io::Write;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(self.key_file())?;
        Ok(file.write_all(KEY.1.as_bytes())?)
    }

    /// Fills a store, with one command. A store that an earlier run filled is used again.
    fn fill(&self, size: usize) -> Result<()> {
        let home = self.home(size);
        fs_err::create_dir_all(&home)?;
        fs_err::write(home.join("plugins.toml"), plugins(&kubeconfig(&self.folder, size)))?;
        let mark = home.join("filled");
        if mark.exists() {
            return Ok(());
        }
        eprintln!("filling a store with {size} connections …");
        if size > 0 {
            let mut apply = Command::new(&self.program);
            apply.args(["apply", "--quiet", "-f"]).arg(self.connections(size)).env_clear();
            apply.env("CONNHUB_HOME", &home).env(KEY.0, KEY.1);
            process::output(&mut apply)?;
        }
        Ok(fs_err::write(mark, "")?)
    }
}

/// The `plugins.toml` of a user of this cluster.
pub fn plugins(kubeconfig: &Path) -> String {
    let kubeconfig = toml::Value::from(kubeconfig.display().to_string());
    format!(
        "version = 1\n[backends.rhoai]\nconnector = \"rhoai\"\n[backends.rhoai.endpoints.cluster]\nkubeconfig = {kubeconfig}\n"
    )
}

/// Descriptions of so many connections, whose key is in the variable `KEY`.
pub fn manifest(size: usize) -> String {
    let one = |n| {
        format!(
            "---\nname: n{n}\ntype: s3\nfields:\n  bucket: data\n  endpoint: https://s3.example.com\n  access_key_id: AKIAEXAMPLE\nsecrets:\n  secret_access_key: {{fromEnv: KEY}}\n"
        )
    };
    (0..size).map(one).collect()
}

/// A stand-in cluster whose only project holds `size` connections.
fn start_cluster(folder: &Path, size: usize) -> Result<Server> {
    let program = workspace::programs(Profile::Release).join("connhub-standin");
    let (project, seed) = (project(size), size.to_string());
    let arguments =
        ["kubernetes", "--tls", "--namespace", &project, "--seed", &seed, "--kubeconfig-out"];
    Server::start(&program, &arguments, &kubeconfig(folder, size))
}

fn kubeconfig(folder: &Path, size: usize) -> PathBuf {
    folder.join(format!("kubeconfig-{size}"))
}

/// The project of the cluster with `size` connections.
pub fn project(size: usize) -> String {
    format!("project-{size}")
}
