//! An S3 server that checks signatures: the crate `s3s`, on files in a temporary folder.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::serve::Tls;

/// A running server on a free port of 127.0.0.1 with one key. It stops when it is dropped.
pub struct S3Server {
    address: SocketAddr,
    tls: Option<Tls>,
    root: TempDir,
    key: Key,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl S3Server {
    /// Serves over plain HTTP.
    ///
    /// # Panics
    /// There is no port, thread or temporary folder to be had.
    pub fn start(access_key_id: &str, secret_access_key: &str) -> Self {
        Self::launch(access_key_id, secret_access_key, None)
    }

    /// Serves over TLS. Panics as [`S3Server::start`] does.
    pub fn start_tls(access_key_id: &str, secret_access_key: &str, tls: Tls) -> Self {
        Self::launch(access_key_id, secret_access_key, Some(tls))
    }

    /// The address.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate authority in PEM form; plain HTTP has none.
    pub fn ca_pem(&self) -> Option<&str> {
        self.tls.as_ref().map(Tls::ca_pem)
    }

    /// Puts an object into a bucket, which is made if it is not there.
    ///
    /// # Panics
    /// The temporary folder takes no files.
    pub fn put(&self, bucket: &str, key: &str, bytes: impl AsRef<[u8]>) {
        let path = self.root.path().join(bucket).join(key);
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        fs_err::create_dir_all(folder).expect("a temporary folder takes folders");
        fs_err::write(path, bytes).expect("a temporary folder takes files");
    }

    /// Gives the key another secret, as its owner does who rotates it. The one before is no longer accepted.
    pub fn change_secret(&self, secret_access_key: &str) {
        *self.key.secret.write().unwrap_or_else(PoisonError::into_inner) =
            secret_access_key.to_owned().into();
    }

    fn launch(access_key_id: &str, secret_access_key: &str, tls: Option<Tls>) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        let files = s3s_fs::FileSystem::new(root.path()).expect("the folder is there");
        let mut service = S3ServiceBuilder::new(files);
        let key = Key::new(access_key_id, secret_access_key);
        service.set_auth(key.clone());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let address = listener.local_addr().expect("a bound socket has an address");
        let acceptor = tls.as_ref().map(|tls| TlsAcceptor::from(tls.server_config()));
        let (stop, stopped) = oneshot::channel();
        let serving = serve(listener, acceptor, service.build());
        let thread = std::thread::spawn(move || run(serving, stopped));
        Self { address, tls, root, key, stop: Some(stop), thread: Some(thread) }
    }
}

/// The one key.
#[derive(Clone)]
struct Key {
    id: String,
    secret: Arc<RwLock<SecretKey>>,
}

impl Key {
    fn new(id: &str, secret: &str) -> Self {
        Self { id: id.to_owned(), secret: Arc::new(RwLock::new(secret.to_owned().into())) }
    }
}

impl S3Auth for Key {
    fn get_secret_key<'own, 'id, 'both>(
        &'own self,
        id: &'id str,
    ) -> Pin<Box<dyn Future<Output = S3Result<SecretKey>> + Send + 'both>>
    where
        'own: 'both,
        'id: 'both,
        Self: 'both,
    {
        Box::pin(async move {
            if id != self.id {
                return Err(s3_error!(InvalidAccessKeyId));
            }
            Ok(self.secret.read().unwrap_or_else(PoisonError::into_inner).clone())
        })
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of its own has been printed.
            let _ = thread.join();
        }
    }
}

fn run(serving: impl Future<Output = std::io::Result<()>>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime needs an epoll descriptor only").block_on(async {
        tokio::select! {
            _ = stopped => {}
            ended = serving => ended.expect("a listening socket goes on listening"),
        }
    });
}

async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    service: S3Service,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (tls, service) = (tls.clone(), service.clone());
        tokio::spawn(async move {
            match tls {
                None => answer(socket, service).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(socket).await {
                        answer_tls(stream, service).await;
                    }
                }
            }
        });
    }
}

/// What a client does wrong is visible to the client.
async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, service: S3Service) {
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// As [`answer`], in the protocol that the client has chosen.
async fn answer_tls(stream: TlsStream<TcpStream>, service: S3Service) {
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return answer(stream, service).await;
    }
    let http2 = http2::Builder::new(TokioExecutor::new());
    let _ = http2.serve_connection(TokioIo::new(stream), service).await;
}
