//! Real database servers: PostgreSQL and MariaDB as Debian builds them, and PgBouncer, on free ports of 127.0.0.1.
//!
//! `cargo xtask test` unpacks them and names the folder in `CONNHUB_TEST_SERVERS`. Nothing of them is installed, and nothing runs as a service.

use std::fs::Permissions;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::serve::Tls;
use crate::unpacked::unpacked;

/// PostgreSQL refuses to run as root; `nobody` is everywhere.
const NOBODY: u32 = 65534;
/// From the start of a server until it takes connections.
const START: Duration = Duration::from_secs(60);

/// A running server. It ends when it is dropped.
pub struct Database {
    port: u16,
    child: Child,
    folder: TempDir,
}

impl Database {
    /// PostgreSQL with the user `loader`, who owns the database `postgres`, and TLS.
    ///
    /// # Panics
    /// The server cannot be started.
    pub fn postgresql(password: &str, tls: &Tls) -> Self {
        let folder = folder(tls);
        let (data, programs) = (folder.path().join("data"), postgresql_programs());
        write(&folder.path().join("password"), password);
        let mut initdb = as_nobody(&programs.join("initdb"), folder.path());
        initdb.args(["--username=loader", "--auth=scram-sha-256", "--no-locale", "--no-sync"]);
        initdb.args(["--encoding=UTF8", "--pwfile=password", "--pgdata"]).arg(&data);
        succeeds(initdb.stdout(Stdio::null()));
        let port = free_port();
        Self::started(postgresql_server(folder.path(), port), port, folder)
    }

    /// Ends PostgreSQL in order, and starts it again.
    ///
    /// # Panics
    /// It does not end, or does not start.
    pub fn restart(&mut self) {
        self.end_in_order();
        self.start_again();
    }

    /// The data of PostgreSQL as it is now, while it is stopped for a moment.
    ///
    /// # Panics
    /// It does not end, or does not start, or cannot be copied.
    pub fn stopped_copy(&mut self) -> PathBuf {
        self.end_in_order();
        let copy = self.folder.path().join("copy");
        let mut copying = as_nobody(Path::new("/bin/cp"), self.folder.path());
        succeeds(copying.arg("-a").arg("data").arg(&copy));
        self.start_again();
        copy
    }

    /// Puts data back that [`Database::stopped_copy`] has copied.
    ///
    /// # Panics
    /// It does not end, or does not start, or cannot be moved.
    pub fn put_back(&mut self, copy: PathBuf) {
        self.end_in_order();
        let data = self.folder.path().join("data");
        fs_err::rename(&data, self.folder.path().join("newer")).expect("it is there");
        fs_err::rename(copy, &data).expect("it was copied");
        self.start_again();
    }

