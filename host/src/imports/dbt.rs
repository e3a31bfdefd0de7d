//! Profiles of dbt: `profiles.yml`, with its variables (docs.getdbt.com, "Connection profiles" and "env_var").

use serde_json::{Map, Value};

use super::record::{Lines, Record, value_of, yaml};
use super::rules::Rules;
use super::{Entry, Found, Text};
use crate::model::types::shown;
use crate::model::{Error, Secret};

const RULES: &str = include_str!("../../imports/dbt.toml");
/// Filters of Jinja that change the kind of a value, not its text.
const FILTERS: [&str; 6] = ["as_number", "as_bool", "as_native", "as_text", "int", "string"];
/// Keys of the file that are no profiles.
const OTHERS: [&str; 1] = ["config"];

/// The targets of a file. `variable` knows the environment.
///
/// # Errors
/// It is no such file.
pub fn read(text: Text<'_>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Found, Error> {
    let profiles = match yaml(text)? {
        Value::Null => return Ok(Found::default()),
        Value::Object(profiles) => profiles,
        _ => return Err(text.fault(1, "it is no mapping of profiles")),
    };
    let rules = Rules::parse(RULES);
    let lines = Lines::of(text);
    let mut found = Vec::new();
    for (profile, value) in profiles.into_iter().filter(|(key, _)| !OTHERS.contains(&key.as_str()))
    {
        let line = lines.of_keys(&[&profile]);
        let Some(outputs) = outputs(value) else {
            let why = "it has no `outputs`";
            found.push((line, Entry::broken(&profile, text.place(line), why)));
            continue;
        };
        let is_only = outputs.len() == 1;
        for (target, output) in outputs {
            let name = if is_only { profile.clone() } else { format!("{profile}-{target}") };
            let line = lines.of_keys(&[&profile, "outputs", &target]);
            let entry = entry(&name, text.place(line), output, variable, &rules);
            found.push((line, entry));
        }
    }
    Ok(Found::in_order(found))
}

fn outputs(profile: Value) -> Option<Map<String, Value>> {
    match profile {
        Value::Object(mut map) => match map.remove("outputs") {
            Some(Value::Object(outputs)) => Some(outputs),
            _ => None,
        },
        _ => None,
    }
}

fn entry(
    name: &str,
    place: String,
    output: Value,
    variable: &dyn Fn(&str) -> Option<String>,
    rules: &Rules,
) -> Entry {
    let Value::Object(output) = output else {
        return Entry::broken(name, place, "it is no mapping");
    };
    let mut record = Record::new(name, place);
    for (key, value) in output {
        let value = match value {
            Value::String(text) => match rendered(&text, variable) {
                Ok(text) => Some(Secret::from(text)),
                Err(why) => {
                    return Entry::broken(name, record.place, format!("`{}` {why}", shown(&key)));
                }
            },
            other => value_of(other),
        };
        value.into_iter().for_each(|value| record.set(&key, value));
    }
    rules.apply(record)
}

/// A text with its variables filled in.
fn rendered(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    if text.contains("{%") {
        return Err("holds a statement of Jinja".to_owned());
    }
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, after) = after.split_once("}}").ok_or("holds a `{{` without an end")?;
        made.push_str(before);
        made.push_str(&evaluated(inside.trim(), variable)?);
        rest = after;
    }
    made.push_str(rest);
    Ok(made)
}

fn evaluated(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    const OTHER: &str = "holds an expression of Jinja other than `env_var`";
    let (call, filters) = text.rsplit_once(')').ok_or(OTHER)?;
    let is_known = |filter: &str| FILTERS.contains(&filter.trim());
    let mut filters = filters.trim().split('|');
    if filters.next().is_some_and(|first| !first.is_empty()) || !filters.all(is_known) {
        return Err(OTHER.to_owned());
    }
    let arguments = call.strip_prefix("env_var").map(str::trim_start);
    let arguments = arguments.and_then(|rest| rest.strip_prefix('(')).ok_or(OTHER)?;
    let (name, rest) = literal(arguments).ok_or(OTHER)?;
    let default = match rest.strip_prefix(',') {
        Some(rest) => Some(literal(rest).filter(|(_, rest)| rest.is_empty()).ok_or(OTHER)?.0),
        None if rest.is_empty() => None,
        None => return Err(OTHER.to_owned()),
    };
    let value = variable(name).or_else(|| default.map(str::to_owned));
    value.ok_or_else(|| {
        format!("is in the environment variable `{}`, which is not set", shown(name))
    })
}

/// A text in quotes, and what follows it.
fn literal(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (value, rest) = text[1..].split_once(quote)?;
    Some((value, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_nothing_else_is_run() {
        let variable = |name: &str| (name == "A").then(|| "a b".to_owned());
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = rendered(text, &variable);
            match (&found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(why), Err(words)) => assert!(why.contains(words), "{text}: {why}"),
                _ => panic!("{text}: {found:?}"),
            }
        };
        check("plain", Ok("plain"));
        check("{{ env_var('A') }}", Ok("a b"));
        check("x-{{env_var(\"A\")}}-{{ env_var('B', 'd') }}", Ok("x-a b-d"));
        check("{{ env_var('P', '5432') | as_number }}", Ok("5432"));
        check("{{ env_var('P', '') | int }}", Ok(""));
        check("{{ env_var('B') }}", Err("`B`, which is not set"));
        check("{{ env_var('A') | upper }}", Err("other than `env_var`"));
        check("{{ target.name }}", Err("other than `env_var`"));
        check("{{ env_var(name) }}", Err("other than `env_var`"));
        check("{{ env_var('A'", Err("without an end"));
        check("{{ env_var('A', 'b', 'c') }}", Err("other than `env_var`"));
        check("{% if x %}", Err("statement"));
    }
}
