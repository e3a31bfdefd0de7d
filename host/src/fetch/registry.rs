//! A component in a registry, as wasm-pkg-tools lays it out, and the signatures that cosign puts beside it.
//!
//! The distribution specification of OCI (`GET /v2/…/manifests/…` and `/blobs/…`), anonymous or with a login, by token or directly. Everything
//! that has a digest is compared with it. A blob may be elsewhere: redirects of blobs are followed, without a login.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::credentials::{Credentials, Login};
use super::source::Reference;
use super::{Fetched, MAX_COMPONENT};
use crate::capabilities::http::Downloads;
use crate::model::{Error, Kind};
use crate::signing::{ImageSignature, ImageSignatures};

/// The largest manifest, as registries limit it.
const MAX_MANIFEST: usize = 4 << 20;
/// The largest payload that a signature is over, and the most signatures that are looked at.
const MAX_PAYLOAD: usize = 16 << 10;
const MAX_SIGNATURES: usize = 8;
const MAX_TOKEN: usize = 64 << 10;
const MAX_REDIRECTS: usize = 3;
/// What manifests are asked for.
const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const COMPONENT: &str = "application/wasm";
const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

pub(super) async fn fetch(
    downloads: &Downloads,
    credentials: &Credentials,
    reference: &Reference,
) -> Result<Fetched, Error> {
    let login = credentials.login(&reference.registry, &reference.repository);
    let mut session =
        Session { downloads, login, reference, base: reference.base()?, authorization: None };
    let (text, found) = session.manifest().await?;
    let layer = component_layer(&found, reference)?;
    let component = session.blob(layer, MAX_COMPONENT).await?;
    let signatures = session.signatures(&text).await?;
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

/// A conversation with one registry about one repository.
struct Session<'a> {
    downloads: &'a Downloads,
    login: Option<&'a Login>,
    reference: &'a Reference,
    base: Url,
    authorization: Option<HeaderValue>,
}

