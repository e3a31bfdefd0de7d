//! A connection as its type means it: fields in the order of the form, lists as lists, and what is no secret told from what is.

use connhub_sdk::Connection;

use super::schema::{CustomField, CustomType, Kind};
use super::words::join;

/// Puts a connection into the form of its type, and says what does not fit.
pub(super) fn present(type_: &CustomType, connection: &mut Connection) {
    hide(type_, connection);
    order(type_, connection);
    for field in &mut connection.fields {
        if let Some(Kind::Choice { .. }) = type_.field(&field.name).map(|known| &known.kind) {
            field.value = choices(&field.value);
        }
    }
    let warnings = [missing(type_, connection), masked(type_, connection), disabled(type_)];
    connection.warnings.extend(warnings.into_iter().flatten());
}

/// Choices with commas between them. Where that could not be taken apart again, they stay the list that the dashboard keeps.
fn choices(stored: &str) -> String {
    let Ok(list) = serde_json::from_str::<Vec<String>>(stored) else { return stored.to_owned() };
    let is_plain = |choice: &String| !choice.contains(',') && choice.trim() == choice;
    match list.len() < 2 || list.iter().all(is_plain) {
        true => list.join(","),
        false => stored.to_owned(),
    }
}

/// Takes out what is a secret in the type although the grant shows it: it has come this far, and goes no further.
fn hide(type_: &CustomType, connection: &mut Connection) {
    let is_hidden = |name: &str| type_.field(name).is_some_and(|known| known.kind == Kind::Hidden);
    let hidden: Vec<_> = connection
        .fields
        .extract_if(.., |field| is_hidden(&field.name))
        .map(|it| it.name)
        .collect();
    if !hidden.is_empty() {
        connection.warnings.push(format!(
            "{} is a secret in the type {}, but the grant of the endpoint `cluster` names it under `visible`; take it out there",
            quoted(hidden.iter().map(String::as_str)),
            type_.words()
        ));
        connection.secret_names.extend(hidden);
    }
}

fn order(type_: &CustomType, connection: &mut Connection) {
    let place = |name: &str| {
        let found = type_.fields.iter().position(|field| field.key == name);
        (found.unwrap_or(usize::MAX), name.to_owned())
    };
    connection.fields.sort_by_cached_key(|field| place(&field.name));
    connection.secret_names.sort_by_cached_key(|name| place(name));
}

fn missing(type_: &CustomType, connection: &Connection) -> Option<String> {
    let is_there = |key: &String| {
        connection.secret_names.contains(key)
            || connection.fields.iter().any(|field| field.name == *key)
    };
    let missing = type_.fields.iter().filter(|field| field.required && !is_there(&field.key));
    let missing = quoted(missing.map(|field| field.key.as_str()));
    (!missing.is_empty())
        .then(|| format!("has no {missing}, which the type {} requires", type_.words()))
}

/// What could be shown and is not, since the grant decides what enters the sandbox.
fn masked(type_: &CustomType, connection: &Connection) -> Option<String> {
    let may_be_shown =
        |field: &CustomField| !matches!(field.kind, Kind::Hidden | Kind::File { .. });
    let names = connection.secret_names.iter().map(String::as_str);
    let masked = quoted(names.filter(|name| type_.field(name).is_some_and(may_be_shown)));
    (!masked.is_empty()).then(|| {
        format!(
            "the type {} has no secret in {masked}, but the grant does not show it: add it to `visible` of the endpoint `cluster` in \
             `plugins.toml`",
            type_.words()
        )
    })
}

fn disabled(type_: &CustomType) -> Option<String> {
    type_.disabled.then(|| {
        format!("an administrator has disabled the type {} for new connections", type_.words())
    })
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    join(names.map(|name| format!("`{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_shown_as_they_can_be_given() {
        let check = |stored: &str, shown: &str| assert_eq!(choices(stored), shown);
        check(r#"["a","b"]"#, "a,b");
        check(r#"["a,b"]"#, "a,b");
        check(r#"["a,b","c"]"#, r#"["a,b","c"]"#);
        check(r#"[" a","c"]"#, r#"[" a","c"]"#);
        check("[]", "");
        check("plain", "plain");
    }
}
