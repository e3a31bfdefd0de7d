//! The words that all operations share.
//!
//! Types without secrets are those of the contract. Types with secrets are made here, so that they work without the sandbox, too.

pub use crate::bindings::connhub::connector::types::{
    Connection, Description, Error, Field, FieldSchema, Filter, Finding, IfExists, Label,
    LabelMatch, LabelOperator, Missing, Operation, Outcome, Page, PageRequest, Problem, Removed,
    Report, ScopeKind, SettingSchema, SupportedType, Target, TestResult, TextChange,
    Unavailability, Verdict, Written,
};
use crate::{Secret, Setting};

/// A secret value of a connection.
#[derive(Debug)]
pub struct SecretField {
    /// The canonical name of the field.
    pub name: String,
    /// The value.
    pub value: Secret,
}

impl SecretField {
    /// A secret value under its name.
    pub fn new(name: impl Into<String>, value: Secret) -> Self {
        Self { name: name.into(), value }
    }

    /// Those of the secret fields of a connection that `open` was asked for: the named ones, or all if none is named.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a name that is not among them, with those that are.
    pub fn select(all: Vec<Self>, connection: &str, names: &[String]) -> Result<Vec<Self>, Error> {
        let is_there = |name: &&String| all.iter().any(|field| field.name == **name);
        if let Some(absent) = names.iter().find(|name| !is_there(name)) {
            let known: Vec<_> = all.iter().map(|field| format!("`{}`", field.name)).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let message = format!("`{connection}` has no such secret field; it has {known}");
            return Err(Error::invalid(absent, message));
        }
        let is_wanted = |field: &Self| names.is_empty() || names.contains(&field.name);
        Ok(all.into_iter().filter(is_wanted).collect())
    }
}

/// A connection to be written. The host has checked the fields against the type's schema.
#[derive(Debug)]
pub struct Draft {
    /// The name to store it under.
    pub name: String,
    /// The canonical type, or the backend's own word.
    pub type_: String,
    /// The visible fields, under canonical names.
    pub fields: Vec<Field>,
    /// The secret fields, under canonical names.
    pub secrets: Vec<SecretField>,
    /// What people call it.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Keys and values by which it is selected.
    pub labels: Vec<Label>,
}

impl Draft {
    /// A draft with nothing but a name and a type.
    pub fn new(name: impl Into<String>, type_: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            type_: type_.into(),
            fields: Vec::new(),
            secrets: Vec::new(),
            display_name: None,
            description: None,
            labels: Vec::new(),
        }
    }

    /// Adds a visible field.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: &str) -> Self {
        self.fields.push(Field::new(name, value));
        self
    }

    /// Adds a secret field.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: Secret) -> Self {
        self.secrets.push(SecretField::new(name, value));
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn with_label(mut self, key: &str, value: &str) -> Self {
        self.labels.push(Label::new(key, value));
        self
    }

    /// The value of a visible field.
    pub fn field(&self, name: &str) -> Option<&str> {
        value_of(&self.fields, name)
    }

    /// The value of a secret field.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.name == name).map(|secret| &secret.value)
    }
}

/// A change of a stored connection. What it does not name stays as it is.
#[derive(Debug)]
pub struct Patch {
    /// Visible fields to set.
    pub fields: Vec<Field>,
    /// Secret fields to set.
    pub secrets: Vec<SecretField>,
    /// Fields to remove, visible or secret.
    pub remove: Vec<String>,
    /// The display name.
    pub display_name: TextChange,
    /// The description.
    pub description: TextChange,
    /// Labels to set.
    pub labels: Vec<Label>,
    /// Keys of labels to remove.
    pub remove_labels: Vec<String>,
    /// The result of a test of what is stored now, to be kept.
    pub tested: Option<TestResult>,
}

impl Default for Patch {
    fn default() -> Self {
        Self {
            fields: Vec::new(),
            secrets: Vec::new(),
            remove: Vec::new(),
            display_name: TextChange::Keep,
            description: TextChange::Keep,
            labels: Vec::new(),
            remove_labels: Vec::new(),
            tested: None,
        }
    }
}

