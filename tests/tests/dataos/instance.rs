//! A stand-in DataOS under the control of a test, and one user of the program.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use connhub_tests::cli::{Outcome, Run, TestEnv};
use connhub_tests::dataos::{Activation, DataOs, Options, StoredDepot, StoredSecret};
use connhub_tests::serve::{Recorded, Request, Server, Service, Tls};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use toml_edit::{Array, Table};

use crate::configuration::{configure, configure_with, limit, quoted};
use crate::requests::during;
use crate::transport::Transport;

/// Where Poros keeps resources.
pub const RESOURCES: &str = "/poros/api/v1/workspaces/engineering/resources";

/// Where it keeps those that belong to no workspace.
pub const INSTANCE_RESOURCES: &str = "/poros/api/v1/resources";

pub struct Instance {
    pub env: TestEnv,
    pub dataos: Arc<DataOs>,
    pub server: Server,
    /// What `plugins.toml` says about the login.
    login: String,
    /// What it says about the way there.
    way: String,
    transport: Transport,
    /// How the command line behaves, beside what it always does.
    behavior: RefCell<Value>,
}

impl Instance {
    /// An empty DataOS, and a user who may create connections.
    pub fn new(transport: Transport) -> Self {
        Self::of(transport, Options::default())
    }

    /// Depots are active after one more look.
    pub fn of(transport: Transport, options: Options) -> Self {
        let options = match options.activation {
            Activation::AfterReads(_) => {
                Options { activation: Activation::AfterReads(1), ..options }
            }
            _ => options,
        };
        let dataos = Arc::new(DataOs::new(options));
        let server = Server::start(dataos.clone());
        Self::start(transport, dataos, server)
    }

    /// A DataOS that is reached by TLS with a private authority.
    pub fn with_tls(tls: Tls) -> Self {
        let activation = Activation::AfterReads(0);
        let dataos = Arc::new(DataOs::new(Options { activation, ..Options::default() }));
        let server = Server::start_tls(dataos.clone(), tls);
        Self::start(Transport::Http, dataos, server)
    }

    fn start(transport: Transport, dataos: Arc<DataOs>, server: Server) -> Self {
        let env = TestEnv::new();
        // The command line is logged in for a user, whose home this is.
        let home = env.files().join("user").display().to_string();
        let mut instance = Self {
            env: env.with_variable("HOME", &home),
            dataos,
            server,
            login: String::new(),
            way: String::new(),
            transport,
            behavior: RefCell::new(json!({})),
        };
        instance.log_in_as(&instance.dataos.tokens().data_dev);
        instance
    }

    /// Depots are kept at other paths than Secrets, so that a fault can strike the one and not the other; nothing is waited for
    /// longer than a second.
    pub fn split(transport: Transport) -> Self {
        let instance = Self::new(transport);
        instance.behave(&json!({ "depots": INSTANCE_RESOURCES }));
        let depots = format!("{INSTANCE_RESOURCES}/depot/{{name}}");
        let settings = format!(
            "depots-path = {}\ndepot-path = {}\n",
            quoted(INSTANCE_RESOURCES),
            quoted(&depots)
        );
        instance.change(&settings, |section| {
            limit(section, "request-seconds", 1);
            limit(section, "command-seconds", 2);
            limit(section, "response-mib", 1);
            let one = format!("{INSTANCE_RESOURCES}/depot/*");
            allow(section, &format!("POST {INSTANCE_RESOURCES}"));
            for method in ["GET", "PUT", "DELETE"] {
                allow(section, &format!("{method} {one}"));
            }
        });
        instance
    }

    /// Logs in with a token.
    pub fn log_in_as(&mut self, token: &str) {
        self.log_in(token, "scheme = \"bearer\"\n");
    }

    /// Logs in with a token in the way that `plugins.toml` says.
    pub fn log_in(&mut self, token: &str, scheme: &str) {
        self.env.watch("login", token);
        let file = self.env.file("login", format!("{token}\n")).display().to_string();
        let header = "[backends.dataos.endpoints.dataos.login]";
        self.login = format!("{header}\n{scheme}file = {}\n", quoted(&file));
        self.behave(&json!({ "token": token }));
        self.set("");
    }

    /// Has the command line behave in these ways from now on. `null` takes a way back.
    pub fn behave(&self, more: &Value) {
        let mut all = self.behavior.borrow_mut();
        all["url"] = json!(self.server.url());
        for (name, value) in more.as_object().expect("a behavior is an object") {
            all[name] = value.clone();
        }
        fs_err::create_dir_all(self.home_of_ctl()).expect("the home of a test takes folders");
        let file = self.home_of_ctl().join("standin.json");
        fs_err::write(file, all.to_string()).expect("it takes files");
    }

