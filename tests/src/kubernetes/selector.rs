use super::resource_type::{ResourceType, SECRETS};
use super::status::{Failure, bad_request};
use super::store::{Key, Stored};

/// A parsed label selector: all requirements must hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, PartialEq, Eq)]
enum Requirement {
    Exists(String),
    Absent(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Compare(String, Comparison, i64),
}

#[derive(Debug, PartialEq, Eq)]
enum Comparison {
    Greater,
    Less,
}

/// A parsed field selector.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Debug, PartialEq, Eq)]
struct Term {
    field: Field,
    /// Whether the field has to have the value, or must not.
    equal: bool,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Namespace,
    SecretType,
}

impl LabelSelector {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let mut parser = Parser { rest: text };
        let requirements = parser.requirements().map_err(bad_request)?;
        Ok(LabelSelector { requirements })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    pub(super) fn matches(&self, stored: &Stored) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(stored))
    }
}

impl Requirement {
    fn matches(&self, stored: &Stored) -> bool {
        let label = |key: &String| stored.labels.get(key);
        match self {
            Requirement::Exists(key) => label(key).is_some(),
            Requirement::Absent(key) => label(key).is_none(),
            Requirement::In(key, values) => label(key).is_some_and(|value| values.contains(value)),
            // An object without the label is not in the set.
            Requirement::NotIn(key, values) => {
                label(key).is_none_or(|value| !values.contains(value))
            }
            Requirement::Compare(key, comparison, bound) => {
                let number = label(key).and_then(|value| value.parse::<i64>().ok());
                number.is_some_and(|number| match comparison {
                    Comparison::Greater => number > *bound,
                    Comparison::Less => number < *bound,
                })
            }
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

type Parsed<T> = Result<T, String>;

impl<'a> Parser<'a> {
    fn requirements(&mut self) -> Parsed<Vec<Requirement>> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                "" => return Ok(requirements),
                token if token == "!" || is_identifier(token) => {}
                token => {
                    let expected = "!, identifier, or 'end of string'";
                    return Err(format!("found '{token}', expected: {expected}"));
                }
            }
            let requirement = self.requirement();
            let wrapped = |error| format!("unable to parse requirement: {error}");
            requirements.push(requirement.map_err(wrapped)?);
            match self.next() {
                "" => return Ok(requirements),
                "," => self.after_comma()?,
                token => return Err(format!("found '{token}', expected: ',' or 'end of string'")),
            }
        }
    }

    fn after_comma(&self) -> Parsed<()> {
        let token = self.peek();
        if token == "!" || is_identifier(token) {
            return Ok(());
        }
        Err(format!("found '{token}', expected: identifier after ','"))
    }

    fn requirement(&mut self) -> Parsed<Requirement> {
        if self.peek() == "!" {
            self.next();
            return Ok(Requirement::Absent(self.key()?));
        }
        let key = self.key()?;
        match self.peek() {
            "" | "," => return Ok(Requirement::Exists(key)),
            _ => {}
        }
        match self.next() {
            "=" | "==" => Ok(Requirement::In(key, vec![self.exact_value()])),
            "!=" => Ok(Requirement::NotIn(key, vec![self.exact_value()])),
            "in" => Ok(Requirement::In(key, self.values()?)),
            "notin" => Ok(Requirement::NotIn(key, self.values()?)),
            ">" => Ok(Requirement::Compare(key, Comparison::Greater, self.number()?)),
            "<" => Ok(Requirement::Compare(key, Comparison::Less, self.number()?)),
            token => Err(format!("found '{token}', expected: in, notin, =, ==, !=, gt, lt")),
        }
    }

    fn key(&mut self) -> Parsed<String> {
        let token = self.next();
        if is_identifier(token) {
            return Ok(token.to_owned());
        }
        Err(format!("found '{token}', expected: identifier"))
    }

    /// What follows `=` may be empty.
    fn exact_value(&mut self) -> String {
        match self.peek() {
            "" | "," => String::new(),
            _ => self.next().to_owned(),
        }
    }

    fn number(&mut self) -> Parsed<i64> {
        let value = self.exact_value();
        value
            .parse()
            .map_err(|_| String::from("for 'Gt', 'Lt' operators, the value must be an integer"))
    }

    fn values(&mut self) -> Parsed<Vec<String>> {
        let open = self.next();
        if open != "(" {
            return Err(format!("found '{open}' expected: '('"));
        }
        let mut values = Vec::new();
        loop {
            values.push(match self.peek() {
                "," | ")" => String::new(),
                _ => self.next().to_owned(),
            });
            match self.next() {
                "," => {}
                ")" => return Ok(values),
                token => return Err(format!("found '{token}', expected: ',', or ')'")),
            }
        }
    }

    fn peek(&self) -> &'a str {
        token(self.rest.trim_start())
    }

    fn next(&mut self) -> &'a str {
        let rest = self.rest.trim_start();
        let token = token(rest);
        self.rest = &rest[token.len()..];
        token
    }
}

/// The first token of a text that does not begin with a space; empty at the end.
fn token(rest: &str) -> &str {
    const SPECIAL: &str = "!=<>(),";
    if let Some(operator) = ["==", "!="].into_iter().find(|operator| rest.starts_with(operator)) {
        return &rest[..operator.len()];
    }
    let is_end = |letter: char| SPECIAL.contains(letter) || letter.is_whitespace();
    match rest.find(is_end) {
        Some(0) => &rest[..1],
        Some(end) => &rest[..end],
        None => rest,
    }
}

