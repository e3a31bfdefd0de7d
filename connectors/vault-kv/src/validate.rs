//! What the store cannot hold, named all at once before anything is sent.

use connhub_sdk::{Draft, Error, Label, Patch, Problem, TextChange};

use crate::metadata::{Custom, is_label};
use crate::place::segment_problem;
use crate::settings::Settings;

/// Limits of custom metadata, in bytes and entries; they are documented by the server.
const MAX_ENTRIES: usize = 64;
const MAX_KEY: usize = 128;
const MAX_TEXT: usize = 512;

/// A connection's values have to fit into one entry of the server's storage: 1 MiB with its default storage, and some room.
const MAX_DATA: u64 = 900 << 10;

pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    segment_problem(name).map_or(Ok(()), |problem| Err(Error::invalid("name", problem)))
}

pub(crate) fn check_draft(settings: &Settings, draft: &Draft) -> Result<(), Error> {
    let mut problems: Vec<_> =
        segment_problem(&draft.name).map(|what| problem("name", what)).into_iter().collect();
    let texts = [
        ("type", Some(draft.type_.as_str())),
        ("display_name", draft.display_name.as_deref()),
        ("description", draft.description.as_deref()),
    ];
    problems.extend(texts.into_iter().filter_map(|(field, text)| text_problem(field, text?)));
    problems.extend(draft.labels.iter().filter_map(label_problem));
    let visible = draft.fields.iter().map(|field| (field.name.as_str(), field.value.len() as u64));
    let secret = draft.secrets.iter().map(|field| (field.name.as_str(), field.value.length()));
    let values: Vec<_> = visible.chain(secret).collect();
    problems.extend(double_keys(settings, &draft.type_, &values));
    problems.extend(size_problem(&values));
    all(problems)
}

pub(crate) fn check_patch(patch: &Patch) -> Result<(), Error> {
    let texts = [("display_name", &patch.display_name), ("description", &patch.description)];
    let set = texts.into_iter().filter_map(|(field, change)| match change {
        TextChange::Set(text) => text_problem(field, text),
        TextChange::Keep | TextChange::Clear => None,
    });
    let own = patch.remove_labels.iter().filter(|key| !is_label(key)).map(|key| own_label(key));
    let visible = patch.fields.iter().map(|field| (field.name.as_str(), field.value.len() as u64));
    let secret = patch.secrets.iter().map(|field| (field.name.as_str(), field.value.length()));
    let size = size_problem(&visible.chain(secret).collect::<Vec<_>>());
    all(set.chain(patch.labels.iter().filter_map(label_problem)).chain(own).chain(size).collect())
}

/// The number of entries is known when what others wrote is known.
pub(crate) fn check_entries(custom: &Custom) -> Result<(), Error> {
    let count = custom.iter().len();
    if count <= MAX_ENTRIES {
        return Ok(());
    }
    let message = format!(
        "with them the secret has {count} entries of custom metadata; {MAX_ENTRIES} are the most"
    );
    Err(Error::invalid("label", message))
}

/// Two fields under one key would lose one of them.
fn double_keys(settings: &Settings, type_: &str, values: &[(&str, u64)]) -> Vec<Problem> {
    let key = |name: &str| settings.field_names.key(type_, name).to_owned();
    let doubles = values.iter().enumerate().filter(|(index, (name, _))| {
        values[..*index].iter().any(|(before, _)| key(before) == key(name))
    });
    doubles
        .map(|(_, (name, _))| {
            let message = format!("it would be stored as `{}`, like another field", key(name));
            problem(name, message)
        })
        .collect()
}

fn size_problem(values: &[(&str, u64)]) -> Option<Problem> {
    let total: u64 = values.iter().map(|(name, length)| name.len() as u64 + length).sum();
    (total > MAX_DATA).then(|| {
        let message = format!("all values together have {total} bytes; the store takes {MAX_DATA}");
        problem("fields", message)
    })
}

fn label_problem(label: &Label) -> Option<Problem> {
    let Label { key, value } = label;
    if !is_label(key) {
        return Some(own_label(key));
    }
    if key.is_empty() || key.len() > MAX_KEY || !is_printable(key) {
        let message =
            format!("`{key}` is no key of custom metadata: 1 to {MAX_KEY} printable bytes");
        return Some(problem("label", message));
    }
    let wrong = text_problem("label", value)?;
    Some(problem("label", format!("the value of `{key}`: {}", wrong.message)))
}

fn own_label(key: &str) -> Problem {
    let message = format!("`{key}` is kept for what the connection itself says");
    problem("label", message)
}

fn text_problem(field: &str, text: &str) -> Option<Problem> {
    let what = if text.is_empty() {
        "the server keeps no empty text".to_owned()
    } else if text.len() > MAX_TEXT {
        format!("it has {} bytes; custom metadata takes {MAX_TEXT}", text.len())
    } else if !is_printable(text) {
        "custom metadata takes printable characters on one line".to_owned()
    } else {
        return None;
    };
    Some(problem(field, what))
}

fn is_printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn problem(field: &str, message: String) -> Problem {
    Problem { field: field.to_owned(), message }
}

fn all(problems: Vec<Problem>) -> Result<(), Error> {
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}
