//! A stand-in for a registry, as far as fetching needs it: the `GET`s of the distribution specification of OCI, tokens, and blobs that are elsewhere.
//!
//! ```
//! use std::sync::Arc;
//! use connhub_tests::registry::Registry;
//! use connhub_tests::serve::Server;
//!
//! let registry = Arc::new(Registry::default());
//! registry.push("team/acme", "1.0", b"\0asm");
//! let server = Server::start(registry);
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! ```

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::serve::{Request, Response, Service};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// What a token of this registry is.
pub const TOKEN: &str = "a-token-of-the-registry";

/// Repositories, and who may read them.
#[derive(Debug, Default)]
pub struct Registry {
    /// User and password; everybody may read if there is none.
    pub login: Option<(String, String)>,
    /// Where blobs are instead: the address of another server, which has them under the same path.
    pub blobs_at: Option<String>,
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    /// By repository and tag or digest.
    manifests: BTreeMap<(String, String), Vec<u8>>,
    /// By digest.
    blobs: BTreeMap<String, Vec<u8>>,
}

impl Registry {
    /// A registry with a login.
    pub fn private(user: &str, password: &str) -> Self {
        let login = Some((user.to_owned(), password.to_owned()));
        Self { login, ..Self::default() }
    }

    /// Puts a component under a tag, as `wkg oci push` does, and returns the digest of the manifest.
    pub fn push(&self, repository: &str, tag: &str, component: &[u8]) -> String {
        let config = b"{\"architecture\":\"wasm\",\"os\":\"wasip2\"}";
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": "application/vnd.wasm.config.v0+json",
                "digest": self.blob(config),
                "size": config.len(),
            },
            "layers": [{
                "mediaType": "application/wasm",
                "digest": self.blob(component),
                "size": component.len(),
            }],
        });
        self.manifest(repository, tag, manifest.to_string().as_bytes())
    }

    /// What `cosign sign --key` signs for an image: the payload that names its manifest.
    pub fn payload(manifest: &str) -> String {
        json!({
            "critical": {
                "identity": { "docker-reference": "" },
                "image": { "docker-manifest-digest": manifest },
                "type": "cosign container image signature",
            },
            "optional": null,
        })
        .to_string()
    }

    /// Puts a signature over a payload where cosign puts it. `signature` is DER.
    pub fn sign(&self, repository: &str, manifest: &str, payload: &str, signature: &[u8]) {
        let layer = json!({
            "mediaType": PAYLOAD,
            "digest": self.blob(payload.as_bytes()),
            "size": payload.len(),
            "annotations": { "dev.cosignproject.cosign/signature": STANDARD.encode(signature) },
        });
        let image = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": [layer] });
        let tag = format!("{}.sig", manifest.replace(':', "-"));
        self.manifest(repository, &tag, image.to_string().as_bytes());
    }

    /// Puts any manifest under a tag and its digest.
    pub fn manifest(&self, repository: &str, tag: &str, bytes: &[u8]) -> String {
        let digest = sha256(bytes);
        let mut contents = self.contents();
        for name in [tag, &digest] {
            contents.manifests.insert((repository.to_owned(), name.to_owned()), bytes.to_vec());
        }
        digest
    }

    /// Gives other bytes for a blob than its digest says.
    pub fn tamper(&self, digest: &str, bytes: &[u8]) {
        self.contents().blobs.insert(digest.to_owned(), bytes.to_vec());
    }

    /// Gives the manifest of another digest for a digest.
    ///
    /// # Panics
    ///
    /// If there is no such other manifest.
    pub fn exchange(&self, repository: &str, digest: &str, other: &str) {
        let key = |name: &str| (repository.to_owned(), name.to_owned());
        let mut contents = self.contents();
        let bytes = contents.manifests.get(&key(other)).cloned().expect("it was pushed");
        contents.manifests.insert(key(digest), bytes);
    }

    fn blob(&self, bytes: &[u8]) -> String {
        let digest = sha256(bytes);
        self.contents().blobs.insert(digest.clone(), bytes.to_vec());
        digest
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(&self, request: &Request) -> Response {
        let expected = self.login.as_ref().map(|(user, password)| {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        });
        match request.header("authorization") == expected.as_deref() {
            true => Response::json(200, &json!({ "token": TOKEN })),
            false => refusal(401, "UNAUTHORIZED"),
        }
    }

    fn may_read(&self, request: &Request) -> bool {
        let token = format!("Bearer {TOKEN}");
        self.login.is_none() || request.header("authorization") == Some(&token)
    }
}

impl Service for Registry {
    fn answer(&self, request: &Request) -> Response {
        let path = request.path.as_str();
        if path == "/token" {
            return self.token(request);
        }
        if !self.may_read(request) {
            let host = request.header("host").unwrap_or_default();
            let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"stand-in\"");
            return refusal(401, "UNAUTHORIZED").header("www-authenticate", &challenge);
        }
        let path = path.strip_prefix("/v2/").unwrap_or_default();
        if let Some((repository, name)) = path.split_once("/manifests/") {
            let key = (repository.to_owned(), name.to_owned());
            let found = self.contents().manifests.get(&key).cloned();
            return match found {
                Some(bytes) => Response::with_body(200, MANIFEST, bytes),
                None => refusal(404, "MANIFEST_UNKNOWN"),
            };
        }
        let Some((_, digest)) = path.split_once("/blobs/") else {
            return refusal(404, "NAME_UNKNOWN");
        };
        if let Some(elsewhere) = &self.blobs_at {
            let place = format!("{elsewhere}{}", request.path);
            return Response::empty(307).header("location", &place);
        }
        let found = self.contents().blobs.get(digest).cloned();
        match found {
            Some(bytes) => {
                Response::with_body(200, "application/octet-stream", bytes).part_for(request)
            }
            None => refusal(404, "BLOB_UNKNOWN"),
        }
    }
}

/// `sha256:` and the digest.
pub fn sha256(bytes: &[u8]) -> String {
    let hex = digest(&SHA256, bytes);
    let hex: String = hex.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn refusal(status: u16, code: &str) -> Response {
    Response::json(status, &json!({ "errors": [{ "code": code, "message": "" }] }))
}
