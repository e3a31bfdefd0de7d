//! Method and path rules, and the one form of a path that may be sent.
//!
//! A path is taken apart once, here. What was checked is what is sent: [`CheckedPath::as_str`] is the text that came in, and
//! every text that two readers could understand differently is refused instead of repaired.

use std::fmt;

/// The longest path in bytes. Real API paths have a few hundred.
pub const MAX_PATH: usize = 4096;

/// The methods that a rule may name. `TRACE` is left out because it echoes the login, `CONNECT` because it opens a tunnel.
/// `LIST` reads the names below a path, at services that have a right of its own for that.
pub const METHODS: [&str; 8] = ["GET", "HEAD", "LIST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Rules of which any one is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Parses rules such as `GET /api/v1/namespaces/*/secrets`.
    ///
    /// # Errors
    /// Names the first rule that is not one.
    pub fn parse<S: AsRef<str>>(rules: impl IntoIterator<Item = S>) -> Result<Self, BadRule> {
        rules.into_iter().map(|rule| Rule::parse(rule.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// The first rule that allows the request.
    pub fn allows(&self, method: &str, path: &CheckedPath) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.matches(method, path))
    }

    /// The rules in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// Whether there is no rule, so that nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self(rules.into_iter().collect())
    }
}

/// One rule: a method, or `*` for any, and a pattern of a path.
///
/// In the path `*` stands for exactly one segment and a final `**` for one or more; neither stands for an empty segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    text: String,
    method: Option<&'static str>,
    segments: Vec<SegmentPattern>,
    rest: Rest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum SegmentPattern {
    Any,
    Literal(String),
}

/// What may follow the segments that a rule spells out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    OneOrMore,
}

impl Rule {
    /// Parses `METHOD PATH`.
    ///
    /// # Errors
    /// Says what is wrong with the rule and what it must look like.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        let bad = |problem: String| BadRule { rule: text.to_owned(), problem };
        let Some((method, path)) = text.split_once(' ') else {
            return Err(bad("it must be a method, one space and a path".to_owned()));
        };
        let method = parse_method(method).map_err(bad)?;
        let (segments, rest) = parse_pattern(path).map_err(bad)?;
        Ok(Self { text: text.to_owned(), method, segments, rest })
    }

    /// The rule as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The method; none for every method.
    pub fn method(&self) -> Option<&'static str> {
        self.method
    }

    pub(super) fn matches(&self, method: &str, path: &CheckedPath) -> bool {
        let is_method = match self.method {
            None => METHODS.contains(&method),
            Some(own) => own == method,
        };
        is_method && self.matches_segments(&path.segments)
    }

    /// Whether everything that the other rule allows is allowed by this one.
    pub fn covers(&self, other: &Self) -> bool {
        let is_method = self.method.is_none() || self.method == other.method;
        let own = self.segments.len();
        let is_length = match (self.rest, other.rest) {
            (Rest::Nothing, Rest::Nothing) => other.segments.len() == own,
            (Rest::Nothing, Rest::OneOrMore) => false,
            (Rest::OneOrMore, Rest::Nothing) => {
                other.segments.get(own).is_some_and(SegmentPattern::is_filled)
            }
            (Rest::OneOrMore, Rest::OneOrMore) => {
                other.segments.len() >= own
                    && other.segments.get(own).is_none_or(SegmentPattern::is_filled)
            }
        };
        let mut pairs = self.segments.iter().zip(&other.segments);
        is_method && is_length && pairs.all(|(pattern, other)| pattern.covers(other))
    }

    fn matches_segments(&self, segments: &[String]) -> bool {
        let is_length = match self.rest {
            Rest::Nothing => segments.len() == self.segments.len(),
            Rest::OneOrMore => segments.get(self.segments.len()).is_some_and(|s| !s.is_empty()),
        };
        is_length && self.segments.iter().zip(segments).all(|(pattern, one)| pattern.matches(one))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl SegmentPattern {
    fn covers(&self, other: &Self) -> bool {
        (matches!(self, Self::Any) && other.is_filled()) || self == other
    }

    /// Whether it never stands for the nothing behind a slash at the end.
    fn is_filled(&self) -> bool {
        !matches!(self, Self::Literal(literal) if literal.is_empty())
    }

    fn matches(&self, segment: &str) -> bool {
        match self {
            Self::Any => !segment.is_empty(),
            Self::Literal(literal) => literal == segment,
        }
    }
}

/// A path that is absolute, plainly encoded and free of everything that a server or a proxy could read in a second way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPath {
    text: String,
    segments: Vec<String>,
}

