//! How the words of a program become fields of a connection, as data: the files of `host/imports`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::record::Record;
use super::{Content, Entry, FieldFile, Imported, derived};
use crate::model::types::{Mode, Secrecy, TypeSchema, catalog, shown};
use crate::model::{Draft, Field, Secret, SecretField};

/// Stands for any value that is not empty.
const ANY: &str = "*";
/// What names of fields begin with that say how a server is checked. Without them a connection would be less safe than it was.
const GUARDS: [&str; 7] =
    ["ca_", "encrypt", "security_protocol", "ssl_", "tls", "trust_", "verify_"];

/// The rules of one program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// The key that says what kind of thing a record is.
    kind: String,
    /// What is said about a kind that no rule knows; `{kind}` is its name.
    unknown: String,
    /// What may stand before the name of a field in a key.
    #[serde(default)]
    inside: Vec<String>,
    /// Keys whose values the program keeps obscured.
    #[serde(default)]
    pub obscured: Vec<String>,
    /// Keys that lead to a sealed value, each with the key of the value.
    #[serde(default)]
    pub sealed: BTreeMap<String, String>,
    /// The first that fits counts.
    rule: Vec<Rule>,
}

/// What a record that fits becomes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Keys, each with the values of which it must have one; `*` is any value, an empty text none.
    is: BTreeMap<String, Vec<String>>,
    /// Why such a record is no connection.
    skip: Option<String>,
    /// The type that it is.
    r#type: Option<String>,
    /// Fields, each with the keys that can hold it; the first that does counts. A key that is a name of a field needs no entry.
    #[serde(default)]
    fields: BTreeMap<String, Vec<String>>,
    /// Fields that are in files, each with the keys that can name the file.
    #[serde(default)]
    files: BTreeMap<String, Vec<String>>,
    /// What values of a field mean; an empty text means nothing.
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
    /// Fields that such a record has without saying so.
    #[serde(default)]
    set: BTreeMap<String, String>,
    /// Fields of a type that nobody describes which are secrets.
    #[serde(default)]
    secrets: Vec<String>,
    /// Keys that have nothing to do with a connection, or are said by `is`.
    #[serde(default)]
    ignored: Vec<String>,
}

impl Rules {
    /// Reads the rules of a file that is compiled in.
    pub(super) fn parse(text: &str) -> Self {
        toml::from_str(text).expect("the files are compiled in and a test reads each")
    }

    /// What a record is to us.
    pub(super) fn apply(&self, record: Record) -> Entry {
        let Some(rule) = self.rule.iter().find(|rule| rule.fits(&record)) else {
            let kind = record.text(&self.kind).map(shown).unwrap_or_default();
            let why = self.unknown.replace("{kind}", &kind);
            return Entry::skipped(&record.name, record.place, why);
        };
        match (&rule.skip, &rule.r#type) {
            (None, Some(type_name)) => rule.build(type_name, record, self),
            (why, _) => Entry::skipped(&record.name, record.place, why.clone().unwrap_or_default()),
        }
    }
}

impl Rule {
    fn fits(&self, record: &Record) -> bool {
        self.is.iter().all(|(key, wanted)| {
            let value = record.text(key);
            wanted.iter().any(|wanted| match (wanted.as_str(), value) {
                ("", value) => value.is_none(),
                (ANY, _) => record.get(key).is_some(),
                (wanted, Some(value)) => wanted.eq_ignore_ascii_case(value),
                (_, None) => false,
            })
        })
    }

