//! What a policy leaves out, and servers that can do less.

use connhub_tests::vault_kv::Options;
use serde_json::json;

use crate::instance::Instance;

#[test]
fn a_missing_right_is_named_with_its_path() {
    let mut instance = Instance::new();
    instance.has_bucket("sales");
    let token = instance.vault.add_token("", &[("secret/data/*", &["read"])]);
    instance.log_in_as(&token);
    let listed = instance.run(&["list"]).fails(4, "`list` on `secret/metadata/`");
    assert!(!listed.stderr.contains("errors occurred:\n"), "{listed}");
    instance.run(&["get", "sales"]).succeeds();
    let key = instance.env.secret("other");
    let create = instance.create("new", &crate::S3, &[]).stdin(key.as_str()).run();
    create.fails(4, "`create` and `update` on `secret/data/new`");
    instance.run(&["delete", "sales", "--yes"]).fails(4, "`update` on `secret/delete/sales`");
    assert!(instance.data("sales").is_some());
}

#[test]
fn what_cannot_be_described_is_not_left_behind() {
    let mut instance = Instance::new();
    let rules: &[(&str, &[&str])] = &[
        ("secret/data/*", &["create", "read", "update", "delete"]),
        ("secret/metadata/*", &["list", "delete"]),
    ];
    instance.log_in_as(&instance.vault.add_token("", rules));
    let key = instance.env.secret("key");
    let create = || instance.create("sales", &crate::S3, &[]).stdin(key.as_str()).run();
    create().fails(4, "on `secret/metadata/sales`");
    assert_eq!(instance.data("sales"), None, "nothing is left");
}

#[test]
fn a_server_or_a_policy_without_patch_is_enough() {
    let old = Options { has_patch: false, cas_required: true, ..Options::default() };
    let mut plain = Instance::new();
    let rules: &[(&str, &[&str])] = &[
        ("secret/data/*", &["create", "read", "update", "delete"]),
        ("secret/metadata/*", &["list", "read", "update", "delete"]),
    ];
    plain.log_in_as(&plain.vault.add_token("", rules));
    for instance in [Instance::of(old), plain] {
        let key = instance.has_bucket("sales");
        let update = ["update", "sales", "bucket=other", "--label=a=b", "--keep-secrets"];
        instance.run(&update).succeeds();
        let data = instance.data("sales").expect("it is there");
        assert_eq!((&data["bucket"], &data["secret_access_key"]), (&json!("other"), &json!(key)));
        instance.run(&["delete", "sales", "--yes"]).succeeds();
        assert_eq!(instance.data("sales"), None);
        assert_eq!(
            instance.vault.versions("", "secret", "sales"),
            2,
            "a soft delete keeps the versions"
        );
    }
}

#[test]
fn a_final_delete_leaves_nothing() {
    let instance = Instance::new();
    instance.has_bucket("sales");
    instance.set("delete = \"destroy\"\n");
    instance.run(&["delete", "sales", "--yes"]).succeeds();
    assert_eq!(instance.vault.versions("", "secret", "sales"), 0);
    assert_eq!(instance.vault.custom("", "secret", "sales"), None);
}

#[test]
fn another_mount_is_a_setting() {
    let mounts = vec!["kv".to_owned(), "team/kv".to_owned()];
    let mut instance = Instance::of(Options { mounts, ..Options::default() });
    instance.log_in_as(&instance.vault.root_token(""));
    instance.run(&["list"]).fails(2, "`mount` leads to no key-value engine");
    for mount in ["kv", "team/kv"] {
        instance.set(&format!("mount = \"{mount}\"\n"));
        let key = instance.has_bucket("sales");
        let stored = instance.vault.data("", mount, "sales").expect("it is there");
        assert_eq!(stored["secret_access_key"], json!(key));
        instance.run(&["list"]).succeeds();
    }
}
