//! The types that come with the program.
//!
//! The files are compiled in, and each is read when its type is first asked for: a command that needs one type does
//! not pay for the others.

use std::sync::OnceLock;

use serde::Deserialize;

use super::name::fold;
use super::schema::{self, TypeSchema};
use super::suggest;

/// What a list of types shows, read without reading the fields.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// The canonical name.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Other names of the type.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// The canonical names, in the order of the list.
pub fn names() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|entry| entry.name)
}

/// The type of this name or alias; case, dashes and underscores make no difference.
pub fn find(name: &str) -> Option<&'static TypeSchema> {
    entry(name).map(Entry::schema)
}

/// The canonical name of the type of this name or alias. It costs less than [`find`].
pub fn canonical(name: &str) -> Option<&'static str> {
    entry(name).map(|entry| entry.name)
}

/// The heads of all types, in the order of the list.
pub fn heads() -> Vec<Head> {
    TYPES.iter().map(Entry::head).collect()
}

/// The canonical name of the type that a user may have meant.
pub fn suggest(name: &str) -> Option<&'static str> {
    let heads = heads();
    let words = heads.iter().flat_map(|head| [&head.name].into_iter().chain(&head.aliases));
    suggest::nearest(name, words.map(String::as_str)).and_then(canonical)
}

struct Entry {
    name: &'static str,
    text: &'static str,
    schema: OnceLock<TypeSchema>,
}

impl Entry {
    const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, schema: OnceLock::new() }
    }

    fn schema(&'static self) -> &'static TypeSchema {
        self.schema.get_or_init(|| {
            schema::parse(self.text).expect("the files are compiled in and a test reads each")
        })
    }

    /// The part of the file before its first table is a TOML document of its own.
    fn head(&self) -> Head {
        let end = self.text.find("\n[").map_or(self.text.len(), |at| at + 1);
        toml::from_str(&self.text[..end])
            .expect("the files are compiled in and a test reads the head of each")
    }
}

fn entry(name: &str) -> Option<&'static Entry> {
    let folded = fold(name);
    let by_name = TYPES.iter().find(|entry| fold(entry.name) == folded);
    by_name.or_else(|| {
        TYPES.iter().find(|entry| entry.head().aliases.iter().any(|alias| fold(alias) == folded))
    })
}

macro_rules! types {
    ($($name:literal),* $(,)?) => {
        [$(Entry::new($name, include_str!(concat!("../../../types/", $name, ".toml")))),*]
    };
}

static TYPES: [Entry; 17] = types![
    "s3",
    "gcs",
    "adls",
    "azure-blob",
    "postgresql",
    "mysql",
    "mssql",
    "oracle",
    "redshift",
    "snowflake",
    "bigquery",
    "mongodb",
    "kafka",
    "elasticsearch",
    "opensearch",
    "uri",
    "oci",
];

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_file_parses_and_its_head_says_the_same() {
        for entry in &TYPES {
            let schema =
                schema::parse(entry.text).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
            let head = entry.head();
            assert_eq!(schema.name, entry.name);
            assert_eq!(head.name, schema.name);
            assert_eq!(head.title, schema.title);
            assert_eq!(head.summary, schema.summary);
            assert_eq!(head.aliases, schema.aliases, "{}", entry.name);
        }
    }

    #[test]
    fn every_name_of_a_type_is_unique() {
        let mut seen = HashMap::new();
        for head in heads() {
            for name in [&head.name].into_iter().chain(&head.aliases) {
                let other = seen.insert(fold(name), head.name.clone());
                assert_eq!(other, None, "{name}");
            }
        }
    }

    #[test]
    fn a_type_is_found_by_name_and_by_alias() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(find(name).map(|schema| schema.name.as_str()), expected, "{name}");
            assert_eq!(canonical(name), expected, "{name}");
        };
        check("s3", Some("s3"));
        check("S3", Some("s3"));
        check("postgres", Some("postgresql"));
        check("azure_blob", Some("azure-blob"));
        check("sql-server", Some("mssql"));
        check("abfss", Some("adls"));
        check("", None);
        check("nonsense", None);
    }

    #[test]
    fn a_mistyped_type_gets_a_suggestion() {
        let check = |name, expected| assert_eq!(suggest(name), expected, "{name}");
        check("postgress", Some("postgresql"));
        check("mongobd", Some("mongodb"));
        check("snowflak", Some("snowflake"));
        check("nonsense", None);
    }
}
