//! One HTTP request over a checked connection. Redirects are not followed, and no more is read than an answer that proves something has.

use bytes::Bytes;
use futures_util::future::join;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use url::Url;

use super::climber::{Climber, Stream};
use super::dial::Place;
use super::ladder::Climb;
use super::tls::{Check, Trust};
use crate::fetch::{Login, basic};
use crate::model::{Rung, Secret};

/// What is read of an answer, in bytes. The rest is not wanted.
const MAX_BODY: usize = 64 * 1024;
/// What hyper keeps of an answer at once, headers included.
const MAX_HEAD: usize = 64 * 1024;
const AGENT: HeaderValue = HeaderValue::from_static(concat!("connhub/", env!("CARGO_PKG_VERSION")));

/// A request. Its body can hold a secret: it is not printed.
pub struct Ask {
    method: Method,
    /// The whole address; path and query are sent as they are written here.
    pub url: Url,
    headers: HeaderMap,
    body: Bytes,
}

/// An answer. Its body can hold a token: it is not printed.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The first 64 KiB of its body.
    pub body: Vec<u8>,
}

impl Ask {
    /// A request without a body.
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// What is done with what is at the address.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// A GET.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// A POST of a form.
    pub fn form(url: Url, pairs: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        Self::post(url, "application/x-www-form-urlencoded", form.finish())
    }

    /// A POST.
    pub fn post(url: Url, content_type: &'static str, body: String) -> Self {
        let mut ask = Self::new(Method::POST, url);
        ask.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        ask.body = Bytes::from(body);
        ask
    }

    /// Adds a header. One that holds what no header may hold is left out, and the server will say what is missing.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(name == AUTHORIZATION);
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds headers.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Logs in with a token (RFC 6750).
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        let token = String::from_utf8_lossy(token.expose()).into_owned();
        self.header(AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// Logs in with a name and a password (RFC 7617).
    #[must_use]
    pub fn basic(mut self, user: &str, password: &Secret) -> Self {
        let login = Login { user: user.to_owned(), password: password.clone() };
        self.headers.extend(basic(&login).map(|value| (AUTHORIZATION, value)));
        self
    }
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// What stands between the tags of this name in a body of XML.
    pub fn xml(&self, tag: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        let (value, _) = rest.split_once(&format!("</{tag}>"))?;
        Some(value.to_owned())
    }

    /// The status in words, with where a redirect leads: nobody went there.
    pub fn words(&self) -> String {
        let status = format!("HTTP {}", self.status);
        let location = self.header(LOCATION.as_str()).filter(|_| self.status.is_redirection());
        match location.map(|to| Url::parse(to).map(|url| url.origin().ascii_serialization())) {
            Some(Ok(origin)) => format!("{status}, a redirect to {origin}, which is not followed"),
            Some(Err(_)) => format!("{status}, a redirect, which is not followed"),
            None => status,
        }
    }
}

impl Climber<'_> {
    /// Sends a request to the server of the connection, with what it says about certificates.
    ///
    /// # Errors
    /// There is no answer, or it is not one of HTTP.
    pub async fn ask(&mut self, ask: Ask) -> Climb<Answer> {
        let trust = match ask.url.scheme() {
            "https" => Some(self.trust()?),
            _ => None,
        };
        self.exchange(ask, trust).await
    }

    /// Sends a request to a server that the connection only leads to, such as one that gives out tokens. Without TLS only to this machine.
    ///
    /// # Errors
    /// As [`Climber::ask`]; they are those of the rung that was begun last.
    pub async fn ask_aside(&mut self, ask: Ask) -> Climb<Answer> {
        let host = ask.url.host_str().unwrap_or_default().to_owned();
        self.ladder.step_aside(&host);
        let trust = Trust { check: Check::ChainAndName, authorities: None, identity: None };
        let answer = match ask.url.scheme() {
            "https" => self.exchange(ask, Some(trust)).await,
            "http" if is_loopback(&ask.url) => self.exchange(ask, None).await,
            _ => Err(self.ladder.fail("it is not reached by TLS, so a login would be readable")),
        };
        self.ladder.step_back();
        answer
    }

    async fn exchange(&mut self, ask: Ask, trust: Option<Trust>) -> Climb<Answer> {
        let host = ask.url.host_str().unwrap_or_default();
        let place = Place::new(host, ask.url.port_or_known_default().unwrap_or(443));
        let stream = self.connect(&place).await?;
        let stream = match trust {
            Some(trust) => self.encrypt(stream, &place.host, trust).await?,
            None => stream,
        };
        self.ladder.begin(Rung::Protocol);
        match send(stream, ask).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.ladder.fail(unanswered(&error))),
        }
    }
}

async fn send(stream: Box<dyn Stream>, ask: Ask) -> Result<Answer, hyper::Error> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let exchange = async move {
        let answer = sender.send_request(request(ask)).await?;
        let (parts, body) = answer.into_parts();
        let body = beginning(body).await?;
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    };
    // The connection ends when the sender is gone.
    let (answer, _) = join(exchange, connection).await;
    answer
}

async fn beginning(mut body: Incoming) -> Result<Vec<u8>, hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame?.into_data().unwrap_or_default();
        let room = MAX_BODY - bytes.len();
        bytes.extend_from_slice(&data[..room.min(data.len())]);
        if bytes.len() == MAX_BODY {
            break;
        }
    }
    Ok(bytes)
}

fn request(ask: Ask) -> Request<Full<Bytes>> {
    let Ask { method, url, headers, body } = ask;
    let host = authority(&url);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    // An address that was parsed has a path that can be sent.
    *request.uri_mut() = format!("{}{query}", url.path()).parse().unwrap_or_default();
    *request.headers_mut() = headers;
    if let Ok(host) = HeaderValue::from_str(&host) {
        request.headers_mut().insert(HOST, host);
    }
    request.headers_mut().insert(USER_AGENT, AGENT);
    request
}

/// The host with its port, if that is not the usual one: what the header `Host` says.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

fn unanswered(error: &hyper::Error) -> String {
    if error.is_parse_too_large() {
        "the headers of the answer are too large".to_owned()
    } else if error.is_parse() {
        "what answers does not speak HTTP".to_owned()
    } else {
        "the server ends the connection without an answer".to_owned()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_sent_as_it_is_written() {
        let url = Url::parse("http://h.example.com:81/a%20b/?c=%2Fd&e").unwrap();
        let request = request(Ask::get(url).bearer(&Secret::from("t".to_owned())));
        assert_eq!(request.uri(), "/a%20b/?c=%2Fd&e");
        assert_eq!(request.headers()[HOST], "h.example.com:81");
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer t");
        assert!(!format!("{request:?}").contains("Bearer t"));
        assert_eq!(authority(&Url::parse("https://h:443/").unwrap()), "h");
    }

    #[test]
    fn where_a_redirect_leads_is_said_without_its_path() {
        let answer = |location: &'static str| Answer {
            status: StatusCode::FOUND,
            headers: [(LOCATION, HeaderValue::from_static(location))].into_iter().collect(),
            body: b"<a><Code>X</Code></a>".to_vec(),
        };
        let words = answer("http://169.254.169.254/latest?token=1").words();
        let expected =
            "HTTP 302 Found, a redirect to http://169.254.169.254, which is not followed";
        assert_eq!(words, expected);
        assert_eq!(answer("/there").words(), "HTTP 302 Found, a redirect, which is not followed");
        assert_eq!(answer("").xml("Code").as_deref(), Some("X"));
        assert_eq!(answer("").xml("Message"), None);
    }
}
