//! A component in a registry, as wasm-pkg-tools lays it out, and the signatures that cosign puts beside it.
//!
//! The distribution specification of OCI (`GET /v2/…/manifests/…` and `/blobs/…`), anonymous or with a login, by token or directly. Everything
//! that has a digest is compared with it. A blob may be elsewhere: redirects of blobs are followed, without a login.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{ACCEPT, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde::Deserialize;

use super::resume::{self, Pulled, Wanted};
use super::session::{Access, Message, Session, sha256};
use super::source::Reference;
use super::{Fetched, Fetcher, MAX_COMPONENT};
use crate::capabilities::http::Download;
use crate::model::Error;
use crate::signing::{COSIGN_ANNOTATION, COSIGN_PAYLOAD, ImageSignature, ImageSignatures};

/// The largest manifest, as registries limit it.
pub(super) const MAX_MANIFEST: usize = 4 << 20;
/// The largest payload that a signature is over, and the most signatures that are looked at.
const MAX_PAYLOAD: usize = 16 << 10;
pub(super) const MAX_SIGNATURES: usize = 8;
const MAX_REDIRECTS: usize = 3;
/// What manifests are asked for.
const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const COMPONENT: &str = "application/wasm";

pub(super) async fn fetch(fetcher: &Fetcher, reference: &Reference) -> Result<Fetched, Error> {
    let Fetcher { downloads, credentials, .. } = fetcher;
    let session = Session::new(downloads, credentials, reference, Access::Pull)?;
    let mut repository = Repository { session, reference, fetcher };
    let (text, found) = repository.manifest().await?;
    let layer = component_layer(&found, reference)?;
    let component = repository.blob(layer, MAX_COMPONENT).await?;
    let signatures = repository.signatures(&text).await?;
    let image = (!signatures.is_empty())
        .then(|| ImageSignatures { manifest: text, signatures }.to_json().into_bytes());
    Ok(Fetched { component, image, ..Fetched::default() })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    media_type: Option<String>,
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// The one layer of an image that is a component.
fn component_layer<'m>(manifest: &'m Manifest, reference: &Reference) -> Result<&'m Layer, Error> {
    let wrong = |what: &str| {
        Error::refused(format!("`oci://{reference}` {what}"))
            .hint("a component is pushed with `wkg oci push REFERENCE FILE.wasm`")
    };
    match &manifest.layers[..] {
        _ if manifest.media_type.as_deref() == Some(INDEX) => {
            Err(wrong("is a list of images, not one; name one of them by its digest"))
        }
        [layer] if layer.media_type == COMPONENT => Ok(layer),
        [layer] => Err(wrong(&format!("holds `{}`, not a component", layer.media_type))),
        layers => Err(wrong(&format!("has {} layers, and a component is one", layers.len()))),
    }
}

/// One repository, to be read.
struct Repository<'a> {
    session: Session<'a>,
    reference: &'a Reference,
    fetcher: &'a Fetcher,
}

