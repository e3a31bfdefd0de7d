//! A server on the loopback for tests. It writes bytes as a test says, so that it can break every rule of the protocol.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{
    Access, Declared, Endpoint, EndpointConfig, HttpLimits, HttpTransport, Login, MaskedValues,
    Outgoing, PlainHttp, ProxySettings, Transport,
};
use crate::policy::{EndpointGrant, EndpointKind, MaskEncoding};

/// One step of an answer.
#[derive(Clone, Debug)]
pub enum Step {
    /// Writes bytes.
    Write(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Closes the connection.
    Close,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Request line and headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Recorded {
    /// Method, target and version.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, v)| v.to_owned())
    }
}

/// The answer to a request, of which so many came before.
type Handler = dyn Fn(&Recorded, usize) -> Vec<Step> + Send + Sync;

/// A running server. It ends with the runtime of its test.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
}

impl Server {
    /// Starts a server without TLS.
    pub async fn start(
        handler: impl Fn(&Recorded, usize) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self::run(None, Arc::new(handler)).await
    }

    /// Starts a server with TLS.
    pub async fn start_tls(
        tls: ServerConfig,
        handler: impl Fn(&Recorded, usize) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self::run(Some(TlsAcceptor::from(Arc::new(tls))), Arc::new(handler)).await
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    async fn run(tls: Option<TlsAcceptor>, handler: Arc<Handler>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, handler, kept) = (tls.clone(), Arc::clone(&handler), Arc::clone(&kept));
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &*handler, &kept).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &*handler, &kept).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, requests }
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    handler: &Handler,
    kept: &Mutex<Vec<Recorded>>,
) {
    while let Some(request) = read(&mut stream).await {
        let before = {
            let mut kept = kept.lock().unwrap();
            kept.push(request.clone());
            kept.len() - 1
        };
        for step in handler(&request, before) {
            match step {
                Step::Write(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                    let _ = stream.flush().await;
                }
                Step::Pause(pause) => tokio::time::sleep(pause).await,
                Step::Close => {
                    let _ = stream.shutdown().await;
                    return;
                }
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Recorded> {
    let mut bytes = Vec::new();
    let end = loop {
        bytes.push(stream.read_u8().await.ok()?);
        if bytes.ends_with(b"\r\n\r\n") {
            break bytes.len();
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut request = Recorded { head, body: String::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}

/// A whole answer.
pub fn answer(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<Step> {
    let body = body.as_ref();
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    vec![Step::Write([head.as_bytes(), body].concat())]
}

/// An answer in JSON.
pub fn json(status: &str, body: impl AsRef<[u8]>) -> Vec<Step> {
    answer(status, &[("content-type", "application/json")], body)
}

/// A grant of everything at every path, with secrets below `/data`, which is masked.
pub fn grant() -> EndpointGrant {
    EndpointGrant {
        kind: EndpointKind::Http,
        allow: vec!["* /**".to_owned()],
        secrets_in: vec!["/data/*".to_owned()],
        mask: vec!["/data/*".to_owned(), "/items/*/data/*".to_owned()],
        mask_encoding: MaskEncoding::Base64,
        visible: vec!["URI".to_owned()],
        omit: vec!["/metadata/managedFields".to_owned()],
        response_headers: Vec::new(),
        source: "plugins.toml:12".to_owned(),
    }
}

/// The rights of a connector that needs what it is granted.
pub fn access(grant: &EndpointGrant) -> Access {
    let declared = Declared { allow: &grant.allow, secrets_in: &grant.secrets_in };
    Access::compile("demo", "api", declared, grant).unwrap()
}

/// The configuration of an endpoint at a transport.
pub fn config(transport: Transport, grant: &EndpointGrant) -> EndpointConfig {
    EndpointConfig {
        name: "api".to_owned(),
        backend: "prod".to_owned(),
        source: "plugins.toml:30".to_owned(),
        transport,
        access: access(grant),
        limits: HttpLimits { request: Duration::from_secs(5), ..HttpLimits::default() },
        user_agent: "connhub/test".to_owned(),
        tap: None,
    }
}

/// The transport to an HTTP service.
pub fn http(base: &str, login: Option<Login>) -> HttpTransport {
    HttpTransport {
        base: base.parse().unwrap(),
        headers: Vec::new(),
        login,
        ca_file: None,
        client_certificate_file: None,
        proxy: ProxySettings::default(),
        plain_http: PlainHttp::LoopbackOnly,
    }
}

/// An endpoint at a server, without a login.
pub fn endpoint(server: &Server, grant: &EndpointGrant) -> Endpoint {
    let base = format!("http://{}", server.address);
    Endpoint::new(config(Transport::Http(http(&base, None)), grant))
}

/// A request without a body.
pub fn outgoing(method: &str, path: &str) -> Outgoing {
    Outgoing {
        method: method.to_owned(),
        path: path.to_owned(),
        masked: MaskedValues::Hide,
        ..Outgoing::default()
    }
}
