//! Texts with holes: `@{field}` is the value of a field, `@{field|filter|filter:argument}` what filters make of it.
//!
//! A text with a hole that stays empty has no value at all: the variable is not set, the line is left out.

use super::quote;
use super::values::{Value, Values};
use crate::model::Secret;

/// A text with holes.
#[derive(Debug)]
pub struct Template<'t>(Vec<Part<'t>>);

#[derive(Debug)]
enum Part<'t> {
    Text(&'t str),
    Hole(Hole<'t>),
}

/// One hole.
#[derive(Debug)]
pub struct Hole<'t> {
    /// The name of the field, or of something that is known besides: `name`, `NAME`, `id`.
    pub field: &'t str,
    filters: Vec<Filter<'t>>,
}

/// What is made of a value.
#[derive(Debug, PartialEq, Eq)]
enum Filter<'t> {
    /// `host:port` of an address, without the default port.
    Authority,
    /// The scheme of an address.
    Scheme,
    /// Whether an address is encrypted.
    Tls,
    /// `true` if an address is not encrypted.
    PlainHttp,
    /// The other truth value.
    Not,
    /// `true` if it is this.
    Is(&'t str),
    /// The first if it is `true`, else the second.
    Choose(&'t str, &'t str),
    /// The value, or this.
    Or(&'t str),
    /// This before a value; nothing without one.
    Prefixed(&'t str),
    /// Nothing, if there is a value.
    Present,
    /// Nothing, if there is none.
    Absent,
    /// This, if there is a value, else the second.
    Given(&'t str, &'t str),
    /// In brackets if it is an address of IPv6.
    Bracket,
    /// Percent-encoded.
    Percent,
    /// As it is, where values are quoted otherwise.
    Raw,
}

impl<'t> Template<'t> {
    /// Reads a template.
    ///
    /// # Errors
    /// A hole without an end, or a filter that does not exist.
    pub fn parse(text: &'t str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("@{") {
            let (hole, after) = after
                .split_once('}')
                .ok_or_else(|| format!("`{text}` has a hole without an end"))?;
            parts.push(Part::Text(before));
            parts.push(Part::Hole(Hole::parse(hole)?));
            rest = after;
        }
        parts.push(Part::Text(rest));
        Ok(Self(parts))
    }

    /// The holes.
    pub fn holes(&self) -> impl Iterator<Item = &Hole<'t>> {
        self.0.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        })
    }

    /// Whether the text is nothing but the value of one field as it is.
    pub fn is_one_field(&self) -> bool {
        matches!(&self.0[..], [Part::Text(""), Part::Hole(hole), Part::Text("")] if hole.is_plain())
    }

    /// The text with these values in its holes, in their order.
    pub fn with(&self, values: &[Value]) -> Value {
        let mut values = values.iter();
        let mut filled = Value::visible(Vec::new());
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push(text.as_bytes()),
                Part::Hole(_) => values.next().into_iter().for_each(|value| filled.append(value)),
            }
        }
        filled
    }

    /// The text with its holes filled; none if one stays empty.
    pub fn fill(&self, values: &Values<'_>) -> Option<Value> {
        let mut filled = Value::visible(Vec::new());
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push(text.as_bytes()),
                Part::Hole(hole) => filled.append(&hole.value(values)?),
            }
        }
        Some(filled)
    }
}

/// What a text says that a template was filled with.
#[derive(Debug, PartialEq, Eq)]
pub enum Backwards {
    /// Values of fields.
    Fields(Vec<(String, String)>),
    /// The template has no holes, and this is its text.
    Constant,
    /// It does not tell, or was filled by somebody else.
    Nothing,
}

/// Names that are known of every connection.
const NAMES: [&str; 4] = ["name", "NAME", "id", "dns"];

