//! The table of sources: every canonical type there and back, and that it knows all canonical fields.

use std::collections::BTreeSet;

use connhub_sdk::testing::{render, secret};
use connhub_sdk::{Connector, Error, Field, SecretField};
use serde_json::{Map, Value, json};

use crate::DataOs;
use crate::credentials::secret_body;
use crate::depot_type::{DepotType, Given};
use crate::fields::Keys;
use crate::settings::Settings;
use crate::sources::{Origin, SOURCES, Source};

use super::target_with;

/// A type, its visible and secret fields, and the Depot's type and spec and the Secret's data that become of them.
struct Case {
    name: String,
    native: String,
    fields: Vec<(String, String)>,
    secrets: Vec<(String, String)>,
    spec: Map<String, Value>,
    data: Value,
}

/// One case for each source, and one for a type without a table.
fn cases() -> Vec<Case> {
    let text = include_str!("../../tests/data/sources.json");
    let cases: Vec<Value> = serde_json::from_str(text).expect("the cases are JSON");
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    let object = |value: &Value| value.as_object().expect("it is an object").clone();
    let pairs = |value: &Value| {
        object(value).iter().map(|(name, value)| (name.clone(), text(value))).collect()
    };
    let case = |case: &Value| Case {
        name: text(&case["name"]),
        native: text(&case["native"]),
        fields: pairs(&case["fields"]),
        secrets: pairs(&case["secrets"]),
        spec: object(&case["spec"]),
        data: case["data"].clone(),
    };
    cases.iter().map(case).collect()
}

fn settings(pairs: &[(&str, &str)]) -> Settings {
    Settings::of(&target_with(pairs)).expect("the settings are valid")
}

fn fields_of<S: AsRef<str>>(pairs: &[(S, S)]) -> Vec<Field> {
    pairs.iter().map(|(name, value)| Field::new(name.as_ref(), value.as_ref())).collect()
}

fn secrets_of<S: AsRef<str>>(pairs: &[(S, S)]) -> Vec<SecretField> {
    let field = |(name, value): &(S, S)| SecretField {
        name: name.as_ref().to_owned(),
        value: secret(value.as_ref()),
    };
    pairs.iter().map(field).collect()
}

/// The Depot's type and spec and the Secret's body.
fn written(
    settings: &Settings,
    name: &str,
    fields: &[Field],
    secrets: &[SecretField],
) -> Result<(DepotType, Map<String, Value>, Value), Error> {
    let depot_type = DepotType::named(name)?;
    let mut spec = Map::new();
    let credentials = depot_type.write(settings, Given { fields, secrets }, &mut spec)?;
    let body = render(&secret_body(&credentials, settings.secret_files).into_parts());
    let body = serde_json::from_slice(&body).expect("the body is JSON");
    Ok((depot_type, spec, body))
}

#[test]
fn each_source_has_a_case() {
    let cases: Vec<_> = cases().into_iter().map(|case| case.name).collect();
    for source in &SOURCES {
        assert!(cases.iter().any(|name| name == source.name), "{}", source.name);
    }
}

#[test]
fn each_type_goes_to_its_places() {
    let settings = settings(&[("secret-files", "data")]);
    for case in cases() {
        let (fields, secrets) = (fields_of(&case.fields), secrets_of(&case.secrets));
        let (depot_type, spec, body) = written(&settings, &case.name, &fields, &secrets)
            .unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        assert_eq!(depot_type.native, case.native, "{}", case.name);
        assert_eq!(spec, case.spec, "{}", case.name);
        assert_eq!(body.get("data").unwrap_or(&json!({})), &case.data, "{}", case.name);
        assert_eq!(body["type"], "key-value");
    }
}

#[test]
fn each_type_is_read_back_as_it_was_given() {
    let settings = settings(&[("secret-files", "data")]);
    for case in cases() {
        let keys: Vec<String> = case.data.as_object().expect("it is one").keys().cloned().collect();
        let depot_type = DepotType::of_depot(&case.native, &case.spec);
        assert_eq!(depot_type.name, case.name);
        let found = depot_type.read(&settings, &case.spec, Keys::Known(&keys));
        for field in &found.fields {
            let given = case.fields.iter().find(|(name, _)| *name == field.name);
            // The way to log in is told by what is in the Secret.
            let is_told = field.name == "auth_method" && given.is_none();
            assert!(is_told || given.is_some_and(|(_, value)| *value == field.value), "{field:?}");
        }
        let is_stored = |name: &&str| *name != "auth_method";
        let read = found.fields.iter().map(|field| field.name.as_str());
        let read = read.chain(found.secret_names.iter().map(String::as_str));
        let given = case.fields.iter().chain(&case.secrets).map(|(name, _)| name.as_str());
        let read: BTreeSet<&str> = read.filter(is_stored).collect();
        let given: BTreeSet<&str> = given.filter(is_stored).collect();
        assert_eq!(read, given, "{}", case.name);
    }
}

