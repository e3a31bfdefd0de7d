//! The stand-in itself.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::commands::{Programs, Ran, RanCommand};
use super::grant::{Endpoint, Grant};
use super::mask;
use super::records::Store;
use super::value::value_of;
use crate::{
    Command, Encoding, Header, Host, HttpError, Level, MaskedValues, Part, Request, Response,
    VaultError, base64,
};

/// A stand-in for the host.
#[derive(Debug, Default)]
pub struct FakeHost(Rc<Fake>);

/// A server of a test.
type Server = Box<dyn Fn(&SentRequest) -> Reply>;

/// What the stand-in answers.
#[derive(Clone, Debug)]
pub struct Reply(Result<Answer, HttpError>);

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<Header>,
    body: Vec<u8>,
}

/// A request as it would have left the host, secrets in their places.
#[derive(Clone, Debug)]
pub struct SentRequest {
    /// The name of the endpoint.
    pub endpoint: String,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
    /// What was to become of masked values.
    pub masked: MaskedValues,
}

/// The state of the stand-in.
#[derive(Default)]
pub(crate) struct Fake {
    grant: Option<Grant>,
    servers: RefCell<BTreeMap<String, Server>>,
    script: RefCell<VecDeque<(String, String, Reply)>>,
    sent: RefCell<Vec<SentRequest>>,
    logs: RefCell<Vec<(Level, String)>>,
    programs: Programs,
    store: Store,
    slept: Cell<Duration>,
}

impl FakeHost {
    /// A stand-in that allows every request and masks nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A stand-in that refuses what `[connectors.NAME]` of a `plugins.toml` does not grant, and masks and omits what it says.
    ///
    /// # Panics
    ///
    /// If the text has no such section.
    pub fn granted(plugins_toml: &str, connector: &str) -> Self {
        let grant = Some(Grant::of_connector(plugins_toml, connector));
        Self(Rc::new(Fake { grant, ..Fake::default() }))
    }

    /// The next request that is to come, and its answer. Another request than the next one fails the test.
    pub fn expect(&self, method: &str, path: &str, reply: Reply) {
        self.0.script.borrow_mut().push_back((method.to_owned(), path.to_owned(), reply));
    }

    /// A server behind an endpoint, which answers every request. It sees secrets in their places, as a real one does. A script that was
    /// given with [`expect`](Self::expect) comes first.
    ///
    /// ```
    /// use connhub_sdk::{Json, Request, testing::{FakeHost, Reply, secret}};
    /// let fake = FakeHost::new();
    /// fake.serve("api", |request| Reply::json(200, &request.body_json()["key"]));
    /// let key = secret("s3cr3t");
    /// let body = Json::object([("key", Json::secret(&key))]);
    /// let answer = fake.host().send("api", Request::post("/echo").json(body)).unwrap();
    /// assert_eq!(answer.text(), "\"s3cr3t\"");
    /// ```
    pub fn serve(&self, endpoint: &str, server: impl Fn(&SentRequest) -> Reply + 'static) {
        self.0.servers.borrow_mut().insert(endpoint.to_owned(), Box::new(server));
    }

    /// A program that is installed under a name of the grant. It sees secrets in their places, as a real one does.
    ///
    /// ```
    /// use connhub_sdk::{Command, testing::{FakeHost, printed}};
    /// let fake = FakeHost::new();
    /// fake.install("ctl", |ran| Ok(printed(0, ran.arguments.join(" "))));
    /// let outcome = fake.host().run("ctl", Command::new(["get", "-n", "a"])).unwrap();
    /// assert_eq!(outcome.stdout.text, "get -n a");
    /// assert!(!fake.host().is_installed("other"));
    /// ```
    pub fn install(&self, program: &str, run: impl Fn(&RanCommand) -> Ran + 'static) {
        self.0.programs.installed.borrow_mut().insert(program.to_owned(), Box::new(run));
    }

    /// The programs that were run, those that were refused left out.
    pub fn commands(&self) -> Vec<RanCommand> {
        self.0.programs.ran.borrow().clone()
    }

    /// What the next call of the vault fails with.
    pub fn fail_vault(&self, error: VaultError) {
        *self.0.store.failure.borrow_mut() = Some(error);
    }

