//! `check`: what is found out, and what a refusal looks like.

use connhub_sdk::testing::{FakeHost, Reply};
use connhub_sdk::{Connector, Error, Report, Verdict};
use serde_json::json;

use crate::DataOs;

use super::{
    DEPOTS, OLDER_DEPOTS, PLUGINS, VALIDATE, fake, no_path, ok, refusal, target, timed_out,
};

const AUTHORIZE: &str = "/heimdall/api/v1/authorize";

fn check(fake: &FakeHost) -> Report {
    let report = DataOs::check(&fake.host(), &target()).expect("something is found out");
    fake.assert_done();
    report
}

fn verdict(report: &Report, subject: &str) -> Option<Verdict> {
    report.findings.iter().find(|finding| finding.subject == subject).map(|found| found.verdict)
}

fn nobody() -> Reply {
    let error = json!({"message": "missing auth tokens", "status": 401});
    ok(json!({"allow": false, "valid": false, "error": error}))
}

#[test]
fn all_is_well() {
    let fake = fake();
    fake.expect("GET", DEPOTS, ok(json!([])));
    let tags = json!(["roles:id:data-dev", "users:id:adalovelace"]);
    let result = json!({"id": "adalovelace", "tags": tags});
    fake.expect("POST", AUTHORIZE, ok(json!({"allow": true, "valid": true, "result": result})));
    fake.expect("POST", VALIDATE, ok(json!({})));
    fake.expect("POST", VALIDATE, ok(json!({})));
    let report = check(&fake);
    assert_eq!(report.user.as_deref(), Some("adalovelace"));
    assert!(report.platform.is_some_and(|platform| platform.contains("with tenants")));
    assert!(report.findings.iter().all(|finding| finding.verdict == Verdict::Good));
    let roles = report.findings.iter().find(|finding| finding.subject == "roles");
    assert_eq!(roles.map(|roles| roles.message.as_str()), Some("`roles:id:data-dev`"));
    // The login is in no body: it is the host's.
    assert_eq!(fake.requests()[1].body_json(), json!({}));
}

#[test]
fn a_missing_role_is_a_finding() {
    let fake = fake();
    fake.expect("GET", DEPOTS, no_path());
    fake.expect("GET", OLDER_DEPOTS, ok(json!([])));
    fake.expect("POST", AUTHORIZE, nobody());
    let role = "forbidden: user does not have required role data-dev";
    fake.expect("POST", VALIDATE, refusal(403, role));
    fake.expect("POST", VALIDATE, no_path());
    let report = check(&fake);
    assert_eq!(report.user, None);
    assert_eq!(verdict(&report, "user"), Some(Verdict::Unknown));
    assert_eq!(verdict(&report, "permission to create a Secret"), Some(Verdict::Bad));
    assert_eq!(verdict(&report, "permission to create a Depot"), Some(Verdict::Unknown));
}

#[test]
fn a_login_or_tenant_that_is_refused_is_a_finding() {
    let check_one = |reply: Reply, subject: &str| {
        let fake = fake();
        fake.expect("GET", DEPOTS, reply);
        let report = check(&fake);
        assert_eq!(report.findings.len(), 1);
        assert_eq!(verdict(&report, subject), Some(Verdict::Bad));
    };
    check_one(refusal(401, "could not verify the token"), "login");
    check_one(refusal(403, "no"), "permission to see the tenant");
    let fake = fake();
    fake.expect("GET", DEPOTS, refusal(404, "no such tenant"));
    fake.expect("GET", OLDER_DEPOTS, no_path());
    assert_eq!(verdict(&check(&fake), "tenant"), Some(Verdict::Bad));
    let other_paths = super::fake();
    other_paths.expect("GET", DEPOTS, no_path());
    other_paths.expect("GET", OLDER_DEPOTS, no_path());
    assert_eq!(verdict(&check(&other_paths), "paths"), Some(Verdict::Bad));
}

#[test]
fn no_answer_is_an_error() {
    let fake = fake();
    fake.expect("GET", DEPOTS, timed_out());
    let error = DataOs::check(&fake.host(), &target()).expect_err("nothing is found out");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

/// The needs are wide, because paths are settings; the grants of the repository are what the defaults take.
#[test]
fn what_is_granted_is_needed() {
    let plugins: toml::Table = toml::from_str(PLUGINS).expect("plugins.toml is valid");
    let needs: toml::Table = toml::from_str(crate::NEEDS).expect("needs.toml is valid");
    let need = &needs["endpoint"][0];
    let grant = &plugins["connectors"]["dataos"]["endpoints"]["dataos"];
    assert_eq!(grant["secrets-in"], need["secrets-in"]);
    let rules = |table: &toml::Value| -> Vec<String> {
        let rules = table["allow"].as_array().expect("there are rules");
        rules.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect()
    };
    let prefixes: Vec<String> =
        rules(need).iter().map(|rule| rule.trim_end_matches("**").to_owned()).collect();
    for rule in rules(grant) {
        assert!(prefixes.iter().any(|prefix| rule.starts_with(prefix)), "{rule}");
    }
}
