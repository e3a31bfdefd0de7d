//! What a probe has in its hands: the values of the connection, the ladder, and the way to the network.

use std::net::SocketAddr;
use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use url::Url;

use super::dial::{self, Place};
use super::ladder::{Climb, Ladder};
use super::tls::{self, Authorities, Check, Trust};
use crate::consumers::{Template, Values};
use crate::model::types::Probe;
use crate::model::{Rung, Secret, SecretField};

/// Largest file of authorities, in bytes.
const MAX_AUTHORITIES: u64 = 1024 * 1024;

/// A connection, in clear or encrypted.
pub trait Stream: AsyncRead + tokio::io::AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + tokio::io::AsyncWrite + Unpin + Send> Stream for T {}

/// One test of one connection.
pub struct Climber<'a> {
    /// What was found so far.
    pub ladder: Ladder,
    values: Values<'a>,
    probe: &'a Probe,
    authorities: &'a Authorities,
    dialed: Option<SocketAddr>,
}

impl<'a> Climber<'a> {
    /// A test that has not begun.
    pub fn new(
        values: Values<'a>,
        secrets: &[SecretField],
        probe: &'a Probe,
        authorities: &'a Authorities,
    ) -> Self {
        let mut ladder = Ladder::new();
        secrets.iter().for_each(|secret| ladder.hide(&secret.value));
        Self { ladder, values, probe, authorities, dialed: None }
    }

    /// A value as text, stored or implied; none if it is not there, empty or no text.
    pub fn text(&self, field: &str) -> Option<String> {
        let value = self.values.get(field)?;
        let text = std::str::from_utf8(value.bytes()).ok()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A value that is to be kept secret; none if it is not there or empty.
    pub fn secret(&self, field: &str) -> Option<Secret> {
        Some(self.values.get(field)?.into_secret()).filter(|secret| !secret.is_empty())
    }

    /// Whether a field says `true`, or `false`; none if it says nothing.
    pub fn flag(&self, field: &str) -> Option<bool> {
        self.text(field).map(|text| text == "true")
    }

    /// The way to log in.
    pub fn method(&self) -> String {
        self.values.auth_method().unwrap_or("none").to_owned()
    }

    /// A value without which there is nothing to log in with.
    ///
    /// # Errors
    /// It is not there.
    pub fn login(&mut self, field: &str) -> Climb<Secret> {
        match self.secret(field) {
            Some(secret) => Ok(secret),
            None => {
                self.ladder.begin(Rung::Credential);
                Err(self.ladder.fail(format!("the connection has no `{field}`")))
            }
        }
    }

    /// The address of a service over HTTP: the field that holds it, or the usual one.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn address(&mut self) -> Climb<Url> {
        self.ladder.begin(Rung::Address);
        let given = self.text(&self.probe.endpoint);
        let usual = || {
            let template = Template::parse(self.probe.address.as_deref()?).ok()?;
            String::from_utf8(template.fill(&self.values)?.bytes().to_vec()).ok()
        };
        let Some(text) = given.or_else(usual) else {
            let field = &self.probe.endpoint;
            return Err(self.ladder.fail(format!("the connection has no `{field}`")));
        };
        self.parse(&text)
    }