impl Field {
    /// A visible value under its name.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Label {
    /// A label.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

impl Finding {
    /// A finding of `check`.
    pub fn new(subject: impl Into<String>, verdict: Verdict, message: impl Into<String>) -> Self {
        Self { subject: subject.into(), verdict, message: message.into() }
    }
}

impl Connection {
    /// A connection of which nothing but the name and the type is known yet.
    pub fn new(name: impl Into<String>, type_: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            scope: None,
            type_: type_.into(),
            fields: Vec::new(),
            secret_names: Vec::new(),
            display_name: None,
            description: None,
            labels: Vec::new(),
            owner: None,
            address: None,
            status: None,
            status_message: None,
            revision: None,
            created_at: None,
            updated_at: None,
            tested: None,
            warnings: Vec::new(),
        }
    }

    /// The value of a visible field.
    pub fn field(&self, name: &str) -> Option<&str> {
        value_of(&self.fields, name)
    }

    /// Refuses a revision other than the expected one, if one is expected.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`].
    pub fn expect_revision(&self, expected: Option<&str>) -> Result<(), Error> {
        match (expected, self.revision.as_deref()) {
            (Some(expected), Some(found)) if expected != found => {
                Err(Error::stale(&self.name, found))
            }
            _ => Ok(()),
        }
    }

    /// The names of everything that differs from the draft, and of its secret fields: `display_name`, `labels`, `type`, field names.
    ///
    /// `same_secret` says whether the stored secret field of that name is known to equal the draft's. A backend that cannot compare
    /// secrets answers `false`, and the field counts as different.
    pub fn differences(
        &self,
        draft: &Draft,
        mut same_secret: impl FnMut(&SecretField) -> bool,
    ) -> Vec<String> {
        let mut names = self.surplus_names(draft);
        for field in &draft.fields {
            if self.field(&field.name) != Some(field.value.as_str()) {
                names.push(field.name.clone());
            }
        }
        for secret in &draft.secrets {
            if !self.secret_names.contains(&secret.name) || !same_secret(secret) {
                names.push(secret.name.clone());
            }
        }
        names.extend(self.different_metadata(draft).into_iter().map(str::to_owned));
        names.sort_unstable();
        names.dedup();
        names
    }

    fn surplus_names(&self, draft: &Draft) -> Vec<String> {
        let visible = self.fields.iter().map(|field| &field.name);
        visible
            .filter(|name| draft.field(name).is_none())
            .chain(self.secret_names.iter().filter(|name| draft.secret(name).is_none()))
            .cloned()
            .collect()
    }

    fn different_metadata(&self, draft: &Draft) -> Vec<&'static str> {
        let same_labels = self.labels.len() == draft.labels.len()
            && draft.labels.iter().all(|label| self.labels.contains(label));
        [
            ("type", self.type_ != draft.type_),
            ("display_name", self.display_name != draft.display_name),
            ("description", self.description != draft.description),
            ("labels", !same_labels),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}

/// Nothing is said: the backend's default scope, no settings, a real write.
impl Default for Target {
    fn default() -> Self {
        Self { scope: None, settings: Vec::new(), dry_run: false }
    }
}

/// Everything in the target's scope.
impl Default for Filter {
    fn default() -> Self {
        Self { all_scopes: false, types: Vec::new(), labels: Vec::new(), names_only: false }
    }
}

impl Written {
    /// The result of a write, with nothing to say about it.
    pub fn new(outcome: Outcome, connection: Connection) -> Self {
        Self { outcome, connection, differences: Vec::new(), notes: Vec::new() }
    }

    /// What was there was left alone. It differs in these fields.
    pub fn kept(connection: Connection, differences: Vec<String>) -> Self {
        Self { differences, ..Self::new(Outcome::Kept, connection) }
    }

    /// What was asked for is what was there.
    pub fn unchanged(connection: Connection) -> Self {
        Self::new(Outcome::Unchanged, connection)
    }

    /// Adds what a user should know.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }
}

impl Description {
    /// A connector that can do everything, without types of its own, scopes and settings.
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            types: Vec::new(),
            any_type: false,
            operations: crate::ALL_OPERATIONS.into(),
            scope: None,
            settings: Vec::new(),
        }
    }

    /// Types that it knows names or fields of.
    #[must_use]
    pub fn with_types(mut self, types: impl IntoIterator<Item = SupportedType>) -> Self {
        self.types.extend(types);
        self
    }

    /// It carries every other type through as it is.
    #[must_use]
    pub fn with_any_type(mut self) -> Self {
        self.any_type = true;
        self
    }

    /// The operations that it has, if it has not all.
    #[must_use]
    pub fn with_operations(mut self, operations: &[Operation]) -> Self {
        self.operations = operations.to_vec();
        self
    }

    /// What it calls a scope, and the one that counts if none is given.
    #[must_use]
    pub fn with_scope(mut self, name: &str, default: Option<&str>) -> Self {
        let default = default.map(str::to_owned);
        self.scope = Some(ScopeKind { name: name.to_owned(), default });
        self
    }

    /// The settings that it reads.
    #[must_use]
    pub fn with_settings<'a>(mut self, settings: impl IntoIterator<Item = &'a Setting>) -> Self {
        self.settings.extend(settings.into_iter().map(Setting::schema));
        self
    }
}

