//! Where attacks take place: a user with a connection that is worth something, a server that repeats
//! what it is sent, and connectors that attack both.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use connhub_tests::cli::{Canaries, Outcome, Run, TestEnv, files_below};
use connhub_tests::serve::{Fault, FaultKind, Request, Response, Server, Service};
use http::Method;

use crate::component::{NEEDS, misbehaves, with_needs};
use crate::row::{Row, attack};

/// The bearer token of the endpoints.
const TOKEN: &str = "Tk9aVq7LmW3xRb5Ys1Ed";
/// A secret of letters and digits.
const SIMPLE: &str = "8hQzu3VwpK5nYx2Rt6Bd";
/// The longest that a contained attack may take, from process start to end.
const BOUND: Duration = Duration::from_secs(60);

/// A user who is attacked.
pub struct Arena {
    env: TestEnv,
    server: Server,
}

impl Arena {
    /// A user with one backend for each attack, by the connectors that are built.
    pub fn new(rows: &[Row]) -> Self {
        let arena = Self::empty();
        for (name, component) in components() {
            arena.env.file(&format!("{name}.wasm"), component);
        }
        let folder = arena.env.home().join("cache/components");
        for (name, code) in compiled() {
            fs_err::write(folder.join(name), code).expect("the folder of a test takes files");
        }
        arena.configure(&connectors(&arena.env.files()), rows);
        arena
    }

    /// A user with one connector and one backend for each attack.
    pub fn of(attackers: &[Attacker]) -> Self {
        let arena = Self::empty();
        let mut connectors = String::new();
        for Attacker { row, component, grants } in attackers {
            let path = arena.env.file(&format!("{}.wasm", row.name), component);
            let section = format!("\n[connectors.{}", row.name);
            write!(connectors, "{section}]\ncomponent = \"{}\"\n", path.display())
                .and_then(|()| {
                    write!(connectors, "{}", grants.replace("\n[", &format!("{section}.")))
                })
                .and_then(|()| match grants.contains("[limits]") {
                    true => Ok(()),
                    false => write!(connectors, "{section}.limits]\n{SMALL}\n"),
                })
                .expect("a string takes any text");
        }
        let rows: Vec<Row> = attackers.iter().map(|attacker| attacker.row.clone()).collect();
        arena.configure(&connectors, &rows);
        arena
    }

    fn empty() -> Self {
        let env = TestEnv::new();
        env.watch("login token", TOKEN);
        env.secret_file("precious");
        env.secret_file("stolen");
        env.watch("simple secret", SIMPLE);
        env.file("simple", SIMPLE);
        let arena = Self { server: Server::start(Arc::new(Echo)), env };
        for (path, kind) in faults() {
            arena.server.faults().add(Fault::on(Method::GET, path, kind));
        }
        arena.store_something_precious();
        arena
    }

    /// What must not be seen.
    pub fn canaries(&self) -> &Canaries {
        self.env.canaries()
    }

