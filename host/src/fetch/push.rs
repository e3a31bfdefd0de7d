//! A component put into a registry, as wasm-pkg-tools lays it out, and a signature where cosign puts it.
//!
//! The distribution specification of OCI (`POST …/blobs/uploads/`, `PUT`), the artifact layout of CNCF's working group for WebAssembly: an image
//! of one layer `application/wasm` whose configuration names what the component imports and exports. The same component makes the same image,
//! so that pushing it again changes nothing and a signature over it stays valid.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::Fetcher;
use super::registry::{MAX_MANIFEST, MAX_SIGNATURES};
use super::session::{Access, Message, Session, sha256};
use super::source::Reference;
use crate::model::{Error, Kind};
use crate::signing::{COSIGN_ANNOTATION, COSIGN_PAYLOAD, ImageSignature, PrivateKey};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const COMPONENT: &str = "application/wasm";
/// The configuration that cosign gives to its images.
const COSIGN_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// No time, so that the image depends on the component alone.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// What is pushed.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// The component.
    pub component: &'a [u8],
    /// What it imports, by full names.
    pub imports: &'a [String],
    /// What it exports, by full names.
    pub exports: &'a [String],
    /// The version of the connector.
    pub version: Option<&'a str>,
}

/// What was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The digest of the image, `sha256:` included.
    pub digest: String,
    /// Whether the registry had all of it before.
    pub was_there: bool,
}

/// A blob of an image.
struct Blob {
    digest: String,
    bytes: Bytes,
}

impl Fetcher {
    /// Puts a component into a registry under the tag of a reference, and signs the image if there is a key.
    ///
    /// # Errors
    /// The reference has no tag, the registry cannot be reached or refuses.
    pub async fn push(
        &self,
        reference: &Reference,
        image: Image<'_>,
        key: Option<&PrivateKey>,
    ) -> Result<Pushed, Error> {
        let tag = match (&reference.tag, &reference.digest) {
            (Some(tag), None) => tag,
            _ => {
                let what = format!("`oci://{reference}` names no tag to push to");
                return Err(Error::invalid(what)
                    .hint("the digest is what comes out; write `oci://HOST/REPOSITORY:TAG`"));
            }
        };
        let session = Session::new(&self.downloads, &self.credentials, reference, Access::Push)?;
        let mut repository = Repository { session };
        let pushed = repository.push(tag, image).await?;
        if let Some(key) = key {
            repository.sign(&pushed.digest, key).await?;
        }
        Ok(pushed)
    }
}

/// One repository, to be written.
struct Repository<'a> {
    session: Session<'a>,
}

