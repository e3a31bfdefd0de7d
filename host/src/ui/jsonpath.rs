//! `-o jsonpath=…`: RFC 9535, and the braces in which kubectl wants such expressions.

use std::io::{self, Write};
use std::str::FromStr;

use jsonpath_rust::JsonPath as _;
use jsonpath_rust::parser::parse_json_path;
use serde_json::Value;

/// An expression that is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath(String);

impl JsonPath {
    /// Writes each match on a line of its own: texts as they are, everything else as JSON.
    ///
    /// # Errors
    /// `out` cannot be written, or the expression cannot be evaluated.
    pub fn write(&self, value: &Value, out: &mut dyn Write) -> io::Result<()> {
        for found in value.query(&self.0).map_err(io::Error::other)? {
            match found {
                Value::String(text) => writeln!(out, "{text}")?,
                other => writeln!(out, "{other}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for JsonPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expression = rooted(inner(text)?);
        match parse_json_path(&expression) {
            Ok(_) => Ok(Self(expression)),
            Err(_) => Err(format!(
                "`{expression}` is no JSONPath expression; write for example `jsonpath=$.items[*].name`"
            )),
        }
    }
}

/// What stands between kubectl's braces, if there are any.
fn inner(text: &str) -> Result<&str, String> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix('{') else {
        return Ok(text);
    };
    match rest.strip_suffix('}') {
        Some(inner) if !inner.contains(['{', '}']) && !inner.trim_start().starts_with("range") => {
            Ok(inner.trim())
        }
        _ => Err("only one expression is understood, without `range` and text; each match is \
                  printed on a line of its own"
            .to_owned()),
    }
}

fn rooted(expression: &str) -> String {
    match expression.chars().next() {
        Some('$') => expression.to_owned(),
        Some('.' | '[') => format!("${expression}"),
        Some(_) => format!("$.{expression}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: &str) {
        let document = serde_json::json!({
            "items": [
                {"name": "a", "port": 1, "labels": {"env": "prod"}},
                {"name": "b", "port": 2, "labels": {}},
            ],
        });
        let mut out = Vec::new();
        let path: JsonPath = expression.parse().unwrap();
        path.write(&document, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{expression}");
    }

    #[test]
    fn expressions_of_the_standard_and_of_kubectl() {
        check("$.items[*].name", "a\nb\n");
        check("{.items[*].name}", "a\nb\n");
        check("{ .items[0].labels }", "{\"env\":\"prod\"}\n");
        check(".items[1].port", "2\n");
        check("items[-1].name", "b\n");
        check("$..env", "prod\n");
        check("$.items[?@.port > 1].name", "b\n");
        check("{.items[?(@.name=='a')].port}", "1\n");
        check("$.nothing", "");
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["", "{}", "$[", "{range .items[*]}{.name}{end}", "{.a}{.b}", "{.a"] {
            assert!(text.parse::<JsonPath>().is_err(), "{text}");
        }
    }
}