fn is_identifier(token: &str) -> bool {
    !token.is_empty() && !["!", "=", "==", "!=", "<", ">", "(", ")", ","].contains(&token)
}

impl FieldSelector {
    pub(super) fn parse(text: &str, of: &ResourceType) -> Result<Self, Failure> {
        let terms = text.split(',').filter(|term| !term.is_empty());
        let terms = terms.map(|term| Term::parse(term, text, of)).collect::<Result<_, _>>()?;
        Ok(FieldSelector { terms })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub(super) fn matches(&self, key: &Key, stored: &Stored) -> bool {
        self.terms.iter().all(|term| term.matches(key, stored))
    }
}

impl Term {
    fn parse(term: &str, whole: &str, of: &ResourceType) -> Result<Self, Failure> {
        let operators = ["!=", "==", "="];
        let split =
            operators.iter().find_map(|operator| Some((*operator, term.split_once(operator)?)));
        let Some((operator, (field, value))) = split else {
            let why = format!("invalid selector: '{whole}'; can't understand '{term}'");
            return Err(bad_request(why));
        };
        let field = match field {
            "metadata.name" => Field::Name,
            "metadata.namespace" => Field::Namespace,
            "type" if *of == SECRETS => Field::SecretType,
            other => return Err(bad_request(format!("field label not supported: {other}"))),
        };
        Ok(Term { field, equal: operator != "!=", value: value.to_owned() })
    }

    fn matches(&self, key: &Key, stored: &Stored) -> bool {
        let actual = match self.field {
            Field::Name => key.name.as_str(),
            Field::Namespace => key.namespace.as_str(),
            Field::SecretType => stored.secret_type.as_deref().unwrap_or_default(),
        };
        (actual == self.value) == self.equal
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kubernetes::resource_type::CONFIG_MAPS;
    use crate::kubernetes::store::Store;
    use crate::serve::Response;

    fn message(failure: Failure) -> String {
        let body = Response::from(failure).body;
        let status: serde_json::Value = serde_json::from_slice(&body).expect("a Status");
        status["message"].as_str().unwrap_or_default().to_owned()
    }

    fn matching(labels: serde_json::Value, check: impl FnOnce(&Key, &Stored) -> bool) -> bool {
        let mut store = Store::default();
        let key = Key::new(&SECRETS, "n", "a");
        let object = json!({"metadata": {"labels": labels}, "type": "Opaque"});
        store.put(key.clone(), object);
        check(&key, store.get(&key).expect("it was put"))
    }

    #[test]
    fn labels() {
        let check = |selector: &str, expected| {
            let parsed = LabelSelector::parse(selector).expect(selector);
            let labels = json!({"app.io/x": "1", "tier": "db", "empty": ""});
            assert_eq!(
                matching(labels, |_, stored| parsed.matches(stored)),
                expected,
                "{selector}"
            );
        };
        for selector in [
            "",
            "app.io/x=1",
            "app.io/x == 1,tier",
            "tier!=web",
            "none!=a",
            "tier in (web, db)",
            "tier notin (web)",
            "none notin (a)",
            "!none",
            "empty=",
            "empty",
            "app.io/x>0",
            "app.io/x<2,! none",
            "empty in (,a)",
        ] {
            check(selector, true);
        }
        for selector in [
            "app.io/x=2",
            "none",
            "!tier",
            "tier in (web)",
            "tier notin (db,x)",
            "tier=",
            "tier>0",
            "tier,app.io/x!=1",
            "none in (a)",
        ] {
            check(selector, false);
        }
    }

    #[test]
    fn labels_that_do_not_parse() {
        let check = |selector, expected: &str| {
            let error = LabelSelector::parse(selector).expect_err(selector);
            assert_eq!(message(error), expected, "{selector}");
        };
        check("==!", "found '==', expected: !, identifier, or 'end of string'");
        check("a=b,,c", "found ',', expected: identifier after ','");
        check(
            "a b",
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        );
        check("a in b", "unable to parse requirement: found 'b' expected: '('");
        check("a in (b", "unable to parse requirement: found '', expected: ',', or ')'");
        check("a=b c", "found 'c', expected: ',' or 'end of string'");
    }

    #[test]
    fn fields() {
        let check = |selector: &str, expected| {
            let parsed = FieldSelector::parse(selector, &SECRETS).expect(selector);
            let seen = matching(json!({}), |key, stored| parsed.matches(key, stored));
            assert_eq!(seen, expected, "{selector}");
        };
        check("metadata.name=a,type==Opaque", true);
        check("metadata.name!=a", false);
        check("metadata.namespace=n,type!=kubernetes.io/tls", true);
        check("type=kubernetes.io/tls", false);
        let error = FieldSelector::parse("type=x", &CONFIG_MAPS).expect_err("a secret's field");
        assert_eq!(message(error), "field label not supported: type");
        let error = FieldSelector::parse("metadata.name", &SECRETS).expect_err("no operator");
        let expected = "invalid selector: 'metadata.name'; can't understand 'metadata.name'";
        assert_eq!(message(error), expected);
    }
}
