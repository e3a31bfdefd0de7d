//! What `plugins.toml` grants to a connector.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{CommandGrant, EndpointNeed};

/// What a Kubernetes API server keeps secret, wherever it stands.
const KUBERNETES_MASK: [&str; 3] = ["/data/*", "/items/*/data/*", "/stringData/*"];

/// The grants of one connector.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// The endpoints, by name.
    pub endpoints: BTreeMap<String, EndpointGrant>,
    /// The programs, by name.
    pub commands: BTreeMap<String, CommandGrant>,
    /// The sealed store.
    pub vault: bool,
    /// The bytes of secrets.
    pub reveal: bool,
    /// The file and line of the section, for messages.
    pub source: String,
}

/// The grant for one endpoint.
#[derive(Clone, Debug)]
pub struct EndpointGrant {
    /// What is behind it.
    pub kind: EndpointKind,
    /// Methods and paths: `METHOD /path/*/more/**`.
    pub allow: Vec<String>,
    /// Where in request bodies secrets may be placed: JSON pointers in which `*` is any member or element.
    pub secrets_in: Vec<String>,
    /// Which values of answers are secret.
    pub mask: Vec<String>,
    /// How those values are encoded in answers.
    pub mask_encoding: MaskEncoding,
    /// Which masked values stay visible, in the form of [`Visible`](super::Visible).
    pub visible: Vec<String>,
    /// What is cut out of answers.
    pub omit: Vec<String>,
    /// Headers of answers that the connector sees besides those of the content.
    pub response_headers: Vec<String>,
    /// The file and line of the section, for messages.
    pub source: String,
}

impl EndpointGrant {
    /// What is needed, and nothing more. What the component wishes not to see is masked. Answers of a cluster are masked whatever it wishes, and
    /// none of its wishes shows anything of them.
    pub fn of(need: &EndpointNeed, kind: EndpointKind, source: &str) -> Self {
        let is_cluster = kind == EndpointKind::Kubernetes;
        let usual = KUBERNETES_MASK.into_iter().filter(|_| is_cluster).map(str::to_owned);
        let mut mask: Vec<String> = usual.collect();
        let wished = need
            .mask
            .iter()
            .filter(|wish| !KUBERNETES_MASK.contains(&wish.as_str()) || !is_cluster);
        mask.extend(wished.cloned());
        Self {
            kind,
            allow: need.allow.clone(),
            secrets_in: need.secrets_in.clone(),
            mask,
            mask_encoding: if is_cluster { MaskEncoding::Base64 } else { need.mask_encoding },
            visible: if is_cluster { Vec::new() } else { need.visible.clone() },
            omit: Vec::new(),
            response_headers: Vec::new(),
            source: source.to_owned(),
        }
    }
}

/// What is behind an endpoint, and so which login and transport it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// A Kubernetes API server, by kubeconfig or from within the cluster.
    Kubernetes,
    /// An HTTP service with a base address and a token.
    Http,
}

impl EndpointKind {
    /// The word in `plugins.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Http => "http",
        }
    }
}

/// How masked values are encoded in answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskEncoding {
    /// They are the values themselves.
    #[default]
    Text,
    /// They are base64, as the `data` of a Kubernetes Secret.
    Base64,
}

impl MaskEncoding {
    /// The word in `plugins.toml` and in declarations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Base64 => "base64",
        }
    }
}
