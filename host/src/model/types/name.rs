//! Names of connections and of fields.

use super::super::FieldProblem;

/// The greatest length of a name, in bytes. It is that of a Kubernetes name.
const MAX_NAME: usize = 253;

/// Checks the name of a connection as far as every backend asks for it: 1 to 253 bytes without blanks, slashes and
/// control characters, and with neither `-` nor `.` first. Connectors ask for more.
///
/// # Errors
/// The problem says what the name must look like.
pub fn check_name(name: &str) -> Result<(), FieldProblem> {
    let message = match name.chars().next() {
        None => "must not be empty".to_owned(),
        Some(first @ ('-' | '.')) => format!("must not begin with `{first}`"),
        Some(_) if name.len() > MAX_NAME => {
            format!("is {} bytes long; at most {MAX_NAME} are allowed", name.len())
        }
        Some(_) => match name.chars().find(|&c| is_forbidden(c)) {
            None => return Ok(()),
            Some(found) => {
                format!("must not hold {}; use letters, digits, `-`, `_` and `.`", described(found))
            }
        },
    };
    Err(FieldProblem { field: "name".to_owned(), message })
}

/// Checks the name of a field that no schema describes: it goes to the backend as it is.
pub(super) fn check_field_name(name: &str) -> Result<String, FieldProblem> {
    if is_plain(name, MAX_NAME) {
        return Ok(name.to_owned());
    }
    Err(FieldProblem {
        field: shown(name),
        message: format!(
            "the name of a field has 1 to {MAX_NAME} letters, digits, `-`, `_` and `.`; write \
             fields as `FIELD=VALUE`"
        ),
    })
}

/// A name as it may be repeated to the user. What is no name may be a value that went astray, even a secret one.
pub fn shown(name: &str) -> String {
    if is_plain(name, 64) { name.to_owned() } else { "field".to_owned() }
}

/// Two names that are equal after this are the same name: case, dashes, dots and underscores make no difference.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a character is not seen, or changes how others are seen.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_plain(name: &str, limit: usize) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=limit).contains(&name.len()) && name.chars().all(is_allowed)
}

fn is_forbidden(c: char) -> bool {
    c.is_whitespace() || matches!(c, '/' | '\\') || is_invisible(c)
}

fn described(c: char) -> String {
    match c {
        '/' | '\\' => format!("`{c}`"),
        c if c.is_control() || is_invisible(c) => {
            format!("the invisible character U+{:04X}", c as u32)
        }
        _ => "blanks".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_connections() {
        let long = "x".repeat(253);
        let cases = [
            ("sales", None),
            ("Sales_2026.v1", None),
            ("größe", None),
            (long.as_str(), None),
            ("", Some("must not be empty")),
            ("-rf", Some("must not begin with `-`")),
            ("..", Some("must not begin with `.`")),
            ("a b", Some("must not hold blanks")),
            ("a/b", Some("must not hold `/`")),
            ("a\\b", Some("must not hold `\\`")),
            ("a\nb", Some("must not hold the invisible character U+000A")),
            ("a\u{1b}[31m", Some("must not hold the invisible character U+001B")),
            ("a\u{202e}b", Some("must not hold the invisible character U+202E")),
        ];
        for (name, expected) in cases {
            let message = check_name(name).err().map(|problem| problem.message);
            match (&message, expected) {
                (None, None) => {}
                (Some(message), Some(start)) => {
                    assert!(message.starts_with(start), "{name:?}: {message}");
                }
                _ => panic!("{name:?}: {message:?}"),
            }
        }
        let too_long = check_name(&"x".repeat(254)).unwrap_err();
        assert_eq!(too_long.message, "is 254 bytes long; at most 253 are allowed");
    }

    #[test]
    fn what_is_no_name_is_not_repeated() {
        assert_eq!(shown("bucket"), "bucket");
        assert_eq!(shown("wJalrXUtnFEMI/K7MDENG"), "field");
        assert_eq!(shown(&"a".repeat(65)), "field");
        assert!(check_field_name("a b").is_err());
        assert_eq!(check_field_name(".dockerconfigjson").as_deref(), Ok(".dockerconfigjson"));
    }
}
