//! Programs and the arguments that they may be given: the shapes of a need or a grant.

use std::fmt;

use crate::model::on_one_line;

/// The grant for one program.
#[derive(Clone, Debug, Default)]
pub struct CommandGrant {
    /// An absolute path, or a name that is looked for in `PATH`.
    pub program: String,
    /// The shapes of its arguments.
    pub args: Vec<Vec<String>>,
    /// Where in files and in the standard input secrets may be placed: JSON pointers in which `*` is any member or element.
    pub secrets_in: Vec<String>,
    /// The variables of the environment that it gets.
    pub environment: Vec<String>,
    /// Whether it may be given a standard input.
    pub input: bool,
    /// The file and line of the section, for messages.
    pub source: String,
}

/// The most arguments of one call.
pub const MAX_ARGUMENTS: usize = 128;

/// The longest text that stands for `{name}`, in bytes: that of a DNS name.
const MAX_NAME: usize = 253;

/// The most digits that stand for `{number}`.
const MAX_DIGITS: usize = 10;

/// Shapes of which any one is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shapes(Vec<Shape>);

/// What the arguments of one call look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(Vec<Place>);

/// One argument of a shape: a text with at most one gap in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    before: String,
    gap: Option<Gap>,
    after: String,
}

/// What may stand in a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Gap {
    /// The path of a file of the call.
    File,
    /// Letters, digits, `.`, `_` and `-`, with a letter or digit at both ends: never a flag, a path or a list.
    Name,
    /// Decimal digits.
    Number,
    /// One of these words.
    OneOf(Vec<String>),
}

/// An argument as a connector gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A text.
    Text(String),
    /// The path of the file of this name.
    File(String),
}

/// A shape that is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadShape {
    /// A gap of an unknown kind.
    #[error(
        "`{0}` is no argument of a shape: between braces there is `file` (alone), `name`, `number`, or words as in `{{one|of|these}}`"
    )]
    Gap(String),
    /// An argument that cannot be one.
    #[error("an argument of a shape holds a character that none may have")]
    Character,
    /// More than anybody writes.
    #[error("a shape has more than {MAX_ARGUMENTS} arguments")]
    Long,
}

impl Shapes {
    /// Parses shapes such as `["resource", "get", "-n", "{name}"]`.
    ///
    /// # Errors
    /// Names the argument that is none.
    pub fn parse(shapes: &[Vec<String>]) -> Result<Self, BadShape> {
        shapes.iter().map(|shape| Shape::parse(shape)).collect::<Result<_, _>>().map(Self)
    }

    /// The first shape that the arguments fit.
    pub fn fitting(&self, arguments: &[Argument]) -> Option<&Shape> {
        self.0.iter().find(|shape| shape.fits(arguments))
    }

    /// Whether everything that fits a shape fits one of these.
    pub fn cover(&self, other: &Shape) -> bool {
        self.0.iter().any(|own| own.covers(other))
    }

    /// The shapes.
    pub fn iter(&self) -> impl Iterator<Item = &Shape> {
        self.0.iter()
    }
}

impl Shape {
    /// Its words, as they are written in a grant.
    pub fn words(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }

    /// Parses one shape.
    ///
    /// # Errors
    /// Names the argument that is none.
    pub fn parse(shape: &[String]) -> Result<Self, BadShape> {
        if shape.len() > MAX_ARGUMENTS {
            return Err(BadShape::Long);
        }
        shape.iter().map(|text| Place::parse(text)).collect::<Result<_, _>>().map(Self)
    }

    fn fits(&self, arguments: &[Argument]) -> bool {
        self.0.len() == arguments.len()
            && self.0.iter().zip(arguments).all(|(place, argument)| place.fits(argument))
    }

    fn covers(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().zip(&other.0).all(|(own, other)| own.covers(other))
    }
}

impl Place {
    fn parse(text: &str) -> Result<Self, BadShape> {
        if text.contains('\0') {
            return Err(BadShape::Character);
        }
        let bad = || BadShape::Gap(text.to_owned());
        let Some((before, rest)) = text.split_once('{') else {
            let is_plain = !text.contains('}');
            let plain = || Self { before: text.to_owned(), gap: None, after: String::new() };
            return is_plain.then(plain).ok_or_else(bad);
        };
        let (inner, after) = rest.split_once('}').ok_or_else(bad)?;
        if [before, inner, after].iter().any(|part| part.contains(['{', '}'])) {
            return Err(bad());
        }
        let gap = Gap::parse(inner).ok_or_else(bad)?;
        let is_alone = before.is_empty() && after.is_empty();
        if gap == Gap::File && !is_alone {
            return Err(bad());
        }
        Ok(Self { before: before.to_owned(), gap: Some(gap), after: after.to_owned() })
    }

    fn fits(&self, argument: &Argument) -> bool {
        match (argument, &self.gap) {
            (Argument::File(_), gap) => *gap == Some(Gap::File),
            (Argument::Text(text), None) => *text == self.before,
            (Argument::Text(text), Some(gap)) => {
                let inner = text.strip_prefix(&self.before);
                let inner = inner.and_then(|rest| rest.strip_suffix(&self.after));
                inner.is_some_and(|inner| gap.fits(inner))
            }
        }
    }

