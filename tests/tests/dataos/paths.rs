//! Paths are settings of a backend, since those of the second generation are not documented.

use connhub_tests::dataos::{Options, PorosPaths};
use http::Method;

use crate::instance::{Instance, allow, writes};
use crate::transport::Transport;
use crate::{POSTGRES, PULSAR};

/// Where this DataOS keeps resources.
const BASE: &str = "/poros/api/v2/tenants/{tenant}/items";

fn elsewhere() -> Instance {
    Instance::of(
        Transport::Http,
        Options {
            workspace_paths: Some(PorosPaths::below(BASE)),
            instance_paths: None,
            ..Options::default()
        },
    )
}

/// The settings that lead there.
fn settings() -> String {
    format!(
        "secrets-path = {BASE:?}\ndepots-path = {BASE:?}\n\
         secret-path = \"{BASE}/secret/{{name}}\"\ndepot-path = \"{BASE}/depot/{{name}}\"\n\
         validate-path = \"{BASE}/validate\"\n"
    )
}

#[test]
fn other_paths_work_where_they_are_granted() {
    let instance = elsewhere();
    instance.change(&settings(), |section| {
        let base = BASE.replace("{tenant}", "*");
        for rule in [
            format!("POST {base}"),
            format!("POST {base}/validate"),
            format!("GET {base}/*/*"),
            format!("PUT {base}/*/*"),
            format!("DELETE {base}/*/*"),
        ] {
            allow(section, &rule);
        }
    });
    instance.has_postgres("sales");
    instance.run(&["update", "sales", "port=5433"]).succeeds();
    let password = instance.env.secret("password");
    let dry = instance.create("other", &POSTGRES, &["--dry-run=server"]).stdin(password);
    dry.run().succeeds();
    instance.run(&["delete", "sales", "--yes"]).succeeds();
    assert_eq!(instance.stored(), [""; 0]);
}

#[test]
fn other_paths_are_denied_until_they_are_granted() {
    let instance = elsewhere();
    instance.set(&settings());
    let password = instance.env.secret("password");
    let create = || instance.create("sales", &POSTGRES, &["-vvv"]).stdin(password.as_str()).run();
    let (outcome, requests) = instance.asked(create);
    let denied = outcome.fails(8, "/poros/api/v2/tenants/engineering/items/depot/sales");
    assert!(denied.stderr.contains("[connectors.dataos.endpoints.dataos]"), "{denied}");
    assert!(denied.stderr.contains("plugins.toml"), "{denied}");
    assert_eq!(requests.len(), 0);
}

#[test]
fn paths_that_are_not_there_are_told_from_things_that_are_not_there() {
    let instance = elsewhere();
    let refused = instance.create("queue", &PULSAR, &[]).run();
    let refused = refused.fails(2, "its paths are settings: write `secrets-path`");
    assert!(refused.stderr.contains("/poros/api/v1/workspaces/engineering/resources"), "{refused}");
}

fn a_template_cannot_lead_out_of_its_place(transport: Transport) {
    let instance = Instance::new(transport);
    instance.create("queue", &PULSAR, &[]).run().succeeds();
    for name in ["../secret/x", "..", "a/b", "a%2fb", "x?y=z", "x#y"] {
        let (outcome, requests) = instance.asked(|| instance.run(&["get", "--", name]));
        assert_ne!(outcome.code, 0, "{outcome}");
        for request in requests {
            let path = request.path.split('?').next().unwrap_or_default();
            assert!(!path.contains("/../") && !path.ends_with("/.."), "{}", request.path);
        }
    }
    for tenant in ["..", "../..", "a/b", "x?y"] {
        let (outcome, requests) = instance.asked(|| instance.run(&["get", "queue", "-n", tenant]));
        assert_ne!(outcome.code, 0, "{outcome}");
        assert!(requests.iter().all(|request| !request.path.contains("/../")), "{requests:?}");
    }
}

fn a_dry_run_asks_for_a_check_and_writes_nothing(transport: Transport) {
    let instance = Instance::new(transport);
    let password = instance.env.secret("password");
    let more = ["--dry-run=server", "-o=json"];
    let create = instance.create("sales", &POSTGRES, &more).stdin(password.as_str());
    let (outcome, requests) = instance.asked(|| create.run().succeeds());
    assert_eq!(outcome.json()["outcome"], "created");
    assert_eq!(writes(&requests), [""; 0]);
    let validated = requests.iter().filter(|request| request.path.ends_with("/validate"));
    assert_eq!(validated.count(), 2);
    assert!(
        requests.iter().all(|request| {
            request.method == Method::GET || request.path.ends_with("/validate")
        })
    );
    assert_eq!(instance.stored(), [""; 0]);
    instance.has_postgres("sales");
    let again = instance.create("sales", &POSTGRES, &more).stdin(password.as_str()).run();
    again.exits_with(5);
    let replace = [&more[..], &["--if-exists=replace"]].concat();
    let again = instance.create("sales", &POSTGRES, &replace).stdin(password).run().succeeds();
    assert_eq!(again.json()["outcome"], "replaced");
    let before = instance.depot();
    instance.run(&["update", "sales", "port=5433", "--dry-run=server"]).succeeds();
    assert_eq!(instance.depot().resource["spec"], before.resource["spec"]);
}

over_both! {
    a_template_cannot_lead_out_of_its_place,
    a_dry_run_asks_for_a_check_and_writes_nothing,
}