impl CheckedPath {
    /// Checks a path of a request.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(path: &str) -> Result<Self, BadPath> {
        if path.len() > MAX_PATH {
            return Err(BadPath::TooLong);
        }
        let Some(rest) = path.strip_prefix('/') else {
            return Err(BadPath::NotAbsolute);
        };
        if let Some(c) = path.chars().find(|c| !is_path_character(*c)) {
            return Err(BadPath::Character(c));
        }
        Ok(Self { text: path.to_owned(), segments: decode_segments(rest)? })
    }

    /// The path as it goes over the wire, byte for byte what was checked.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The segments, percent-decoded. A trailing slash shows as an empty last segment.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }
}

impl fmt::Display for CheckedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a path that may be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// It has no leading slash, or names an origin.
    #[error("the path must start with one `/` and must not name a host")]
    NotAbsolute,
    /// It is too long.
    #[error("the path is longer than {MAX_PATH} bytes")]
    TooLong,
    /// A character that a path cannot hold, `?` and `#` included.
    #[error("the path holds {0:?}, which must be percent-encoded or go into the query")]
    Character(char),
    /// An empty segment before the end.
    #[error("the path holds an empty segment (`//`)")]
    EmptySegment,
    /// `.` or `..`, plain, encoded, or hidden behind a path parameter.
    #[error("the path holds the segment `{0}`, which a server may take for `.` or `..`")]
    DotSegment(String),
    /// A `%` without two hexadecimal digits.
    #[error("the path segment `{0}` holds a `%` that is not followed by two hexadecimal digits")]
    BrokenEscape(String),
    /// An encoded character that servers disagree about.
    #[error(
        "the path segment `{0}` holds an encoded slash, backslash, control character or bytes that are not UTF-8"
    )]
    HiddenCharacter(String),
}

/// A rule that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{rule}` is not a rule: {problem}")]
pub struct BadRule {
    rule: String,
    problem: String,
}

fn parse_method(method: &str) -> Result<Option<&'static str>, String> {
    if method == "*" {
        return Ok(None);
    }
    let known = METHODS.into_iter().find(|known| *known == method);
    known.map(Some).ok_or_else(|| {
        format!("`{method}` is not a method; write one of {} or `*`", METHODS.join(", "))
    })
}

fn parse_pattern(path: &str) -> Result<(Vec<SegmentPattern>, Rest), String> {
    let (path, rest) = match path.strip_suffix("/**") {
        Some("") => return Ok((Vec::new(), Rest::OneOrMore)),
        Some(path) if path.ends_with('/') => return Err(BadPath::EmptySegment.to_string()),
        Some(path) => (path, Rest::OneOrMore),
        None => (path, Rest::Nothing),
    };
    let checked = CheckedPath::parse(path).map_err(|problem| problem.to_string())?;
    let raw = path.split('/').skip(1);
    let segments = raw.zip(checked.segments).map(|(raw, decoded)| match raw {
        "*" => Ok(SegmentPattern::Any),
        _ if raw.contains('*') => {
            Err(format!("in `{raw}` the `*` is not a whole segment; write `%2A` for the character"))
        }
        _ => Ok(SegmentPattern::Literal(decoded)),
    });
    Ok((segments.collect::<Result<_, _>>()?, rest))
}

/// `pchar` of RFC 3986, and the slash.
fn is_path_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@%/".contains(c)
}

fn decode_segments(path: &str) -> Result<Vec<String>, BadPath> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let last = path.split('/').count() - 1;
    path.split('/')
        .enumerate()
        .map(|(index, segment)| match segment {
            "" if index < last || index == 0 => Err(BadPath::EmptySegment),
            _ => decode_segment(segment),
        })
        .collect()
}

