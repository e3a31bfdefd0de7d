//! A conversation with one registry about one repository: addresses, logins, digests and what its failures mean.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::MAX_COMPONENT;
use super::credentials::{Credentials, Login};
use super::source::Reference;
use crate::capabilities::http::{Download, Downloads};
use crate::model::{Error, Kind};

const MAX_TOKEN: usize = 64 << 10;

/// What a login is asked to allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Pull,
    Push,
}

/// A conversation with one registry about one repository.
pub(super) struct Session<'a> {
    pub(super) downloads: &'a Downloads,
    pub(super) reference: &'a Reference,
    pub(super) base: Url,
    login: Option<&'a Login>,
    access: Access,
    authorization: Option<HeaderValue>,
}

/// What is sent.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The most bytes of the answer.
    pub(super) limit: usize,
}

impl Message {
    /// A request without headers and body.
    pub(super) fn empty(method: Method) -> Self {
        // A HEAD announces the size of what it does not send.
        Self { method, headers: HeaderMap::new(), body: Bytes::new(), limit: MAX_COMPONENT }
    }
}

impl<'a> Session<'a> {
    /// # Errors
    /// The registry has no address that can be used.
    pub(super) fn new(
        downloads: &'a Downloads,
        credentials: &'a Credentials,
        reference: &'a Reference,
        access: Access,
    ) -> Result<Self, Error> {
        let login = credentials.login(&reference.registry, &reference.repository);
        let base = reference.base()?;
        Ok(Self { downloads, reference, base, login, access, authorization: None })
    }

    /// An address below the repository.
    ///
    /// # Errors
    /// There is no such address.
    pub(super) fn url(&self, path: &str) -> Result<Url, Error> {
        let path = format!("v2/{}/{path}", self.reference.repository);
        self.base
            .join(&path)
            .map_err(|error| Error::invalid("the reference cannot be used").because(error))
    }

    /// Sends to the registry; a login is made when it first asks for one, and goes nowhere else.
    ///
    /// # Errors
    /// Nobody answers, or there is no login to be had.
    pub(super) async fn send(
        &mut self,
        url: &Url,
        message: Message,
    ) -> Result<Response<Vec<u8>>, Error> {
        // What a registry says about a failure can be longer than what was asked for.
        let limit = message.limit.max(MAX_TOKEN);
        Ok(self.open(url, message).await?.whole(limit).await?)
    }

    /// As [`Self::send`], but the body of the answer is still to be read.
    ///
    /// # Errors
    /// Those of [`Self::send`].
    pub(super) async fn open(&mut self, url: &Url, message: Message) -> Result<Download, Error> {
        let answer = self.open_once(url, message.clone()).await?;
        if answer.status() != StatusCode::UNAUTHORIZED || self.authorization.is_some() {
            return Ok(answer);
        }
        let Some(authorization) = self.authorize(answer.headers()).await? else {
            return Ok(answer);
        };
        self.authorization = Some(authorization);
        self.open_once(url, message).await
    }

    async fn open_once(&self, url: &Url, message: Message) -> Result<Download, Error> {
        let Message { method, mut headers, body, .. } = message;
        if url.origin() == self.base.origin()
            && let Some(authorization) = &self.authorization
        {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        Ok(self.downloads.open(method, url, headers, body).await?)
    }

    /// What the registry asks for: a token of the place that it names, or the login itself.
    async fn authorize(&self, answer: &HeaderMap) -> Result<Option<HeaderValue>, Error> {
        let asked = answer.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
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
        let actions = match self.access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
        };
        let scope = format!("repository:{}:{actions}", self.reference.repository);
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
            return Err(self.unexpected(answer.status()));
        }
        let body = Zeroizing::new(answer.into_body());
        let Ok(token) = serde_json::from_slice::<Token>(&body) else { return Ok(None) };
        let token = token.token.or(token.access_token).map(Zeroizing::new);
        Ok(token.and_then(|token| secret(&Zeroizing::new(format!("Bearer {}", *token)))))
    }

    /// Whether bytes are what a digest says.
    ///
    /// # Errors
    /// They are not.
    pub(super) fn same(&self, bytes: &[u8], expected: &str) -> Result<(), Error> {
        let found = sha256(bytes);
        if found == expected {
            return Ok(());
        }
        let message = format!("`oci://{}` is not what its digest says", self.reference);
        Err(Error::refused(message).hint(format!("asked for {expected}, got {found}")))
    }

    /// What an answer of another status than the expected one means.
    pub(super) fn unexpected(&self, status: StatusCode) -> Error {
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

/// The digest as registries write it.
pub(super) fn sha256(bytes: &[u8]) -> String {
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
    fn logins_do_not_show() {
        let login = Login { user: "ann".to_owned(), password: "pw".to_owned().into() };
        let header = basic(&login).unwrap();
        assert_eq!(header, "Basic YW5uOnB3");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }
}