impl Template<'_> {
    /// What a text that the template was filled to says about its fields. Fields must stand apart.
    pub fn backwards(&self, text: &str) -> Backwards {
        let mut found = Vec::new();
        let mut rest = text;
        let mut open: Option<&Hole<'_>> = None;
        for part in &self.0 {
            match (part, open.take()) {
                (Part::Text(""), hole) => open = hole,
                (Part::Text(text), None) => match rest.strip_prefix(text) {
                    Some(after) => rest = after,
                    None => return Backwards::Nothing,
                },
                (Part::Text(text), Some(hole)) => {
                    let Some((value, after)) = rest.split_once(text) else {
                        return Backwards::Nothing;
                    };
                    found.extend(hole.backwards(value));
                    rest = after;
                }
                (Part::Hole(hole), None) => open = Some(hole),
                // Nobody could tell where the one ends and the other begins.
                (Part::Hole(_), Some(_)) => return Backwards::Nothing,
            }
        }
        match (open, self.holes().next()) {
            (Some(hole), _) => found.extend(hole.backwards(rest)),
            (None, _) if !rest.is_empty() => return Backwards::Nothing,
            (None, None) => return Backwards::Constant,
            (None, Some(_)) => {}
        }
        if found.is_empty() { Backwards::Nothing } else { Backwards::Fields(found) }
    }

    /// The name of the connection in the name of a variable, if the name is one of this template; none if it has no place for one.
    pub fn named(&self, variable: &str) -> Option<Option<String>> {
        match self.0.as_slice() {
            [Part::Text(name)] => (*name == variable).then_some(None),
            [Part::Text(before), Part::Hole(hole), Part::Text(after)]
                if NAMES.contains(&hole.field) =>
            {
                let name = variable.strip_prefix(before)?.strip_suffix(after)?;
                (!name.is_empty()).then(|| Some(name.to_owned()))
            }
            _ => None,
        }
    }
}

impl<'t> Hole<'t> {
    /// The field and its value, if what stands in the hole says it.
    fn backwards(&self, text: &str) -> Option<(String, String)> {
        let value = match self.filters.as_slice() {
            [] => text.to_owned(),
            [Filter::Is(value)] if text == "true" => (*value).to_owned(),
            [Filter::Not] => (text != "true").to_string(),
            [Filter::Choose(yes, _)] if text == *yes => "true".to_owned(),
            [Filter::Choose(_, no)] if text == *no => "false".to_owned(),
            _ => return None,
        };
        Some((self.field.to_owned(), value))
    }

    fn parse(text: &'t str) -> Result<Self, String> {
        let mut words = text.split('|');
        let field = words.next().unwrap_or_default();
        let filters = words.map(Filter::parse).collect::<Result<_, _>>()?;
        Ok(Self { field, filters })
    }

    /// What stands in the hole; none if it stays empty.
    pub fn value(&self, values: &Values<'_>) -> Option<Value> {
        self.filtered(values.get(self.field))
    }

    /// What the filters make of a value.
    pub fn filtered(&self, value: Option<Value>) -> Option<Value> {
        self.filters.iter().fold(value, |value, filter| filter.apply(value))
    }

    /// Whether the value is used as it is.
    pub fn is_plain(&self) -> bool {
        self.filters.is_empty()
    }

    /// Whether the value is written without quotes: it says so, or it is nothing but a condition.
    pub fn is_raw(&self) -> bool {
        matches!(self.filters.last(), Some(Filter::Raw | Filter::Present | Filter::Absent))
    }
}

impl<'t> Filter<'t> {
    fn parse(text: &'t str) -> Result<Self, String> {
        let (name, argument) = text.split_once(':').unwrap_or((text, ""));
        let two = || argument.split_once(':').unwrap_or((argument, ""));
        Ok(match name {
            "authority" => Self::Authority,
            "scheme" => Self::Scheme,
            "tls" => Self::Tls,
            "plain_http" => Self::PlainHttp,
            "not" => Self::Not,
            "is" => Self::Is(argument),
            "choose" => Self::Choose(two().0, two().1),
            "or" => Self::Or(argument),
            "prefixed" => Self::Prefixed(argument),
            "present" => Self::Present,
            "absent" => Self::Absent,
            "given" => Self::Given(two().0, two().1),
            "bracket" => Self::Bracket,
            "percent" => Self::Percent,
            "raw" => Self::Raw,
            _ => return Err(format!("there is no filter `{name}`")),
        })
    }

