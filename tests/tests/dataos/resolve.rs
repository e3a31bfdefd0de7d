//! Where the data of an address is.

use connhub_tests::serve::{Fault, FaultKind};
use serde_json::json;

use crate::POSTGRES;
use crate::instance::Instance;
use crate::transport::Transport;

/// A folder of a bucket.
fn lake(transport: Transport) -> Instance {
    let instance = Instance::new(transport);
    let key = instance.env.secret("key");
    let fields = [
        "--type=s3",
        "bucket=sales-raw",
        "prefix=in",
        "endpoint=https://s3.example.com",
        "access_key_id=AKIAIOSFODNN7EXAMPLE",
        "secret_access_key=-",
    ];
    instance.create("lake", &fields, &[]).stdin(key).run().succeeds();
    instance
}

#[test]
fn the_place_of_a_file_is_told_without_secrets() {
    let instance = lake(Transport::Http);
    insta::assert_snapshot!(instance.run(&["resolve", "dataos://lake/orders/2026.csv?purpose=rw"]), @"
    exit code: 0
    --- stdout ---
    Location:    s3://sales-raw/in/orders/2026.csv
    bucket:      sales-raw
    endpoint:    https://s3.example.com
    prefix:      in
    region:      us-east-1
    Path:        in/orders/2026.csv
    ? purpose:   rw
    Connection:  lake
    Type:        s3
    Backend:     dataos
    Scope:       engineering
    ");
    insta::assert_snapshot!(
        instance.run(&["resolve", "dataos://lake:orders/2026.csv", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Location",
      "address": "dataos://lake:orders/2026.csv",
      "backend": "dataos",
      "scope": "engineering",
      "connection": "lake",
      "type": "s3",
      "fields": {
        "bucket": "sales-raw",
        "endpoint": "https://s3.example.com",
        "prefix": "in",
        "region": "us-east-1"
      },
      "path": "in/orders/2026.csv",
      "levels": {},
      "parameters": {},
      "location": "s3://sales-raw/in/orders/2026.csv"
    }
    "#);
    let name = instance.run(&["resolve", "dataos://lake/a", "-o", "name"]).succeeds();
    assert_eq!(name.stdout, "s3://sales-raw/in/a\n");
}

fn parts_of_a_path_have_the_names_of_the_source(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    let found = instance.run(&["resolve", "dataos://sales/public/orders", "-o", "json"]);
    let found = found.succeeds().json();
    assert_eq!(found["levels"], json!({"schema": "public", "table": "orders"}));
    let fields = json!({"host": "db.example.com", "port": "5432", "database": "sales"});
    assert_eq!((&found["fields"], &found["connection"]), (&fields, &json!("sales")));
    assert_eq!(found.get("location"), None);
}

fn only_backends_with_such_addresses_are_asked(transport: Transport) {
    let instance = lake(transport);
    let (found, requests) = instance.asked(|| instance.run(&["resolve", "dataos://lake"]));
    found.succeeds();
    assert!(requests.iter().all(|request| request.path.contains("lake")), "{requests:?}");
    // A backend that is named is asked whatever it is.
    instance.run(&["resolve", "dataos://lake", "--backend", "local"]).fails(3, "dataos://lake");
}

fn what_leads_nowhere_says_why(transport: Transport) {
    let instance = lake(transport);
    instance.run(&["resolve", "dataos://nothing/a"]).fails(3, "no backend has a connection");
    instance.run(&["resolve", "other://lake"]).fails(3, "no backend has a connection");
    instance.run(&["resolve", "lake"]).fails(2, "has no scheme");
    instance.run(&["resolve", "dataos://lake/../other"]).fails(2, "in its path");
    instance.server.faults().add(Fault::any(FaultKind::status(403)));
    instance.run(&["resolve", "dataos://lake"]).exits_with(4);
    instance.server.faults().clear();
    instance.server.faults().add(Fault::any(FaultKind::status(503)));
    let error = instance.run(&["resolve", "dataos://lake", "-o", "json"]).exits_with(6);
    assert_eq!(error.json_error()["code"], "unavailable");
}

fn fields_that_are_no_place_are_not_shown(transport: Transport) {
    let instance = Instance::new(transport);
    let password = instance.env.secret("password");
    let more = ["params=application_name=x"];
    instance
        .create("sales", &[&POSTGRES[..], &more].concat(), &[])
        .stdin(password)
        .run()
        .succeeds();
    let shown = instance.run(&["resolve", "dataos://sales"]).succeeds();
    for word in ["loader", "application_name", "password"] {
        assert!(!shown.stdout.contains(word), "{shown}");
    }
}

over_both! {
    parts_of_a_path_have_the_names_of_the_source,
    only_backends_with_such_addresses_are_asked,
    what_leads_nowhere_says_why,
    fields_that_are_no_place_are_not_shown,
}
