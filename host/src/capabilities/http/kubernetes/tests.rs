use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::super::testing::*;
use super::super::{
    Clock, Endpoint, HttpTransport, KubernetesTransport, Outgoing, ProxySettings, Transport,
};
use super::*;
use crate::model::Meter;
use crate::programs::Terminal;
use crate::scrub::Scrubber;

/// A folder with a kubeconfig for a server.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a kubeconfig whose cluster and user hold these lines of YAML.
    fn kubeconfig(&self, cluster: &str, user: &str) -> PathBuf {
        let path = self.path("config");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts:\n- name: here\n  context: \
             {{cluster: one, user: me, namespace: fraud}}\nclusters:\n- name: one\n  cluster: \
             {{{cluster}}}\nusers:\n- name: me\n  user: {{{user}}}\n"
        );
        fs_err::write(&path, text).unwrap();
        path
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs_err::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

fn kubernetes(kubeconfig: &Path) -> KubernetesTransport {
    KubernetesTransport {
        kubeconfig: Some(kubeconfig.to_owned()),
        ..KubernetesTransport::default()
    }
}

fn at(transport: KubernetesTransport) -> Endpoint {
    Endpoint::new(config(Transport::Kubernetes(transport), &grant()))
}

async fn get(endpoint: &mut Endpoint) -> Result<String, HttpError> {
    let incoming = endpoint.send(outgoing("GET", "/version"), &mut Scrubber::default()).await?;
    Ok(String::from_utf8(incoming.body).unwrap())
}

/// Answers with the login that the request had.
fn echo(request: &Recorded, _: usize) -> Vec<Step> {
    let login = request.header("authorization").unwrap_or_default();
    json("200 OK", serde_json::json!({"login": login}).to_string())
}

async fn plain_server() -> (Server, String) {
    let server = Server::start(echo).await;
    let cluster = format!("server: 'http://{}'", server.address);
    (server, cluster)
}

#[tokio::test]
async fn a_token_is_sent_and_taken_out_of_the_answer() {
    let (server, cluster) = plain_server().await;
    let place = Place::new();
    fs_err::write(place.path("token"), "f1le-t0ken\n").unwrap();
    for (user, expected) in [
        ("token: t0ken-abc", "Bearer t0ken-abc"),
        ("tokenFile: token", "Bearer f1le-t0ken"),
        ("username: ann, password: s3cret", "Basic YW5uOnMzY3JldA=="),
    ] {
        let mut endpoint = at(kubernetes(&place.kubeconfig(&cluster, user)));
        let body = get(&mut endpoint).await.unwrap();
        assert!(body.contains("***") && !body.contains(&expected[7..]), "{body}");
        let seen = server.requests().pop().unwrap();
        assert_eq!(seen.header("authorization").unwrap().trim(), expected);
        assert_eq!(seen.line(), "GET /version HTTP/1.1");
    }
}

#[tokio::test]
async fn the_path_of_the_server_and_impersonation_are_kept() {
    let (server, cluster) = plain_server().await;
    let place = Place::new();
    let cluster = cluster.replace("'", "").replace("server: ", "server: '") + "/k8s/c-1/'";
    let user = "token: t0ken-abc, as: ann, as-groups: [devs]";
    get(&mut at(kubernetes(&place.kubeconfig(&cluster, user)))).await.unwrap();
    let seen = server.requests().pop().unwrap();
    assert_eq!(seen.line(), "GET /k8s/c-1/version HTTP/1.1");
    assert_eq!(seen.header("impersonate-user").unwrap(), "ann");
    assert_eq!(seen.header("impersonate-group").unwrap(), "devs");
}

#[tokio::test]
async fn forms_that_the_masks_do_not_fit_are_refused() {
    let (server, cluster) = plain_server().await;
    let place = Place::new();
    let mut endpoint = at(kubernetes(&place.kubeconfig(&cluster, "token: t0ken-abc")));
    for name in ["watch", "includeObject"] {
        let sent = Outgoing {
            query: vec![(name.to_owned(), "true".to_owned())],
            ..outgoing("GET", "/api/v1/secrets")
        };
        let error = endpoint.send(sent, &mut Scrubber::default()).await.unwrap_err();
        assert!(matches!(error, HttpError::Denied(_)), "{error:?}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_plugin_runs_once_and_only_when_it_is_needed() {
    let (server, cluster) = plain_server().await;
    let place = Place::new();
    let script = place.script(
        "login",
        "echo run >> \"$(dirname \"$0\")/runs\"\necho \"$KUBERNETES_EXEC_INFO\" > \"$(dirname \"$0\")/info\"\n\
         printf '{\"status\":{\"token\":\"%s-%s\"}}' \"$NAME\" \"$1\"",
    );
    let user = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: {}, args: [t0ken], \
         env: [{{name: NAME, value: pl9gin}}], provideClusterInfo: true}}",
        script.display()
    );
    let mut endpoint = at(kubernetes(&place.kubeconfig(&cluster, &user)));
    assert_eq!(endpoint.default_namespace().unwrap().as_deref(), Some("fraud"));
    let denied = endpoint.send(outgoing("GET", "/../x"), &mut Scrubber::default()).await;
    assert!(denied.is_err() && !place.path("runs").exists());
    for _ in 0..2 {
        let body =
            get(&mut endpoint.for_call(&Clock::new(Duration::from_secs(60)), Meter::default()))
                .await
                .unwrap();
        assert_eq!(body, r#"{"login":"Bearer ***"}"#);
    }
    assert_eq!(server.requests()[0].header("authorization").unwrap(), "Bearer pl9gin-t0ken");
    assert_eq!(fs_err::read_to_string(place.path("runs")).unwrap(), "run\n");
    let info = fs_err::read_to_string(place.path("info")).unwrap();
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["spec"]["interactive"], false);
    assert_eq!(info["spec"]["cluster"]["server"], format!("http://{}", server.address));
}

