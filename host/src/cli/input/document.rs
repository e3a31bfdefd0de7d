//! `-f FILE`: one connection in YAML, JSON or TOML.
//!
//! The text is read into a plain tree first, and the tree is checked here: the messages of the parsers repeat what they found, and that may
//! be a secret.

use std::path::Path;

use serde_json::{Map, Value};

use super::assignment::{Assignment, Source};
use crate::model::{Error, Label};

/// What a document says.
#[derive(Default)]
pub(super) struct Document {
    pub(super) name: Option<String>,
    pub(super) type_name: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) labels: Vec<Label>,
    pub(super) assignments: Vec<Assignment>,
}

/// The keys that are read.
const KEYS: [&str; 8] =
    ["name", "type", "scope", "displayName", "description", "labels", "fields", "secrets"];
/// Keys of what `get -o yaml` prints that say how it is, not how it should be.
const IGNORED: [&str; 11] = [
    "apiVersion",
    "kind",
    "backend",
    "owner",
    "address",
    "status",
    "statusMessage",
    "revision",
    "createdAt",
    "updatedAt",
    "warnings",
];

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Json,
    Toml,
    Yaml,
}

impl Document {
    /// Reads a document. `path` tells the syntax, if it has an extension, and is where relative paths start from.
    ///
    /// # Errors
    /// It cannot be parsed, has unknown keys, or holds a secret.
    pub(super) fn parse(text: &str, path: Option<&Path>) -> Result<Self, Error> {
        let tree = match syntax(path, text) {
            Some(syntax) => tree(text, syntax)?,
            None => tree(text, Syntax::Toml).or_else(|_| tree(text, Syntax::Yaml))?,
        };
        let Value::Object(map) = tree else {
            return Err(wrong("it must be a mapping with `name`, `type` and `fields`"));
        };
        Self::of_map(map, path.and_then(Path::parent).unwrap_or(Path::new("")))
    }

    fn of_map(map: Map<String, Value>, folder: &Path) -> Result<Self, Error> {
        let mut document = Self::default();
        for (key, value) in map {
            match key.as_str() {
                "name" => document.name = Some(text(&key, value)?),
                "type" => document.type_name = Some(text(&key, value)?),
                "scope" => document.scope = Some(text(&key, value)?),
                "displayName" => document.display_name = Some(text(&key, value)?),
                "description" => document.description = Some(text(&key, value)?),
                "labels" => document.labels = labels(value)?,
                "fields" => document.assignments.extend(fields(value)?),
                "secrets" => document.assignments.extend(secrets(value, folder)?),
                other if IGNORED.contains(&other) => {}
                _ => return Err(unknown_key()),
            }
        }
        Ok(document)
    }
}

fn syntax(path: Option<&Path>, text: &str) -> Option<Syntax> {
    match path.and_then(Path::extension).and_then(|extension| extension.to_str()) {
        Some("json") => Some(Syntax::Json),
        Some("toml") => Some(Syntax::Toml),
        Some("yaml" | "yml") => Some(Syntax::Yaml),
        _ if text.trim_start().starts_with('{') => Some(Syntax::Json),
        _ => None,
    }
}

fn tree(text: &str, syntax: Syntax) -> Result<Value, Error> {
    match syntax {
        Syntax::Json => serde_json::from_str(text)
            .map_err(|error| malformed("JSON", error.line() as u64, error.column() as u64)),
        Syntax::Toml => toml::from_str(text).map_err(|error| {
            let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            malformed("TOML", before.matches('\n').count() as u64 + 1, column as u64)
        }),
        Syntax::Yaml => serde_saphyr::from_str(text).map_err(|error| {
            let place = error.location();
            let (line, column) = place.map_or((1, 1), |place| (place.line(), place.column()));
            malformed("YAML", line, column)
        }),
    }
}

fn malformed(syntax: &str, line: u64, column: u64) -> Error {
    wrong(&format!("it is not {syntax} at line {line}, column {column}"))
}

fn wrong(what: &str) -> Error {
    Error::invalid(format!("the document cannot be used: {what}"))
        .hint("`connhub get NAME -o yaml` prints one to start from; docs/output.md describes it")
}

fn unknown_key() -> Error {
    wrong("it has an unknown key").hint(format!("the keys are {}", KEYS.join(", ")))
}

fn text(key: &str, value: Value) -> Result<String, Error> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => Err(wrong(&format!("`{key}` must be a text"))),
    }
}

fn object(key: &str, value: Value) -> Result<Map<String, Value>, Error> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(wrong(&format!("`{key}` must be a mapping"))),
    }
}

fn labels(value: Value) -> Result<Vec<Label>, Error> {
    let label = |(key, value)| Ok(Label { value: text("labels", value)?, key });
    object("labels", value)?.into_iter().map(label).collect()
}

