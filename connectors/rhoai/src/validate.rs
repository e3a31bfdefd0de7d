//! What the product and the API server would refuse, found before anything is sent and all at once.

use connhub_sdk::{Draft, Error, Field, Label, Problem, SecretField};

use crate::mapping::{StockType, key_of, stock_type};
use crate::metadata::{OWN_LABELS, TRUE};

/// The server takes 253 bytes; model serving makes a service account `NAME-sa` of it.
const MAX_NAME: usize = 250;

/// The server's limit for all values of a Secret together, in bytes.
const MAX_DATA: u64 = 1_048_576;

/// The server's limit for a key, in bytes.
const MAX_KEY: usize = 253;

/// Checks a draft and drops what the product does not keep. `found` is what is known to be wrong already.
pub(crate) fn check_draft(draft: &mut Draft, found: Vec<Problem>) -> Result<(), Error> {
    // What was read from a project and is written again says what is done anyway.
    draft.labels.retain(|label| !(is_own(&label.key) && label.value == TRUE));
    let mut problems = name_problems(&draft.name);
    if let Some(stock) = stock_type(&draft.type_) {
        problems.extend(auth_method_problem(stock, &mut draft.fields));
        problems.extend(missing(stock, draft));
    }
    problems.extend(value_problems(&draft.type_, &draft.fields, &draft.secrets));
    problems.extend(found);
    problems.extend(draft.labels.iter().filter_map(label_problem));
    result(problems)
}

/// Checks what a patch sets and drops what the product does not keep. `found` is what is known to be wrong already.
pub(crate) fn check_changes(
    type_: &str,
    fields: &mut Vec<Field>,
    secrets: &[SecretField],
    labels: &[Label],
    remove_labels: &[String],
    found: Vec<Problem>,
) -> Result<(), Error> {
    let mut problems = found;
    if let Some(stock) = stock_type(type_) {
        problems.extend(auth_method_problem(stock, fields));
    }
    problems.extend(value_problems(type_, fields, secrets));
    problems.extend(labels.iter().filter_map(label_problem));
    problems.extend(remove_labels.iter().filter(|key| is_own(key)).map(|key| own_label(key)));
    result(problems)
}

fn result(problems: Vec<Problem>) -> Result<(), Error> {
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// What is wrong with a name.
pub(crate) fn name_problems(name: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |message: String| problems.push(problem("name", message));
    if name.len() > MAX_NAME {
        add(format!("is longer than {MAX_NAME} characters"));
    }
    if !is_subdomain(name) {
        let suggestion = resource_name(name);
        add(match suggestion.is_empty() {
            true => "may have lower-case letters, digits, `-` and `.`".into(),
            false => format!(
                "may have lower-case letters, digits, `-` and `.`; use `{suggestion}`, and `--display-name` for what people read"
            ),
        });
    }
    if name == "storage-config" {
        add("`storage-config` is a Secret that model serving itself writes; use another name"
            .into());
    }
    if is_disposable(name) {
        add("the dashboard makes names of this form for its own use and deletes them; use another name".into());
    }
    problems
}

/// The name that was probably meant; empty if nothing of it can be used. The dashboard makes the same of what people call a connection,
/// but for `_` and `.`, which it drops: there they are no part of a name that somebody typed.
fn resource_name(display_name: &str) -> String {
    let mut name = String::new();
    for character in display_name.trim().to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' => name.push(character),
            '-' | '_' | '.' => name.push('-'),
            blank if blank.is_whitespace() => name.push('-'),
            _ => {}
        }
    }
    let words: Vec<_> = name.split('-').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(MAX_NAME).collect();
    name.trim_end_matches('-').to_owned()
}

