//! From a manifest to fields.

use base64::Engine as _;
use serde_json::{Map, Value};

use super::schema::{Encoding, Format, Values};
use super::{Foreign, ForeignValue, Role};
use crate::model::{Label, Secret};

/// The field of a backend for further settings of a driver, which connhub has as `NAME=VALUE` in a list.
const PARAMETERS: &str = "params";

pub(super) fn read(format: &Format, document: &Value) -> Result<Foreign, String> {
    let text = |places: &[String]| text_at(document, places);
    let name = text(&format.name_at).ok_or("it has no name")?;
    let native = text(&format.type_at);
    let mut foreign = Foreign {
        title: format.title.clone(),
        role: format.role,
        scope: text(&format.scope_at),
        type_name: native.as_deref().map(|native| canonical_type(format, native)),
        display_name: text(&format.display_name_at).filter(|shown| *shown != name),
        description: text(&format.description_at),
        labels: labels(format, document),
        values: Vec::new(),
        parts: parts(format, document),
        name,
    };
    if foreign.type_name.is_none() && foreign.role == Role::Connection {
        return Err("it does not say what type of connection it is".to_owned());
    }
    let native = native.unwrap_or_default().to_ascii_lowercase();
    for values in &format.values {
        let Some(found) = document.pointer(&values.at.replace("{type}", &native)) else { continue };
        let Value::Object(map) = found else {
            return Err(format!("`{}` must be a mapping", values.at));
        };
        add_values(format, values, map, &mut foreign)?;
    }
    Ok(foreign)
}

/// Gives fields their canonical names and drops what says nothing, once all values of a connection are together.
pub(super) fn settle(formats: &[Format], foreign: &mut Foreign) {
    let Some(format) = formats.iter().find(|format| format.title == foreign.title) else { return };
    let mut type_name = foreign.type_name.clone().unwrap_or_default();
    let says = |condition: &str| {
        let pair = condition.split_once('=').unwrap_or((condition, ""));
        foreign.values.iter().any(|(name, value)| is(name, value, pair))
    };
    let narrower = format.narrow.get(&type_name).into_iter().flatten();
    if let Some((_, narrow)) = narrower.into_iter().find(|(condition, _)| says(condition)) {
        type_name.clone_from(narrow);
    }
    if let Some(implied) = format.implied.get(&type_name) {
        let is_implied = |(name, value): &(String, ForeignValue)| {
            implied.iter().any(|(field, text)| is(name, value, (field, text)))
        };
        foreign.values.retain(|value| !is_implied(value));
    }
    let renames = format.rename.get(&type_name);
    for (name, _) in &mut foreign.values {
        if let Some(new) = renames.and_then(|renames| renames.get(name)) {
            name.clone_from(new);
        }
    }
    collect_parameters(&mut foreign.values);
    foreign.type_name = Some(type_name).filter(|name| !name.is_empty());
}

fn is(name: &str, value: &ForeignValue, (field, text): (&str, &str)) -> bool {
    name == field && matches!(value, ForeignValue::Visible(visible) if visible == text)
}

/// What is left of the further settings becomes one list.
fn collect_parameters(values: &mut Vec<(String, ForeignValue)>) {
    let mut items = Vec::new();
    values.retain(|(name, value)| {
        match (name.strip_prefix(PARAMETERS).and_then(|rest| rest.strip_prefix('.')), value) {
            (Some(key), ForeignValue::Visible(text)) => {
                items.push(format!("{key}={text}"));
                false
            }
            _ => true,
        }
    });
    if !items.is_empty() {
        values.push((PARAMETERS.to_owned(), ForeignValue::Visible(items.join(","))));
    }
}

fn canonical_type(format: &Format, native: &str) -> String {
    let found = format.types.iter().find(|(word, _)| word.eq_ignore_ascii_case(native));
    found.map_or_else(|| native.to_ascii_lowercase(), |(_, canonical)| canonical.clone())
}

fn text_at(document: &Value, places: &[String]) -> Option<String> {
    places.iter().find_map(|place| scalar(document.pointer(place)?))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn labels(format: &Format, document: &Value) -> Vec<Label> {
    let objects = format.labels_at.iter().filter_map(|place| document.pointer(place)?.as_object());
    let pairs = objects.flatten().filter(|(key, _)| !format.ignored_labels.contains(key));
    pairs
        .filter_map(|(key, value)| Some(Label { key: key.clone(), value: scalar(value)? }))
        .collect()
}

fn parts(format: &Format, document: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for place in &format.parts_at {
        let (list, rest) = place.split_once("/*").unwrap_or((place, ""));
        let elements = document.pointer(list).and_then(Value::as_array).into_iter().flatten();
        for id in elements.filter_map(|element| element.pointer(rest)?.as_str()) {
            let name = id.rsplit(':').next().unwrap_or(id);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

fn add_values(
    format: &Format,
    values: &Values,
    map: &Map<String, Value>,
    foreign: &mut Foreign,
) -> Result<(), String> {
    for (name, value) in map {
        match value {
            Value::Null => {}
            Value::Object(inner) if name == PARAMETERS => {
                for (key, value) in inner {
                    let text = scalar(value).ok_or_else(|| no_text(key))?;
                    foreign.values.push((format!("{name}.{key}"), ForeignValue::Visible(text)));
                }
            }
            value => {
                let value = decoded(format, values, name, value)?;
                foreign.values.push((name.clone(), value));
            }
        }
    }
    Ok(())
}

fn decoded(
    format: &Format,
    values: &Values,
    name: &str,
    value: &Value,
) -> Result<ForeignValue, String> {
    let text = match value {
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(scalar).collect();
            items.ok_or_else(|| no_text(name))?.join(",")
        }
        Value::Object(_) => value.to_string(),
        other => scalar(other).ok_or_else(|| no_text(name))?,
    };
    let bytes = match values.encoding {
        Encoding::Path => return Ok(ForeignValue::File(text)),
        Encoding::Text => text.into_bytes(),
        Encoding::Base64 => base64::engine::general_purpose::STANDARD
            .decode(text.trim())
            .map_err(|_| format!("`{name}` is not base64"))?,
    };
    let bytes =
        if format.json_lists.iter().any(|list| list == name) { joined(bytes) } else { bytes };
    if values.secret {
        return Ok(ForeignValue::Hidden(Secret::new(bytes)));
    }
    String::from_utf8(bytes).map(ForeignValue::Visible).map_err(|_| no_text(name))
}

fn joined(bytes: Vec<u8>) -> Vec<u8> {
    match serde_json::from_slice::<Vec<String>>(&bytes) {
        Ok(items) => items.join(",").into_bytes(),
        Err(_) => bytes,
    }
}

fn no_text(name: &str) -> String {
    format!("`{name}` must be a text")
}