    /// The arguments of each call of the command line so far.
    pub fn calls(&self) -> Vec<Vec<String>> {
        let text = fs_err::read_to_string(self.home_of_ctl().join("calls")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a list of words")).collect()
    }

    /// Forgets the calls so far: they are numbered from one again.
    pub fn forget_calls(&self) {
        let _ = fs_err::remove_file(self.home_of_ctl().join("calls"));
    }

    fn home_of_ctl(&self) -> PathBuf {
        self.env.files().join("user/.dataos")
    }

    /// Says more about the way to DataOS than its address, or another address.
    pub fn reach_by(&mut self, way: &str) {
        self.way = way.to_owned();
        self.set("");
    }

    /// Uses further settings.
    pub fn set(&self, settings: &str) {
        match self.transport {
            Transport::Http => configure(&self.env, "dataos", &self.backend(settings)),
            Transport::Ctl | Transport::Auto => self.change(settings, |_| {}),
        }
    }

    /// Uses further settings, and the connector with something else in its section than is shipped.
    pub fn change(&self, settings: &str, change: impl FnOnce(&mut Table)) {
        configure_with(&self.env, "dataos", &self.backend(settings), |section| {
            if self.transport != Transport::Http {
                let program = env!("CARGO_BIN_EXE_dataos-ctl");
                section["commands"]["ctl"]["program"] = toml_edit::value(program);
            }
            change(section);
        });
    }

    fn backend(&self, settings: &str) -> String {
        let transport = quoted(self.transport.word());
        let usual =
            format!("tenant = \"engineering\"\npoll-interval = 0\ntransport = {transport}\n");
        let url = match self.way.contains("url = ") {
            true => String::new(),
            false => format!("url = {}\n", quoted(&self.server.url())),
        };
        let place = format!("[backends.dataos.endpoints.dataos]\n{url}{}", self.way);
        format!("[backends.dataos.settings]\n{usual}{settings}{place}{}", self.login)
    }

    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.env.run(words)
    }

    /// The command that creates a connection: its name, its fields, what else there is.
    pub fn create(&self, name: &str, fields: &[&str], more: &[&str]) -> Run<'_> {
        self.env.command(["create", name].iter().chain(fields).chain(more))
    }

    /// Creates a database, and returns its password.
    #[track_caller]
    pub fn has_postgres(&self, name: &str) -> String {
        let password = self.env.secret("password");
        self.create(name, &crate::POSTGRES, &[]).stdin(password.as_str()).run().succeeds();
        password
    }

    /// Runs something, and returns what DataOS was asked.
    pub fn asked<T>(&self, action: impl FnOnce() -> T) -> (T, Vec<Recorded>) {
        during(&self.server, action)
    }

    /// The only depot.
    #[track_caller]
    pub fn depot(&self) -> StoredDepot {
        let mut depots = self.dataos.depots();
        assert_eq!(depots.len(), 1);
        depots.remove(0)
    }

    /// The only Secret.
    #[track_caller]
    pub fn secret(&self) -> StoredSecret {
        let mut secrets = self.dataos.secrets();
        assert_eq!(secrets.len(), 1);
        secrets.remove(0)
    }

    /// The names of all Secrets and depots.
    pub fn stored(&self) -> Vec<String> {
        let secrets =
            self.dataos.secrets().into_iter().map(|secret| format!("secret {}", secret.name));
        let depots = self.dataos.depots().into_iter().map(|depot| format!("depot {}", depot.name));
        secrets.chain(depots).collect()
    }

    /// Applies a manifest as the user of a token, behind the program's back.
    #[track_caller]
    pub fn put(&self, token: &str, method: Method, path: &str, manifest: &Value) {
        let mut headers = HeaderMap::new();
        let login = HeaderValue::from_str(&format!("Bearer {token}")).expect("tokens are ASCII");
        headers.insert("authorization", login);
        let answer = self.dataos.answer(&Request {
            method,
            path: path.to_owned(),
            query: Vec::new(),
            headers,
            body: Bytes::from(manifest.to_string()),
            client_certificate: None,
        });
        assert!(answer.status < 300, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// A depot of the user of a token, with or without a Secret.
    pub fn put_depot(&self, token: &str, name: &str, secret: Option<&str>) {
        let reference =
            |secret: &str| json!([{"id": format!("engineering:{secret}"), "purpose": "rw"}]);
        let manifest = json!({
            "name": name, "version": "v2alpha", "type": "depot", "layer": "user",
            "spec": {
                "type": "http",
                "spec": {"baseUrl": format!("https://{name}.example.com")},
                "secrets": secret.map_or(json!([]), reference),
            },
        });
        self.put(token, Method::POST, RESOURCES, &manifest);
    }
}

/// Grants one rule more.
pub fn allow(section: &mut Table, rule: &str) {
    let rules = section["endpoints"]["dataos"]["allow"].as_array_mut();
    let rules: &mut Array = rules.expect("the shipped grant has rules");
    rules.push(rule);
}

/// What was written, in order: the method and the kind of resource.
pub fn writes(requests: &[Recorded]) -> Vec<String> {
    let is_write = |request: &&Recorded| {
        let other = ["/validate", "/authorize"];
        request.method != Method::GET && !other.iter().any(|end| request.path.ends_with(end))
    };
    requests.iter().filter(is_write).map(write).collect()
}

fn write(request: &Recorded) -> String {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let kind = match body["type"].as_str() {
        Some(kind) => kind.to_owned(),
        None => request.path.rsplit('/').nth(1).unwrap_or_default().to_owned(),
    };
    format!("{} {kind}", request.method)
}
