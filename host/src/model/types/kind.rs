//! Kinds of values, and what the text of a visible value becomes.

use serde::Deserialize;

use super::name::shown;
use super::network;
use super::schema::FieldSpec;
use super::structured;
use super::suggest;
use super::visible;

/// What a value is. Every value is text; the kind says which texts are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// An address with a scheme.
    Uri,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Items separated by commas.
    List,
    /// A JSON document.
    Json,
    /// PEM blocks, such as certificates.
    Pem,
    /// The name or address of a machine.
    Host,
    /// A TCP port.
    Port,
    /// A path on the machine that uses the connection.
    Path,
    /// A host, with a port or without.
    Address,
    /// `NAME=VALUE`.
    Parameter,
}

impl FieldKind {
    /// The word used in the files and in the JSON form.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Uri => "uri",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::Json => "json",
            Self::Pem => "pem",
            Self::Host => "host",
            Self::Port => "port",
            Self::Path => "path",
            Self::Address => "address",
            Self::Parameter => "parameter",
        }
    }

    /// The greatest length of a value, in bytes.
    pub fn max_len(self) -> usize {
        match self {
            Self::Json | Self::Pem => 256 * 1024,
            Self::Uri | Self::List => 16 * 1024,
            _ => 4 * 1024,
        }
    }

    /// Whether line ends belong to the value.
    pub(super) fn is_multiline(self) -> bool {
        matches!(self, Self::Json | Self::Pem)
    }
}

impl FieldSpec {
    /// The visible value as it is stored: trimmed and in the one form that its kind has. The error is the message of
    /// a problem; it repeats the value only where the value has been shown to be a plain address.
    pub(super) fn normalize(&self, value: &str) -> Result<String, String> {
        let value = visible::trimmed(value);
        visible::check(value, self.kind.is_multiline(), self.kind.max_len())?;
        let normal = match self.kind {
            FieldKind::List => self.normalize_list(value)?,
            kind => self.normalize_item(kind, value)?,
        };
        Ok(normal)
    }

    fn normalize_list(&self, value: &str) -> Result<String, String> {
        let mut items: Vec<String> = Vec::new();
        for item in list_items(value) {
            let item = self.normalize_item(self.items.unwrap_or(FieldKind::Text), item)?;
            if !items.contains(&item) {
                items.push(item);
            }
        }
        if items.is_empty() {
            return Err("must have at least one item; separate items with commas".to_owned());
        }
        Ok(items.join(","))
    }

    fn normalize_item(&self, kind: FieldKind, value: &str) -> Result<String, String> {
        let normal = match kind {
            FieldKind::Integer => self.integer(value, i64::MIN, i64::MAX)?,
            FieldKind::Port => self.integer(value, 1, 65535)?,
            FieldKind::Boolean => boolean(value)?.to_owned(),
            FieldKind::Uri => network::uri(value, &self.schemes)?,
            FieldKind::Host => network::host(value)?,
            FieldKind::Address => network::address(value)?,
            FieldKind::Json => {
                structured::json(value, &self.json_keys).map(|()| value.to_owned())?
            }
            FieldKind::Pem => structured::pem(value).map(|()| value.to_owned())?,
            FieldKind::Parameter => parameter(value)?,
            FieldKind::Text | FieldKind::Path | FieldKind::List => self.choice(value)?,
        };
        self.check_pattern(&normal)?;
        Ok(normal)
    }

    fn integer(&self, value: &str, least: i64, greatest: i64) -> Result<String, String> {
        let (least, greatest) = (self.min.unwrap_or(least), self.max.unwrap_or(greatest));
        match value.parse::<i64>() {
            Ok(number) if (least..=greatest).contains(&number) => Ok(number.to_string()),
            _ if (least, greatest) == (i64::MIN, i64::MAX) => {
                Err("must be a whole number".to_owned())
            }
            _ => Err(format!("must be a whole number from {least} to {greatest}")),
        }
    }

    fn choice(&self, value: &str) -> Result<String, String> {
        if self.choices.is_empty() {
            return Ok(value.to_owned());
        }
        if let Some(choice) = self.find_choice(value) {
            return Ok(choice.to_owned());
        }
        let choices = || self.choices.iter().map(String::as_str);
        let words = choices().chain(self.choice_aliases.iter().map(|(alias, _)| alias.as_str()));
        let meant = suggest::nearest(value, words).and_then(|word| self.find_choice(word));
        let question = meant.map_or(String::new(), |word| format!("; did you mean `{word}`?"));
        Err(format!("must be {}{question}", suggest::listed(choices(), "or")))
    }

    fn find_choice(&self, value: &str) -> Option<&str> {
        let is_same =
            |choice: &str| choice.replace('-', "_").eq_ignore_ascii_case(&value.replace('-', "_"));
        let exact = self.choices.iter().find(|choice| is_same(choice));
        let alias = || {
            let mut aliases = self.choice_aliases.iter();
            let found = aliases.find(|(alias, _)| is_same(alias));
            found.map(|(_, choice)| choice)
        };
        exact.or_else(alias).map(String::as_str)
    }

    /// Checks the value against the pattern of the type and that of the backend.
    pub(super) fn check_pattern(&self, value: &str) -> Result<(), String> {
        let own = self.pattern.iter().map(|pattern| (pattern, self.pattern_hint.as_ref()));
        let backend = self.backend_pattern.iter().map(|pattern| (pattern, None));
        for (pattern, hint) in own.chain(backend) {
            if !pattern.matches(value)? {
                let fallback = format!("text that matches `{pattern}`");
                return Err(format!("must be {}", hint.unwrap_or(&fallback)));
            }
        }
        Ok(())
    }
}

