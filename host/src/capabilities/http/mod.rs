//! Requests to named endpoints: the only way to a network.
//!
//! An [`Endpoint`] takes a request apart, checks it against what the connector declares and what it was granted, puts secrets in their
//! places, adds the login, sends it, and takes every secret out of the answer. Two transports lie below: [`Transport::Kubernetes`] with
//! everything that a kubeconfig can say, and [`Transport::Http`] for a service with a base address. Nothing is read, run or connected
//! before the first request passed all checks.

mod access;
mod address;
mod answer;
mod body;
mod check;
mod client;
mod clock;
mod config;
mod destination;
mod download;
mod endpoint;
mod error;
mod exchange;
mod headers;
mod host;
mod kubeconfig;
mod kubernetes;
mod login;
mod mask;
mod message;
mod plain;
mod plugin;
mod proxy;
mod retry;
mod tap;
#[cfg(test)]
pub(crate) mod testing;

pub use access::{Access, BadAccess, Declared, PolicyLimits};
pub use address::{RefusedAddress, checked_addresses};
pub use client::install_cryptography;
pub use clock::Clock;
pub use config::{
    EndpointConfig, Exchange, HttpLimits, HttpTransport, InCluster, KubernetesTransport, Login,
    PlainHttp, ProxySettings, Scheme, SecretSource, Transport,
};
pub use download::{Download, Downloads};
pub use endpoint::Endpoint;
pub use error::{Denial, Failure, HttpError};
pub use headers::is_host_header;
pub use host::{Http, HttpCall, HttpState, View};
pub use mask::{Masked, Masking, Treatment, Unmaskable};
pub use message::{Encoding, Incoming, MaskedValues, Outgoing, Part};
pub use tap::{Canned, CannedBody, CannedEnd, Tap};