fn decode_segment(segment: &str) -> Result<String, BadPath> {
    let bytes = decode(segment).ok_or_else(|| BadPath::BrokenEscape(segment.to_owned()))?;
    let hidden = || BadPath::HiddenCharacter(segment.to_owned());
    let decoded = String::from_utf8(bytes).map_err(|_| hidden())?;
    // A server behind a proxy may decode once more, and leave an escape as it is that is none: every such form is held to the same rules.
    let mut form = decoded.clone();
    loop {
        if form.contains(|c: char| c == '/' || c == '\\' || c.is_control()) {
            return Err(hidden());
        }
        // `..;x` is `..` for servers that cut path parameters.
        let plain = form.split_once(';').map_or(form.as_str(), |(plain, _)| plain);
        if matches!(plain, "." | "..") {
            return Err(BadPath::DotSegment(segment.to_owned()));
        }
        let next = String::from_utf8(decode_leniently(&form)).map_err(|_| hidden())?;
        if next == form {
            return Ok(decoded);
        }
        form = next;
    }
}

/// Decodes what is an escape, and leaves what is none.
fn decode_leniently(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.split_at_checked(2).filter(|_| *first == b'%');
        let escape = digits.and_then(|(digits, after)| {
            Some((16 * hex_digit(digits[0])? + hex_digit(digits[1])?, after))
        });
        let (byte, after) = escape.unwrap_or((*first, after));
        decoded.push(byte);
        rest = after;
    }
    decoded
}

