//! A real PostgreSQL for the tests of this process: as Debian builds it, on a free port of 127.0.0.1, in a folder that goes with it.
//!
//! It is looked for in the folder that `CONNHUB_TEST_SERVERS` names (`cargo xtask servers`), then in `PATH`. Where there is none, the tests say aloud
//! that they were not run.

use std::cell::Cell;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::super::postgres::Session;
use super::{Server, TlsMode};

/// PostgreSQL refuses to run as root; `nobody` is everywhere.
const NOBODY: u32 = 65534;

/// From the start of a server until it takes connections.
const START: Duration = Duration::from_secs(120);

thread_local! {
    /// Whether fixtures of this thread are on a server.
    static ON_A_SERVER: Cell<bool> = const { Cell::new(false) };
}

/// Runs a test once more, with its stores on a server.
pub(super) fn on_a_server(test: fn()) {
    if port().is_none() {
        eprintln!("NOT RUN: there is no PostgreSQL; `cargo xtask servers` unpacks one");
        return;
    }
    ON_A_SERVER.set(true);
    test();
}

/// Makes fixtures on a server, and goes on with files.
pub(super) fn on_this_thread(work: impl FnOnce()) {
    let before = ON_A_SERVER.replace(true);
    work();
    ON_A_SERVER.set(before);
}

/// A schema of its own for a fixture, if fixtures of this thread are on a server.
pub(super) fn fresh() -> Option<Server> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    if !ON_A_SERVER.get() {
        return None;
    }
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    Some(at(port()?, &format!("{} {number}", std::process::id())))
}

/// A schema on a server of this machine.
pub(super) fn at(port: u16, schema: &str) -> Server {
    Server {
        host: "127.0.0.1".to_owned(),
        port,
        user: "team".to_owned(),
        database: "postgres".to_owned(),
        schema: schema.to_owned(),
        password: None,
        tls: TlsMode::Disable,
        authorities: None,
        connect_limit: Duration::from_secs(10),
        answer_limit: Duration::from_secs(30),
    }
}

/// Runs SQL as the administrator of the server could. The tables are found without the name of the schema.
pub(super) fn edit(server: &Server, sql: &str) {
    let session = Session::open(server).ok().expect("it can be reached");
    let path = format!("SET search_path TO \"{}\"", server.schema);
    assert!(session.run(&path).is_ok());
    if let Err(super::super::database::Fault::Server(trouble)) = session.run(&in_its_words(sql)) {
        panic!("{sql}: {trouble:?}");
    }
}

/// What SQLite says in other words.
fn in_its_words(sql: &str) -> String {
    let mut text = sql.to_owned();
    for table in ["record", "history", "copy"] {
        for (end, order) in [("min", "ASC"), ("max", "DESC")] {
            let first = format!("(SELECT key FROM {table} ORDER BY key {order} LIMIT 1)");
            text = text.replace(&format!("(SELECT {end}(key) FROM {table})"), &first);
        }
    }
    while let Some((before, rest)) = text.split_once("zeroblob(") {
        let mut depth = 1;
        let is_end = |letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        };
        let (count, rest) = rest.split_at(rest.find(is_end).expect("it is closed"));
        text = format!("{before}decode(repeat('00', {count}), 'hex'){}", &rest[1..]);
    }
    text
}

struct Running {
    port: u16,
    /// Its input closes with this process, which ends the server.
    _keeper: Child,
}

/// The port of the server; none if there is no PostgreSQL.
pub(super) fn port() -> Option<u16> {
    static RUNNING: OnceLock<Option<Running>> = OnceLock::new();
    RUNNING.get_or_init(|| programs().map(|programs| start(&programs))).as_ref().map(|it| it.port)
}

fn programs() -> Option<PathBuf> {
    let unpacked = std::env::var_os("CONNHUB_TEST_SERVERS").and_then(|folder| {
        let versions = Path::new(&folder).join("usr/lib/postgresql");
        let version = fs_err::read_dir(versions).ok()?.flatten().next()?;
        Some(version.path().join("bin"))
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    unpacked.or(on_path.and_then(|folder| {
        fs_err::canonicalize(folder.join("initdb")).ok()?.parent().map(Path::to_owned)
    }))
}

fn start(programs: &Path) -> Running {
    let folder = tempfile::Builder::new().prefix("connhub-pg-").tempdir().expect("a folder").keep();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).expect("root gives away");
    }
    let mut initdb = as_nobody(&programs.join("initdb"), &folder, programs);
    initdb.args(["--username=team", "--auth=trust", "--no-locale", "--no-sync", "--encoding=UTF8"]);
    let made = initdb.args(["--pgdata", "data"]).output().expect("it starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let port = free_port();
    let script = "\"$0\" -D data -p \"$1\" -k '' -c listen_addresses=127.0.0.1 -c fsync=off \
                  -c max_connections=300 -c shared_buffers=32MB >log 2>&1 & server=$!; \
                  read -r _; kill -QUIT $server; wait $server; cd / && rm -rf \"$2\"";
    let mut keeper = as_nobody(Path::new("/bin/sh"), &folder, programs);
    keeper.args(["-c", script]).arg(programs.join("postgres")).arg(port.to_string()).arg(&folder);
    let keeper = keeper.stdin(Stdio::piped()).spawn().expect("it starts");
    let until = Instant::now() + START;
    while Session::open(&at(port, "none")).is_err() {
        let log = fs_err::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(Instant::now() < until, "the server does not start: {log}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Running { port, _keeper: keeper }
}

fn as_nobody(program: &Path, folder: &Path, programs: &Path) -> Command {
    let libraries = programs.join(format!("../../../{}-linux-gnu", std::env::consts::ARCH));
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
    command.env("LD_LIBRARY_PATH", libraries);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
