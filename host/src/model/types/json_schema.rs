//! A type as a JSON Schema, for programs that build forms or commands from it.

use serde_json::{Map, Value, json};

use super::auth::{AUTH_METHOD, Auth};
use super::kind::{FieldKind, list_items};
use super::schema::{FieldSpec, TypeSchema, Unlisted};

impl TypeSchema {
    /// The type as a JSON Schema (2020-12). What JSON Schema has no word for is under these keys:
    ///
    /// - `x-order`: the place of the field, from 0;
    /// - `x-secret`: whether the value is a secret (such a field is also `writeOnly`);
    /// - `x-address`: whether the value says to whom the secrets are sent;
    /// - `x-kind`: the kind of the value, more exact than `type`;
    /// - `x-advanced`: whether most people never need the field;
    /// - `x-aliases`: other names of the field or the type;
    /// - `x-env`, `x-env-file`: environment variables with the value, or with the path of a file with it;
    /// - `x-json-keys`: keys that the JSON document in the value must have;
    /// - `x-auth-methods`: the default method, and each method with its required, optional and forbidden fields.
    pub fn to_json(&self) -> Value {
        let mut schema = Map::new();
        let mut put = |key: &str, value: Value| schema.insert(key.to_owned(), value);
        put("$schema", json!("https://json-schema.org/draft/2020-12/schema"));
        put("title", json!(self.title));
        put("description", json!(self.summary));
        put("type", json!("object"));
        put("properties", self.properties());
        put("required", json!(self.required_names()));
        put("additionalProperties", json!(self.unlisted == Unlisted::Carried));
        put("x-type", json!(self.name));
        put("x-aliases", json!(self.aliases));
        let all_of = self.conditions();
        if !all_of.is_empty() {
            put("allOf", json!(all_of));
        }
        if let Some(auth) = &self.auth {
            put("x-auth-methods", self.methods(auth));
        }
        Value::Object(schema)
    }

    fn held(&self) -> impl Iterator<Item = &FieldSpec> {
        self.fields.iter().filter(|field| !field.unsupported)
    }

    fn properties(&self) -> Value {
        let property =
            |(order, field): (usize, &FieldSpec)| (field.name.clone(), field.to_json(order));
        Value::Object(self.held().enumerate().map(property).collect())
    }

    fn required_names(&self) -> Vec<&str> {
        let is_asked = |field: &&FieldSpec| field.required && field.default.is_none();
        self.held().filter(is_asked).map(|field| field.name.as_str()).collect()
    }

    /// What depends on other fields: the auth method's needs, and groups of which one is enough.
    fn conditions(&self) -> Vec<Value> {
        let groups = self.any_of.iter().map(|group| {
            let one: Vec<Value> = group.iter().map(|name| json!({ "required": [name] })).collect();
            json!({ "anyOf": one })
        });
        let method = |auth: &Auth| -> Vec<Value> {
            let condition = |method: &super::AuthMethod| {
                let forbidden = auth.forbidden(method).into_iter();
                let forbidden: Map<_, _> =
                    forbidden.map(|name| (name.to_owned(), Value::Bool(false))).collect();
                json!({
                    "if": {
                        "properties": { AUTH_METHOD: { "const": method.name } },
                        "required": [AUTH_METHOD],
                    },
                    "then": { "required": method.required, "properties": forbidden },
                })
            };
            auth.methods.iter().map(condition).collect()
        };
        groups.chain(self.auth.iter().flat_map(method)).collect()
    }

    fn methods(&self, auth: &Auth) -> Value {
        let method = |method: &super::AuthMethod| {
            json!({
                "name": method.name,
                "description": method.description,
                "aliases": method.aliases,
                "required": method.required,
                "optional": method.optional,
                "forbidden": auth.forbidden(method),
                "secret": method.holds_secrets(self),
            })
        };
        let methods: Vec<Value> = auth.methods.iter().map(method).collect();
        json!({ "default": auth.default, "methods": methods })
    }
}

impl FieldSpec {
    fn to_json(&self, order: usize) -> Value {
        let mut property = self.shape();
        let mut put = |key: &str, value: Value| property.insert(key.to_owned(), value);
        put("description", json!(self.description));
        put("x-order", json!(order));
        put("x-kind", json!(self.kind.word()));
        put("x-secret", json!(self.secret));
        put("x-address", json!(self.address));
        put("x-advanced", json!(self.advanced));
        if self.secret {
            put("writeOnly", json!(true));
        }
        if let Some(default) = &self.default {
            put("default", self.typed(default));
        }
        if let Some(example) = &self.example {
            put("examples", json!([self.typed(example)]));
        }
        let lists = [
            ("x-aliases", &self.aliases),
            ("x-env", &self.env),
            ("x-env-file", &self.env_file),
            ("x-json-keys", &self.json_keys),
        ];
        for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            put(key, json!(list));
        }
        Value::Object(property)
    }

    /// The keywords that say which values are valid.
    fn shape(&self) -> Map<String, Value> {
        let mut shape = Map::new();
        let mut item = Map::new();
        if !self.choices.is_empty() {
            item.insert("enum".to_owned(), json!(self.choices));
        }
        if let Some(pattern) = &self.pattern {
            item.insert("pattern".to_owned(), json!(pattern.anchored()));
        }
        if let Some(pattern) = &self.backend_pattern {
            item.insert("allOf".to_owned(), json!([{ "pattern": pattern.anchored() }]));
        }
        let json_type = match self.kind {
            FieldKind::Boolean => "boolean",
            FieldKind::Integer | FieldKind::Port => "integer",
            FieldKind::List => "array",
            _ => "string",
        };
        shape.insert("type".to_owned(), json!(json_type));
        if self.kind == FieldKind::List {
            item.insert("type".to_owned(), json!("string"));
            shape.insert("items".to_owned(), Value::Object(item));
            shape.insert("minItems".to_owned(), json!(1));
        } else {
            shape.append(&mut item);
        }
        if self.kind == FieldKind::Uri {
            shape.insert("format".to_owned(), json!("uri"));
        }
        self.put_bounds(&mut shape);
        shape
    }

    fn put_bounds(&self, shape: &mut Map<String, Value>) {
        let bounds = match self.kind {
            FieldKind::Port => (Some(self.min.unwrap_or(1)), Some(self.max.unwrap_or(65535))),
            FieldKind::Integer => (self.min, self.max),
            _ => (None, None),
        };
        for (key, bound) in [("minimum", bounds.0), ("maximum", bounds.1)] {
            if let Some(bound) = bound {
                shape.insert(key.to_owned(), json!(bound));
            }
        }
    }

    /// A value as JSON has it.
    fn typed(&self, value: &str) -> Value {
        match self.kind {
            FieldKind::Boolean => json!(value == "true"),
            FieldKind::Integer | FieldKind::Port => {
                value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number))
            }
            FieldKind::List => json!(list_items(value).collect::<Vec<_>>()),
            _ => json!(value),
        }
    }
}