    fn covers(&self, other: &Self) -> bool {
        let same_edges = self.before == other.before && self.after == other.after;
        match (&self.gap, &other.gap) {
            (_, None) => self.fits(&Argument::Text(other.before.clone())),
            (Some(own), Some(theirs)) => same_edges && own.covers(theirs),
            (None, Some(_)) => false,
        }
    }
}

impl Gap {
    fn parse(inner: &str) -> Option<Self> {
        match inner {
            "file" => Some(Self::File),
            "name" => Some(Self::Name),
            "number" => Some(Self::Number),
            words => {
                let words: Vec<String> = words.split('|').map(str::to_owned).collect();
                let are_names = words.len() > 1 && words.iter().all(|word| is_name(word));
                are_names.then_some(Self::OneOf(words))
            }
        }
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Self::File => false,
            Self::Name => is_name(text),
            Self::Number => is_number(text),
            Self::OneOf(words) => words.iter().any(|word| word == text),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match other {
            Self::OneOf(words) => words.iter().all(|word| self.fits(word)),
            Self::Number => matches!(self, Self::Number | Self::Name),
            other => self == other,
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= MAX_NAME
        && is_end(bytes.first())
        && is_end(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

fn is_number(text: &str) -> bool {
    (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&on_one_line(&self.words().collect::<Vec<_>>()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.before)?;
        match &self.gap {
            None => return Ok(()),
            Some(Gap::File) => f.write_str("{file}")?,
            Some(Gap::Name) => f.write_str("{name}")?,
            Some(Gap::Number) => f.write_str("{number}")?,
            Some(Gap::OneOf(words)) => write!(f, "{{{}}}", words.join("|"))?,
        }
        f.write_str(&self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Shape {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let shape = Shape::parse(&words).unwrap();
        assert_eq!(shape.to_string(), text);
        shape
    }

    fn arguments(texts: &[&str]) -> Vec<Argument> {
        let argument = |text: &&str| match text.strip_prefix("FILE:") {
            Some(name) => Argument::File(name.to_owned()),
            None => Argument::Text((*text).to_owned()),
        };
        texts.iter().map(argument).collect()
    }

    #[test]
    fn arguments_fit_place_by_place() {
        let check = |text: &str, given: &[&str], expected: bool| {
            assert_eq!(shape(text).fits(&arguments(given)), expected, "{text}: {given:?}");
        };
        check("get -n {name}", &["get", "-n", "a.b_c-1"], true);
        check("get -n {name}", &["get", "-n"], false);
        check("get -n {name}", &["get", "-n", "a", "b"], false);
        check("get -n {name}", &["GET", "-n", "a"], false);
        for evil in [
            "",
            "-a",
            "--force",
            "a-",
            "../a",
            "a/b",
            "/etc/passwd",
            "a b",
            "a\nb",
            "a=b",
            "a,b",
            "@a",
            "$A",
            "ä",
            ".a",
            "a\0b",
        ] {
            check("get -n {name}", &["get", "-n", evil], false);
        }
        check("get -n {name}", &["get", "-n", &"a".repeat(254)], false);
        check("--wait={number}s", &["--wait=10s"], true);
        for evil in ["--wait=s", "--wait=-1s", "--wait=1", "--wait=1s --x", "--wait=12345678901s"] {
            check("--wait={number}s", &[evil], false);
        }
        check("-t {this|that}", &["-t", "that"], true);
        check("-t {this|that}", &["-t", "cluster"], false);
        check("apply -f {file}", &["apply", "-f", "FILE:a.yaml"], true);
        check("apply -f {file}", &["apply", "-f", "a.yaml"], false);
        check("apply -f {name}", &["apply", "-f", "FILE:a.yaml"], false);
        check("apply -f x", &["apply", "-f", "FILE:x"], false);
    }

    #[test]
    fn what_is_no_shape_is_refused() {
        for text in [
            "{}",
            "{x}",
            "{file",
            "file}",
            "a{file}",
            "{name}{name}",
            "{a||b}",
            "{a|-b}",
            "{{name}",
        ] {
            let words = [text.to_owned()];
            assert_eq!(Shape::parse(&words), Err(BadShape::Gap(text.to_owned())));
        }
        assert_eq!(Shape::parse(&["a\0".to_owned()]), Err(BadShape::Character));
        let long = vec!["a".to_owned(); MAX_ARGUMENTS + 1];
        assert_eq!(Shape::parse(&long), Err(BadShape::Long));
        assert!(Shape::parse(&[]).unwrap().fits(&[]), "no arguments at all is a shape");
    }

    #[test]
    fn a_shape_covers_what_only_fits_it() {
        let check = |own: &str, other: &str, expected: bool| {
            assert_eq!(shape(own).covers(&shape(other)), expected, "{own} / {other}");
        };
        check("get {name}", "get {name}", true);
        check("get {name}", "get thing", true);
        check("get {name}", "get {a|b}", true);
        check("get {name}", "get {number}", true);
        check("get {a|b}", "get {name}", false);
        check("get {a|b}", "get b", true);
        check("get {name}", "get {file}", false);
        check("get a", "get {name}", false);
        check("get {name}", "get", false);
    }
}
