//! Values in the spec of a Depot: where they are, and how they are written as text.

use connhub_sdk::Error;
use serde_json::{Map, Value};

use crate::sources::Form;

/// The value at a path with dots.
pub(crate) fn value_at<'a>(spec: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => spec.get(path),
        Some((first, rest)) => value_at(spec.get(first)?.as_object()?, rest),
    }
}

/// Puts a value at a path with dots. What is in the way and no object is replaced.
pub(crate) fn put(spec: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        spec.insert(path.to_owned(), value);
        return;
    };
    let inner = spec.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// Takes the value at a path with dots, and objects that are empty afterwards.
pub(crate) fn take(spec: &mut Map<String, Value>, path: &str) -> Option<Value> {
    let Some((first, rest)) = path.split_once('.') else {
        return spec.remove(path);
    };
    let inner = spec.get_mut(first)?.as_object_mut()?;
    let taken = take(inner, rest);
    if inner.is_empty() {
        spec.remove(first);
    }
    taken
}

/// What is left of a spec, as paths with dots and the values there.
pub(crate) fn flatten(spec: &Map<String, Value>) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    flatten_into(&mut flat, "", spec);
    flat
}

fn flatten_into(flat: &mut Vec<(String, String)>, prefix: &str, spec: &Map<String, Value>) {
    for (key, value) in spec {
        let path = format!("{prefix}{key}");
        match value {
            // A key with a dot would be taken for a path, so its object stays together.
            Value::Object(inner)
                if !inner.is_empty() && !inner.keys().any(|key| key.contains('.')) =>
            {
                flatten_into(flat, &format!("{path}."), inner);
            }
            value => flat.push((path, Form::Any.text(value))),
        }
    }
}

impl Form {
    /// A text as it is written into the spec.
    pub(crate) fn value(self, name: &str, text: &str) -> Result<Value, Error> {
        Ok(match self {
            Form::Text => Value::from(text),
            Form::Scalar => scalar(text),
            Form::List => items(text).map(Value::from).collect(),
            Form::Parameters => Value::Object(parameters(name, text)?),
            Form::Words(words) => scalar(native_word(name, words, text)?),
            Form::Any => any(text),
        })
    }

    /// A value of the spec as text.
    pub(crate) fn text(self, value: &Value) -> String {
        match (self, value) {
            (Form::List, Value::Array(items)) => {
                let items: Vec<_> = items.iter().map(plain_text).collect();
                items.join(",")
            }
            (Form::Parameters, Value::Object(parameters)) => {
                let pair = |(key, value): (&String, &Value)| format!("{key}={}", plain_text(value));
                parameters.iter().map(pair).collect::<Vec<_>>().join(",")
            }
            (Form::Words(words), value) => {
                let text = plain_text(value);
                let own = words.iter().find(|(_, native)| *native == text);
                own.map_or(text, |(own, _)| (*own).to_owned())
            }
            (Form::Any, Value::String(text)) if any(text) != *value => value.to_string(),
            (_, value) => plain_text(value),
        }
    }
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A whole number or a boolean as such, everything else as a string.
fn scalar(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        // A number that would be written otherwise than it came (`007`) is none.
        text => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Value::from(number),
            _ => Value::from(text),
        },
    }
}

/// JSON where the text is JSON with a value that is not null. A number has to be written as we would write it.
fn any(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) if number.to_string() != text => Value::from(text),
        Ok(Value::Null) | Err(_) => Value::from(text),
        Ok(value) => value,
    }
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn parameters(name: &str, text: &str) -> Result<Map<String, Value>, Error> {
    let pair = |item: &str| match item.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), scalar(value.trim())))
        }
        _ => Err(Error::invalid(name, "write NAME=VALUE, separated by commas")),
    };
    items(text).map(pair).collect()
}

fn native_word(
    name: &str,
    words: &[(&str, &'static str)],
    text: &str,
) -> Result<&'static str, Error> {
    let found = words.iter().find(|(own, _)| *own == text);
    found.map(|(_, native)| *native).ok_or_else(|| {
        let known: Vec<_> = words.iter().map(|(own, _)| format!("`{own}`")).collect();
        let known = known.join(", ");
        Error::invalid(name, format!("DataOS has nothing for `{text}`; it has {known}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_become_values_and_come_back() {
        const WORDS: Form = Form::Words(&[("required", "skip-verify"), ("disabled", "false")]);
        let check = |form: Form, text: &str, value: Value| {
            assert_eq!(form.value("f", text).expect("it can be written"), value, "{text}");
            assert_eq!(form.text(&value), text);
        };
        check(Form::Text, "5432", json!("5432"));
        check(Form::Scalar, "5432", json!(5432));
        check(Form::Scalar, "007", json!("007"));
        check(Form::Scalar, "true", json!(true));
        check(Form::Scalar, "strict", json!("strict"));
        check(Form::List, "a:1,b:2", json!(["a:1", "b:2"]));
        check(Form::Parameters, "a=1,b=x", json!({"a": 1, "b": "x"}));
        check(WORDS, "required", json!("skip-verify"));
        check(WORDS, "disabled", json!(false));
        check(Form::Any, "plain text", json!("plain text"));
        check(Form::Any, "12", json!(12));
        check(Form::Any, "\"12\"", json!("12"));
        check(Form::Any, "1e3", json!("1e3"));
        check(Form::Any, "null", json!("null"));
        check(Form::Any, r#"["a",1]"#, json!(["a", 1]));
    }

    #[test]
    fn what_cannot_be_written_is_a_problem_of_the_field() {
        let check = |form: Form, text: &str| {
            let Err(Error::Invalid(problems)) = form.value("f", text) else { panic!("{text}") };
            assert_eq!(problems[0].field, "f");
        };
        check(Form::Parameters, "a");
        check(Form::Parameters, "=b");
        check(Form::Words(&[("a", "b")]), "c");
    }

    #[test]
    fn paths_reach_into_objects() {
        let mut spec = Map::new();
        put(&mut spec, "host", json!("h"));
        put(&mut spec, "params.tls", json!(true));
        put(&mut spec, "params.deep.er", json!(1));
        assert_eq!(value_at(&spec, "params.deep.er"), Some(&json!(1)));
        assert_eq!(value_at(&spec, "host.x"), None);
        assert_eq!(take(&mut spec, "params.deep.er"), Some(json!(1)));
        assert_eq!(take(&mut spec, "params.none"), None);
        assert_eq!(Value::Object(spec.clone()), json!({"host": "h", "params": {"tls": true}}));
        assert_eq!(take(&mut spec, "params.tls"), Some(json!(true)));
        assert_eq!(Value::Object(spec.clone()), json!({"host": "h"}));
        put(&mut spec, "host.name", json!("x"));
        assert_eq!(Value::Object(spec), json!({"host": {"name": "x"}}));
    }

    #[test]
    fn what_is_left_is_flat() {
        let spec = json!({"a": {"b": 1, "c": {}}, "d": ["x"], "e": {"f.g": true}});
        let flat = flatten(spec.as_object().expect("it is an object"));
        let expected = [("a.b", "1"), ("a.c", "{}"), ("d", r#"["x"]"#), ("e", r#"{"f.g":true}"#)];
        assert_eq!(flat, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
}
