//! Connections of Apache Airflow: what `airflow connections export` writes (JSON, YAML, env), and the variables `AIRFLOW_CONN_*`, as JSON
//! or as an address: howto/connection.rst of apache/airflow.

use serde_json::{Map, Value};

use super::record::{Lines, Record, value_of, yaml};
use super::rules::Rules;
use super::{Entry, Found, Text, address};
use crate::model::{Error, Secret};

const RULES: &str = include_str!("../../imports/airflow.toml");
/// Before the id of a connection, in upper case.
pub const VARIABLE_PREFIX: &str = "AIRFLOW_CONN_";
/// Keys below `extra` that hold settings, not values.
const NESTED: [&str; 2] = ["service_config", "config_kwargs"];

/// The connections of an exported file.
///
/// # Errors
/// It has none of the forms that Airflow writes.
pub fn of_text(text: Text<'_>) -> Result<Found, Error> {
    let mut lines = text.plain().lines().map(str::trim);
    match lines.find(|line| !line.is_empty() && !line.starts_with('#')) {
        None => Ok(Found::default()),
        Some(line) if line.starts_with('{') => of_tree(text, json(text)?),
        Some(line) if is_assignment(line) => of_lines(text),
        Some(_) => of_tree(text, yaml(text)?),
    }
}

/// The connections of variables: names and values.
pub fn of_variables<'v>(variables: impl Iterator<Item = (&'v str, &'v str)>) -> Found {
    let rules = Rules::parse(RULES);
    let one = |(name, value): (&str, &str)| {
        let id = name.strip_prefix(VARIABLE_PREFIX).unwrap_or(name).to_ascii_lowercase();
        of_value(&id, name.to_owned(), Value::String(value.to_owned()), &rules)
    };
    Found { entries: variables.map(one).collect(), remarks: Vec::new() }
}

fn is_assignment(line: &str) -> bool {
    let name = line.split_once('=').map_or("", |(name, _)| name.trim_start_matches("export "));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.chars().all(is_plain)
}

/// Lines of `ID=ADDRESS` or `ID=JSON`, as `--file-format env` writes them, and of shells.
fn of_lines(text: Text<'_>) -> Result<Found, Error> {
    let rules = Rules::parse(RULES);
    let mut found = Found::default();
    for (at, line) in text.plain().lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if !is_assignment(line) {
            return Err(text.fault(at + 1, "it is not `ID=ADDRESS` or `ID=JSON`"));
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim_start_matches("export ");
        let id = match name.strip_prefix(VARIABLE_PREFIX) {
            Some(id) => id.to_ascii_lowercase(),
            None => name.to_owned(),
        };
        let value = Value::String(unquoted(value).to_owned());
        found.entries.push(of_value(&id, text.place(at + 1), value, &rules));
    }
    Ok(found)
}

fn unquoted(value: &str) -> &str {
    let quoted = |quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    quoted('\'').or_else(|| quoted('"')).unwrap_or(value)
}

fn json(text: Text<'_>) -> Result<Value, Error> {
    serde_json::from_str(text.plain())
        .map_err(|error| text.fault(error.line().max(1), "it is not JSON"))
}

fn of_tree(text: Text<'_>, tree: Value) -> Result<Found, Error> {
    let Value::Object(map) = tree else {
        return Err(text.fault(1, "it is no mapping of ids to connections"));
    };
    let rules = Rules::parse(RULES);
    let lines = Lines::of(text);
    let one = |(id, value): (String, Value)| {
        let line = lines.of_keys(&[&id]);
        (line, of_value(&id, text.place(line), value, &rules))
    };
    Ok(Found::in_order(map.into_iter().map(one).collect()))
}

fn of_value(id: &str, place: String, value: Value, rules: &Rules) -> Entry {
    let mut record = Record::new(id, place);
    match fill(&mut record, value) {
        Ok(()) => rules.apply(record),
        Err(why) => Entry::broken(id, record.place, why),
    }
}

fn fill(record: &mut Record, value: Value) -> Result<(), &'static str> {
    let map = match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            match serde_json::from_str(&text) {
                Ok(Value::Object(map)) => map,
                _ => return Err("its value is not JSON"),
            }
        }
        Value::String(text) => {
            address::read(&text, record)?;
            let whole = record.take("extra.__extra__");
            extra(record, whole.and_then(|text| serde_json::from_slice(text.expose()).ok()))?;
            summarize(record);
            return Ok(());
        }
        Value::Object(map) => map,
        _ => return Err("it is neither a mapping nor an address"),
    };
    of_map(record, map)?;
    summarize(record);
    Ok(())
}

fn of_map(record: &mut Record, map: Map<String, Value>) -> Result<(), &'static str> {
    for (key, value) in map {
        match (key.as_str(), value) {
            ("extra" | "extra_dejson", value) => extra(record, Some(value))?,
            ("description", Value::String(text)) => record.description = Some(text),
            ("conn_id" | "id" | "is_encrypted" | "is_extra_encrypted" | "description", _) => {}
            (key, value) => {
                value_of(value).into_iter().for_each(|value| record.set(key, value));
            }
        }
    }
    Ok(())
}

/// What is below `extra`: a mapping, or a text that is one.
fn extra(record: &mut Record, value: Option<Value>) -> Result<(), &'static str> {
    let map = match value {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(()),
        Some(Value::String(text)) => match serde_json::from_str(&text) {
            Ok(Value::Object(map)) => map,
            _ => return Err("its `extra` is not a JSON object"),
        },
        Some(Value::Object(map)) => map,
        Some(_) => return Err("its `extra` is not a JSON object"),
    };
    for (key, value) in map {
        // Before Airflow 2.3 forms wrote `extra__TYPE__KEY`.
        let key = key
            .strip_prefix("extra__")
            .and_then(|rest| rest.split_once("__"))
            .map_or(key.as_str(), |(_, key)| key);
        add(record, format!("extra.{key}"), value);
    }
    Ok(())
}

fn add(record: &mut Record, key: String, value: Value) {
    let is_nested = NESTED.iter().any(|nested| {
        key.strip_prefix("extra.").is_some_and(|rest| rest.split('.').next() == Some(nested))
    });
    match value {
        Value::Object(map) if is_nested => {
            map.into_iter().for_each(|(name, value)| add(record, format!("{key}.{name}"), value));
        }
        value => value_of(value).into_iter().for_each(|value| record.set(&key, value)),
    }
}

/// Parts that only mean something together: `authority` is host and port, `url` the whole.
fn summarize(record: &mut Record) {
    let Some(host) = record.text("host").map(str::to_owned) else { return };
    let port = record.text("port").map(|port| format!(":{port}")).unwrap_or_default();
    let is_bare = host.contains(':') && !host.contains([',', '[', '/']) && !port.is_empty();
    let shown = if is_bare { format!("[{host}]") } else { host.clone() };
    let scheme = record.text("schema").filter(|text| matches!(*text, "http" | "https"));
    let scheme =
        scheme.or(record.text("conn_type")).filter(|text| matches!(*text, "http" | "https"));
    let url = match host.contains("://") {
        true => host,
        false => format!("{}://{shown}{port}", scheme.unwrap_or("http")),
    };
    record.set("authority", Secret::from(format!("{shown}{port}")));
    record.set("url", Secret::from(url));
}
