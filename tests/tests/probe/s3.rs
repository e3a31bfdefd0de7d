//! S3 against a server that checks signatures.

use connhub_tests::s3::S3Server;
use connhub_tests::serve::Tls;

use super::*;

const ID: &str = "AKIAEXAMPLE";

fn server(env: &TestEnv) -> (S3Server, String) {
    let key = env.secret("key");
    let server = S3Server::start(ID, &key);
    server.put("raw", "a/b.parquet", "data");
    (server, key)
}

#[track_caller]
fn connection(env: &TestEnv, name: &str, url: &str, key: &str, more: &[&str]) {
    let endpoint = format!("endpoint={url}");
    let id = format!("access_key_id={ID}");
    let mut fields = vec!["--type=s3", &endpoint, &id];
    fields.extend(more);
    create(env, name, &fields, ("secret_access_key", key));
}

#[test]
fn every_rung_is_told() {
    let env = TestEnv::new();
    let (server, key) = server(&env);
    connection(&env, "lake", &server.url(), &key, &["bucket=raw"]);
    let (result, rungs) = ladder(&env, "lake");
    assert_eq!(result, "ok");
    let address = server.url().replace("http://", "");
    let expected = [
        format!("connect ok: {address}"),
        "protocol ok: it speaks S3".to_owned(),
        "credential ok: the key and its signature are accepted".to_owned(),
        "target ok: bucket `raw` is there".to_owned(),
    ];
    assert_eq!(rungs, expected);
}

#[test]
fn a_wrong_key_is_told_from_a_wrong_bucket() {
    let env = TestEnv::new();
    let (server, key) = server(&env);
    let other = env.secret("other");
    connection(&env, "key", &server.url(), &other, &["bucket=raw"]);
    ends(&env, "key", "credential failed: the secret access key is not that of the access key id");
    connection(&env, "bucket", &server.url(), &key, &["bucket=sales"]);
    ends(&env, "bucket", "target failed: there is no bucket `sales`");
    let endpoint = format!("endpoint={}", server.url());
    let fields = ["--type=s3", &endpoint, "access_key_id=AKIANOBODY", "bucket=raw"];
    create(&env, "id", &fields, ("secret_access_key", &key));
    ends(&env, "id", "credential failed: the access key id is not known");
}

#[test]
fn without_a_bucket_the_key_is_tried_all_the_same() {
    let env = TestEnv::new();
    let (server, key) = server(&env);
    connection(&env, "all", &server.url(), &key, &[]);
    ends(&env, "all", "credential ok");
    let other = env.secret("other");
    connection(&env, "wrong", &server.url(), &other, &[]);
    ends(&env, "wrong", "credential failed");
}

#[test]
fn a_connection_without_keys_of_its_own_says_that_nothing_was_tried() {
    let env = TestEnv::new();
    let (server, _) = server(&env);
    let endpoint = format!("endpoint={}", server.url());
    env.run(["create", "p", "--type=s3", &endpoint, "profile=analytics", "bucket=raw"]).succeeds();
    let (result, rungs) = ladder(&env, "p");
    assert_eq!(result, "not-testable");
    let has = |words: &str| rungs.iter().any(|rung| rung.starts_with(words));
    assert!(has("credential not-testable: the login is that of whoever uses"), "{rungs:#?}");
    assert!(has("protocol ok"), "{rungs:#?}");
}

#[test]
fn a_certificate_of_a_private_authority_is_trusted_if_the_connection_names_it() {
    let env = TestEnv::new();
    let key = env.secret("key");
    let server = S3Server::start_tls(ID, &key, Tls::new());
    server.put("raw", "a", "data");
    let ca = env.file("ca.pem", server.ca_pem().unwrap());
    let bundle = format!("ca_bundle={}", ca.display());
    connection(&env, "trusted", &server.url(), &key, &["bucket=raw", &bundle]);
    let (result, rungs) = ladder(&env, "trusted");
    assert_eq!(result, "ok", "{rungs:#?}");
    let whose = "tls ok: TLS 1.3, certificate of `CN=stand-in server`, issued by `CN=stand-in authority`, valid until ";
    assert!(rungs[1].starts_with(whose), "{rungs:#?}");
    connection(&env, "untrusted", &server.url(), &key, &["bucket=raw"]);
    let (_, rungs) = ladder(&env, "untrusted");
    assert!(rungs[1].contains("its issuer is not trusted"), "{rungs:#?}");
    assert_eq!(rungs.len(), 2, "nothing is sent: {rungs:#?}");
    connection(&env, "unchecked", &server.url(), &key, &["bucket=raw", "verify_ssl=false"]);
    let (result, rungs) = ladder(&env, "unchecked");
    assert_eq!(result, "ok");
    assert!(rungs[1].ends_with("it is not checked, as the connection says"), "{rungs:#?}");
}

#[test]
fn what_is_wrong_with_a_certificate_is_said() {
    let env = TestEnv::new();
    let key = env.secret("key");
    for (name, tls, words) in [
        ("expired", Tls::expired(), "it has expired on 2001-01-01"),
        ("other", Tls::for_host("elsewhere.example.com"), "it is not for the name `127.0.0.1`"),
    ] {
        let server = S3Server::start_tls(ID, &key, tls);
        let ca = env.file(name, server.ca_pem().unwrap());
        let bundle = format!("ca_bundle={}", ca.display());
        connection(&env, name, &server.url(), &key, &["bucket=raw", &bundle]);
        let (_, rungs) = ladder(&env, name);
        assert!(rungs.last().unwrap().contains(words), "{rungs:#?}");
    }
    connection(&env, "none", "https://127.0.0.1:1", &key, &["ca_bundle=/no/such/file"]);
    ends(&env, "none", "tls failed: `ca_bundle`: the file `/no/such/file` cannot be read here");
}

#[test]
fn a_table_has_a_line_for_each_and_the_code_of_a_failure() {
    let env = TestEnv::new();
    let (server, key) = server(&env);
    connection(&env, "lake", &server.url(), &key, &["bucket=raw"]);
    connection(&env, "gone", &server.url(), &key, &["bucket=sales"]);
    insta::assert_snapshot!(env.run(["test", "lake", "gone", "nobody"]), @"
    exit code: 7
    --- stdout ---
    NAME   BACKEND   RESULT   RUNG     MESSAGE
    lake   local     ok       target   bucket `raw` is there
    gone   local     failed   target   there is no bucket `sales`
    --- stderr ---
    error: there is no connection `nobody` (connector `local`)

    hint: see what there is with `connhub list --backend local`
    ");
    let all = env.run(["test", "--all", "--output=json"]).exits_with_code(7);
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    insta::assert_snapshot!(env.run(["test", "gone", "--no-headers"]).stdout.replace(&server.url()["http://".len()..], "ADDRESS"), @"
    Connection: gone   Backend: local   Result: failed
    ok       connect      ADDRESS
    ok       protocol     it speaks S3
    ok       credential   the key and its signature are accepted
    failed   target       there is no bucket `sales`
    ");
}

/// A JSON document with the exit code that is expected.
trait ExitsWithCode {
    fn exits_with_code(self, code: i32) -> Value;
}

impl ExitsWithCode for Outcome {
    #[track_caller]
    fn exits_with_code(self, code: i32) -> Value {
        self.exits_with(code).json()
    }
}
