//! Who may do what, and what those are told who may not.

use connhub_tests::dataos::{ErrorForm, ForbiddenForm, Options};
use http::Method;

use crate::POSTGRES;
use crate::instance::{Instance, RESOURCES, writes};
use crate::transport::Transport;

/// An instance whose user has no role that allows writing, and a connection of somebody else.
fn without_a_role(transport: Transport, options: Options) -> Instance {
    let mut instance = Instance::of(transport, options);
    instance.has_postgres("sales");
    instance.log_in_as(&instance.dataos.tokens().no_role);
    instance
}

fn the_missing_role_is_named_in_every_form_of_the_refusal(transport: Transport) {
    for error_form in [ErrorForm::Nested, ErrorForm::Flat, ErrorForm::Text] {
        let instance = without_a_role(transport, Options { error_form, ..Options::default() });
        let password = instance.env.secret("password");
        let create = instance.create("new", &POSTGRES, &[]).stdin(password).run();
        let refused = create.fails(4, "ask an administrator for the role `roles:id:data-dev`");
        assert!(refused.stderr.contains("does not have required role data-dev"), "{refused}");
        for words in [&["update", "sales", "port=5433"][..], &["delete", "sales", "--yes"]] {
            instance.run(words).fails(4, "roles:id:data-dev");
        }
        assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
        instance.run(&["list"]).succeeds();
    }
}

fn a_refusal_by_the_ingress_is_told_as_such(transport: Transport) {
    let forbidden = ForbiddenForm::Ingress;
    let instance = without_a_role(transport, Options { forbidden, ..Options::default() });
    let password = instance.env.secret("password");
    let create = instance.create("new", &POSTGRES, &[]).stdin(password).run();
    if transport == Transport::Ctl {
        // The command line prints what was said, and not by whom.
        create.fails(4, "DataOS does not let you create the Secret");
        return;
    }
    let refused = create.fails(4, "the ingress of DataOS refuses `POST /poros/");
    assert!(refused.stderr.contains("a policy or use case"), "{refused}");
}

fn what_others_own_takes_a_right_on_it(transport: Transport) {
    let mut instance = Instance::new(transport);
    instance.has_postgres("sales");
    let before = instance.depot();
    instance.log_in_as(&instance.dataos.tokens().other_data_dev);
    for words in [&["update", "sales", "port=5433"][..], &["delete", "sales", "--yes"]] {
        let refused = instance.run(words).fails(4, "Can Edit");
        assert!(refused.stderr.contains("hint: `connhub check"), "{refused}");
    }
    let password = instance.env.secret("password");
    let replace = instance.create("sales", &POSTGRES, &["--if-exists=replace"]).stdin(password);
    replace.run().exits_with(4);
    assert_eq!(instance.depot().resource["spec"], before.resource["spec"]);
    instance.run(&["get", "sales"]).succeeds();
    instance.log_in_as(&instance.dataos.tokens().operator);
    instance.run(&["delete", "sales", "--yes"]).succeeds();
    assert_eq!(instance.stored(), [""; 0]);
}

fn a_secret_that_may_not_be_used_is_told_and_nothing_is_left(transport: Transport) {
    let mut instance = Instance::new(transport);
    instance.has_postgres("sales");
    instance.log_in_as(&instance.dataos.tokens().other_data_dev);
    let rotated = instance.env.secret("rotated");
    let update = instance.env.command(["update", "sales", "password=-"]).stdin(rotated);
    let (outcome, requests) = instance.asked(|| update.run());
    assert!(matches!(outcome.code, 2 | 4), "{outcome}");
    assert!(outcome.stderr.contains("Can Use Secret"), "{outcome}");
    assert_eq!(writes(&requests), [""; 0]);
}

fn a_tenant_that_one_may_not_see_is_named(transport: Transport) {
    let instance = Instance::new(transport);
    for words in [
        &["list", "-n", "finance"][..],
        &["get", "sales", "--tenant", "finance"],
        &["delete", "sales", "--yes", "-n", "finance"],
    ] {
        instance.run(words).fails(4, "user has no access to tenant 'finance'");
    }
}

fn those_who_may_only_use_a_secret_see_the_connection(transport: Transport) {
    let mut instance = Instance::new(transport);
    instance.has_postgres("sales");
    instance.dataos.allow_use("sales-cred", "gracehopper");
    instance.log_in_as(&instance.dataos.tokens().other_data_dev);
    instance.put_depot(&instance.dataos.tokens().other_data_dev, "mine", Some("sales-cred"));
    let shown = instance.run(&["get", "mine", "-o", "json"]).succeeds().json();
    assert_eq!(shown["owner"], "gracehopper");
    let deleted = instance.run(&["delete", "mine", "--yes"]).succeeds();
    assert!(deleted.stderr.contains("it was not made for this connection"), "{deleted}");
    assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
    let path = format!("{RESOURCES}/depot/sales");
    instance.put(
        &instance.dataos.tokens().data_dev,
        Method::DELETE,
        &path,
        &serde_json::json!(null),
    );
}

over_both! {
    the_missing_role_is_named_in_every_form_of_the_refusal,
    a_refusal_by_the_ingress_is_told_as_such,
    what_others_own_takes_a_right_on_it,
    a_secret_that_may_not_be_used_is_told_and_nothing_is_left,
    a_tenant_that_one_may_not_see_is_named,
    those_who_may_only_use_a_secret_see_the_connection,
}
