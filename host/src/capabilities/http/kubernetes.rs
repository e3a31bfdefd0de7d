//! The transport to a Kubernetes API server, with `kube`'s layers for address, login and TLS.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioExecutor;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::client::ConfigExt as _;
use tower::util::{BoxCloneSyncService, option_layer};
use tower::{Service, ServiceBuilder, ServiceExt as _};
use zeroize::Zeroizing;

use super::address::{self, CheckedResolver};
use super::config::{KubernetesTransport, PlainHttp};
use super::error::{Failure, HttpError};
use super::kubeconfig::Loaded;
use super::proxy::{self, Proxy};
use super::{headers, plugin};
use crate::model::Secret;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Stack = BoxCloneSyncService<Request<Full<Bytes>>, Response<Incoming>, BoxError>;
type Resolving = HttpConnector<CheckedResolver>;

/// A credential that ends sooner is got anew.
const RENEWAL: SignedDuration = SignedDuration::from_secs(60);

/// A connection to one cluster.
pub struct KubernetesClient {
    stack: Stack,
    logins: Logins,
    expires: Option<Timestamp>,
    /// Scheme, host and port, for messages.
    pub origin: String,
}

impl KubernetesClient {
    /// Gets the credential and prepares the connection, which is made with the first request.
    ///
    /// # Errors
    /// The credential cannot be had, or the cluster's address or certificates cannot be used.
    pub async fn prepare(
        loaded: &Loaded,
        transport: &KubernetesTransport,
        connect: Duration,
    ) -> Result<Self, HttpError> {
        let mut config = loaded.config.clone();
        check_address(&config.cluster_url, transport.plain_http)?;
        read_token_file(&mut config)?;
        let mut expires = None;
        if let Some(plugin) = &loaded.plugin {
            let credential = plugin::run(plugin, &transport.terminal).await?;
            expires = credential.expires;
            log_in(&mut config, credential);
        }
        let settings = loaded.proxy.as_ref().unwrap_or(&transport.proxy);
        let proxy = proxy::choose(settings, &config.cluster_url)?;
        let logins = Logins::default();
        let stack = connector(&config, proxy, connect, &logins, &loaded.source)?;
        let origin = origin(&config.cluster_url);
        Ok(Self { stack, logins, expires, origin })
    }

    /// Sends one request; the target is path and query.
    ///
    /// # Errors
    /// Those of the layers, boxed.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, BoxError> {
        self.stack.clone().ready_oneshot().await?.call(request).await
    }

    /// Everything secret that was sent to log in.
    pub fn logins(&self) -> Vec<Secret> {
        self.logins.all()
    }

    /// Whether the credential lasts for one more request.
    pub fn is_fresh(&self) -> bool {
        self.expires.is_none_or(|expires| Timestamp::now() + RENEWAL < expires)
    }
}

fn check_address(address: &Uri, plain_http: PlainHttp) -> Result<(), HttpError> {
    let host = address.host().unwrap_or_default();
    address::check_literal(host).map_err(|refused| super::client::refused(&refused))?;
    let is_plain = address.scheme_str() != Some("https");
    let is_loopback =
        || url::Url::parse(&address.to_string()).is_ok_and(|url| address::is_loopback(&url));
    if is_plain && plain_http == PlainHttp::LoopbackOnly && !is_loopback() {
        return Err(super::client::no_tls(&origin(address)));
    }
    Ok(())
}

/// Reads a token that is in a file, without the line break that editors leave at its end and that `kube` would send.
fn read_token_file(config: &mut kube::Config) -> Result<(), HttpError> {
    let login = &mut config.auth_info;
    let Some(file) = login.token_file.take().filter(|_| login.token.is_none()) else {
        return Ok(());
    };
    let text = fs_err::read_to_string(file).map(Zeroizing::new).map_err(|error| {
        let failure = Failure::new("the token file that the kubeconfig names cannot be read");
        HttpError::Unauthenticated(
            failure.hint("log in again, for instance with `oc login`").because(error),
        )
    })?;
    login.token = Some(text.trim().to_owned().into());
    Ok(())
}

fn log_in(config: &mut kube::Config, credential: plugin::Credential) {
    config.auth_info.token = credential.token.map(Into::into);
    if let Some((certificate, key)) = credential.identity {
        config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
        config.auth_info.client_key_data = Some(STANDARD.encode(key).into());
    }
}

