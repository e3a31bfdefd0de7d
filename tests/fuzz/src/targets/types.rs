//! A connection: its type on the first line, then `field=value`; a line with `!` in front is the name of a secret, one with `?` a field that a
//! connector declares, with its pattern.

use connhub::model::types::{Mode, TypeSchema, catalog};
use connhub::model::{Field, FieldSchema, SupportedType};

use super::head_and_rest;
use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "types",
    run,
    words: &[
        "s3\n",
        "postgresql\n",
        "uri\n",
        "bucket=",
        "port=",
        "!password\n",
        "?x=(",
        "endpoint=https://",
        "true",
        "\n",
        "[a-z]{1,9}",
        "\\",
    ],
};

fn run(data: &[u8]) {
    let Some((head, rest)) = head_and_rest(data) else { return };
    let mut given = Given::default();
    rest.lines().take(60).for_each(|line| given.take(line));
    let schema = catalog::find(head).cloned().unwrap_or_else(|| given.own(head));
    let names: Vec<&str> = given.secrets.iter().map(String::as_str).collect();
    for mode in [Mode::Create, Mode::Update] {
        let Ok(normal) = schema.validate(&given.fields, &names, &given.declared, mode) else {
            continue;
        };
        assert!(normal.secret_names.len() <= names.len(), "no secret is made up");
        let secret_names: Vec<&str> = normal.secret_names.iter().map(String::as_str).collect();
        let again = schema.validate(&normal.fields, &secret_names, &given.declared, mode);
        let again = again.expect("what was valid is valid in its normal form");
        assert_eq!(again.fields, normal.fields, "the normal form is its own normal form");
    }
}

#[derive(Default)]
struct Given {
    fields: Vec<Field>,
    secrets: Vec<String>,
    declared: Vec<FieldSchema>,
}

impl Given {
    fn take(&mut self, line: &str) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        if let Some(name) = name.strip_prefix('!') {
            self.secrets.push(name.to_owned());
        } else if let Some(name) = name.strip_prefix('?') {
            self.declared.push(FieldSchema {
                name: name.to_owned(),
                description: String::new(),
                secret: false,
                required: false,
                default: None,
                pattern: Some(value.to_owned()),
                choices: Vec::new(),
            });
        } else {
            self.fields.push(Field { name: name.to_owned(), value: value.to_owned() });
        }
    }

    /// A type that only the connector knows.
    fn own(&self, name: &str) -> TypeSchema {
        TypeSchema::from_connector(&SupportedType {
            name: name.to_owned(),
            native: String::new(),
            fields: self.declared.clone(),
            unsupported: Vec::new(),
        })
    }
}
