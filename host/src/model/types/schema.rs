//! What a connection type is.

use serde::Deserialize;

use super::super::FieldProblem;
use super::auth::{self, Auth};
use super::catalog;
use super::dialect::Dialect;
use super::kind::FieldKind;
use super::name::{fold, shown};
use super::pattern::Pattern;
use super::probe::Probe;
use super::suggest;
use super::visible::sounds_secret;

/// A connection type.
#[derive(Clone, Debug)]
pub struct TypeSchema {
    /// The canonical name, such as `s3`; empty for the opaque type.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Other names of the type.
    pub aliases: Vec<String>,
    /// Groups of fields of which at least one must be given.
    pub any_of: Vec<Vec<String>>,
    /// How to log in; none if the type knows no login.
    pub auth: Option<Auth>,
    /// The fields, in the order in which a person would fill them in.
    pub fields: Vec<FieldSpec>,
    /// What programs read besides the variables of the fields.
    pub dialects: Vec<Dialect>,
    /// How a connection is tested; none if there is no way.
    pub probe: Option<Probe>,
    pub(super) unlisted: Unlisted,
}

/// What becomes of a field that the type does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unlisted {
    /// It is an error.
    Refused,
    /// It is passed on as it is.
    Carried,
}

/// A field of a connection type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// The canonical name, in snake case.
    pub name: String,
    /// What the value is.
    pub kind: FieldKind,
    /// What it is for, in one or two sentences.
    pub description: String,
    /// Whether the value is a secret.
    #[serde(default)]
    pub secret: bool,
    /// Whether it says to whom the secrets of the connection are sent.
    #[serde(default)]
    pub address: bool,
    /// Whether it must be given, whatever the auth method.
    #[serde(default)]
    pub required: bool,
    /// The value used when none is given.
    pub default: Option<String>,
    /// A value that is valid.
    pub example: Option<String>,
    /// A regular expression that the whole value matches.
    pub pattern: Option<Pattern>,
    /// The pattern in words.
    pub pattern_hint: Option<String>,
    /// The least number, for integers.
    pub min: Option<i64>,
    /// The greatest number, for integers.
    pub max: Option<i64>,
    /// The allowed values, or the allowed items of a list; empty means any.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Other spellings of choices, each with the choice that it stands for.
    #[serde(skip)]
    pub choice_aliases: Vec<(String, String)>,
    /// The schemes that a URI may have. A field that lists them holds the address of a service: it has no query, and
    /// no slash at its end.
    #[serde(default)]
    pub schemes: Vec<String>,
    /// What the items of a list are; text if nothing is said.
    pub items: Option<FieldKind>,
    /// The keys that a JSON object must have.
    #[serde(default)]
    pub json_keys: Vec<String>,
    /// Whether most people never need it.
    #[serde(default)]
    pub advanced: bool,
    /// Other names, known from other tools.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The environment variables in which other programs look for the value.
    #[serde(default)]
    pub env: Vec<String>,
    /// The environment variables in which other programs look for the path of a file with the value.
    #[serde(default)]
    pub env_file: Vec<String>,
    /// A further pattern, which the backend asks for.
    #[serde(skip)]
    pub backend_pattern: Option<Pattern>,
    /// Whether the backend cannot hold it.
    #[serde(skip)]
    pub unsupported: bool,
}

/// Whether a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// It may.
    Visible,
    /// It is a secret.
    Secret,
    /// The type does not say. A value that is given as a secret is one; any other is visible.
    Either,
    /// There is no such field.
    Unknown,
}

impl TypeSchema {
    /// The type of which nothing is known. Fields are carried through as they are.
    pub fn opaque() -> Self {
        Self {
            name: String::new(),
            title: "Unknown type".to_owned(),
            summary: "A type without a description; its fields are carried through as they are."
                .to_owned(),
            aliases: Vec::new(),
            any_of: Vec::new(),
            auth: None,
            fields: Vec::new(),
            dialects: Vec::new(),
            probe: None,
            unlisted: Unlisted::Carried,
        }
    }

    /// The field of this name. Aliases and environment variables are names, too; case, dashes, dots and underscores
    /// make no difference.
    pub fn field(&self, name: &str) -> Option<&FieldSpec> {
        let exact = self.fields.iter().find(|field| field.name == name);
        exact.or_else(|| {
            let folded = fold(name);
            self.fields.iter().find(|field| field.names().any(|known| fold(known) == folded))
        })
    }