    /// The requests that came through.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// A new folder of the user's.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.env.folder(name)
    }

    /// The records of the audit log, as they stand there.
    pub fn records(&self) -> Vec<serde_json::Value> {
        let text = fs_err::read_to_string(self.env.home().join("state/audit.jsonl"));
        let text = text.unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a record is JSON")).collect()
    }

    /// Runs an attack.
    pub fn attack(&self, row: &Row) -> Outcome {
        self.prepare(row).run()
    }

    /// An attack that is about to begin.
    pub fn prepare(&self, row: &Row) -> Run<'_> {
        let words = row.command.split_whitespace().map(|word| match word.split_once("=@") {
            Some((field, file)) => format!("{field}=@{}", self.path(file).display()),
            None => word.to_owned(),
        });
        let file = self.path(&format!("{}.toml", row.name)).display().to_string();
        let place = ["--backend", row.name, "--plugins", &file].map(str::to_owned);
        let words = words.chain(place);
        self.command(words)
    }

    /// What is wrong with how an attack ended: it has to end in time, in the program's own way, with
    /// nothing that steers a terminal, and by name. That no secret is seen is watched by the
    /// environment.
    pub fn fault(&self, row: &Row, outcome: &Outcome) -> Option<String> {
        let texts = [&outcome.stdout, &outcome.stderr];
        let steering = texts.iter().find_map(|text| text.chars().find(|c| steers(*c)));
        let named = format!("connector `{}`", row.connector);
        let what = if let Some(steering) = steering {
            format!("it shows {steering:?}")
        } else if outcome.elapsed > BOUND {
            format!("it took {:?}", outcome.elapsed)
        } else if outcome.stderr.contains("connhub has a fault") {
            "the program panicked".to_owned()
        } else if outcome.code == 9 && !outcome.stderr.contains(&named) {
            "the connector is not named".to_owned()
        } else if !row.allows(outcome) {
            format!("expected was {:?}", row.expected)
        } else {
            return None;
        };
        Some(format!("## {}: {what}\n{outcome}", row.name))
    }

    /// What is wrong with the local store: it has to work and to hold what it held.
    pub fn harm(&self, after: &str) -> Option<String> {
        let listed = self.command(["list", "--backend", "local", "-o", "name"]).run();
        let names: Vec<&str> = listed.stdout.lines().collect();
        let is_there = listed.code == 0 && names.len() == 1 && names[0].contains("precious");
        (!is_there).then(|| format!("## after {after} the store is harmed\n{listed}"))
    }

    fn command(&self, words: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>) -> Run<'_> {
        let run = self.env.command(words).variable("API_TOKEN", TOKEN);
        run.variable("HIDDEN_VARIABLE", "of-the-host").stdin("typed-by-the-user\n")
    }

    fn path(&self, file: &str) -> PathBuf {
        self.env.files().join(file)
    }

    fn store_something_precious(&self) {
        let key = format!("secret_access_key=@{}", self.path("precious").display());
        let create = ["create", "precious", "--backend", "local", "--type", "s3", "bucket=lake"];
        let words = create.into_iter().chain(["access_key_id=AKIAPRECIOUS", &key]);
        self.command(words).run().succeeds();
    }

    fn configure(&self, connectors: &str, rows: &[Row]) {
        self.env.plugins(&format!("version = 1\n{connectors}"));
        for row in rows {
            let backend = backend(row, &self.server.url());
            self.env.file(&format!("{}.toml", row.name), backend);
        }
    }
}

/// A file with the backend of an attack, whose endpoints are at one address.
fn backend(row: &Row, url: &str) -> String {
    let Row { name, connector, settings, .. } = row;
    let endpoint = |endpoint: &str| {
        let section = format!("[backends.{name}.endpoints.{endpoint}");
        format!("{section}]\nurl = \"{url}\"\n{section}.login]\n{LOGIN}\n")
    };
    format!(
        "version = 1\n[backends.{name}]\nconnector = \"{connector}\"\nscope = \"home\"\n\
         [backends.{name}.settings]\n{settings}\n{}{}",
        endpoint("api"),
        endpoint("plain")
    )
}

/// A connector with an attack of its own.
#[derive(Clone)]
pub struct Attacker {
    /// The attack; its connector is called the same.
    pub row: Row,
    /// The component.
    pub component: Vec<u8>,
    /// Further lines of the connector's section; `[vault]` is short for `[connectors.NAME.vault]`.
    pub grants: &'static str,
}

/// The limits of made-up components.
const SMALL: &str = "
memory-mib = 8
table-elements = 5000
wall-seconds = 20
cpu-milliseconds = 300
host-call-mib = 2
handles = 300
compile-seconds = 30
compile-mib = 192";
const LOGIN: &str = "scheme = \"bearer\"\nenv = [\"API_TOKEN\"]";

/// What the connectors of the attacks are granted. `undeclared` is granted what it does not declare.
fn connectors(folder: &Path) -> String {
    let folder = folder.display();
    let connector = |name: &str, component: &str, more: &str, limits: &str| {
        let list_seconds = if name == "dawdling" { 1 } else { 60 };
        format!(
            r#"
[connectors.{name}]
component = "{folder}/{component}.wasm"
{more}
[connectors.{name}.vault]
[connectors.{name}.limits]
memory-mib = 8
table-elements = 5000
host-call-mib = 2
handles = 300
requests = 4
request-seconds = 2
response-mib = 1
request-mib = 1
output-mib = 1
list-items = 2000
list-pages = 50
list-mib = 4
list-seconds = {list_seconds}
{limits}
[connectors.{name}.endpoints.api]
kind = "http"
allow = ["GET /allowed/**", "POST /allowed/**", "GET /granted"]
secrets-in = ["/data/*"]
mask = ["/data/*"]
[connectors.{name}.endpoints.plain]
kind = "http"
allow = ["POST /allowed/*"]
"#
        )
    };
    let usual = "log-kib = 8\nwall-seconds = 30\ncpu-milliseconds = 10000";
    let hasty = "log-kib = 8\nwall-seconds = 30\ncpu-milliseconds = 200";
    let sleepy = "log-kib = 8\nwall-seconds = 1\ncpu-milliseconds = 10000";
    let talkative = "log-kib = 65536\nwall-seconds = 30\ncpu-milliseconds = 20000";
    [
        connector("strict", "misbehaves", "", usual),
        connector("hasty", "misbehaves", "", hasty),
        connector("sleepy", "misbehaves", "", sleepy),
        connector("dawdling", "misbehaves", "", usual),
        connector("talkative", "misbehaves", "", talkative),
        connector("undeclared", "misbehaves", "reveal = true", usual),
        connector("reveals", "reveals", "reveal = true", talkative),
    ]
    .concat()
}

