//! Names and credentials that DataOS does not take.

use connhub_tests::dataos::{DepotNames, Options};
use serde_json::json;

use crate::instance::Instance;
use crate::sources::with_files;
use crate::transport::Transport;
use crate::{POSTGRES, PULSAR};

fn names_that_cannot_be_are_refused_with_the_rule(transport: Transport) {
    let instance = Instance::new(transport);
    let long = "a".repeat(48);
    for (name, words) in [
        ("my-sales", "try `mysales`"),
        ("2sales", "try `sales`"),
        ("Sales", "try `sales`"),
        ("sales_eu", "try `saleseu`"),
        (long.as_str(), "at most 47 characters"),
    ] {
        let (outcome, requests) = instance.asked(|| instance.create(name, &PULSAR, &[]).run());
        let refused = outcome.fails(2, words);
        assert!(refused.stderr.contains("[a-z]([a-z0-9]*)?"), "{refused}");
        assert_eq!(requests.len(), 0, "{name}");
    }
    instance.create(&"a".repeat(47), &PULSAR, &[]).run().succeeds();
    instance.run(&["get", "my-sales"]).exits_with(3);
}

fn a_backend_can_take_hyphens(transport: Transport) {
    let depot_names = DepotNames::Hyphens;
    let instance = Instance::of(transport, Options { depot_names, ..Options::default() });
    instance.set("depot-names = \"hyphens\"\n");
    instance.create("my-sales", &PULSAR, &[]).run().succeeds();
    instance.create("sales-", &PULSAR, &[]).run().fails(2, "[a-z]([-a-z0-9]*[a-z0-9])?");
    assert_eq!(instance.stored(), ["depot my-sales"]);
    let strict = Instance::new(transport);
    strict.set("depot-names = \"hyphens\"\n");
    let refused = strict.create("my-sales", &PULSAR, &[]).run();
    refused.fails(2, "must be less than 48 chars and conform to the following regex");
    assert_eq!(strict.stored(), [""; 0]);
}

fn secrets_can_have_other_names(transport: Transport) {
    let instance = Instance::new(transport);
    instance.set("secret-name = \"cred.{name}\"\n");
    instance.has_postgres("sales");
    assert_eq!(instance.stored(), ["secret cred.sales", "depot sales"]);
    instance.run(&["delete", "sales", "--yes"]).succeeds();
    assert_eq!(instance.stored(), [""; 0]);
    instance.set("secret-name = \"shared\"\n");
    let password = instance.env.secret("password");
    let create = instance.create("sales", &POSTGRES, &[]).stdin(password).run();
    create.fails(2, "without `{name}` all connections share a Secret");
}

#[test]
fn credentials_that_are_files_are_refused_over_http_with_the_reason() {
    let instance = Instance::new(Transport::Http);
    for source in with_files() {
        let key = json!({"type": "service_account", "private_key": instance.env.secret("key")});
        let key = instance.env.file("key.json", key.to_string()).display().to_string();
        let fields = source.fields.iter().map(|(name, value)| format!("{name}={value}"));
        let mut words = vec!["create".into(), "sales".into(), format!("--type={}", source.kind)];
        words.extend(fields);
        words.extend(source.secrets.iter().map(|name| format!("{name}=@{key}")));
        let (outcome, requests) = instance.asked(|| instance.env.run(&words));
        let refused = outcome.fails(2, "how files are sent over HTTP is not documented");
        for words in ["dataos-ctl", "secret-files = \"data\""] {
            assert!(refused.stderr.contains(words), "{refused}");
        }
        assert_eq!(requests.len(), 0, "{}", source.kind);
    }
}

fn what_dataos_has_no_place_for_is_named_at_once(transport: Transport) {
    let instance = Instance::new(transport);
    let password = instance.env.secret("password");
    let more = ["schema=public", "-o=json"];
    let (outcome, requests) = instance
        .asked(|| instance.create("Sales", &POSTGRES, &more).stdin(password.as_str()).run());
    let error = outcome.exits_with(2).json_error().to_string();
    assert!(error.contains("schema"), "{error}");
    assert_eq!(requests.len(), 0);
    instance.create("model", &["--type=uri", "uri=https://example.com"], &[]).run().fails(2, "uri");
    let session = ["--type=s3", "bucket=sales-raw", "auth_method=iam_role"];
    instance.create("sales", &session, &[]).run().fails(2, "iam_role");
    instance
        .create("sales", &["--type=acmequeue"], &[])
        .run()
        .fails(2, "none is given that says where the data is");
    assert_eq!(instance.stored(), [""; 0]);
}

fn keys_of_the_secret_can_be_others(transport: Transport) {
    let instance = Instance::new(transport);
    let keys = "secret-keys = \"postgresql.password=pass+pw, postgresql.username=user\"\n";
    instance.set(keys);
    let password = instance.has_postgres("sales");
    let expected = [("pass", password.as_str()), ("pw", &password), ("user", "loader")];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(instance.secret().values, expected.into_iter().collect());
    let shown = instance.run(&["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["secrets"], json!(["username", "password"]));
}

fn an_address_is_told_and_a_display_name_is_said_to_be_lost(transport: Transport) {
    let instance = Instance::new(transport);
    let created = instance.create("queue", &PULSAR, &["--display-name=Queue"]).run().succeeds();
    assert!(created.stderr.contains("DataOS has no display names"), "{created}");
    assert!(created.stdout.contains("address: dataos://queue"), "{created}");
}

over_both! {
    names_that_cannot_be_are_refused_with_the_rule,
    a_backend_can_take_hyphens,
    secrets_can_have_other_names,
    what_dataos_has_no_place_for_is_named_at_once,
    keys_of_the_secret_can_be_others,
    an_address_is_told_and_a_display_name_is_said_to_be_lost,
}
