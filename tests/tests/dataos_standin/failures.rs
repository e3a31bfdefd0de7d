use connhub_tests::dataos::{DataOs, DepotPaths, Options, PorosPaths, Step};
use serde_json::{Value, json};

use crate::{DEPOTS, INSTANCE, Instance, WORKSPACE, depot, secret};

#[test]
fn paths_that_are_there_or_not() {
    let check = |options: Options, method: &str, path: &str, expected: u16| {
        let answer = Instance::new(options).ask(method, path, &Value::Null);
        assert_eq!(answer.0, expected, "{method} {path}");
    };
    let default = Options::default;
    let no_poros = || Options { workspace_paths: None, instance_paths: None, ..default() };
    let only = |depot_paths| Options { depot_paths, ..default() };
    check(no_poros(), "GET", &format!("{WORKSPACE}/depot"), 404);
    check(no_poros(), "POST", INSTANCE, 404);
    check(no_poros(), "GET", DEPOTS, 200);
    check(only(DepotPaths::Unscoped), "GET", DEPOTS, 404);
    check(only(DepotPaths::Unscoped), "GET", "/ds/api/v2/depots", 200);
    check(only(DepotPaths::Tenants), "GET", DEPOTS, 200);
    check(only(DepotPaths::Tenants), "GET", "/ds/api/v2/depots", 404);
    check(default(), "DELETE", &format!("{DEPOTS}/sales"), 405);
    check(default(), "PUT", &format!("{DEPOTS}/sales"), 405);
    check(default(), "GET", "/ds/api/v2/tenants/marketing/depots", 403);
    check(default(), "GET", "/poros/api/v1/workspaces/marketing/resources/depot", 403);
    check(default(), "GET", "/", 404);
    let other = "/poros/api/v2/tenants/{tenant}/resources";
    let moved = || Options { workspace_paths: Some(PorosPaths::below(other)), ..default() };
    check(moved(), "GET", "/poros/api/v2/tenants/engineering/resources/depot", 200);
    check(moved(), "GET", &format!("{WORKSPACE}/depot"), 404);
}

#[test]
fn planned_failures() {
    let instance = Instance::new(Options::default());
    instance.dataos.fail_next(Step::CreateSecret);
    instance.dataos.lose_next_answer(Step::CreateSecret);
    let create = || instance.ask("POST", WORKSPACE, &secret("sales-cred")).0;
    assert_eq!(create(), 500);
    assert!(instance.dataos.secrets().is_empty());
    assert_eq!(create(), 504);
    assert_eq!(instance.dataos.secrets().len(), 1);
    assert_eq!(create(), 409);

    instance.dataos.fail_next(Step::CreateDepot);
    let manifest = depot("sales", "s3", "sales-cred");
    assert_eq!(instance.ask("POST", WORKSPACE, &manifest).0, 500);
    assert_eq!(instance.dataos.orphan_secrets(), ["engineering:sales-cred"]);
}

#[test]
fn every_write_can_fail_once() {
    let at = |tail: &str| format!("{WORKSPACE}/{tail}");
    let fails_once = |step, method: &str, path: &str, body: Value| {
        check_fails_once(step, method, path, &body);
    };
    fails_once(Step::Validate, "POST", &at("validate"), secret("new"));
    fails_once(Step::CreateSecret, "POST", WORKSPACE, secret("new"));
    fails_once(Step::CreateDepot, "POST", WORKSPACE, depot("new", "s3", "sales-cred"));
    fails_once(Step::UpdateSecret, "PUT", &at("secret/sales-cred"), secret("sales-cred"));
    let changed = depot("sales", "s3", "sales-cred");
    fails_once(Step::UpdateDepot, "PUT", &at("depot/sales"), changed);
    fails_once(Step::DeleteDepot, "DELETE", &at("depot/sales"), Value::Null);

    let instance = Instance::new(Options::default());
    instance.create("secret", &secret("alone"));
    instance.dataos.fail_next(Step::DeleteSecret);
    let delete = || instance.ask("DELETE", &at("secret/alone"), &Value::Null).0;
    assert_eq!([delete(), delete()], [500, 200]);
}

#[test]
fn every_read_can_fail_once() {
    let fails_once = |step, path: &str| {
        check_fails_once(step, "GET", path, &Value::Null);
    };
    fails_once(Step::ReadSecret, &format!("{WORKSPACE}/secret/sales-cred"));
    fails_once(Step::ReadSecret, &format!("{DEPOTS}/sales/secrets"));
    fails_once(Step::ReadDepot, &format!("{WORKSPACE}/depot/sales"));
    fails_once(Step::ReadDepot, &format!("{DEPOTS}/sales/status"));
    fails_once(Step::List, &format!("{WORKSPACE}/depot"));
    fails_once(Step::List, DEPOTS);
    let token = DataOs::new(Options::default()).tokens().data_dev;
    let path = "/heimdall/api/v1/authorize";
    let body = json!({"token": token});
    check_fails_once(Step::Authorize, "POST", path, &body);
}

fn check_fails_once(step: Step, method: &str, path: &str, body: &Value) {
    let instance = Instance::with_sales(Options::default());
    instance.dataos.fail_next(step);
    let ask = || instance.ask(method, path, body).0;
    assert_eq!([ask(), ask()], [500, 200], "{step:?} at {path}");
}
