//! The sources that DataOS has a depot type for: canonical names on one side, DataOS' on the other.

mod databases;
mod other;
mod storage;

use connhub_sdk::{FieldSchema, SupportedType};

/// A kind of place that a Depot can describe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// The canonical type, or a name of our own.
    pub(crate) name: &'static str,
    /// What `spec.type` says.
    pub(crate) native: &'static str,
    /// Other words for it that depots of others have.
    pub(crate) read_as: &'static [&'static str],
    /// Fields of the spec that are always written. Among sources of one native type they tell which it is.
    pub(crate) fixed: &'static [(&'static str, &'static str)],
    /// Fields of the spec with the value that they have when they are left out.
    pub(crate) implied: &'static [(&'static str, &'static str)],
    /// In the order in which they are written and shown.
    pub(crate) fields: &'static [SourceField],
    /// The ways to log in. Empty: the type has no field `auth_method`.
    pub(crate) methods: &'static [Method],
    /// Canonical fields that DataOS cannot hold.
    pub(crate) unsupported: &'static [&'static str],
}

/// One field and where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceField {
    pub(crate) name: &'static str,
    pub(crate) places: &'static [Place],
    pub(crate) form: Form,
    pub(crate) need: Need,
    pub(crate) origin: Origin,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A field of the Depot's spec, as a path with dots. `{storageType}` in it stands for that field's value.
    Spec(&'static str),
    /// A value of the Secret.
    Data(&'static str),
    /// A file of the Secret.
    File(&'static str),
    /// Another key, under which others keep it. It is read, and written where it is there already.
    Known(&'static str),
}

/// What a value in the spec looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A string, whatever is in it.
    Text,
    /// A number, a boolean or a string, as YAML would read it.
    Scalar,
    /// A list of strings.
    List,
    /// An object of scalars, for us `NAME=VALUE` separated by commas.
    Parameters,
    /// Other words for the same: ours and DataOS'.
    Words(&'static [(&'static str, &'static str)]),
    /// Any JSON; text that is not JSON is a string.
    Any,
}

/// Whether every official example has the field. That the server insists was never seen, so a field that is missing is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Optional,
    Expected,
}

/// Where the name of a field comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The canonical type has it.
    Canonical,
    /// It is DataOS' own.
    Own { description: &'static str, choices: &'static [&'static str], is_secret: IsSecret },
}

/// Whether a field of DataOS' own is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IsSecret {
    No,
    Yes,
}

/// A canonical way to log in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    /// The secret field by which a stored connection shows that it logs in so; empty where there is no secret.
    pub(crate) shown_by: &'static str,
}

/// All sources with a table. Other types are carried through as they are.
pub(crate) static SOURCES: [Source; 23] = [
    storage::S3,
    storage::GCS,
    storage::ADLS,
    storage::AZURE_BLOB,
    storage::LAKEHOUSE,
    databases::POSTGRESQL,
    databases::MYSQL,
    databases::MSSQL,
    databases::ORACLE,
    databases::REDSHIFT,
    databases::SNOWFLAKE,
    databases::BIGQUERY,
    databases::JDBC,
    databases::PRESTO,
    databases::MONGODB,
    databases::ELASTICSEARCH,
    databases::OPENSEARCH,
    databases::REDIS,
    other::KAFKA,
    other::PULSAR,
    other::EVENTHUB,
    other::HTTP,
    other::FILE,
];

/// The table of a type that is carried through: everything keeps its name.
pub(crate) static OPAQUE: Source = EMPTY;

/// Canonical types that DataOS has nothing for.
const NOT_HELD: [&str; 2] = ["uri", "oci"];

impl Source {
    /// The table of a type; none if it is carried through.
    pub(crate) fn named(name: &str) -> Result<Option<&'static Self>, NotHeld> {
        if NOT_HELD.contains(&name) {
            return Err(NotHeld);
        }
        Ok(SOURCES.iter().find(|source| source.name == name))
    }

    /// The table for a depot type and the fixed fields that the spec has.
    pub(crate) fn of_depot(
        native: &str,
        has: impl Fn(&str, &str) -> bool,
    ) -> Option<&'static Self> {
        // A type with fixed fields is the narrower one, so it is looked at first.
        let candidates = SOURCES.iter().filter(|source| source.is_named(native));
        let (narrow, wide): (Vec<_>, Vec<_>) =
            candidates.partition(|source| !source.fixed.is_empty());
        let all_there = |source: &&Self| {
            !source.has_native(native) || source.fixed.iter().all(|(path, value)| has(path, value))
        };
        narrow.into_iter().chain(wide).find(all_there)
    }

    /// Whether this is the word that is written for it.
    pub(crate) fn has_native(&self, native: &str) -> bool {
        self.native.eq_ignore_ascii_case(native)
    }

    fn is_named(&self, native: &str) -> bool {
        self.has_native(native) || self.read_as.iter().any(|word| word.eq_ignore_ascii_case(native))
    }

    /// The field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static SourceField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The type as `describe` reports it.
    pub(crate) fn supported(&self) -> SupportedType {
        SupportedType {
            name: self.name.to_owned(),
            native: self.native.to_owned(),
            fields: self.fields.iter().filter_map(SourceField::schema).collect(),
            unsupported: self.unsupported.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

/// DataOS has no depot type for it.
#[derive(Debug)]
pub(crate) struct NotHeld;

impl SourceField {
    fn schema(&self) -> Option<FieldSchema> {
        let Origin::Own { description, choices, is_secret } = self.origin else {
            return None;
        };
        Some(FieldSchema {
            name: self.name.to_owned(),
            description: description.to_owned(),
            secret: is_secret == IsSecret::Yes,
            required: false,
            default: None,
            pattern: None,
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        })
    }

    const fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    const fn expected(mut self) -> Self {
        self.need = Need::Expected;
        self
    }

    const fn one_of(mut self, allowed: &'static [&'static str]) -> Self {
        if let Origin::Own { description, is_secret, .. } = self.origin {
            self.origin = Origin::Own { description, choices: allowed, is_secret };
        }
        self
    }
}

/// What all sources start from.
const EMPTY: Source = Source {
    name: "",
    native: "",
    read_as: &[],
    fixed: &[],
    implied: &[],
    fields: &[],
    methods: &[],
    unsupported: &[],
};

const PASSWORD: Method = Method { name: "password", shown_by: "password" };
const NO_LOGIN: Method = Method { name: "none", shown_by: "" };

const USERNAME: SourceField = canonical("username", &[Place::Data("username")]).expected();
const PASSWORD_FIELD: SourceField = canonical("password", &[Place::Data("password")]).expected();
/// The rest of the spec's `params`. It stands after the fields that have a place of their own there.
const PARAMS: SourceField = canonical("params", &[Place::Spec("params")]).form(Form::Parameters);
const OWN_PARAMS: SourceField = own(
    "params",
    &[Place::Spec("params")],
    "Further settings of the driver, as NAME=VALUE, separated by commas. Nothing secret belongs here.",
)
.form(Form::Parameters);
const OWN_USERNAME: SourceField =
    own("username", &[Place::Data("username")], "The name to log in with.");
const OWN_PASSWORD: SourceField =
    own_secret("password", &[Place::Data("password")], "The password of that name.");

const fn canonical(name: &'static str, places: &'static [Place]) -> SourceField {
    let (form, need) = (Form::Text, Need::Optional);
    SourceField { name, places, form, need, origin: Origin::Canonical }
}

const fn own(
    name: &'static str,
    places: &'static [Place],
    description: &'static str,
) -> SourceField {
    let origin = Origin::Own { description, choices: &[], is_secret: IsSecret::No };
    SourceField { origin, ..canonical(name, places) }
}

const fn own_secret(
    name: &'static str,
    places: &'static [Place],
    description: &'static str,
) -> SourceField {
    let origin = Origin::Own { description, choices: &[], is_secret: IsSecret::Yes };
    SourceField { origin, ..canonical(name, places) }
}