    /// Reads an address that a probe may go to.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(&mut self, text: &str) -> Climb<Url> {
        match Url::parse(text) {
            Ok(url) if url.has_host() && url.username().is_empty() && url.password().is_none() => {
                Ok(url)
            }
            Ok(url) if url.has_host() => {
                Err(self.ladder.fail("the address has a login in it, and is not used"))
            }
            _ => Err(self.ladder.fail(format!("`{text}` is not the address of a server"))),
        }
    }

    /// Host and port from the fields of these names.
    ///
    /// # Errors
    /// There is no host.
    pub fn place(&mut self) -> Climb<Place> {
        self.ladder.begin(Rung::Address);
        let port = self.text("port").and_then(|port| port.parse().ok());
        match (self.text("host"), port) {
            (Some(host), Some(port)) => Ok(Place::new(&host, port)),
            (host, _) => {
                let field = if host.is_some() { "port" } else { "host" };
                Err(self.ladder.fail(format!("the connection has no `{field}`")))
            }
        }
    }

    /// The servers of a list of addresses.
    ///
    /// # Errors
    /// There is none.
    pub fn places(&mut self, field: &str, usual_port: u16) -> Climb<Vec<Place>> {
        self.ladder.begin(Rung::Address);
        let list = self.text(field).unwrap_or_default();
        let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
        let places: Vec<Place> = items.map(|item| Place::parse(item, usual_port)).collect();
        match places.is_empty() {
            true => Err(self.ladder.fail(format!("the connection has no `{field}`"))),
            false => Ok(places),
        }
    }

    /// Connects to a server.
    ///
    /// # Errors
    /// The name has no address or one that is refused, or nobody listens.
    pub async fn connect(&mut self, place: &Place) -> Climb<Box<dyn Stream>> {
        let stream = dial::connect(place, &mut self.ladder).await?;
        self.dialed = stream.peer_addr().ok();
        Ok(Box::new(stream))
    }

    /// The address that was checked and connected to last, for a client that connects by itself.
    pub fn dialed(&self) -> Option<SocketAddr> {
        self.dialed
    }

    /// Connects to the first of several servers that listens.
    ///
    /// # Errors
    /// None of them does.
    pub async fn connect_to_one<'p>(
        &mut self,
        places: &'p [Place],
    ) -> Climb<(&'p Place, Box<dyn Stream>)> {
        let mut over = super::ladder::Over;
        for (index, place) in places.iter().enumerate() {
            if index > 0 {
                self.ladder.climb_down(Rung::Resolve);
            }
            match self.connect(place).await {
                Ok(stream) => return Ok((place, stream)),
                Err(failed) => over = failed,
            }
        }
        Err(over)
    }

    /// Encrypts a connection.
    ///
    /// # Errors
    /// The server does not speak TLS, or its certificate is not trusted.
    pub async fn encrypt(
        &mut self,
        stream: Box<dyn Stream>,
        host: &str,
        trust: Trust,
    ) -> Climb<Box<dyn Stream>> {
        let authorities = self.authorities;
        Ok(Box::new(tls::handshake(stream, host, trust, authorities, &mut self.ladder).await?))
    }

    /// Which certificates are trusted, and which one is shown, by the usual names of fields. `verify_ssl` can switch the check off.
    ///
    /// # Errors
    /// What the fields hold is no certificate or no key.
    pub fn trust(&mut self) -> Climb<Trust> {
        let check = match self.flag("verify_ssl") {
            Some(false) => Check::Nothing,
            _ => Check::ChainAndName,
        };
        self.trust_by(check)
    }

    /// The same with another way to check.
    ///
    /// # Errors
    /// Those of [`Climber::trust`].
    pub fn trust_by(&mut self, check: Check) -> Climb<Trust> {
        self.ladder.begin(Rung::Tls);
        let authorities = match self.text("ca_bundle") {
            Some(path) => Some(("ca_bundle", self.file(&path)?)),
            None => {
                self.secret("ca_certificate").map(|pem| ("ca_certificate", pem.expose().to_vec()))
            }
        };
        let authorities = match authorities {
            Some((field, pem)) => Some(self.certificates(field, &pem)?),
            None => None,
        };
        Ok(Trust { check, authorities, identity: self.identity()? })
    }

    /// The authorities that every certificate is held against, for a client that does not take [`Trust`].
    pub fn roots(&self, trust: &Trust) -> Vec<CertificateDer<'static>> {
        match &trust.authorities {
            Some(own) => own.clone(),
            None => self.authorities.certificates().to_vec(),
        }
    }

    fn identity(
        &mut self,
    ) -> Climb<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>> {
        let (Some(chain), Some(key)) =
            (self.secret("client_certificate"), self.secret("client_key"))
        else {
            return Ok(None);
        };
        let chain = self.certificates("client_certificate", chain.expose())?;
        match PrivateKeyDer::from_pem_slice(key.expose()) {
            Ok(key) => Ok(Some((chain, key))),
            Err(_) if is_encrypted(key.expose()) => Err(self.ladder.skip(
                Rung::Tls,
                "`client_key` is encrypted, and encrypted keys cannot be used here",
            )),
            Err(_) => Err(self.ladder.fail("`client_key` is no private key in PEM")),
        }
    }

    fn certificates(&mut self, field: &str, pem: &[u8]) -> Climb<Vec<CertificateDer<'static>>> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        match found {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => Err(self.ladder.fail(format!("`{field}` holds no certificate in PEM"))),
        }
    }

    /// A file of authorities that the connection names. It is somebody else's word: nothing of it is shown, and it must be a plain file.
    fn file(&mut self, path: &str) -> Climb<Vec<u8>> {
        use std::io::Read as _;
        let expanded = Path::new(path);
        let is_plain = fs_err::metadata(expanded).is_ok_and(|found| found.is_file());
        let mut bytes = Vec::new();
        let read = is_plain
            .then(|| fs_err::File::open(expanded).ok())
            .flatten()
            .and_then(|file| file.take(MAX_AUTHORITIES).read_to_end(&mut bytes).ok());
        match read {
            Some(_) => Ok(bytes),
            None => {
                Err(self.ladder.fail(format!("`ca_bundle`: the file `{path}` cannot be read here")))
            }
        }
    }
}

/// Whether a PEM text says that it is encrypted (RFC 1421, RFC 7468 §11).
pub fn is_encrypted(pem: &[u8]) -> bool {
    let has = |words: &[u8]| pem.windows(words.len()).any(|window| window == words);
    has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED")
}

/// Reads exactly as many bytes as `buffer` has.
///
/// # Errors
/// The server ends the connection before. What that means is the caller's to say.
pub async fn read(stream: &mut dyn Stream, buffer: &mut [u8]) -> std::io::Result<()> {
    stream.read_exact(buffer).await.map(drop)
}
