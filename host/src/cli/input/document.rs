//! A connection in YAML, JSON or TOML.
//!
//! The text is read into a plain tree first, and the tree is checked here: the messages of the parsers repeat what they found, and that may
//! be a secret.

use std::path::Path;

use serde_json::{Map, Value};

use super::assignment::{Assignment, Source};
use super::json;
use super::locate::{Syntax, line_of, toml_place};
use crate::model::types::{nearest, shown};
use crate::model::{Error, Kind, Label, Secret};

/// What a document says.
#[derive(Default)]
pub(super) struct Document {
    pub(super) name: Option<String>,
    pub(super) type_name: Option<String>,
    pub(super) backend: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) labels: Vec<Label>,
    pub(super) assignments: Vec<Assignment>,
}

/// The keys that are read.
const KEYS: [&str; 9] = [
    "name",
    "type",
    "backend",
    "scope",
    "displayName",
    "description",
    "labels",
    "fields",
    "secrets",
];
/// Values in one YAML document: some 100,000 connections.
const MAX_NODES: usize = 5_000_000;
/// Keys of what `get -o yaml` prints that say how it is, not how it should be.
const IGNORED: [&str; 8] = [
    "owner",
    "address",
    "status",
    "statusMessage",
    "revision",
    "createdAt",
    "updatedAt",
    "warnings",
];

/// Keys that say what the document is, with the value that they must have if they are there.
const FORM: [(&str, &str); 2] = [("apiVersion", "connhub/v1"), ("kind", "Connection")];

/// Where a document is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    /// Its path, unless it is stdin. Relative paths in it start from its folder.
    pub(super) path: Option<&'a Path>,
    /// Why it may not name programs to run, if it may not.
    pub(super) distrust: Option<&'a str>,
}

impl Document {
    /// Reads the one document of a text, which holds no secret.
    ///
    /// # Errors
    /// It cannot be parsed, has unknown keys, or holds a secret. The error says in which file and line.
    pub(super) fn parse(text: &str, origin: Origin<'_>) -> Result<Self, Error> {
        let (tree, syntax) = match syntax(origin.path, text) {
            Some(syntax) => (tree(text, syntax), syntax),
            None => match tree(text, Syntax::Toml) {
                Ok(tree) => (Ok(tree), Syntax::Toml),
                Err(_) => (tree(text, Syntax::Yaml), Syntax::Yaml),
            },
        };
        let document = tree.and_then(|tree| {
            let document = Self::of_tree(tree, origin)?;
            document.check_literals()?;
            Ok(document)
        });
        document.map_err(|fault| fault.told(text, syntax, origin.path))
    }

    /// Reads a parsed document.
    ///
    /// # Errors
    /// It has unknown keys, or values of the wrong kind.
    pub(super) fn of_tree(tree: Value, origin: Origin<'_>) -> Result<Self, Fault> {
        match tree {
            Value::Object(map) => Self::of_map(map, origin),
            _ => Err(Fault::new("it must be a mapping with `name`, `type` and `fields`")),
        }
    }

    /// No secret stands in it.
    ///
    /// # Errors
    /// One does.
    pub(super) fn check_literals(&self) -> Result<(), Fault> {
        let is_literal = |one: &&Assignment| matches!(one.source, Source::Inline(_));
        match self.assignments.iter().find(is_literal) {
            Some(one) => Err(literal_secret(&one.field)),
            None => Ok(()),
        }
    }

    fn of_map(map: Map<String, Value>, origin: Origin<'_>) -> Result<Self, Fault> {
        let mut document = Self::default();
        for (key, value) in map {
            match key.as_str() {
                "name" => document.name = Some(text(&key, value)?),
                "type" => document.type_name = Some(text(&key, value)?),
                "backend" => document.backend = Some(text(&key, value)?),
                "scope" => document.scope = Some(text(&key, value)?),
                "displayName" => document.display_name = Some(text(&key, value)?),
                "description" => document.description = Some(text(&key, value)?),
                "labels" => document.labels = labels(value)?,
                "fields" => document.assignments.extend(fields(value)?),
                "secrets" => document.assignments.extend(secrets(value, origin)?),
                "apiVersion" | "kind" => check_form(&key, &value)?,
                other if IGNORED.contains(&other) => {}
                other => return Err(unknown_key(other)),
            }
        }
        Ok(document)
    }
}