#[tokio::test]
async fn a_credential_that_ends_soon_is_got_anew() {
    let (_server, cluster) = plain_server().await;
    let place = Place::new();
    let script = place.script(
        "login",
        "echo run >> \"$(dirname \"$0\")/runs\"\n\
         echo '{\"status\":{\"token\":\"t0ken-abc\",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"}}'",
    );
    let user = format!("exec: {{command: {}}}", script.display());
    let mut endpoint = at(kubernetes(&place.kubeconfig(&cluster, &user)));
    for _ in 0..2 {
        get(&mut endpoint).await.unwrap();
    }
    assert_eq!(fs_err::read_to_string(place.path("runs")).unwrap(), "run\nrun\n");
}

#[tokio::test]
async fn a_plugin_that_fails_is_named_with_a_hint() {
    let (_server, cluster) = plain_server().await;
    let place = Place::new();
    let check = async |user: String, terminal: Terminal, message: &str, hint: &str| {
        let transport =
            KubernetesTransport { terminal, ..kubernetes(&place.kubeconfig(&cluster, &user)) };
        let error = get(&mut at(transport)).await.unwrap_err();
        assert!(matches!(error, HttpError::Unauthenticated(_)), "{error:?}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    };
    let failing = place.script("failing", "echo s3cret; echo s3cret >&2; exit 1");
    let user = format!("exec: {{command: {}}}", failing.display());
    check(user, Terminal::Absent, "gave no credential", "oc login").await;
    let talking = place.script("talking", "echo s3cret");
    let user = format!("exec: {{command: {}}}", talking.display());
    check(user, Terminal::Absent, "printed no credential", "by hand").await;
    let user = "exec: {command: no-such-plugin, installHint: run krew install it}".to_owned();
    check(user, Terminal::Absent, "no-such-plugin", "krew install").await;
    let user = format!("exec: {{command: {}, interactiveMode: Always}}", talking.display());
    check(user, Terminal::Absent, "not a terminal", "in a terminal").await;
}

#[tokio::test]
async fn a_login_in_the_clear_to_another_host_is_refused() {
    let place = Place::new();
    for (server, expected) in [
        ("http://cluster.example.com:8080", "without TLS"),
        ("https://169.254.169.254", "link-local"),
    ] {
        let file = place.kubeconfig(&format!("server: '{server}'"), "token: t0ken-abc");
        let error = get(&mut at(kubernetes(&file))).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_of_the_kubeconfig_wins() {
    let proxy = Server::start(|_, _| answer("403 Forbidden", &[], "")).await;
    let place = Place::new();
    let cluster = format!(
        "server: 'https://cluster.invalid:6443', proxy-url: 'http://ann:s3cret@{}'",
        proxy.address
    );
    let transport = KubernetesTransport {
        proxy: ProxySettings {
            https: Some(Secret::from("http://127.0.0.1:1".to_owned())),
            ..ProxySettings::default()
        },
        ..kubernetes(&place.kubeconfig(&cluster, "token: t0ken-abc"))
    };
    let error = get(&mut at(transport)).await.unwrap_err();
    assert!(matches!(error, HttpError::Unreachable(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    let seen = &proxy.requests()[0];
    assert_eq!(seen.line(), "CONNECT cluster.invalid:6443 HTTP/1.1");
    assert_eq!(seen.header("proxy-authorization").unwrap(), "Basic YW5uOnMzY3JldA==");
    assert_eq!(seen.header("authorization"), None);
}

/// A private authority with a server's and a client's certificate.
struct Authority {
    ca: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        super::super::client::install_cryptography();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self { ca: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    fn pem(&self) -> String {
        self.ca.pem()
    }

    /// A certificate and its key in PEM.
    fn identity(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.ca).unwrap(), key)
    }

    /// A server's side that asks for a client's certificate if `clients` is its authority.
    fn server(&self, name: &str, clients: Option<&Self>) -> ServerConfig {
        let (certificate, key) = self.identity(name);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let builder = match clients {
            None => ServerConfig::builder().with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.ca.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
                ServerConfig::builder().with_client_cert_verifier(verifier)
            }
        };
        builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }
}

#[tokio::test]
async fn certificates_of_the_kubeconfig_are_used() {
    let authority = Authority::new();
    let tls = authority.server("127.0.0.1", Some(&authority));
    let server = Server::start_tls(tls, echo).await;
    let place = Place::new();
    let (certificate, key) = authority.identity("ann");
    let data = |pem: String| STANDARD.encode(pem);
    let cluster = format!(
        "server: 'https://{}', certificate-authority-data: {}",
        server.address,
        data(authority.pem())
    );
    let user = format!(
        "client-certificate-data: {}, client-key-data: {}",
        data(certificate.pem()),
        data(key.serialize_pem())
    );
    let mut endpoint = at(kubernetes(&place.kubeconfig(&cluster, &user)));
    assert_eq!(get(&mut endpoint).await.unwrap(), r#"{"login":""}"#);
    // Without the client's certificate the server hangs up.
    let mut endpoint = at(kubernetes(&place.kubeconfig(&cluster, "token: t0ken-abc")));
    assert!(get(&mut endpoint).await.is_err());
    // A plugin can hand over the same certificate.
    let text = serde_json::json!({"status": {
        "clientCertificateData": certificate.pem(), "clientKeyData": key.serialize_pem()}});
    fs_err::write(place.path("credential"), text.to_string()).unwrap();
    let script = place.script("login", "cat \"$(dirname \"$0\")/credential\"");
    let user = format!("exec: {{command: {}}}", script.display());
    let mut endpoint = at(kubernetes(&place.kubeconfig(&cluster, &user)));
    assert_eq!(get(&mut endpoint).await.unwrap(), r#"{"login":""}"#);
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_gets_nothing() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("127.0.0.1", None), echo).await;
    let place = Place::new();
    let data = |pem: String| STANDARD.encode(pem);
    let other = data(Authority::new().pem());
    let base = format!("server: 'https://{}'", server.address);
    let cluster = format!("{base}, certificate-authority-data: {other}");
    let error = get(&mut at(kubernetes(&place.kubeconfig(&cluster, "token: t0ken-abc"))))
        .await
        .unwrap_err();
    assert!(matches!(error, HttpError::Unreachable(_)), "{error:?}");
    assert!(error.hint().unwrap().contains("certificate-authority"), "{:?}", error.hint());
    assert!(server.requests().is_empty());

    let cluster = format!("{base}, insecure-skip-tls-verify: true");
    let mut endpoint = at(kubernetes(&place.kubeconfig(&cluster, "token: t0ken-abc")));
    get(&mut endpoint).await.unwrap();
    let warnings = endpoint.take_warnings();
    assert!(warnings[0].contains("insecure-skip-tls-verify"), "{warnings:?}");
    assert!(endpoint.take_warnings().is_empty());
}

#[tokio::test]
async fn the_name_in_the_certificate_can_be_given() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("cluster.internal", None), echo).await;
    let place = Place::new();
    fs_err::write(place.path("ca.crt"), authority.pem()).unwrap();
    let cluster = format!("server: 'https://{}', certificate-authority: ca.crt", server.address);
    let wrong = get(&mut at(kubernetes(&place.kubeconfig(&cluster, "token: t0ken-abc")))).await;
    assert!(matches!(wrong.unwrap_err(), HttpError::Unreachable(_)));
    let cluster = format!("{cluster}, tls-server-name: cluster.internal");
    let right = get(&mut at(kubernetes(&place.kubeconfig(&cluster, "token: t0ken-abc")))).await;
    assert_eq!(right.unwrap(), r#"{"login":"Bearer ***"}"#);
}

/// The other transport is tried here too, where the certificates are at hand.
#[tokio::test]
async fn an_http_service_may_have_a_private_authority() {
    let authority = Authority::new();
    let tls = authority.server("localhost", Some(&authority));
    let server = Server::start_tls(tls, echo).await;
    let place = Place::new();
    fs_err::write(place.path("ca.crt"), authority.pem()).unwrap();
    let (certificate, key) = authority.identity("ann");
    let identity = format!("{}{}", certificate.pem(), key.serialize_pem());
    fs_err::write(place.path("me.pem"), identity).unwrap();
    let base = format!("https://localhost:{}", server.address.port());
    let known = HttpTransport {
        ca_file: Some(place.path("ca.crt")),
        client_certificate_file: Some(place.path("me.pem")),
        ..http(&base, None)
    };
    let unnamed = HttpTransport { client_certificate_file: None, ..known.clone() };
    let unknown = HttpTransport { ca_file: None, ..known.clone() };
    let send = async |transport: HttpTransport| {
        get(&mut Endpoint::new(config(Transport::Http(transport), &grant()))).await
    };
    assert_eq!(send(known).await.unwrap(), r#"{"login":""}"#);
    assert!(send(unnamed).await.is_err());
    assert!(matches!(send(unknown).await.unwrap_err(), HttpError::Unreachable(_)));
}
