//! What a type of the cluster asks of values, as the dashboard's form does. All problems are found at once.

use connhub_sdk::{Draft, Field, Patch, Problem, SecretField};
use serde_json::Value;

use super::schema::{CustomField, CustomType, Item, Kind};
use super::uri::is_uri;
use super::words::{nearest, range};

/// The largest file that the dashboard takes, in bytes.
const MAX_FILE: u64 = 1_048_576;

/// Checks a draft, and completes it: defaults are added, values get the product's form, and empty ones are dropped.
pub(super) fn check_draft(type_: &CustomType, draft: &mut Draft) -> Vec<Problem> {
    let mut problems = Vec::new();
    if type_.disabled {
        let message = "an administrator has disabled it: the dashboard offers it for no new connection, either";
        problems.push(problem("type", message));
    }
    let mut given = check_values(type_, &mut draft.fields, &draft.secrets);
    add_defaults(type_, draft);
    // The dashboard drops them, too. A field that is given empty gets no default.
    draft.fields.retain(|field| !field.value.is_empty());
    given.extend(missing(type_, draft));
    let has_wrong_name = draft.fields.iter().any(|field| type_.field(&field.name).is_none())
        || draft.secrets.iter().any(|secret| type_.field(&secret.name).is_none());
    if has_wrong_name || !missing(type_, draft).is_empty() {
        given.push(problem("type", type_.explain()));
    }
    problems.extend(given);
    problems
}

/// Checks what a patch sets and removes.
pub(super) fn check_changes(
    type_: &CustomType,
    fields: &mut [Field],
    patch: &Patch,
) -> Vec<Problem> {
    let mut problems = check_values(type_, fields, &patch.secrets);
    let is_set = |name: &String| {
        fields.iter().any(|field| field.name == *name && !field.value.is_empty())
            || patch.secrets.iter().any(|secret| secret.name == *name)
    };
    let empty = fields.iter().filter(|field| field.value.is_empty()).map(|field| &field.name);
    let gone = patch.remove.iter().chain(empty).filter(|name| !is_set(name));
    for name in gone {
        if let Some(field) = type_.field(name).filter(|field| field.required) {
            problems.push(problem(name, format!("its type requires it ({})", field.meaning())));
        }
    }
    problems
}

/// Puts visible values into the product's form, and says what is wrong with them and with the secret ones.
fn check_values(type_: &CustomType, fields: &mut [Field], secrets: &[SecretField]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for given in fields {
        let result = match type_.field(&given.name) {
            Some(field) => field.native(&given.value).map(|value| given.value = value),
            None => Err(type_.no_field(&given.name)),
        };
        problems.extend(result.err().map(|message| problem(&given.name, message)));
    }
    for given in secrets {
        let message = match type_.field(&given.name) {
            Some(field) => field.refuses_secret(given.value.length()),
            None => Some(type_.no_field(&given.name)),
        };
        problems.extend(message.map(|message| problem(&given.name, message)));
    }
    problems
}

/// Values that the form would have filled in.
fn add_defaults(type_: &CustomType, draft: &mut Draft) {
    for field in &type_.fields {
        let is_given = draft.field(&field.key).is_some() || draft.secret(&field.key).is_some();
        if let Some(default) = field.default.as_ref().filter(|_| !is_given) {
            draft.fields.push(Field::new(field.key.as_str(), default.as_str()));
        }
    }
}

fn missing(type_: &CustomType, draft: &Draft) -> Vec<Problem> {
    let is_given = |key: &str| {
        draft.field(key).is_some_and(|value| !value.is_empty())
            || draft.secret(key).is_some_and(|secret| secret.length() > 0)
    };
    let required = type_.fields.iter().filter(|field| field.required && !is_given(&field.key));
    required
        .map(|field| {
            let message =
                format!("its type requires it ({}); {}", field.meaning(), field.how_to_give());
            problem(&field.key, message)
        })
        .collect()
}

impl CustomType {
    fn no_field(&self, name: &str) -> String {
        let meant = nearest(name, self.fields.iter().map(|field| field.key.as_str()));
        match meant {
            Some(meant) => format!("`{}` has no such field; did you mean `{meant}`?", self.name),
            None => format!("`{}` has no such field", self.name),
        }
    }
}