impl Repository<'_> {
    async fn push(&mut self, tag: &str, image: Image<'_>) -> Result<Pushed, Error> {
        let component = Blob::new(image.component.to_vec());
        let config = Blob::new(configuration(&image, &component.digest).to_string().into_bytes());
        let manifest = manifest(&image, &config, &component).to_string();
        let digest = sha256(manifest.as_bytes());
        let was_there = self.manifest(tag).await?.is_some_and(|found| sha256(&found) == digest);
        if !was_there {
            self.upload(&component).await?;
            self.upload(&config).await?;
            self.put_manifest(tag, manifest).await?;
        }
        Ok(Pushed { digest, was_there })
    }

    /// Adds a signature to those that are there.
    async fn sign(&mut self, digest: &str, key: &PrivateKey) -> Result<(), Error> {
        let tag = format!("{}.sig", digest.replace(':', "-"));
        let mut layers = self.signatures(&tag).await?;
        let signed = ImageSignature::new(key, digest, &self.session.reference.name());
        let signed = signed.map_err(|error| {
            Error::new(Kind::Other, "the image was pushed; it is not signed").because(error)
        })?;
        let payload = Blob::new(signed.payload.into_bytes());
        let is_ours = |layer: &Value| {
            layer["annotations"][COSIGN_ANNOTATION] == *signed.signature
                && layer["digest"] == *payload.digest
        };
        if layers.iter().any(is_ours) {
            return Ok(());
        }
        if layers.len() >= MAX_SIGNATURES {
            let what =
                format!("the image has {MAX_SIGNATURES} signatures, and more are not looked at");
            return Err(Error::new(Kind::Other, what)
                .hint("the image was pushed; it is not signed by this key"));
        }
        let mut layer = payload.descriptor(COSIGN_PAYLOAD);
        layer["annotations"] = json!({ COSIGN_ANNOTATION: signed.signature });
        layers.push(layer);
        let config = Blob::new(cosign_configuration(&layers).to_string().into_bytes());
        self.upload(&payload).await?;
        self.upload(&config).await?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(COSIGN_CONFIG),
            "layers": layers,
        });
        self.put_manifest(&tag, manifest.to_string()).await
    }

    /// The layers of the image of signatures, if there is one. What is no such image is not replaced.
    async fn signatures(&mut self, tag: &str) -> Result<Vec<Value>, Error> {
        let Some(found) = self.manifest(tag).await? else { return Ok(Vec::new()) };
        let read = serde_json::from_slice::<Value>(&found).ok();
        let layers = read.and_then(|manifest| manifest["layers"].as_array().cloned());
        layers.ok_or_else(|| {
            let reference = self.session.reference;
            Error::refused(format!("`oci://{reference}` has signatures that cannot be read"))
        })
    }

    async fn manifest(&mut self, tag: &str) -> Result<Option<Vec<u8>>, Error> {
        let url = self.session.url(&format!("manifests/{tag}"))?;
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(MANIFEST))]);
        let message =
            Message { method: Method::GET, headers, body: Bytes::new(), limit: MAX_MANIFEST };
        let answer = self.session.send(&url, message).await?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer.into_body())),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.session.unexpected(answer.status())),
        }
    }

    async fn put_manifest(&mut self, tag: &str, manifest: String) -> Result<(), Error> {
        let url = self.session.url(&format!("manifests/{tag}"))?;
        let answer = self.put(&url, MANIFEST, manifest.into_bytes().into()).await?;
        self.created(&answer)
    }

    /// Uploads a blob in one piece, unless the registry has it.
    async fn upload(&mut self, blob: &Blob) -> Result<(), Error> {
        let there = self.session.url(&format!("blobs/{}", blob.digest))?;
        let asked = self.session.send(&there, Message::empty(Method::HEAD)).await?;
        if asked.status() == StatusCode::OK {
            return Ok(());
        }
        let uploads = self.session.url("blobs/uploads/")?;
        let begun = self.session.send(&uploads, Message::empty(Method::POST)).await?;
        if begun.status() != StatusCode::ACCEPTED {
            return Err(self.session.unexpected(begun.status()));
        }
        let mut place = self.location(&uploads, &begun)?;
        place.query_pairs_mut().append_pair("digest", &blob.digest);
        let answer = self.put(&place, "application/octet-stream", blob.bytes.clone()).await?;
        self.created(&answer)
    }

    /// Where the registry wants the bytes; it may be another server, which gets no login.
    fn location(&self, uploads: &Url, answer: &Response<Vec<u8>>) -> Result<Url, Error> {
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let place = location.and_then(|location| uploads.join(location).ok());
        place.ok_or_else(|| {
            let registry = &self.session.reference.registry;
            let what = format!("the registry `{registry}` does not say where to upload to");
            Error::new(Kind::Unavailable, what)
        })
    }

    async fn put(
        &mut self,
        url: &Url,
        media_type: &'static str,
        body: Bytes,
    ) -> Result<Response<Vec<u8>>, Error> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
        self.session.send(url, Message { method: Method::PUT, headers, body, limit: 0 }).await
    }

    fn created(&self, answer: &Response<Vec<u8>>) -> Result<(), Error> {
        match answer.status() {
            StatusCode::CREATED | StatusCode::OK => Ok(()),
            _ => Err(self.session.unexpected(answer.status())),
        }
    }
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Self {
        Self { digest: sha256(&bytes), bytes: bytes.into() }
    }

    fn descriptor(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.bytes.len() })
    }
}

