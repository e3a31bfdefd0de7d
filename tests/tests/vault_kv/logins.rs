//! Logins: tokens, roles whose secret is exchanged for one, namespaces.

use connhub_tests::vault_kv::Options;
use serde_json::json;

use crate::instance::Instance;
use crate::requests::{header, lines};

const REFUSED: &str = "refused = [403]\n";

#[test]
fn a_token_is_sent_in_its_header() {
    let instance = Instance::new();
    let (_, requests) = instance.asked(|| instance.run(&["list"]).succeeds());
    assert_eq!(lines(&requests), ["LIST /v1/secret/metadata"]);
    assert!(header(&requests[0], "x-vault-token").starts_with("hvs."));
    assert_eq!(header(&requests[0], "authorization"), "");
}

#[test]
fn a_role_logs_in_once_for_each_command() {
    let mut instance = Instance::new();
    let role = instance.vault.add_role("", None);
    instance.log_in_by(&role, REFUSED);
    let key = instance.env.secret("key");
    let create = instance.create("sales", &crate::S3, &[]).stdin(key.as_str());
    let (_, requests) = instance.asked(|| create.run().succeeds());
    let expected = [
        "POST /v1/auth/approle/login",
        "POST /v1/secret/data/sales",
        "POST /v1/secret/metadata/sales",
    ];
    assert_eq!(lines(&requests), expected);
    let body: serde_json::Value = serde_json::from_slice(&requests[0].body).expect("it is JSON");
    assert_eq!(body, json!({"role_id": role.role_id, "secret_id": role.secret_id}));
    assert_eq!(header(&requests[0], "x-vault-token"), "");
    instance.run(&["get", "sales", "-vvv"]).succeeds();
    assert_eq!(instance.data("sales").expect("it is there")["secret_access_key"], json!(key));
}

#[test]
fn a_token_that_ends_is_renewed_and_nothing_is_done_twice() {
    let mut instance = Instance::new();
    let role = instance.vault.add_role("", Some(1));
    instance.log_in_by(&role, REFUSED);
    instance.has_bucket("sales");
    assert_eq!(instance.vault.versions("", "secret", "sales"), 1);
    // Without being told which answers mean that, nothing is renewed.
    let before = instance.vault.tokens_issued("");
    instance.log_in_by(&role, "");
    let refused = instance.run(&["update", "sales", "bucket=other", "--keep-secrets"]);
    refused.fails(4, "the token is not valid, or has expired");
    assert_eq!(instance.vault.tokens_issued(""), before + 1);
}

#[test]
fn a_role_that_is_refused_is_told_and_not_quoted() {
    let mut instance = Instance::new();
    let mut role = instance.vault.add_role("", None);
    role.secret_id = "00000000-1347-aa90-a4f6-aca8b7558780".to_owned();
    instance.log_in_by(&role, REFUSED);
    let refused = instance
        .run(&["list", "-vvv"])
        .fails(4, "`POST /v1/auth/approle/login` was answered with 400");
    assert!(refused.stderr.contains("hint: renew the credential"), "{refused}");
    instance.vault.seal(true);
    instance.run(&["list"]).fails(6, "was answered with 503");
}

#[test]
fn a_login_that_cannot_be_used_is_named_with_its_line() {
    let mut instance = Instance::new();
    let login = |exchange: &str| {
        format!(
            "scheme = \"header\"\nheader = \"x-vault-token\"\nenv = [\"SECRET_ID\"]\n\
             exchange = {{ {exchange} }}\n"
        )
    };
    let usual = "credential = \"secret_id\", token = \"/auth/client_token\"";
    for (exchange, words) in [
        (format!("path = \"v1/login\", {usual}"), "has no usable `path`"),
        (format!("path = \"/v1/../login\", {usual}"), "has no usable `path`"),
        ("path = \"/v1/login\", credential = \"s\", token = \"auth\"".into(), "JSON pointer"),
        (format!("path = \"/v1/login\", {usual}, refused = [42]"), "status that is none"),
        (
            format!("path = \"/v1/login\", {usual}, body = {{ role_id = \"${{ROLE_ID}}\" }}"),
            "`ROLE_ID`",
        ),
        (format!("path = \"/v1/login\", {usual}, retries = 3"), "retries"),
    ] {
        instance.log_in(&login(&exchange));
        let refused = instance.run(&["list"]).exits_with(2);
        assert!(refused.stderr.contains(words), "{exchange}\n{refused}");
        assert!(refused.stderr.contains("plugins.toml:"), "{refused}");
    }
    assert_eq!(instance.server.requests().len(), 0);
}

#[test]
fn a_namespace_is_a_header_of_the_endpoint() {
    let namespaces = vec!["team".to_owned()];
    let mut instance = Instance::of(Options { namespaces, ..Options::default() });
    let role = instance.vault.add_role("team", None);
    instance.log_in_by(&role, REFUSED);
    instance.run(&["list"]).exits_with(4);
    instance.enter("team");
    let key = instance.has_bucket("sales");
    let stored = instance.vault.data("team", "secret", "sales").expect("it is there");
    assert_eq!(stored["secret_access_key"], json!(key));
    assert_eq!(instance.data("sales"), None);
}

#[test]
fn a_header_of_the_program_cannot_be_configured() {
    let mut instance = Instance::new();
    let token = instance.vault.usual_token("");
    instance.log_in_as(&token);
    let plugins =
        fs_err::read_to_string(instance.env.home().join("plugins.toml")).expect("it is there");
    for name in ["host", "Authorization", "content-length"] {
        let headers =
            format!("[backends.vault-kv.endpoints.vault]\nheaders = {{ {name} = \"x\" }}\n");
        instance.env.plugins(&plugins.replace("[backends.vault-kv.endpoints.vault]\n", &headers));
        instance.run(&["list"]).fails(2, "is set by the program");
    }
}
