//! TLS: which certificates are trusted, and what is said about the one that a server shows.

use std::sync::{Arc, Mutex, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, ProtocolVersion, RootCertStore,
    SignatureScheme,
};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::climber::Stream;
use super::ladder::{Climb, Ladder};
use super::{certificate, dial};
use crate::model::Rung;

/// How a certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It is issued by a trusted authority, for the name of the server.
    ChainAndName,
    /// It is issued by a trusted authority, for whatever name.
    Chain,
    /// It is not.
    Nothing,
}

/// What a connection says about certificates.
pub struct Trust {
    /// How the server's is checked.
    pub check: Check,
    /// The authorities, if the connection names its own: those of the system do not count then.
    pub authorities: Option<Vec<CertificateDer<'static>>>,
    /// The certificate that the client shows.
    pub identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

/// The authorities of the system. They are read when they are first needed, and only then.
#[derive(Default)]
pub struct Authorities(OnceLock<Vec<CertificateDer<'static>>>);

impl Authorities {
    /// All of them; none if the system has none. What cannot be read is none of them.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        self.0.get_or_init(|| rustls_native_certs::load_native_certs().certs)
    }
}

/// Makes a connection an encrypted one.
///
/// # Errors
/// The server does not speak TLS, or its certificate is not trusted.
pub async fn handshake<S: Stream>(
    stream: S,
    host: &str,
    trust: Trust,
    authorities: &Authorities,
    ladder: &mut Ladder,
) -> Climb<TlsStream<S>> {
    ladder.begin(Rung::Tls);
    let Ok(name) = ServerName::try_from(host.to_owned()) else {
        return Err(ladder.fail(format!("`{host}` is no name that a certificate could have")));
    };
    let check = trust.check;
    let seen = Arc::new(Mutex::new(None));
    let config = match config(trust, authorities, Arc::clone(&seen)) {
        Ok(config) => config,
        Err(error) => return Err(ladder.fail(error.to_string())),
    };
    let ended = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let shown = seen.lock().ok().and_then(|mut seen| seen.take());
    match ended {
        Ok(stream) => {
            let version = stream.get_ref().1.protocol_version();
            ladder.pass(passed(version, shown.as_ref(), check));
            Ok(stream)
        }
        Err(error) => Err(ladder.fail(failed(&error, shown.as_ref(), host))),
    }
}

fn config(
    trust: Trust,
    authorities: &Authorities,
    seen: Arc<Mutex<Option<CertificateDer<'static>>>>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let trusted = match (trust.check, trust.authorities) {
        (Check::Nothing, _) => Vec::new(),
        (_, Some(own)) => own,
        (_, None) => authorities.certificates().to_vec(),
    };
    let verifier = match trust.check {
        Check::Nothing => None,
        Check::Chain | Check::ChainAndName => Some(chain_verifier(&trusted, &provider)?),
    };
    let (check, provider_of) = (trust.check, Arc::clone(&provider));
    let verifier = Verifier { verifier, check, trusted, provider: provider_of, seen };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match trust.identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key),
        None => Ok(builder.with_no_client_auth()),
    }
}

fn chain_verifier(
    trusted: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().cloned());
    let builder =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let none = |_| Error::General("there are no authorities that could be trusted".to_owned());
    builder.build().map_err(none)
}

fn passed(
    version: Option<ProtocolVersion>,
    shown: Option<&CertificateDer<'_>>,
    check: Check,
) -> String {
    let version = match version {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let whose = shown.map(|der| certificate::words(der)).unwrap_or_default();
    let unchecked = match check {
        Check::ChainAndName => "",
        Check::Chain => "; its name is not checked, as the connection says",
        Check::Nothing => "; it is not checked, as the connection says",
    };
    format!("{version}, {whose}{unchecked}")
}

fn failed(error: &std::io::Error, shown: Option<&CertificateDer<'_>>, host: &str) -> String {
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    let whose = shown.map(|der| certificate::words(der)).unwrap_or_default();
    let validity = shown.and_then(|der| certificate::days(der));
    match inner {
        Some(Error::InvalidCertificate(error)) => {
            format!("{whose}: {}", fault(error, host, validity))
        }
        Some(Error::InvalidMessage(_)) => "what answers does not speak TLS".to_owned(),
        Some(Error::NoCertificatesPresented) => "the server shows no certificate".to_owned(),
        Some(Error::AlertReceived(alert)) => {
            format!("the server ends the handshake with the alert {alert:?}")
        }
        Some(error) => error.to_string(),
        None => dial::words(error),
    }
}

fn fault(error: &CertificateError, host: &str, validity: Option<(String, String)>) -> String {
    let (from, until) = validity.unwrap_or_default();
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("it has expired on {until}")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("it is not valid before {from}")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it is not for the name `{host}`")
        }
        CertificateError::UnknownIssuer => {
            "its issuer is not trusted; name the authority in the connection, if it is your own"
                .to_owned()
        }
        CertificateError::Other(_) => {
            "it vouches for itself; name it in the connection, if it is your own".to_owned()
        }
        other => format!("it is not accepted: {other}"),
    }
}