    /// Whether any file of the server has these bytes: its tables, its log of changes, its log of words.
    ///
    /// # Panics
    /// A file cannot be read.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let mut folders = vec![self.folder.path().join("data")];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(folder).expect("a folder of the server") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(contents) = fs_err::read(&path)
                    && contents.windows(bytes.len()).any(|window| window == bytes)
                {
                    return true;
                }
            }
        }
        self.log().as_bytes().windows(bytes.len()).any(|window| window == bytes)
    }

    fn end_in_order(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.expect("a child has a number");
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
        self.child.wait().expect("it ends");
    }

    fn start_again(&mut self) {
        self.child = launched(postgresql_server(self.folder.path(), self.port), self.folder.path());
        self.wait();
    }

    /// MariaDB with the database `sales`, the user `loader`, who may read it, and `stranger`, who may not, and TLS.
    ///
    /// # Panics
    /// The server cannot be started.
    pub fn mariadb(password: &str, tls: &Tls) -> Self {
        let folder = folder(tls);
        let data = folder.path().join("data");
        fs_err::create_dir(&data).expect("a temporary folder takes folders");
        own(&data);
        let texts = unpacked().join("usr/share/mysql");
        let base = |folder: &Path| {
            let mut server = as_nobody(&unpacked().join("usr/sbin/mariadbd"), folder);
            server
                .arg("--no-defaults")
                .arg(format!("--basedir={}", unpacked().join("usr").display()));
            server.arg(format!("--datadir={}", data.display()));
            server.arg(format!("--lc-messages-dir={}", texts.display()));
            server
        };
        let begin = folder.path().join("begin.sql");
        write(&begin, &first_statements(&texts, password));
        let mut bootstrap = base(folder.path());
        bootstrap.args(["--bootstrap", "--innodb-flush-log-at-trx-commit=0", "--log-warnings=0"]);
        let statements = fs_err::File::open(&begin).expect("the file was just written");
        succeeds(bootstrap.stdin(statements.into_parts().0).stdout(Stdio::null()));
        let port = free_port();
        let mut server = base(folder.path());
        server.args(["--bind-address=127.0.0.1", "--skip-name-resolve"]);
        server.arg(format!("--port={port}"));
        for (setting, file) in [
            ("socket", "socket"),
            ("pid-file", "pid"),
            ("ssl-cert", "certificate.pem"),
            ("ssl-key", "key.pem"),
        ] {
            server.arg(format!("--{setting}={}", folder.path().join(file).display()));
        }
        Self::started(server, port, folder)
    }

    /// PgBouncer in front of PostgreSQL, with so many sessions of the server for all of its clients. `mode` is its `pool_mode`.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn pooler(&self, password: &str, mode: &str, sessions: usize, tls: &Tls) -> Self {
        self.wait_until_ready();
        let (folder, port) = (folder(tls), free_port());
        let quoted = password.replace('"', "\"\"");
        write(&folder.path().join("users.txt"), &format!("\"loader\" \"{quoted}\"\n"));
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = users.txt\npool_mode = {mode}\ndefault_pool_size = {sessions}\n",
            self.port
        );
        write(&folder.path().join("pgbouncer.ini"), &settings);
        let mut pooler = as_nobody(&unpacked().join("usr/sbin/pgbouncer"), folder.path());
        pooler.arg("pgbouncer.ini");
        Self::started(pooler, port, folder)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn started(server: Command, port: u16, folder: TempDir) -> Self {
        let child = launched(server, folder.path());
        let mut database = Self { port, child, folder };
        database.wait();
        database
    }

    fn wait(&mut self) {
        let until = Instant::now() + START;
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        while TcpStream::connect(address).is_err() {
            let ended = self.child.try_wait().is_ok_and(|ended| ended.is_some());
            let log = self.log();
            assert!(!ended && Instant::now() < until, "the server does not start: {log}");
            std::thread::yield_now();
        }
    }

    /// It listens before it is ready. Who asks it then is told to wait, which a pooler hands on as a fault like any other.
    fn wait_until_ready(&self) {
        let until = Instant::now() + START;
        while !self.log().contains("ready to accept connections") {
            assert!(Instant::now() < until, "the server is not ready: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn log(&self) -> String {
        fs_err::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Whether it ends by itself does not matter: its data goes with the folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launched(mut server: Command, folder: &Path) -> Child {
    let log = fs_err::File::create(folder.join("log")).expect("a temporary folder takes files");
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.into_parts().0);
    server.spawn().expect("the server starts")
}

fn postgresql_server(folder: &Path, port: u16) -> Command {
    let mut server = as_nobody(&postgresql_programs().join("postgres"), folder);
    server.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string(), "-k", ""]);
    for setting in ["listen_addresses=127.0.0.1", "fsync=off", "ssl=on", "log_destination=stderr"] {
        server.args(["-c", setting]);
    }
    for (setting, file) in [("ssl_cert_file", "certificate.pem"), ("ssl_key_file", "key.pem")] {
        server.arg("-c").arg(format!("{setting}={}", folder.join(file).display()));
    }
    server
}

fn postgresql_programs() -> PathBuf {
    let versions = unpacked().join("usr/lib/postgresql");
    let versions = fs_err::read_dir(versions).expect("PostgreSQL is unpacked");
    let version = versions.flatten().next().expect("a version of PostgreSQL is unpacked");
    version.path().join("bin")
}

/// The tables of the server itself, and then ours. One statement a line, as a server that is bootstrapped reads them.
fn first_statements(texts: &Path, password: &str) -> String {
    let read = |name: &str| fs_err::read_to_string(texts.join(name)).expect("MariaDB is unpacked");
    let password = password.replace('\\', "\\\\").replace('\'', "''");
    let users = format!(
        "create database sales;\nflush privileges;\n\
         create user loader@'%' identified by '{password}';\n\
         grant select on sales.* to loader@'%';\n\
         create user stranger@'%' identified by '{password}';\n"
    );
    let tables = ["mysql_system_tables.sql", "mysql_system_tables_data.sql"].map(read).concat();
    format!("create database mysql;\nuse mysql;\n{tables}\n{users}")
}

fn folder(tls: &Tls) -> TempDir {
    let folder = tempfile::Builder::new().prefix("connhub-db-").tempdir();
    let folder = folder.expect("a temporary folder can be made");
    own(folder.path());
    let server = tls.server();
    write(&folder.path().join("certificate.pem"), &server.certificate);
    write(&folder.path().join("key.pem"), &server.key);
    folder
}

fn write(path: &Path, text: &str) {
    fs_err::write(path, text).expect("a temporary folder takes files");
    fs_err::set_permissions(path, Permissions::from_mode(0o600)).expect("a file of ours");
    own(path);
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Gives a file to the user that the servers run as.
fn own(path: &Path) {
    if is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("root gives files away");
    }
}

fn as_nobody(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().env("LC_ALL", "C").env("LD_LIBRARY_PATH", libraries());
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// The unpacked libraries: those that the machine does not have.
fn libraries() -> PathBuf {
    let triple = format!("{}-linux-gnu", std::env::consts::ARCH);
    unpacked().join("usr/lib").join(triple)
}

fn succeeds(command: &mut Command) {
    let output = command.stderr(Stdio::piped()).output().expect("the program starts");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {talk}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
    listener.local_addr().expect("a bound socket has an address").port()
}
