//! Services over HTTP, as stand-ins that check what they are sent.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use connhub_tests::serve::{Request, Response, Server, Service};
use ring::hmac;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::json;

use super::*;

/// What a test wants of a service.
struct Answers<F>(F);

impl<F: Fn(&Request) -> Response + Send + Sync + 'static> Service for Answers<F> {
    fn answer(&self, request: &Request) -> Response {
        self.0(request)
    }
}

fn serve(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
    Server::start(Arc::new(Answers(answer)))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[test]
fn an_address() {
    let env = TestEnv::new();
    let server = serve(|request| match (request.method.as_str(), request.path.as_str()) {
        ("HEAD", "/file") | ("GET", "/page") => Response::empty(200),
        ("HEAD", "/page") => Response::empty(405),
        (_, "/private") => Response::empty(403),
        _ => Response::empty(404),
    });
    for (path, last) in [
        ("file", "target ok: HTTP 200 OK"),
        ("page", "target ok: HTTP 200 OK"),
        ("private", "target failed: HTTP 403 Forbidden: it is not public"),
        ("gone", "target failed: HTTP 404 Not Found"),
    ] {
        let uri = format!("uri={}/{path}", server.url());
        env.run(["create", path, "--type=uri", &uri]).succeeds();
        ends(&env, path, last);
    }
    env.run(["create", "oci", "--type=uri", "uri=oci://quay.io/acme/model"]).succeeds();
    ends(
        &env,
        "oci",
        "protocol not-testable: there is no test for addresses that begin with `oci:`",
    );
}

#[test]
fn a_search_engine() {
    let env = TestEnv::new();
    let password = env.secret("password");
    let (expected, limited) = (basic("loader", &password), basic("limited", &password));
    let server = serve(move |request| {
        let login = request.header("authorization").unwrap_or_default();
        match request.path.as_str() {
            _ if login != expected && login != limited => {
                Response::json(401, &json!({"error": {"reason": "unable to authenticate"}}))
            }
            "/search/" if login == limited => {
                Response::json(403, &json!({"error": {"type": "security_exception"}}))
            }
            "/search/" => Response::json(200, &json!({"version": {"number": "9.1.0"}})),
            "/search/orders-%2A" => Response::empty(200),
            _ => Response::empty(404),
        }
    });
    let nodes = format!("nodes={}", &server.url()["http://".len()..]);
    let as_user = |name: &str, user: &str, index: &str, password: &str| {
        let (user, index) = (format!("username={user}"), format!("index={index}"));
        let fields =
            ["--type=elasticsearch", &nodes, "tls=false", "path_prefix=/search", &user, &index];
        create(&env, name, &fields, ("password", password));
    };
    let with = |name: &str, index: &str, password: &str| as_user(name, "loader", index, password);
    as_user("limited", "limited", "orders-*", &password);
    let (result, rungs) = ladder(&env, "limited");
    assert_eq!(result, "ok", "{rungs:#?}");
    assert!(rungs[2].ends_with("accepted, and may not see the page `/`"), "{rungs:#?}");
    with("orders", "orders-*", &password);
    assert_eq!(ladder(&env, "orders").0, "ok");
    ends(&env, "orders", "target ok: index `orders-*` is there");
    with("gone", "gone", &password);
    ends(&env, "gone", "target failed: there is no index `gone`");
    with("wrong", "orders-*", &env.secret("wrong"));
    ends(
        &env,
        "wrong",
        "credential failed: the login is not accepted, HTTP 401 Unauthorized: unable to authenticate",
    );
}

#[test]
fn azure_storage() {
    let env = TestEnv::new();
    let key = env.secret("key");
    let account_key = STANDARD.encode(&key);
    env.watch("account key", &account_key);
    let signature = env.secret("signature").replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let wanted = signature.clone();
    let server = serve(move |request| azure(request, &key, &wanted));
    let endpoint = format!("endpoint={}/acmelake", server.url());
    let with = |name: &str, container: &str, secret: (&str, &str)| {
        let container = format!("container={container}");
        let fields = ["--type=azure-blob", "account_name=acmelake", &endpoint, &container];
        create(&env, name, &fields, secret);
    };
    with("lake", "raw", ("account_key", &account_key));
    assert_eq!(
        ladder(&env, "lake").1[1..],
        [
            "protocol ok: Azure Storage",
            "credential ok: the login is accepted",
            "target ok: container `raw` is there",
        ]
    );
    with("gone", "gone", ("account_key", &account_key));
    ends(&env, "gone", "target failed: there is no container `gone`");
    let other = STANDARD.encode(env.secret("other"));
    with("wrong", "raw", ("account_key", &other));
    ends(
        &env,
        "wrong",
        "credential failed: the login is not accepted (HTTP 403 Forbidden: AuthenticationFailed)",
    );
    let sas = format!("?sv=2021-08-06&sig={signature}");
    with("sas", "raw", ("sas_token", &sas));
    assert_eq!(ladder(&env, "sas").0, "ok");
    with("closed", "closed", ("sas_token", &sas));
    ends(&env, "closed", "target not-testable: the login may not list container `closed`");
}

/// What Azure answers, by the rules of its documentation, which are written down here a second time.
fn azure(request: &Request, key: &str, signature: &str) -> Response {
    let denied = || {
        Response::empty(403)
            .header("x-ms-error-code", "AuthenticationFailed")
            .header("x-ms-version", "1")
    };
    let has_signature = request.query("sig") == Some(signature);
    let date = request.header("x-ms-date").unwrap_or_default();
    let version = request.header("x-ms-version").unwrap_or_default();
    let text = format!(
        "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{version}\n/acmelake/acmelake/{}\ncomp:list\nmaxresults:1\nrestype:container",
        request.path.rsplit('/').next().unwrap_or_default()
    );
    let made = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes());
    let wanted = format!("SharedKey acmelake:{}", STANDARD.encode(made));
    if request.header("authorization") != Some(&*wanted) && !has_signature {
        return denied();
    }
    match request.path.as_str() {
        "/acmelake/raw" => {
            Response::text(200, "<EnumerationResults/>").header("x-ms-version", version)
        }
        "/acmelake/closed" => Response::empty(403)
            .header("x-ms-error-code", "AuthorizationPermissionMismatch")
            .header("x-ms-version", "1"),
        _ => Response::empty(404)
            .header("x-ms-error-code", "ContainerNotFound")
            .header("x-ms-version", "1"),
    }
}

