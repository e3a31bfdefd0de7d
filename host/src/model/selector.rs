//! Label selectors in the grammar of kubectl's `-l`: `a=b,c!=d,e in (x,y),f notin (z),g,!h`.

use super::{Error, Label, LabelMatch, LabelOperator};

/// The greatest length of the name in a key and of a value, in bytes. It is that of Kubernetes.
const MAX_LABEL: usize = 63;

/// The greatest length of the prefix of a key, in bytes. It is that of Kubernetes.
const MAX_PREFIX: usize = 253;

/// Reads a selector. An empty one has no requirement and selects everything.
///
/// # Errors
/// The first thing that is wrong, with the position of its character, counted from 1.
pub fn parse_selector(selector: &str) -> Result<Vec<LabelMatch>, Error> {
    let mut parser = Parser { text: selector, at: 0 };
    parser.selector().map_err(|mistake| mistake.into_error(selector))
}

/// Whether all requirements hold.
pub fn matches(requirements: &[LabelMatch], labels: &[Label]) -> bool {
    requirements.iter().all(|requirement| requirement.holds(labels))
}

impl LabelMatch {
    fn holds(&self, labels: &[Label]) -> bool {
        let mut found = labels.iter().filter(|label| label.key == self.key);
        let has_value = |label: &Label| self.values.contains(&label.value);
        match self.operator {
            LabelOperator::Exists => found.next().is_some(),
            LabelOperator::Missing => found.next().is_none(),
            LabelOperator::OneOf => found.any(has_value),
            LabelOperator::NoneOf => !found.any(has_value),
        }
    }
}

/// What is wrong, and at which byte.
struct Mistake {
    at: usize,
    message: String,
}

impl Mistake {
    fn into_error(self, selector: &str) -> Error {
        let position = selector[..self.at].chars().count() + 1;
        Error::invalid(format!(
            "the label selector is wrong at character {position}: {}",
            self.message
        ))
        .hint("write it as in `-l 'env=prod,tier!=test,region in (eu,us),!legacy'`")
    }
}

struct Parser<'a> {
    text: &'a str,
    /// The byte that is read next; always at the border of a character.
    at: usize,
}

impl<'a> Parser<'a> {
    fn selector(&mut self) -> Result<Vec<LabelMatch>, Mistake> {
        let mut requirements = Vec::new();
        self.skip_blanks();
        while !self.rest().is_empty() {
            requirements.push(self.requirement()?);
            if self.rest().is_empty() {
                break;
            }
            if !self.take(",") {
                return Err(self.mistake("expected `,` before the next requirement"));
            }
            if self.rest().is_empty() {
                return Err(self.mistake("expected a requirement after `,`"));
            }
        }
        Ok(requirements)
    }

    fn requirement(&mut self) -> Result<LabelMatch, Mistake> {
        if self.take("!") {
            let key = self.key()?;
            return Ok(requirement(key, LabelOperator::Missing, Vec::new()));
        }
        let key = self.key()?;
        if self.rest().starts_with(['<', '>']) {
            return Err(self.mistake("comparisons of numbers are not supported"));
        }
        if self.take("!=") {
            return Ok(requirement(key, LabelOperator::NoneOf, vec![self.value()?]));
        }
        if self.take("==") || self.take("=") {
            return Ok(requirement(key, LabelOperator::OneOf, vec![self.value()?]));
        }
        let at = self.at;
        let operator = match self.word() {
            "" => return Ok(requirement(key, LabelOperator::Exists, Vec::new())),
            "in" => LabelOperator::OneOf,
            "notin" => LabelOperator::NoneOf,
            _ => return Err(expected_operator(at)),
        };
        Ok(requirement(key, operator, self.values()?))
    }

    fn key(&mut self) -> Result<String, Mistake> {
        let at = self.at;
        let key = self.word();
        let message = match key {
            "" => "expected a key".to_owned(),
            "in" | "notin" => format!("`{key}` is an operator; expected a key"),
            _ if is_key(key) => return Ok(key.to_owned()),
            _ => format!(
                "a key has 1 to {MAX_LABEL} letters, digits, `-`, `_` and `.`, with a letter or digit at both \
                 ends, and may have a domain and `/` before it"
            ),
        };
        Err(Mistake { at, message })
    }

    fn value(&mut self) -> Result<String, Mistake> {
        let at = self.at;
        let value = self.word();
        if is_value(value) {
            return Ok(value.to_owned());
        }
        let message = format!(
            "a value has at most {MAX_LABEL} letters, digits, `-`, `_` and `.`, with a letter or digit at \
             both ends"
        );
        Err(Mistake { at, message })
    }

    fn values(&mut self) -> Result<Vec<String>, Mistake> {
        if !self.take("(") {
            return Err(self.mistake("expected `(` and the values"));
        }
        if self.rest().starts_with(')') {
            return Err(self.mistake("expected at least one value"));
        }
        let mut values = Vec::new();
        loop {
            let value = self.value()?;
            if !values.contains(&value) {
                values.push(value);
            }
            if self.take(")") {
                return Ok(values);
            }
            if !self.take(",") {
                return Err(self.mistake("expected `,` or `)` after a value"));
            }
        }
    }