impl Session<'_> {
    async fn manifest(&mut self) -> Result<(String, Manifest), Error> {
        let reference = self.reference;
        let name = reference.digest.as_deref().or(reference.tag.as_deref()).unwrap_or("latest");
        let answer = self.get(&format!("manifests/{name}"), MAX_MANIFEST).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.unexpected(&answer));
        }
        let bytes = answer.into_body();
        if let Some(pinned) = &reference.digest {
            self.same(&bytes, pinned)?;
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
            status if status.is_server_error() => return Err(self.unexpected(&answer)),
            _ => return Ok(Vec::new()),
        }
        let Ok((_, found)) = self.read_manifest(answer.into_body()) else { return Ok(Vec::new()) };
        let mut signatures = Vec::new();
        let layers = found.layers.iter().filter(|layer| layer.media_type == PAYLOAD);
        for layer in layers.take(MAX_SIGNATURES) {
            let Some(signature) = layer.annotations.get(SIGNATURE) else { continue };
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
        let first = self.get(&format!("blobs/{}", layer.digest), size).await?;
        let answer = self.follow(first, size).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.unexpected(&answer));
        }
        let bytes = answer.into_body();
        self.same(&bytes, &layer.digest)?;
        Ok(bytes)
    }

    /// Registries keep blobs in stores of others; the digest says whether it is the right one.
    async fn follow(
        &self,
        mut answer: Response<Vec<u8>>,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, Error> {
        let mut place = self.base.clone();
        for _ in 0..MAX_REDIRECTS {
            if !answer.status().is_redirection() {
                break;
            }
            let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            place = location
                .and_then(|location| place.join(location).ok())
                .ok_or_else(|| self.unexpected(&answer))?;
            answer = self.downloads.get(&place, HeaderMap::new(), limit).await?;
        }
        Ok(answer)
    }

    /// A GET below the repository; a login is made when the registry first asks for one.
    async fn get(&mut self, path: &str, limit: usize) -> Result<Response<Vec<u8>>, Error> {
        let url = self
            .base
            .join(&format!("v2/{}/{path}", self.reference.repository))
            .map_err(|error| Error::invalid("the reference cannot be used").because(error))?;
        // What a registry says about a failure can be longer than what was asked for.
        let limit = limit.max(MAX_TOKEN);
        let answer = self.downloads.get(&url, self.headers(), limit).await?;
        if answer.status() != StatusCode::UNAUTHORIZED || self.authorization.is_some() {
            return Ok(answer);
        }
        let Some(authorization) = self.authorize(&answer).await? else { return Ok(answer) };
        self.authorization = Some(authorization);
        Ok(self.downloads.get(&url, self.headers(), limit).await?)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers
    }

    /// What the registry asks for: a token of the place that it names, or the login itself.
    async fn authorize(&self, answer: &Response<Vec<u8>>) -> Result<Option<HeaderValue>, Error> {
        let asked = answer.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        let Some((scheme, rest)) = asked.and_then(|asked| asked.split_once(' ')) else {
            return Ok(None);
        };
        if scheme.eq_ignore_ascii_case("basic") {
            return Ok(self.login.and_then(basic));
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(None);
        }
        let parameters = parameters(rest);
        let realm = parameters.get("realm").and_then(|realm| Url::parse(realm).ok());
        let Some(mut realm) = realm else { return Ok(None) };
        let scope = format!("repository:{}:pull", self.reference.repository);
        if let Some(service) = parameters.get("service") {
            realm.query_pairs_mut().append_pair("service", service);
        }
        realm.query_pairs_mut().append_pair("scope", &scope);
        self.token(&realm).await
    }

    async fn token(&self, realm: &Url) -> Result<Option<HeaderValue>, Error> {
        let mut headers = HeaderMap::new();
        if let Some(login) = self.login.and_then(basic) {
            headers.insert(AUTHORIZATION, login);
        }
        let answer = self.downloads.get(realm, headers, MAX_TOKEN).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.unexpected(&answer));
        }
        let body = Zeroizing::new(answer.into_body());
        let Ok(token) = serde_json::from_slice::<Token>(&body) else { return Ok(None) };
        let token = token.token.or(token.access_token).map(Zeroizing::new);
        Ok(token.and_then(|token| secret(&Zeroizing::new(format!("Bearer {}", *token)))))
    }

    /// Whether bytes are what a digest says.
    fn same(&self, bytes: &[u8], expected: &str) -> Result<(), Error> {
        let found = sha256(bytes);
        if found == expected {
            return Ok(());
        }
        let message = format!("`oci://{}` is not what its digest says", self.reference);
        Err(Error::refused(message).hint(format!("asked for {expected}, got {found}")))
    }

    fn unexpected(&self, answer: &Response<Vec<u8>>) -> Error {
        let status = answer.status();
        let (kind, hint) = match status {
            StatusCode::NOT_FOUND => (Kind::NotFound, None),
            StatusCode::UNAUTHORIZED => (Kind::Unauthenticated, Some("login")),
            StatusCode::FORBIDDEN => (Kind::Forbidden, Some("login")),
            _ => (Kind::Unavailable, None),
        };
        let registry = &self.reference.registry;
        let error =
            Error::new(kind, format!("`oci://{}`: the registry answered {status}", self.reference));
        match hint {
            Some(_) => error.hint(format!(
                "log in with `podman login {registry}` or `docker login {registry}`"
            )),
            None => error,
        }
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

fn sha256(bytes: &[u8]) -> String {
    let hex = digest(&SHA256, bytes);
    let hex: String = hex.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The header of a login by name and password (RFC 7617).
pub fn basic(login: &Login) -> Option<HeaderValue> {
    let mut plain = Zeroizing::new(login.user.as_bytes().to_vec());
    plain.push(b':');
    plain.extend_from_slice(login.password.expose());
    secret(&Zeroizing::new(format!("Basic {}", STANDARD.encode(&*plain))))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `key="value"` pairs of a challenge (RFC 9110 §11.2).
pub fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim_matches([' ', ',']).to_lowercase();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.insert(key, value.to_owned());
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let found = parameters(
            "realm=\"https://auth.example.com/token\",service=\"registry, one\", scope=\"repository:a:pull\"",
        );
        assert_eq!(found["realm"], "https://auth.example.com/token");
        assert_eq!(found["service"], "registry, one");
        assert_eq!(parameters("realm=x,service=y")["service"], "y");
        assert!(parameters("nothing").is_empty());
    }

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

    #[test]
    fn logins_do_not_show() {
        let login = Login { user: "ann".to_owned(), password: "pw".to_owned().into() };
        let header = basic(&login).unwrap();
        assert_eq!(header, "Basic YW5uOnB3");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }
}
