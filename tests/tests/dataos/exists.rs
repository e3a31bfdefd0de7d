//! A name that is taken.

use serde_json::json;

use crate::instance::{Instance, writes};
use crate::transport::Transport;
use crate::{POSTGRES, PULSAR};

fn a_second_create_changes_nothing(transport: Transport) {
    let instance = Instance::new(transport);
    let password = instance.has_postgres("sales");
    let before = instance.depot();
    let other = instance.env.secret("other");
    let create = || instance.create("sales", &POSTGRES, &[]).stdin(other.as_str()).run();
    let (outcome, requests) = instance.asked(create);
    let refused = outcome.fails(5, "a Depot `sales` of type `postgresql`");
    assert!(refused.stderr.contains("--if-exists"), "{refused}");
    assert_eq!(writes(&requests), [""; 0]);
    assert_eq!(instance.depot(), before);
    assert_eq!(instance.secret().values["password"], password);
}

fn keep_says_what_differs(transport: Transport) {
    let instance = Instance::new(transport);
    let password = instance.has_postgres("sales");
    let keep = |more: &[&str]| {
        let more = [&["--if-exists=keep", "-o=json"], more].concat();
        let create = instance.create("sales", &POSTGRES, &more).stdin(password.as_str());
        let (outcome, requests) = instance.asked(|| create.run().succeeds());
        assert_eq!(writes(&requests), [""; 0]);
        let result = outcome.json();
        assert_eq!(result["outcome"], "kept");
        result["differences"].clone()
    };
    // DataOS shows no value of a Secret, so what is in one counts as different.
    assert_eq!(keep(&[]), json!(["password", "username"]));
    let differences = keep(&["port=5433", "--label=team=risk"]).to_string();
    assert!(differences.contains("port") && differences.contains("label"), "{differences}");
}

fn replace_puts_the_new_one_in_its_place(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let before = instance.depot();
    let rotated = instance.env.secret("rotated");
    let more = ["port=5433", "--if-exists=replace", "-o=json"];
    let create = instance.create("sales", &POSTGRES, &more).stdin(rotated.as_str());
    let (outcome, requests) = instance.asked(|| create.run().succeeds());
    assert_eq!(outcome.json()["outcome"], "replaced");
    let writes = writes(&requests);
    assert!(writes.iter().all(|write| write.starts_with("PUT ")), "{writes:?}");
    let after = instance.depot();
    assert_eq!(after.resource["uid"], before.resource["uid"], "it is still the same depot");
    assert_eq!(after.resource["spec"]["spec"]["port"], 5433);
    assert_eq!(instance.secret().values["password"], rotated);
}

fn replace_by_what_needs_no_secret_removes_the_secret(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    instance.create("sales", &PULSAR, &["--if-exists=replace"]).run().succeeds();
    assert_eq!(instance.stored(), ["depot sales"]);
    let depot = instance.depot();
    assert_eq!(depot.resource["spec"]["type"], "pulsar");
    assert_eq!(depot.resource["spec"].get("secrets"), None);
    let password = instance.env.secret("password");
    let replace = instance.create("sales", &POSTGRES, &["--if-exists=replace"]);
    replace.stdin(password.as_str()).run().succeeds();
    assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
    assert_eq!(instance.secret().values["password"], password);
}

fn duplicates_are_pointed_out(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let password = instance.env.secret("password");
    let create = |name: &str, more: &[&str]| {
        instance.create(name, &POSTGRES, more).stdin(password.as_str()).run().succeeds()
    };
    let second = create("salestoo", &[]);
    assert!(second.stderr.contains("a Depot `sales` of type `postgresql`"), "{second}");
    assert!(second.stderr.contains("has the same fields"), "{second}");
    let third = create("orders", &["port=5433"]);
    assert!(!third.stderr.contains("has the same fields"), "{third}");
}

over_both! {
    a_second_create_changes_nothing,
    keep_says_what_differs,
    replace_puts_the_new_one_in_its_place,
    replace_by_what_needs_no_secret_removes_the_secret,
    duplicates_are_pointed_out,
}
