use connhub_tests::dataos::{
    AcceptedLogin, AuthorizeToken, DataOs, ErrorForm, ForbiddenForm, Options, Tokens,
};
use serde_json::{Value, json};

use crate::{DEPOTS, Instance, WORKSPACE, depot, secret};

const EXPIRED: &str = "could not verify the token : oidc: token is expired \
                       (Token Expiry: 2025-01-31 08:00:00 +0000 UTC)";

#[test]
fn documented_login_refusals() {
    let check = |accepted, headers: &[(&str, &str)], expected: (u16, Value)| {
        let options = Options { accepted_login: accepted, ..Options::default() };
        let instance = Instance::new(options);
        for path in [format!("{WORKSPACE}/depot"), DEPOTS.to_owned(), "/heimdall/x".to_owned()] {
            let answer = instance.ask_with(headers, "GET", &path, &Value::Null);
            assert_eq!(answer, expected, "{path} {headers:?}");
        }
    };
    let refused = |message: &str| {
        (401, json!({"allow": false, "error": {"message": message, "status": 401}}))
    };
    let tokens = tokens();
    let bearer = format!("Bearer {}", tokens.expired);
    let good = tokens.data_dev.as_str();
    check(AcceptedLogin::Either, &[], refused("missing auth tokens"));
    check(AcceptedLogin::Either, &[("authorization", good)], refused("missing auth tokens"));
    check(AcceptedLogin::Either, &[("authorization", &bearer)], refused(EXPIRED));
    check(AcceptedLogin::Either, &[("apikey", &tokens.expired)], refused(EXPIRED));
    check(AcceptedLogin::Bearer, &[("apikey", good)], refused("missing auth tokens"));
    let bearer = format!("Bearer {good}");
    check(AcceptedLogin::ApiKey, &[("authorization", &bearer)], refused("missing auth tokens"));
    check(
        AcceptedLogin::Either,
        &[("apikey", "bm9ib2R5")],
        refused("could not verify the token : oidc: malformed jwt"),
    );
}

#[test]
fn accepted_headers() {
    let check = |accepted, header: &str| {
        let options = Options { accepted_login: accepted, ..Options::default() };
        let instance = Instance::new(options);
        let token = instance.dataos.tokens().data_dev;
        let value = if header == "apikey" { token } else { format!("Bearer {token}") };
        let answer = instance.ask_with(&[(header, &value)], "GET", DEPOTS, &Value::Null);
        assert_eq!(answer, (200, json!([])), "{accepted:?} {header}");
    };
    check(AcceptedLogin::Bearer, "authorization");
    check(AcceptedLogin::ApiKey, "apikey");
    check(AcceptedLogin::Either, "authorization");
    check(AcceptedLogin::Either, "apikey");
}

#[test]
fn documented_role_refusal() {
    let role = "forbidden: user does not have required role data-dev";
    let check = |forbidden, error_form, expected: Value| {
        let instance =
            Instance::with_sales(Options { forbidden, error_form, ..Options::default() });
        let token = instance.dataos.tokens().no_role;
        for (method, path) in [
            ("POST", WORKSPACE.to_owned()),
            ("POST", format!("{WORKSPACE}/validate")),
            ("PUT", format!("{WORKSPACE}/secret/sales-cred")),
            ("DELETE", format!("{WORKSPACE}/depot/sales")),
        ] {
            let answer = instance.ask_as(&token, method, &path, &secret("sales-cred"));
            assert_eq!(answer, (403, expected.clone()), "{method} {path}");
        }
        let read = instance.ask_as(&token, "GET", DEPOTS, &Value::Null);
        assert_eq!(read.0, 200, "reading needs no role");
    };
    let nested = json!({"error": {"status": 403, "message": role}});
    check(ForbiddenForm::Role, ErrorForm::Nested, nested);
    check(ForbiddenForm::Role, ErrorForm::Flat, json!({"status": 403, "message": role}));
    check(ForbiddenForm::Role, ErrorForm::Text, json!(role));
    let ingress = json!({"allow": false, "error": {"message": "forbidden", "status": 403}});
    check(ForbiddenForm::Ingress, ErrorForm::Nested, ingress);
}

