//! What `-o` can say.

use std::str::FromStr;

use super::jsonpath::JsonPath;

/// How results are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// What suits the command: a table for lists, a description for one thing.
    #[default]
    Human,
    /// A table.
    Table,
    /// A table with further columns.
    Wide,
    /// Names only, one per line.
    Name,
    /// For programs.
    Structured(Structured),
}

/// A form for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Structured {
    /// JSON.
    Json,
    /// YAML with the same content.
    Yaml,
    /// What an expression selects of the JSON, one match per line.
    JsonPath(JsonPath),
    /// JSON with these keys only.
    Keys(Vec<String>),
}

impl Format {
    /// The form for programs, if it is one.
    pub fn structured(&self) -> Option<&Structured> {
        match self {
            Self::Structured(structured) => Some(structured),
            _ => None,
        }
    }

    /// Whether errors are reported as JSON, too.
    pub fn is_json(&self) -> bool {
        matches!(self, Self::Structured(Structured::Json | Structured::Keys(_)))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "table" => Self::Table,
            "wide" => Self::Wide,
            "name" => Self::Name,
            "json" => Self::Structured(Structured::Json),
            "yaml" => Self::Structured(Structured::Yaml),
            _ => match text.split_once('=') {
                Some(("jsonpath", path)) => Self::Structured(Structured::JsonPath(path.parse()?)),
                _ => return Err(KNOWN.to_owned()),
            },
        })
    }
}

const KNOWN: &str = "use table, wide, json, yaml, name or jsonpath=EXPRESSION";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_words() {
        let check = |text: &str, expected: Result<Format, &str>| {
            let actual: Result<Format, String> = text.parse();
            assert_eq!(actual.as_ref().map_err(String::as_str), expected.as_ref().map_err(|e| *e));
        };
        check("wide", Ok(Format::Wide));
        check("json", Ok(Format::Structured(Structured::Json)));
        check("JSON", Err(KNOWN));
        check("xml", Err(KNOWN));
        check("xml=a", Err(KNOWN));
        let path: JsonPath = "$.name".parse().unwrap();
        check("jsonpath={.name}", Ok(Format::Structured(Structured::JsonPath(path))));
        assert!("jsonpath=".parse::<Format>().is_err());
    }

    #[test]
    fn errors_follow_the_form_of_the_data() {
        let is_json = |text: &str| text.parse::<Format>().unwrap().is_json();
        assert!(is_json("json") && !is_json("yaml") && !is_json("table"));
        assert!(Format::Structured(Structured::Keys(Vec::new())).is_json());
    }
}
