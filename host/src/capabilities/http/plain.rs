//! The transport to an HTTP service, by `reqwest`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder, Identity, Url};
use zeroize::Zeroizing;

use super::address::{self, CheckedResolver};
use super::config::{HttpTransport, PlainHttp};
use super::error::{Denial, Failure, HttpError};
use super::exchange::{Token, Tokens};
use super::login::{self, Resolved};
use super::{client, headers, proxy};
use crate::model::Secret;

/// A connection to one service.
pub struct PlainClient {
    client: reqwest::Client,
    /// Scheme, host, port and the path before every path, without a slash at the end.
    base: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    login: Option<Credential>,
    warnings: Vec<String>,
    /// Scheme, host and port, for messages.
    pub origin: String,
}

/// What requests carry.
enum Credential {
    /// The credential itself, in one of two headers.
    Itself { resolved: Box<Resolved>, uses_fallback: AtomicBool },
    /// What it is exchanged for.
    Token(Box<Tokens>),
}

impl PlainClient {
    /// Reads the credential and prepares the connection, which is made with the first request.
    ///
    /// # Errors
    /// The credential or a certificate cannot be read, or the address cannot be used.
    pub async fn prepare(
        transport: &HttpTransport,
        place: &str,
        connect: Duration,
    ) -> Result<Self, HttpError> {
        check_base(&transport.base, transport.plain_http)?;
        let (login, warnings) = credential(transport, place).await?;
        client::install_cryptography();
        let builder = tls(builder(transport, connect)?, transport)?;
        let client = builder.build().map_err(|error| unusable("the HTTP client", error))?;
        let origin = transport.base.origin().ascii_serialization();
        let base = format!("{origin}{}", transport.base.path().trim_end_matches('/'));
        Ok(Self { client, base, headers: transport.headers.clone(), login, warnings, origin })
    }

    /// Sends one request; its URI is path and query.
    ///
    /// # Errors
    /// Those of the connection; a request that would not be sent as it was checked is refused.
    pub async fn send(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<reqwest::Body>, HttpError> {
        match &self.login {
            None => self.send_once(&request, None).await,
            Some(Credential::Itself { resolved, uses_fallback }) => {
                self.send_itself(&request, resolved, uses_fallback).await
            }
            Some(Credential::Token(tokens)) => self.send_token(&request, tokens).await,
        }
    }

    /// Everything secret that is sent to log in.
    pub fn logins(&self) -> Vec<Secret> {
        match &self.login {
            None => Vec::new(),
            Some(Credential::Itself { resolved, .. }) => resolved.secrets.clone(),
            Some(Credential::Token(tokens)) => tokens.secrets(),
        }
    }

    /// What the user should know about the login.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    async fn send_itself(
        &self,
        request: &Request<Bytes>,
        resolved: &Resolved,
        uses_fallback: &AtomicBool,
    ) -> Result<Response<reqwest::Body>, HttpError> {
        let fallback = resolved.fallback.as_ref();
        let used = fallback.filter(|_| uses_fallback.load(Ordering::Relaxed));
        let answer = self.send_once(request, Some(used.unwrap_or(&resolved.header))).await?;
        let is_refused = answer.status() == StatusCode::UNAUTHORIZED;
        match fallback {
            Some(header) if is_refused && !uses_fallback.swap(true, Ordering::Relaxed) => {
                self.send_once(request, Some(header)).await
            }
            _ => Ok(answer),
        }
    }

    /// A request that was refused was not carried out, so it is sent again whatever its method.
    async fn send_token(
        &self,
        request: &Request<Bytes>,
        tokens: &Tokens,
    ) -> Result<Response<reqwest::Body>, HttpError> {
        let token = self.token(tokens, None).await?;
        let answer = self.send_once(request, Some(&token.sent.header)).await?;
        if !tokens.has_ended(&token, answer.status()) {
            return Ok(answer);
        }
        let token = self.token(tokens, Some(&token)).await?;
        let answer = self.send_once(request, Some(&token.sent.header)).await?;
        tokens.was_renewed(&token, answer.status());
        Ok(answer)
    }

    /// The token in use, or a new one if there is none or it is the one that has ended.
    async fn token(
        &self,
        tokens: &Tokens,
        ended: Option<&Arc<Token>>,
    ) -> Result<Arc<Token>, HttpError> {
        let mut current = tokens.current.lock().await;
        let has_ended = |token: &Arc<Token>| ended.is_some_and(|ended| Arc::ptr_eq(ended, token));
        if let Some(token) = current.as_ref().filter(|token| !has_ended(token)) {
            return Ok(Arc::clone(token));
        }
        let answer = self.send_once(&tokens.request()?, None).await?;
        Ok(Arc::clone(current.insert(Arc::new(tokens.read(answer).await?))))
    }

    async fn send_once(
        &self,
        request: &Request<Bytes>,
        login: Option<&(HeaderName, HeaderValue)>,
    ) -> Result<Response<reqwest::Body>, HttpError> {
        let mut sent = reqwest::Request::new(request.method().clone(), self.url(request)?);
        *sent.headers_mut() = request.headers().clone();
        for (name, value) in &self.headers {
            sent.headers_mut().insert(name, value.clone());
        }
        if let Some((name, value)) = login {
            sent.headers_mut().insert(name, value.clone());
        }
        if !request.body().is_empty() {
            *sent.body_mut() = Some(request.body().clone().into());
        }
        let answer = self.client.execute(sent).await;
        answer.map(Into::into).map_err(|error| client::failure(error.without_url(), &self.origin))
    }

