//! What `plugins.toml` says in a test.

use connhub_tests::cli::{TestEnv, components};
use serde_json::Value;
use toml_edit::{DocumentMut, Item, Table, value};

/// Makes a backend named after its connector the default one. `rest` is what follows its `connector`.
pub fn configure(env: &TestEnv, connector: &str, rest: &str) {
    env.plugins(&format!(
        "version = 1\ndefault-backend = {name}\n\n[backends.{connector}]\nconnector = {name}\n{rest}",
        name = quoted(connector)
    ));
}

/// The same with the connector's own section, in which something is different from what is shipped.
pub fn configure_with(env: &TestEnv, connector: &str, rest: &str, change: impl FnOnce(&mut Table)) {
    configure(env, connector, rest);
    let path = env.home().join("plugins.toml");
    let mut file = parse(&fs_err::read_to_string(path).expect("it was just written"));
    file["connectors"] = Item::Table(Table::new());
    file["connectors"][connector] = Item::Table(shipped(connector, change));
    env.plugins(&file.to_string());
}

/// A limit of a connector.
pub fn limit(section: &mut Table, key: &str, number: i64) {
    section["limits"][key] = value(number);
}

/// A TOML string. TOML takes every escape that JSON writes.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn shipped(connector: &str, change: impl FnOnce(&mut Table)) -> Table {
    let text = fs_err::read_to_string(components().join("plugins.toml"));
    let file = parse(&text.expect("the connectors were built: `cargo xtask guests`"));
    let section = file["connectors"][connector].as_table().cloned();
    let mut section = section.expect("the connector is shipped");
    let component = section["component"].as_str().expect("a connector has a component");
    let component = components().join(component);
    section["component"] = value(component.display().to_string());
    change(&mut section);
    section
}

fn parse(text: &str) -> DocumentMut {
    text.parse().expect("it is TOML")
}