    /// What a connector is given.
    pub fn host(&self) -> Host {
        Host { fake: Rc::clone(&self.0) }
    }

    /// The requests that were sent, those that were refused left out.
    pub fn requests(&self) -> Vec<SentRequest> {
        self.0.sent.borrow().clone()
    }

    /// The messages that were logged.
    pub fn logs(&self) -> Vec<(Level, String)> {
        self.0.logs.borrow().clone()
    }

    /// The time that was spent sleeping. Nobody really slept.
    pub fn slept(&self) -> Duration {
        self.0.slept.get()
    }

    /// Fails the test if a request of the script did not come.
    ///
    /// # Panics
    ///
    /// If so.
    pub fn assert_done(&self) {
        let script = self.0.script.borrow();
        let missing: Vec<_> =
            script.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
        assert!(missing.is_empty(), "these requests did not come: {missing:?}");
    }
}

impl Reply {
    /// An answer that was recorded: the name of the recording begins with the status, as in `409-secret-exists`. What begins with a brace
    /// is JSON.
    ///
    /// # Panics
    ///
    /// If the name has no status.
    pub fn recorded(name: &str, body: &str) -> Self {
        let status = name.split('-').next().and_then(|status| status.parse().ok());
        let status = status.expect("the name of a recording begins with the status");
        match body.trim_start().starts_with('{') {
            true => Self::json(status, body),
            false => Self::text(status, body),
        }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self(Ok(Answer { status, headers: Vec::new(), body: Vec::new() }))
    }

    /// A JSON answer.
    pub fn json(status: u16, body: impl ToString) -> Self {
        Self::with_type(status, "application/json", body.to_string())
    }

    /// A plain text answer.
    pub fn text(status: u16, body: impl ToString) -> Self {
        Self::with_type(status, "text/plain; charset=utf-8", body.to_string())
    }

    /// No answer.
    pub fn error(error: HttpError) -> Self {
        Self(Err(error))
    }

    /// Adds a header to an answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(answer) = &mut self.0 {
            answer.headers.push(Header { name: name.to_owned(), value: value.to_owned() });
        }
        self
    }

    fn with_type(status: u16, media_type: &str, body: String) -> Self {
        let headers = Vec::new();
        Self(Ok(Answer { status, headers, body: body.into_bytes() }))
            .header("content-type", media_type)
    }
}

impl SentRequest {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// If it is not JSON.
    pub fn body_json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The value of a parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }
}

impl Fake {
    pub(crate) fn send(
        &self,
        endpoint: &str,
        request: &Request<'_>,
    ) -> Result<Response, HttpError> {
        assert_path(&request.path);
        let rules = self.grant.as_ref().map(|grant| grant.endpoint(endpoint)).transpose()?;
        if let Some(rules) = rules {
            rules.check_request(&request.method, &request.path)?;
            check_secrets(rules, &request.body)?;
        }
        let sent = sent(endpoint, request);
        self.sent.borrow_mut().push(sent.clone());
        let answer = self.reply(&sent).0?;
        Ok(response(answer, request, rules))
    }

    pub(crate) fn run(&self, program: &str, command: &Command<'_>) -> Ran {
        self.programs.run(self.grant.as_ref(), program, command)
    }

    pub(crate) fn is_installed(&self, program: &str) -> bool {
        self.programs.is_installed(self.grant.as_ref(), program)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn log(&self, level: Level, message: &str) {
        self.logs.borrow_mut().push((level, message.to_owned()));
    }

    /// 2026-11-20T21:36:01Z and the time slept since.
    pub(crate) fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_210_561) + self.slept.get()
    }

    pub(crate) fn sleep(&self, time: Duration) {
        self.slept.set(self.slept.get() + time);
    }

    fn reply(&self, request: &SentRequest) -> Reply {
        let SentRequest { endpoint, method, path, .. } = request;
        let next = self.script.borrow_mut().pop_front();
        if let (None, Some(server)) = (&next, self.servers.borrow().get(endpoint)) {
            return server(request);
        }
        let (wanted_method, wanted_path, reply) =
            next.unwrap_or_else(|| panic!("the script has no `{method} {path}`"));
        assert_eq!(format!("{method} {path}"), format!("{wanted_method} {wanted_path}"));
        reply
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a stand-in for the host")
    }
}