#[test]
fn the_case_of_a_type_does_not_matter() {
    let check = |native: &str, expected: &str| {
        assert_eq!(DepotType::of_depot(native, &Map::new()).name, expected);
    };
    check("SNOWFLAKE", "snowflake");
    check("Abfss", "adls");
    check("TenantsOwn", "TenantsOwn");
}

#[test]
fn the_way_to_log_in_is_told_by_the_secret() {
    let settings = settings(&[]);
    let check = |native: &str, keys: &[&str], expected: Option<&str>| {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let depot_type = DepotType::of_depot(native, &Map::new());
        let found = depot_type.read(&settings, &Map::new(), Keys::Known(&keys));
        let method = found.fields.iter().find(|field| field.name == "auth_method");
        assert_eq!(method.map(|method| method.value.as_str()), expected, "{native} {keys:?}");
    };
    check("snowflake", &["username", "password"], Some("password"));
    check("snowflake", &["username", "key"], Some("key_pair"));
    check("snowflake", &["other"], None);
    check("kafka", &[], Some("none"));
    check("kafka", &["security_protocol"], None);
    check("s3", &["awssecretaccesskey"], Some("access_key"));
    check("ourOwnType", &["password"], None);
}

#[test]
fn fields_that_are_expected_and_missing_are_told() {
    let settings = settings(&[]);
    let check = |native: &str, keys: &[&str], expected: &[&str]| {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let depot_type = DepotType::of_depot(native, &Map::new());
        let found = depot_type.read(&settings, &Map::new(), Keys::Known(&keys));
        assert_eq!(found.missing, expected, "{native}");
    };
    check("snowflake", &["username"], &["url", "database", "warehouse"]);
    check("postgresql", &["username"], &["host", "port", "database", "password"]);
    check("postgresql", &[], &["host", "port", "database"]);
    check("gcs", &[], &["bucket", "service_account_key"]);
    check("ourOwnType", &[], &[]);
}

#[test]
fn implied_values_of_a_depot_are_not_fields() {
    let spec = json!({"host": "h", "subprotocol": "postgresql", "sslRootCert": "x"});
    let spec = spec.as_object().expect("it is an object");
    let found = DepotType::of_depot("postgresql", spec).read(&settings(&[]), spec, Keys::Unknown);
    assert_eq!(found.fields, [Field::new("host", "h"), Field::new("sslRootCert", "x")]);
}

#[test]
fn files_are_refused_unless_a_setting_says_how_they_are_sent() {
    let secrets = secrets_of(&[("service_account_key", "{}")]);
    let fields = fields_of(&[("bucket", "b")]);
    let error = written(&settings(&[]), "gcs", &fields, &secrets).expect_err("files are refused");
    let Error::Unsupported(text) = error else { panic!("{error:?}") };
    assert!(text.contains("`gcskey_json`") && text.contains("secret-files = \"data\""), "{text}");
    let check = |setting: &str, part: &str| {
        let settings = settings(&[("secret-files", setting)]);
        let (_, _, body) = written(&settings, "gcs", &fields, &secrets).expect("it is written");
        assert_eq!(body[part], json!({"gcskey_json": "{}"}), "{setting}");
    };
    check("data", "data");
    check("files", "files");
}

#[test]
fn keys_of_the_secret_can_be_set() {
    let keys = "s3.access_key_id=aws_access_key,gcs.service_account_key=gcp_json_key+other";
    let settings = settings(&[("secret-keys", keys), ("secret-files", "data")]);
    let data = |name: &str, fields: &[(&str, &str)], secrets: &[(&str, &str)]| {
        let (fields, secrets) = (fields_of(fields), secrets_of(secrets));
        written(&settings, name, &fields, &secrets).expect("it is written").2["data"].clone()
    };
    let s3 = data("s3", &[("bucket", "b"), ("access_key_id", "AK")], &[]);
    assert_eq!(s3, json!({"aws_access_key": "AK"}));
    let gcs = data("gcs", &[("bucket", "b")], &[("service_account_key", "{}")]);
    assert_eq!(gcs, json!({"gcp_json_key": "{}", "other": "{}"}));
    let stored: Vec<String> = ["aws_access_key", "secretkey"].map(str::to_owned).into();
    let spec = Map::new();
    let found = DepotType::of_depot("s3", &spec).read(&settings, &spec, Keys::Known(&stored));
    assert_eq!(found.secret_names, ["access_key_id", "secret_access_key"]);
}