/// What is wrong with a document, and where.
pub(super) struct Fault {
    kind: Kind,
    what: String,
    /// The keys that lead to the place.
    keys: Vec<String>,
    /// Line and column, if the parser said them; otherwise they are looked for.
    place: Option<(u64, u64)>,
    hints: Vec<String>,
}

impl Fault {
    fn new(what: impl Into<String>) -> Self {
        let hint =
            "`connhub get NAME -o yaml` prints one to start from; docs/output.md describes it";
        let what = what.into();
        let hints = vec![hint.to_owned()];
        Self { kind: Kind::Invalid, what, keys: Vec::new(), place: None, hints }
    }

    fn saying(self, what: &str) -> Self {
        Self { what: what.to_owned(), ..self }
    }

    fn at(mut self, keys: &[&str]) -> Self {
        self.keys = keys.iter().map(ToString::to_string).collect();
        self
    }

    fn hints(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints = hints.into_iter().collect();
        self
    }

    fn told(self, text: &str, syntax: Syntax, path: Option<&Path>) -> Error {
        let file = path.map_or("stdin".to_owned(), |path| path.display().to_string());
        let place = match self.place {
            Some((line, column)) => format!(":{line}:{column}"),
            None => match line_of(&self.keys, text, syntax) {
                Some(line) => format!(":{line}"),
                None => String::new(),
            },
        };
        let what = self.what;
        let message = format!("the document `{file}{place}` cannot be used: {what}");
        self.hints.into_iter().fold(Error::new(self.kind, message), Error::hint)
    }

    /// The fault of one of many documents, which begins behind so many lines.
    pub(super) fn behind(self, lines: u64) -> Error {
        let place =
            self.place.map(|(line, column)| format!(" at line {}, column {column}", line + lines));
        let message = format!("{}{}", self.what, place.unwrap_or_default());
        self.hints.into_iter().fold(Error::new(self.kind, message), Error::hint)
    }
}

/// What the extension or the first character says.
pub(super) fn syntax(path: Option<&Path>, text: &str) -> Option<Syntax> {
    match path.and_then(Path::extension).and_then(|extension| extension.to_str()) {
        Some("json") => Some(Syntax::Json),
        Some("toml") => Some(Syntax::Toml),
        Some("yaml" | "yml") => Some(Syntax::Yaml),
        _ if text.trim_start().starts_with(['{', '[']) && !text.contains("\n[[") => {
            Some(Syntax::Json)
        }
        _ => None,
    }
}

/// The text as a tree.
pub(super) fn tree(text: &str, syntax: Syntax) -> Result<Value, Fault> {
    match syntax {
        Syntax::Json => json::parse(text).map_err(|error| not_json(&error)),
        Syntax::Toml => toml::from_str(text).map_err(|error| not_toml(text, &error)),
        Syntax::Yaml => {
            serde_saphyr::from_str_with_options(text, generous()).map_err(|error| not_yaml(&error))
        }
    }
}

pub(super) fn not_toml(text: &str, error: &toml::de::Error) -> Fault {
    let (line, column) = toml_place(text, error);
    malformed("TOML", line, column)
}

pub(super) fn not_yaml(error: &serde_saphyr::Error) -> Fault {
    let place = error.location();
    let (line, column) = place.map_or((1, 1), |place| (place.line(), place.column()));
    let fault = malformed("YAML", line, column);
    match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { .. } => fault.saying(json::TWICE),
        serde_saphyr::Error::MultipleDocuments { .. } => {
            fault.saying("it holds more than one document")
        }
        _ => fault,
    }
}

pub(super) fn not_json(error: &serde_json::Error) -> Fault {
    let fault = malformed("JSON", error.line() as u64, error.column() as u64);
    // The parser itself has no other complaint about data.
    if error.is_data() { fault.saying(json::TWICE) } else { fault }
}

