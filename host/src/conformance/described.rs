//! What a connector says about itself.

use std::collections::BTreeSet;

use super::book::{Book, told};
use super::subject::Subject;
use crate::model::types::{Secrecy, TypeSchema};
use crate::model::{Description, FieldSchema, Operation};
use crate::policy::Needs;

/// The longest name of anything that people type, in bytes.
const MAX_WORD: usize = 64;
/// What is shown in one line of a table.
const MAX_SUMMARY: usize = 200;

/// Asks a connector to which nothing is granted what it is, twice, and looks at the answer.
pub async fn described<S: Subject>(
    book: &mut Book,
    subject: &mut S,
    needs: &Needs,
) -> Option<Description> {
    let first = subject.describe().await;
    let usage = subject.usage();
    let description = book.note("described.answers", first.map_err(|error| told(&error)))?;
    let denials = usage.denials.join("; ");
    book.note("described.pure", no_use(usage.denied, usage.endpoints.is_empty(), &denials));
    let again = subject.describe().await.map_err(|error| told(&error));
    book.note("described.stable", again.and_then(|again| same(&description, &again)));
    look_at(book, &description, needs.version.as_deref());
    Some(description)
}

/// Looks at a description.
pub(super) fn look_at(book: &mut Book, description: &Description, declared: Option<&str>) {
    book.note("described.name", name(description));
    book.note("described.version", version(description, declared));
    book.note("described.types", types(description));
    book.note("described.secrets", secrets(description));
    book.note("described.scope", scope(description));
    book.note("described.operations", operations(description));
    book.note("described.settings", settings(description));
}

fn no_use(denied: u64, is_quiet: bool, denials: &str) -> Result<(), String> {
    match denied == 0 && is_quiet {
        true => Ok(()),
        false => Err(format!("it calls the host for more than messages: {denials}")),
    }
}

fn same(first: &Description, again: &Description) -> Result<(), String> {
    match format!("{first:?}") == format!("{again:?}") {
        true => Ok(()),
        false => Err("the second answer differs from the first".to_owned()),
    }
}

fn name(description: &Description) -> Result<(), String> {
    let Description { name, summary, .. } = description;
    if !is_word(name) {
        return Err(format!("`{name}` is no word of lower-case letters, digits and `-`"));
    }
    if summary.trim().is_empty() || summary.len() > MAX_SUMMARY {
        return Err(format!("the summary is not one sentence of up to {MAX_SUMMARY} bytes"));
    }
    Ok(())
}

fn version(description: &Description, declared: Option<&str>) -> Result<(), String> {
    let version = &description.version;
    semver::Version::parse(version)
        .map_err(|error| format!("`{version}` is no semantic version: {error}"))?;
    match declared {
        Some(declared) if declared != version => {
            Err(format!("it says that it is {version}, and its needs say {declared}"))
        }
        _ => Ok(()),
    }
}

fn types(description: &Description) -> Result<(), String> {
    if description.types.is_empty() && !description.any_type {
        return Err("it supports no type, and carries none through".to_owned());
    }
    let mut names = BTreeSet::new();
    for kind in &description.types {
        let name = &kind.name;
        if !is_word(name) {
            return Err(format!("`{name}` is no name of a type"));
        }
        if !names.insert(name) {
            return Err(format!("type `{name}` is there twice"));
        }
        let mut fields = BTreeSet::new();
        for field in &kind.fields {
            well_formed(field)
                .map_err(|why| format!("field `{}` of `{name}`: {why}", field.name))?;
            if !fields.insert(&field.name) {
                return Err(format!("field `{}` of `{name}` is there twice", field.name));
            }
            if kind.unsupported.contains(&field.name) {
                return Err(format!("field `{}` of `{name}` is there and unsupported", field.name));
            }
        }
    }
    Ok(())
}

fn well_formed(field: &FieldSchema) -> Result<(), String> {
    if !is_field_name(&field.name) {
        return Err("is no name of lower-case letters, digits and `_`".to_owned());
    }
    if field.description.trim().is_empty() {
        return Err("has no description".to_owned());
    }
    if field.secret && field.default.is_some() {
        return Err("is a secret with a default, which is no secret".to_owned());
    }
    let pattern = field.pattern.as_ref().map(|pattern| {
        regex_lite::Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|error| format!("has a pattern that is none: {error}"))
    });
    let pattern = pattern.transpose()?;
    let allowed = |value: &String| {
        (field.choices.is_empty() || field.choices.contains(value))
            && pattern.as_ref().is_none_or(|pattern| pattern.is_match(value))
    };
    match field.default.iter().find(|value| !allowed(value)) {
        Some(_) => Err("has a default that it does not allow".to_owned()),
        None => Ok(()),
    }
}

fn secrets(description: &Description) -> Result<(), String> {
    let opaque = TypeSchema::opaque();
    let fields = description.types.iter().flat_map(|kind| &kind.fields);
    let unmarked: Vec<String> = fields
        .filter(|field| !field.secret && opaque.secrecy(&field.name) == Secrecy::Secret)
        .map(|field| format!("`{}`", field.name))
        .collect();
    match unmarked.is_empty() {
        true => Ok(()),
        false => Err(format!("not marked as secret: {}", unmarked.join(", "))),
    }
}

fn scope(description: &Description) -> Result<(), String> {
    let Some(scope) = &description.scope else { return Ok(()) };
    let is_word = is_word(&scope.name) && description.scope_word() == scope.name;
    match is_word {
        true => Ok(()),
        false => Err(format!("`{}` is no singular noun in lower case", scope.name)),
    }
}

fn operations(description: &Description) -> Result<(), String> {
    let has = |operation| description.operations.contains(&operation);
    for (operation, word) in [(Operation::List, "list"), (Operation::Get, "get")] {
        if !has(operation) {
            return Err(format!("it has no `{word}`"));
        }
    }
    if has(Operation::Create) && !has(Operation::Delete) {
        return Err("what it creates it cannot delete".to_owned());
    }
    let mut seen = Vec::new();
    for operation in &description.operations {
        if seen.contains(operation) {
            return Err("an operation is there twice".to_owned());
        }
        seen.push(*operation);
    }
    Ok(())
}

fn settings(description: &Description) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for setting in &description.settings {
        let name = &setting.name;
        if !is_word(name) {
            return Err(format!("`{name}` is no word of lower-case letters, digits and `-`"));
        }
        if setting.description.trim().is_empty() {
            return Err(format!("`{name}` has no description"));
        }
        if !names.insert(name) {
            return Err(format!("`{name}` is there twice"));
        }
    }
    Ok(())
}

/// A word as people type it: `my-store`, `s3`.
fn is_word(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|byte| is_part(byte) || matches!(byte, b'-' | b'_'))
        && text.bytes().next().is_some_and(is_part)
        && text.bytes().last().is_some_and(is_part)
}

/// Names of fields are those of the types in snake case; a backend may have its own, which are in upper case in some.
fn is_field_name(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
