//! Changing a connection.

use connhub_tests::dataos::Step;
use connhub_tests::serve::{Fault, FaultKind};
use http::Method;
use serde_json::json;

use crate::instance::{INSTANCE_RESOURCES, Instance, RESOURCES, writes};
use crate::transport::Transport;
use crate::{POSTGRES, PULSAR};

fn visible_fields_change_the_depot_alone(transport: Transport) {
    let instance = Instance::new(transport);
    let password = instance.has_postgres("sales");
    let words = ["update", "sales", "port=5433", "--description=new", "--label=team=risk"];
    let (_, requests) = instance.asked(|| instance.run(&words).succeeds());
    assert_eq!(writes(&requests), ["PUT depot"]);
    let depot = instance.depot();
    assert_eq!(depot.resource["spec"]["spec"]["port"], 5433);
    assert_eq!(depot.resource["tags"], json!(["team=risk"]));
    assert_eq!(instance.secret().values["password"], password);
}

fn a_new_secret_keeps_the_others_and_wakes_the_depot(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let rotated = instance.env.secret("rotated");
    let update = instance.env.command(["update", "sales", "password=-", "-vvv"]);
    let (_, requests) = instance.asked(|| update.stdin(rotated.as_str()).run().succeeds());
    // The depot is written again, since it was built with the old value.
    assert_eq!(writes(&requests), ["PUT secret", "PUT depot"]);
    let values = instance.secret().values;
    assert_eq!((values["username"].as_str(), &values["password"]), ("loader", &rotated));
}

fn a_change_to_what_is_there_writes_nothing(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let update = || instance.run(&["update", "sales", "port=5432", "-o", "json"]).succeeds();
    let (outcome, requests) = instance.asked(update);
    assert_eq!(outcome.json()["outcome"], "unchanged");
    assert_eq!(writes(&requests), [""; 0]);
}

fn fields_can_be_removed_and_credentials_added(transport: Transport) {
    let instance = Instance::new(transport);
    let more = ["--label=team=risk"];
    let password = instance.env.secret("password");
    let create = instance.create("sales", &[&POSTGRES[..], &["ssl_mode=require"]].concat(), &more);
    create.stdin(password).run().succeeds();
    instance.run(&["update", "sales", "--unset=ssl_mode", "--unset-label=team"]).succeeds();
    let depot = instance.depot();
    assert_eq!(depot.resource["spec"]["spec"].get("params"), None);
    assert_eq!(depot.resource["tags"], json!([]));
    let instance = Instance::new(transport);
    let own = ["--type=acmequeue", "topic=orders"];
    instance.create("queue", &own, &[]).run().succeeds();
    assert_eq!(instance.stored(), ["depot queue"]);
    let token = instance.env.secret("token");
    let update = instance.env.command(["update", "queue", "token=-"]).stdin(token.as_str());
    update.run().succeeds();
    assert_eq!(instance.secret().values["token"], token);
    assert_eq!(instance.depot().resource["spec"]["secrets"].as_array().map(Vec::len), Some(3));
}

fn what_others_wrote_into_the_manifest_stays(transport: Transport) {
    let instance = Instance::new(transport);
    instance.create("queue", &PULSAR, &[]).run().succeeds();
    let mut manifest = instance.depot().resource;
    for of_the_server in ["generation", "uid", "created", "status", "owner"] {
        manifest.as_object_mut().unwrap().remove(of_the_server);
    }
    manifest["layer"] = json!("system");
    manifest["spec"]["external"] = json!(false);
    manifest["spec"]["spec"]["params"] = json!({"deep": {"er": [1, 2]}});
    manifest["tags"] = json!(["dataos:type:resource", "roles:id:user"]);
    let token = instance.dataos.tokens().data_dev;
    instance.put(&token, Method::PUT, &format!("{RESOURCES}/depot/queue"), &manifest);
    instance.run(&["update", "queue", "tenant=public", "--label=team=risk"]).succeeds();
    let after = instance.depot().resource;
    assert_eq!((&after["layer"], &after["spec"]["external"]), (&json!("system"), &json!(false)));
    assert_eq!(after["spec"]["spec"]["params"], json!({"deep": {"er": [1, 2]}}));
    assert_eq!(after["tags"], json!(["dataos:type:resource", "roles:id:user", "team=risk"]));
}

fn a_step_that_fails_is_undone(transport: Transport) {
    for step in ["depot", "secret"] {
        for kind in [FaultKind::status(400), FaultKind::status(500), FaultKind::ResetBeforeAnswer] {
            let instance = Instance::split(transport);
            let password = instance.has_postgres("sales");
            let before = instance.depot().resource["spec"].clone();
            let path = match step {
                "depot" => format!("{INSTANCE_RESOURCES}/depot"),
                _ => format!("{RESOURCES}/secret"),
            };
            // Values whose outcome is unknown are written once more.
            let times = if step == "secret" { 2 } else { 1 };
            let fault = Fault::on(Method::PUT, &path, kind.clone()).times(times);
            instance.server.faults().add(fault);
            let rotated = instance.env.secret("rotated");
            let update = ["update", "sales", "port=5433", "password=-", "-vvv"];
            let outcome = instance.env.command(update).stdin(rotated).run();
            assert_ne!(outcome.code, 0, "{step} {kind:?}\n{outcome}");
            assert_eq!(instance.depot().resource["spec"], before, "{step} {kind:?}\n{outcome}");
            assert_eq!(instance.secret().values["password"], password, "{step} {kind:?}");
        }
    }
}

fn values_that_cannot_be_kept_are_asked_for(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    instance.server.faults().add(Fault::on(Method::GET, "/ds/*/secrets", FaultKind::status(403)));
    let rotated = instance.env.secret("rotated");
    let update = instance.env.command(["update", "sales", "password=-"]).stdin(rotated.as_str());
    let refused = update.run().fails(2, "username: give it again");
    assert!(refused.stderr.contains("replaces all values of a Secret at once"), "{refused}");
    let both = ["update", "sales", "password=-", "username=other"];
    instance.env.command(both).stdin(rotated.as_str()).run().succeeds();
    let values = instance.secret().values;
    assert_eq!((values["username"].as_str(), &values["password"]), ("other", &rotated));
}

fn a_lost_answer_to_a_change_is_put_right(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let before = instance.depot().resource["spec"].clone();
    instance.dataos.lose_next_answer(Step::UpdateDepot);
    instance.run(&["update", "sales", "port=5433"]).exits_with(6);
    assert_eq!(instance.depot().resource["spec"], before);
}

fn what_is_not_there_is_not_found(transport: Transport) {
    let instance = Instance::new(transport);
    instance.run(&["update", "absent", "port=5433"]).fails(3, "absent");
}

over_both! {
    visible_fields_change_the_depot_alone,
    a_new_secret_keeps_the_others_and_wakes_the_depot,
    a_change_to_what_is_there_writes_nothing,
    fields_can_be_removed_and_credentials_added,
    what_others_wrote_into_the_manifest_stays,
    a_step_that_fails_is_undone,
    values_that_cannot_be_kept_are_asked_for,
    a_lost_answer_to_a_change_is_put_right,
    what_is_not_there_is_not_found,
}
