//! Files from the network and to it that no connector asked for: components, their signatures, manifests.
//!
//! The same transport as that of endpoints, with its checks of addresses, proxies and authorities. A login is never added here, and redirects are
//! the caller's to follow.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HOST, USER_AGENT};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use tokio::time::Instant;
use url::Url;

use super::config::{HttpTransport, PlainHttp, ProxySettings};
use super::error::{Failure, HttpError};
use super::plain::PlainClient;
use super::{address, client};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// From sending a request to the end of its answer: 64 MiB at half a mebibyte per second.
const REQUEST: Duration = Duration::from_secs(120);
/// What is made room for before it has come, in bytes.
const CHUNK: usize = 1 << 20;
const AGENT: HeaderValue = HeaderValue::from_static(concat!("connhub/", env!("CARGO_PKG_VERSION")));
const PLAIN: HeaderValue = HeaderValue::from_static("identity");

/// Fetches and sends files, by `https://`; within this machine by `http://`, too.
#[derive(Clone, Debug, Default)]
pub struct Downloads {
    /// The proxies.
    pub proxy: ProxySettings,
    /// Further certificate authorities, in PEM.
    pub ca_file: Option<PathBuf>,
}

impl Downloads {
    /// Sends one GET and reads at most `limit` bytes of the answer, whatever its status. Nothing is followed or repeated.
    ///
    /// # Errors
    /// The address is none that may be used, nobody answers in time, or the answer is larger.
    pub async fn get(
        &self,
        url: &Url,
        headers: HeaderMap,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, HttpError> {
        self.send(Method::GET, url, headers, Bytes::new(), limit).await
    }

    /// Sends one request, as [`Self::get`] does.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, HttpError> {
        self.open(method, url, headers, body).await?.whole(limit).await
    }

    /// Sends one request and returns as soon as the head of the answer has come.
    ///
    /// # Errors
    /// The address is none that may be used, or nobody answers in time.
    pub async fn open(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Download, HttpError> {
        let origin = url.origin().ascii_serialization();
        if url.scheme() != "https" && !address::is_loopback(url) {
            let message = format!("{origin} is reached without TLS, so anybody could answer");
            return Err(HttpError::Config(Failure::new(message).hint("use `https://`")));
        }
        let request = request(method, url, headers, body)?;
        let until = Instant::now() + REQUEST;
        let answer = async {
            let client = self.client(url).await?;
            let (head, body) = client.send(request).await?.into_parts();
            Ok((client, head, body))
        };
        let answer = tokio::time::timeout_at(until, answer).await;
        let (client, head, body) = answer.unwrap_or_else(|_| Err(too_slow(&origin)))?;
        Ok(Download { head, body, origin, until, _client: client })
    }

    /// A client for the origin of an address. Path and query are those of the request.
    async fn client(&self, url: &Url) -> Result<PlainClient, HttpError> {
        let mut base = url.clone();
        base.set_path("/");
        base.set_query(None);
        base.set_fragment(None);
        let transport = HttpTransport {
            base,
            headers: Vec::new(),
            login: None,
            ca_file: self.ca_file.clone(),
            client_certificate_file: None,
            proxy: self.proxy.clone(),
            plain_http: PlainHttp::LoopbackOnly,
        };
        PlainClient::prepare(&transport, "a download", CONNECT).await
    }
}

/// An answer of which the head has come, and the body is still to be read.
pub struct Download {
    head: Parts,
    body: reqwest::Body,
    origin: String,
    /// When all of it must have come.
    until: Instant,
    /// What holds the connection.
    _client: PlainClient,
}

impl Download {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The length that the answer announces, in bytes.
    pub fn announced(&self) -> Option<u64> {
        self.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// The next bytes of the body, as they come; none at its end.
    ///
    /// # Errors
    /// The connection ends before the body does, or the time is over.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        let frame = tokio::time::timeout_at(self.until, self.body.frame()).await;
        let frame = frame.map_err(|_| too_slow(&self.origin))?;
        let Some(frame) = frame else { return Ok(None) };
        let frame = frame.map_err(|error| client::failure(error, &self.origin))?;
        Ok(Some(frame.into_data().unwrap_or_default()))
    }

    /// The whole answer, of at most `limit` bytes.
    ///
    /// # Errors
    /// Those of [`Self::chunk`], or it is larger.
    pub async fn whole(mut self, limit: usize) -> Result<Response<Vec<u8>>, HttpError> {
        let origin = self.origin.clone();
        let too_large = || {
            let message = format!("the answer of {origin} has more than {limit} bytes");
            HttpError::TooLarge(Failure::new(message))
        };
        let announced =
            self.announced().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        // The answer to a HEAD announces what it does not send.
        let mut bytes = Vec::with_capacity(announced.unwrap_or_default().min(CHUNK));
        while let Some(data) = self.chunk().await? {
            if bytes.len() + data.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Response::from_parts(self.head, bytes))
    }
}

fn too_slow(origin: &str) -> HttpError {
    let seconds = REQUEST.as_secs();
    HttpError::TimedOut(Failure::new(format!("{origin} did not answer within {seconds} seconds")))
}

fn request(
    method: Method,
    url: &Url,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<Request<Bytes>, HttpError> {
    // The transport writes its own, for the host that it connects to.
    headers.remove(HOST);
    headers.insert(USER_AGENT, AGENT);
    headers.insert(ACCEPT_ENCODING, PLAIN);
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = format!("{}{query}", url.path()).parse().map_err(client::bad_address)?;
    *request.headers_mut() = headers;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capabilities::http::testing::{Server, Step};

    fn write(text: &str) -> Step {
        Step::Write(text.as_bytes().to_vec())
    }

    async fn fetch(answer: &'static str, limit: usize) -> Result<Response<Vec<u8>>, HttpError> {
        let server = Server::start(move |_, _| vec![write(answer), Step::Close]).await;
        let url = Url::parse(&format!("http://{}/a/b?c=d", server.address)).unwrap();
        let answer = Downloads::default().get(&url, HeaderMap::new(), limit).await;
        let requests = server.requests();
        assert_eq!(requests[0].line(), "GET /a/b?c=d HTTP/1.1");
        assert_eq!(requests[0].header("authorization"), None);
        answer
    }

    #[tokio::test]
    async fn a_file_is_read_whole_or_not_at_all() {
        let ok = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        assert_eq!(fetch(ok, 5).await.unwrap().body(), b"hello");
        assert!(matches!(fetch(ok, 4).await, Err(HttpError::TooLarge(_))));
        let endless = "HTTP/1.1 200 OK\r\n\r\nhello";
        assert!(matches!(fetch(endless, 4).await, Err(HttpError::TooLarge(_))));
        let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello";
        assert!(fetch(cut, 100).await.is_err());
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let away =
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(fetch(away, 100).await.unwrap().status(), 302);
    }

    #[tokio::test]
    async fn no_tls_is_for_this_machine_alone_and_metadata_is_out_of_reach() {
        let get = async |url: &str| {
            let url = Url::parse(url).unwrap();
            Downloads::default().get(&url, HeaderMap::new(), 1).await
        };
        assert!(matches!(get("http://192.0.2.1/x").await, Err(HttpError::Config(_))));
        assert!(matches!(get("https://169.254.169.254/x").await, Err(HttpError::Denied(_))));
        assert!(matches!(get("https://ann:pass@h/x").await, Err(HttpError::Config(_))));
    }
}