impl CustomField {
    /// A visible value as the product keeps it.
    ///
    /// # Errors
    ///
    /// Why the type refuses it.
    fn native(&self, value: &str) -> Result<String, String> {
        if self.kind == Kind::Hidden {
            let key = &self.key;
            return Err(format!(
                "is a secret in its type: give it as `{key}=-`, `{key}=@FILE` or `--from-env {key}=VARIABLE`, so that nobody reads it \
                 over your shoulder"
            ));
        }
        let native = match self.kind {
            // White space around it is never meant, and often pasted.
            Kind::File { .. } | Kind::Other(_) => value.to_owned(),
            _ => self.kind.native(value.trim())?,
        };
        match &self.default {
            Some(default) if self.fixed && *default != native => {
                Err(format!("is always `{default}` in its type; leave it out"))
            }
            _ => Ok(native),
        }
    }

    /// Why the type does not take a secret of this length. Its value is not known here.
    fn refuses_secret(&self, length: u64) -> Option<String> {
        match self.kind {
            _ if self.fixed => Some("is fixed by its type; leave it out".into()),
            Kind::File { .. } if length > MAX_FILE => {
                Some(format!("has {length} bytes; a file may have {MAX_FILE}"))
            }
            _ => None,
        }
    }
}

impl Kind {
    fn native(&self, value: &str) -> Result<String, String> {
        match self {
            _ if value.is_empty() => Ok(String::new()),
            Self::Uri if !is_uri(value) => {
                Err(format!("`{value}` is no URI; write it as `https://…`"))
            }
            Self::Boolean => boolean(value),
            Self::Number { min, max, .. } => number(value, *min, *max),
            Self::Choice { several, items } => choices(value, *several, items),
            _ => Ok(value.to_owned()),
        }
    }
}

fn boolean(value: &str) -> Result<String, String> {
    match value {
        "true" | "false" => Ok(value.to_owned()),
        _ => Err(format!("`{value}` is neither `true` nor `false`")),
    }
}

fn number(value: &str, min: Option<f64>, max: Option<f64>) -> Result<String, String> {
    let parsed = value.parse().ok().filter(|number: &f64| number.is_finite());
    let fits =
        |number: &f64| min.is_none_or(|min| *number >= min) && max.is_none_or(|max| *number <= max);
    match parsed {
        Some(number) if fits(&number) => Ok(value.to_owned()),
        _ => Err(format!("`{value}` is no number{}", range(min, max))),
    }
}

/// Choices as the JSON list that the dashboard keeps. They are given with commas, or as that list.
fn choices(value: &str, several: bool, items: &[Item]) -> Result<String, String> {
    let is_item = |text: &str| items.iter().any(|item| item.value == text);
    let given: Vec<String> = match serde_json::from_str(value) {
        Ok(list) => list,
        Err(_) if is_item(value) || !several => vec![value.to_owned()],
        Err(_) => value.split(',').map(|choice| choice.trim().to_owned()).collect(),
    };
    let given: Vec<_> = given.into_iter().filter(|choice| !choice.is_empty()).collect();
    if let Some(other) = given.iter().find(|choice| !is_item(choice)) {
        return Err(no_choice(other, items));
    }
    if !several && given.len() > 1 {
        return Err(format!("takes one value, and {} are given", given.len()));
    }
    match given.is_empty() {
        true => Ok(String::new()),
        false => Ok(Value::from(given).to_string()),
    }
}

fn no_choice(choice: &str, items: &[Item]) -> String {
    let by_label = items.iter().find(|item| item.label.eq_ignore_ascii_case(choice));
    let near = || nearest(choice, items.iter().map(|item| item.value.as_str()));
    let meant = by_label.map(|item| item.value.as_str()).or_else(near);
    let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let known: Vec<_> = items.iter().map(|item| format!("`{}`", item.value)).collect();
    format!("`{choice}` is none of {}{meant}", known.join(", "))
}

fn problem(field: &str, message: impl Into<String>) -> Problem {
    Problem { field: field.to_owned(), message: message.into() }
}