fn decode(segment: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => 16 * hex_digit(bytes.next()?)? + hex_digit(bytes.next()?)?,
            _ => byte,
        });
    }
    Some(decoded)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &str, request: &str, expected: bool) {
        let rules = Rules::parse([rule]).unwrap();
        let (method, path) = request.split_once(' ').unwrap();
        let path = CheckedPath::parse(path).unwrap();
        assert_eq!(rules.allows(method, &path).is_some(), expected, "`{rule}` and `{request}`");
    }

    #[test]
    fn a_rule_matches_segment_by_segment() {
        let secrets = "GET /api/v1/namespaces/*/secrets";
        check(secrets, "GET /api/v1/namespaces/fraud/secrets", true);
        check(secrets, "POST /api/v1/namespaces/fraud/secrets", false);
        check(secrets, "GET /api/v1/namespaces/fraud/secrets/one", false);
        check(secrets, "GET /api/v1/namespaces/fraud/secrets/", false);
        check(secrets, "GET /api/v1/namespaces/secrets", false);
        check(secrets, "GET /api/v1/namespaces/fraud/Secrets", false);
        check("* /a", "DELETE /a", true);
        check("* /a", "TRACE /a", false);
        check("* /a", "get /a", false);
        check("GET /", "GET /", true);
        check("GET /", "GET /a", false);
        check("GET /a/", "GET /a/", true);
        check("GET /a/", "GET /a", false);
    }

    #[test]
    fn a_path_is_safe_however_often_and_however_leniently_it_is_decoded() {
        for path in [
            "/a/%252e%252e/b",
            "/a/%25252e%25252e/b",
            "/a/%25252e%252e/b",
            // The last escape is none: a lenient server decodes the others.
            "/a/%252e%252e%252fb%25",
            "/a/%252e%252e;%25/b",
            "/a/%25zz%255cb",
            "/a/%25ff",
        ] {
            assert!(CheckedPath::parse(path).is_err(), "{path}");
        }
        for path in ["/a/100%25", "/a/%25zz", "/a/%2525", "/a/b%3Bc"] {
            assert!(CheckedPath::parse(path).is_ok(), "{path}");
        }
        assert!(Rule::parse("GET //**").is_err());
    }

    #[test]
    fn two_stars_match_one_or_more_segments() {
        check("GET /a/**", "GET /a/b", true);
        check("GET /a/**", "GET /a/b/c/d", true);
        check("GET /a/**", "GET /a", false);
        check("GET /a/**", "GET /a/", false);
        check("GET /a/**", "GET /ab/c", false);
        check("GET /**", "GET /a", true);
        check("GET /**", "GET /", false);
    }

    #[test]
    fn encodings_of_one_path_match_alike() {
        check("GET /a/b%20c", "GET /a/b%20c", true);
        check("GET /secrets", "GET /%73ecrets", true);
        check("GET /a/%2A", "GET /a/*", true);
        check("GET /a/%2A", "GET /a/b", false);
    }

    #[test]
    fn rules_that_are_not_rules_are_refused_in_words() {
        let check = |rule: &str, expected: &str| {
            let error = Rule::parse(rule).unwrap_err().to_string();
            assert!(error.contains(expected), "`{rule}`: {error}");
        };
        check("GET", "one space");
        check("get /a", "not a method");
        check("TRACE /a", "not a method");
        check("GET a", "start with one `/`");
        check("GET  /a", "start with one `/`");
        check("GET /a*", "whole segment");
        check("GET /**/b", "whole segment");
        check("GET /a/../b", "`..`");
        check("GET /a?b=c", "percent-encoded");
        check("GET https://h/a", "must not name a host");
    }

    #[test]
    fn hostile_paths_are_refused() {
        let check = |path: &str, expected: fn(&BadPath) -> bool| {
            let error = CheckedPath::parse(path).unwrap_err();
            assert!(expected(&error), "`{path}`: {error}");
        };
        check("", |e| *e == BadPath::NotAbsolute);
        check("http://host/a", |e| *e == BadPath::NotAbsolute);
        check("//host/a", |e| *e == BadPath::EmptySegment);
        check("/a//b", |e| *e == BadPath::EmptySegment);
        check("/a//", |e| *e == BadPath::EmptySegment);
        for dots in ["/a/..", "/./a", "/%2e%2E/a", "/a/.%2e/b", "/a/..;x=1/b", "/%252e%252e/a"] {
            check(dots, |e| matches!(e, BadPath::DotSegment(_)));
        }
        for broken in ["/a%", "/a%2", "/a%zz", "/a%+1"] {
            check(broken, |e| matches!(e, BadPath::BrokenEscape(_)));
        }
        for hidden in ["/a%2fb", "/a%5Cb", "/a%00", "/a%0d%0a", "/a%c0%ae", "/a%252fb", "/%ff"] {
            check(hidden, |e| matches!(e, BadPath::HiddenCharacter(_)));
        }
        for character in ["/a?b", "/a#b", "/a b", "/a\\b", "/a\r\nX: y", "/ä", "/a\u{0}", "/a\"b"]
        {
            check(character, |e| matches!(e, BadPath::Character(_)));
        }
        check(&format!("/{}", "a".repeat(MAX_PATH)), |e| *e == BadPath::TooLong);
    }

    /// Every accepted path reaches the server as it was checked: neither URL parser of the two clients rewrites it.
    #[test]
    fn what_is_checked_is_what_is_sent() {
        let pieces = ["/", "a", ".", "..", "%2e", "%2F", "%20", ";", "*", "%", "~", "@:", "%41"];
        let mut accepted = 0;
        for count in 0..pieces.len().pow(4) {
            let path = spell(&pieces, count);
            let Ok(checked) = CheckedPath::parse(&path) else {
                continue;
            };
            accepted += 1;
            assert_eq!(checked.as_str(), path);
            let url = url::Url::parse(&format!("https://host{path}")).unwrap();
            assert_eq!((url.host_str(), url.path(), url.query()), (Some("host"), &*path, None));
            let uri: http::Uri = path.parse().unwrap();
            assert_eq!((uri.path(), uri.authority()), (&*path, None));
        }
        assert!(accepted > 1000, "only {accepted} paths were accepted");
    }

    fn spell(pieces: &[&str], mut number: usize) -> String {
        let mut path = "/".to_owned();
        for _ in 0..4 {
            path.push_str(pieces[number % pieces.len()]);
            number /= pieces.len();
        }
        path
    }

    #[test]
    fn a_rule_covers_what_it_allows_in_every_case() {
        for (wide, narrow, covers) in [
            ("GET /a/*", "GET /a/b", true),
            ("GET /a/b", "GET /a/*", false),
            ("* /a/b", "GET /a/b", true),
            ("GET /a/b", "* /a/b", false),
            ("GET /a/**", "GET /a/b/c", true),
            ("GET /a/**", "GET /a/b/**", true),
            ("GET /a/b/**", "GET /a/**", false),
            ("GET /a/**", "GET /a", false),
            ("GET /a/*", "GET /a/**", false),
            // Neither star stands for the nothing behind the last slash.
            ("GET /a/*", "GET /a/", false),
            ("GET /a/**", "GET /a/", false),
            ("GET /a/", "GET /a/", true),
        ] {
            let rule = |text| Rule::parse(text).unwrap();
            assert_eq!(rule(wide).covers(&rule(narrow)), covers, "{wide} over {narrow}");
        }
    }
}