/// Visible fields. Lists and documents take the form that they have in a command line.
fn fields(value: Value) -> Result<Vec<Assignment>, Error> {
    let field = |(field, value): (String, Value)| {
        let value = match value {
            Value::Array(items) => {
                let items: Vec<String> =
                    items.into_iter().map(|item| text("fields", item)).collect::<Result<_, _>>()?;
                items.join(",")
            }
            Value::Object(_) => value.to_string(),
            other => text("fields", other)?,
        };
        Ok(Assignment { field, source: Source::Literal(value) })
    };
    object("fields", value)?.into_iter().map(field).collect()
}

/// Secrets, by reference. A list names those that are wanted, as `get -o yaml` does.
fn secrets(value: Value, folder: &Path) -> Result<Vec<Assignment>, Error> {
    let wanted = |name| Ok(Assignment { field: text("secrets", name)?, source: Source::Wanted });
    match value {
        Value::Array(names) => names.into_iter().map(wanted).collect(),
        other => object("secrets", other)?
            .into_iter()
            .map(|(field, value)| Ok(Assignment { field, source: reference(value, folder)? }))
            .collect(),
    }
}

fn reference(value: Value, folder: &Path) -> Result<Source, Error> {
    let Value::Object(map) = value else {
        return Err(literal_secret());
    };
    let mut entries = map.into_iter();
    match (entries.next(), entries.next()) {
        (Some((key, Value::String(variable))), None) if key == "fromEnv" => {
            Ok(Source::Variable(variable))
        }
        (Some((key, Value::String(path))), None) if key == "fromFile" => {
            Ok(Source::File(folder.join(path)))
        }
        _ => Err(literal_secret()),
    }
}

fn literal_secret() -> Error {
    Error::invalid("the document cannot be used: a secret must be a reference, not a value").hint(
        "write `secret_access_key: {fromEnv: VARIABLE}` or `{fromFile: PATH}` under `secrets`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "\
apiVersion: connhub/v1
kind: Connection
name: lake
type: s3
scope: fraud
displayName: The lake
labels: {env: prod, tier: 1}
fields:
  bucket: raw
  port: 443
  path_style: true
  brokers: [a:1, b:2]
secrets:
  secret_access_key: {fromFile: key}
  session_token: {fromEnv: TOKEN}
status: active
";

    fn described(document: &Document) -> Vec<String> {
        let one = |assignment: &Assignment| match &assignment.source {
            Source::Literal(text) => format!("{}={text}", assignment.field),
            Source::File(path) => format!("{}=@{}", assignment.field, path.display()),
            Source::Variable(name) => format!("{}=${name}", assignment.field),
            Source::Stdin | Source::SecretStdin => format!("{}=-", assignment.field),
            Source::Wanted => format!("{}=?", assignment.field),
        };
        let mut all: Vec<String> = document.assignments.iter().map(one).collect();
        all.sort();
        all
    }

    #[test]
    fn the_three_forms_say_the_same() {
        let tree: Value = serde_saphyr::from_str(YAML).unwrap();
        let json = serde_json::to_string(&tree).unwrap();
        let toml = toml::to_string(&tree).unwrap();
        for (path, text) in [
            (Some("/d/lake.yaml"), YAML),
            (None, YAML),
            (Some("/d/lake.json"), json.as_str()),
            (None, json.as_str()),
            (Some("/d/lake.toml"), toml.as_str()),
            (None, toml.as_str()),
        ] {
            let document = Document::parse(text, path.map(Path::new)).unwrap();
            assert_eq!(document.name.as_deref(), Some("lake"), "{path:?}");
            assert_eq!(document.scope.as_deref(), Some("fraud"));
            assert_eq!(document.labels.len(), 2);
            let key = if path.is_some() { "/d/key" } else { "key" };
            assert_eq!(
                described(&document),
                [
                    "brokers=a:1,b:2".to_owned(),
                    "bucket=raw".to_owned(),
                    "path_style=true".to_owned(),
                    "port=443".to_owned(),
                    format!("secret_access_key=@{key}"),
                    "session_token=$TOKEN".to_owned(),
                ],
                "{path:?}"
            );
        }
    }

    #[test]
    fn names_of_secrets_are_wishes() {
        let document = Document::parse("name: a\nsecrets: [password]\n", None).unwrap();
        assert_eq!(described(&document), ["password=?"]);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_values() {
        let check = |text: &str, words: &str| {
            let error = Document::parse(text, None).err().expect(text);
            let all = format!("{} {:?}", error.message, error.hints);
            assert!(all.contains(words), "{all}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        };
        check("name: a\nsecrets: {password: hunter2}\n", "must be a reference");
        check("name: a\nsecrets: {password: {fromEnv: [hunter2]}}\n", "must be a reference");
        check("name: a\nsecrets: {password: {value: hunter2}}\n", "must be a reference");
        check("name: a\nsecrets: hunter2\n", "`secrets` must be a mapping");
        check("name: a\nhunter2: b\n", "unknown key");
        check("name: [hunter2]\n", "`name` must be a text");
        check("fields: {a: {b: }\nhunter2", "not YAML at line");
        check("{\"name\": \"hunter2\",}", "not JSON at line 1");
        check("hunter2", "must be a mapping");
    }
}
