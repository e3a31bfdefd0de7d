//! Who am I, may I, is the platform there.

use std::time::Duration;

use connhub_tests::cli::Outcome;
use connhub_tests::dataos::{AuthorizeToken, DepotPaths, Options};
use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::{Value, json};

use crate::instance::Instance;
use crate::transport::Transport;

#[track_caller]
fn findings(outcome: &Outcome) -> Vec<String> {
    let report = outcome.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line =
        |finding: &Value| format!("{} {}", text(&finding["verdict"]), text(&finding["subject"]));
    let findings = report["findings"].as_array().expect("a report has findings");
    findings.iter().map(line).collect()
}

fn who_may_do_everything_is_told_so_and_nothing_is_written(transport: Transport) {
    let authorize_token = AuthorizeToken::BodyOrHeader;
    let instance = Instance::of(transport, Options { authorize_token, ..Options::default() });
    let checked = instance.run(&["check", "-vvv", "-o", "json"]).succeeds();
    assert_eq!(
        findings(&checked),
        [
            "ok login",
            "ok tenant",
            "ok roles",
            "ok permission to create a Secret",
            "ok permission to create a Depot",
        ]
    );
    let report = checked.json();
    assert_eq!(report["user"], "adalovelace");
    assert_eq!(report["platform"], "DataOS (Depot Service with tenants)");
    assert!(report.to_string().contains("roles:id:data-dev"), "{report}");
    assert_eq!(instance.stored(), [""; 0]);
}

fn a_dataos_that_does_not_say_who_is_calling_is_good_enough(transport: Transport) {
    let instance = Instance::of(
        transport,
        Options { depot_paths: DepotPaths::Unscoped, ..Options::default() },
    );
    let checked = instance.run(&["check", "-o", "json"]).succeeds();
    assert!(findings(&checked).contains(&"unknown user".to_owned()), "{checked}");
    assert_eq!(checked.json()["platform"], "DataOS (Depot Service without tenants)");
}

fn missing_rights_are_found_and_told_by_the_exit_code(transport: Transport) {
    let mut instance = Instance::new(transport);
    instance.log_in_as(&instance.dataos.tokens().no_role);
    let checked = instance.run(&["check", "-o", "json"]).exits_with(4);
    let found = findings(&checked);
    for wanted in ["fail permission to create a Secret", "fail permission to create a Depot"] {
        assert!(found.contains(&wanted.to_owned()), "{checked}");
    }
    let table = instance.run(&["check"]).exits_with(4);
    assert!(table.stdout.contains("roles:id:data-dev"), "{table}");
}

fn a_tenant_and_a_path_that_do_not_exist_are_told_apart(transport: Transport) {
    let instance = Instance::new(transport);
    let absent = Response::json(404, &json!({"message": "tenant not found"}));
    instance.server.faults().add(Fault::on(Method::GET, "/ds", FaultKind::from(absent)));
    let checked = instance.run(&["check", "-o", "json"]).exits_with(3);
    assert_eq!(findings(&checked), ["fail tenant"]);
    instance.run(&["check", "--backend", "all"]).exits_with(3);
    instance.server.faults().clear();
    let nowhere = Response::text(404, "404 page not found");
    instance.server.faults().add(Fault::on(Method::GET, "/ds", FaultKind::from(nowhere)));
    let checked = instance.run(&["check", "-o", "json"]).exits_with(1);
    assert_eq!(findings(&checked), ["fail paths"]);
}

fn a_tenant_that_one_may_not_see_and_no_dataos_at_all_are_told_apart(transport: Transport) {
    let instance = Instance::new(transport);
    let checked = instance.run(&["check", "-n", "finance", "-o", "json"]).exits_with(4);
    assert_eq!(findings(&checked), ["fail permission to see the tenant"]);
    let Instance { env, server, .. } = instance;
    drop(server);
    env.run(["check"]).fails(6, "cannot be reached");
}

fn what_was_found_is_shown_though_nothing_can_be_completed(transport: Transport) {
    let instance = Instance::new(transport);
    for words in
        [&["check", "--fix", "-o", "json"][..], &["check", "--fix", "-o", "json", "-b", "all"]]
    {
        let faults = instance.server.faults();
        // The check itself asks once.
        faults.add(Fault::on(Method::GET, "/ds", FaultKind::Delay(Duration::ZERO)).times(1));
        faults.add(Fault::on(Method::GET, "/ds", FaultKind::status(503)));
        let checked = instance.run(words).exits_with(6);
        instance.server.faults().clear();
        assert!(checked.stdout.contains("permission to create a Depot"), "{checked}");
        assert!(checked.stderr.contains("(status 503)"), "{checked}");
    }
}

over_both! {
    what_was_found_is_shown_though_nothing_can_be_completed,
    who_may_do_everything_is_told_so_and_nothing_is_written,
    a_dataos_that_does_not_say_who_is_calling_is_good_enough,
    missing_rights_are_found_and_told_by_the_exit_code,
    a_tenant_and_a_path_that_do_not_exist_are_told_apart,
    a_tenant_that_one_may_not_see_and_no_dataos_at_all_are_told_apart,
}
