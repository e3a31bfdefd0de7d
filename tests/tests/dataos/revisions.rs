//! Revisions: the generations of the Depot and its Secret.

use crate::instance::Instance;
use crate::transport::Transport;

fn a_revision_can_be_expected(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let revision = || {
        let shown = instance.run(&["get", "sales", "-o", "json"]).succeeds().json();
        shown["revision"].as_str().expect("this DataOS counts").to_owned()
    };
    let first = revision();
    let expect = format!("--if-revision={first}");
    instance.run(&["update", "sales", "port=5433", &expect]).succeeds();
    assert_ne!(revision(), first);
    let refused = instance.run(&["update", "sales", "port=5434", &expect]);
    refused.fails(5, "was changed meanwhile and is at revision");
    assert_eq!(instance.depot().resource["spec"]["spec"]["port"], 5433);
}

fn a_new_secret_is_a_new_revision(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let shown = instance.run(&["get", "sales", "-o", "json"]).succeeds().json();
    let expect = format!("--if-revision={}", shown["revision"].as_str().unwrap());
    let rotated = instance.env.secret("rotated");
    let update = instance.env.command(["update", "sales", "password=-"]).stdin(rotated.as_str());
    update.run().succeeds();
    let again = ["update", "sales", "password=-", &expect];
    instance.env.command(again).stdin(rotated.as_str()).run().exits_with(5);
}

over_both! {
    a_revision_can_be_expected,
    a_new_secret_is_a_new_revision,
}