/// The bytes of a body, secrets in their places.
pub fn render(parts: &[Part<'_>]) -> Vec<u8> {
    let bytes = |part: &Part<'_>| match part {
        Part::Bytes(bytes) => bytes.clone(),
        Part::Secret { value, encoding } => encode(value_of(value), *encoding),
    };
    parts.iter().flat_map(bytes).collect()
}

fn encode(value: &[u8], encoding: Encoding) -> Vec<u8> {
    let text = || std::str::from_utf8(value).expect("the secret is UTF-8");
    match encoding {
        Encoding::Raw => value.to_vec(),
        Encoding::JsonString => Value::from(text()).to_string().into_bytes(),
        Encoding::Base64 => base64::encode(value).into_bytes(),
        Encoding::Form => form_encode(value),
    }
}

fn form_encode(value: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for &byte in value {
        match byte {
            b' ' => encoded.push(b'+'),
            byte if byte.is_ascii_alphanumeric() || b"*-._".contains(&byte) => encoded.push(byte),
            byte => encoded.extend(format!("%{byte:02X}").bytes()),
        }
    }
    encoded
}

/// The host refuses such paths, so they are faults of the connector.
fn assert_path(path: &str) {
    let plain = path.starts_with('/')
        && !path.contains(['?', '#', '\\', ' '])
        && path.split('/').all(|segment| segment != "." && segment != "..");
    assert!(plain, "`{path}` is no path that the host takes");
}

fn check_secrets(rules: &Endpoint, parts: &[Part<'_>]) -> Result<(), HttpError> {
    let places = secret_places(parts)
        .map_err(|error| HttpError::Denied(format!("a body with secrets is not JSON: {error}")))?;
    places.iter().try_for_each(|place| rules.check_secret_place(place))
}

/// Finds the places of secrets by putting a mark in each of them.
pub(super) fn secret_places(parts: &[Part<'_>]) -> Result<Vec<String>, serde_json::Error> {
    const MARK: &str = "\u{1}secret\u{1}";
    let bytes = |part: &Part<'_>| match part {
        Part::Bytes(bytes) => bytes.clone(),
        Part::Secret { encoding: Encoding::JsonString, .. } => {
            Value::from(MARK).to_string().into_bytes()
        }
        Part::Secret { .. } => Value::from(MARK).to_string().trim_matches('"').into(),
    };
    let mut places = Vec::new();
    if parts.iter().any(|part| matches!(part, Part::Secret { .. })) {
        let body: Vec<u8> = parts.iter().flat_map(bytes).collect();
        marked_places(&serde_json::from_slice(&body)?, MARK, String::new(), &mut places);
    }
    Ok(places)
}

fn marked_places(value: &Value, mark: &str, place: String, places: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(mark) => places.push(place),
        Value::Object(members) => {
            for (key, member) in members {
                let segment = key.replace('~', "~0").replace('/', "~1");
                marked_places(member, mark, format!("{place}/{segment}"), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                marked_places(item, mark, format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
}

fn sent(endpoint: &str, request: &Request<'_>) -> SentRequest {
    let query = request.query.iter();
    SentRequest {
        endpoint: endpoint.to_owned(),
        method: request.method.clone(),
        path: request.path.clone(),
        query: query.map(|parameter| (parameter.name.clone(), parameter.value.clone())).collect(),
        headers: request.headers.clone(),
        body: render(&request.body),
        masked: request.masked,
    }
}

fn response(answer: Answer, request: &Request<'_>, rules: Option<&Endpoint>) -> Response {
    let Answer { status, mut headers, mut body } = answer;
    let mut secrets = Vec::new();
    if let Ok(mut json) = serde_json::from_slice::<Value>(&body) {
        if let Some(rules) = rules {
            rules.omit.iter().for_each(|pattern| mask::omit(&mut json, pattern));
            secrets = rules.mask_values(&request.method, &request.path, &mut json);
        }
        request.omit.iter().for_each(|pattern| mask::omit(&mut json, pattern));
        body = json.to_string().into_bytes();
    }
    if let Some(rules) = rules {
        headers.retain(|header| rules.passes_header(&header.name));
    }
    if request.masked == MaskedValues::Hide {
        secrets.clear();
    }
    Response { status, headers, body, secrets }
}