#[test]
fn secrets_of_others_need_a_permit() {
    let instance = Instance::with_sales(Options::default());
    let tokens = instance.dataos.tokens();
    let mine = depot("crm", "snowflake", "sales-cred");
    let (status, body) = instance.ask_as(&tokens.other_data_dev, "POST", WORKSPACE, &mine);
    assert_eq!(status, 400);
    assert_eq!(
        body["error"]["message"],
        "could not get the secret map for the dataos address: 'dataos://crm?purpose=rw' \
         err: 403 <nil>"
    );
    let values = format!("{DEPOTS}/sales/secrets?purpose=rw");
    assert_eq!(instance.ask_as(&tokens.other_data_dev, "GET", &values, &Value::Null).0, 403);
    instance.dataos.allow_use("sales-cred", "gracehopper");
    assert_eq!(instance.ask_as(&tokens.other_data_dev, "POST", WORKSPACE, &mine).0, 200);
    assert_eq!(instance.ask_as(&tokens.other_data_dev, "GET", &values, &Value::Null).0, 200);
}

#[test]
fn depots_of_others_are_not_edited() {
    let check = |who: fn(&DataOs) -> String, expected: u16| {
        let instance = Instance::with_sales(Options::default());
        let token = who(&instance.dataos);
        let path = format!("{WORKSPACE}/depot/sales");
        let manifest = depot("sales", "snowflake", "sales-cred");
        instance.dataos.allow_use("sales-cred", "gracehopper");
        assert_eq!(instance.ask_as(&token, "PUT", &path, &manifest).0, expected, "PUT");
        // An update makes the depot the operator's own, who may delete it in any case.
        assert_eq!(instance.ask_as(&token, "DELETE", &path, &Value::Null).0, expected, "DELETE");
    };
    check(|dataos| dataos.tokens().data_dev, 200);
    check(|dataos| dataos.tokens().operator, 200);
    check(|dataos| dataos.tokens().other_data_dev, 403);
}

#[test]
fn accepted_tokens() {
    let check = |options: Options, header: Option<&str>, body: Value| {
        let expected = json!({
            "allow": true,
            "valid": true,
            "result": {
                "id": "adalovelace",
                "tags": ["roles:id:user", "roles:id:data-dev", "users:id:adalovelace"],
            },
        });
        assert_eq!(authorize(options, header, &body), (200, expected), "{body}");
    };
    let token = tokens().data_dev;
    check(Options::default(), None, json!({"token": token}));
    let from_header =
        Options { authorize_token: AuthorizeToken::BodyOrHeader, ..Options::default() };
    check(from_header, Some(&token), json!({}));
}

#[test]
fn refused_tokens() {
    let check = |options: Options, header: Option<&str>, body: Value, status, message: &str| {
        let error = json!({"message": message, "status": 401});
        let expected = json!({"allow": false, "valid": false, "error": error});
        assert_eq!(authorize(options, header, &body), (status, expected), "{body}");
    };
    let expired = json!({"token": tokens().expired});
    check(Options::default(), None, expired.clone(), 200, EXPIRED);
    let strict = Options { refused_token_status: 401, ..Options::default() };
    check(strict, None, expired, 401, EXPIRED);
    let token = tokens().data_dev;
    check(Options::default(), Some(&token), json!({}), 200, "missing auth tokens");
}

fn authorize(options: Options, header: Option<&str>, body: &Value) -> (u16, Value) {
    let headers: Vec<(&str, &str)> = header.map(|token| ("apikey", token)).into_iter().collect();
    Instance::new(options).ask_with(&headers, "POST", "/heimdall/api/v1/authorize", body)
}

fn tokens() -> Tokens {
    DataOs::new(Options::default()).tokens()
}