impl Repository<'_> {
    async fn manifest(&mut self) -> Result<(String, Manifest), Error> {
        let reference = self.reference;
        let name = reference.digest.as_deref().or(reference.tag.as_deref()).unwrap_or("latest");
        let answer = self.get(&format!("manifests/{name}"), MAX_MANIFEST).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.session.unexpected(answer.status()));
        }
        let bytes = answer.into_body();
        if let Some(pinned) = &reference.digest {
            self.session.same(&bytes, pinned)?;
        }
        self.read_manifest(bytes)
    }

    fn read_manifest(&self, bytes: Vec<u8>) -> Result<(String, Manifest), Error> {
        let wrong =
            || Error::refused(format!("`oci://{}` has no manifest of an image", self.reference));
        let text = String::from_utf8(bytes).map_err(|error| wrong().because(error))?;
        let manifest = serde_json::from_str(&text).map_err(|error| wrong().because(error))?;
        Ok((text, manifest))
    }

    /// The signatures that cosign keeps under a tag that is made of the manifest's digest. Those that cannot be read count for nothing.
    async fn signatures(&mut self, manifest: &str) -> Result<Vec<ImageSignature>, Error> {
        let tag = format!("manifests/{}.sig", sha256(manifest.as_bytes()).replace(':', "-"));
        let answer = self.get(&tag, MAX_MANIFEST).await?;
        match answer.status() {
            StatusCode::OK => {}
            status if status.is_server_error() => {
                return Err(self.session.unexpected(answer.status()));
            }
            _ => return Ok(Vec::new()),
        }
        let Ok((_, found)) = self.read_manifest(answer.into_body()) else { return Ok(Vec::new()) };
        let mut signatures = Vec::new();
        let layers = found.layers.iter().filter(|layer| layer.media_type == COSIGN_PAYLOAD);
        for layer in layers.take(MAX_SIGNATURES) {
            let Some(signature) = layer.annotations.get(COSIGN_ANNOTATION) else { continue };
            let payload = self.blob(layer, MAX_PAYLOAD).await?;
            let Ok(payload) = String::from_utf8(payload) else { continue };
            signatures.push(ImageSignature { payload, signature: signature.clone() });
        }
        Ok(signatures)
    }

    async fn blob(&mut self, layer: &Layer, limit: usize) -> Result<Vec<u8>, Error> {
        let size = usize::try_from(layer.size).unwrap_or(usize::MAX);
        if size > limit {
            let message = format!(
                "`oci://{}` holds {size} bytes, and at most {limit} are fetched",
                self.reference
            );
            return Err(Error::refused(message));
        }
        let (mut bytes, is_joined) = self.pull(layer, size).await?;
        if is_joined && self.session.same(&bytes, &layer.digest).is_err() {
            // One of the parts may have been of another file: what was put together is gone, and this is the whole.
            bytes = self.pull(layer, size).await?.0;
        }
        self.session.same(&bytes, &layer.digest)?;
        Ok(bytes)
    }

    /// The bytes of a blob, and whether they were put together from several answers.
    async fn pull(&mut self, layer: &Layer, size: usize) -> Result<(Vec<u8>, bool), Error> {
        let wanted = Wanted {
            name: format!("`oci://{}`", self.reference),
            key: &layer.digest,
            has_digest: true,
            size: Some(layer.size),
            limit: size,
        };
        let Fetcher { partials, meter, .. } = self.fetcher;
        let ask = async |headers| self.open_blob(&layer.digest, headers).await;
        match resume::pull(partials, meter, &wanted, ask).await? {
            Pulled::File { bytes, is_joined } => Ok((bytes, is_joined)),
            Pulled::Answer(status) => Err(self.session.unexpected(status)),
        }
    }

    /// Registries keep blobs in stores of others; the digest says whether it is the right one.
    async fn open_blob(&mut self, digest: &str, headers: HeaderMap) -> Result<Download, Error> {
        let url = self.session.url(&format!("blobs/{digest}"))?;
        let message = Message { headers: headers.clone(), ..Message::empty(Method::GET) };
        let mut answer = self.session.open(&url, message).await?;
        let mut place = self.session.base.clone();
        for _ in 0..MAX_REDIRECTS {
            if !answer.status().is_redirection() {
                break;
            }
            let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            place = location
                .and_then(|location| place.join(location).ok())
                .ok_or_else(|| self.session.unexpected(answer.status()))?;
            let downloads = self.session.downloads;
            answer = downloads.open(Method::GET, &place, headers.clone(), Bytes::new()).await?;
        }
        Ok(answer)
    }

    /// A GET below the repository.
    async fn get(&mut self, path: &str, limit: usize) -> Result<Response<Vec<u8>>, Error> {
        let url = self.session.url(path)?;
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(ACCEPTED))]);
        let message = Message { method: Method::GET, headers, body: Bytes::new(), limit };
        self.session.send(&url, message).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_one_component() {
        let reference = Reference::parse("h/a").unwrap();
        let check = |manifest: &str, expected: Result<&str, &str>| {
            let manifest: Manifest = serde_json::from_str(manifest).unwrap();
            match (component_layer(&manifest, &reference), expected) {
                (Ok(layer), Ok(digest)) => assert_eq!(layer.digest, digest),
                (Err(error), Err(words)) => assert!(error.message.contains(words), "{error}"),
                (found, _) => panic!("{:?}", found.map(|layer| &layer.digest)),
            }
        };
        let layer =
            |kind: &str| format!("{{\"mediaType\":\"{kind}\",\"digest\":\"d\",\"size\":1}}");
        let component = layer(COMPONENT);
        check(&format!("{{\"layers\":[{component}]}}"), Ok("d"));
        check(&format!("{{\"layers\":[{component},{component}]}}"), Err("2 layers"));
        check(&format!("{{\"layers\":[{}]}}", layer("x/y")), Err("holds `x/y`"));
        check(&format!("{{\"mediaType\":\"{INDEX}\"}}"), Err("list of images"));
        check("{}", Err("0 layers"));
    }
}