    fn url(&self, request: &Request<Bytes>) -> Result<Url, HttpError> {
        let text = format!("{}{}", self.base, request.uri());
        match Url::parse(&text) {
            // The parser must not have changed what was checked.
            Ok(url) if url.as_str() == text => Ok(url),
            _ => Err(Denial::always("the path would not be sent as it was checked").into()),
        }
    }
}

/// Reads the credential. A token is got for it with the first request.
async fn credential(
    transport: &HttpTransport,
    place: &str,
) -> Result<(Option<Credential>, Vec<String>), HttpError> {
    let Some(login) = &transport.login else { return Ok((None, Vec::new())) };
    let (credential, warnings) = login::credential(login, place).await?;
    let credential = match &login.exchange {
        Some(exchange) => {
            Credential::Token(Box::new(Tokens::new(login, exchange, credential, place)))
        }
        None => Credential::Itself {
            resolved: Box::new(login::resolve(login, &credential, place)?),
            uses_fallback: AtomicBool::new(false),
        },
    };
    Ok((Some(credential), warnings))
}

fn check_base(base: &Url, plain_http: PlainHttp) -> Result<(), HttpError> {
    let origin = base.origin().ascii_serialization();
    let is_bare = base.query().is_none()
        && base.fragment().is_none()
        && base.username().is_empty()
        && base.password().is_none();
    if !is_bare || !matches!(base.scheme(), "http" | "https") {
        return Err(HttpError::Config(
            Failure::new("the address of the endpoint has more than scheme, host, port and path")
                .hint("write it as `url = \"https://host/path\"`; a login belongs into `login`"),
        ));
    }
    address::check_literal(base.host_str().unwrap_or_default())
        .map_err(|refused| client::refused(&refused))?;
    let is_plain = base.scheme() == "http";
    if is_plain && plain_http == PlainHttp::LoopbackOnly && !address::is_loopback(base) {
        return Err(client::no_tls(&origin));
    }
    Ok(())
}

fn builder(transport: &HttpTransport, connect: Duration) -> Result<ClientBuilder, HttpError> {
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .no_proxy()
        .connect_timeout(connect)
        .http1_max_headers(headers::MAX_HEADERS)
        .http2_max_header_list_size(headers::MAX_HEADER_BYTES as u32)
        .dns_resolver(CheckedResolver);
    let destination = transport.base.as_str().parse().map_err(client::bad_address)?;
    match proxy::choose(&transport.proxy, &destination)? {
        Some(proxy) => Ok(builder.proxy(through(proxy)?)),
        None => Ok(builder),
    }
}

fn through(proxy: proxy::Proxy) -> Result<reqwest::Proxy, HttpError> {
    // The causes are dropped: they may quote the address with its password.
    let unreadable = || HttpError::Config(Failure::new("the address of the proxy cannot be read"));
    let mut address = Url::parse(&proxy.uri.to_string()).map_err(|_| unreadable())?;
    if let Some((user, password)) = &proxy.raw {
        let password = Zeroizing::new(String::from_utf8_lossy(password.expose()).into_owned());
        address.set_username(user).map_err(|()| unreadable())?;
        address.set_password(Some(&password)).map_err(|()| unreadable())?;
    }
    let through = reqwest::Proxy::all(address).map_err(|_| unreadable())?;
    Ok(match proxy.basic {
        Some(login) => through.custom_http_auth(login),
        None => through,
    })
}

fn tls(builder: ClientBuilder, transport: &HttpTransport) -> Result<ClientBuilder, HttpError> {
    if transport.base.scheme() == "http" {
        // Without TLS the system's authorities need not be read.
        return Ok(builder.tls_certs_only([]));
    }
    let mut builder = builder.https_only(true);
    if let Some(path) = &transport.ca_file {
        let authorities = Certificate::from_pem_bundle(&read(path, "`ca-file`")?)
            .map_err(|error| unusable(&format!("`ca-file` {}", path.display()), error))?;
        if authorities.is_empty() {
            let what = format!("`ca-file` {} holds no certificate in PEM", path.display());
            return Err(HttpError::Config(Failure::new(what)));
        }
        builder = builder.tls_certs_merge(authorities);
    }
    if let Some(path) = &transport.client_certificate_file {
        let identity =
            Identity::from_pem(&read(path, "`client-certificate-file`")?).map_err(|error| {
                unusable(&format!("`client-certificate-file` {}", path.display()), error)
            })?;
        builder = builder.identity(identity);
    }
    Ok(builder)
}

fn read(path: &Path, key: &str) -> Result<Zeroizing<Vec<u8>>, HttpError> {
    fs_err::read(path).map(Zeroizing::new).map_err(|error| {
        HttpError::Config(Failure::new(format!("{key} cannot be read")).because(error))
    })
}

fn unusable(what: &str, error: reqwest::Error) -> HttpError {
    HttpError::Config(Failure::new(format!("{what} cannot be used")).because(error.without_url()))
}
