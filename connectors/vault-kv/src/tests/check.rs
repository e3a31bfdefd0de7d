//! Check: what the server says about itself, the login and the engine.

use connhub_sdk::Verdict;
use connhub_sdk::testing::Reply;
use serde_json::json;

use super::*;

const HEALTH: &str = "/v1/sys/health";
const TOKEN: &str = "/v1/auth/token/lookup-self";
const MOUNT: &str = "/v1/sys/internal/ui/mounts/secret";
const RIGHTS: &str = "/v1/sys/capabilities-self";

fn ok(body: serde_json::Value) -> Reply {
    Reply::json(200, body)
}

fn findings(server: &Server) -> Vec<(String, Verdict)> {
    let report = VaultKv::check(&server.fake.host(), &target()).expect("something is found out");
    server.fake.assert_done();
    report.findings.into_iter().map(|finding| (finding.subject, finding.verdict)).collect()
}

#[test]
fn a_good_server_is_reported_with_the_rights_of_the_login() {
    let server = Server::new();
    server.fake.expect("GET", HEALTH, ok(json!({"version": "2.4.1"})));
    let token = json!({"id": "hvs.x", "display_name": "token-ann", "ttl": 60, "policies": ["app"]});
    server.fake.expect("GET", TOKEN, ok(json!({"data": token})));
    server.fake.expect(
        "GET",
        MOUNT,
        ok(json!({"data": {"type": "kv", "options": {"version": "2"}}})),
    );
    let rights = json!({
        "secret/data/team/connhub-check": ["create", "read", "update"],
        "secret/metadata/team/connhub-check": ["update"],
        "secret/metadata/team/": ["list"],
    });
    server.fake.expect("POST", RIGHTS, ok(json!({"data": rights})));
    let report = VaultKv::check(&server.fake.host(), &target()).expect("all is well");
    assert_eq!(report.user.as_deref(), Some("token-ann"));
    assert_eq!(report.platform.as_deref(), Some("Vault or OpenBao 2.4.1"));
    let verdicts: Vec<_> = report.findings.iter().map(|finding| finding.verdict).collect();
    let (good, warning) = (Verdict::Good, Verdict::Warning);
    assert_eq!(verdicts, [good, good, good, good, good, good, good, warning, warning]);
}

#[test]
fn what_is_wrong_is_a_finding() {
    let server = Server::new();
    server.fake.expect("GET", HEALTH, Reply::json(404, "{}"));
    server.fake.expect("GET", TOKEN, Reply::json(403, json!({"errors": ["invalid token"]})));
    assert_eq!(findings(&server), [("login".to_owned(), Verdict::Bad)]);
    server.fake.expect("GET", HEALTH, ok(json!({"version": "2.4.1"})));
    server.fake.expect("GET", TOKEN, ok(json!({"data": {}})));
    server.fake.expect("GET", MOUNT, ok(json!({"data": {"type": "kv", "options": null}})));
    server.fake.expect("POST", RIGHTS, Reply::json(403, json!({"errors": []})));
    let expected =
        [("login", Verdict::Good), ("engine", Verdict::Bad), ("permissions", Verdict::Unknown)];
    assert_eq!(findings(&server), expected.map(|(subject, verdict)| (subject.to_owned(), verdict)));
}

#[test]
fn a_sealed_server_is_unavailable() {
    let server = Server::new();
    let sealed = || Reply::json(503, json!({"errors": ["Vault is sealed"]}));
    server.fake.expect("GET", HEALTH, sealed());
    server.fake.expect("GET", TOKEN, sealed());
    let error = VaultKv::check(&server.fake.host(), &target()).expect_err("it is sealed");
    assert!(
        matches!(&error, Error::Unavailable(_)) && error.message().contains("is sealed"),
        "{error:?}"
    );
}
