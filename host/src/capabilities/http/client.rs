//! The two transports as one.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};

use super::address::RefusedAddress;
use super::error::{Denial, Failure, HttpError, find};
use super::kubernetes::KubernetesClient;
use super::plain::PlainClient;
use super::retry;
use crate::model::Secret;

/// Why a body cannot be read on.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer, which has not been read.
pub type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;

/// A connection that is ready to send.
pub struct Client {
    transport: Transport,
    has_answered: AtomicBool,
}

enum Transport {
    Kubernetes(KubernetesClient),
    Plain(PlainClient),
}

impl From<KubernetesClient> for Client {
    fn from(client: KubernetesClient) -> Self {
        Self { transport: Transport::Kubernetes(client), has_answered: AtomicBool::new(false) }
    }
}

impl From<PlainClient> for Client {
    fn from(client: PlainClient) -> Self {
        Self { transport: Transport::Plain(client), has_answered: AtomicBool::new(false) }
    }
}

impl Client {
    /// Sends one request; its URI is path and query.
    ///
    /// A connection that was kept open may have been closed by the server. The transports notice that before they send, or the
    /// request is sent once more if it changes nothing.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send(&self, request: &Request<Bytes>) -> Result<Response<AnswerBody>, HttpError> {
        let may_be_stale = self.has_answered.load(Ordering::Relaxed);
        let mut answer = self.send_once(request).await;
        if may_be_stale
            && retry::is_safe(request.method())
            && answer.as_ref().is_err_and(is_closed_early)
        {
            answer = self.send_once(request).await;
        }
        self.has_answered.fetch_or(answer.is_ok(), Ordering::Relaxed);
        answer
    }

    /// Everything secret that was sent to log in.
    pub fn logins(&self) -> Vec<Secret> {
        match &self.transport {
            Transport::Kubernetes(client) => client.logins(),
            Transport::Plain(client) => client.logins(),
        }
    }

    /// Whether the credential lasts for one more request.
    pub fn is_fresh(&self) -> bool {
        match &self.transport {
            Transport::Kubernetes(client) => client.is_fresh(),
            Transport::Plain(_) => true,
        }
    }

    /// Scheme, host and port, for messages.
    pub fn origin(&self) -> &str {
        match &self.transport {
            Transport::Kubernetes(client) => &client.origin,
            Transport::Plain(client) => &client.origin,
        }
    }

    async fn send_once(&self, request: &Request<Bytes>) -> Result<Response<AnswerBody>, HttpError> {
        match &self.transport {
            Transport::Kubernetes(client) => {
                let answer = client.send(request.clone().map(Full::new)).await;
                let answer = answer.map_err(|error| failure(error, &client.origin))?;
                Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
            }
            Transport::Plain(client) => {
                let answer = client.send(request.clone()).await?;
                Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
            }
        }
    }
}

/// Chooses `ring` for TLS, unless the process has chosen already.
pub fn install_cryptography() {
    // It fails if there is a choice already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What a failed connection or exchange means to a user.
pub fn failure(error: impl Into<BoxError>, origin: &str) -> HttpError {
    let error = error.into();
    let cause = error.as_ref();
    if let Some(address) = find::<RefusedAddress>(cause) {
        return refused(address);
    }
    if find::<kube::client::AuthError>(cause).is_some() {
        let message = format!("the login for {origin} cannot be made");
        return HttpError::Unauthenticated(
            Failure::new(message).hint("log in again, for instance with `oc login`").because(error),
        );
    }
    if is_timeout(cause) {
        return HttpError::TimedOut(
            Failure::new(format!("{origin} did not answer in time")).because(error),
        );
    }
    if let Some(hyper) = find::<hyper::Error>(cause) {
        if hyper.is_parse_too_large() {
            let message = format!("the headers of the answer of {origin} are too large");
            return HttpError::TooLarge(Failure::new(message).because(error));
        }
        if hyper.is_parse() {
            let message = format!("{origin} does not answer as HTTP asks");
            return HttpError::Malformed(Failure::new(message).because(error));
        }
    }
    unreachable_host(error, origin)
}

fn unreachable_host(error: BoxError, origin: &str) -> HttpError {
    let is_certificate =
        matches!(find::<rustls::Error>(error.as_ref()), Some(rustls::Error::InvalidCertificate(_)));
    let failure = Failure::new(format!("{origin} cannot be reached"));
    HttpError::Unreachable(match is_certificate {
        true => failure.hint(
            "name the authority of its certificate: `certificate-authority` in the kubeconfig, `ca-file` in `plugins.toml`",
        ),
        false => failure.hint("check the address, the network and the proxy"),
    }
    .because(error))
}

/// The refusal of an address.
pub fn refused(address: &RefusedAddress) -> HttpError {
    Denial::always(address.to_string()).into()
}

/// An address that sends the login in the clear.
pub fn no_tls(origin: &str) -> HttpError {
    HttpError::Config(
        Failure::new(format!("{origin} is reached without TLS, so the login could be read"))
            .hint("use `https://`, or write `plain-http = true` beside the address"),
    )
}

/// An address that is none.
pub fn bad_address(error: http::uri::InvalidUri) -> HttpError {
    HttpError::Config(Failure::new("the address of the endpoint cannot be used").because(error))
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    let is_io = |error: &std::io::Error| error.kind() == std::io::ErrorKind::TimedOut;
    let reqwest = find::<reqwest::Error>(error).is_some_and(reqwest::Error::is_timeout);
    reqwest || find::<std::io::Error>(error).is_some_and(is_io)
}

/// Whether the connection was closed before an answer began.
fn is_closed_early(error: &HttpError) -> bool {
    let closed = |error: &hyper::Error| error.is_incomplete_message() || error.is_canceled();
    matches!(error, HttpError::Unreachable(_)) && find(error).is_some_and(closed)
}
