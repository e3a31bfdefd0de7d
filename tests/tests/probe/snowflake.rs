//! Snowflake as a stand-in: what its drivers send, and what it says to a wrong login.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use connhub_tests::serve::{Request, Response, Server, Service, Tls};
use ring::digest::{SHA256, digest};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::json;

use super::http::{openssl, rsa_key};
use super::*;

struct Snowflake {
    password: String,
    public: Vec<u8>,
    fingerprint: String,
}

impl Service for Snowflake {
    fn answer(&self, request: &Request) -> Response {
        if request.path == "/session" {
            let is_known = request.header("authorization") == Some("Snowflake Token=\"session\"");
            return Response::json(200, &json!({"success": is_known}));
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match self.knows(&body["data"]) {
            true => Response::json(200, &json!({"success": true, "data": {"token": "session"}})),
            false => Response::json(
                200,
                &json!({"success": false, "code": "390100", "message": "Incorrect username or password was specified."}),
            ),
        }
    }
}

impl Snowflake {
    fn knows(&self, login: &Value) -> bool {
        let text = |name: &str| login[name].as_str().unwrap_or_default();
        if text("ACCOUNT_NAME") != "ACME_ANALYTICS" || text("LOGIN_NAME") != "loader" {
            return false;
        }
        match text("AUTHENTICATOR") {
            "" => text("PASSWORD") == self.password,
            "SNOWFLAKE_JWT" => self.signs(text("TOKEN")),
            _ => false,
        }
    }

    fn signs(&self, token: &str) -> bool {
        let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public);
        let claims = signed.split_once('.').map(|(_, claims)| claims).unwrap_or_default();
        let claims = URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
        let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
        let issuer = format!("ACME_ANALYTICS.LOADER.SHA256:{}", self.fingerprint);
        key.verify(signed.as_bytes(), &signature).is_ok()
            && claims["iss"] == issuer.as_str()
            && claims["sub"] == "ACME_ANALYTICS.LOADER"
    }
}

#[test]
fn logins_by_password_and_by_key() {
    let env = TestEnv::new();
    let (private, public) = rsa_key();
    env.watch("private key", private.lines().nth(1).unwrap());
    let info = openssl(&["rsa", "-pubout", "-outform", "DER"], &private);
    let fingerprint = STANDARD.encode(digest(&SHA256, &info));
    let password = env.secret("password");
    let tls = Tls::new();
    let service = Snowflake { password: password.clone(), public, fingerprint };
    let server = Server::start_tls(Arc::new(service), tls.clone());
    let ca = env.file("ca.pem", tls.ca_pem());
    let url = format!("url={}", server.url());
    let fields = ["--type=snowflake", &url, "account=acme_analytics", "username=loader"];
    let test = |name: &str, secret: (&str, &str)| {
        create(&env, name, &fields, secret);
        // The authorities of the system are those of this file.
        let test = env.command(["test", name, "-o=json"]).variable("SSL_CERT_FILE", &ca);
        let json = test.run().json();
        (json["result"].as_str().unwrap_or_default().to_owned(), rungs(&json))
    };
    for (name, secret) in
        [("password", ("password", &*password)), ("key", ("private_key", &*private))]
    {
        let (result, rungs) = test(name, secret);
        assert_eq!(result, "ok", "{rungs:#?}");
        assert_eq!(rungs.last().unwrap(), "credential ok: the login is accepted");
    }
    let ended =
        server.requests().into_iter().filter(|request| request.path == "/session?delete=true");
    assert_eq!(ended.count(), 2, "no session is left open");
    let wrong = env.secret("wrong");
    let (_, rungs) = test("wrong", ("password", &wrong));
    let last = "credential failed: the login is not accepted: Incorrect username or password was specified. (390100)";
    assert_eq!(rungs.last().unwrap(), last);
    let (_, rungs) = test("other", ("private_key", &rsa_key().0));
    assert!(rungs.last().unwrap().starts_with("credential failed"), "{rungs:#?}");
}