/// A service account's key, made for this test. Its public half checks the signature.
#[test]
fn google_cloud_storage() {
    let env = TestEnv::new();
    let (private, public) = rsa_key();
    env.watch("private key", private.lines().nth(1).unwrap());
    let token = env.secret("token").replace(|c: char| !c.is_ascii_graphic(), "x");
    let server = serve(move |request| google(request, &public, &token));
    let key = |private: &str| {
        json!({
            "type": "service_account", "project_id": "acme", "private_key_id": "1", "private_key": private,
            "client_email": "loader@acme.iam.gserviceaccount.com", "token_uri": format!("{}/token", server.url()),
        })
        .to_string()
    };
    let endpoint = format!("endpoint={}", server.url());
    let with = |name: &str, bucket: &str, private: &str| {
        let bucket = format!("bucket={bucket}");
        create(
            &env,
            name,
            &["--type=gcs", &endpoint, &bucket],
            ("service_account_key", &key(private)),
        );
    };
    with("lake", "raw", &private);
    assert_eq!(ladder(&env, "lake").0, "ok");
    ends(&env, "lake", "target ok: bucket `raw` is there");
    with("gone", "gone", &private);
    ends(&env, "gone", "target failed: there is no bucket `gone`");
    with("closed", "closed", &private);
    ends(&env, "closed", "target not-testable: the login may not look into bucket `closed`");
    with("wrong", "raw", &rsa_key().0);
    ends(
        &env,
        "wrong",
        "credential failed: no token is given for the login (invalid_grant: Invalid JWT Signature.)",
    );
    with("none", "raw", "-----BEGIN PRIVATE KEY-----");
    ends(&env, "none", "credential failed: the private key is no RSA key in PEM");
}

