//! Creating takes two steps: whichever fails, all is undone, or it is said what is left.

use connhub_tests::dataos::Step;
use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::json;

use crate::POSTGRES;
use crate::instance::{INSTANCE_RESOURCES, Instance, RESOURCES, writes};
use crate::transport::Transport;

/// What a step fails with, the exit code, and whether DataOS may have done it all the same.
fn failures(transport: Transport) -> Vec<(FaultKind, i32)> {
    let refused = |status: u16, message: &str| {
        let body = json!({"error": {"status": status, "message": message}});
        FaultKind::from(Response::json(status, &body))
    };
    let mut failures = vec![
        (refused(400, "invalid secret"), 2),
        (refused(403, "forbidden"), 4),
        (refused(500, "internal server error"), 6),
        (refused(503, "busy"), 6),
        (FaultKind::from(Response::text(504, "upstream request timeout")), 6),
        (FaultKind::ResetBeforeAnswer, 6),
        (FaultKind::ResetMidBody, 6),
        (FaultKind::Hang, 6),
    ];
    if transport == Transport::Http {
        // Of a success the command line reads the status alone.
        failures.push((FaultKind::TruncatedJson, 6));
    }
    failures
}

/// Strikes the next creation of a Secret or of a Depot: they have different paths in such an instance.
fn strike(instance: &Instance, path: &str, method: Method, kind: FaultKind, times: usize) {
    instance.server.faults().add(Fault::on(method, path, kind).times(times));
}

fn create(instance: &Instance, more: &[&str]) -> connhub_tests::cli::Outcome {
    let password = instance.env.secret("password");
    instance.create("sales", &POSTGRES, more).stdin(password).run()
}

fn a_secret_that_fails_leaves_nothing(transport: Transport) {
    for (kind, code) in failures(transport) {
        let instance = Instance::split(transport);
        strike(&instance, RESOURCES, Method::POST, kind.clone(), 1);
        let outcome = create(&instance, &["-vvv"]);
        assert_eq!(outcome.code, code, "{kind:?}\n{outcome}");
        assert_eq!(instance.stored(), [""; 0], "{kind:?}\n{outcome}");
    }
}

fn a_depot_that_fails_takes_its_secret_along(transport: Transport) {
    for (kind, code) in failures(transport) {
        let instance = Instance::split(transport);
        strike(&instance, INSTANCE_RESOURCES, Method::POST, kind.clone(), 1);
        let outcome = create(&instance, &["-vvv"]);
        if outcome.code == 0 {
            // DataOS had done it, and the program has looked.
            assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"], "{kind:?}");
            assert!(
                matches!(kind, FaultKind::ResetMidBody | FaultKind::TruncatedJson),
                "{kind:?}\n{outcome}"
            );
            continue;
        }
        assert_eq!(outcome.code, code, "{kind:?}\n{outcome}");
        assert_eq!(instance.stored(), [""; 0], "{kind:?}\n{outcome}");
    }
}

fn a_depot_that_is_taken_and_not_there_is_a_conflict(transport: Transport) {
    let instance = Instance::split(transport);
    let taken = Response::json(409, &json!({"error": {"status": 409, "message": "taken"}}));
    let taken = FaultKind::from(taken);
    strike(&instance, INSTANCE_RESOURCES, Method::POST, taken, 1);
    create(&instance, &[]).fails(5, "taken");
    assert_eq!(instance.stored(), [""; 0]);
}

fn a_lost_answer_is_looked_after(transport: Transport) {
    let instance = Instance::new(transport);
    instance.dataos.lose_next_answer(Step::CreateDepot);
    create(&instance, &[]).succeeds();
    assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
    let instance = Instance::new(transport);
    instance.dataos.lose_next_answer(Step::CreateSecret);
    let outcome = create(&instance, &[]);
    assert_eq!(outcome.code, 6, "{outcome}");
    assert_eq!(instance.stored(), [""; 0], "nobody knows whose it is, so it is deleted");
}