    /// Whether the value of the field may be shown. To be asked before a value is read.
    pub fn secrecy(&self, name: &str) -> Secrecy {
        match (self.field(name), self.unlisted) {
            (Some(field), _) if field.secret => Secrecy::Secret,
            (Some(_), _) => Secrecy::Visible,
            (None, Unlisted::Refused) => Secrecy::Unknown,
            (None, Unlisted::Carried) if sounds_secret(name) => Secrecy::Secret,
            (None, Unlisted::Carried) => Secrecy::Either,
        }
    }

    /// The canonical name of a field that a user named.
    ///
    /// # Errors
    /// There is no such field; the problem says which ones there are.
    pub fn canonical(&self, name: &str) -> Result<String, FieldProblem> {
        match (self.field(name), self.unlisted) {
            (Some(field), _) => Ok(field.name.clone()),
            (None, Unlisted::Carried) => super::name::check_field_name(name),
            (None, Unlisted::Refused) => Err(self.unknown(name)),
        }
    }

    /// Whether the canonical type itself says that the field may be seen. What a connector says does not count: it could be told a secret.
    pub fn is_public(&self, name: &str) -> bool {
        let canonical = catalog::find(&self.name).and_then(|known| known.field(name));
        canonical.is_some_and(|field| !field.secret) && self.secrecy(name) == Secrecy::Visible
    }

    /// Whether a connection of the type can have a field of this name where it is stored.
    pub fn holds(&self, name: &str) -> bool {
        match (self.field(name), self.unlisted) {
            (Some(field), _) => !field.unsupported,
            (None, unlisted) => unlisted == Unlisted::Carried,
        }
    }

    /// The fields that have to be given besides the given ones, for the auth method that is named or, if none is, for
    /// the one that the given fields speak for. Names that are no fields are ignored.
    pub fn missing(&self, given: &[&str], auth_method: Option<&str>) -> Vec<&FieldSpec> {
        let given: Vec<&str> =
            given.iter().filter_map(|name| Some(self.field(name)?.name.as_str())).collect();
        let method = self.auth.as_ref().map(|auth| {
            let named = auth_method.and_then(|name| auth.method(name));
            named.unwrap_or_else(|| auth.infer(&given))
        });
        let is_needed = |field: &FieldSpec| {
            field.required || method.is_some_and(|method| method.required.contains(&field.name))
        };
        self.fields
            .iter()
            .filter(|field| is_needed(field) && field.default.is_none() && !field.unsupported)
            .filter(|field| !given.contains(&field.name.as_str()))
            .collect()
    }

    pub(super) fn unknown(&self, name: &str) -> FieldProblem {
        let candidates = self.fields.iter().filter(|field| !field.unsupported);
        let names = candidates.clone().flat_map(FieldSpec::names);
        let meant = suggest::nearest(name, names).and_then(|known| self.field(known));
        let question =
            meant.map_or(String::new(), |field| format!("; did you mean `{}`?", field.name));
        let known = suggest::quoted(candidates.map(|field| field.name.as_str()), ", ");
        FieldProblem {
            field: shown(name),
            message: format!("no such field{question} (known: {known})"),
        }
    }
}

impl FieldSpec {
    /// The name, the aliases and the environment variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        [&self.name]
            .into_iter()
            .chain(&self.aliases)
            .chain(&self.env)
            .chain(&self.env_file)
            .map(String::as_str)
    }

    pub(super) fn problem(&self, message: impl Into<String>) -> FieldProblem {
        FieldProblem { field: self.name.clone(), message: message.into() }
    }
}

/// A file of `host/types`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeFile {
    name: String,
    title: String,
    summary: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    any_of: Vec<Vec<String>>,
    auth: Option<Auth>,
    probe: Option<Probe>,
    #[serde(rename = "field")]
    fields: Vec<FieldSpec>,
    #[serde(default, rename = "dialect")]
    dialects: Vec<Dialect>,
}

