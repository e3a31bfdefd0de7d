//! A resource as the command line prints it with details: a manifest in YAML behind lines of the logger.

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

use super::output::apart;

/// How deep lists and mappings may lie in each other. Manifests have a handful of levels.
const MAX_DEPTH: usize = 64;

/// What the server adds behind the manifest: where one of these is, nothing of the manifest is missing.
const OF_THE_SERVER: [&str; 4] = ["generation", "uid", "created", "status"];

/// What was printed.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    Whole(Value),
    /// The header of a table without rows, for a name that nobody has.
    Nothing,
    /// It ends in the middle.
    Broken,
}

/// Looks for the resource in what was printed.
pub(crate) fn found(text: &str) -> Found {
    let is_whole = |found: &Value| {
        ["version", "type"].iter().all(|key| found.get(*key).is_some())
            && OF_THE_SERVER.iter().any(|key| found.get(*key).is_some())
    };
    match resource(text) {
        Some(found) if is_whole(&found) => Found::Whole(found),
        None if text.lines().any(is_header) => Found::Nothing,
        _ => Found::Broken,
    }
}

fn is_header(line: &str) -> bool {
    let mut words = line.split('|').map(str::trim);
    words.next() == Some("NAME") && words.next() == Some("VERSION")
}

fn resource(text: &str) -> Option<Value> {
    let document = apart(text).1.unwrap_or(text);
    let document = document.split("\n---").next().unwrap_or_default();
    let mut events = Events(Parser::new_from_str(document));
    let first = events.next()?;
    let value = events.value(first, 0)?;
    value.get("name").is_some().then_some(value)
}

/// The events of a document that matter here.
struct Events<'d, I: Iterator>(I)
where
    I: Iterator<Item = Result<(Event<'d>, granit_parser::Span), granit_parser::ScanError>>;

impl<'d, I> Events<'d, I>
where
    I: Iterator<Item = Result<(Event<'d>, granit_parser::Span), granit_parser::ScanError>>,
{
    /// The next event; none at the end or where it is no YAML.
    fn next(&mut self) -> Option<Event<'d>> {
        loop {
            match self.0.next()?.ok()?.0 {
                Event::StreamStart | Event::DocumentStart(..) => {}
                event => return Some(event),
            }
        }
    }

    /// The value that begins with an event. A server has no reason for aliases, with which little text becomes much.
    fn value(&mut self, first: Event<'d>, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        match first {
            Event::Scalar(text, style, ..) => Some(scalar(&text, style)),
            Event::SequenceStart(..) => self.list(depth),
            Event::MappingStart(..) => self.mapping(depth),
            _ => None,
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Some(Value::Array(items)),
                first => items.push(self.value(first, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        loop {
            match self.next()? {
                Event::MappingEnd => return Some(Value::Object(members)),
                Event::Scalar(key, ..) => {
                    let first = self.next()?;
                    let value = self.value(first, depth + 1)?;
                    members.insert(key.into_owned(), value);
                }
                _ => return None,
            }
        }
    }
}

/// What a text without quotation marks means by the core schema of YAML.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        text => number(text).map_or_else(|| Value::from(text), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if !is_number || !has_digit {
        return None;
    }
    text.parse::<i64>().map(Number::from).ok().or_else(|| Number::from_f64(text.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manifest_is_found_behind_lines_and_comments() {
        let text = "INFO[0000] 🔍 get...\n---\n# sales:v2alpha:depot\n# depot:v2alpha:sales\nname: sales\nversion: v2alpha\n\
                    type: depot\ntags:\n  - a=b\n  - \"1\"\nspec:\n  type: postgresql\n  external: true\n  spec:\n    port: 5432\n    \
                    host: 10.0.0.1\n    ratio: 0.5\n    none: null\n    params: {}\n  note: |\n    two\n    lines\ngeneration: 3\n\
                    status:\n  aggregateStatus: active\n";
        let Found::Whole(found) = found(text) else { panic!("it is there") };
        let spec =
            json!({"port": 5432, "host": "10.0.0.1", "ratio": 0.5, "none": null, "params": {}});
        assert_eq!(found["spec"]["spec"], spec);
        assert_eq!(found["spec"]["external"], true);
        assert_eq!(found["spec"]["note"], "two\nlines\n");
        assert_eq!((&found["generation"], &found["tags"]), (&json!(3), &json!(["a=b", "1"])));
        assert_eq!(found["status"]["aggregateStatus"], "active");
    }

    #[test]
    fn what_ends_in_the_middle_is_told_from_what_is_not_there() {
        let whole = "INFO[0000] get...complete\n---\n# a\nname: a\nversion: v2alpha\ntype: depot\nspec:\n  type: s3\n  \
                     secrets:\n    - id: t:a\nuid: u\n";
        assert!(matches!(found(whole), Found::Whole(_)));
        let uid = whole.find("uid").expect("it has one");
        for end in 0..uid + "uid:".len() - 1 {
            assert_eq!(found(&whole[..end]), Found::Broken, "{end}");
        }
        let none = "INFO[0000] get...\n\n  NAME | VERSION | TYPE | STATUS | RUNTIME | OWNER \n";
        assert_eq!(found(none), Found::Nothing);
    }

    #[test]
    fn what_is_no_resource_is_none() {
        let deep = format!("name: {}1{}", "[".repeat(100), "]".repeat(100));
        let alias = "a: &a [1]\nname: *a\n";
        for nothing in ["", "INFO[0000] get...nothing", "---\n- a\n", "---\n: {\n", &deep, alias] {
            assert_eq!(resource(nothing), None, "{nothing}");
        }
    }
}