/// A DNS subdomain of RFC 1123.
pub(crate) fn is_subdomain(name: &str) -> bool {
    name.split('.').all(|label| {
        let ends = |byte: Option<u8>| {
            byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        ends(label.bytes().next())
            && ends(label.bytes().last())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

/// `secret-` and six letters or digits: the dashboard's model wizard takes such a Secret for one of its own and may delete it.
fn is_disposable(name: &str) -> bool {
    name.strip_prefix("secret-").is_some_and(|rest| {
        rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// Takes the method of the login out, which the product does not keep, and refuses those that its keys cannot express.
fn auth_method_problem(stock: &StockType, fields: &mut Vec<Field>) -> Option<Problem> {
    let index = fields.iter().position(|field| field.name == "auth_method")?;
    let method = fields.remove(index).value;
    if stock.auth_methods.contains(&method.as_str()) {
        return None;
    }
    let known = stock.auth_methods.join("`, `");
    Some(problem(
        "auth_method",
        format!("OpenShift AI cannot hold `{method}`; it can hold `{known}`"),
    ))
}

fn missing(stock: &StockType, draft: &Draft) -> Vec<Problem> {
    let is_missing =
        |name: &str| draft.field(name).is_none_or(str::is_empty) && draft.secret(name).is_none();
    let required = stock.required.iter().filter(|(name, _)| is_missing(name));
    required
        .map(|(name, hint)| {
            problem(name, format!("OpenShift AI requires it for this type; {hint}"))
        })
        .collect()
}

fn value_problems(type_: &str, fields: &[Field], secrets: &[SecretField]) -> Vec<Problem> {
    let visible = fields.iter().map(|field| (&field.name, field.value.len() as u64));
    let hidden = secrets.iter().map(|secret| (&secret.name, secret.value.length()));
    let unsupported = stock_type(type_).map_or(&[][..], |stock| stock.mapping.unsupported);
    let mut problems = Vec::new();
    let mut total = 0;
    for (name, length) in visible.chain(hidden) {
        total += length;
        if unsupported.contains(&name.as_str()) {
            let message =
                format!("OpenShift AI has no place for it in a connection of type `{type_}`");
            problems.push(problem(name, message));
        } else if !is_key(key_of(type_, name)) {
            let message = "a key of a Secret may have letters, digits, `-`, `_` and `.`, and no `..` in front";
            problems.push(problem(name, message.into()));
        }
    }
    if total > MAX_DATA {
        let message = format!("all values together have {total} bytes; a Secret takes {MAX_DATA}");
        problems.push(problem("fields", message));
    }
    problems
}

/// Whether the server takes a text as the key of a value.
pub(crate) fn is_key(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !key.is_empty()
        && key.len() <= MAX_KEY
        && key != "."
        && !key.starts_with("..")
        && key.bytes().all(plain)
}

fn label_problem(label: &Label) -> Option<Problem> {
    if is_own(&label.key) {
        return Some(own_label(&label.key));
    }
    if !is_label_key(&label.key) {
        let message = format!(
            "`{}` is no key of a label: an optional DNS name and `/`, then up to 63 letters, digits, `-`, `_` and `.` with a letter or digit at both ends",
            label.key
        );
        return Some(problem("label", message));
    }
    let message = || {
        format!(
            "`{}` of `{}` is no value of a label: up to 63 letters, digits, `-`, `_` and `.` with a letter or digit at both ends",
            label.value, label.key
        )
    };
    (!is_label_value(&label.value)).then(|| problem("label", message()))
}

/// Whether the server takes a text as the key of a label.
pub(crate) fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => {
            domain.len() <= 253 && is_subdomain(domain) && !name.is_empty() && is_label_value(name)
        }
        None => !key.is_empty() && is_label_value(key),
    }
}

/// Whether the server takes a text as the value of a label.
pub(crate) fn is_label_value(value: &str) -> bool {
    let alphanumeric = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    value.len() <= 63
        && alphanumeric(value.bytes().next())
        && alphanumeric(value.bytes().last())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_own(key: &str) -> bool {
    OWN_LABELS.contains(&key)
}

fn own_label(key: &str) -> Problem {
    problem(
        "label",
        format!("`{key}` belongs to OpenShift AI and follows the type of the connection"),
    )
}

fn problem(field: &str, message: String) -> Problem {
    Problem { field: field.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_server_and_dashboard() {
        let check = |name: &str, expected: &[&str]| {
            let problems = name_problems(name);
            assert_eq!(problems.len(), expected.len(), "{name}: {problems:?}");
            for (problem, part) in problems.iter().zip(expected) {
                assert!(problem.message.contains(part), "{name}: {problems:?}");
            }
        };
        check("my-storage", &[]);
        check("a.b-c", &[]);
        check("7", &[]);
        check(&"a".repeat(250), &[]);
        check(&"a".repeat(251), &["250 characters"]);
        check("My Storage", &["use `my-storage`"]);
        check("-a-", &["use `a`"]);
        check("a..b", &["use `a-b`"]);
        check(" A -- B c\tÄ", &["use `a-b-c`"]);
        let long = format!("{} b", "A".repeat(249));
        check(&long, &["250 characters", &format!("use `{}`", "a".repeat(249))]);
        check("Ünï", &["use `n`"]);
        check("日本", &["may have lower-case letters, digits, `-` and `.`"]);
        check("storage-config", &["model serving"]);
        check("secret-a1b2c3", &["dashboard"]);
        check("secret-a1b2c3d", &[]);
    }

    #[test]
    fn keys_and_labels_follow_the_rules_of_the_server() {
        let check = |valid: fn(&str) -> bool, text: &str, expected: bool| {
            assert_eq!(valid(text), expected, "{text}");
        };
        for (text, expected) in [
            ("A_b-c.9", true),
            (".dockerconfigjson", true),
            ("", false),
            (".", false),
            ("..a", false),
            ("a b", false),
        ] {
            check(is_key, text, expected);
        }
        for (text, expected) in [
            ("team", true),
            ("example.com/team", true),
            ("Example.com/t", false),
            ("a/b/c", false),
            ("", false),
            ("a/", false),
            ("-a", false),
        ] {
            check(is_label_key, text, expected);
        }
        for (text, expected) in
            [("", true), ("A.b_c-9", true), ("a-", false), ("a b", false), ("é", false)]
        {
            check(is_label_value, text, expected);
        }
        check(is_label_value, &"a".repeat(63), true);
        check(is_label_value, &"a".repeat(64), false);
    }
}
