//! Deleting a connection: the Depot first, then the Secret that was made for it.

use connhub_tests::dataos::{Options, Step};
use connhub_tests::serve::{Fault, FaultKind};
use http::Method;
use serde_json::json;

use crate::instance::{INSTANCE_RESOURCES, Instance, RESOURCES, writes};
use crate::transport::Transport;

const DELETE: [&str; 3] = ["delete", "sales", "--yes"];

fn everything_that_is_removed_is_named(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let (outcome, requests) = instance.asked(|| instance.run(&DELETE).succeeds());
    assert_eq!(writes(&requests), ["DELETE depot", "DELETE secret"]);
    for words in ["depot `sales` in engineering", "secret `sales-cred` in engineering"] {
        assert!(outcome.stdout.contains(words), "{outcome}");
    }
    instance.has_postgres("sales");
    let result = instance.run(&[&DELETE[..], &["-o", "json"]].concat()).succeeds().json();
    let removed = json!([
        {"kind": "depot", "name": "sales", "scope": "engineering"},
        {"kind": "secret", "name": "sales-cred", "scope": "engineering"},
    ]);
    assert!(result.to_string().contains(&removed.to_string()), "{result:#}");
    assert_eq!(instance.stored(), [""; 0]);
}

fn a_dry_run_deletes_nothing(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let dry = [&DELETE[..], &["--dry-run=server"]].concat();
    let (outcome, requests) = instance.asked(|| instance.run(&dry).succeeds());
    assert!(outcome.stdout.contains("secret `sales-cred`"), "{outcome}");
    assert_eq!(writes(&requests), [""; 0]);
}

fn an_empty_answer_is_as_good(transport: Transport) {
    let instance = Instance::of(transport, Options { deleted_status: 204, ..Options::default() });
    instance.has_postgres("sales");
    instance.run(&DELETE).succeeds();
    assert_eq!(instance.stored(), [""; 0]);
}

fn a_secret_that_fails_is_named_and_a_second_run_completes_it(transport: Transport) {
    for kind in [FaultKind::status(403), FaultKind::status(500), FaultKind::ResetBeforeAnswer] {
        let instance = Instance::split(transport);
        instance.has_postgres("sales");
        let path = format!("{RESOURCES}/secret");
        instance.server.faults().add(Fault::on(Method::DELETE, &path, kind.clone()));
        let outcome = instance.run(&DELETE);
        assert_ne!(outcome.code, 0, "{kind:?}\n{outcome}");
        let words = "the Depot `sales` was deleted, the Secret `sales-cred` was not";
        assert!(outcome.stderr.contains(words), "{kind:?}\n{outcome}");
        assert!(outcome.stderr.contains("run the same command again"), "{kind:?}\n{outcome}");
        assert_eq!(instance.stored(), ["secret sales-cred"]);
        instance.server.faults().clear();
        instance.run(&DELETE).succeeds();
        assert_eq!(instance.stored(), [""; 0]);
        instance.run(&DELETE).exits_with(3);
    }
}

fn a_depot_that_fails_leaves_its_secret(transport: Transport) {
    for kind in [FaultKind::status(403), FaultKind::status(500), FaultKind::ResetBeforeAnswer] {
        let instance = Instance::split(transport);
        instance.has_postgres("sales");
        let path = format!("{INSTANCE_RESOURCES}/depot");
        instance.server.faults().add(Fault::on(Method::DELETE, &path, kind.clone()));
        let outcome = instance.run(&DELETE);
        assert_ne!(outcome.code, 0, "{kind:?}\n{outcome}");
        assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"], "{kind:?}");
    }
}

fn lost_answers_are_looked_after(transport: Transport) {
    for step in [Step::DeleteDepot, Step::DeleteSecret] {
        let instance = Instance::new(transport);
        instance.has_postgres("sales");
        instance.dataos.lose_next_answer(step);
        instance.run(&DELETE).succeeds();
        assert_eq!(instance.stored(), [""; 0], "{step:?}");
    }
}

over_both! {
    everything_that_is_removed_is_named,
    a_dry_run_deletes_nothing,
    an_empty_answer_is_as_good,
    a_secret_that_fails_is_named_and_a_second_run_completes_it,
    a_depot_that_fails_leaves_its_secret,
    lost_answers_are_looked_after,
}
