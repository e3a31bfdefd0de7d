//! Templates of other programs with `{{ connhub://backend/scope/name#field }}` in them.

use crate::model::{Error, REFERENCE_SCHEME, Reference};

/// A text with references.
#[derive(Debug)]
pub struct Injection<'t> {
    parts: Vec<Part<'t>>,
}

/// A piece of the text.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// It stays as it is.
    Text(&'t str),
    /// It is replaced.
    Reference(Place),
}

/// A reference and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it names.
    pub reference: Reference,
    /// The field that it names.
    pub field: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl<'t> Injection<'t> {
    /// Finds the references of a text. Other words in double braces are somebody else's and stay.
    ///
    /// # Errors
    /// The first reference that is wrong, with its line and column. `file` is what the text is called.
    pub fn parse(file: &str, text: &'t str) -> Result<Self, Error> {
        let mut parts = Vec::new();
        let mut done = 0;
        let mut from = 0;
        while let Some(found) = text[from..].find("{{") {
            let open = from + found;
            from = open + 2;
            let inner = text[from..].trim_start_matches([' ', '\t']);
            if !inner.starts_with(REFERENCE_SCHEME) {
                continue;
            }
            let wrong = |message: &str| wrong(file, text, open, message);
            let line = inner.lines().next().unwrap_or_default();
            let end =
                line.find("}}").ok_or_else(|| wrong("the reference has no `}}` in its line"))?;
            let (line_number, column) = position(text, open);
            parts.push(Part::Text(&text[done..open]));
            parts.push(Part::Reference(
                place(line[..end].trim(), line_number, column)
                    .map_err(|message| wrong(&message))?,
            ));
            done = text.len() - inner.len() + end + 2;
            from = done;
        }
        parts.push(Part::Text(&text[done..]));
        Ok(Self { parts })
    }

    /// The pieces, in their order.
    pub fn parts(&self) -> &[Part<'t>] {
        &self.parts
    }

    /// The references, in their order.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(place) => Some(place),
            Part::Text(_) => None,
        })
    }
}

impl Place {
    /// An error about this reference.
    pub fn error(&self, file: &str, error: Error) -> Error {
        Error::new(error.kind, format!("{file}:{}:{}: {}", self.line, self.column, error.message))
            .with_details_of(error)
    }
}

fn place(text: &str, line: usize, column: usize) -> Result<Place, String> {
    let mut reference: Reference =
        text.parse().map_err(|message| format!("the reference {message}"))?;
    let field = reference.field.take().ok_or("the reference names no field: add `#FIELD`")?;
    Ok(Place { reference, field, line, column })
}

fn wrong(file: &str, text: &str, at: usize, message: &str) -> Error {
    let (line, column) = position(text, at);
    Error::invalid(format!("{file}:{line}:{column}: {message}"))
        .hint("write it as `{{ connhub://BACKEND/NAME#FIELD }}` or `{{ connhub://BACKEND/SCOPE/NAME#FIELD }}`")
}

/// Line and column of a byte, from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_and_the_rest_stays() {
        let text =
            "a: {{ .Values.x }}\nk: \"{{connhub://local/lake#key}}\"\n{{ connhub:///a%20b#c }}{{x";
        let injection = Injection::parse("t", text).unwrap();
        let places: Vec<_> = injection
            .places()
            .map(|place| {
                (place.reference.to_string(), place.field.as_str(), place.line, place.column)
            })
            .collect();
        assert_eq!(
            places,
            [
                ("connhub://local/lake".to_owned(), "key", 2, 5),
                ("connhub:///a%20b".to_owned(), "c", 3, 1)
            ]
        );
        let rest: String = injection
            .parts()
            .iter()
            .map(|part| match part {
                Part::Text(text) => *text,
                Part::Reference(_) => "!",
            })
            .collect();
        assert_eq!(rest, "a: {{ .Values.x }}\nk: \"!\"\n!{{x");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Injection::parse("t.yaml", text).unwrap_err().message, expected, "{text}");
        };
        check(
            "ö {{ connhub://local/lake }}",
            "t.yaml:1:3: the reference names no field: add `#FIELD`",
        );
        check(
            "\n  {{ connhub://local/lake#x\n}}",
            "t.yaml:2:3: the reference has no `}}` in its line",
        );
        check(
            "{{ connhub://lake#x }}",
            "t.yaml:1:1: the reference must be `connhub://BACKEND/NAME#FIELD` or `connhub://BACKEND/SCOPE/NAME#FIELD`",
        );
        assert_eq!(Injection::parse("t", "").unwrap().places().count(), 0);
    }
}
