//! The environment variables in which programs look for the values of a connection.

use std::collections::BTreeSet;

use super::Opened;
use super::template::Template;
use super::values::{Value, Values};
use crate::model::Secret;
use crate::model::types::{FieldSpec, TypeSchema};

/// One environment variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, or the contents of the file whose path is the value.
    pub value: Secret,
    /// Which of the two.
    pub form: Form,
    /// Whether the value must not be shown.
    pub is_secret: bool,
    /// The fields that it is made from.
    pub fields: Vec<String>,
    /// Whether the value is that of a field as it is.
    pub is_plain: bool,
    /// Whether it is one of the variables of a field, not one of a dialect.
    pub is_of_field: bool,
}

/// What a program expects in a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The value.
    Text,
    /// The path of a file with the value.
    File,
}

/// What a connection means for an environment.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is set, each name once.
    pub set: Vec<Variable>,
    /// What must not be there: with it, programs would mix this login with another one.
    pub removed: BTreeSet<String>,
}

/// Every variable that consumers of the connection's type read.
pub fn plan(opened: Opened<'_>) -> Plan {
    let values = Values::new(opened);
    let mut plan = Plan::default();
    match values.schema {
        Some(schema) => described(schema, &values, &mut plan),
        None => carried(&values, &mut plan),
    }
    let set = &plan.set;
    plan.removed.retain(|name| !set.iter().any(|variable| variable.name == *name));
    plan
}

/// Whether a text can be the name of a variable in every shell.
pub fn is_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(is_letter) && text.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

fn described(schema: &TypeSchema, values: &Values<'_>, plan: &mut Plan) {
    for field in &schema.fields {
        match values.get(&field.name).filter(|_| field.name != crate::model::types::AUTH_METHOD) {
            Some(value) => plan.of_field(field, &value),
            None if is_of_another_login(schema, values, &field.name) => {
                plan.removed.extend(field.env.iter().chain(&field.env_file).cloned());
            }
            None => {}
        }
    }
    for (name, value) in schema.dialects.iter().flat_map(|dialect| &dialect.variables) {
        plan.of_template(name, value, values);
    }
}

/// A type that nobody describes: its fields under their own names, which on some backends are names of variables already.
fn carried(values: &Values<'_>, plan: &mut Plan) {
    for name in values.stored_names() {
        let variable: String =
            name.trim_start_matches('.').replace(['-', '.'], "_").to_ascii_uppercase();
        if let Some(value) = values.get(name).filter(|_| is_name(&variable)) {
            plan.add(Variable::new(variable, value, Form::Text, vec![name.to_owned()]));
        }
    }
}

/// Whether the field belongs to ways to log in, of which the connection uses another one, or this one without the field. A way that needs
/// nothing takes what the environment has.
fn is_of_another_login(schema: &TypeSchema, values: &Values<'_>, field: &str) -> bool {
    let Some(auth) = &schema.auth else { return false };
    let method = values.auth_method().and_then(|name| auth.method(name));
    auth.governs(field) && method.is_some_and(|method| !method.required.is_empty())
}

impl Plan {
    fn of_field(&mut self, field: &FieldSpec, value: &Value) {
        let named = |names: &[String], form| {
            let variable = |name: &String| {
                Variable::new(name.clone(), value.clone(), form, vec![field.name.clone()])
            };
            names.iter().map(variable).collect::<Vec<_>>()
        };
        named(&field.env, Form::Text).into_iter().for_each(|variable| self.add(variable));
        named(&field.env_file, Form::File).into_iter().for_each(|variable| self.add(variable));
    }

    fn of_template(&mut self, name: &str, value: &str, values: &Values<'_>) {
        let [name, value] = [name, value].map(|text| {
            Template::parse(text).expect("the templates are compiled in and a test reads each")
        });
        let (Some(name), Some(filled)) = (name.fill(values), value.fill(values)) else {
            return;
        };
        let fields = value.holes().map(|hole| hole.field.to_owned()).collect();
        let name = String::from_utf8_lossy(name.bytes()).into_owned();
        let variable = Variable::new(name, filled, Form::Text, fields);
        self.add(Variable { is_plain: value.is_one_field(), is_of_field: false, ..variable });
    }

    fn add(&mut self, variable: Variable) {
        if !self.set.iter().any(|known| known.name == variable.name) {
            self.set.push(variable);
        }
    }
}

impl Variable {
    /// A variable with the value of a field.
    pub(super) fn new(name: String, value: Value, form: Form, fields: Vec<String>) -> Self {
        let is_secret = value.is_secret();
        let value = value.into_secret();
        Self { name, value, form, is_secret, fields, is_plain: true, is_of_field: true }
    }

