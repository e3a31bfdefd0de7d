use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::body::Payload;
use super::request::query_pairs;
use super::respond::{respond, whole};
use super::wire::{Line, Stream, Wire};
use super::{Faults, Recorded, Request, Service, Tls};

/// A running stand-in on a free port of 127.0.0.1, on a thread of its own. It stops when it is
/// dropped; connections that are still open are closed then.
pub struct Server {
    address: SocketAddr,
    tls: Option<Tls>,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    service: Arc<dyn Service>,
    faults: Faults,
    requests: Mutex<Vec<Recorded>>,
    connections: AtomicUsize,
}

/// What is known of a connection before its first request.
#[derive(Clone)]
struct Peer {
    line: Line,
    certificate: Option<Vec<u8>>,
}

impl Server {
    /// Serves plain HTTP/1.1.
    ///
    /// # Panics
    ///
    /// If no port or thread is to be had: a test can do nothing about it.
    pub fn start(service: Arc<dyn Service>) -> Server {
        Server::launch(service, None)
    }

    /// Serves HTTP/2 or HTTP/1.1, as the client prefers, over TLS. Panics as [`Server::start`] does.
    pub fn start_tls(service: Arc<dyn Service>, tls: Tls) -> Server {
        Server::launch(service, Some(tls))
    }

    /// `http://127.0.0.1:PORT` or `https://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate authority that a client must trust, in PEM form. Plain HTTP has none.
    pub fn ca_pem(&self) -> Option<&str> {
        self.tls.as_ref().map(Tls::ca_pem)
    }

    /// The faults that strike this server's requests.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// All requests so far in the order in which their bodies were complete.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.recorded().clone()
    }

    /// How many connections were opened so far, failed TLS handshakes included.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    fn launch(service: Arc<dyn Service>, tls: Option<Tls>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            service,
            faults: Faults::default(),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        let acceptor = tls.as_ref().map(|tls| TlsAcceptor::from(tls.server_config()));
        let serving = serve(listener, acceptor, shared.clone());
        let thread = std::thread::spawn(move || run(serving, stopped));
        Server { address, tls, shared, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread catches panics of handlers; a panic of its own has been printed.
            let _ = thread.join();
        }
    }
}

/// Dropping the runtime at the end closes all connections.
fn run(serving: impl Future<Output = io::Result<()>>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime needs an epoll descriptor only");
    runtime.block_on(async {
        tokio::select! {
            _ = stopped => {}
            ended = serving => ended.expect("a listening socket goes on listening"),
        }
    });
}

async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (socket, _) = listener.accept().await?;
        // Answers are written whole: waiting for more would only cost 40 ms now and then.
        socket.set_nodelay(true)?;
        shared.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(connection(socket, tls.clone(), shared.clone()));
    }
}

/// What a client does wrong, or a fault ends, is visible to the client; here it is no news.
async fn connection(socket: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let line = Line::default();
    let Some(acceptor) = tls else {
        let peer = Peer { line: line.clone(), certificate: None };
        let _ = serve_http1(Wire::new(Stream::Plain(socket), line), peer, shared).await;
        return;
    };
    let Ok(stream) = acceptor.accept(socket).await else {
        return;
    };
    let session = stream.get_ref().1;
    let certificate = session.peer_certificates().and_then(<[_]>::first);
    let peer = Peer { line: line.clone(), certificate: certificate.map(|der| der.to_vec()) };
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let wire = Wire::new(Stream::Tls(Box::new(stream)), line);
    let _ = if is_http2 {
        serve_http2(wire, peer, shared).await
    } else {
        serve_http1(wire, peer, shared).await
    };
}

async fn serve_http1(wire: Wire, peer: Peer, shared: Arc<Shared>) -> hyper::Result<()> {
    let answer = service_fn(|request| answer(shared.clone(), peer.clone(), request));
    http1::Builder::new().serve_connection(TokioIo::new(wire), answer).await
}

async fn serve_http2(wire: Wire, peer: Peer, shared: Arc<Shared>) -> hyper::Result<()> {
    let answer = service_fn(|request| answer(shared.clone(), peer.clone(), request));
    http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(wire), answer).await
}

async fn answer(
    shared: Arc<Shared>,
    peer: Peer,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<Payload>> {
    let (head, body) = request.into_parts();
    let Some(body) = read_body(&head, body, shared.service.max_body()).await? else {
        shared.record(&head, Bytes::new());
        peer.line.linger();
        return whole(shared.service.too_large().header("connection", "close"));
    };
    shared.record(&head, body.clone());
    let request = Request {
        path: head.uri.path().to_owned(),
        query: query_pairs(head.uri.query()),
        method: head.method,
        headers: head.headers,
        body,
        client_certificate: peer.certificate,
    };
    let fault = shared.faults.take(&request.method, &request.path);
    respond(&*shared.service, &request, fault, &peer.line).await
}

/// The whole body, or `None` if it is larger than allowed.
async fn read_body(
    head: &http::request::Parts,
    body: Incoming,
    max: usize,
) -> io::Result<Option<Bytes>> {
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max as u64) {
        return Ok(None);
    }
    match Limited::new(body, max).collect().await {
        Ok(body) => Ok(Some(body.to_bytes())),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Ok(None),
        Err(error) => Err(io::Error::other(error)),
    }
}

impl Shared {
    fn record(&self, head: &http::request::Parts, body: Bytes) {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        self.recorded().push(Recorded {
            method: head.method.clone(),
            path: path.to_owned(),
            headers: head.headers.clone(),
            body,
        });
    }

    fn recorded(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