/// Reads a file of `host/types`.
pub(super) fn parse(text: &str) -> Result<TypeSchema, toml::de::Error> {
    let file: TypeFile = toml::from_str(text)?;
    let mut schema = TypeSchema {
        name: file.name,
        title: file.title,
        summary: file.summary,
        aliases: file.aliases,
        any_of: file.any_of,
        auth: file.auth,
        fields: file.fields,
        dialects: file.dialects,
        probe: file.probe,
        unlisted: Unlisted::Refused,
    };
    auth::add_field(&mut schema);
    Ok(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(name: &str) -> &'static TypeSchema {
        catalog::find(name).expect("the type exists")
    }

    #[test]
    fn a_field_is_found_under_every_name_that_other_tools_use() {
        let cases = [
            ("s3", "access_key_id", "access_key_id"),
            ("s3", "AWS_ACCESS_KEY_ID", "access_key_id"),
            ("s3", "accesskeyid", "access_key_id"),
            ("s3", "access-key-id", "access_key_id"),
            ("s3", "accessKeyId", "access_key_id"),
            ("s3", "key", "access_key_id"),
            ("s3", "AWS_S3_ENDPOINT", "endpoint"),
            ("s3", "awssecretaccesskey", "secret_access_key"),
            ("gcs", "gcskey_json", "service_account_key"),
            ("adls", "azurestorageaccountkey", "account_key"),
            ("postgresql", "PGUSER", "username"),
            ("kafka", "bootstrap.servers", "brokers"),
            ("oci", ".dockerconfigjson", "dockerconfigjson"),
            ("oci", "OCI_HOST", "host"),
            ("uri", "URI", "uri"),
            ("snowflake", "passphrase", "private_key_passphrase"),
        ];
        for (type_name, name, expected) in cases {
            let found = schema(type_name).field(name).map(|field| field.name.as_str());
            assert_eq!(found, Some(expected), "{type_name} {name}");
        }
        assert!(schema("s3").field("nonsense").is_none());
        assert!(schema("s3").field("").is_none());
    }

    #[test]
    fn secrecy_is_known_before_a_value_is_read() {
        let cases = [
            ("s3", "secret", Secrecy::Secret),
            ("s3", "AWS_SESSION_TOKEN", Secrecy::Secret),
            ("s3", "access_key_id", Secrecy::Visible),
            ("s3", "auth", Secrecy::Visible),
            ("s3", "bukcet", Secrecy::Unknown),
        ];
        for (type_name, name, expected) in cases {
            assert_eq!(schema(type_name).secrecy(name), expected, "{name}");
        }
        assert_eq!(TypeSchema::opaque().secrecy("DB_PASSWORD"), Secrecy::Secret);
        assert_eq!(TypeSchema::opaque().secrecy("DB_HOST"), Secrecy::Either);
    }

    #[test]
    fn only_the_canonical_type_makes_a_field_public() {
        assert!(schema("postgresql").is_public("username"));
        assert!(!schema("postgresql").is_public("password"));
        assert!(!schema("postgresql").is_public("nonsense"));
        let mut own = TypeSchema { name: "own".to_owned(), ..schema("postgresql").clone() };
        assert!(!own.is_public("username"), "a connector says so");
        own.name = "postgresql".to_owned();
        own.fields.iter_mut().for_each(|field| field.secret = true);
        assert!(!own.is_public("username"), "the backend keeps it as a secret");
    }

    #[test]
    fn what_is_missing_follows_the_auth_method() {
        let check = |type_name: &str, given: &[&str], method, expected: &[&str]| {
            let missing = schema(type_name).missing(given, method);
            let names: Vec<&str> = missing.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(names, expected, "{type_name} {given:?} {method:?}");
        };
        check("s3", &[], None, &["access_key_id", "secret_access_key"]);
        check("s3", &["key"], None, &["secret_access_key"]);
        check("s3", &[], Some("profile"), &["profile"]);
        check("s3", &[], Some("anonymous"), &[]);
        check("s3", &["profile"], None, &[]);
        check("mysql", &["username"], None, &["host", "password"]);
        check("uri", &[], None, &["uri"]);
    }

    #[test]
    fn an_unknown_field_gets_a_suggestion_and_the_list() {
        let problem = schema("s3").canonical("bukcet").unwrap_err();
        assert_eq!(problem.field, "bukcet");
        assert!(
            problem
                .message
                .starts_with("no such field; did you mean `bucket`? (known: `endpoint`, `bucket`"),
            "{}",
            problem.message
        );
        let problem = schema("s3").canonical("AWS_SECRET_ACESS_KEY").unwrap_err();
        assert!(problem.message.contains("did you mean `secret_access_key`?"));
        let problem = schema("s3").canonical("zzzzzzzz").unwrap_err();
        assert!(!problem.message.contains("did you mean"));
    }
}