/// Checks as much as it is told to, and remembers what it saw.
#[derive(Debug)]
struct Verifier {
    verifier: Option<Arc<WebPkiServerVerifier>>,
    check: Check,
    /// The certificates that are trusted.
    trusted: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    seen: Arc<Mutex<Option<CertificateDer<'static>>>>,
}

impl Verifier {
    /// A certificate that is itself what is trusted: most that vouch for themselves are, and most clients accept them.
    fn verify_itself(
        &self,
        end_entity: &CertificateDer<'_>,
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some((from, until)) = certificate::period(end_entity) else {
            return Err(Error::InvalidCertificate(CertificateError::BadEncoding));
        };
        if now.as_secs() < from {
            return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
        }
        if now.as_secs() > until {
            return Err(Error::InvalidCertificate(CertificateError::Expired));
        }
        if self.check == Check::ChainAndName {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some(end_entity.clone().into_owned());
        }
        let Some(verifier) = &self.verifier else { return Ok(ServerCertVerified::assertion()) };
        let result =
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if result.is_err() && self.trusted.iter().any(|one| one == end_entity) {
            return self.verify_itself(end_entity, server_name, now);
        }
        // The name is looked at last: whoever gets there was issued by a trusted authority.
        match result {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.check == Check::Chain => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::model::TestStatus;

    /// A certificate for `db.example.com` that vouches for itself, and its key.
    fn made(until: i32) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let mut params = rcgen::CertificateParams::new(["db.example.com".to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        (certificate, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }

    /// How a handshake ends with a server that shows this certificate.
    async fn shake(until: i32, host: &str, check: Check, names_it: bool) -> (TestStatus, String) {
        let (certificate, key) = made(until);
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate.clone()], key)
                .unwrap();
        let (near, far) = duplex(64 * 1024);
        let other = made(4000).0;
        let authorities = Some(vec![if names_it { certificate } else { other }]);
        let trust = Trust { check, authorities, identity: None };
        let mut ladder = Ladder::new();
        let none = Authorities::default();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let near = handshake(near, host, trust, &none, &mut ladder);
        let (_, _) = tokio::join!(acceptor.accept(far), near);
        let step = ladder.steps().remove(0);
        (step.status, step.message)
    }

    #[tokio::test]
    async fn a_certificate_that_vouches_for_itself_is_trusted_if_it_is_named() {
        use Check::{Chain, ChainAndName, Nothing};
        use TestStatus::{Failed, Ok};
        for (until, host, check, names_it, status, words) in [
            (4000, "db.example.com", ChainAndName, true, Ok, "TLS 1.3, certificate of `"),
            (4000, "db2.example.com", ChainAndName, true, Failed, "it is not for the name `db2"),
            (4000, "db2.example.com", Chain, true, Ok, "its name is not checked"),
            (2020, "db.example.com", Chain, true, Failed, "it has expired on 2020-01-01"),
            (4000, "db.example.com", ChainAndName, false, Failed, "it vouches for itself"),
            (2020, "db2.example.com", Nothing, false, Ok, "it is not checked"),
        ] {
            let (found, message) = shake(until, host, check, names_it).await;
            assert_eq!(found, status, "{message}");
            assert!(message.contains(words), "{message}");
        }
    }

    #[tokio::test]
    async fn what_does_not_speak_tls_is_said() {
        let (near, mut far) = duplex(1024);
        let trust = Trust { check: Check::Nothing, authorities: None, identity: None };
        let mut ladder = Ladder::new();
        let speaks = async {
            let mut hello = [0; 16];
            far.read_exact(&mut hello).await.unwrap();
            far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        };
        let none = Authorities::default();
        let (_, shaken) = tokio::join!(speaks, handshake(near, "h", trust, &none, &mut ladder));
        assert!(shaken.is_err());
        assert_eq!(ladder.steps()[0].message, "what answers does not speak TLS");
    }
}