    fn build(&self, type_name: &str, mut record: Record, rules: &Rules) -> Entry {
        let opaque = TypeSchema::opaque();
        let schema = catalog::find(type_name).unwrap_or(&opaque);
        let mut taken = Taken::default();
        for (field, keys) in &self.fields {
            if let Some(value) = first(&mut record, keys).and_then(|value| self.meant(field, value))
            {
                taken.add(field, value);
            }
        }
        for (field, keys) in &self.files {
            if let Some(value) = first(&mut record, keys)
                && !taken.has(field)
            {
                let path = PathBuf::from(String::from_utf8_lossy(value.expose()).into_owned());
                taken.files.push(FieldFile { field: field.clone(), path });
            }
        }
        let mut remarks = self.take_the_rest(schema, &mut record, &mut taken, rules);
        for (field, value) in &self.set {
            if !taken.has(field) {
                taken.add(field, Secret::from(value.clone()));
            }
        }
        let mut imported = taken.into_imported(type_name, schema, &self.secrets);
        remarks.extend(leave_out_invalid(schema, &mut imported));
        imported.draft.name = derived(&record.name);
        imported.draft.description = record.description.take().filter(|text| is_line(text));
        let content = Content::Connection(Box::new(imported));
        Entry { source: record.name, place: record.place, content, remarks }
    }

    /// Keys that are names of a field. Returns what is said about the others.
    fn take_the_rest(
        &self,
        schema: &TypeSchema,
        record: &mut Record,
        taken: &mut Taken,
        rules: &Rules,
    ) -> Vec<String> {
        let is_ignored = |key: &&str| {
            *key == rules.kind
                || self.ignored.iter().any(|known| {
                    known == key
                        || known.strip_suffix('*').is_some_and(|start| key.starts_with(start))
                })
                || self.is.get(*key).is_some_and(|wanted| !wanted.iter().any(|one| one == ANY))
        };
        let keys: Vec<String> =
            record.keys().filter(|key| !is_ignored(key)).map(str::to_owned).collect();
        let mut left: Vec<String> = Vec::new();
        for key in keys {
            let name = rules.inside.iter().find_map(|start| key.strip_prefix(start.as_str()));
            let field = schema.field(name.unwrap_or(&key)).map(|spec| spec.name.clone());
            match field.filter(|field| !taken.has(field)) {
                Some(field) => {
                    let value = record.take(&key).and_then(|value| self.meant(&field, value));
                    value.into_iter().for_each(|value| taken.add(&field, value));
                }
                None => left.push(format!("`{}`", shown(&key))),
            }
        }
        left.sort();
        left.dedup();
        match left.is_empty() {
            true => Vec::new(),
            false => vec![format!("left out: {}", left.join(", "))],
        }
    }

    /// What a value of the program means as a value of the field.
    fn meant(&self, field: &str, value: Secret) -> Option<Secret> {
        let text = std::str::from_utf8(value.expose()).ok().map(str::to_ascii_lowercase);
        let meaning = self.values.get(field).and_then(|known| known.get(text.as_deref()?));
        match meaning {
            Some(meaning) if meaning.is_empty() => None,
            Some(meaning) => Some(Secret::from(meaning.clone())),
            None => Some(value),
        }
    }
}

/// The first key with a value counts; the others say the same in other words, and are taken out, too.
fn first(record: &mut Record, keys: &[String]) -> Option<Secret> {
    let values: Vec<Secret> = keys.iter().filter_map(|key| record.take(key)).collect();
    values.into_iter().next()
}

/// What was taken from a record.
#[derive(Default)]
struct Taken {
    values: Vec<(String, Secret)>,
    files: Vec<FieldFile>,
}

impl Taken {
    fn has(&self, field: &str) -> bool {
        self.values.iter().any(|(known, _)| known == field)
            || self.files.iter().any(|file| file.field == field)
    }

    fn add(&mut self, field: &str, value: Secret) {
        self.values.push((field.to_owned(), value));
    }

    fn into_imported(self, type_name: &str, schema: &TypeSchema, secrets: &[String]) -> Imported {
        imported(type_name, schema, self.values, self.files, secrets)
    }
}

