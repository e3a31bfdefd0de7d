//! A stand-in under the control of a test, and one user of the program.

use std::sync::Arc;

use connhub_tests::cli::{Outcome, Run, TestEnv};
use connhub_tests::serve::{Recorded, Request, Server, Service};
use connhub_tests::vault_kv::{AppRole, Options, Vault};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Map, Value};

use crate::configuration::{configure, configure_with, limit, quoted};
use crate::requests::during;

pub struct Instance {
    pub env: TestEnv,
    pub vault: Arc<Vault>,
    pub server: Server,
    /// What `plugins.toml` says about the endpoint besides its address.
    place: String,
    login: String,
}

impl Instance {
    /// A server with an empty store, and a user with the usual rights.
    pub fn new() -> Self {
        Self::of(Options::default())
    }

    pub fn of(options: Options) -> Self {
        let vault = Arc::new(Vault::new(options));
        let server = Server::start(vault.clone());
        let (place, login) = (String::new(), String::new());
        let mut instance = Self { env: TestEnv::new(), vault, server, place, login };
        instance.log_in_as(&instance.vault.usual_token(""));
        instance
    }

    /// Logs in with a token.
    pub fn log_in_as(&mut self, token: &str) {
        self.env.watch("login", token);
        let file = self.env.file("token", format!("{token}\n")).display().to_string();
        self.log_in(&format!(
            "scheme = \"header\"\nheader = \"x-vault-token\"\nfile = {}\n",
            quoted(&file)
        ));
    }

    /// Logs in with a role and its secret.
    pub fn log_in_by(&mut self, role: &AppRole, refused: &str) {
        self.env.watch("secret id", &role.secret_id);
        let file =
            self.env.file("secret-id", format!("{}\n", role.secret_id)).display().to_string();
        let exchange = format!(
            "path = \"/v1/auth/approle/login\"\ncredential = \"secret_id\"\nbody = {{ role_id = {} }}\n\
             token = \"/auth/client_token\"\n{refused}",
            quoted(&role.role_id)
        );
        self.log_in(&format!(
            "scheme = \"header\"\nheader = \"x-vault-token\"\nfile = {}\n\n\
             [backends.vault-kv.endpoints.vault.login.exchange]\n{exchange}",
            quoted(&file)
        ));
    }

    /// Says everything about the login.
    pub fn log_in(&mut self, login: &str) {
        self.login = format!("[backends.vault-kv.endpoints.vault.login]\n{login}");
        self.set("");
    }

    /// Works in a namespace.
    pub fn enter(&mut self, namespace: &str) {
        self.place = format!("headers = {{ x-vault-namespace = {} }}\n", quoted(namespace));
        self.set("");
    }

    /// Uses further settings.
    pub fn set(&self, settings: &str) {
        configure(&self.env, "vault-kv", &self.backend(settings));
    }

    /// Nothing is waited for longer than a second, and an answer has 1 MiB at most.
    pub fn hurry(&self) {
        configure_with(&self.env, "vault-kv", &self.backend(""), |section| {
            limit(section, "request-seconds", 1);
            limit(section, "response-mib", 1);
        });
    }

    fn backend(&self, settings: &str) -> String {
        let place = format!("url = {}\n{}", quoted(&self.server.url()), self.place);
        format!(
            "[backends.vault-kv.settings]\n{settings}\n[backends.vault-kv.endpoints.vault]\n{place}{}",
            self.login
        )
    }

    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.env.run(words)
    }

    /// The command that creates a connection: its name, its fields, what else there is.
    pub fn create(&self, name: &str, fields: &[&str], more: &[&str]) -> Run<'_> {
        self.env.command(["create", name].iter().chain(fields).chain(more))
    }

    /// Creates a bucket, and returns its key.
    #[track_caller]
    pub fn has_bucket(&self, name: &str) -> String {
        let key = self.env.secret("key");
        self.create(name, &crate::S3, &[]).stdin(key.as_str()).run().succeeds();
        key
    }

    /// Runs something, and returns what the server was asked.
    pub fn asked<T>(&self, action: impl FnOnce() -> T) -> (T, Vec<Recorded>) {
        during(&self.server, action)
    }

    /// The current data of a secret.
    pub fn data(&self, key: &str) -> Option<Map<String, Value>> {
        self.vault.data("", "secret", key)
    }

    /// Stores a secret behind the program's back.
    #[track_caller]
    pub fn put(&self, key: &str, data: &Value) {
        let mut headers = HeaderMap::new();
        let token = HeaderValue::from_str(&self.vault.root_token("")).expect("tokens are ASCII");
        headers.insert("x-vault-token", token);
        let answer = self.vault.answer(&Request {
            method: Method::POST,
            path: format!("/v1/secret/data/{key}"),
            query: Vec::new(),
            headers,
            body: serde_json::json!({"data": data}).to_string().into(),
            client_certificate: None,
        });
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    }
}
