//! Texts for the configuration of other programs. Each program is one file of `host/consumers`.
//!
//! A body is taken line by line: a line with a hole that stays empty is left out. A value is written as the program's language quotes it,
//! unless its hole says `raw`. A secret is written as a reference to a variable where the language has one, and as it is only if that was
//! asked for; a hole `@{reveal|present}` or `@{reveal|absent}` tells lines for one of both apart.

use serde::Deserialize;

use super::Opened;
use super::quote::Language;
use super::template::{Hole, Template};
use super::values::{Value, Values};
use super::variables::{Form, Variable, plan};
use crate::model::{Error, Secret};

/// A program for which there are texts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consumer {
    name: String,
    /// How values are written.
    quote: Language,
    /// How a variable is written; none if the program cannot read one.
    reference: Option<String>,
    /// Which of several variables of a field is meant.
    variable_prefix: Option<String>,
    text: Vec<Text>,
}

/// A text for some types.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    /// Their names; `*` is every type.
    types: Vec<String>,
    body: String,
}

/// Whether secrets are written as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Only as references.
    Referenced,
    /// As they are.
    Revealed,
}

/// A text that is ready.
pub struct Exported {
    /// The text.
    pub text: Secret,
    /// Whether a secret is in it.
    pub holds_secrets: bool,
    /// Whether it names variables that `exec` sets.
    pub needs_variables: bool,
}

macro_rules! consumers {
    ($($name:literal),* $(,)?) => {
        /// The names, in the order of the list, and the files.
        const CONSUMERS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../consumers/", $name, ".toml")))),*];
    };
}

consumers![
    "polars",
    "pandas",
    "pyarrow",
    "delta",
    "iceberg",
    "duckdb",
    "spark",
    "rclone",
    "s5cmd",
    "mc",
    "dbt",
    "airflow",
    "terraform",
    "k8s",
    "flowfile",
];

/// The names of all programs.
pub fn consumer_names() -> impl Iterator<Item = &'static str> {
    CONSUMERS.iter().map(|(name, _)| *name)
}

/// The text for a program.
///
/// # Errors
/// There is no such program, it has no text for the type, or the text cannot be without secrets and they were not asked for.
pub fn export(opened: Opened<'_>, consumer: &str, secrets: Secrets) -> Result<Exported, Error> {
    let consumer = find(consumer)?;
    let connection = opened.connection;
    let text = consumer.text.iter().find(|text| text.is_for(&connection.type_name));
    let text = text.ok_or_else(|| no_text(&consumer, opened))?;
    let set = plan(opened).set;
    let writer = Writer { consumer: &consumer, values: Values::new(opened), set: &set, secrets };
    let mut exported =
        Exported { text: Secret::default(), holds_secrets: false, needs_variables: false };
    let mut out = Value::visible(Vec::new());
    // A body begins on the line after its quotes.
    for line in text.body.trim_start_matches('\n').split_inclusive('\n') {
        let lines = if line.contains("@{each_") {
            writer.each(line)?
        } else {
            vec![writer.line(line, None)?]
        };
        for line in lines.into_iter().flatten() {
            exported.needs_variables |= line.needs_variables;
            out.append(&line.text);
        }
    }
    exported.holds_secrets = out.is_secret();
    exported.text = out.into_secret();
    Ok(exported)
}

fn find(name: &str) -> Result<Consumer, Error> {
    let file = CONSUMERS.iter().find(|(known, _)| *known == name);
    let (_, file) = file.ok_or_else(|| {
        let names: Vec<&str> = consumer_names().collect();
        Error::invalid(format!("there is no text for `{name}`"))
            .hint(format!("there are texts for {}", names.join(", ")))
    })?;
    Ok(parse(file))
}

fn parse(file: &str) -> Consumer {
    toml::from_str(file).expect("the files are compiled in and a test reads each")
}

impl Text {
    fn is_for(&self, type_name: &str) -> bool {
        self.types.iter().any(|known| known == type_name || known == "*")
    }
}

/// Writes the lines of one text.
struct Writer<'a> {
    consumer: &'a Consumer,
    values: Values<'a>,
    set: &'a [Variable],
    secrets: Secrets,
}

struct Line {
    text: Value,
    needs_variables: bool,
}

/// What a hole becomes.
enum Filled {
    Nothing,
    Text(Value),
    Reference(Value),
    /// It must be a secret as it is, and that was not asked for.
    Refused(String),
}