    fn apply(&self, value: Option<Value>) -> Option<Value> {
        let constant = |text: &str| Some(Value::visible(text.as_bytes().to_vec()));
        match self {
            Self::Raw => return value,
            Self::Or(text) => return value.or_else(|| constant(text)),
            Self::Given(some, none) => return constant(if value.is_some() { some } else { none }),
            Self::Present => return value.and_then(|_| constant("")),
            Self::Absent => return if value.is_some() { None } else { constant("") },
            Self::Prefixed(text) => {
                let Some(value) = value else { return constant("") };
                return Some(value.map(|bytes| Secret::new([text.as_bytes(), bytes].concat())));
            }
            Self::Percent => return value.map(|value| value.map(quote::percent)),
            _ => {}
        }
        let value = value?;
        let changed = self.of_text(std::str::from_utf8(value.bytes()).ok()?)?;
        Some(value.map(|_| Secret::from(changed)))
    }

    /// Filters that need text.
    fn of_text(&self, text: &str) -> Option<String> {
        let is_true = text == "true";
        Some(match self {
            Self::Authority => authority(text).to_owned(),
            Self::Scheme => text.split_once("://")?.0.to_owned(),
            Self::Tls => (!text.starts_with("http://")).to_string(),
            Self::PlainHttp => return text.starts_with("http://").then(|| "true".to_owned()),
            Self::Not => (!is_true).to_string(),
            Self::Is(wanted) => return (text == *wanted).then(|| "true".to_owned()),
            Self::Choose(yes, no) => (if is_true { *yes } else { *no }).to_owned(),
            Self::Bracket if text.contains(':') && !text.starts_with('[') => format!("[{text}]"),
            _ => text.to_owned(),
        })
    }
}

/// `host:port` of an address.
fn authority(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::super::Opened;
    use super::*;
    use crate::model::{Connection, Field, SecretField};

    fn check(template: &str, expected: Option<&str>) {
        let field =
            |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
        let connection = Connection {
            name: "data-lake".to_owned(),
            type_name: "s3".to_owned(),
            fields: vec![
                field("endpoint", "http://minio:9000/base"),
                field("path_style", "true"),
                field("host", "::1"),
            ],
            ..Connection::default()
        };
        let secret = Secret::from("a/b c\"".to_owned());
        let secrets = [SecretField { name: "secret_access_key".to_owned(), value: secret }];
        let values = Values::new(Opened { connection: &connection, secrets: &secrets });
        let filled = Template::parse(template).unwrap().fill(&values);
        let text = filled.map(|value| String::from_utf8(value.bytes().to_vec()).unwrap());
        assert_eq!(text.as_deref(), expected, "{template}");
    }

    #[test]
    fn holes_are_filled() {
        check("plain", Some("plain"));
        check("<@{endpoint}>", Some("<http://minio:9000/base>"));
        check("@{bucket}", None);
        check("x @{bucket|or:y}", Some("x y"));
        check("RCLONE_@{NAME}_@{id}_@{name}", Some("RCLONE_DATA_LAKE_data_lake_data-lake"));
        check("a@@{endpoint|authority}", Some("a@minio:9000"));
        check("@{endpoint|scheme} @{endpoint|tls} @{endpoint|plain_http}", Some("http false true"));
        check("@{region}", Some("us-east-1"));
        check("@{auth_method|is:access_key}", Some("true"));
        check("@{auth_method|is:anonymous}", None);
        check("@{path_style|not} @{path_style|choose:path:virtual}", Some("false path"));
        check("@{bucket|prefixed:/}@{path_style|prefixed:?p=}", Some("?p=true"));
        check("@{bucket|present}", None);
        check("@{bucket|absent}x", Some("x"));
        check("@{endpoint|absent}x", None);
        check("@{endpoint|given:Other:AWS} @{bucket|given:Other:AWS}", Some("Other AWS"));
        check("@{host|bracket}", Some("[::1]"));
        check("@{secret_access_key|percent}", Some("a%2Fb%20c%22"));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        assert!(Template::parse("@{a").is_err());
        assert!(Template::parse("@{a|nonsense}").is_err());
    }
}
