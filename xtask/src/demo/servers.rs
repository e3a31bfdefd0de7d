//! The stand-in servers of the demonstration.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};

/// A Kubernetes API server with RHOAI and a DataOS, both in memory.
pub struct Servers {
    kubernetes: Server,
    dataos: Server,
    kubeconfig: PathBuf,
    dataos_config: PathBuf,
}

/// A running stand-in, ended when this is dropped: it serves until its stdin closes.
pub struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    url: String,
}

/// How the stand-ins are started; the path of the file that they write follows.
const KUBERNETES: &[&str] = &["kubernetes", "--rhoai", "--namespace", "fraud", "--kubeconfig-out"];
const DATAOS: &[&str] = &["dataos", "--config-out"];

/// What the demonstration's `plugins.toml` says about the cluster.
const CLUSTER: &str = r#"[backends.rhoai]
connector = "rhoai"

[backends.rhoai.endpoints.cluster]
kubeconfig = {kubeconfig}
"#;

impl Servers {
    /// Starts both. They write their addresses and logins below `home`.
    pub fn start(programs: &Path, home: &Path) -> Result<Self> {
        let program = programs.join("connhub-standin");
        let (kubeconfig, dataos_config) = (home.join("kubeconfig"), home.join("dataos.toml"));
        let kubernetes = Server::start(&program, KUBERNETES, &kubeconfig)?;
        let dataos = Server::start(&program, DATAOS, &dataos_config)?;
        Ok(Self { kubernetes, dataos, kubeconfig, dataos_config })
    }

    /// Writes the `plugins.toml` that says where the two are.
    pub fn configure(&self, home: &Path) -> Result<()> {
        let kubeconfig = toml::Value::from(self.kubeconfig.display().to_string()).to_string();
        let cluster = CLUSTER.replace("{kubeconfig}", &kubeconfig);
        let dataos = fs_err::read_to_string(&self.dataos_config)?;
        let text = format!("version = 1\n\n{cluster}\n{dataos}");
        Ok(fs_err::write(home.join("plugins.toml"), text)?)
    }
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kubernetes, dataos) = (&self.kubernetes.url, &self.dataos.url);
        write!(f, "Stand-in servers: Kubernetes with RHOAI {kubernetes}, DataOS {dataos}.")
    }
}

impl Server {
    pub fn start(program: &Path, arguments: &[&str], file: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("`{}` cannot be started", program.display()))?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout was asked for")?)
            .read_line(&mut line)?;
        let Some(url) = line.strip_prefix("ready ") else {
            bail!("`connhub-standin {}` did not start", arguments[0]);
        };
        Ok(Self { url: url.trim_end().to_owned(), child, stdin })
    }

    /// What it printed when it was ready: its address.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends by itself now; without this it would stay in the process table.
        let _ended = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(program: &str) -> Result<Server> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("connhub-standin");
        crate::process::write_program(&path, program);
        Server::start(&path, DATAOS, Path::new("config"))
    }

    #[test]
    fn a_server_is_ready_when_it_says_so_and_ends_when_dropped() {
        let server = start("#!/bin/sh\necho \"ready http://$1$2$3\"\ncat\n").unwrap();
        assert_eq!(server.url, "http://dataos--config-outconfig");
        let process = format!("/proc/{}", server.child.id());
        assert!(Path::new(&process).exists());
        drop(server);
        assert!(!Path::new(&process).exists());
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error() {
        let error = start("#!/bin/sh\nexit 1\n").err().unwrap();
        assert_eq!(error.to_string(), "`connhub-standin dataos` did not start");
    }
}