impl Target {
    /// The scope to work in.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for `scope` if there is none.
    pub fn scope(&self) -> Result<&str, Error> {
        self.scope.as_deref().filter(|scope| !scope.is_empty()).ok_or_else(|| {
            Error::invalid("scope", "none is given and the backend has no default; add `-n NAME`")
        })
    }

    /// The value of a setting of the backend, unless it is empty.
    pub fn setting(&self, name: &str) -> Option<&str> {
        value_of(&self.settings, name).filter(|value| !value.is_empty())
    }
}

impl Filter {
    /// Whether the type and the labels of a connection are among those that are wanted.
    pub fn matches(&self, connection: &Connection) -> bool {
        (self.types.is_empty() || self.types.contains(&connection.type_))
            && self.labels.iter().all(|wanted| wanted.matches(&connection.labels))
    }
}

impl LabelMatch {
    /// Whether labels meet the requirement.
    pub fn matches(&self, labels: &[Label]) -> bool {
        let value = labels.iter().find(|label| label.key == self.key).map(|label| &label.value);
        match self.operator {
            LabelOperator::Exists => value.is_some(),
            LabelOperator::Missing => value.is_none(),
            LabelOperator::OneOf => value.is_some_and(|value| self.values.contains(value)),
            LabelOperator::NoneOf => value.is_none_or(|value| !self.values.contains(value)),
        }
    }
}

impl TextChange {
    /// Changes a text as asked.
    pub fn apply(&self, text: &mut Option<String>) {
        match self {
            Self::Keep => {}
            Self::Clear => *text = None,
            Self::Set(new) => *text = Some(new.clone()),
        }
    }
}

fn value_of<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::secret;

    #[test]
    fn label_requirements_follow_their_operator() {
        let labels = [Label::new("team", "a")];
        let check = |key: &str, operator, values: &[&str], expected| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            let wanted = LabelMatch { key: key.to_owned(), operator, values };
            assert_eq!(wanted.matches(&labels), expected, "{wanted:?}");
        };
        check("team", LabelOperator::Exists, &[], true);
        check("other", LabelOperator::Exists, &[], false);
        check("team", LabelOperator::Missing, &[], false);
        check("other", LabelOperator::Missing, &[], true);
        check("team", LabelOperator::OneOf, &["a", "b"], true);
        check("team", LabelOperator::OneOf, &["b"], false);
        check("other", LabelOperator::OneOf, &["a"], false);
        check("team", LabelOperator::NoneOf, &["a"], false);
        check("other", LabelOperator::NoneOf, &["a"], true);
    }

    #[test]
    fn differences_name_changed_missing_surplus_and_incomparable_fields() {
        let mut stored = Connection::new("a", "s3");
        stored.fields = vec![Field::new("bucket", "one"), Field::new("extra", "x")];
        stored.secret_names = vec!["same".into(), "other".into(), "gone".into()];
        stored.description = Some("old".into());
        let draft = Draft {
            name: "a".into(),
            type_: "s3".into(),
            fields: vec![Field::new("bucket", "two"), Field::new("region", "r")],
            secrets: ["same", "other", "new"]
                .map(|name| SecretField { name: name.into(), value: secret(name) })
                .into(),
            display_name: None,
            description: None,
            labels: vec![Label::new("team", "a")],
        };
        let found = stored.differences(&draft, |field| field.name == "same");
        let expected =
            ["bucket", "description", "extra", "gone", "labels", "new", "other", "region"];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_scope_that_is_not_given_is_a_problem_of_the_scope() {
        let target = Target::default();
        let Err(Error::Invalid(problems)) = target.scope() else { panic!("a scope was found") };
        assert_eq!(problems[0].field, "scope");
    }
}
