//! Holds the stand-in DataOS against the documented bodies and texts.

mod depots;
mod failures;
mod logins;
mod network;
mod resources;
mod texts;

use std::collections::BTreeSet;

use bytes::Bytes;
use connhub_tests::dataos::{DataOs, Options};
use connhub_tests::serve::{Request, Service};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

const WORKSPACE: &str = "/poros/api/v1/workspaces/engineering/resources";
const INSTANCE: &str = "/poros/api/v1/resources";
const DEPOTS: &str = "/ds/api/v2/tenants/engineering/depots";

/// An instance and a way to ask it without a network.
struct Instance {
    dataos: DataOs,
}

impl Instance {
    fn new(options: Options) -> Self {
        Instance { dataos: DataOs::new(options) }
    }

    /// An instance with a secret and a depot that uses it.
    fn with_sales(options: Options) -> Self {
        let instance = Instance::new(options);
        instance.create("secret", &secret("sales-cred"));
        instance.create("depot", &depot("sales", "snowflake", "sales-cred"));
        instance
    }

    fn create(&self, what: &str, manifest: &Value) {
        let answer = self.ask("POST", WORKSPACE, manifest);
        assert!((200..300).contains(&answer.0), "creating a {what}: {answer:?}");
    }

    /// Asks as the data developer.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.ask_as(&self.dataos.tokens().data_dev, method, path, body)
    }

    fn ask_as(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.ask_with(&[("authorization", &format!("Bearer {token}"))], method, path, body)
    }

    fn ask_with(
        &self,
        headers: &[(&str, &str)],
        method: &str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: Method::from_bytes(method.as_bytes()).expect("a method"),
            path: path.to_owned(),
            query: pairs(query),
            headers: header_map(headers),
            body: Bytes::from(if body.is_null() { String::new() } else { body.to_string() }),
            client_certificate: None,
        };
        let answer = self.dataos.answer(&request);
        let text = String::from_utf8(answer.body).expect("answers are text");
        (answer.status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, &Value::Null)
    }

    fn status_of(&self, name: &str) -> String {
        let (_, body) = self.get(&format!("{WORKSPACE}/depot/{name}"));
        body["status"]["aggregateStatus"].as_str().unwrap_or_default().to_owned()
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn header_map(headers: &[(&str, &str)]) -> HeaderMap {
    let header = |&(name, value): &(&str, &str)| {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        (name, HeaderValue::from_str(value).expect("a header value"))
    };
    headers.iter().map(header).collect()
}

fn secret(name: &str) -> Value {
    json!({
        "name": name, "version": "v2alpha", "type": "secret", "owner": "somebody", "status": {},
        "secret": {"type": "key-value", "data": {"username": "sa", "password": "p@ss $HOME"}},
    })
}

fn depot(name: &str, source_type: &str, secret: &str) -> Value {
    let id = format!("engineering:{secret}");
    json!({
        "name": name, "version": "v2alpha", "type": "depot", "layer": "user",
        "tenant": "engineering", "owner": "somebody",
        "spec": {
            "type": source_type,
            "spec": {"url": "https://abc123.example.test", "database": "SALES_DB"},
            "secrets": [
                {"id": id, "purpose": "rw"},
                {"id": id, "purpose": "scan"},
                {"id": id, "purpose": "query"},
            ],
        },
    })
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}
