//! What a copy takes along. The secrets go through this process and through nothing else.

use super::{Opening, Schema, get, open};
use crate::model::types::Secrecy;
use crate::model::{Connection, Error, Field, FieldProblem, Label, Secret, SecretField};
use crate::plugins::Backend;

/// A connection that is to be copied.
#[derive(Debug)]
pub struct Original {
    /// What is visible of it.
    pub connection: Connection,
    /// Its secrets.
    pub secrets: Vec<SecretField>,
    /// Its visible fields, whatever becomes of them.
    pub before: Vec<Field>,
    /// Names of what the target cannot hold, and why.
    misfits: Vec<FieldProblem>,
    /// Keys of labels that belong to the software around the source.
    foreign_labels: Vec<String>,
}

/// Reads a connection with all of its secrets.
///
/// # Errors
/// What the backend says.
pub async fn original(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
) -> Result<Original, Error> {
    let connection = get(backend, scope, name).await?;
    // A backend without secrets need not be able to open any.
    let secrets = match connection.secret_names.is_empty() {
        true => Vec::new(),
        false => open(backend, &Opening { scope, name, fields: &[] }).await?,
    };
    let before = connection.fields.clone();
    Ok(Original { connection, secrets, before, misfits: Vec::new(), foreign_labels: Vec::new() })
}

impl Original {
    /// Leaves fields out; names as they were typed.
    ///
    /// # Errors
    /// It has no such field.
    pub fn without(&mut self, names: &[String], schema: &Schema) -> Result<(), Error> {
        for name in names {
            let name = schema.fields.canonical(name).unwrap_or_else(|_| name.clone());
            let before = self.connection.fields.len() + self.secrets.len();
            self.connection.fields.retain(|field| field.name != name);
            self.secrets.retain(|secret| secret.name != name);
            if before == self.connection.fields.len() + self.secrets.len() {
                return Err(Error::invalid(format!(
                    "`{}` has no field `{name}` that could be left out",
                    self.connection.name
                )));
            }
        }
        Ok(())
    }

    /// Takes out what the target cannot hold, and makes secret what is secret there.
    pub fn fit(&mut self, schema: &Schema) {
        let fields = std::mem::take(&mut self.connection.fields);
        for field in fields {
            match Fit::of_visible(schema, &field.name) {
                Fit::AsItIs => self.connection.fields.push(field),
                Fit::Secret => self.secrets.push(secret_of(field)),
                Fit::Not(why) => self.misfits.push(problem(&field.name, why)),
            }
        }
        let secrets = std::mem::take(&mut self.secrets);
        for secret in secrets {
            let public = schema.fields.is_public(&secret.name).then(|| text_of(&secret)).flatten();
            match (public, Fit::of_secret(schema, &secret.name)) {
                // Some backends keep with the secrets what is none.
                (Some(field), _) => self.connection.fields.push(field),
                (None, Fit::Not(why)) => self.misfits.push(problem(&secret.name, why)),
                (None, _) => self.secrets.push(secret),
            }
        }
        self.take_own_labels();
    }

    /// Software that puts labels on what it handles gives their keys a prefix with a slash; keys without one are people's own.
    fn take_own_labels(&mut self) {
        let all = std::mem::take(&mut self.connection.labels);
        let (foreign, own): (Vec<Label>, Vec<Label>) =
            all.into_iter().partition(|label| label.key.contains('/'));
        self.connection.labels = own;
        self.foreign_labels = foreign.into_iter().map(|label| label.key).collect();
    }

    /// Keys of labels that are not copied.
    pub fn foreign_labels(&self) -> &[String] {
        &self.foreign_labels
    }

    /// Names of fields that are not copied, since the target cannot hold them.
    pub fn misfits(&self) -> Vec<&str> {
        self.misfits.iter().map(|problem| problem.field.as_str()).collect()
    }

    /// Everything of it can be held.
    ///
    /// # Errors
    /// Names what cannot, and what to type.
    pub fn check_complete(&self, backend: &str) -> Result<(), Error> {
        if self.misfits.is_empty() {
            return Ok(());
        }
        let name = &self.connection.name;
        let unset: Vec<String> =
            self.misfits.iter().map(|problem| format!("--unset {}", problem.field)).collect();
        Err(Error::invalid(format!("backend `{backend}` cannot hold all of `{name}`"))
            .problems(self.misfits.clone())
            .hint(format!("leave it out with `{}` or `--drop-unsupported`", unset.join(" "))))
    }
}