    /// The value, and whether it is secret.
    pub(super) fn to_value(&self) -> Value {
        Value::new(self.value.clone(), self.is_secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::types::catalog;
    use crate::model::{Connection, Field, SecretField};

    fn connection(type_name: &str, fields: &[(&str, &str)]) -> Connection {
        let field = |(name, value): &(&str, &str)| Field {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        Connection {
            name: "data-lake".to_owned(),
            type_name: type_name.to_owned(),
            fields: fields.iter().map(field).collect(),
            ..Connection::default()
        }
    }

    fn secret(name: &str, value: &str) -> SecretField {
        SecretField { name: name.to_owned(), value: Secret::from(value.to_owned()) }
    }

    fn check(plan: &Plan, expected: &[(&str, &str)]) {
        for (name, value) in expected {
            let variable = plan.set.iter().find(|variable| variable.name == *name);
            let actual = variable
                .map(|variable| String::from_utf8_lossy(variable.value.expose()).into_owned());
            assert_eq!(actual.as_deref(), Some(*value), "{name}");
        }
    }

    #[test]
    fn s3_speaks_every_dialect() {
        let connection = connection(
            "s3",
            &[
                ("endpoint", "http://minio:9000"),
                ("bucket", "raw"),
                ("access_key_id", "AKIA"),
                ("path_style", "true"),
            ],
        );
        let secrets = [secret("secret_access_key", "s3/cret+")];
        let plan = plan(Opened { connection: &connection, secrets: &secrets });
        check(
            &plan,
            &[
                ("AWS_ACCESS_KEY_ID", "AKIA"),
                ("AWS_SECRET_ACCESS_KEY", "s3/cret+"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_DEFAULT_REGION", "us-east-1"),
                ("AWS_ENDPOINT_URL_S3", "http://minio:9000"),
                ("AWS_ENDPOINT_URL", "http://minio:9000"),
                ("S3_ENDPOINT_URL", "http://minio:9000"),
                ("AWS_S3_ENDPOINT", "http://minio:9000"),
                ("AWS_S3_BUCKET", "raw"),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "false"),
                ("RCLONE_CONFIG_DATA_LAKE_TYPE", "s3"),
                ("MC_HOST_data_lake", "http://AKIA:s3/cret+@minio:9000"),
            ],
        );
        let secrets: Vec<&str> =
            plan.set.iter().filter(|v| v.is_secret).map(|v| v.name.as_str()).collect();
        assert_eq!(
            secrets,
            [
                "AWS_SECRET_ACCESS_KEY",
                "RCLONE_CONFIG_DATA_LAKE_SECRET_ACCESS_KEY",
                "MC_HOST_data_lake"
            ]
        );
        // A token or a profile of another login must not meet these keys.
        let removed: Vec<&str> = plan.removed.iter().map(String::as_str).collect();
        assert_eq!(removed, ["AWS_PROFILE", "AWS_ROLE_ARN", "AWS_SESSION_TOKEN"]);
    }

    #[test]
    fn a_login_of_the_environment_stays() {
        let connection = connection("s3", &[("auth_method", "environment"), ("bucket", "raw")]);
        let plan = plan(Opened { connection: &connection, secrets: &[] });
        assert!(plan.removed.is_empty());
        assert!(!plan.set.iter().any(|variable| variable.is_secret));
    }

    #[test]
    fn files_are_told_from_texts() {
        let connection = connection("gcs", &[("project_id", "p")]);
        let secrets = [secret("service_account_key", "{\"type\":\"service_account\"}")];
        let plan = plan(Opened { connection: &connection, secrets: &secrets });
        let file = plan.set.iter().find(|v| v.name == "GOOGLE_APPLICATION_CREDENTIALS").unwrap();
        assert_eq!((file.form, file.is_secret), (Form::File, true));
    }

    #[test]
    fn addresses_of_databases_are_encoded() {
        let fields =
            [("host", "::1"), ("database", "a b"), ("username", "u@x"), ("ssl_mode", "require")];
        let connection = connection("postgresql", &fields);
        let secrets = [secret("password", "p/w:@")];
        let plan = plan(Opened { connection: &connection, secrets: &secrets });
        check(
            &plan,
            &[
                ("PGPORT", "5432"),
                ("DATABASE_URL", "postgresql://u%40x:p%2Fw%3A%40@[::1]:5432/a%20b?sslmode=require"),
            ],
        );
    }

    #[test]
    fn fields_of_unknown_types_keep_their_names() {
        let connection =
            connection("my-own", &[("MY_URL", "x"), ("batch-size", "3"), ("1st", "y")]);
        let secrets = [secret(".token", "t")];
        let plan = plan(Opened { connection: &connection, secrets: &secrets });
        check(&plan, &[("MY_URL", "x"), ("BATCH_SIZE", "3"), ("TOKEN", "t")]);
        assert_eq!(plan.set.len(), 3);
    }

    #[test]
    fn every_template_of_a_type_is_made_of_its_fields() {
        for name in catalog::names() {
            let schema = catalog::find(name).unwrap();
            let variables = schema.dialects.iter().flat_map(|dialect| &dialect.variables);
            for text in variables.flat_map(|(name, value)| [name, value]) {
                let template =
                    Template::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
                for hole in template.holes() {
                    let is_known = ["name", "NAME", "id"].contains(&hole.field)
                        || schema.fields.iter().any(|field| field.name == hole.field);
                    assert!(is_known, "{name}: `{text}` names `{}`", hole.field);
                }
            }
        }
    }
}
