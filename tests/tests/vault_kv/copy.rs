//! Copies, files and rotation: all of it goes through the contract.

use serde_json::json;

use crate::instance::Instance;

#[test]
fn a_connection_is_copied_there_and_back() {
    let instance = Instance::new();
    let key = instance.env.secret("key");
    let local = instance.create("sales", &crate::S3, &["-b=local"]).stdin(key.as_str());
    local.run().succeeds();
    instance.run(&["copy", "local/default/sales", "vault-kv/team/sales"]).succeeds();
    let data = instance.data("team/sales").expect("it is there");
    assert_eq!(data["secret_access_key"], json!(key));
    assert_eq!(
        instance.vault.custom("", "secret", "team/sales").expect("it is described")["connhub-type"],
        "s3"
    );
    instance.run(&["copy", "vault-kv/team/sales", "local/back/sales"]).succeeds();
    let keep = ["-b=local", "-n=back", "--if-exists=keep", "-o=json"];
    let kept = instance.create("sales", &crate::S3, &keep).stdin(key.as_str()).run().succeeds();
    assert_eq!(kept.json()["differences"], json!([]));
}

#[test]
fn a_manifest_is_applied_once_and_then_unchanged() {
    let instance = Instance::new();
    let env = &instance.env;
    env.file("key", env.secret("key"));
    let text = "name: orders\ntype: postgresql\nscope: team\nfields: {host: db.example.com, database: orders, username: ada}\n\
                secrets: {password: {fromFile: key}}\n";
    let file = env.file("orders.yaml", text).display().to_string();
    let outcome = || {
        let applied = instance.run(&["apply", "-f", &file, "-o", "json"]).succeeds().json();
        applied["items"][0]["outcome"].clone()
    };
    assert_eq!(outcome(), "created");
    assert_eq!(outcome(), "unchanged");
    assert_eq!(instance.vault.versions("", "secret", "team/orders"), 1);
    let rotated = env.secret("rotated");
    env.file("key", &rotated);
    assert_eq!(outcome(), "replaced");
    assert_eq!(instance.data("team/orders").expect("it is there")["password"], json!(rotated));
}

#[test]
fn a_secret_is_used_and_rotated() {
    let instance = Instance::new();
    let key = instance.has_bucket("sales");
    let exec = ["exec", "sales", "--", "sh", "-c", "test \"$AWS_SECRET_ACCESS_KEY\" = \"$WANTED\""];
    instance.env.command(exec).variable("WANTED", &key).run().succeeds();
    let rotated = instance.env.secret("rotated");
    let rotate = instance.env.command(["rotate", "sales", "secret_access_key=-"]);
    rotate.stdin(rotated.as_str()).run().succeeds();
    assert_eq!(instance.data("sales").expect("it is there")["secret_access_key"], json!(rotated));
    assert_eq!(instance.vault.versions("", "secret", "sales"), 2);
}