/// What Google answers: a token for an assertion with a right signature, and everything else for that token.
fn google(request: &Request, public: &[u8], token: &str) -> Response {
    if request.path == "/token" {
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let assertion = form.split("assertion=").nth(1).unwrap_or_default();
        let (signed, signature) = assertion.rsplit_once('.').unwrap_or_default();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        return match key.verify(signed.as_bytes(), &signature) {
            Ok(()) => Response::json(200, &json!({"access_token": token, "token_type": "Bearer"})),
            Err(_) => Response::json(
                400,
                &json!({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}),
            ),
        };
    }
    let is_known = request.header("authorization") == Some(&format!("Bearer {token}"));
    match (is_known, request.path.as_str()) {
        (false, _) => Response::json(401, &json!({"error": {"message": "Invalid Credentials"}})),
        (_, "/storage/v1/b/raw/o") => Response::json(200, &json!({"kind": "storage#objects"})),
        (_, "/storage/v1/b/closed/o") => {
            Response::json(403, &json!({"error": {"message": "no access to objects.list"}}))
        }
        _ => Response::json(
            404,
            &json!({"error": {"message": "The specified bucket does not exist."}}),
        ),
    }
}

/// A private key in PEM, and its public half as a verifier takes it.
pub(super) fn rsa_key() -> (String, Vec<u8>) {
    let words = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    let private = String::from_utf8(openssl(&words, "")).expect("PEM is ASCII");
    let public = openssl(&["rsa", "-RSAPublicKey_out", "-outform", "DER"], &private);
    assert!(!public.is_empty());
    (private, public)
}

/// What openssl prints.
pub(super) fn openssl(words: &[&str], stdin: &str) -> Vec<u8> {
    let mut child = std::process::Command::new("openssl")
        .args(words)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("openssl is there");
    let mut pipe = child.stdin.take().expect("stdin is a pipe");
    pipe.write_all(stdin.as_bytes()).expect("openssl reads");
    drop(pipe);
    child.wait_with_output().expect("openssl ends").stdout
}

#[test]
fn a_registry() {
    let env = TestEnv::new();
    let password = env.secret("password");
    let wanted = basic("robot", &password);
    let server = serve(move |request| {
        let address = request.header("host").unwrap_or_default().to_owned();
        let challenge = format!("Bearer realm=\"http://{address}/token\",service=\"registry\"");
        match (request.path.as_str(), request.header("authorization")) {
            ("/token", Some(login))
                if login == wanted && request.query("service") == Some("registry") =>
            {
                Response::json(200, &json!({"token": "token-of-the-registry"}))
            }
            ("/token", _) => {
                Response::json(401, &json!({"errors": [{"message": "access denied"}]}))
            }
            ("/v2/", Some("Bearer token-of-the-registry")) => Response::json(200, &json!({})),
            _ => Response::json(401, &json!({})).header("www-authenticate", &challenge),
        }
    });
    let host = server.url()["http://".len()..].to_owned();
    let with = |name: &str, password: &str| {
        let auth = STANDARD.encode(format!("robot:{password}"));
        env.watch("auth", &auth);
        let file = json!({"auths": {&host: {"auth": auth}}}).to_string();
        let host = format!("host={host}/acme");
        create(&env, name, &["--type=oci", &host], ("dockerconfigjson", &file));
    };
    with("images", &password);
    assert_eq!(ladder(&env, "images").0, "ok");
    ends(&env, "images", "credential ok: `robot` is logged in");
    with("wrong", &env.secret("wrong"));
    ends(
        &env,
        "wrong",
        "credential failed: the login is not accepted, HTTP 401 Unauthorized: access denied",
    );
    let address = format!("host={host}");
    env.run(["create", "public", "--type=oci", "auth_method=anonymous", &address]).succeeds();
    ends(&env, "public", "credential failed");
    let elsewhere = json!({"auths": {"quay.io": {"auth": STANDARD.encode("a:b")}}}).to_string();
    create(&env, "none", &["--type=oci", &address], ("dockerconfigjson", &elsewhere));
    ends(&env, "none", "credential failed: `dockerconfigjson` has no login for");
}

#[test]
fn a_realm_at_a_metadata_service_is_not_asked() {
    let env = TestEnv::new();
    let password = env.secret("password");
    for (name, realm) in
        [("metadata", "https://169.254.169.254/token"), ("clear", "http://192.0.2.1/token")]
    {
        let challenge = format!("Bearer realm=\"{realm}\"");
        let server = serve(move |_| Response::empty(401).header("www-authenticate", &challenge));
        let host = format!("host={}", &server.url()["http://".len()..]);
        create(&env, name, &["--type=oci", &host, "username=robot"], ("password", &password));
        ends(&env, name, "credential failed: 1");
    }
}