#[test]
fn what_dataos_cannot_hold_is_refused_field_by_field() {
    let check = |name: &str, fields: &[(&str, &str)], secrets: &[(&str, &str)], words: &[&str]| {
        let (fields, secrets) = (fields_of(fields), secrets_of(secrets));
        let error = written(&settings(&[]), name, &fields, &secrets).expect_err("it is refused");
        let text = error.message();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    };
    check("uri", &[("uri", "https://x")], &[], &["no depot type for `uri`"]);
    check("oci", &[], &[], &["no depot type for `oci`"]);
    check("s3", &[("auth_method", "iam_role")], &[], &["`iam_role`", "it takes `access_key`"]);
    check(
        "postgresql",
        &[("schema", "s")],
        &[("client_key", "k")],
        &["schema: DataOS has no place", "client_key: DataOS has no place"],
    );
    check("mysql", &[("ssl_mode", "verify_ca")], &[], &["`verify_ca`", "`verify_identity`"]);
    check("lakehouse", &[("bucket", "b")], &[], &["storageType: `bucket` needs it"]);
    check("http", &[], &[("headers", "A=b")], &["headers: everybody who may read"]);
}

#[test]
fn other_words_for_a_type_are_read_and_kept() {
    let spec = json!({"host": "h", "params": {"encrypt": false}});
    let spec = spec.as_object().expect("it is an object");
    let mssql = DepotType::of_depot("MSSQL", spec);
    assert_eq!((mssql.name.as_str(), mssql.native.as_str()), ("mssql", "MSSQL"));
    let found = mssql.read(&settings(&[]), spec, Keys::Unknown);
    assert_eq!(found.fields, fields_of(&[("host", "h"), ("encrypt", "false")]));
    let mut changed = spec.clone();
    let fields = fields_of(&[("host", "new")]);
    let given = Given { fields: &fields, secrets: &[] };
    mssql.write(&settings(&[]), given, &mut changed).expect("it is written");
    assert_eq!(changed.get("subprotocol"), None);
    assert_eq!(DepotType::of_depot("trino", spec).name, "presto");
}

/// Canonical types and fields come from data of the host, which has to stay in step with the table.
#[test]
fn the_table_knows_every_canonical_field() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../host/types");
    for entry in std::fs::read_dir(folder).expect("the types are there") {
        let path = entry.expect("the folder can be read").path();
        let text = std::fs::read_to_string(&path).expect("the type can be read");
        let canonical: toml::Table = toml::from_str(&text).expect("the type is TOML");
        let name = canonical["name"].as_str().expect("it has a name");
        let Ok(source) = Source::named(name) else {
            continue;
        };
        let source = source.unwrap_or_else(|| panic!("`{name}` has no table"));
        compare_fields(source, &canonical);
        compare_methods(source, &canonical);
    }
}

fn compare_fields(source: &Source, canonical: &toml::Table) {
    let names = |key: &str| names_in(canonical, key);
    let ours: BTreeSet<&str> = source
        .fields
        .iter()
        .filter(|field| field.origin == Origin::Canonical)
        .map(|field| field.name)
        .chain(source.unsupported.iter().copied())
        .collect();
    assert_eq!(ours, names("field"), "{}", source.name);
    let own = source.fields.iter().filter(|field| field.origin != Origin::Canonical);
    let clash: Vec<_> = own.filter(|field| names("field").contains(field.name)).collect();
    assert!(clash.is_empty(), "{}: {clash:?}", source.name);
}

fn compare_methods(source: &Source, canonical: &toml::Table) {
    let auth = canonical["auth"].as_table().expect("it is a table");
    let known = names_in(auth, "methods");
    for method in source.methods {
        assert!(known.contains(method.name), "{}: {}", source.name, method.name);
        let is_field = source.field(method.shown_by).is_some();
        assert!(method.shown_by.is_empty() || is_field, "{}", method.shown_by);
    }
    assert!(!source.methods.is_empty(), "{}", source.name);
}

fn names_in<'t>(table: &'t toml::Table, key: &str) -> BTreeSet<&'t str> {
    let entries = table.get(key).and_then(toml::Value::as_array).into_iter().flatten();
    entries.filter_map(|entry| entry.get("name")?.as_str()).collect()
}

#[test]
fn the_description_names_all_types_and_settings() {
    let description = DataOs::describe();
    assert_eq!(description.types.len(), SOURCES.len());
    let kafka = description.types.iter().find(|one| one.name == "kafka").expect("it is there");
    let store = kafka.fields.iter().find(|field| field.name == "trust_store_file");
    assert!(store.is_some_and(|field| field.secret));
    assert!(kafka.unsupported.contains(&"client_key".to_owned()));
    assert!(!kafka.fields.iter().any(|field| field.name == "brokers"));
    assert!(description.any_type);
    let names: BTreeSet<_> = description.settings.iter().map(|setting| &setting.name).collect();
    assert_eq!(names.len(), description.settings.len());
}
