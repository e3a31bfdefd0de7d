//! Lists, in each form that the Depot Service is known to have. It is asked over HTTP whichever way leads to the resource manager.

use connhub_tests::dataos::{DepotPaths, ListForm, Options};
use serde_json::{Value, json};

use crate::instance::Instance;
use crate::requests::lines;
use crate::transport::Transport;
use crate::{POSTGRES, PULSAR};

fn names(instance: &Instance, more: &[&str]) -> Vec<String> {
    let words: Vec<&str> = ["list", "-o", "json"].iter().chain(more).copied().collect();
    let list = instance.run(&words).succeeds().json();
    let items = list["items"].as_array().expect("a list has items");
    items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_form_of_a_list_is_read() {
    for depot_list in [ListForm::Array, ListForm::Wrapped] {
        for depot_paths in [DepotPaths::Both, DepotPaths::Tenants, DepotPaths::Unscoped] {
            let options = Options { depot_list, depot_paths, ..Options::default() };
            let instance = Instance::of(Transport::Http, options);
            instance.has_postgres("sales");
            let (found, requests) = instance.asked(|| names(&instance, &[]));
            assert_eq!(found, ["sales"], "{depot_list:?} {depot_paths:?}");
            let newer = "GET /ds/api/v2/tenants/engineering/depots limit=100 offset=0";
            let older = "GET /ds/api/v2/depots limit=100 offset=0";
            let expected: &[&str] = match depot_paths {
                DepotPaths::Unscoped => &[newer, older],
                _ => &[newer],
            };
            assert_eq!(lines(&requests), expected, "{depot_list:?} {depot_paths:?}");
            let rotated = instance.env.secret("rotated");
            let update = instance.env.command(["update", "sales", "password=-"]).stdin(rotated);
            update.run().succeeds();
        }
    }
}

#[test]
fn more_than_a_page_is_listed_whole() {
    for depot_list in [ListForm::Array, ListForm::Wrapped] {
        let instance = Instance::of(Transport::Http, Options { depot_list, ..Options::default() });
        let token = instance.dataos.tokens().data_dev;
        for number in 0..230 {
            instance.put_depot(&token, &format!("depot{number:03}"), None);
        }
        let (found, requests) = instance.asked(|| names(&instance, &[]));
        assert_eq!((found.len(), requests.len()), (230, 3));
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn connections_of_all_owners_are_listed() {
    let instance = Instance::new(Transport::Http);
    instance.has_postgres("sales");
    instance.put_depot(&instance.dataos.tokens().other_data_dev, "theirs", None);
    let listed = instance.run(&["list", "-o", "json"]).succeeds().json();
    let owners: Vec<(&Value, &Value)> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["name"], &item["owner"]))
        .collect();
    let (ada, grace) = (json!("adalovelace"), json!("gracehopper"));
    assert_eq!(owners, [(&json!("sales"), &ada), (&json!("theirs"), &grace)]);
    let wide = instance.run(&["list", "-o", "wide"]).succeeds();
    for words in ["OWNER", "gracehopper", "dataos://sales"] {
        assert!(wide.stdout.contains(words), "{wide}");
    }
}

#[test]
fn labels_and_types_select() {
    let instance = Instance::new(Transport::Http);
    let password = instance.env.secret("password");
    let labels = ["--label=team=risk", "--label=stage=dev"];
    instance.create("a", &POSTGRES, &labels).stdin(password).run().succeeds();
    instance.create("b", &PULSAR, &["--label=team=risk"]).run().succeeds();
    instance.create("c", &PULSAR, &["--label=team=sales"]).run().succeeds();
    let check = |more: &[&str], expected: &[&str]| {
        assert_eq!(names(&instance, more), expected, "{more:?}");
    };
    check(&["-l", "team=risk"], &["a", "b"]);
    check(&["-l", "!stage"], &["b", "c"]);
    check(&["-l", "team in (risk,sales),stage=dev"], &["a"]);
    check(&["--type", "pulsar"], &["b", "c"]);
    check(&["--type", "postgresql,s3"], &["a"]);
    check(&["--type", "pulsar", "-l", "team=sales"], &["c"]);
    check(&["--type", "s3"], &[]);
    let names = instance.run(&["list", "-o", "name"]).succeeds();
    assert_eq!(names.stdout, "a\nb\nc\n");
}

/// Keys of JSON are the same for all backends; what people read is DataOS' own word.
fn a_tenant_is_called_so(transport: Transport) {
    let instance = Instance::new(transport);
    let password = instance.env.secret("password");
    let create = instance.create("sales", &crate::POSTGRES, &[]).stdin(password.as_str());
    let created = create.run().succeeds();
    assert!(created.stdout.contains("in backend `dataos`, tenant `engineering`"), "{created}");
    let shown = instance.run(&["get", "sales"]).succeeds();
    assert!(shown.stdout.contains("\nTenant:        engineering\n"), "{shown}");
    assert_eq!(instance.run(&["get", "sales", "-o", "json"]).json()["scope"], "engineering");
    let updated = instance.run(&["update", "sales", "--label", "a=b"]).succeeds();
    assert!(updated.stdout.contains("tenant `engineering`"), "{updated}");
    let empty = instance.run(&["list", "-n", "engineering", "--type", "s3"]).succeeds();
    assert!(empty.stderr.contains("backend `dataos`, tenant `engineering`"), "{empty}");
    for outcome in [created, shown, updated, empty] {
        assert!(!format!("{outcome}").to_lowercase().contains("namespace"), "{outcome}");
    }
}

#[test]
fn an_empty_tenant_is_said_to_be_empty() {
    let instance = Instance::new(Transport::Http);
    let empty = instance.run(&["list"]).succeeds();
    assert!(empty.stdout.is_empty() && empty.stderr.contains("no connections"), "{empty}");
    let all = instance.run(&["list", "-A"]);
    all.fails(2, "DataOS lists one tenant at a time");
}

fn depots_that_others_registered_are_shown_as_they_are(transport: Transport) {
    let instance = Instance::new(transport);
    let manifest = json!({
        "name": "legacy", "version": "v2alpha", "type": "depot", "layer": "user",
        "depot": {
            "type": "ACMEGRAPH",
            "spec": {"Nodes": [{"host": "a"}, {"host": "b"}], "dotted.key": true, "depth": 3},
            "secrets": [],
        },
    });
    let token = instance.dataos.tokens().data_dev;
    instance.put(&token, http::Method::POST, crate::instance::RESOURCES, &manifest);
    let shown = instance.run(&["get", "legacy", "-o", "json"]).succeeds().json();
    assert_eq!(shown["type"], "ACMEGRAPH");
    assert_eq!(
        shown["fields"],
        json!({
            "Nodes": r#"[{"host":"a"},{"host":"b"}]"#, "dotted.key": "true", "depth": "3",
        })
    );
    assert_eq!(names(&instance, &[]), ["legacy"]);
}

over_both! {
    a_tenant_is_called_so,
    depots_that_others_registered_are_shown_as_they_are,
}