/// The items of a list, trimmed. Empty ones, as a comma too many makes them, are none.
pub(super) fn list_items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// The canonical form of a truth value.
fn boolean(value: &str) -> Result<&'static str, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok("true"),
        "false" | "no" | "off" | "0" => Ok("false"),
        _ => Err("must be `true` or `false`".to_owned()),
    }
}

fn parameter(value: &str) -> Result<String, String> {
    let (name, value) = value
        .split_once('=')
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, _)| !name.is_empty() && !name.contains(char::is_whitespace))
        .ok_or("must be a list of NAME=VALUE, separated by commas")?;
    if visible::sounds_secret(name) {
        return Err(visible::refusal(&format!("a value for `{}`", shown(name))));
    }
    Ok(format!("{name}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spec: &FieldSpec, value: &str, expected: Result<&str, &str>) {
        let actual = spec.normalize(value);
        let actual = actual.as_deref().map_err(String::as_str);
        assert_eq!(actual, expected, "{:?} {value:?}", spec.kind);
    }

    fn spec(kind: FieldKind) -> FieldSpec {
        FieldSpec::new("f", kind, "")
    }

    #[test]
    fn texts_are_trimmed_and_of_one_line() {
        let text = spec(FieldKind::Text);
        check(&text, "  a b\r\n", Ok("a b"));
        check(&text, "\u{feff}a", Ok("a"));
        check(&text, " ", Err("must not be empty"));
        check(&text, "a\nb", Err("must not hold the invisible character U+000A"));
        check(&text, "a\0b", Err("must not hold the invisible character U+0000"));
        check(&text, &"x".repeat(4096), Ok(&"x".repeat(4096)));
        let long = "x".repeat(4097);
        check(&text, &long, Err("is 4097 bytes long; at most 4096 are allowed"));
    }

    #[test]
    fn truth_values_have_one_form() {
        for (value, expected) in
            [("TRUE", "true"), ("yes", "true"), ("1", "true"), ("No", "false"), ("0", "false")]
        {
            check(&spec(FieldKind::Boolean), value, Ok(expected));
        }
        check(&spec(FieldKind::Boolean), "maybe", Err("must be `true` or `false`"));
    }

    #[test]
    fn numbers_are_in_range() {
        let port = spec(FieldKind::Port);
        check(&port, "05432", Ok("5432"));
        for value in ["0", "65536", "-1", "http", "1.5", "99999999999999999999"] {
            check(&port, value, Err("must be a whole number from 1 to 65535"));
        }
        check(&spec(FieldKind::Integer), "-7", Ok("-7"));
        check(&spec(FieldKind::Integer), "x", Err("must be a whole number"));
        let bounded = FieldSpec { min: Some(2), max: Some(3), ..spec(FieldKind::Integer) };
        check(&bounded, "4", Err("must be a whole number from 2 to 3"));
    }

    #[test]
    fn choices_are_found_in_any_spelling() {
        let choices = ["SASL_SSL", "PLAINTEXT"].map(str::to_owned).to_vec();
        let aliases = vec![("secure".to_owned(), "SASL_SSL".to_owned())];
        let text = FieldSpec {
            choices: choices.clone(),
            choice_aliases: aliases,
            ..spec(FieldKind::Text)
        };
        check(&text, "sasl-ssl", Ok("SASL_SSL"));
        check(&text, "Secure", Ok("SASL_SSL"));
        check(
            &text,
            "PLAINTXT",
            Err("must be `SASL_SSL` or `PLAINTEXT`; did you mean `PLAINTEXT`?"),
        );
        check(&text, "secur", Err("must be `SASL_SSL` or `PLAINTEXT`; did you mean `SASL_SSL`?"));
        check(&text, "hunter2", Err("must be `SASL_SSL` or `PLAINTEXT`"));
        let list = FieldSpec { choices, ..spec(FieldKind::List) };
        check(&list, "plaintext, sasl_ssl,,plaintext", Ok("PLAINTEXT,SASL_SSL"));
        check(&list, ",", Err("must have at least one item; separate items with commas"));
    }

    #[test]
    fn parameters_hold_no_secret() {
        let list = FieldSpec { items: Some(FieldKind::Parameter), ..spec(FieldKind::List) };
        check(&list, "a=1, b = x y", Ok("a=1,b=x y"));
        check(&list, "a", Err("must be a list of NAME=VALUE, separated by commas"));
        check(
            &list,
            "a=1,ssl.key.password=hunter2",
            Err(
                "must not hold a value for `ssl.key.password`, since it is shown in lists; give the secret in a field of its own",
            ),
        );
    }

    #[test]
    fn a_pattern_is_for_the_whole_value_and_bounded() {
        let text =
            FieldSpec { pattern: Some("[a-c]+|d".to_owned().into()), ..spec(FieldKind::Text) };
        check(&text, "abc", Ok("abc"));
        check(&text, "abcd", Err("must be text that matches `[a-c]+|d`"));
        for hostile in ["(", "(a{300}){100}", "(((a{100}){100}){100}){100}", &"(".repeat(200)] {
            let text =
                FieldSpec { pattern: Some(hostile.to_owned().into()), ..spec(FieldKind::Text) };
            let message = text.normalize("a").unwrap_err();
            assert!(message.starts_with("cannot be checked"), "{message}");
        }
    }
}