impl Writer<'_> {
    /// The line; none if a hole in it stays empty. `each` is the variable of a line that is repeated.
    fn line(&self, line: &str, each: Option<&Variable>) -> Result<Option<Line>, Error> {
        let template =
            Template::parse(line).expect("the files are compiled in and a test reads each");
        let filled: Vec<Filled> =
            template.holes().map(|hole| self.fill(hole, each)).collect::<Result<_, _>>()?;
        if filled.iter().any(|filled| matches!(filled, Filled::Nothing)) {
            return Ok(None);
        }
        let mut needs_variables = false;
        let mut values = Vec::with_capacity(filled.len());
        for filled in filled {
            match filled {
                Filled::Refused(field) => return Err(self.needs_reveal(&field)),
                Filled::Reference(value) => {
                    needs_variables = true;
                    values.push(value);
                }
                Filled::Text(value) => values.push(value),
                Filled::Nothing => {}
            }
        }
        Ok(Some(Line { text: template.with(&values), needs_variables }))
    }

    /// The line for every variable whose value is a text.
    fn each(&self, line: &str) -> Result<Vec<Option<Line>>, Error> {
        let texts =
            self.set.iter().filter(|variable| variable.form == Form::Text && variable.is_of_field);
        texts.map(|variable| self.line(line, Some(variable))).collect()
    }

    fn fill(&self, hole: &Hole<'_>, each: Option<&Variable>) -> Result<Filled, Error> {
        let base = match (hole.field, each) {
            ("reveal", _) => {
                (self.secrets == Secrets::Revealed).then(|| Value::visible(b"true".to_vec()))
            }
            ("each_name", Some(variable)) => {
                Some(Value::visible(variable.name.clone().into_bytes()))
            }
            ("each_value", Some(variable)) => Some(variable.to_value()),
            _ => self.values.get(hole.field),
        };
        let is_secret = base.as_ref().is_some_and(Value::is_secret);
        let Some(value) = hole.filtered(base) else { return Ok(Filled::Nothing) };
        if is_secret && value.is_secret() && self.secrets == Secrets::Referenced {
            return Ok(match self.reference(hole) {
                Some(reference) => Filled::Reference(reference),
                None => Filled::Refused(hole.field.to_owned()),
            });
        }
        if hole.is_raw() {
            return Ok(Filled::Text(value));
        }
        match self.consumer.quote.quote(value) {
            Some(quoted) => Ok(Filled::Text(quoted)),
            None => Err(Error::invalid(format!(
                "the value of `{}` cannot be written for {}: it has a line end or is no text",
                hole.field, self.consumer.name
            ))),
        }
    }

    /// The variable in which `exec` puts the field.
    fn reference(&self, hole: &Hole<'_>) -> Option<Value> {
        let reference = self.consumer.reference.as_ref().filter(|_| hole.is_plain())?;
        let prefix = self.consumer.variable_prefix.as_deref().unwrap_or_default();
        let variable = self.set.iter().find(|variable| {
            variable.form == Form::Text
                && variable.is_plain
                && variable.fields == [hole.field]
                && variable.name.starts_with(prefix)
        })?;
        Some(Value::visible(reference.replace("@{variable}", &variable.name).into_bytes()))
    }

    fn needs_reveal(&self, field: &str) -> Error {
        let name = &self.consumer.name;
        let field = match self.values.get("name") {
            Some(connection) if !field.starts_with("each_") => {
                format!("`{field}` of `{}`", String::from_utf8_lossy(connection.bytes()))
            }
            _ => "secrets".to_owned(),
        };
        Error::invalid(format!(
            "{name} takes {field} only in the text itself, not from the environment"
        ))
        .hint("add `--reveal` to write it there, and keep the text as you keep a secret")
    }
}