    /// The text up to the next character with a meaning, and the blanks after it.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let is_end = |c: char| c.is_whitespace() || ",()=!<>".contains(c);
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        self.at += word.len();
        self.skip_blanks();
        word
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
            self.skip_blanks();
        }
        is_next
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn mistake(&self, message: &str) -> Mistake {
        Mistake { at: self.at, message: message.to_owned() }
    }
}

fn requirement(key: String, operator: LabelOperator, values: Vec<String>) -> LabelMatch {
    LabelMatch { key, operator, values }
}

fn expected_operator(at: usize) -> Mistake {
    let message = "expected `,` or one of the operators `=`, `!=`, `in` and `notin`".to_owned();
    Mistake { at, message }
}

fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_name(key),
        Some((prefix, name)) => is_prefix(prefix) && is_name(name),
    }
}

fn is_prefix(prefix: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    prefix.len() <= MAX_PREFIX && prefix.split('.').all(is_label)
}

fn is_value(value: &str) -> bool {
    value.is_empty() || is_name(value)
}

fn is_name(name: &str) -> bool {
    let is_end = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let bytes = name.as_bytes();
    name.len() <= MAX_LABEL
        && is_end(bytes.first())
        && is_end(bytes.last())
        && name.bytes().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use LabelOperator::{Exists, Missing, NoneOf, OneOf};

    type Requirement<'a> = (&'a str, LabelOperator, &'a [&'a str]);

    fn check(selector: &str, expected: &[Requirement]) {
        let expected: Vec<LabelMatch> = expected
            .iter()
            .map(|(key, operator, values)| {
                let values = values.iter().map(ToString::to_string).collect();
                requirement((*key).to_owned(), *operator, values)
            })
            .collect();
        let actual = parse_selector(selector);
        assert_eq!(actual.expect(selector), expected, "{selector:?}");
    }

    #[test]
    fn the_grammar_is_that_of_kubectl() {
        check("", &[]);
        check("  ", &[]);
        check("a=b", &[("a", OneOf, &["b"])]);
        check("a==b", &[("a", OneOf, &["b"])]);
        check(" a = b , c != d ", &[("a", OneOf, &["b"]), ("c", NoneOf, &["d"])]);
        check("a=", &[("a", OneOf, &[""])]);
        check("a=,b", &[("a", OneOf, &[""]), ("b", Exists, &[])]);
        check("e in (x,y)", &[("e", OneOf, &["x", "y"])]);
        check("e in(x , x)", &[("e", OneOf, &["x"])]);
        check("e in (,x)", &[("e", OneOf, &["", "x"])]);
        check("f notin (z),g", &[("f", NoneOf, &["z"]), ("g", Exists, &[])]);
        check("!h, ! i", &[("h", Missing, &[]), ("i", Missing, &[])]);
        check("a=in", &[("a", OneOf, &["in"])]);
        check("example.com/team=x_1.y-Z", &[("example.com/team", OneOf, &["x_1.y-Z"])]);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let check = |selector: &str, position: usize, words: &str| {
            let message = parse_selector(selector).expect_err(selector).message;
            let start = format!("the label selector is wrong at character {position}: ");
            assert!(
                message.starts_with(&start) && message.contains(words),
                "{selector:?}: {message}"
            );
        };
        check(",", 1, "expected a key");
        check("a=b,", 5, "expected a requirement");
        check("a=b,,c", 5, "expected a key");
        check("a b", 3, "expected `,` or one of the operators");
        check("a in", 5, "expected `(`");
        check("a in ()", 7, "expected at least one value");
        check("a in (x", 8, "expected `,` or `)`");
        check("a in (x y)", 9, "expected `,` or `)`");
        check("in in (x)", 1, "is an operator");
        check("a>5", 2, "comparisons of numbers");
        check("a=b c=d", 5, "expected `,`");
        check("=b", 1, "expected a key");
        check("-a=b", 1, "a key has 1 to 63");
        check("a/b/c", 1, "a key has 1 to 63");
        check("Ex.com/a", 1, "a key has 1 to 63");
        check("ä=b", 1, "a key has 1 to 63");
        check("a=ä,b", 3, "a value has at most 63");
        check("a=-b", 3, "a value has at most 63");
        check("!", 2, "expected a key");
        check("!a=b", 3, "expected `,`");
        check(&format!("a={}", "x".repeat(64)), 3, "a value has at most 63");
    }

    #[test]
    fn labels_are_selected_as_kubernetes_does() {
        let labels = [("env", "prod"), ("tier", "")]
            .map(|(key, value)| Label { key: key.to_owned(), value: value.to_owned() });
        let check = |selector: &str, expected: bool| {
            let requirements = parse_selector(selector).expect(selector);
            assert_eq!(matches(&requirements, &labels), expected, "{selector:?}");
        };
        check("", true);
        check("env", true);
        check("env=prod", true);
        check("env=test", false);
        check("env!=prod", false);
        check("env in (test,prod),tier=", true);
        check("env notin (test)", true);
        check("absent!=x", true);
        check("absent notin (x)", true);
        check("absent=x", false);
        check("!absent", true);
        check("!env", false);
        check("env=prod,absent", false);
    }
}
