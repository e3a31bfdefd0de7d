//! What must hold for each of the types that come with the program.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::super::{Field, FieldProblem};
use super::catalog;
use super::name::fold;
use super::visible::sounds_secret;
use super::{FieldKind, FieldSpec, Mode, TypeSchema};

/// Looks like an AWS secret key and like no host, number or choice.
const CANARY: &str = "cAnary/7MDENG+bPxRfi=EXAMPLE\u{7}";

fn schemas() -> impl Iterator<Item = &'static TypeSchema> {
    catalog::names().map(|name| catalog::find(name).expect("each name has a type"))
}

#[test]
fn every_name_and_alias_of_a_field_is_unique() {
    for schema in schemas() {
        let mut owners = HashMap::new();
        for field in &schema.fields {
            let mut own = HashSet::from([fold(&field.name)]);
            for alias in &field.aliases {
                assert!(own.insert(fold(alias)), "{}: {alias} says nothing new", schema.name);
            }
            for name in field.names() {
                let owner = owners.insert(fold(name), &field.name);
                let is_own = owner.is_none_or(|owner| *owner == field.name);
                assert!(is_own, "{}: {name} is also a name of {owner:?}", schema.name);
            }
        }
    }
}

#[test]
fn every_auth_method_is_made_of_fields() {
    for schema in schemas() {
        let Some(auth) = &schema.auth else { continue };
        assert!(auth.method(&auth.default).is_some(), "{}: default", schema.name);
        let mut names = HashSet::new();
        for method in &auth.methods {
            for name in [&method.name].into_iter().chain(&method.aliases) {
                assert!(names.insert(fold(name)), "{}: {name} twice", schema.name);
            }
            for name in method.required.iter().chain(&method.optional) {
                let is_canonical = schema.fields.iter().any(|field| field.name == *name);
                assert!(is_canonical, "{}: {} names {name}", schema.name, method.name);
            }
        }
    }
}

#[test]
fn every_method_can_be_used_and_is_the_one_meant() {
    for schema in schemas() {
        let Some(auth) = &schema.auth else { continue };
        for method in &auth.methods {
            let mut fields =
                examples(schema, |field| field.required || method.required.contains(&field.name));
            fields.extend(examples(schema, |field| {
                schema.any_of.iter().any(|group| group[0] == field.name)
            }));
            fields.push(Field { name: "auth_method".to_owned(), value: method.name.clone() });
            let secrets: Vec<&str> = method
                .required
                .iter()
                .map(String::as_str)
                .filter(|name| schema.field(name).is_some_and(|field| field.secret))
                .collect();
            let normalized = schema.validate(&fields, &secrets, &[], Mode::Create);
            let normalized = normalized
                .unwrap_or_else(|problems| panic!("{} {}: {problems:?}", schema.name, method.name));
            assert_eq!(normalized.auth_method.as_deref(), Some(method.name.as_str()));
        }
    }
}

#[test]
fn every_example_and_default_is_valid_and_in_normal_form() {
    for schema in schemas() {
        for field in &schema.fields {
            for value in field.example.iter().chain(&field.default) {
                let normal = field.normalize(value);
                assert_eq!(normal.as_ref(), Ok(value), "{} {}", schema.name, field.name);
            }
        }
    }
}

#[test]
fn every_field_says_what_is_needed_to_fill_it_in() {
    for schema in schemas() {
        assert!(schema.summary.ends_with('.'), "{}", schema.name);
        for field in &schema.fields {
            let place = format!("{} {}", schema.name, field.name);
            let is_snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(field.name.chars().all(is_snake), "{place}");
            assert!(field.description.ends_with('.'), "{place}: description");
            let shows = field.example.is_some() || field.default.is_some();
            let speaks = field.secret || field.kind == FieldKind::Pem;
            assert!(shows != speaks, "{place}: an example, or a secret or a document");
            assert!(field.pattern.is_some() == field.pattern_hint.is_some(), "{place}: pattern");
            assert!(field.items.is_none() || field.kind == FieldKind::List, "{place}: items");
            assert!(field.schemes.is_empty() || field.kind == FieldKind::Uri, "{place}: schemes");
            assert!(field.secret || !sounds_secret(&field.name), "{place}: sounds secret");
        }
    }
}

#[test]
fn a_secret_that_is_typed_as_a_value_is_refused_and_never_repeated() {
    for schema in schemas() {
        for field in schema.fields.iter().filter(|field| field.secret) {
            for name in field.names() {
                for mode in [Mode::Create, Mode::Update] {
                    let problems = problems_of(schema, name, CANARY, mode);
                    assert_eq!(problems[0].field, field.name);
                    assert!(problems[0].message.starts_with("is a secret"), "{problems:?}");
                }
            }
        }
    }
}