fn no_text(consumer: &Consumer, opened: Opened<'_>) -> Error {
    let connection = opened.connection;
    let types: Vec<&str> =
        consumer.text.iter().flat_map(|text| &text.types).map(String::as_str).collect();
    let others = CONSUMERS
        .iter()
        .filter(|(_, file)| parse(file).text.iter().any(|text| text.is_for(&connection.type_name)));
    let others: Vec<&str> = others.map(|(name, _)| *name).collect();
    Error::invalid(format!(
        "there is no text for {} about `{}`, which is of type {}",
        consumer.name, connection.name, connection.type_name
    ))
    .hint(format!("{} takes {}", consumer.name, types.join(", ")))
    .hint(format!("for this type there are {}", others.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::types::catalog;
    use crate::model::{Connection, Field, SecretField};

    fn s3(secret: &str) -> (Connection, Vec<SecretField>) {
        let field =
            |(name, value): (&str, &str)| Field { name: name.to_owned(), value: value.to_owned() };
        let fields = [
            ("endpoint", "http://minio:9000"),
            ("bucket", "raw"),
            ("access_key_id", "AK"),
            ("path_style", "true"),
        ];
        let connection = Connection {
            name: "data-lake".to_owned(),
            type_name: "s3".to_owned(),
            fields: fields.map(field).into(),
            ..Connection::default()
        };
        let value = Secret::from(secret.to_owned());
        (connection, vec![SecretField { name: "secret_access_key".to_owned(), value }])
    }

    fn text(consumer: &str, secrets: Secrets) -> Result<String, Error> {
        let (connection, opened) = s3("it's \"x\\");
        let exported =
            export(Opened { connection: &connection, secrets: &opened }, consumer, secrets)?;
        assert_eq!(
            exported.holds_secrets,
            secrets == Secrets::Revealed && !["s5cmd", "terraform"].contains(&consumer)
        );
        Ok(String::from_utf8(exported.text.expose().to_vec()).unwrap())
    }

    #[test]
    fn a_text_refers_to_variables_and_leaves_out_what_is_not_there() {
        let polars = text("polars", Secrets::Referenced).unwrap();
        assert!(
            polars.contains("\"aws_secret_access_key\": os.environ[\"AWS_SECRET_ACCESS_KEY\"],\n"),
            "{polars}"
        );
        assert!(
            polars.contains("\"aws_access_key_id\": \"AK\",\n")
                && polars.contains("\"aws_allow_http\": \"true\",\n")
        );
        assert!(!polars.contains("session_token") && !polars.contains("@{"), "{polars}");
        assert!(polars.starts_with("import os\n"), "{polars}");
        let duckdb = text("duckdb", Secrets::Referenced).unwrap();
        assert!(
            duckdb.contains("SECRET getenv('AWS_SECRET_ACCESS_KEY'),\n    ENDPOINT 'minio:9000',"),
            "{duckdb}"
        );
        let rclone = text("rclone", Secrets::Referenced).unwrap();
        assert!(
            rclone.contains("env_auth = true\n") && !rclone.contains("secret_access_key"),
            "{rclone}"
        );
    }

    #[test]
    fn secrets_are_quoted_where_they_are_asked_for() {
        let check = |consumer: &str, expected: &str| {
            let text = text(consumer, Secrets::Revealed).unwrap();
            assert!(text.contains(expected), "{consumer}: {text}");
        };
        check("polars", r#""aws_secret_access_key": "it's \"x\\","#);
        check("duckdb", r#"SECRET 'it''s "x\',"#);
        check("rclone", "secret_access_key = it's \"x\\\n");
        check("spark", "fs.s3a.bucket.raw.secret.key it's \"x\\\\\n");
        check("k8s", r#"  AWS_SECRET_ACCESS_KEY: "it's \"x\\""#);
        check("mc", r"export MC_HOST_data_lake='http''://''AK'':''it'\''s");
        let airflow = text("airflow", Secrets::Revealed).unwrap();
        let airflow: serde_json::Value = serde_json::from_str(&airflow).unwrap();
        assert_eq!(airflow["data_lake"]["password"], "it's \"x\\");
    }

    #[test]
    fn a_text_that_needs_secrets_is_refused_without_them() {
        let error = text("airflow", Secrets::Referenced).unwrap_err();
        assert_eq!(
            error.message,
            "airflow takes `secret_access_key` of `data-lake` only in the text itself, not from the environment"
        );
        assert!(text("k8s", Secrets::Referenced).is_err());
        assert_eq!(
            text("nonsense", Secrets::Referenced).unwrap_err().message,
            "there is no text for `nonsense`"
        );
        assert!(
            text("dbt", Secrets::Referenced).unwrap_err().message.contains("which is of type s3")
        );
    }

    #[test]
    fn every_file_is_made_of_fields_of_its_types() {
        for (name, file) in CONSUMERS {
            let consumer = parse(file);
            assert_eq!(consumer.name, *name);
            for text in &consumer.text {
                for line in text.body.lines() {
                    let template =
                        Template::parse(line).unwrap_or_else(|error| panic!("{name}: {error}"));
                    for hole in template.holes() {
                        let is_known =
                            ["name", "NAME", "id", "dns", "reveal", "each_name", "each_value"]
                                .contains(&hole.field)
                                || text.types.iter().all(|name| {
                                    catalog::find(name).is_some_and(|schema| {
                                        schema.fields.iter().any(|field| field.name == hole.field)
                                    })
                                });
                        assert!(is_known, "{name}: `{line}`");
                    }
                }
            }
        }
    }
}
