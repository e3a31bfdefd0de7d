//! Settings of a backend as data: what `describe` reports, and how they are read.

use std::time::Duration;

use crate::model::{Error, SettingSchema, Target};

/// A setting that `[backends.NAME.settings]` may hold.
///
/// ```
/// use connhub_sdk::{Field, Setting, SettingReader, Target};
/// const SETTINGS: &[Setting] = &[Setting::new("delete", "soft", "`soft` or `destroy`")];
/// let settings = vec![Field::new("delete", "destroy")];
/// let target = Target { settings, ..Target::default() };
/// let read = SettingReader::new(SETTINGS, &target);
/// assert!(read.word("delete", &[("soft", false), ("destroy", true)]).unwrap());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key in `plugins.toml`.
    pub name: &'static str,
    /// What counts if nothing is said; empty if there is none.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
}

/// Settings of one call: a flag of a command, for the connectors that know it. The host adds one to the target's settings of that call if
/// the connector declares it, and refuses the flag otherwise. `[backends.NAME.settings]` cannot hold them.
impl Setting {
    /// `get`, with the value `true`: the status is `in use` and its message names the users, if something uses the connection. What cannot
    /// be found out is a warning, never an error.
    pub const SHOW_USERS: Self =
        Self::new("show-users", "", "for one call: say who uses the connection");
    /// `delete`, with the value `true` for `--detach`: the connection is taken out of what uses it before it is deleted. Without it
    /// `delete` answers [`Error::InUse`].
    pub const DETACH: Self = Self::new(
        "detach",
        "",
        "for one call: take the connection out of what uses it, then delete it",
    );
    /// `update` without a change, for `connhub adopt`: what is stored under the name becomes a connection of the type that is the value,
    /// or of the one that the connector finds out for `auto`. Its values stay as they are.
    pub const ADOPT: Self = Self::new(
        "adopt",
        "",
        "for one call: make a connection of this type, or `auto`, of what is stored",
    );
}

impl Setting {
    /// A setting that need not be given.
    pub const fn new(name: &'static str, default: &'static str, description: &'static str) -> Self {
        Self { name, default, description }
    }

    /// The setting as `describe` reports it.
    pub fn schema(&self) -> SettingSchema {
        SettingSchema {
            name: self.name.to_owned(),
            description: self.description.to_owned(),
            required: false,
            default: (!self.default.is_empty()).then(|| self.default.to_owned()),
        }
    }
}

/// Reads settings with their defaults, and says which one is wrong and what it must be. Space around a value does not count.
#[derive(Clone, Copy, Debug)]
pub struct SettingReader<'a> {
    known: &'a [Setting],
    target: &'a Target,
}

impl<'a> SettingReader<'a> {
    /// Reads the settings of the target's backend.
    pub fn new(known: &'a [Setting], target: &'a Target) -> Self {
        Self { known, target }
    }

    /// The text, or the default; empty if there is neither.
    pub fn text(&self, name: &str) -> &'a str {
        let default = || self.known.iter().find(|setting| setting.name == name);
        let given = self.target.setting(name);
        given.unwrap_or_else(|| default().map_or("", |setting| setting.default)).trim()
    }

    /// The text, or the default; none if it is empty.
    pub fn optional(&self, name: &str) -> Option<&'a str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The items of a list with commas between them, empty ones left out.
    pub fn list(&self, name: &str) -> Vec<&'a str> {
        self.text(name).split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    }

    /// What one of a few words means.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for any other word.
    pub fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<T, Error> {
        let text = self.text(name);
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let known = known.join(", ");
            Error::wrong_setting(name, &format!("is `{text}`; it must be one of {known}"))
        })
    }

    /// A whole number of seconds.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for anything else.
    pub fn seconds(&self, name: &str) -> Result<Duration, Error> {
        let text = self.text(name);
        let wrong = |_| {
            let message = format!("is `{text}`; it must be a whole number of seconds");
            Error::wrong_setting(name, &message)
        };
        text.parse().map(Duration::from_secs).map_err(wrong)
    }

    /// Names that replace those of the connector, in the form `TYPE.FIELD=KEY,TYPE.FIELD=KEY+KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an item of another form.
    pub fn key_names(&self, name: &str) -> Result<KeyNames, Error> {
        let parse = |item: &str| {
            let wrong =
                || Error::wrong_setting(name, &format!("has `{item}`; write TYPE.FIELD=KEY"));
            KeyName::parse(item).ok_or_else(wrong)
        };
        self.list(name).into_iter().map(parse).collect::<Result<_, _>>().map(KeyNames)
    }
}

