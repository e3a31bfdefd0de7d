//! What somebody else still needs.

use connhub_tests::dataos::{FormatOfInvalid, Options};
use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::json;

use crate::instance::{Instance, RESOURCES, writes};
use crate::transport::Transport;

fn a_secret_that_another_depot_uses_is_left_and_named(transport: Transport) {
    for invalid_text in [FormatOfInvalid::Reason, FormatOfInvalid::Operation, FormatOfInvalid::Full]
    {
        let instance = Instance::of(transport, Options { invalid_text, ..Options::default() });
        instance.has_postgres("sales");
        instance.put_depot(&instance.dataos.tokens().data_dev, "other", Some("sales-cred"));
        let deleted = instance.run(&["delete", "sales", "--yes"]).succeeds();
        let words = "the Secret `sales-cred` was left, because `depot:v2alpha:other` uses it";
        assert!(deleted.stderr.contains(words), "{deleted}");
        assert!(!deleted.stdout.contains("sales-cred"), "{deleted}");
        assert_eq!(instance.stored(), ["secret sales-cred", "depot other"]);
    }
}

fn a_left_secret_that_another_depot_uses_is_in_use(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let token = instance.dataos.tokens().data_dev;
    instance.put_depot(&token, "other", Some("sales-cred"));
    instance.put(&token, Method::DELETE, &format!("{RESOURCES}/depot/sales"), &json!(null));
    let refused = instance.run(&["delete", "sales", "--yes"]);
    refused.fails(5, "depot:v2alpha:other");
    let error = instance.run(&["delete", "sales", "--yes", "-o", "json"]).exits_with(5);
    assert_eq!(error.json_error()["code"], "in-use");
    assert_eq!(instance.stored(), ["secret sales-cred", "depot other"]);
}

fn what_a_depot_is_needed_by_is_named(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let reason = "cannot delete resource, it is a dependency of 'workflow:v1:nightly:public'";
    let forms = [
        Response::json(400, &json!({"error": {"status": 400, "message": reason}})),
        Response::json(400, &json!({"message": format!("failure deleting resource : {reason}")})),
        Response::text(400, &format!("Invalid Parameter - {reason}")),
    ];
    for form in forms {
        let path = format!("{RESOURCES}/depot");
        let fault = Fault::on(Method::DELETE, &path, FaultKind::from(form.clone()));
        instance.server.faults().add(fault.times(1));
        let refused = instance.run(&["delete", "sales", "--yes"]);
        refused.fails(5, "it is used by workflow:v1:nightly:public");
        assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"], "{form:?}");
    }
}

fn a_rotation_wakes_every_depot_that_uses_the_secret(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    instance.put_depot(&instance.dataos.tokens().data_dev, "other", Some("sales-cred"));
    let new = instance.env.secret("new");
    let rotate = instance.env.command(["rotate", "sales", "password=-", "--no-test"]);
    let (rotated, requests) = instance.asked(|| rotate.stdin(new.as_str()).run().succeeds());
    assert_eq!(writes(&requests), ["PUT secret", "PUT depot", "PUT depot"]);
    let words = "the Depot `other` uses the Secret `sales-cred` too, and was written again";
    assert!(rotated.stderr.contains(words), "{rotated}");
}

over_both! {
    a_secret_that_another_depot_uses_is_left_and_named,
    a_left_secret_that_another_depot_uses_is_in_use,
    what_a_depot_is_needed_by_is_named,
    a_rotation_wakes_every_depot_that_uses_the_secret,
}
