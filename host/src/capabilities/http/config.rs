//! Where an endpoint is, how to log in, and what a request may cost. All of it is decided by the caller: nothing here reads the
//! environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};
use url::Url;

use super::access::Access;
use super::tap::Tap;
use crate::model::Secret;
use crate::programs::Terminal;

/// One named endpoint of one backend.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// The name that the connector uses.
    pub name: String,
    /// The backend, for messages.
    pub backend: String,
    /// The section, file and line that say where the endpoint is, for messages.
    pub source: String,
    /// Where it is, and the login.
    pub transport: Transport,
    /// What the connector declares and is granted.
    pub access: Access,
    /// What a call may use.
    pub limits: HttpLimits,
    /// The value of `user-agent`.
    pub user_agent: String,
    /// What stands between, when the connector is on trial.
    pub tap: Option<Arc<dyn Tap>>,
}

/// What is behind an endpoint.
#[derive(Clone, Debug)]
pub enum Transport {
    /// A Kubernetes API server.
    Kubernetes(KubernetesTransport),
    /// An HTTP service.
    Http(HttpTransport),
}

/// A Kubernetes API server, found as `kubectl` finds it.
#[derive(Clone, Debug, Default)]
pub struct KubernetesTransport {
    /// A kubeconfig file that was named explicitly. It must exist, and no other counts.
    pub kubeconfig: Option<PathBuf>,
    /// The value of `KUBECONFIG`: several files, of which those that exist are merged.
    pub kubeconfig_env: Option<OsString>,
    /// The user's home, for `.kube/config`.
    pub home: Option<PathBuf>,
    /// The context; none for the current one.
    pub context: Option<String>,
    /// The API server that a pod is told of. It counts if there is no kubeconfig.
    pub in_cluster: Option<InCluster>,
    /// The proxies for clusters whose kubeconfig names none.
    pub proxy: ProxySettings,
    /// Whether a cluster may be reached without TLS.
    pub plain_http: PlainHttp,
    /// Whether a credential plugin may ask the user.
    pub terminal: Terminal,
}

/// Where a pod finds its API server.
#[derive(Clone, Debug)]
pub struct InCluster {
    /// `KUBERNETES_SERVICE_HOST`.
    pub host: String,
    /// `KUBERNETES_SERVICE_PORT`.
    pub port: String,
}

/// An HTTP service with a base address.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    /// The base address. Its path is put before every path of a request.
    pub base: Url,
    /// Headers that go with every request, the exchange of a login included. A connector may not set them.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The login.
    pub login: Option<Login>,
    /// Further certificate authorities, in PEM.
    pub ca_file: Option<PathBuf>,
    /// The client's certificate chain and key, in PEM.
    pub client_certificate_file: Option<PathBuf>,
    /// The proxies.
    pub proxy: ProxySettings,
    /// Whether the service may be reached without TLS.
    pub plain_http: PlainHttp,
}

/// Whether `http://` may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// To this machine only.
    #[default]
    LoopbackOnly,
    /// To every host, because the configuration says so.
    Allowed,
}

/// Proxies as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` describe them. Addresses may hold a password.
#[derive(Clone, Debug, Default)]
pub struct ProxySettings {
    /// For `http://`.
    pub http: Option<Secret>,
    /// For `https://`.
    pub https: Option<Secret>,
    /// Hosts, domains and networks that are reached directly, with commas between them.
    pub no_proxy: Option<String>,
}

/// A credential and how it is sent.
#[derive(Clone, Debug)]
pub struct Login {
    /// How it is sent.
    pub scheme: Scheme,
    /// Where it comes from.
    pub source: SecretSource,
    /// A header in which it is sent instead once the answer was 401.
    pub fallback_header: Option<HeaderName>,
    /// How it is exchanged for a token, which is sent in its place; none if it is sent itself.
    pub exchange: Option<Box<Exchange>>,
}

/// How a credential is exchanged for a token: one `POST` of a JSON object to the same service. The token is kept as long as the endpoint.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The path below the base address.
    pub path: String,
    /// The member of the object that holds the credential.
    pub credential: String,
    /// The other members, which are no secrets.
    pub body: Vec<(String, String)>,
    /// The JSON pointer to the token in the answer.
    pub token: String,
    /// The statuses by which the service says that a token has ended.
    pub refused: Vec<StatusCode>,
}

/// How a credential is sent.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// `authorization: Bearer …`.
    Bearer,
    /// As the value of a header.
    Header(HeaderName),
    /// `authorization: Basic …`, the credential being the password.
    Basic {
        /// The user's name.
        user: String,
    },
}

/// Where a credential comes from. It is read before the first request and kept as long as the endpoint.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// An environment variable, which the caller has read.
    Environment {
        /// The variable, or all that were tried, for messages.
        name: String,
        /// Its value, if it is set.
        value: Option<Secret>,
    },
    /// A file; white space at both ends does not count.
    File(PathBuf),
    /// What a program prints; white space at both ends does not count. No shell is involved.
    Command(Vec<String>),
}

/// What the requests of one call may use.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Until a connection stands.
    pub connect: Duration,
    /// From sending one request to the end of its answer.
    pub request: Duration,
    /// Requests, repetitions included.
    pub requests: u32,
    /// Bytes of one request's body.
    pub request_bytes: usize,
    /// Bytes of one answer's body.
    pub response_bytes: usize,
    /// Bytes of all answers.
    pub total_bytes: usize,
}

const MIB: usize = 1 << 20;

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(30),
            requests: 100,
            request_bytes: 4 * MIB,
            response_bytes: 16 * MIB,
            total_bytes: 256 * MIB,
        }
    }
}