/// A connection of values, each of which is secret if the type says so.
pub(super) fn imported(
    type_name: &str,
    schema: &TypeSchema,
    values: Vec<(String, Secret)>,
    files: Vec<FieldFile>,
    secrets: &[String],
) -> Imported {
    let mut draft = Draft { type_name: type_name.to_owned(), ..Draft::default() };
    for (name, value) in values {
        let is_secret = secrets.contains(&name) || schema.secrecy(&name) == Secrecy::Secret;
        match std::str::from_utf8(value.expose()) {
            Ok(text) if !is_secret => draft.fields.push(Field { name, value: text.to_owned() }),
            _ => draft.secrets.push(SecretField { name, value }),
        }
    }
    Imported { draft, files, ..Imported::default() }
}

/// A visible value that the type does not take is left out and named, unless the connection needs it or it says to whom secrets are sent
/// and how safely: then storing it fails, which says why.
pub(super) fn leave_out_invalid(schema: &TypeSchema, imported: &mut Imported) -> Vec<String> {
    let draft = &mut imported.draft;
    let secrets = draft.secrets.iter().map(|secret| secret.name.as_str());
    let files = imported.files.iter().map(|file| file.field.as_str());
    let names: Vec<&str> = secrets.chain(files).collect();
    let Err(problems) = schema.validate(&draft.fields, &names, &[], Mode::Create) else {
        return Vec::new();
    };
    let is_optional = |name: &str| {
        let spec = schema.fields.iter().find(|spec| spec.name == name);
        let is_guard = GUARDS.iter().any(|start| name.starts_with(start));
        spec.is_some_and(|spec| !spec.required && !spec.address) && !is_guard
    };
    let mut remarks = Vec::new();
    for problem in problems {
        let before = draft.fields.len();
        if is_optional(&problem.field) {
            draft.fields.retain(|field| field.name != problem.field);
        }
        if draft.fields.len() < before {
            remarks.push(format!("left out: `{}` {}", problem.field, problem.message));
        }
    }
    remarks
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 5] = [
        include_str!("../../imports/airflow.toml"),
        include_str!("../../imports/aws.toml"),
        include_str!("../../imports/dbt.toml"),
        include_str!("../../imports/flowfile.toml"),
        include_str!("../../imports/rclone.toml"),
    ];

    #[test]
    fn every_rule_speaks_of_fields_that_its_type_has() {
        for text in FILES {
            for rule in Rules::parse(text).rule {
                let Some(name) = &rule.r#type else {
                    assert!(rule.skip.is_some(), "{:?} says nothing", rule.is);
                    continue;
                };
                // Types that nobody describes have whatever fields they are given.
                let Some(schema) = catalog::find(name) else { continue };
                assert_eq!(schema.name, *name);
                let named = rule.fields.keys().chain(rule.files.keys());
                let named = named.chain(rule.values.keys()).chain(rule.set.keys());
                for field in named {
                    let is_known = schema.fields.iter().any(|known| known.name == *field);
                    assert!(is_known || field == "auth_method", "{name} has no {field}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_valid_is_left_out_only_if_nothing_depends_on_it() {
        let check = |field: &str, value: &str, is_left_out: bool| {
            let schema = catalog::find("postgresql").unwrap();
            let given = [("host", "h"), ("database", "d"), ("username", "u"), (field, value)];
            let values = given.map(|(name, value)| (name.to_owned(), value.to_owned().into()));
            let mut imported = imported("postgresql", schema, values.into(), Vec::new(), &[]);
            let secret = Secret::from("hunter2".to_owned());
            imported.draft.secrets.push(SecretField { name: "password".to_owned(), value: secret });
            let remarks = leave_out_invalid(schema, &mut imported);
            assert_eq!(remarks.len(), usize::from(is_left_out), "{field}: {remarks:?}");
            let is_there = imported.draft.fields.iter().any(|known| known.name == field);
            assert_eq!(is_there, !is_left_out, "{field}");
        };
        check("port", "none", true);
        check("params", "none", true);
        check("ssl_mode", "verify-ful", false);
        check("ca_certificate", "none", false);
        check("schema", "public", false);
    }
}