enum Fit {
    AsItIs,
    Secret,
    Not(&'static str),
}

impl Fit {
    fn of_visible(schema: &Schema, name: &str) -> Self {
        match schema.fields.secrecy(name) {
            _ if !schema.fields.holds(name) => Self::Not("has no place there"),
            Secrecy::Secret => Self::Secret,
            _ => Self::AsItIs,
        }
    }

    fn of_secret(schema: &Schema, name: &str) -> Self {
        match schema.fields.secrecy(name) {
            _ if !schema.fields.holds(name) => Self::Not("has no place there"),
            Secrecy::Visible => Self::Not("is a secret, and would be visible there"),
            _ => Self::AsItIs,
        }
    }
}

fn secret_of(field: Field) -> SecretField {
    SecretField { name: field.name, value: Secret::from(field.value) }
}

fn text_of(secret: &SecretField) -> Option<Field> {
    let value = std::str::from_utf8(secret.value.expose()).ok()?.to_owned();
    Some(Field { name: secret.name.clone(), value })
}

fn problem(field: &str, message: &str) -> FieldProblem {
    FieldProblem { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Description, SupportedType};

    fn target(any_type: bool) -> Schema {
        let s3 = SupportedType {
            name: "s3".to_owned(),
            native: "s3".to_owned(),
            fields: Vec::new(),
            unsupported: vec!["path_style".to_owned(), "session_token".to_owned()],
        };
        let description = Description {
            name: "x".to_owned(),
            version: "1".to_owned(),
            summary: String::new(),
            types: vec![s3],
            any_type,
            operations: Vec::new(),
            scope: None,
            settings: Vec::new(),
        };
        Schema::of(Some(&description), if any_type { "custom" } else { "s3" }).unwrap()
    }

    fn lake(fields: &[&str], secrets: &[&str]) -> Original {
        let field = |name: &&str| Field { name: (*name).to_owned(), value: "1".to_owned() };
        let label = |key: &str| Label { key: key.to_owned(), value: String::new() };
        Original {
            connection: Connection {
                name: "lake".to_owned(),
                fields: fields.iter().map(field).collect(),
                labels: vec![label("team"), label("example.com/managed")],
                ..Connection::default()
            },
            secrets: secrets.iter().map(|name| secret_of(field(name))).collect(),
            before: Vec::new(),
            misfits: Vec::new(),
            foreign_labels: Vec::new(),
        }
    }

    #[test]
    fn what_the_target_cannot_hold_is_named_before_anything_is_written() {
        let mut lake =
            lake(&["bucket", "path_style"], &["secret_access_key", "session_token", "mine"]);
        lake.fit(&target(false));
        assert_eq!(lake.misfits(), ["path_style", "session_token", "mine"]);
        let error = lake.check_complete("prod").unwrap_err();
        assert!(error.hints[0].contains("--unset path_style --unset session_token"), "{error:?}");
        assert_eq!(lake.connection.fields.len(), 1);
        assert_eq!(lake.secrets.len(), 1);
        assert_eq!(lake.foreign_labels(), ["example.com/managed"]);
        assert_eq!(lake.connection.labels[0].key, "team");
    }

    #[test]
    fn what_is_secret_there_becomes_secret_and_never_the_reverse() {
        let mut custom = lake(&["db_password", "db_host"], &["anything"]);
        custom.fit(&target(true));
        let secrets: Vec<&str> = custom.secrets.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(secrets, ["anything", "db_password"]);
        custom.check_complete("prod").unwrap();
    }

    #[test]
    fn what_the_canonical_type_shows_is_shown_wherever_it_was() {
        let mut odd = lake(&[], &["bucket", "secret_access_key"]);
        odd.fit(&target(false));
        assert_eq!(odd.connection.fields[0].name, "bucket");
        assert_eq!(odd.secrets.len(), 1);
        odd.check_complete("prod").unwrap();
    }

    #[test]
    fn fields_that_are_left_out_must_be_there() {
        let mut lake = lake(&["path_style"], &["secret_access_key"]);
        lake.without(&["force_path_style".to_owned()], &target(false)).unwrap();
        lake.without(&["secret".to_owned()], &target(false)).unwrap();
        lake.without(&["bucket".to_owned()], &target(false)).unwrap_err();
    }
}