fn manifest(image: &Image<'_>, config: &Blob, component: &Blob) -> Value {
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor(CONFIG),
        "layers": [component.descriptor(COMPONENT)],
    });
    if let Some(version) = image.version {
        manifest["annotations"] = json!({ "org.opencontainers.image.version": version });
    }
    manifest
}

/// The configuration of a component (`WasmConfig` of the crate oci-wasm).
fn configuration(image: &Image<'_>, layer: &str) -> Value {
    json!({
        "created": CREATED,
        "author": null,
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [layer],
        "component": { "exports": image.exports, "imports": image.imports, "target": null },
    })
}

/// The configuration of cosign's images: an image of a container without a system.
fn cosign_configuration(layers: &[Value]) -> Value {
    let digests: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
    json!({
        "architecture": "",
        "created": CREATED,
        "history": vec![json!({ "created": CREATED }); layers.len()],
        "os": "",
        "rootfs": { "type": "layers", "diff_ids": digests },
        "config": {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `wkg oci push local.wasm` (0.16.1) put into a registry; the digests and sizes are those of its component and its configuration.
    const WKG_MANIFEST: &str = r#"{
        "config": {
            "digest": "sha256:7d4bf6ea10050ead37f689fa2848812a6786bcee855d09fb63d324f5e383b7a3",
            "mediaType": "application/vnd.wasm.config.v0+json", "size": 788
        },
        "layers": [{
            "annotations": { "org.opencontainers.image.title": "local.wasm" },
            "digest": "sha256:3f5fe5374a97ee0630943aced9a7768283b3f1eee0d410935f11dbc72dca1cb7",
            "mediaType": "application/wasm", "size": 207240
        }],
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "schemaVersion": 2
    }"#;
    /// Its configuration; of the imports three are left.
    const WKG_CONFIGURATION: &str = r#"{
        "created": "2026-11-26T17:30:56.906926466Z", "author": null, "architecture": "wasm", "os": "wasip2",
        "layerDigests": ["sha256:3f5fe5374a97ee0630943aced9a7768283b3f1eee0d410935f11dbc72dca1cb7"],
        "component": {
            "exports": ["connhub:connector/backend@1.0.0"],
            "imports": ["connhub:connector/secrets@1.0.0", "connhub:connector/vault@1.0.0", "wasi:io/poll@0.2.6"],
            "target": null
        }
    }"#;

    fn strings(value: &Value) -> Vec<String> {
        value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// `wkg` reads its own configuration strictly: a key that is missing or of another form is an error there.
    #[test]
    fn the_configuration_is_that_of_wkg_but_for_the_time() {
        let mut theirs: Value = serde_json::from_str(WKG_CONFIGURATION).unwrap();
        let (exports, imports) =
            (strings(&theirs["component"]["exports"]), strings(&theirs["component"]["imports"]));
        let image =
            Image { component: b"", imports: &imports, exports: &exports, version: Some("0.1.0") };
        let layer = theirs["layerDigests"][0].as_str().unwrap().to_owned();
        theirs["created"] = CREATED.into();
        assert_eq!(configuration(&image, &layer), theirs);
    }

    #[test]
    fn the_manifest_is_that_of_wkg_but_for_annotations() {
        let mut theirs: Value = serde_json::from_str(WKG_MANIFEST).unwrap();
        let image = Image { component: b"", imports: &[], exports: &[], version: Some("0.1.0") };
        let blob = |descriptor: &Value| Blob {
            digest: descriptor["digest"].as_str().unwrap().to_owned(),
            bytes: vec![0; usize::try_from(descriptor["size"].as_u64().unwrap()).unwrap()].into(),
        };
        let mut ours = manifest(&image, &blob(&theirs["config"]), &blob(&theirs["layers"][0]));
        let version = ours.as_object_mut().unwrap().remove("annotations").unwrap();
        assert_eq!(version, json!({ "org.opencontainers.image.version": "0.1.0" }));
        theirs["layers"][0].as_object_mut().unwrap().remove("annotations");
        assert_eq!(ours, theirs);
    }
}
