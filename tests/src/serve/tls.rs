use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// The protocols that a TLS server offers, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A private certificate authority, and a server certificate of it for `127.0.0.1` and `localhost`.
///
/// A client may show a certificate that [`Tls::client`] made; one by another authority ends the
/// handshake, none at all is accepted. Clones share the authority.
#[derive(Clone)]
pub struct Tls {
    authority: Arc<Authority>,
    server: Arc<Leaf>,
}

/// A certificate and its key, both in PEM form.
#[derive(Clone)]
pub struct ClientIdentity {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

struct Leaf {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

impl Default for Tls {
    fn default() -> Self {
        Tls::new()
    }
}

impl Tls {
    /// A new authority with a valid server certificate.
    pub fn new() -> Self {
        Tls::with_server(server_params(&["localhost", "127.0.0.1"]))
    }

    /// A server certificate that ran out in 2001.
    pub fn expired() -> Self {
        let mut params = server_params(&["localhost", "127.0.0.1"]);
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        Tls::with_server(params)
    }

    /// A server certificate for another host.
    pub fn for_host(name: &str) -> Self {
        Tls::with_server(server_params(&[name]))
    }

    /// The authority's certificate in PEM form.
    pub fn ca_pem(&self) -> &str {
        &self.authority.pem
    }

    /// A client certificate of this authority, with Kubernetes' meaning of the subject: the common
    /// name is the user, the organization a group.
    pub fn client(&self, user: &str, group: Option<&str>) -> ClientIdentity {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, user);
        if let Some(group) = group {
            params.distinguished_name.push(DnType::OrganizationName, group);
        }
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
        let leaf = self.authority.sign(&params);
        ClientIdentity { certificate: leaf.pem, key: leaf.key.serialize_pem() }
    }

    /// The server's certificate and its key, for a server that is not one of ours.
    pub fn server(&self) -> ClientIdentity {
        ClientIdentity {
            certificate: self.server.pem.clone(),
            key: self.server.key.serialize_pem(),
        }
    }

    fn with_server(params: CertificateParams) -> Self {
        let authority = Authority::new();
        let server = authority.sign(&params);
        Tls { authority: Arc::new(authority), server: Arc::new(server) }
    }

    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.certificate.clone()).expect("the authority was just made");
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .allow_unauthenticated()
                .build()
                .expect("there is one root");
        let key = PrivateKeyDer::try_from(self.server.key.serialize_der())
            .expect("the key was just serialized");
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has the cipher suites of both versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.server.certificate.clone()], key)
            .expect("certificate and key were made together");
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Arc::new(config)
    }
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "stand-in authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = new_key();
        let certificate = params.self_signed(&key).expect("the parameters are constant");
        let pem = certificate.pem();
        let certificate = certificate.der().clone();
        Authority { issuer: Issuer::new(params, key), certificate, pem }
    }

    fn sign(&self, params: &CertificateParams) -> Leaf {
        let key = new_key();
        let certificate =
            params.signed_by(&key, &self.issuer).expect("an ECDSA key signs any certificate");
        Leaf { pem: certificate.pem(), certificate: certificate.der().clone(), key }
    }
}

fn server_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("host names are ASCII");
    params.distinguished_name.push(DnType::CommonName, "stand-in server");
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    params
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("the system has random numbers")
}