#[test]
fn no_wrong_value_is_repeated_in_any_field() {
    let values = [
        CANARY.to_owned(),
        format!("https://user:{CANARY}@example.com"),
        format!("https://example.com/?sig={CANARY}"),
        format!("a={CANARY}"),
        format!("-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"),
        format!("[\"{CANARY}\""),
        CANARY.repeat(10_000),
    ];
    for schema in schemas() {
        for value in &values {
            for field in &schema.fields {
                problems_of(schema, &field.name, value, Mode::Create);
            }
            problems_of(schema, "no_such_field", value, Mode::Create);
            problems_of(schema, value, "x", Mode::Create);
        }
    }
}

#[test]
fn the_json_form_is_a_schema_with_all_that_is_known() {
    for schema in schemas() {
        let json = schema.to_json();
        let place = &schema.name;
        assert_eq!(json["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(json["type"], "object");
        assert_eq!(json["additionalProperties"], false);
        let properties = json["properties"].as_object().expect("properties");
        assert_eq!(properties.len(), schema.fields.len(), "{place}");
        for (order, field) in schema.fields.iter().enumerate() {
            check_property(place, field, &properties[&field.name], order);
        }
        for name in json["required"].as_array().expect("required") {
            assert!(properties.contains_key(name.as_str().expect("a name")), "{place}");
        }
        let methods = schema.auth.as_ref().map_or(0, |auth| auth.methods.len());
        let conditions = json["allOf"].as_array().map_or(0, Vec::len);
        assert_eq!(conditions, methods + schema.any_of.len(), "{place}");
    }
}

fn check_property(place: &str, field: &FieldSpec, property: &Value, order: usize) {
    let place = format!("{place} {}", field.name);
    let words = ["string", "boolean", "integer", "array"];
    assert!(words.contains(&property["type"].as_str().expect("a type")), "{place}");
    assert_eq!(property["x-order"], order, "{place}");
    assert_eq!(property["x-secret"], field.secret, "{place}");
    assert_eq!(property["writeOnly"] == true, field.secret, "{place}");
    assert_eq!(property["x-advanced"], field.advanced, "{place}");
    assert_eq!(property["x-env"].is_array(), !field.env.is_empty(), "{place}");
    assert_eq!(property["x-aliases"].is_array(), !field.aliases.is_empty(), "{place}");
    let shown = property["examples"].get(0).or(property.get("default"));
    if let Some(shown) = shown {
        let json_type = match shown {
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::Array(_) => "array",
            _ => "string",
        };
        assert_eq!(property["type"], json_type, "{place}");
    }
}

#[test]
fn the_json_form_of_s3_is_as_documented() {
    let json = catalog::find("s3").expect("the type exists").to_json();
    let key = &json["properties"]["secret_access_key"];
    assert_eq!(key["x-env"], serde_json::json!(["AWS_SECRET_ACCESS_KEY"]));
    assert_eq!(json["properties"]["region"]["default"], "us-east-1");
    assert_eq!(json["x-auth-methods"]["default"], "access_key");
    let profile = &json["x-auth-methods"]["methods"][2];
    assert_eq!(profile["required"], serde_json::json!(["profile"]));
    assert_eq!(profile["forbidden"][0], "access_key_id");
    assert_eq!(profile["secret"], false);
    let condition = &json["allOf"][2];
    assert_eq!(condition["if"]["properties"]["auth_method"]["const"], "profile");
    assert_eq!(condition["then"]["properties"]["session_token"], false);
}

fn examples(schema: &TypeSchema, is_wanted: impl Fn(&FieldSpec) -> bool) -> Vec<Field> {
    let wanted = schema.fields.iter().filter(|field| !field.secret && is_wanted(field));
    let pem = "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----";
    let value = |field: &FieldSpec| match (&field.example, &field.default) {
        (Some(value), _) | (None, Some(value)) => value.clone(),
        (None, None) => pem.to_owned(),
    };
    wanted.map(|field| Field { name: field.name.clone(), value: value(field) }).collect()
}

/// The problems with one value, none of which may repeat any part of it that tells something.
fn problems_of(schema: &TypeSchema, name: &str, value: &str, mode: Mode) -> Vec<FieldProblem> {
    let field = Field { name: name.to_owned(), value: value.to_owned() };
    let problems = schema.validate(&[field], &[], &[], mode).expect_err("the value is wrong");
    let text = format!("{problems:?}");
    for part in ["cAnary", "7MDENG", "bPxRfi"] {
        assert!(!text.contains(part), "{} {name}: {text}", schema.name);
    }
    problems
}