/// A list of many connections is one document.
pub(super) fn generous() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: MAX_NODES, max_events: 4 * MAX_NODES },
    }
}

/// A document of another program must not be taken for one of ours.
fn check_form(key: &str, value: &Value) -> Result<(), Fault> {
    let expected = FORM.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| value);
    match value {
        Value::String(found) if found == expected => Ok(()),
        _ => Err(Fault::new(format!("`{key}` must be `{expected}`")).at(&[key])),
    }
}

fn malformed(syntax: &str, line: u64, column: u64) -> Fault {
    Fault { place: Some((line, column)), ..Fault::new(format!("it is not {syntax}")) }
}

/// A key that looks like none may be a value that went astray, even a secret one, and is not repeated.
fn unknown_key(key: &str) -> Fault {
    let meant = nearest(key, KEYS.into_iter());
    let meant = meant.map(|known| format!("did you mean `{known}`?"));
    Fault::new(format!("unknown key `{}`", shown(key)))
        .at(&[key])
        .hints(meant.into_iter().chain([format!("the keys are {}", KEYS.join(", "))]))
}

fn text(key: &str, value: Value) -> Result<String, Fault> {
    match value {
        Value::Bool(truth) => Err(no_text(key, truth)),
        value => text_at(&[key], value),
    }
}

/// A truth value where a text belongs was in YAML most often a word that should have been one.
fn no_text(key: &str, truth: bool) -> Fault {
    let (words, example) = match truth {
        true => ("`y`, `yes`, `on` and `true`", "y"),
        false => ("`n`, `no`, `off` and `false`", "n"),
    };
    let message = format!("`{key}` must be a text, and here it is the truth value `{truth}`");
    Fault::new(message).at(&[key]).hints([format!(
        "YAML takes {words} for `{truth}` unless they stand in quotation marks: write `{key}: \"{example}\"`"
    )])
}

fn text_at(keys: &[&str], value: Value) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => Err(Fault::new(format!("`{}` must be a text", named(keys))).at(keys)),
    }
}

fn named(keys: &[&str]) -> String {
    keys.iter().map(|key| shown(key)).collect::<Vec<_>>().join(".")
}

fn object(key: &str, value: Value) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(Fault::new(format!("`{key}` must be a mapping")).at(&[key])),
    }
}

fn labels(value: Value) -> Result<Vec<Label>, Fault> {
    let label = |(key, value): (String, Value)| {
        Ok(Label { value: text_at(&["labels", &key], value)?, key })
    };
    object("labels", value)?.into_iter().map(label).collect()
}

/// Visible fields. Lists and documents take the form that they have in a command line.
fn fields(value: Value) -> Result<Vec<Assignment>, Fault> {
    let field = |(field, value): (String, Value)| {
        let place = ["fields", &*field];
        let value = match value {
            Value::Array(items) => {
                let items = items.into_iter().map(|item| text_at(&place, item));
                items.collect::<Result<Vec<_>, _>>()?.join(",")
            }
            Value::Object(_) => value.to_string(),
            other => text_at(&place, other)?,
        };
        Ok(Assignment { field, source: Source::Literal(value) })
    };
    object("fields", value)?.into_iter().map(field).collect()
}

/// Secrets, by reference. A list names those that are wanted, as `get -o yaml` does.
fn secrets(value: Value, origin: Origin<'_>) -> Result<Vec<Assignment>, Fault> {
    let wanted = |name| Ok(Assignment { field: text("secrets", name)?, source: Source::Wanted });
    let referred = |(field, value): (String, Value)| {
        let source = reference(&field, value, origin)?;
        Ok(Assignment { field, source })
    };
    match value {
        Value::Array(names) => names.into_iter().map(wanted).collect(),
        other => object("secrets", other)?.into_iter().map(referred).collect(),
    }
}