/// The backend's names of fields, as a setting says them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyNames(Vec<KeyName>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct KeyName {
    type_: String,
    field: String,
    keys: Vec<String>,
}

impl KeyName {
    fn parse(item: &str) -> Option<Self> {
        let (place, keys) = item.split_once('=')?;
        let (type_, field) = place.split_once('.')?;
        let keys: Vec<_> = keys.split('+').map(|key| key.trim().to_owned()).collect();
        let (type_, field) = (type_.trim().to_owned(), field.trim().to_owned());
        let texts = keys.iter().chain([&type_, &field]);
        let is_whole = texts.into_iter().all(|text| !text.is_empty());
        is_whole.then_some(Self { type_, field, keys })
    }
}

impl KeyNames {
    /// The keys of a field of a type; none if the setting says nothing about it.
    pub fn keys(&self, type_: &str, field: &str) -> Option<&[String]> {
        let found = self.0.iter().find(|own| own.type_ == type_ && own.field == field);
        found.map(|own| own.keys.as_slice())
    }

    /// The first key of a field of a type, or the field's own name.
    pub fn key<'a>(&'a self, type_: &str, field: &'a str) -> &'a str {
        self.keys(type_, field).and_then(|keys| keys.first()).map_or(field, String::as_str)
    }

    /// The field of a key of a type, or the key's own name.
    pub fn field<'a>(&'a self, type_: &str, key: &'a str) -> &'a str {
        let has_key = |own: &&KeyName| own.type_ == type_ && own.keys.iter().any(|own| own == key);
        self.0.iter().find(has_key).map_or(key, |own| own.field.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Field;

    const SETTINGS: &[Setting] = &[
        Setting::new("mode", "a", "the mode"),
        Setting::new("wait", "60", "seconds to wait"),
        Setting::new("names", "", "names of fields"),
    ];

    fn target(name: &str, value: &str) -> Target {
        Target { settings: vec![Field::new(name, value)], ..Target::default() }
    }

    #[test]
    fn settings_are_described_and_have_defaults() {
        assert_eq!(SETTINGS[0].schema().default.as_deref(), Some("a"));
        assert_eq!(SETTINGS[2].schema().default, None);
        let (nothing, empty) = (Target::default(), target("mode", ""));
        for target in [&nothing, &empty] {
            let read = SettingReader::new(SETTINGS, target);
            assert_eq!((read.text("mode"), read.optional("names")), ("a", None));
            assert_eq!(read.seconds("wait"), Ok(Duration::from_secs(60)));
        }
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_it_must_be() {
        let check = |name: &str, value: &str, words: &str| {
            let target = target(name, value);
            let read = SettingReader::new(SETTINGS, &target);
            let error = match name {
                "mode" => read.word(name, &[("a", 1), ("b", 2)]).expect_err("it is wrong"),
                "wait" => read.seconds(name).expect_err("it is wrong"),
                _ => read.key_names(name).expect_err("it is wrong"),
            };
            assert!(error.message().contains(words), "{error:?}");
            assert!(error.message().starts_with("settings: "), "{error:?}");
        };
        check("mode", "c", "`mode` is `c`; it must be one of `a`, `b`");
        check("wait", "0.5", "a whole number of seconds");
        for broken in ["password", "s3.key", "key=k", ".key=k", "s3.=k", "s3.key=", "s3.key=a+"] {
            check("names", broken, "write TYPE.FIELD=KEY");
        }
    }

    #[test]
    fn names_are_mapped_for_their_type_alone() {
        let target = target("names", "s3.key=ACCESS_KEY , s3.secret = A + B");
        let names =
            SettingReader::new(SETTINGS, &target).key_names("names").expect("they are good");
        assert_eq!((names.key("s3", "key"), names.key("gcs", "key")), ("ACCESS_KEY", "key"));
        assert_eq!((names.key("s3", "secret"), names.key("s3", "bucket")), ("A", "bucket"));
        assert_eq!((names.field("s3", "B"), names.field("gcs", "B")), ("secret", "B"));
        assert_eq!(names.keys("s3", "bucket"), None);
    }
}
