//! Credentials of their own for some of the purposes of a depot.

use serde_json::json;

use crate::instance::{Instance, writes};
use crate::transport::Transport;

fn readers_get_credentials_of_their_own(transport: Transport) {
    let instance = Instance::new(transport);
    let writer = instance.has_postgres("sales");
    instance.set("purposes = \"scan,query\"\nsecret-name = \"{name}-read\"\n");
    let reader = instance.env.secret("reader");
    let update = ["update", "sales", "username=reader", "password=-"];
    let split = || instance.env.command(update).stdin(reader.as_str()).run().succeeds();
    let (_, requests) = instance.asked(split);
    assert_eq!(writes(&requests), ["POST secret", "PUT depot"]);
    let (own, all) = ("engineering:sales-read", "engineering:sales-cred");
    let uses = json!([
        {"id": all, "purpose": "rw"}, {"id": own, "purpose": "scan"}, {"id": own, "purpose": "query"},
    ]);
    assert_eq!(instance.depot().resource["spec"]["secrets"], uses);
    let passwords =
        instance.dataos.secrets().into_iter().map(|secret| secret.values["password"].clone());
    assert_eq!(passwords.collect::<Vec<_>>(), [writer, reader.clone()]);

    let revealed = instance.run(&["list", "-o", "name"]).succeeds();
    assert_eq!(revealed.stdout, "sales\n");
    instance.set("");
    let both = instance.env.command(["update", "sales", "password=-"]).stdin(reader.as_str()).run();
    both.fails(2, "different Secrets for different purposes");
    instance.run(&["delete", "sales", "--yes"]).succeeds();
    assert_eq!(instance.stored(), [""; 0], "both Secrets go with their depot");
}

fn own_depots_are_listed_where_the_backend_says_so(transport: Transport) {
    let instance = Instance::new(transport);
    instance.has_postgres("sales");
    instance.put_depot(&instance.dataos.tokens().other_data_dev, "theirs", None);
    instance.set("owners = \"own\"\nowner = \"adalovelace\"\n");
    assert_eq!(instance.run(&["list", "-o", "name"]).succeeds().stdout, "sales\n");
    instance.set("owners = \"own\"\n");
    instance.run(&["list"]).fails(2, "set `owner`");
}

over_both! {
    readers_get_credentials_of_their_own,
    own_depots_are_listed_where_the_backend_says_so,
}
