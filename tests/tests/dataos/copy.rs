//! Copies between DataOS and the local store.

use serde_json::json;

use crate::instance::Instance;
use crate::transport::Transport;

fn a_copy_becomes_a_secret_and_a_depot_and_comes_back(transport: Transport) {
    let instance = Instance::new(transport);
    let env = &instance.env;
    let secret = env.secret("password");
    let fields = ["host=db.example.com", "database=orders", "username=ada", "password=-"];
    let create = ["create", "orders", "--type=postgresql", "-b=local", "schema=public"];
    env.command(create.iter().chain(&fields)).stdin(secret.as_str()).run().succeeds();
    let copy = ["copy", "local/default/orders", "dataos/orders", "--unset=schema"];
    instance.run(&copy[..3]).fails(2, "schema");
    instance.run(&copy).succeeds();
    let there = instance.run(&["get", "orders", "-b", "dataos", "-o", "json"]).succeeds().json();
    assert_eq!(there["fields"]["host"], "db.example.com");
    instance.run(&["copy", "dataos/orders", "local/back/orders"]).succeeds();
    let keep = ["--if-exists=keep", "-o=json", "-n=back"];
    let words = create[..4].iter().chain(&fields).chain(&keep);
    let kept = env.command(words).stdin(secret).run().succeeds().json();
    let differences = kept["differences"].as_array().expect("a list");
    assert!(!differences.contains(&json!("password")), "{kept}");
    assert_eq!(kept["connection"]["fields"]["username"], "ada");
}

fn a_manifest_is_applied_once_and_then_unchanged(transport: Transport) {
    let instance = Instance::new(transport);
    let env = &instance.env;
    env.file("key", env.secret("password"));
    let text = "name: orders\ntype: postgresql\nfields: {host: db.example.com, database: orders, username: ada}\n\
                secrets: {password: {fromFile: key}}\n";
    let file = env.file("orders.yaml", text).display().to_string();
    let outcome = || {
        let applied = instance.run(&["apply", "-f", &file, "-o", "json"]).succeeds().json();
        applied["items"][0]["outcome"].clone()
    };
    assert_eq!(outcome(), "created");
    assert_eq!(outcome(), "unchanged");
    env.file("key", env.secret("new"));
    assert_eq!(outcome(), "replaced");
}

over_both! {
    a_copy_becomes_a_secret_and_a_depot_and_comes_back,
    a_manifest_is_applied_once_and_then_unchanged,
}
