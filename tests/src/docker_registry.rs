//! A real registry: Debian's `docker-registry`, on a free port of 127.0.0.1.
//!
//! `cargo xtask test` unpacks it and names the folder in `CONNHUB_TEST_SERVERS`. Nothing of it is installed, and nothing runs as a service.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::unpacked::unpacked;

/// Who may read and write.
pub const USER: &str = "ann";
/// The password of [`USER`].
pub const PASSWORD: &str = "kept-out-of-sight-5812";
/// The line of `htpasswd` for both, the only form that the registry reads.
const LOGIN: &str = "ann:$2y$05$NEASSRbxMC70by36NxvsqeMqOYoJFNtQ/H7cUz6YcR3EigezobXPa\n";
/// From the start of the registry until it takes connections.
const START: Duration = Duration::from_secs(60);

/// A running registry. It ends when it is dropped.
pub struct DockerRegistry {
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl DockerRegistry {
    /// An empty registry that lets [`USER`] in.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = free_port();
        let configuration = serde_json::json!({
            "version": "0.1",
            "log": { "level": "error", "accesslog": { "disabled": true } },
            "storage": { "filesystem": { "rootdirectory": folder.path().join("data") } },
            "http": { "addr": format!("127.0.0.1:{port}") },
            "auth": { "htpasswd": { "realm": "tests", "path": folder.path().join("htpasswd") } },
        });
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs_err::write(&path, text).expect("a temporary folder takes files");
            path
        };
        write("htpasswd", LOGIN);
        // YAML, of which JSON is a part.
        let file = write("config.yml", &configuration.to_string());
        let mut registry = Command::new(unpacked().join("usr/bin/docker-registry"));
        registry.arg("serve").arg(file).stdin(Stdio::null());
        let child = registry.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut started =
            Self { port, child: child.expect("the registry starts"), _folder: folder };
        let until = Instant::now() + START;
        while TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err() {
            let ended = started.child.try_wait().is_ok_and(|ended| ended.is_some());
            assert!(!ended && Instant::now() < until, "the registry does not start");
            std::thread::yield_now();
        }
        started
    }

    /// Host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // Whether it ends by itself does not matter: its data goes with the folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
    listener.local_addr().expect("a bound socket has an address").port()
}