fn components() -> [(&'static str, Vec<u8>); 2] {
    let declares = |needs: &str| with_needs(misbehaves(), needs);
    let reveal = "[reveal]\nwhy = \"wants to see\"\n";
    [("misbehaves", declares(NEEDS)), ("reveals", declares(&format!("{NEEDS}{reveal}")))]
}

/// The compiled forms of the components. Compiling takes a second or two, and the user of each test
/// has the same key for the cache, since it is a copy.
fn compiled() -> &'static [(String, Vec<u8>)] {
    static COMPILED: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let env = TestEnv::new();
        let folder = env.home().join("cache/components");
        let before = files_below(&folder);
        for (name, component) in components() {
            env.file(&format!("{name}.wasm"), component);
        }
        env.plugins(&format!("version = 1\n{}", connectors(&env.files())));
        for connector in ["strict", "reveals"] {
            let row = attack(connector, "").by(connector);
            let file = env.file("backend.toml", backend(&row, "http://127.0.0.1:1"));
            let file = file.display().to_string();
            env.run(["check", "--backend", connector, "--plugins", &file]).succeeds();
        }
        let new = files_below(&folder).into_iter().filter(|file| !before.contains(file));
        let read = |file: PathBuf| {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs_err::read(&file).expect("the program wrote it"))
        };
        let compiled: Vec<_> = new.map(read).collect();
        assert_eq!(compiled.len(), 2, "the cache holds both components");
        compiled
    })
}

/// Whether a character moves the cursor, hides text or turns its direction.
fn steers(c: char) -> bool {
    let is_line = matches!(c, '\n' | '\t');
    let is_deceptive =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && !is_line) || is_deceptive
}

/// What the server does to those who ask for it.
fn faults() -> [(&'static str, FaultKind); 9] {
    let drop = FaultKind::SlowBody { chunk: 1, pause: Duration::from_millis(400) };
    let elsewhere = FaultKind::Redirect("http://127.0.0.1:1/elsewhere".to_owned());
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked";
    let body = format!("2\r\n{{}}\r\n0\r\nx-trailer: {TOKEN}\r\nset-cookie: a=b\r\n");
    let trailers =
        FaultKind::Raw(format!("{head}\r\ntrailer: x-trailer\r\n\r\n{body}\r\n").into_bytes());
    [
        ("/allowed/hang", FaultKind::Hang),
        ("/allowed/drip", drop),
        ("/allowed/reset", FaultKind::ResetMidBody),
        ("/allowed/short", FaultKind::WrongLength),
        ("/allowed/garbage", FaultKind::GarbageBytes),
        ("/allowed/cut", FaultKind::TruncatedJson),
        ("/allowed/redirect", elsewhere),
        ("/allowed/trailers", trailers),
        ("/allowed/flood", FaultKind::HugeBody(1 << 40)),
    ]
}

/// A server that tells the caller everything that it was told, the login included.
struct Echo;

impl Service for Echo {
    fn answer(&self, request: &Request) -> Response {
        if request.path.ends_with("/large") {
            return Response::json(200, &serde_json::Value::from("z".repeat(3 << 20)));
        }
        if request.path.ends_with("/deep") {
            return Response::with_body(200, "application/json", "[".repeat(900_000));
        }
        if request.path.ends_with("/elsewhere") {
            return Response::empty(302).header("location", "http://127.0.0.1:1/elsewhere");
        }
        let headers: Vec<String> =
            request.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        let body = String::from_utf8_lossy(&request.body);
        let data = serde_json::from_slice::<serde_json::Value>(&request.body).ok();
        let data = data.and_then(|body| body.get("data").cloned());
        let answer = serde_json::json!({
            "path": request.path, "query": request.query, "headers": headers, "body": body, "data": data,
        });
        match request.path.ends_with("/plain-error") {
            true => Response::text(500, &format!("{headers:?} {body}")),
            false => Response::json(200, &answer).header("set-cookie", &format!("session={TOKEN}")),
        }
    }
}
