//! Connections and what is done with them. The shapes are those of the contract in `wit/types.wit`; the words are explained there.

use super::Secret;

/// A connection that is stored in a backend, without its secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Unique within its scope.
    pub name: String,
    /// The project, tenant or folder.
    pub scope: Option<String>,
    /// The canonical type, or the backend's own word.
    pub type_name: String,
    /// The visible fields, under canonical names.
    pub fields: Vec<Field>,
    /// The names of the secret fields that are stored.
    pub secret_names: Vec<String>,
    /// What people call it.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Keys and values by which it is selected.
    pub labels: Vec<Label>,
    /// To whom it belongs.
    pub owner: Option<String>,
    /// Where consumers find the data through the backend itself.
    pub address: Option<String>,
    /// The backend's word for the state.
    pub status: Option<String>,
    /// Why the state is what it is.
    pub status_message: Option<String>,
    /// The backend's revision of what was read.
    pub revision: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339.
    pub updated_at: Option<String>,
    /// The last test that the backend keeps.
    pub tested: Option<TestResult>,
    /// What is incomplete or unusual.
    pub warnings: Vec<String>,
}

/// What a test of a connection found, as a backend keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Whether the connection works.
    pub works: bool,
    /// RFC 3339.
    pub at: String,
    /// What was found.
    pub message: String,
}

/// A visible value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Canonical name.
    pub name: String,
    /// The value as text.
    pub value: String,
}

/// A secret value.
#[derive(Clone, Debug)]
pub struct SecretField {
    /// Canonical name.
    pub name: String,
    /// The value.
    pub value: Secret,
}

/// A key and a value by which connections are selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// A connection to be written.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The name to store it under.
    pub name: String,
    /// The canonical type, or the backend's own word.
    pub type_name: String,
    /// Visible fields.
    pub fields: Vec<Field>,
    /// Secret fields.
    pub secrets: Vec<SecretField>,
    /// What people call it.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Labels.
    pub labels: Vec<Label>,
}

/// A change of a text that may also be cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TextChange {
    /// Leave it.
    #[default]
    Keep,
    /// Remove it.
    Clear,
    /// Set it.
    Set(String),
}

/// A change of a stored connection; what it does not name stays.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// Visible fields to set.
    pub fields: Vec<Field>,
    /// Secret fields to set.
    pub secrets: Vec<SecretField>,
    /// Fields to remove.
    pub remove: Vec<String>,
    /// The display name.
    pub display_name: TextChange,
    /// The description.
    pub description: TextChange,
    /// Labels to set.
    pub labels: Vec<Label>,
    /// Keys of labels to remove.
    pub remove_labels: Vec<String>,
    /// The result of a test, to be kept.
    pub tested: Option<TestResult>,
}

impl Patch {
    /// Whether it changes nothing of the connection, and says something about it.
    pub fn is_remark(&self) -> bool {
        let Self {
            fields,
            secrets,
            remove,
            display_name,
            description,
            labels,
            remove_labels,
            tested,
        } = self;
        let texts = [display_name, description];
        tested.is_some()
            && fields.is_empty()
            && secrets.is_empty()
            && remove.is_empty()
            && labels.is_empty()
            && remove_labels.is_empty()
            && texts.iter().all(|text| **text == TextChange::Keep)
    }
}

/// The place and the manner of one operation.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The scope; none for the backend's default.
    pub scope: Option<String>,
    /// The backend's settings.
    pub settings: Vec<Field>,
    /// Validate and write nothing.
    pub dry_run: bool,
}

/// What `create` does about a name that is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfExists {
    /// An error.
    #[default]
    Fail,
    /// Leave what is there.
    Keep,
    /// Put the draft in its place.
    Replace,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It was there and was left alone.
    Kept,
    /// It was there and was replaced.
    Replaced,
    /// It was changed.
    Updated,
    /// What was asked for is what was there.
    Unchanged,
}