fn reference(field: &str, value: Value, origin: Origin<'_>) -> Result<Source, Fault> {
    let map = match value {
        Value::String(text) => return Ok(address(text).unwrap_or_else(inline)),
        Value::Number(number) => return Ok(inline(number.to_string())),
        Value::Object(map) => map,
        _ => return Err(literal_secret(field)),
    };
    let mut entries = map.into_iter();
    let (Some((key, value)), None) = (entries.next(), entries.next()) else {
        return Err(unknown_reference(field));
    };
    match (key.as_str(), value) {
        ("fromEnv", Value::String(variable)) => Ok(Source::Variable(variable)),
        ("fromFile", Value::String(path)) => {
            let folder = origin.path.and_then(Path::parent).unwrap_or(Path::new(""));
            Ok(Source::File(folder.join(path)))
        }
        ("from", Value::String(text)) => address(text).map_err(|_| unknown_reference(field)),
        ("fromCommand", Value::Array(words)) => command(field, words, origin),
        ("fromCommand", _) => {
            let what = "`fromCommand` must be a list: the program, and its arguments";
            Err(Fault::new(what).at(&["secrets", field]))
        }
        _ => Err(unknown_reference(field)),
    }
}

/// What begins with one of these schemes is never meant as a value.
fn address(text: String) -> Result<Source, String> {
    if text.starts_with("op://") {
        let words = ["op", "read", "--no-newline", &text];
        return Ok(Source::Program(words.map(str::to_owned).into()));
    }
    match text.strip_prefix("connhub://") {
        Some(rest) => Ok(Source::Connection(rest.to_owned())),
        None => Err(text),
    }
}

fn inline(text: String) -> Source {
    Source::Inline(Secret::from(text))
}

fn command(field: &str, words: Vec<Value>, origin: Origin<'_>) -> Result<Source, Fault> {
    let place = ["secrets", field];
    if let Some(reason) = origin.distrust {
        let fault = Fault::new(format!("`fromCommand` is not followed here: {reason}"));
        let hint =
            "who can write the document could run any program; use a file that only you can write";
        return Err(Fault { kind: Kind::Refused, ..fault.at(&place).hints([hint.to_owned()]) });
    }
    let words = words.into_iter().map(|word| text_at(&place, word));
    match words.collect::<Result<Vec<String>, _>>()? {
        words if words.is_empty() => Err(Fault::new("`fromCommand` names no program").at(&place)),
        words => Ok(Source::Program(words)),
    }
}

fn unknown_reference(field: &str) -> Fault {
    Fault::new("a secret has an unknown kind of reference").at(&["secrets", field]).hints([
        "the kinds are `{fromEnv: VARIABLE}`, `{fromFile: PATH}`, `{fromCommand: [PROGRAM, ARGUMENT]}`, \
         `{from: op://VAULT/ITEM/FIELD}` and `{from: connhub://BACKEND/SCOPE/NAME#FIELD}`"
            .to_owned(),
    ])
}