fn what_cannot_be_undone_is_named_and_a_second_run_completes_it(transport: Transport) {
    for (kind, code) in failures(transport) {
        let is_done = matches!(kind, FaultKind::ResetMidBody | FaultKind::TruncatedJson);
        let instance = Instance::split(transport);
        let secret = format!("{RESOURCES}/secret");
        strike(&instance, INSTANCE_RESOURCES, Method::POST, kind.clone(), 1);
        strike(&instance, &secret, Method::DELETE, FaultKind::status(403), 1);
        let outcome = create(&instance, &[]);
        if is_done && outcome.code == 0 {
            continue;
        }
        assert_eq!(outcome.code, code, "{kind:?}\n{outcome}");
        assert_eq!(instance.dataos.orphan_secrets(), ["engineering:sales-cred"], "{kind:?}");
        for words in
            ["the Secret `sales-cred` is left over", "dataos-ctl resource delete -t secret"]
        {
            assert!(outcome.stderr.contains(words), "{kind:?}: no `{words}` in\n{outcome}");
        }
        instance.server.faults().clear();
        let password = instance.env.secret("new password");
        let again = instance.create("sales", &POSTGRES, &[]).stdin(password.as_str()).run();
        let again = again.succeeds();
        assert!(again.stderr.contains("an earlier run had left the Secret"), "{again}");
        assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
        assert_eq!(instance.secret().values["password"], password, "the old value is gone");
    }
}

fn a_left_secret_can_be_deleted_by_its_connection(transport: Transport) {
    let instance = Instance::split(transport);
    strike(&instance, INSTANCE_RESOURCES, Method::POST, FaultKind::status(500), 1);
    let secret = format!("{RESOURCES}/secret");
    strike(&instance, &secret, Method::DELETE, FaultKind::status(403), 1);
    create(&instance, &[]).exits_with(6);
    instance.server.faults().clear();
    let deleted = instance.run(&["delete", "sales", "--yes"]).succeeds();
    assert!(deleted.stdout.contains("secret `sales-cred`"), "{deleted}");
    assert_eq!(instance.stored(), [""; 0]);
}

fn a_secret_of_somebody_else_is_left_alone(transport: Transport) {
    let instance = Instance::new(transport);
    let value = instance.env.secret("of somebody else");
    let manifest = json!({
        "name": "sales-cred", "version": "v2alpha", "type": "secret",
        "secret": {"type": "key-value", "data": {"token": value}},
    });
    let token = instance.dataos.tokens().data_dev;
    instance.put(&token, Method::POST, RESOURCES, &manifest);
    create(&instance, &[]).fails(5, "that was not made for this connection");
    create(&instance, &["--if-exists=replace"]).exits_with(5);
    assert_eq!(instance.stored(), ["secret sales-cred"]);
    assert_eq!(instance.secret().values["token"], value);
    instance.run(&["delete", "sales", "--yes"]).fails(3, "sales");
    assert_eq!(instance.stored(), ["secret sales-cred"]);
}

fn the_steps_are_in_order(transport: Transport) {
    let instance = Instance::new(transport);
    instance.dataos.fail_next(Step::CreateDepot);
    let (outcome, requests) = instance.asked(|| create(&instance, &[]));
    outcome.exits_with(6);
    assert_eq!(writes(&requests), ["POST secret", "POST depot", "DELETE secret"]);
}

fn two_runs_at_once_make_one_connection(transport: Transport) {
    let instance = Instance::new(transport);
    let passwords: Vec<String> = (0..4).map(|_| instance.env.secret("password")).collect();
    let running: Vec<_> = passwords
        .iter()
        .map(|password| instance.create("sales", &POSTGRES, &[]).stdin(password.as_str()).start())
        .collect();
    let codes: Vec<i32> = running.into_iter().map(|running| running.finish().code).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, 0 | 5)), "{codes:?}");
    assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
    let winner = codes.iter().position(|code| *code == 0).unwrap();
    assert_eq!(instance.secret().values["password"], passwords[winner]);
}

over_both! {
    a_secret_that_fails_leaves_nothing,
    a_depot_that_fails_takes_its_secret_along,
    a_depot_that_is_taken_and_not_there_is_a_conflict,
    a_lost_answer_is_looked_after,
    what_cannot_be_undone_is_named_and_a_second_run_completes_it,
    a_left_secret_can_be_deleted_by_its_connection,
    a_secret_of_somebody_else_is_left_alone,
    the_steps_are_in_order,
    two_runs_at_once_make_one_connection,
}
