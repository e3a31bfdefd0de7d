//! From creating to active or to error.

use std::time::Duration;

use connhub_tests::dataos::{Activation, Options, Step, Unregistered};
use serde_json::json;

use crate::POSTGRES;
use crate::instance::{Instance, writes};
use crate::transport::Transport;

fn create(instance: &Instance, fields: &[&str], more: &[&str]) -> connhub_tests::cli::Outcome {
    let password = instance.env.secret("password");
    instance.create("sales", fields, more).stdin(password).run()
}

fn a_write_waits_until_the_depot_is_active(transport: Transport) {
    let activation = Activation::After(Duration::from_millis(400));
    for unregistered in [Unregistered::Shown, Unregistered::Hidden] {
        let instance =
            Instance::of(transport, Options { activation, unregistered, ..Options::default() });
        let created = create(&instance, &POSTGRES, &["-o=json"]).succeeds();
        assert!(created.elapsed >= Duration::from_millis(400), "{:?}", created.elapsed);
        assert_eq!(created.json()["connection"]["status"], "active");
        let talkative = instance.run(&["update", "sales", "port=5433", "-v"]).succeeds();
        assert!(
            talkative.stderr.contains("waiting for the Depot `sales`: creating"),
            "{talkative}"
        );
    }
}

fn a_backend_can_be_told_not_to_wait(transport: Transport) {
    let activation = Activation::After(Duration::from_secs(3600));
    let instance = Instance::of(transport, Options { activation, ..Options::default() });
    instance.set("wait = false\n");
    let created = create(&instance, &POSTGRES, &["-o=json"]).succeeds();
    assert_eq!(created.json()["connection"]["status"], "creating");
    assert!(created.elapsed < Duration::from_secs(2), "{:?}", created.elapsed);
}

fn a_depot_that_takes_too_long_is_left_and_told(transport: Transport) {
    let instance =
        Instance::of(transport, Options { activation: Activation::Never, ..Options::default() });
    instance.set("wait-timeout = 1\n");
    let created = create(&instance, &POSTGRES, &[]).succeeds();
    let words = "the Depot is still creating after 1 s; look again with `connhub get sales`";
    assert!(created.stderr.contains(words), "{created}");
    assert!(created.elapsed < Duration::from_secs(4), "{:?}", created.elapsed);
    assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
    let shown = instance.run(&["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["status"], "creating");
}

fn a_depot_that_cannot_be_built_is_told_and_undone(transport: Transport) {
    let fields = [&POSTGRES[..], &[]].concat().join(" ");
    let fields = fields.replace("db.example.com", "unreachable.invalid");
    let fields: Vec<&str> = fields.split(' ').collect();
    let instance = Instance::new(transport);
    let password = instance.env.secret("password");
    let create = || instance.create("sales", &fields, &[]).stdin(password.as_str()).run();
    let (outcome, requests) = instance.asked(create);
    let refused = outcome.fails(1, "the Depot `sales` ended in error, so it was removed");
    assert!(refused.stderr.contains("lookup unreachable.invalid: no such host"), "{refused}");
    assert_eq!(writes(&requests), ["POST secret", "POST depot", "DELETE depot", "DELETE secret"]);
    assert_eq!(instance.stored(), [""; 0]);
}

fn a_change_that_cannot_be_built_is_told_and_stays(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    instance.dataos.fail_next(Step::Build);
    let updated = instance.run(&["update", "sales", "port=5433"]).succeeds();
    let words = "the Depot is in error now: it could not be built: failure building depot";
    assert!(updated.stderr.contains(words), "{updated}");
    let shown = instance.run(&["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["status"], "error");
    let message = shown["statusMessage"].as_str().unwrap_or_default();
    assert!(message.contains("failure building depot"), "{shown:#}");
    let table = instance.run(&["get", "sales"]).succeeds();
    assert!(table.stdout.contains("error"), "{table}");
}

fn archived_depots_are_shown_as_such(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    instance.put(
        &instance.dataos.tokens().data_dev,
        http::Method::PATCH,
        "/ds/api/v2/tenants/engineering/depots/sales/archived",
        &json!({"isArchived": true, "archivalMessage": "moved to the lake"}),
    );
    let listed = instance.run(&["list", "-o", "json"]).succeeds().json();
    let found = &listed["items"][0];
    assert_eq!(
        (&found["status"], &found["statusMessage"]),
        (&json!("archived"), &json!("moved to the lake"))
    );
}

over_both! {
    a_write_waits_until_the_depot_is_active,
    a_backend_can_be_told_not_to_wait,
    a_depot_that_takes_too_long_is_left_and_told,
    a_depot_that_cannot_be_built_is_told_and_undone,
    a_change_that_cannot_be_built_is_told_and_stays,
    archived_depots_are_shown_as_such,
}