fn literal_secret(field: &str) -> Fault {
    let field_shown = shown(field);
    Fault::new("a secret must be a reference, not a value").at(&["secrets", field]).hints([
        format!(
            "write `{field_shown}: {{fromEnv: VARIABLE}}` or `{{fromFile: PATH}}` under `secrets`"
        ),
    ])
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
            Source::Known(_) => format!("{}=!", assignment.field),
            Source::Inline(_) => format!("{}=inline", assignment.field),
            Source::Program(words) => format!("{}=run {}", assignment.field, words.join(" ")),
            Source::Connection(place) => format!("{}=of {place}", assignment.field),
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
            let document = Document::parse(text, origin(path)).unwrap();
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

    fn origin(path: Option<&str>) -> Origin<'_> {
        Origin { path: path.map(Path::new), distrust: None }
    }

    #[test]
    fn references_have_many_forms() {
        let text = "secrets:\n  a: {fromCommand: [pass, show, x]}\n  b: op://v/i/f\n  \
                    c: {from: connhub://local/d/n#f}\n";
        let document = Document::parse(text, origin(None)).unwrap();
        let expected =
            ["a=run pass show x", "b=run op read --no-newline op://v/i/f", "c=of local/d/n#f"];
        assert_eq!(described(&document), expected);
    }

    #[test]
    fn a_document_that_others_can_write_runs_nothing() {
        let text = "name: a\nsecrets: {a: {fromCommand: [id]}}\n";
        let distrusted = Origin { path: None, distrust: Some("it is stdin") };
        let error = Document::parse(text, distrusted).err().unwrap();
        assert_eq!(error.kind, Kind::Refused);
    }

    #[test]
    fn names_of_secrets_are_wishes() {
        let document = Document::parse("name: a\nsecrets: [password]\n", origin(None)).unwrap();
        assert_eq!(described(&document), ["password=?"]);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_values() {
        let check = |text: &str, words: &str| {
            let error = Document::parse(text, origin(None)).err().expect(text);
            let all = format!("{} {:?}", error.message, error.hints);
            assert!(all.contains(words), "{all}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        };
        check("name: a\nsecrets: {password: hunter2}\n", "must be a reference");
        check("name: a\nsecrets: {password: {fromEnv: [hunter2]}}\n", "unknown kind of reference");
        check("name: a\nsecrets: {password: {value: hunter2}}\n", "unknown kind of reference");
        check("name: a\nsecrets: {password: {from: hunter2}}\n", "unknown kind of reference");
        check("name: a\nsecrets: {password: {fromCommand: hunter2}}\n", "must be a list");
        check("name: a\nsecrets: {password: {fromCommand: []}}\n", "names no program");
        check("name: a\nsecrets: hunter2\n", "`secrets` must be a mapping");
        check("name: a\nhunter2 hunter2: b\n", "unknown key `field`");
        check("name: a\nlabels: {b: [hunter2]}\n", "`labels.b` must be a text");
        check("name: [hunter2]\n", "`name` must be a text");
        for truth in ["y", "Yes", "on", "true"] {
            check(&format!("name: {truth}\n"), "here it is the truth value `true`");
        }
        check(
            "name: a\ntype: no\n",
            "`type` must be a text, and here it is the truth value `false`",
        );
        check("fields: {a: {b: }\nhunter2", "not YAML");
        check("{\"name\": \"hunter2\",}", "not JSON");
        check("hunter2", "must be a mapping");
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_line() {
        let check = |path: Option<&str>, text: &str, words: &str| {
            let error = Document::parse(text, origin(path)).err().expect(text);
            let all = format!("{} {:?}", error.message, error.hints);
            assert!(all.contains(words), "{all}");
        };
        let yaml = "name: a\ntype: s3\n\nfeilds:\n  bucket: b\n";
        check(
            Some("d/a.yaml"),
            yaml,
            "the document `d/a.yaml:4` cannot be used: unknown key `feilds`",
        );
        check(None, yaml, "`stdin:4` cannot be used");
        check(None, yaml, "did you mean `fields`?");
        check(None, "other: a\n", "the keys are name, type");
        let json = "{\n\"name\": \"a\",\n\"secrets\": {\n\"b\": {\"fromEnv\": \"B\"},\n\"c\": 1}}";
        check(Some("a.json"), json, "`a.json:5` cannot be used: a secret must be a reference");
        check(Some("a.json"), json, "write `c: {fromEnv");
        check(Some("a.toml"), "name = \"a\"\n[fields]\nb = 1\n[labels]\nc = []\n", "`a.toml:5`");
        check(Some("a.yaml"), "secrets:\n  b: {fromEnv: B}\n  # c\n  c: d\n", "`a.yaml:4`");
        check(Some("a.toml"), "name = \"a\"\nb\n", "`a.toml:2:2` cannot be used: it is not TOML");
        check(
            Some("a.yaml"),
            "name: a\nname: b\n",
            "`a.yaml:2:1` cannot be used: a key is given twice",
        );
        check(Some("a.yaml"), "name: a\n---\nname: b\n", "more than one document");
        check(
            None,
            "kind: Pod\nname: a\n",
            "`stdin:1` cannot be used: `kind` must be `Connection`",
        );
        check(
            None,
            "name: a\napiVersion: v1\n",
            "`stdin:2` cannot be used: `apiVersion` must be `connhub/v1`",
        );
        check(Some("a.yaml"), "- a\n", "`a.yaml` cannot be used: it must be a mapping");
    }
}