fn origin(address: &Uri) -> String {
    let scheme = address.scheme_str().unwrap_or_default();
    let authority = address.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{authority}")
}

/// Chooses the way to the server: direct or through a proxy.
fn connector(
    config: &kube::Config,
    proxy: Option<Proxy>,
    connect: Duration,
    logins: &Logins,
    source: &str,
) -> Result<Stack, HttpError> {
    let mut tcp = HttpConnector::new_with_resolver(CheckedResolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect));
    let Some(proxy) = proxy else {
        return stack(config, tcp, logins, source);
    };
    match proxy.uri.scheme_str() {
        Some("http") => stack(config, tunnel(tcp, proxy), logins, source),
        Some("https") => {
            let tls = config.rustls_https_connector_with_connector(tcp);
            stack(config, tunnel(tls.map_err(|e| unusable(e, source))?, proxy), logins, source)
        }
        Some("socks5" | "socks5h") => stack(config, socks(tcp, proxy), logins, source),
        _ => Err(HttpError::Config(
            Failure::new(format!("the proxy for the cluster in {source} is of no known kind"))
                .hint("write it as `http://`, `https://` or `socks5://`"),
        )),
    }
}

fn tunnel<C>(connector: C, proxy: Proxy) -> Tunnel<C> {
    let tunnel = Tunnel::new(proxy.uri, connector);
    match proxy.basic {
        Some(login) => tunnel.with_auth(login),
        None => tunnel,
    }
}

fn socks(tcp: Resolving, proxy: Proxy) -> SocksV5<Resolving> {
    let socks = SocksV5::new(proxy.uri, tcp);
    match proxy.raw {
        Some((user, password)) => {
            socks.with_auth(user, String::from_utf8_lossy(password.expose()).into_owned())
        }
        None => socks,
    }
}

fn stack<C>(
    config: &kube::Config,
    connector: C,
    logins: &Logins,
    source: &str,
) -> Result<Stack, HttpError>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError> + Send + Sync + 'static,
    BoxError: From<C::Error>,
{
    super::client::install_cryptography();
    let tls = config
        .rustls_https_connector_with_connector(connector)
        .map_err(|error| unusable(error, source))?;
    let http = Client::builder(TokioExecutor::new())
        .http1_max_headers(headers::MAX_HEADERS)
        .build::<_, Full<Bytes>>(tls);
    let auth = config.auth_layer().map_err(|error| unusable(error, source))?;
    let extra = config.extra_headers_layer().map_err(|error| unusable(error, source))?;
    let recorded = Recorder {
        inner: http.map_err(|error| Box::new(error) as BoxError),
        logins: logins.clone(),
    };
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(option_layer(auth))
        .layer(extra)
        .service(recorded);
    Ok(BoxCloneSyncService::new(service))
}

/// The message of `kube` quotes no credential, but may quote a file's path.
fn unusable(error: kube::Error, source: &str) -> HttpError {
    HttpError::Unauthenticated(
        Failure::new(format!("the login in {source} cannot be used"))
            .hint("log in again, for instance with `oc login`")
            .because(error),
    )
}

/// What was sent to log in, to be taken out of answers.
#[derive(Clone, Default)]
struct Logins(Arc<Mutex<Vec<Secret>>>);

impl Logins {
    fn all(&self) -> Vec<Secret> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, authorization: &HeaderValue) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets_of(authorization.as_bytes()) {
            if !known.contains(&secret) {
                known.push(secret);
            }
        }
    }
}

/// The token of `Bearer`; of `Basic` the encoded pair and the password.
fn secrets_of(authorization: &[u8]) -> Vec<Secret> {
    let space = authorization.iter().position(|byte| *byte == b' ');
    let (scheme, credential) = authorization.split_at(space.map_or(0, |space| space + 1));
    let mut secrets = vec![Secret::new(credential.to_vec())];
    if scheme.eq_ignore_ascii_case(b"basic ")
        && let Ok(pair) = STANDARD.decode(credential)
    {
        let password = pair.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default();
        secrets.push(Secret::new(password.to_vec()));
    }
    secrets
}

/// Lies below every layer that adds a login, so it sees what is really sent.
#[derive(Clone)]
struct Recorder<S> {
    inner: S,
    logins: Logins,
}

impl<S, B> Service<Request<B>> for Recorder<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        let authorizations = request.headers().get_all(AUTHORIZATION);
        authorizations.iter().for_each(|value| self.logins.record(value));
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests;