/// The result of a write.
#[derive(Clone, Debug)]
pub struct Written {
    /// What was done.
    pub outcome: Outcome,
    /// The connection as it is now.
    pub connection: Connection,
    /// For `Kept`: the fields that differ or cannot be compared.
    pub differences: Vec<String>,
    /// What a user should know.
    pub notes: Vec<String>,
}

/// One requirement of a label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelMatch {
    /// The key.
    pub key: String,
    /// How to compare.
    pub operator: LabelOperator,
    /// The values for `OneOf` and `NoneOf`.
    pub values: Vec<String>,
}

/// How a requirement compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelOperator {
    /// The key is there.
    Exists,
    /// The key is not there.
    Missing,
    /// The key is there with one of the values.
    OneOf,
    /// The key is not there, or has none of the values.
    NoneOf,
}

/// Which connections to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// All scopes instead of the target's.
    pub all_scopes: bool,
    /// Canonical types; empty means all.
    pub types: Vec<String>,
    /// Label requirements, all of which must hold.
    pub labels: Vec<LabelMatch>,
    /// Only names, scopes and types are wanted.
    pub names_only: bool,
}

/// A page of a list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The connections.
    pub items: Vec<Connection>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Bytes of all texts of the page.
    pub bytes: usize,
}

/// Something that `delete` removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The backend's kind of object.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its scope.
    pub scope: Option<String>,
}

/// What `check` found out.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Who is calling.
    pub user: Option<String>,
    /// The platform and its version.
    pub platform: Option<String>,
    /// The findings, in the order in which they were made.
    pub findings: Vec<Finding>,
}

/// One finding of `check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub message: String,
}

/// How a finding is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Works with a restriction.
    Warning,
    /// Does not work.
    Bad,
    /// There was no way to tell.
    Unknown,
}

/// What an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `check`.
    Check,
    /// `create`.
    Create,
    /// `get`.
    Get,
    /// `list`.
    List,
    /// `open`: the secret fields, as handles.
    Open,
    /// `update`.
    Update,
    /// `delete`.
    Delete,
}

/// A field that only one connector knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSchema {
    /// The name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether its value is a secret.
    pub secret: bool,
    /// Whether it must be given.
    pub required: bool,
    /// The value used when none is given.
    pub default: Option<String>,
    /// A regular expression that the whole value matches.
    pub pattern: Option<String>,
    /// The allowed values; empty means any.
    pub choices: Vec<String>,
}

/// A connection type that a connector supports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportedType {
    /// The canonical name, or one of the connector's own.
    pub name: String,
    /// What the backend calls it.
    pub native: String,
    /// Fields beyond the canonical ones.
    pub fields: Vec<FieldSchema>,
    /// Canonical fields that the backend cannot hold.
    pub unsupported: Vec<String>,
}

/// A setting of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingSchema {
    /// The key in `[backends.NAME.settings]`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Whether it must be set.
    pub required: bool,
    /// The value used when it is not set.
    pub default: Option<String>,
}

/// What a backend calls a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeKind {
    /// The singular noun.
    pub name: String,
    /// The scope used when none is given.
    pub default: Option<String>,
}

/// What a connector is.
#[derive(Clone, Debug)]
pub struct Description {
    /// The name of the connector.
    pub name: String,
    /// The version of the connector.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// The types that it supports.
    pub types: Vec<SupportedType>,
    /// Whether other types are carried through.
    pub any_type: bool,
    /// What it can do.
    pub operations: Vec<Operation>,
    /// What a scope is called; none if there are no scopes.
    pub scope: Option<ScopeKind>,
    /// The settings that it reads.
    pub settings: Vec<SettingSchema>,
}

/// What a scope is called where nobody says it.
pub const SCOPE_WORD: &str = "scope";

/// The longest name of a scope that is repeated, in bytes.
const MAX_SCOPE_WORD: usize = 32;

impl Description {
    /// What people call a scope in this backend: `tenant`. What is no word is not repeated.
    pub fn scope_word(&self) -> &str {
        let word = self.scope.as_ref().map_or(SCOPE_WORD, |scope| &scope.name);
        let is_word = (1..=MAX_SCOPE_WORD).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if is_word { word } else { SCOPE_WORD }
    }
}
